//! Negatives for data that has positives alone: each positive shuffled.

pub(crate) mod shuffle;

pub use shuffle::{Negatives, ShuffleOptions};
