//! For tests: libtorch's generator is one for the whole process, and tests run side by side.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

static GENERATOR: Mutex<()> = Mutex::new(());

thread_local! {
    static HELD: RefCell<Option<MutexGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Has libtorch's generator for this thread alone, until it ends. Each test is a thread of its own; one that draws
/// from the generator, to build a network for instance, calls this first.
pub(crate) fn hold_generator() {
    HELD.with_borrow_mut(|held| {
        held.get_or_insert_with(|| GENERATOR.lock().unwrap_or_else(PoisonError::into_inner));
    });
}
