//! For tests, which run side by side: libtorch has one random generator for the whole process.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

static GENERATOR: Mutex<()> = Mutex::new(());

thread_local! {
    static HELD: RefCell<Option<MutexGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Holds libtorch's generator for this thread until the thread ends. Each test is a thread of its own; a test that draws
/// from the generator, for instance to build a network, calls this first.
pub(crate) fn hold_generator() {
    HELD.with_borrow_mut(|held| {
        held.get_or_insert_with(|| GENERATOR.lock().unwrap_or_else(PoisonError::into_inner));
    });
}
