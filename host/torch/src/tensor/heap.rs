//! Memory that was freed and is kept for the next allocation.
//!
//! The program tells the C library to keep what is freed (`host/src/cli/threads.rs`), so that a step need not ask the
//! system for the memory of the step before. Between two trials it goes back.

/// Gives what is free of the heap back to the system, which costs about as much as to ask for it again.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "the C library alone knows its heap"))]
pub(crate) fn release() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim` may be called at any time and from any thread: it takes the locks that `malloc` takes, and
    // touches nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}
