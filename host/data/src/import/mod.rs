//! Importers: from the files that a laboratory has to a packed store.
//!
//! An importer is an options struct whose fields are its flags (`options.rs`), and a function `import` that takes it:
//! [`windows`], [`next`], [`fasta`], [`table`], [`npz`] and [`deepsea`]. Each streams its input, reports progress, and
//! writes its store whole or not at all. It checks and counts first and writes second, so that what is wrong with files
//! and settings is known before a row is written.

pub mod deepsea;
pub mod fasta;
#[cfg(test)]
#[cfg(feature = "clap")]
mod flags_tests;
mod label_groups;
mod label_names;
pub mod negatives;
pub mod next;
pub mod npz;
mod paths;
mod repeats;
mod row_options;
mod sources;
pub mod table;
pub mod windows;

pub use repeats::RepeatOptions;
pub use row_options::RowOptions;
