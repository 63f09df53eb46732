//! The one check before anything else of this process begins.
//!
//! A library of libtorch ends the process, with a word about itself, where the working folder was removed. It does so
//! while it is loaded, before `main`. What stands in the section `.preinit_array` of a program runs earlier still: once
//! all libraries are in memory, and before the first of them begins.

use genomenas::cli::GONE;
use rustix::io::Errno;

// SAFETY: the loader calls each pointer of this section once, as a C function with the arguments of `main`. A function
// that takes none may be called so in the C ABI of every Linux. `check` unwinds nowhere and needs nothing that a library
// sets up as it begins: the C library is ready before all others.
#[expect(unsafe_code, reason = "no safe attribute places a function before the libraries begin")]
#[used]
#[unsafe(link_section = ".preinit_array")]
static CHECK: extern "C" fn() = check;

#[expect(clippy::exit, reason = "there is no main yet to return from")]
extern "C" fn check() {
    if matches!(rustix::process::getcwd(Vec::new()), Err(Errno::NOENT)) {
        // Where nobody reads it, nobody can be told.
        let _ = rustix::io::write(rustix::stdio::stderr(), format!("error: {GONE}\n").as_bytes());
        std::process::exit(2);
    }
}
