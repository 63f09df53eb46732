//! A row of a table, cell by cell, whatever the table's format.

use std::fmt::{Display, Formatter};
use std::path::Path;

use csv::StringRecord;

use crate::error::{Error, Result};
use crate::text::shortened;

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct TableRow<'t> {
    pub(crate) path: &'t Path,
    pub(crate) number: RowNumber,
    pub(crate) cells: Cells<'t>,
}

/// The number of a row, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowNumber {
    /// Its line in a text.
    Line(u64),
    /// Its place in a file without lines.
    Row(u64),
}

/// The cells of a row.
#[derive(Clone, Copy)]
pub(crate) enum Cells<'t> {
    /// All columns.
    Text(&'t StringRecord),
    /// The columns that were asked for, with their places, in ascending order.
    Values(&'t [(usize, Cell)]),
}

/// What the lists in the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    Texts,
    Numbers,
}

/// A cell of a table that knows types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// A text, or a number as text; empty where there is no value.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A list of numbers; what is missing in it is not a number.
    Numbers(Vec<f64>),
}

impl<'t> TableRow<'t> {
    /// The text of a cell, without the space around it.
    pub(crate) fn cell(&self, column: usize) -> Result<&'t str> {
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
    pub(crate) fn list(&self, column: usize, separator: Option<char>) -> Result<Vec<&'t str>> {
        let mut texts: Vec<&str> = match (self.value(column), separator) {
            (Some(Cell::List(list)), _) => list.iter().map(|text| text.trim()).collect(),
            (_, Some(separator)) => self.cell(column)?.split(separator).map(str::trim).collect(),
            (_, None) => vec![self.cell(column)?],
        };
        texts.retain(|text| !text.is_empty());
        Ok(texts)
    }

    /// The numbers of a cell that is a list of some.
    pub(crate) fn numbers(&self, column: usize) -> Result<&'t [f64]> {
        match self.value(column) {
            Some(Cell::Numbers(numbers)) => Ok(numbers),
            _ => Err(self.wrong(format!("column {} holds no list of numbers, unlike before", column + 1))),
        }
    }

    pub(crate) fn wrong(&self, what: impl Display) -> Error {
        Error::input(format!("{}, {}: {what}", self.path.display(), self.number))
    }

    /// An error that shows what a cell holds.
    pub(crate) fn unexpected(&self, expected: &str, name: &str, found: &str) -> Error {
        self.wrong(format!("expected {expected} in column {name:?}, found {:?}", shortened(found)))
    }

    fn value(&self, column: usize) -> Option<&'t Cell> {
        let Cells::Values(values) = self.cells else {
            return None;
        };
        let place = values.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        values.get(place).map(|(_, cell)| cell)
    }
}

impl Display for RowNumber {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(out, "line {line}"),
            Self::Row(row) => write!(out, "row {row}"),
        }
    }
}
