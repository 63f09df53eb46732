//! Training: weight steps, optimizers, schedules, checkpoints.

pub mod checkpoint;
pub mod device;
mod feed;
pub mod loss;
pub mod meter;
pub mod optimizer;
mod training;

pub use feed::Feed;
pub use training::{Job, Training, Watch, check_batch, inherited};
