//! A table as CSV, or as JSON with an object a line.

use std::io::Write;

use genomenas_data::error::{Error, Result};
use serde::{Serialize, Serializer};

use super::cell::Cell;
use super::rows::Row;
use super::schema::Table;

/// What takes the rows of a table, one after the other.
pub(super) trait Sink {
    /// Takes a row.
    fn put(&mut self, row: Row) -> Result<()>;

    /// Writes what is left.
    fn finish(self: Box<Self>) -> Result<()>;
}

fn failed(cause: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("cannot write the export: {cause}"))
}

/// A CSV file with a header; a cell without a value is empty.
pub(super) struct Csv<W: Write>(csv::Writer<W>);

impl<W: Write> Csv<W> {
    pub(super) fn new(out: W, table: Table) -> Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(table.header()).map_err(|cause| failed(&cause))?;
        Ok(Self(writer))
    }
}

impl<W: Write> Sink for Csv<W> {
    fn put(&mut self, row: Row) -> Result<()> {
        let cells = row.into_iter().map(|cell| match cell {
            Cell::Null => String::new(),
            Cell::Text(text) => text,
            Cell::Integer(number) => number.to_string(),
            Cell::Number(number) => number.to_string(),
            Cell::Flag(flag) => flag.to_string(),
        });
        self.0.write_record(cells).map_err(|cause| failed(&cause))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.0.flush().map_err(|cause| failed(&cause))
    }
}

/// A row with the names of its columns.
struct Object<'a> {
    names: &'a [&'static str],
    row: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.row))
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

/// A JSON object a line, with every column in its place; one without a value is `null`.
pub(super) struct JsonLines<W: Write> {
    out: W,
    names: Vec<&'static str>,
}

impl<W: Write> JsonLines<W> {
    pub(super) fn new(out: W, table: Table) -> Self {
        Self { out, names: table.header() }
    }
}

impl<W: Write> Sink for JsonLines<W> {
    fn put(&mut self, row: Row) -> Result<()> {
        // In the order of the columns, which a map of values would not keep.
        let object = Object { names: &self.names, row: &row };
        serde_json::to_writer(&mut self.out, &object).map_err(|cause| failed(&cause))?;
        self.out.write_all(b"\n").map_err(|cause| failed(&cause))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.flush().map_err(|cause| failed(&cause))
    }
}
