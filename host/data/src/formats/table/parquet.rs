//! A table as Parquet: the columns that are asked for, a few rows at a time.
//!
//! The types are Parquet's own: what a writer noted beside them (dictionaries, large lists) is how it held the table in
//! memory, and says nothing about the rows.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::file::metadata::ParquetMetaData;

use super::page_sizes;
use super::pages::Groups;
use super::row::{Cell, Cells, Lists, RowNumber, TableRow};
use super::thrift::Compact;
use crate::error::{Error, Result};
use crate::formats::parts::Parts;
use crate::formats::source;
use crate::text::shortened;

/// Rows decoded at once.
const ROWS: usize = 512;

/// A Parquet file that is being read.
pub(crate) struct Parquet {
    path: PathBuf,
    names: Vec<String>,
    types: Vec<DataType>,
    /// Taken when the columns are chosen.
    builder: Option<ParquetRecordBatchReaderBuilder<File>>,
    reader: Option<ParquetRecordBatchReader>,
    columns: Vec<usize>,
    batch: Vec<ArrayRef>,
    rows: usize,
    /// The next row of the batch, and of the file.
    next: usize,
    number: u64,
    cells: Vec<(usize, Cell)>,
}

impl Parquet {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = source::open(path)?;
        refuse_endless_lists(path)?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = guarded(path, || ParquetRecordBatchReaderBuilder::try_new_with_options(file, options))?;
        refuse_impossible_places(path, &builder)?;
        let fields = builder.schema().fields();
        Ok(Self {
            path: path.to_owned(),
            names: fields.iter().map(|field| field.name().clone()).collect(),
            types: fields.iter().map(|field| field.data_type().clone()).collect(),
            builder: Some(builder),
            reader: None,
            columns: Vec::new(),
            batch: Vec::new(),
            rows: 0,
            next: 0,
            number: 0,
            cells: Vec::new(),
        })
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn lists(&self, column: usize) -> Option<Lists> {
        match self.types.get(column)? {
            DataType::List(item) if is_number(item.data_type()) => Some(Lists::Numbers),
            DataType::List(_) => Some(Lists::Texts),
            _ => None,
        }
    }

    /// Begins reading, those columns alone.
    pub(crate) fn select(&mut self, columns: &[usize]) -> Result<()> {
        self.columns = columns.to_vec();
        self.columns.sort_unstable();
        self.columns.dedup();
        for column in &self.columns {
            let (Some(kind), Some(name)) = (self.types.get(*column), self.names.get(*column)) else {
                return Err(Error::bug(format!("column {column} was looked up wrongly")));
            };
            if !is_readable(kind) {
                return Err(Error::input(format!(
                    "{}: column {name:?} is of type {}: expected text, numbers, true and false, or lists of them",
                    self.path.display(),
                    shortened(&kind.to_string())
                )));
            }
        }
        let Some(builder) = self.builder.take() else {
            return Err(Error::bug("columns of a Parquet file were chosen twice"));
        };
        let mask = ProjectionMask::roots(builder.parquet_schema(), self.columns.iter().copied());
        refuse_large_pages(&self.path, builder.metadata(), &mask)?;
        let file = Arc::new(source::open(&self.path)?);
        let groups = Groups { file, metadata: Arc::clone(builder.metadata()) };
        let reader = guarded(&self.path, || {
            let levels = parquet_to_arrow_field_levels(builder.parquet_schema(), mask, None)?;
            ParquetRecordBatchReader::try_new_with_row_groups(&levels, &groups, ROWS, None)
        })?;
        self.reader = Some(reader);
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Result<Option<TableRow<'_>>> {
        while self.next == self.rows {
            let Some(batch) = self.next_batch()? else {
                return Ok(None);
            };
            (self.rows, self.next) = (batch.num_rows(), 0);
            self.batch = batch.columns().to_vec();
        }
        self.cells.clear();
        for (column, array) in self.columns.iter().zip(&self.batch) {
            let cell = cell(array, self.next)
                .ok_or_else(|| wrong(&self.path, "a column has another type than the file says"))?;
            self.cells.push((*column, cell));
        }
        self.next += 1;
        self.number += 1;
        Ok(Some(TableRow { path: &self.path, number: RowNumber::Row(self.number), cells: Cells::Values(&self.cells) }))
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let Some(reader) = &mut self.reader else {
            return Ok(None);
        };
        guarded(&self.path, || reader.next().transpose())
    }
}

/// Refuses a file whose description places columns where it has no bytes: the crate asserts that it does not.
fn refuse_impossible_places(path: &Path, builder: &ParquetRecordBatchReaderBuilder<File>) -> Result<()> {
    let length = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?.len();
    let lies_within = |start: i64, bytes: i64| {
        let end = u64::try_from(start)
            .ok()
            .zip(u64::try_from(bytes).ok())
            .and_then(|(start, bytes)| start.checked_add(bytes));
        end.is_some_and(|end| end <= length)
    };
    for group in builder.metadata().row_groups() {
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            if !lies_within(start, column.compressed_size()) {
                return Err(wrong(path, "it places a column outside of the file"));
            }
        }
        if group.num_rows() < 0 {
            return Err(wrong(path, "it has a negative number of rows"));
        }
    }
    Ok(())
}

/// Refuses a description whose lists are longer than it is.
fn refuse_endless_lists(path: &Path) -> Result<()> {
    const STRUCT: u8 = 12;
    let parts = Parts::open(path)?;
    let mut end = [0; 8];
    let Some(at) = parts.length().checked_sub(8) else { return Ok(()) };
    parts.fill(at, &mut end)?;
    let [length @ .., b'P', b'A', b'R', b'1'] = end else { return Ok(()) };
    let length = u32::from_le_bytes(length);
    let Some(start) = at.checked_sub(length.into()) else { return Ok(()) };
    let mut bytes = vec![0; length as usize];
    parts.fill(start, &mut bytes)?;
    Compact::new(&bytes).skip(STRUCT).ok_or_else(|| wrong(path, "its description is damaged"))
}

/// Refuses pages of the columns that are read for which too much memory would be taken.
fn refuse_large_pages(path: &Path, metadata: &ParquetMetaData, mask: &ProjectionMask) -> Result<()> {
    let parts = Parts::open(path)?;
    for group in metadata.row_groups() {
        for (leaf, column) in group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf)) {
            let name = || shortened(&metadata.file_metadata().schema_descr().column(leaf).path().string());
            let checked = page_sizes::check(&parts, column);
            checked.map_err(|error| error.context(format!("{}: column {:?}", path.display(), name())))?;
        }
    }
    Ok(())
}

/// Calls the crate `parquet`, whose decoders do not claim to be free of panics on every damaged file.
///
/// A panic leaves a reader in the middle of its work; the import ends with this error, so nobody reads on.
fn guarded<T, E: std::fmt::Display>(path: &Path, call: impl FnOnce() -> Result<T, E>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| {
            let what = error.to_string();
            wrong(path, &shortened(what.strip_prefix("Parquet error: ").unwrap_or(&what)))
        }),
        Err(_) => Err(wrong(path, "its decoder gave up")),
    }
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::input(format!(
        "cannot read {}: it is not a whole Parquet file ({what}); copy or download it again",
        path.display()
    ))
}

fn is_readable(kind: &DataType) -> bool {
    match kind {
        DataType::List(item) => is_value(item.data_type()),
        kind => is_value(kind),
    }
}

fn is_value(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::Binary) || is_number(kind)
}

fn is_number(kind: &DataType) -> bool {
    kind.is_integer() || kind.is_floating() || *kind == DataType::Boolean
}

/// The value of a row; `None` where the array has a type that cannot be read, or bytes that are not UTF-8.
fn cell(array: &ArrayRef, row: usize) -> Option<Cell> {
    if let DataType::List(_) = array.data_type() {
        let lists = array.as_list_opt::<i32>()?;
        let of_numbers = is_number(&lists.value_type());
        if lists.is_null(row) {
            return Some(if of_numbers { Cell::Numbers(Vec::new()) } else { Cell::List(Vec::new()) });
        }
        let items = lists.value(row);
        if of_numbers {
            return numbers(&items).map(Cell::Numbers);
        }
        return (0..items.len()).map(|item| text(&items, item)).collect::<Option<_>>().map(Cell::List);
    }
    text(array, row).map(Cell::Text)
}

fn text(array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) {
        return Some(String::new());
    }
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string_opt::<i32>()?.value(row).to_owned()),
        DataType::Binary => String::from_utf8(array.as_binary_opt::<i32>()?.value(row).to_vec()).ok(),
        DataType::Boolean => Some(array.as_boolean_opt()?.value(row).to_string()),
        DataType::Int8 => number::<Int8Type>(array, row),
        DataType::Int16 => number::<Int16Type>(array, row),
        DataType::Int32 => number::<Int32Type>(array, row),
        DataType::Int64 => number::<Int64Type>(array, row),
        DataType::UInt8 => number::<UInt8Type>(array, row),
        DataType::UInt16 => number::<UInt16Type>(array, row),
        DataType::UInt32 => number::<UInt32Type>(array, row),
        DataType::UInt64 => number::<UInt64Type>(array, row),
        DataType::Float16 => number::<Float16Type>(array, row),
        DataType::Float32 => number::<Float32Type>(array, row),
        DataType::Float64 => number::<Float64Type>(array, row),
        _ => None,
    }
}

/// The shortest text that is read back as the same number.
fn number<T: ArrowPrimitiveType<Native: ToString>>(array: &ArrayRef, row: usize) -> Option<String> {
    Some(array.as_primitive_opt::<T>()?.value(row).to_string())
}

/// The numbers of a list.
fn numbers(items: &ArrayRef) -> Option<Vec<f64>> {
    match items.data_type() {
        DataType::Boolean => {
            let truths = items.as_boolean_opt()?.iter();
            Some(truths.map(|truth| truth.map_or(f64::NAN, |truth| f64::from(u8::from(truth)))).collect())
        }
        DataType::Int8 => each::<Int8Type>(items, f64::from),
        DataType::Int16 => each::<Int16Type>(items, f64::from),
        DataType::Int32 => each::<Int32Type>(items, f64::from),
        DataType::Int64 => each::<Int64Type>(items, |number| number as f64),
        DataType::UInt8 => each::<UInt8Type>(items, f64::from),
        DataType::UInt16 => each::<UInt16Type>(items, f64::from),
        DataType::UInt32 => each::<UInt32Type>(items, f64::from),
        DataType::UInt64 => each::<UInt64Type>(items, |number| number as f64),
        DataType::Float16 => each::<Float16Type>(items, f64::from),
        DataType::Float32 => each::<Float32Type>(items, f64::from),
        DataType::Float64 => each::<Float64Type>(items, |number| number),
        _ => None,
    }
}

fn each<T: ArrowPrimitiveType>(items: &ArrayRef, number: impl Fn(T::Native) -> f64) -> Option<Vec<f64>> {
    let values = items.as_primitive_opt::<T>()?.iter();
    Some(values.map(|value| value.map_or(f64::NAN, &number)).collect())
}
