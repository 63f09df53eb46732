//! A table as Parquet, written in batches of rows.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use genomenas_data::error::{Error, Result};
use parquet::arrow::ArrowWriter;

use super::cell::{Cell, Kind};
use super::rows::Row;
use super::schema::Table;
use super::text::Sink;

/// Rows that are held before they are encoded.
const BATCH: usize = 16_384;

/// A Parquet file; every column may hold nulls.
pub(super) struct ParquetFile<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: Arc<Schema>,
    columns: Vec<Builder>,
    rows: usize,
}

enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Flag(BooleanBuilder),
}

fn failed(cause: impl std::fmt::Display) -> Error {
    Error::failed(format!("cannot write the export as Parquet: {cause}"))
}

impl<W: Write + Send> ParquetFile<W> {
    pub(super) fn new(out: W, table: Table) -> Result<Self> {
        let columns = table.columns();
        let field = |name: &str, kind: Kind| {
            let kind = match kind {
                Kind::Text => DataType::Utf8,
                Kind::Integer => DataType::Int64,
                Kind::Number => DataType::Float64,
                Kind::Flag => DataType::Boolean,
            };
            Field::new(name, kind, true)
        };
        let schema =
            Arc::new(Schema::new(columns.iter().map(|column| field(column.name, column.kind)).collect::<Vec<_>>()));
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), None).map_err(failed)?;
        Ok(Self { writer, schema, columns: columns.iter().map(|column| Builder::of(column.kind)).collect(), rows: 0 })
    }

    fn flush(&mut self) -> Result<()> {
        let arrays: Vec<ArrayRef> = self.columns.iter_mut().map(Builder::finish).collect();
        self.rows = 0;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(failed)?;
        self.writer.write(&batch).map_err(failed)
    }
}

impl<W: Write + Send> Sink for ParquetFile<W> {
    fn put(&mut self, row: Row) -> Result<()> {
        self.columns.iter_mut().zip(row).for_each(|(column, cell)| column.append(cell));
        self.rows += 1;
        if self.rows == BATCH { self.flush() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.flush()?;
        self.writer.close().map_err(failed).map(|_| ())
    }
}

impl Builder {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Flag => Self::Flag(BooleanBuilder::new()),
        }
    }

    /// A cell of another kind than the column's, which a test keeps out, would be none.
    fn append(&mut self, cell: Cell) {
        match (self, cell) {
            (Self::Text(column), Cell::Text(text)) => column.append_value(text),
            (Self::Text(column), _) => column.append_null(),
            (Self::Integer(column), Cell::Integer(number)) => column.append_value(number),
            (Self::Integer(column), _) => column.append_null(),
            (Self::Number(column), Cell::Number(number)) => column.append_value(number),
            (Self::Number(column), _) => column.append_null(),
            (Self::Flag(column), Cell::Flag(flag)) => column.append_value(flag),
            (Self::Flag(column), _) => column.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) => ArrayBuilder::finish(column),
            Self::Integer(column) => ArrayBuilder::finish(column),
            Self::Number(column) => ArrayBuilder::finish(column),
            Self::Flag(column) => ArrayBuilder::finish(column),
        }
    }
}
