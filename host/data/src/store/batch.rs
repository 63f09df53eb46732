//! Collects rows into the columns of one record batch.

use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, DictionaryArray, FixedSizeBinaryArray, FixedSizeListArray, Float32Array, Int8Array, Int32Array,
    RecordBatch, RunArray, StringArray, UInt64Array,
};
use arrow_buffer::Buffer;
use arrow_schema::{ArrowError, DataType, SchemaRef};

use super::info::BATCH_ROWS;
use super::parts::Parts;
use super::row_bytes::RowBytes;
use super::schema::{LABELS, SEQUENCE, values_field};
use super::shape::Shape;
use super::task::Task;
use crate::error::{Error, Result};

pub(super) struct BatchBuilder {
    schema: SchemaRef,
    task: Task,
    split_names: ArrayRef,
    chromosome_names: Option<ArrayRef>,
    rows: usize,
    codes: Vec<u8>,
    labels: Vec<u8>,
    runs: Runs,
    splits: Vec<i8>,
    chromosomes: Vec<i32>,
    starts: Vec<u64>,
}

/// The run-end encoded masks: a run without any, or one row with one.
#[derive(Default)]
struct Runs {
    ends: Vec<i32>,
    masks: BinaryBuilder,
    last_is_empty: bool,
}

impl BatchBuilder {
    pub(super) fn new(shape: &Shape, parts: Parts, schema: SchemaRef) -> Result<Self> {
        if i32::try_from(shape.chromosomes.len()).is_err() {
            return Err(Error::input(format!("{} chromosomes are too many for a store", shape.chromosomes.len())));
        }
        Ok(Self {
            schema,
            task: shape.task,
            split_names: Arc::new(StringArray::from_iter_values(parts.names())),
            chromosome_names: (!shape.chromosomes.is_empty())
                .then(|| Arc::new(StringArray::from_iter_values(&shape.chromosomes)) as ArrayRef),
            rows: 0,
            codes: Vec::new(),
            labels: Vec::new(),
            runs: Runs::default(),
            splits: Vec::new(),
            chromosomes: Vec::new(),
            starts: Vec::new(),
        })
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows == BATCH_ROWS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(super) fn push(&mut self, part: u8, row: &RowBytes) -> Result<()> {
        let too_many = |_| Error::failed("a record batch grew too long");
        self.rows += 1;
        self.codes.extend_from_slice(row.codes());
        self.labels.extend_from_slice(row.labels());
        self.runs.push(i32::try_from(self.rows).map_err(too_many)?, row.unknown());
        self.splits.push(i8::try_from(part).map_err(too_many)?);
        if let Some(place) = row.place() {
            self.chromosomes.push(i32::try_from(place.chromosome).map_err(too_many)?);
            self.starts.push(place.start);
        }
        Ok(())
    }

    /// The batch; the builder is empty afterwards.
    pub(super) fn take(&mut self) -> Result<RecordBatch> {
        self.build().map_err(|error| Error::failed(format!("a record batch could not be built: {error}")))
    }

    fn build(&mut self) -> Result<RecordBatch, ArrowError> {
        let labels = std::mem::take(&mut self.labels);
        let labels: ArrayRef = match self.task {
            Task::MultiLabel => self.fixed(LABELS, labels)?,
            Task::Regression | Task::PoissonRegression => {
                let (values, _) = labels.as_chunks::<4>();
                let values = Float32Array::from_iter_values(values.iter().map(|bytes| f32::from_le_bytes(*bytes)));
                let width = i32::try_from(values.len() / self.rows.max(1)).unwrap_or(i32::MAX);
                Arc::new(FixedSizeListArray::try_new(values_field(), width, Arc::new(values), None)?)
            }
            Task::MultiClass | Task::NextNucleotide => {
                let (classes, _) = labels.as_chunks::<4>();
                Arc::new(Int32Array::from_iter_values(classes.iter().map(|bytes| i32::from_le_bytes(*bytes))))
            }
        };
        let codes = std::mem::take(&mut self.codes);
        let splits = Int8Array::from(std::mem::take(&mut self.splits));
        let mut columns: Vec<ArrayRef> = vec![
            self.fixed(SEQUENCE, codes)?,
            Arc::new(self.runs.take()?),
            labels,
            Arc::new(DictionaryArray::<Int8Type>::try_new(splits, Arc::clone(&self.split_names))?),
        ];
        if let Some(names) = &self.chromosome_names {
            let keys = Int32Array::from(std::mem::take(&mut self.chromosomes));
            columns.push(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(names))?));
            columns.push(Arc::new(UInt64Array::from(std::mem::take(&mut self.starts))));
        }
        self.rows = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }

    fn fixed(&self, column: usize, bytes: Vec<u8>) -> Result<ArrayRef, ArrowError> {
        let DataType::FixedSizeBinary(width) = self.schema.field(column).data_type() else {
            return Err(ArrowError::SchemaError(format!("column {column} has no fixed width")));
        };
        Ok(Arc::new(FixedSizeBinaryArray::try_new(*width, Buffer::from_vec(bytes), None)?))
    }
}

impl Runs {
    fn push(&mut self, end: i32, mask: Option<&[u8]>) {
        match (mask, self.ends.last_mut()) {
            (None, Some(last)) if self.last_is_empty => *last = end,
            _ => {
                self.ends.push(end);
                self.masks.append_option(mask);
            }
        }
        self.last_is_empty = mask.is_none();
    }

    fn take(&mut self) -> Result<RunArray<Int32Type>, ArrowError> {
        let ends = Int32Array::from(std::mem::take(&mut self.ends));
        let masks = self.masks.finish();
        self.last_is_empty = false;
        RunArray::try_new(&ends, &masks)
    }
}
