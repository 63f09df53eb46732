//! Rows of a split: what training and evaluation read.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_buffer::Buffer;

use super::decode::{self, Decoding};
use super::file_state::FileState;
use super::info::{BATCH_ROWS, StoreInfo};
use super::read::{CheckedFile, damaged};
use super::schema::{self, CHROMOSOME, LABELS, SEQUENCE, START, UNKNOWN};
use super::split::{PerSplit, Split};
use super::task::Task;
use crate::bases::{CHANNELS, Packed, packed_bytes};
use crate::error::{Error, Result};

/// An open store, shared by the rows of its splits.
pub(super) struct OpenStore {
    pub(super) path: std::path::PathBuf,
    pub(super) file: CheckedFile,
    /// What is mapped, and how it was when it was opened.
    handle: File,
    pub(super) state: FileState,
    batches: Vec<Columns>,
}

/// What a store is to those who read it: its description, and where the rows of each split lie.
pub(super) struct Layout {
    pub(super) info: StoreInfo,
    /// Rows of the whole store, in their order: those of train may lie before and behind the others.
    places: PerSplit<[Range<usize>; 2]>,
}

/// The columns of a batch that training reads, in place in the file.
struct Columns {
    codes: Buffer,
    labels: Buffer,
    run_ends: Vec<usize>,
    /// Where each run's mask begins in `mask_values`. Copied: arrow would follow offsets that somebody changed in place.
    masks: Vec<Option<usize>>,
    mask_values: Buffer,
}

/// A row as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct PackedRow<'a> {
    /// Two bits a base.
    pub codes: &'a [u8],
    /// One bit a base, where some are unknown.
    pub unknown: Option<&'a [u8]>,
    /// One bit a label, the class as four bytes, or the values as four bytes each, least significant first.
    pub labels: &'a [u8],
}

impl OpenStore {
    pub(super) fn new(path: std::path::PathBuf, file: CheckedFile, handle: File, state: FileState) -> Result<Self> {
        let batches = (0..file.batches())
            .map(|index| Columns::new(&file.info, &file.batch(index, vec![SEQUENCE, UNKNOWN, LABELS])?))
            .collect::<Result<_>>()?;
        let open = Self { path, file, handle, state, batches };
        open.unchanged()?;
        Ok(open)
    }

    /// Whether what was read from the file until now is what it held when it was opened.
    pub(super) fn unchanged(&self) -> Result<()> {
        let now = FileState::of(&self.handle).map_err(|error| Error::io("read", &self.path, error))?;
        if now.has_content_of(&self.state) {
            return Ok(());
        }
        let what = "it was changed while it was in use; put it back as it was, then the same command goes on";
        Err(Error::file("read", &self.path, what))
    }

    /// The row with this index among all rows of the store.
    pub(super) fn row(&self, row: usize) -> Option<PackedRow<'_>> {
        let batch = self.batches.get(row / BATCH_ROWS)?;
        let index = row % BATCH_ROWS;
        let shape = &self.file.info.shape;
        let of = |buffer: &'_ Buffer, width: usize| -> Option<Range<usize>> {
            let range = index * width..(index + 1) * width;
            (range.end <= buffer.len()).then_some(range)
        };
        let run = batch.run_ends.partition_point(|end| *end <= index);
        Some(PackedRow {
            codes: batch.codes.get(of(&batch.codes, packed_bytes(shape.length))?)?,
            labels: batch.labels.get(of(&batch.labels, shape.label_bytes())?)?,
            unknown: match batch.masks.get(run) {
                Some(Some(start)) => Some(batch.mask_values.get(*start..*start + schema::mask_bytes(shape))?),
                _ => None,
            },
        })
    }

    pub(super) fn damaged(&self, what: &str) -> Error {
        damaged(what).context(self.path.display())
    }

    /// Some columns of one batch.
    pub(super) fn batch(&self, index: usize, columns: Vec<usize>) -> Result<RecordBatch> {
        self.file.batch(index, columns).map_err(|error| error.context(self.path.display()))
    }
}

impl Layout {
    /// The store as `info` describes it: as it is, or at one of its folds.
    pub(super) fn new(info: StoreInfo, store: &OpenStore) -> Self {
        Self { places: info.places(&store.file.info), info }
    }
}

impl Columns {
    fn new(info: &StoreInfo, batch: &RecordBatch) -> Result<Self> {
        let wrong = || damaged("a column has another type");
        let codes = batch.column(SEQUENCE).as_fixed_size_binary_opt().ok_or_else(wrong)?;
        let unknown = batch.column(UNKNOWN).as_run_opt::<Int32Type>().ok_or_else(wrong)?;
        let masks = unknown.values().as_binary_opt::<i32>().ok_or_else(wrong)?;
        let labels = match info.shape.task {
            Task::MultiLabel => {
                batch.column(LABELS).as_fixed_size_binary_opt().ok_or_else(wrong)?.to_data().buffers().first().cloned()
            }
            Task::MultiClass | Task::NextNucleotide => batch.column(LABELS).to_data().buffers().first().cloned(),
            Task::Regression | Task::PoissonRegression => {
                let values = batch.column(LABELS).as_fixed_size_list_opt().ok_or_else(wrong)?.values();
                values.to_data().buffers().first().cloned()
            }
        };
        let width = schema::mask_bytes(&info.shape);
        if masks.iter().flatten().any(|mask| mask.len() != width) {
            return Err(damaged("a mask has another length than its row"));
        }
        let run_ends = unknown.run_ends().values().iter().map(|end| usize::try_from(*end).map_err(|_| wrong()));
        let offset_of = |run: usize| -> Result<Option<usize>> {
            let offset = masks.value_offsets().get(run).and_then(|offset| usize::try_from(*offset).ok());
            masks.is_valid(run).then(|| offset.ok_or_else(wrong)).transpose()
        };
        let codes = codes.to_data().buffers().first().cloned().ok_or_else(wrong)?;
        Ok(Self {
            codes,
            labels: labels.ok_or_else(wrong)?,
            run_ends: run_ends.collect::<Result<_>>()?,
            masks: (0..masks.len()).map(offset_of).collect::<Result<_>>()?,
            mask_values: masks.values().clone(),
        })
    }
}

/// The place of a row in its genome, with the name of the chromosome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Name of the chromosome.
    pub chromosome: String,
    /// First base of the row, from 0.
    pub start: u64,
}

/// The rows of train or valid, or of test once it is [unsealed](super::SealedRows::unseal).
///
/// Cheap to clone, to be read from any number of threads.
#[derive(Clone)]
pub struct Rows {
    store: Arc<OpenStore>,
    layout: Arc<Layout>,
    split: Split,
    count: usize,
}

impl Rows {
    pub(super) fn new(store: Arc<OpenStore>, layout: Arc<Layout>, split: Split) -> Self {
        let count = layout.places.get(split).iter().map(Range::len).sum();
        Self { store, layout, split, count }
    }

    /// The index among all rows of the store.
    fn place(&self, row: usize) -> usize {
        let [first, second] = self.layout.places.get(self.split);
        row.checked_sub(first.len()).map_or(first.start + row, |more| second.start + more)
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The split they belong to.
    pub fn split(&self) -> Split {
        self.split
    }

    /// What the store holds.
    pub fn info(&self) -> &StoreInfo {
        &self.layout.info
    }

    /// Numbers that one row's input has: 4 channels times the length.
    pub fn input_size(&self) -> usize {
        CHANNELS * self.info().shape.length
    }

    /// Numbers that one row's target has: one a label or class.
    pub fn label_size(&self) -> usize {
        self.info().shape.labels.len()
    }

    /// A row as it is stored.
    pub fn packed(&self, row: u32) -> Result<PackedRow<'_>> {
        let row = row as usize;
        if row >= self.count {
            return Err(Error::bug(format!("row {row} was asked of {} with {} rows", self.split.name(), self.count)));
        }
        self.store.row(self.place(row)).ok_or_else(|| self.store.damaged("a row lies outside its batch"))
    }

    /// The bases of a row, given by its index in this split.
    pub fn sequence(&self, row: u32) -> Result<Packed> {
        let packed = self.packed(row)?;
        let sequence = Packed::from_parts(
            self.info().shape.length,
            packed.codes.to_vec(),
            packed.unknown.unwrap_or_default().to_vec(),
        );
        self.store.unchanged()?;
        Ok(sequence)
    }

    /// Decodes rows, given by their index in this split.
    ///
    /// `inputs` has `rows.len() * input_size()` numbers: for each row the channels A, C, G, T one after another, 1
    /// where the base is that channel's and 0 elsewhere; an unknown base is 0 in all four. `labels` has
    /// `rows.len() * label_size()` numbers: 0 or 1, of which exactly one is 1 where rows have classes, or the values of
    /// a regression.
    pub fn decode(&self, rows: &[u32], decoding: &Decoding, inputs: &mut [f32], labels: &mut [f32]) -> Result<()> {
        expect_size("inputs", inputs.len(), rows.len() * self.input_size())?;
        let length = self.info().shape.length;
        let mut scratch = Vec::new();
        for (index, (row, out)) in rows.iter().zip(inputs.chunks_exact_mut(self.input_size())).enumerate() {
            let row = self.packed(*row)?;
            decode::one_hot(row.codes, row.unknown, length, decoding.of(index), &mut scratch, out);
        }
        self.decode_labels(rows, labels)?;
        self.store.unchanged()
    }

    /// The `labels` half of [`decode`](Self::decode).
    pub fn decode_labels(&self, rows: &[u32], labels: &mut [f32]) -> Result<()> {
        expect_size("labels", labels.len(), rows.len() * self.label_size())?;
        for (row, out) in rows.iter().zip(labels.chunks_exact_mut(self.label_size())) {
            let packed = self.packed(*row)?;
            match self.info().shape.task {
                Task::MultiLabel => decode::zero_one(packed.labels, out),
                Task::Regression | Task::PoissonRegression => {
                    for (out, bytes) in out.iter_mut().zip(packed.labels.as_chunks::<4>().0) {
                        *out = f32::from_le_bytes(*bytes);
                    }
                }
                Task::MultiClass | Task::NextNucleotide => {
                    out.fill(0.0);
                    *out.get_mut(self.class_of(*row, &packed)?).ok_or_else(|| self.no_such_class(*row))? = 1.0;
                }
            }
        }
        Ok(())
    }

    /// Whether the second half of the rows are the opposite strands of the first half, in the same order.
    pub fn both_strands(&self) -> bool {
        *self.info().import.both_strands.get(self.split)
    }

    /// The class of each row of a store with classes.
    pub fn classes(&self, rows: &[u32]) -> Result<Vec<i64>> {
        if !self.info().shape.task.is_classes() {
            return Err(Error::input(format!("{}: its rows have labels, not classes", self.store.path.display())));
        }
        rows.iter()
            .map(|row| {
                let class = self.class_of(*row, &self.packed(*row)?)?;
                i64::try_from(class).map_err(|_| self.no_such_class(*row))
            })
            .collect()
    }

    /// The places of rows in their genome; `None` for a store without places.
    pub fn positions(&self, rows: &[u32]) -> Result<Option<Vec<Position>>> {
        let info = self.info();
        if info.shape.chromosomes.is_empty() {
            return Ok(None);
        }
        self.store.unchanged()?;
        let damage = |what: &str| self.store.damaged(what);
        let mut positions = Vec::with_capacity(rows.len());
        let mut open: Option<(usize, RecordBatch)> = None;
        for row in rows {
            self.packed(*row)?;
            let row = self.place(*row as usize);
            let (index, batch) = match open.take() {
                Some((index, batch)) if index == row / BATCH_ROWS => (index, batch),
                _ => {
                    let index = row / BATCH_ROWS;
                    (index, self.store.batch(index, vec![CHROMOSOME, START])?)
                }
            };
            let key = batch.column(0).as_primitive_opt::<Int32Type>().map(|keys| keys.value(row % BATCH_ROWS));
            let start = batch.column(1).as_primitive_opt::<UInt64Type>().map(|starts| starts.value(row % BATCH_ROWS));
            let name = key.and_then(|key| info.shape.chromosomes.get(usize::try_from(key).ok()?));
            let (Some(name), Some(start)) = (name, start) else {
                return Err(damage("a row has no chromosome"));
            };
            positions.push(Position { chromosome: name.clone(), start });
            open = Some((index, batch));
        }
        self.store.unchanged()?;
        Ok(Some(positions))
    }

    fn class_of(&self, row: u32, packed: &PackedRow<'_>) -> Result<usize> {
        let class = packed.labels.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes) as usize);
        class.filter(|class| *class < self.label_size()).ok_or_else(|| self.no_such_class(row))
    }

    fn no_such_class(&self, row: u32) -> Error {
        self.store
            .damaged(&format!("row {row} of {} has a class that its description does not name", self.split.name()))
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Rows({} of {}, {})", self.split.name(), self.store.path.display(), self.count)
    }
}

fn expect_size(what: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::bug(format!("a batch has room for {found} numbers of {what} and needs {expected}")))
}
