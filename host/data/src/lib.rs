//! Data: importers, the packed store, sealed splits, and batches decoded off the training thread.
//!
//! [`import`] turns genomes, labels and tables into one packed [`store`]; [`batches`] says which rows a training step
//! reads, as a pure function of seed and epoch; [`prefetch`] decodes them on a thread of its own. No libtorch here:
//! batches are filled into memory that the caller provides.

pub mod bases;
pub mod batches;
pub mod error;
pub mod files;
pub mod hash;
pub mod import;
mod mmap;
pub mod prefetch;
pub mod store;

pub use batches::{BatchOrder, Partial};
pub use error::{Error, Result};
pub use prefetch::{Batch, BatchBuffer, BatchPlan, Prefetcher};
pub use store::{Decoding, FinalEvaluation, Rows, SealedRows, Split, Store, StoreInfo, Task};
