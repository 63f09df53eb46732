//! A table as CSV, or as JSON with an object a line.

use std::io::Write;

use genomenas_data::error::{Error, Result};
use serde_json::{Map, Value};

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

/// A JSON object a line, with every column; one without a value is `null`.
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
        let value = |cell: Cell| match cell {
            Cell::Null => Value::Null,
            Cell::Text(text) => text.into(),
            Cell::Integer(number) => number.into(),
            Cell::Number(number) => number.into(),
            Cell::Flag(flag) => flag.into(),
        };
        let object: Map<String, Value> =
            self.names.iter().map(|name| (*name).to_owned()).zip(row.into_iter().map(value)).collect();
        serde_json::to_writer(&mut self.out, &object).map_err(|cause| failed(&cause))?;
        self.out.write_all(b"\n").map_err(|cause| failed(&cause))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.flush().map_err(|cause| failed(&cause))
    }
}
