//! Data: importers, the packed store, sealed splits, and batches decoded off the training thread.
//!
//! [`import`] turns genomes, labels and tables into one packed [`store`]; [`batches`] says which rows a training step
//! reads, as a pure function of seed and epoch; [`prefetch`] decodes them on a thread of its own. No libtorch here:
//! batches are filled into memory that the caller provides.

pub mod bases;
pub mod batches;
mod device;
pub mod error;
pub mod files;
mod formats;
pub mod hash;
pub mod import;
mod mmap;
pub mod prefetch;
mod progress;
pub mod splits;
pub mod store;
mod strands;
#[cfg(test)]
mod test_support;
pub mod text;

pub use batches::{BatchOrder, Partial};
pub use device::{Device, DeviceChoice};
pub use error::{Error, Result};
pub use prefetch::{Batch, BatchBuffer, BatchPlan, Prefetcher};
pub use progress::{OnProgress, Progress};
pub use store::{Decoding, FinalEvaluation, Rows, SealedRows, Split, Store, StoreInfo, Task};
pub use strands::OtherStrand;
