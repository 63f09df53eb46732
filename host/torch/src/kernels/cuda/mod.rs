//! The kernels of `kernels/cell.cu` on CUDA devices: compiled by NVRTC when a device first needs them, and started through
//! the driver. Where one of the two is missing, there are none, and the log says why.

#![expect(unsafe_code, reason = "is called from C++")]

mod compiler;
mod driver;
mod library;

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use super::raw;
use compiler::{Compiler, KERNELS};
use driver::{Driver, Kernel};
use library::Unavailable;

/// The kernels of one device.
#[derive(Debug)]
struct Loaded {
    driver: Driver,
    kernels: [Kernel; KERNELS.len()],
}

impl Loaded {
    fn new(device: usize) -> Result<Self, Unavailable> {
        let driver = Driver::load()?;
        let context = driver.context(device)?;
        let cubin = Compiler::load()?.cubin(driver.capability(context)?)?;
        let kernels = driver.kernels(context, &cubin, KERNELS)?;
        Ok(Self { driver, kernels })
    }
}

/// What starts the kernels on a CUDA device, or nothing where they cannot run. The first call for a device compiles them,
/// and warns if that fails.
pub(super) fn launcher(device: usize) -> Option<raw::Launcher> {
    static LOADED: Mutex<BTreeMap<usize, Option<&'static Loaded>>> = Mutex::new(BTreeMap::new());
    let mut all = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = *all.entry(device).or_insert_with(|| match Loaded::new(device) {
        Ok(loaded) => Some(&*Box::leak(Box::new(loaded))),
        Err(reason) => {
            log::warn!("{}", warning(device, &reason));
            None
        }
    });
    Some(raw::Launcher { launch, on: ptr::from_ref(loaded?).cast() })
}

fn warning(device: usize, reason: &Unavailable) -> String {
    format!(
        "highway cells on CUDA device {device} run on many small operations of libtorch, which takes longer: {reason}. \
         GENOMENAS_KERNELS=plain chooses that without this warning"
    )
}

/// `Launcher::launch` of kernels/interface.h.
///
/// # Safety
///
/// `on` is a [`Loaded`], and the arguments are what the kernel takes, in tensors of its device.
unsafe extern "C" fn launch(
    on: *const c_void,
    kernel: i32,
    blocks: i32,
    width: i32,
    slots: i32,
    arguments: *mut c_void,
    stream: *mut c_void,
) -> i32 {
    // CUDA_ERROR_INVALID_VALUE.
    const INVALID: i32 = 1;
    // SAFETY: what `launcher` made of it, which is never freed.
    let loaded = unsafe { &*on.cast::<Loaded>() };
    let kernel = usize::try_from(kernel).ok().and_then(|kernel| loaded.kernels.get(kernel));
    let sizes = (u32::try_from(blocks), u32::try_from(width), u32::try_from(slots));
    let (Some(&kernel), (Ok(blocks), Ok(width), Ok(slots))) = (kernel, sizes) else { return INVALID };
    // SAFETY: highway_cuda.cpp passes what the kernel takes, in tensors of this device and on its stream.
    unsafe { loaded.driver.launch(kernel, blocks, (width, slots), arguments, stream) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_is_not_there_is_told_in_words() {
        let reason = library::open("the CUDA driver", &["libno-such-cuda.so.1"]).unwrap_err();
        insta::assert_snapshot!(warning(0, &reason), @"highway cells on CUDA device 0 run on many small operations of libtorch, which takes longer: the CUDA driver was not found: libno-such-cuda.so.1: cannot open shared object file: No such file or directory. GENOMENAS_KERNELS=plain chooses that without this warning");
    }

    #[test]
    fn a_library_that_is_not_a_driver_is_told_in_words() {
        // A library that every program of Linux has.
        let library = library::open("the CUDA driver", &["libc.so.6"]).unwrap();
        // SAFETY: it is not there, so nothing has this type.
        let found = unsafe { library::function::<unsafe extern "C" fn()>("the CUDA driver", library, c"cuInit") };
        let reason = found.unwrap_err().to_string();
        assert!(reason.starts_with("the CUDA driver is not one that this program knows: "), "{reason}");
    }

    #[test]
    fn a_device_that_is_not_there_has_no_kernels_however_often_it_is_asked_for() {
        for _ in 0..2 {
            assert!(launcher(usize::MAX).is_none());
        }
    }
}
