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

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use genomenas_data::memory::held;

    use super::*;

    #[test]
    fn memory_that_was_freed_goes_back_to_the_system() {
        // Blocks below any threshold, with one behind them that keeps the heap from being cut off.
        let blocks: Vec<Vec<u8>> = (0..4096).map(|_| vec![1; 16 << 10]).collect();
        let behind = vec![1_u8; 16 << 10];
        let before = held();
        drop(blocks);
        release();
        let after = held();
        assert!(after + (32 << 20) < before, "{before} bytes before, {after} after");
        drop(behind);
    }
}
