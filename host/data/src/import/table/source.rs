//! A table as a source of rows, whatever its format.

use std::fmt::{Display, Formatter};
use std::io::Read;
use std::path::Path;

use csv::StringRecord;

use super::super::labels::shortened;
use super::super::source;
use super::TableOptions;
use super::parquet::Parquet;
use super::text::Text;
use crate::error::{Error, Result};

/// A table that is being read.
pub(super) enum Table {
    Text(Box<Text>),
    Parquet(Box<Parquet>),
}

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Record<'t> {
    pub(super) path: &'t Path,
    pub(super) place: Place,
    pub(super) cells: Cells<'t>,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a line of a text, from 1.
    Line(u64),
    /// In a file without lines, from 1.
    Row(u64),
}

/// The cells of a row.
#[derive(Clone, Copy)]
pub(super) enum Cells<'t> {
    /// All columns.
    Text(&'t StringRecord),
    /// The columns that were asked for, with their places, in ascending order.
    Values(&'t [(usize, Cell)]),
}

/// A cell of a table that knows types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// A text, or a number as text; empty where there is no value.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

impl Table {
    pub(super) fn open(path: &Path, options: &TableOptions) -> Result<Self> {
        let mut start = [0; 4];
        let starts = source::open(path)?.read_exact(&mut start).is_ok() && start == *b"PAR1";
        let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"));
        if !starts && !named {
            return Ok(Self::Text(Box::new(Text::open(path, options)?)));
        }
        if options.delimiter.is_some() || !options.header {
            return Err(Error::input(format!(
                "{}: a Parquet file has columns with names: leave out what says how a text is divided",
                path.display()
            )));
        }
        Ok(Self::Parquet(Box::new(Parquet::open(path)?)))
    }

    /// Says which columns are read; others have no cells.
    pub(super) fn select(&mut self, columns: &[usize]) -> Result<()> {
        match self {
            Self::Text(_) => Ok(()),
            Self::Parquet(parquet) => parquet.select(columns),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>> {
        match self {
            Self::Text(text) => text.next(),
            Self::Parquet(parquet) => parquet.next(),
        }
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> Option<&[String]> {
        match self {
            Self::Text(text) => text.header(),
            Self::Parquet(parquet) => Some(parquet.header()),
        }
    }

    /// Whether the cells of a column are lists.
    pub(super) fn has_lists(&self, column: usize) -> bool {
        matches!(self, Self::Parquet(parquet) if parquet.has_lists(column))
    }

    /// An error about the columns.
    pub(super) fn wrong(&self, path: &Path, what: &str) -> Error {
        match self {
            Self::Text(_) => source::at(path, 1, what),
            Self::Parquet(_) => Error::input(format!("{}: {what}", path.display())),
        }
    }
}

impl Record<'_> {
    /// The text of a cell, without the space around it.
    pub(super) fn cell(&self, column: usize) -> Result<&str> {
        match self.cells {
            Cells::Text(record) => {
                let cell = record.get(column).map(str::trim);
                cell.ok_or_else(|| {
                    self.wrong(format!("there is no column {}: the line has {}", column + 1, record.len()))
                })
            }
            Cells::Values(_) => match self.value(column) {
                Some(Cell::Text(text)) => Ok(text.trim()),
                _ => Err(self.wrong(format!("column {} holds lists: expected one value a row", column + 1))),
            },
        }
    }

    /// The texts of a cell: those of a list, or of a text with a separator. Empty ones are none.
    pub(super) fn list(&self, column: usize, separator: Option<char>) -> Result<Vec<&str>> {
        let mut texts: Vec<&str> = match (self.value(column), separator) {
            (Some(Cell::List(list)), _) => list.iter().map(|text| text.trim()).collect(),
            (_, Some(separator)) => self.cell(column)?.split(separator).map(str::trim).collect(),
            (_, None) => vec![self.cell(column)?],
        };
        texts.retain(|text| !text.is_empty());
        Ok(texts)
    }

    pub(super) fn wrong(&self, what: impl Display) -> Error {
        Error::input(format!("{}, {}: {what}", self.path.display(), self.place))
    }

    /// An error that shows what a cell holds.
    pub(super) fn unexpected(&self, expected: &str, name: &str, found: &str) -> Error {
        self.wrong(format!("expected {expected} in column {name:?}, found {:?}", shortened(found)))
    }

    fn value(&self, column: usize) -> Option<&Cell> {
        let Cells::Values(values) = self.cells else {
            return None;
        };
        let place = values.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        values.get(place).map(|(_, cell)| cell)
    }
}

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(out, "line {line}"),
            Self::Row(row) => write!(out, "row {row}"),
        }
    }
}
