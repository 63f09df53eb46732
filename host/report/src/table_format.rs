//! The formats of a table that is written to a file.

use std::path::Path;

use genomenas_data::error::{Error, Result};

/// A format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableFormat {
    Tsv,
    Parquet,
}

impl TableFormat {
    /// The format that the ending of a file's name stands for.
    ///
    /// # Errors
    ///
    /// The ending stands for none.
    pub(crate) fn of(name: &str) -> Result<Self> {
        let ending = Path::new(name).extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("tsv") => Ok(Self::Tsv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(Error::input(format!(
                "{name:?} ends neither in .tsv nor in .parquet, so it is unclear how to write it"
            ))),
        }
    }
}
