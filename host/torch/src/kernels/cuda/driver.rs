//! The CUDA driver: modules of machine code, and starting their kernels.

#![expect(unsafe_code, reason = "calls the CUDA driver")]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;

use super::library::{Unavailable, functions, open, words};

const DRIVER: &str = "the CUDA driver";
const NAMES: [&str; 2] = ["libcuda.so.1", "libcuda.so"];

/// Attributes of a device: the two numbers of its compute capability.
const CAPABILITY: [c_int; 2] = [75, 76];

type Device = c_int;
type Handle = *mut c_void;

/// Functions of the driver.
#[derive(Debug)]
pub(super) struct Driver {
    // SAFETY: as `cuda.h` declares them.
    error: unsafe extern "C" fn(c_int, *mut *const c_char) -> c_int,
    init: unsafe extern "C" fn(c_uint) -> c_int,
    device: unsafe extern "C" fn(*mut Device, c_int) -> c_int,
    attribute: unsafe extern "C" fn(*mut c_int, c_int, Device) -> c_int,
    retain_primary: unsafe extern "C" fn(*mut Handle, Device) -> c_int,
    set_current: unsafe extern "C" fn(Handle) -> c_int,
    load: unsafe extern "C" fn(*mut Handle, *const c_void) -> c_int,
    function: unsafe extern "C" fn(*mut Handle, Handle, *const c_char) -> c_int,
    launch: Launch,
}

// SAFETY: as `cuda.h` declares it: the kernel, three sizes of the grid, three of a block, bytes of shared memory, the
// stream, the arguments, and more of them in another form.
type Launch = unsafe extern "C" fn(
    Handle,
    c_uint,
    c_uint,
    c_uint,
    c_uint,
    c_uint,
    c_uint,
    c_uint,
    Handle,
    *mut *mut c_void,
    *mut *mut c_void,
) -> c_int;

/// A device in its primary context, which libtorch uses too. It is never given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    device: Device,
    handle: Handle,
}

/// A kernel on a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernel {
    context: Context,
    handle: Handle,
}

// SAFETY: handles of the driver, which any thread may use.
unsafe impl Send for Kernel {}
// SAFETY: as above; nothing is written behind them.
unsafe impl Sync for Kernel {}

impl Driver {
    pub(super) fn load() -> Result<Self, Unavailable> {
        let library = open(DRIVER, &NAMES)?;
        let driver = functions!(Driver, DRIVER, library, {
            init: c"cuInit",
            device: c"cuDeviceGet",
            attribute: c"cuDeviceGetAttribute",
            retain_primary: c"cuDevicePrimaryCtxRetain",
            set_current: c"cuCtxSetCurrent",
            load: c"cuModuleLoadData",
            function: c"cuModuleGetFunction",
            launch: c"cuLaunchKernel",
            error: c"cuGetErrorString",
        });
        // SAFETY: takes no flags.
        driver.check(unsafe { (driver.init)(0) }, "begin")?;
        Ok(driver)
    }

    /// A device by the number that libtorch has for it: both count those that `CUDA_VISIBLE_DEVICES` leaves.
    pub(super) fn context(&self, ordinal: usize) -> Result<Context, Unavailable> {
        let (mut device, mut handle) = (0, ptr::null_mut());
        let ordinal = c_int::try_from(ordinal).unwrap_or(c_int::MAX);
        // SAFETY: a number that it may write.
        self.check(unsafe { (self.device)(&raw mut device, ordinal) }, "find the device")?;
        // SAFETY: a handle that it may write, and a device.
        self.check(unsafe { (self.retain_primary)(&raw mut handle, device) }, "share the device's context")?;
        Ok(Context { device, handle })
    }

    /// The compute capability of a device.
    pub(super) fn capability(&self, context: Context) -> Result<(c_int, c_int), Unavailable> {
        let number = |attribute| {
            let mut value = 0;
            // SAFETY: a number that it may write, and a device.
            let status = unsafe { (self.attribute)(&raw mut value, attribute, context.device) };
            self.check(status, "say what the device can do").map(|()| value)
        };
        Ok((number(CAPABILITY[0])?, number(CAPABILITY[1])?))
    }

    /// These kernels of a compiled file. The module stays loaded.
    pub(super) fn kernels<const N: usize>(
        &self,
        context: Context,
        cubin: &[u8],
        names: [&CStr; N],
    ) -> Result<[Kernel; N], Unavailable> {
        // SAFETY: a context that is never given up.
        self.check(unsafe { (self.set_current)(context.handle) }, "choose the device")?;
        let mut module = ptr::null_mut();
        // SAFETY: a handle that it may write, and a whole file.
        self.check(unsafe { (self.load)(&raw mut module, cubin.as_ptr().cast()) }, "load the kernels")?;
        let mut kernels = [Kernel { context, handle: ptr::null_mut() }; N];
        for (kernel, name) in kernels.iter_mut().zip(names) {
            // SAFETY: a handle that it may write, a module and a text of C.
            let status = unsafe { (self.function)(&raw mut kernel.handle, module, name.as_ptr()) };
            self.check(status, "find a kernel")?;
        }
        Ok(kernels)
    }

    /// Starts a kernel with one argument on a stream of its device, and returns what the driver does.
    ///
    /// # Safety
    ///
    /// The argument is what the kernel takes, with arrays on its device that are as large as it says until the kernel has
    /// ended, and the stream is one of its device.
    pub(super) unsafe fn launch(
        &self,
        kernel: Kernel,
        blocks: c_uint,
        (width, height): (c_uint, c_uint),
        argument: *mut c_void,
        stream: *mut c_void,
    ) -> c_int {
        // SAFETY: a context that is never given up.
        let status = unsafe { (self.set_current)(kernel.context.handle) };
        if status != 0 {
            return status;
        }
        let mut arguments = [argument];
        let none = ptr::null_mut();
        // SAFETY: the caller's promise; the argument is copied before the call returns.
        unsafe { (self.launch)(kernel.handle, blocks, 1, 1, width, height, 1, 0, stream, arguments.as_mut_ptr(), none) }
    }

    fn check(&self, status: c_int, action: &'static str) -> Result<(), Unavailable> {
        if status == 0 {
            return Ok(());
        }
        let mut said = ptr::null();
        // SAFETY: any number, and a place for a constant text.
        unsafe { (self.error)(status, &raw mut said) };
        // SAFETY: null or a constant text.
        let said = unsafe { words(said) };
        Err(Unavailable::Call { what: DRIVER, action, said: said.unwrap_or_else(|| format!("error {status}")) })
    }
}
