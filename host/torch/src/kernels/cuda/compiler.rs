//! NVRTC, the compiler that CUDA has as a library. It needs no GPU.

#![expect(unsafe_code, reason = "calls NVRTC")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

use super::library::{Unavailable, functions, open, text, words};

const NVRTC: &str = "NVRTC, the compiler of CUDA,";
/// The first is libtorch's own link to it, which finds it wherever libtorch has it, but only beside a driver.
const NAMES: [&str; 4] = ["libcaffe2_nvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"];

/// A source file, and the headers that it includes.
const SOURCE: (&str, &str) = ("cell.cu", include_str!("../../../kernels/cell.cu"));
const HEADERS: [(&str, &str); 2] = [
    ("cell_cuda.h", include_str!("../../../kernels/cell_cuda.h")),
    ("cell_terms.h", include_str!("../../../kernels/cell_terms.h")),
];

/// Its kernels, in the order of `enum Kernel` of `kernels/cell_cuda.h`.
pub(super) const KERNELS: [&CStr; 4] =
    [c"genomenas_start", c"genomenas_node", c"genomenas_node_backward", c"genomenas_start_backward"];

type Program = *mut c_void;
// SAFETY: as `nvrtc.h` declares them.
type Size = unsafe extern "C" fn(Program, *mut usize) -> c_int;
type Bytes = unsafe extern "C" fn(Program, *mut c_char) -> c_int;
type Version = unsafe extern "C" fn(*mut c_int, *mut c_int) -> c_int;
type Texts = *const *const c_char;
type Create = unsafe extern "C" fn(*mut Program, *const c_char, *const c_char, c_int, Texts, Texts) -> c_int;
type Compile = unsafe extern "C" fn(Program, c_int, Texts) -> c_int;

/// Functions of NVRTC.
#[derive(Debug)]
pub(super) struct Compiler {
    create: Create,
    compile: Compile,
    log_size: Size,
    log: Bytes,
    cubin_size: Size,
    cubin: Bytes,
    version: Version,
    // SAFETY: as `nvrtc.h` declares them.
    destroy: unsafe extern "C" fn(*mut Program) -> c_int,
    error: unsafe extern "C" fn(c_int) -> *const c_char,
}

impl Compiler {
    pub(super) fn load() -> Result<Self, Unavailable> {
        let library = open(NVRTC, &NAMES)?;
        let compiler = functions!(Compiler, NVRTC, library, {
            create: c"nvrtcCreateProgram",
            compile: c"nvrtcCompileProgram",
            log_size: c"nvrtcGetProgramLogSize",
            log: c"nvrtcGetProgramLog",
            cubin_size: c"nvrtcGetCUBINSize",
            cubin: c"nvrtcGetCUBIN",
            destroy: c"nvrtcDestroyProgram",
            error: c"nvrtcGetErrorString",
            version: c"nvrtcVersion",
        });
        compiler.open_builtins();
        Ok(compiler)
    }

    /// Opens what NVRTC looks for by name, and would not find: it lies beside it, where the loader does not look for it.
    /// Where it is missing, compilation fails and says so.
    fn open_builtins(&self) {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: two numbers that it may write.
        if unsafe { (self.version)(&raw mut major, &raw mut minor) } != 0 {
            return;
        }
        let name = format!("libnvrtc-builtins.so.{major}.{minor}");
        let beside = folder(self.version).map(|folder| folder.join(&name).display().to_string());
        let names: Vec<&str> = beside.iter().map(String::as_str).chain([name.as_str()]).collect();
        if let Err(error) = open(NVRTC, &names) {
            log::debug!("{error}");
        }
    }

    /// The kernels for devices of this compute capability, as the driver loads them.
    pub(super) fn cubin(&self, (major, minor): (c_int, c_int)) -> Result<Vec<u8>, Unavailable> {
        self.compiled(SOURCE, (major, minor))
    }

    fn compiled(&self, (name, source): (&str, &str), (major, minor): (c_int, c_int)) -> Result<Vec<u8>, Unavailable> {
        let all = HEADERS.iter().map(|&(name, source)| Ok((text(NVRTC, name)?, text(NVRTC, source)?)));
        let all = all.collect::<Result<Vec<_>, Unavailable>>()?;
        let (names, headers): (Vec<_>, Vec<_>) = all.iter().map(|(name, text)| (name.as_ptr(), text.as_ptr())).unzip();
        let (name, source) = (text(NVRTC, name)?, text(NVRTC, source)?);
        let count = c_int::try_from(headers.len()).unwrap_or(c_int::MAX);
        let mut program = ptr::null_mut();
        // SAFETY: texts of C and two arrays of `count` of them, which hold for the call; NVRTC copies them.
        let status = unsafe {
            (self.create)(&raw mut program, source.as_ptr(), name.as_ptr(), count, headers.as_ptr(), names.as_ptr())
        };
        self.check(status, "create a program")?;
        let cubin =
            self.cubin_of(program, &[format!("--gpu-architecture=sm_{major}{minor}"), "--std=c++17".to_owned()]);
        // SAFETY: a program that nothing else holds.
        let status = unsafe { (self.destroy)(&raw mut program) };
        cubin.and_then(|cubin| self.check(status, "destroy a program").map(|()| cubin))
    }

    fn cubin_of(&self, program: Program, options: &[String]) -> Result<Vec<u8>, Unavailable> {
        let options = options.iter().map(|option| text(NVRTC, option)).collect::<Result<Vec<_>, _>>()?;
        let options: Vec<*const c_char> = options.iter().map(|option| option.as_ptr()).collect();
        let count = c_int::try_from(options.len()).unwrap_or(c_int::MAX);
        // SAFETY: a program, and `count` texts of C.
        let status = unsafe { (self.compile)(program, count, options.as_ptr()) };
        if let Err(error) = self.check(status, "compile the kernels") {
            let log = self.bytes(program, self.log_size, self.log)?;
            let log = String::from_utf8_lossy(&log).trim_matches(['\0', '\n']).to_owned();
            let Unavailable::Call { what, action, said } = error else { return Err(error) };
            return Err(Unavailable::Call { what, action, said: format!("{said}: {log}") });
        }
        self.bytes(program, self.cubin_size, self.cubin)
    }

    /// What NVRTC has of a program, by a function for its size and one for its bytes.
    fn bytes(&self, program: Program, size: Size, bytes: Bytes) -> Result<Vec<u8>, Unavailable> {
        let mut count = 0;
        // SAFETY: a program, and a number that it may write.
        self.check(unsafe { size(program, &raw mut count) }, "return a size")?;
        let mut all = vec![0_u8; count];
        // SAFETY: as many bytes as it has just said.
        self.check(unsafe { bytes(program, all.as_mut_ptr().cast()) }, "return what it compiled")?;
        Ok(all)
    }

    fn check(&self, status: c_int, action: &'static str) -> Result<(), Unavailable> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: takes any number.
        let said = unsafe { (self.error)(status) };
        // SAFETY: a constant text.
        let said = unsafe { words(said) };
        Err(Unavailable::Call { what: NVRTC, action, said: said.unwrap_or_else(|| format!("error {status}")) })
    }
}

/// The folder of the library that a function of NVRTC is in.
fn folder(version: Version) -> Option<PathBuf> {
    let mut found = libc::Dl_info {
        dli_fname: ptr::null(),
        dli_fbase: ptr::null_mut(),
        dli_sname: ptr::null(),
        dli_saddr: ptr::null_mut(),
    };
    // SAFETY: any address, and a place to write to.
    let is_found = unsafe { libc::dladdr(version as *const c_void, &raw mut found) } != 0;
    if !is_found || found.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the name of a library that stays open.
    let name = unsafe { CStr::from_ptr(found.dli_fname) };
    Path::new(OsStr::from_bytes(name.to_bytes())).parent().map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// NVRTC, or nothing where it is not installed, which is then said.
    fn compiler() -> Option<Compiler> {
        let loaded = Compiler::load();
        if let Err(error) = &loaded {
            std::io::stderr().write_all(format!("skipped: {error}\n").as_bytes()).unwrap();
            assert!(matches!(error, Unavailable::Library { .. }), "{error}");
        }
        loaded.ok()
    }

    #[test]
    fn the_kernels_compile_for_the_devices_that_libtorch_knows_where_nvrtc_is_installed() {
        let Some(compiler) = compiler() else { return };
        for capability in [(7, 5), (8, 0), (8, 6), (9, 0), (10, 0), (12, 0)] {
            let cubin = compiler.cubin(capability).unwrap();
            assert!(cubin.starts_with(b"\x7fELF"), "{capability:?}");
            for name in KERNELS {
                let is_there = cubin.windows(name.count_bytes()).any(|window| window == name.to_bytes());
                assert!(is_there, "{name:?} is not in the code for {capability:?}");
            }
            std::io::stderr()
                .write_all(format!("compiled for {capability:?}: {} bytes\n", cubin.len()).as_bytes())
                .unwrap();
        }
    }

    #[test]
    fn what_does_not_compile_is_an_error_with_what_the_compiler_said() {
        let Some(compiler) = compiler() else { return };
        let error = compiler.compiled(("wrong.cu", "__global__ void f() { g(); }\n"), (8, 0)).unwrap_err().to_string();
        assert!(
            error.contains("failed to compile the kernels: NVRTC_ERROR_COMPILATION: wrong.cu(1): error"),
            "{error}"
        );
    }

    #[test]
    fn a_device_that_the_compiler_does_not_know_is_an_error() {
        let Some(compiler) = compiler() else { return };
        let error = compiler.cubin((2, 9)).unwrap_err().to_string();
        assert!(error.contains("--gpu-architecture"), "{error}");
    }
}
