//! The metrics of one split as text for a terminal, and as a TSV or Parquet file.

mod file;
#[cfg(test)]
mod sample;
mod text;

pub use file::ScoresFile;
pub use text::{TextOptions, text};
