//! DNA data sets: readers of file formats, importers, the packed store, sealed splits, and batches decoded off the
//! training thread. Nothing here needs libtorch: batches are decoded into memory that the caller provides.
//!
//! Data takes this way through the rooms, each of which uses only those named before it (and the small pieces below):
//!
//! | room | what |
//! |---|---|
//! | `formats` | readers of FASTA, `.2bit`, BED, bigWig, CSV, TSV, Parquet, NumPy's archives, HDF5 and MATLAB 5; they trust no size that a file names |
//! | [`store`] | the packed store: one Arrow file, two bits a base. Written row by row, whole or not at all; read in place through a memory map |
//! | [`splits`] | which rows are for training, validation and the test: by share, or by stretches of a genome |
//! | [`import`] | one importer each for windows over a genome, tables, classes of FASTA files, next nucleotides, the DeepSEA bundle and NumPy's archives |
//! | [`inputs`] | sequences that a trained network is asked about: FASTA, places in a genome, tables |
//! | [`variants`] | files of variants: VCF and BCF, read line by line and written with more fields |
//! | [`batches`], [`prefetch`] | which rows a training step reads, as a pure function of seed and epoch; decoding them on a thread of its own |
//!
//! The small pieces: [`bases`] (packed sequences), `similar` (rows that are alike), [`error`] (the error type and its exit codes), [`files`] (atomic
//! writing), [`hash`], [`text`] (text for a person) and [`Progress`].
//!
//! Good places to begin: `import/table/mod.rs` (an importer from end to end), `store/write.rs` (what becomes of its rows)
//! and `store/rows.rs` (how they are read). With the feature `clap`, the options of the importers are flags of a command
//! line.

pub mod bases;
pub mod batches;
mod device;
pub mod error;
pub mod files;
mod formats;
pub mod hash;
pub mod import;
pub mod inputs;
mod kernels;
pub mod memory;
mod mmap;
mod precision;
pub mod prefetch;
mod progress;
mod similar;
pub mod splits;
pub mod store;
mod strands;
#[cfg(test)]
mod test_support;
pub mod text;
pub mod variants;

pub use batches::{BatchOrder, Partial};
pub use device::{Device, DeviceChoice};
pub use error::{Error, Result};
pub use kernels::Kernels;
pub use precision::Precision;
pub use prefetch::{Batch, BatchBuffer, BatchPlan, Prefetcher};
pub use progress::{OnProgress, Progress};
pub use store::{Decoding, FinalEvaluation, Rows, SealedRows, Split, Store, StoreInfo, Task};
pub use strands::OtherStrand;
