//! A table as a source of rows, in a format that its content or its name shows.

use std::io::Read;
use std::path::Path;

use super::parquet::Parquet;
use super::row::{Lists, TableRow};
use super::text::{Text, TextOptions};
use crate::error::{Error, Result};
use crate::formats::source;

/// A table that is being read.
pub(crate) enum Table {
    Text(Box<Text>),
    Parquet(Box<Parquet>),
}

impl Table {
    pub(crate) fn open(path: &Path, options: TextOptions) -> Result<Self> {
        let mut start = [0; 4];
        let starts = source::open(path)?.read_exact(&mut start).is_ok() && start == *b"PAR1";
        let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"));
        if !starts && !named {
            return Ok(Self::Text(Box::new(Text::open(path, options)?)));
        }
        if options.delimiter.is_some() || options.no_header {
            return Err(Error::input(format!(
                "{}: a Parquet file has columns with names: leave out what says how a text is divided",
                path.display()
            )));
        }
        Ok(Self::Parquet(Box::new(Parquet::open(path)?)))
    }

    /// Says which columns are read; others have no cells.
    pub(crate) fn select(&mut self, columns: &[usize]) -> Result<()> {
        match self {
            Self::Text(_) => Ok(()),
            Self::Parquet(parquet) => parquet.select(columns),
        }
    }

    pub(crate) fn next(&mut self) -> Result<Option<TableRow<'_>>> {
        match self {
            Self::Text(text) => text.next(),
            Self::Parquet(parquet) => parquet.next(),
        }
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> Option<&[String]> {
        match self {
            Self::Text(text) => text.header(),
            Self::Parquet(parquet) => Some(parquet.header()),
        }
    }

    /// What a person should know of what was read so far.
    pub(crate) fn warning(&self) -> Option<String> {
        match self {
            Self::Text(text) => text.warning(),
            Self::Parquet(_) => None,
        }
    }

    /// Whether the first cell of each row is a name that no heading stands above.
    pub(crate) fn has_row_names(&self) -> bool {
        matches!(self, Self::Text(text) if text.has_row_names())
    }

    /// What the cells of a column hold, where they are lists.
    pub(crate) fn lists(&self, column: usize) -> Option<Lists> {
        match self {
            Self::Text(_) => None,
            Self::Parquet(parquet) => parquet.lists(column),
        }
    }

    /// An error about the columns.
    pub(crate) fn wrong(&self, path: &Path, what: &str) -> Error {
        match self {
            Self::Text(_) => source::at(path, 1, what),
            Self::Parquet(_) => Error::input(format!("{}: {what}", path.display())),
        }
    }
}
