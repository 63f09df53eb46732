//! A plugin whose strategies break one promise each, on demand, so that the tests can show that `genomenas plugin check`
//! finds just that one.
//!
//! Without an order they are sound. A promise that is about the bytes of messages is broken in [`boundary`], which takes
//! the place of what `export_plugin!` writes.

mod baseline;
mod boundary;
mod search;

use genomenas_plugin::{Instance, Parameters, register};

/// What to break.
#[derive(Clone, Debug, Parameters)]
pub struct Orders {
    /// The promise, by the name of its test.
    #[parameter(default = "nothing")]
    pub breaks: String,
    /// Architectures to train at most.
    #[parameter(default = 50, minimum = 1)]
    pub most: u64,
}

register! {
    Box<dyn Instance>,
    id = "bad-search",
    kind = search,
    about = "Breaks the promise that it is told to.",
    parameters = Orders,
    build = |setup, orders| search::build(setup, orders),
}

register! {
    Box<dyn Instance>,
    id = "bad-baseline",
    kind = baseline,
    about = "Breaks the promise of baselines that it is told to.",
    parameters = Orders,
    build = |setup, orders| baseline::build(setup, &orders),
}
