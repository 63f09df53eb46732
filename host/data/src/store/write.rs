//! Writes a store: rows arrive in any order of splits, the file appears whole or not at all.
//!
//! A schema stands before its rows and ours holds their counts and digest, so rows first go to one unnamed spool file
//! a split (in the folder of the output, gone with the process however it ends) and are then written in order. Memory
//! stays at one record batch; the disk needs room for the rows twice.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::ArrowError;
use sha2::{Digest, Sha256};

use super::batch::BatchBuilder;
use super::dealer::Dealer;
use super::digest::content_digest;
use super::fold_rows::{FoldRows, Values};
use super::info::{FORMAT, ImportRecord, StoreInfo, VERSION, VERSION_WITH_FOLDS};
use super::leakage::SplitLeakage;
use super::leakage_detector::LeakageDetector;
use super::parts::Parts;
use super::read::MAGIC;
use super::row::{Row, Target};
use super::row_bytes::RowBytes;
use super::schema;
use super::shape::Shape;
use super::split::{PerSplit, Split};
use super::warnings;
use crate::bases::bit_at;
use crate::error::{Error, Result};
use crate::files::{AtomicFile, Existing, remove_unfinished_of};

/// A store that is being written.
pub struct StoreWriter {
    pub(super) shape: Shape,
    pub(super) output: PathBuf,
    file: AtomicFile,
    pub(super) row_bytes: RowBytes,
    pub(super) detector: LeakageDetector,
    /// What deals the rows into folds, in place of splits.
    pub(super) dealer: Option<Box<dyn Dealer>>,
    parts: Parts,
    /// One for each part.
    spools: Vec<Spool>,
    /// Rows that were made of the row before them.
    pub(super) made_of_last: PerSplit<BTreeSet<u64>>,
}

pub(super) struct Spool {
    file: BufWriter<File>,
    digest: Sha256,
    pub(super) rows: u64,
    rows_with_unknown: u64,
    positives: Vec<u64>,
    values: Vec<Sum>,
}

/// The values of one label so far.
#[derive(Clone, Copy, Default)]
struct Sum {
    least: f32,
    most: f32,
    total: f64,
}

/// Whether what lies at `output` is nothing, or begins like a store: `--overwrite` with the name of an input, say, must not
/// cost that input.
fn may_be_replaced(output: &Path) -> bool {
    // Folders and pipes are refused elsewhere; opening a pipe would wait.
    let Some(file) = output.is_file().then(|| File::open(output).ok()).flatten() else { return true };
    let mut begin = Vec::new();
    let read = file.take(MAGIC.len() as u64).read_to_end(&mut begin);
    read.is_ok() && (begin.is_empty() || begin == MAGIC)
}

impl StoreWriter {
    /// Starts a store at `output`. An existing file there is refused unless `overwrite`, and stays until the new
    /// store is complete.
    pub fn create(output: &Path, shape: Shape, overwrite: bool) -> Result<Self> {
        shape
            .check()
            .and_then(|()| shape.check_names())
            .map_err(|error| error.context(format!("cannot write {}", output.display())))?;
        // What a killed import left takes room, which this one may need; it hinders nothing else.
        if let Err(error) = remove_unfinished_of(output) {
            log::debug!("{error}");
        }
        if overwrite && !may_be_replaced(output) {
            return Err(Error::input(format!(
                "{} exists and is not a store, so it is not overwritten: name another output",
                output.display()
            )));
        }
        let file = AtomicFile::create(output, if overwrite { Existing::Replaced } else { Existing::Refused })?;
        let parts = Parts::Splits;
        let spools = Spool::of_parts(parts, file.folder(), output, &shape)?;
        let (row_bytes, detector) = (RowBytes::new(&shape), LeakageDetector::new(&shape, parts));
        let (dealer, made_of_last, output) = (None, PerSplit::default(), output.to_owned());
        Ok(Self { shape, output, file, row_bytes, detector, dealer, parts, spools, made_of_last })
    }

    /// Takes the rows so far, which may then be added again, to `parts`.
    pub(super) fn take(&mut self, parts: Parts) -> Result<Vec<Spool>> {
        self.detector = self.detector.anew(&self.shape, parts);
        self.parts = parts;
        let empty = Spool::of_parts(parts, self.file.folder(), &self.output, &self.shape)?;
        Ok(std::mem::replace(&mut self.spools, empty))
    }

    /// Looks for similar rows of different splits from this identity on, however many rows there are; else from 0.8 on, in
    /// small data.
    pub(crate) fn look_for_similar(&mut self, identity: Option<f64>) {
        if let Some(identity) = identity {
            self.detector.look_for_similar(identity);
        }
    }

    /// Adds a row; rows of a split keep their order.
    pub fn push(&mut self, split: Split, row: &Row<'_>) -> Result<()> {
        self.push_of(split, row, &[])
    }

    /// Adds a row which, where rows are dealt into folds, stays together with the others of its `groups`.
    pub(crate) fn push_of(&mut self, split: Split, row: &Row<'_>, groups: &[u64]) -> Result<()> {
        if let Some(dealer) = &mut self.dealer {
            dealer.add(row, self.shape.length, groups);
            return self.spool(0, row);
        }
        self.push_to(split as u8, row)
    }

    /// Adds a row that was made of the one before, of its split: the two are left out or dealt into a fold together.
    pub(crate) fn push_beside(&mut self, split: Split, row: &Row<'_>) -> Result<()> {
        self.push(split, row)?;
        if let Some(dealer) = &mut self.dealer {
            dealer.join_last_two();
        } else {
            let rows = *self.rows().get(split);
            self.made_of_last.get_mut(split).insert(rows.saturating_sub(1));
        }
        Ok(())
    }

    /// Adds a row to a part.
    pub(super) fn push_to(&mut self, part: u8, row: &Row<'_>) -> Result<()> {
        self.spool(part, row)?;
        self.detector.see(part, row);
        Ok(())
    }

    fn spool(&mut self, part: u8, row: &Row<'_>) -> Result<()> {
        let bytes = self.row_bytes.fill(&self.shape, row)?;
        let spool =
            self.spools.get_mut(usize::from(part)).ok_or_else(|| Error::bug(format!("a row of part {part}")))?;
        spool.file.write_all(bytes).map_err(|error| Error::io("write", &self.output, error))?;
        spool.digest.update(bytes);
        spool.rows += 1;
        spool.rows_with_unknown += u64::from(row.unknown.is_some());
        match row.target {
            Target::Bits(bits) => {
                for (label, positives) in spool.positives.iter_mut().enumerate() {
                    *positives += u64::from(bit_at(bits, label));
                }
            }
            Target::Class(class) => {
                if let Some(positives) = spool.positives.get_mut(class as usize) {
                    *positives += 1;
                }
            }
            Target::Values(values) => {
                let first = spool.rows == 1;
                for ((value, sum), positives) in values.iter().zip(&mut spool.values).zip(&mut spool.positives) {
                    *positives += u64::from(*value != 0.0);
                    sum.least = if first { *value } else { sum.least.min(*value) };
                    sum.most = if first { *value } else { sum.most.max(*value) };
                    sum.total += f64::from(*value);
                }
            }
        }
        Ok(())
    }

    /// Rows of each split so far.
    pub fn rows(&self) -> PerSplit<u64> {
        PerSplit::of(|split| self.spools.get(split as usize).map_or(0, |spool| spool.rows))
    }

    /// Writes the file, calling `progress` with the rows written so far, and moves it to its place.
    pub fn finish(mut self, mut import: ImportRecord, progress: &mut dyn FnMut(u64)) -> Result<StoreInfo> {
        import.warnings.extend(self.deal()?);
        let total = self.spools.iter().map(|spool| spool.rows).sum::<u64>();
        if total > u64::from(u32::MAX) {
            return Err(Error::input(format!("{total} rows: a store holds at most {}", u32::MAX)));
        }
        let digests = self.spools.iter().map(|spool| spool.digest.clone()).collect();
        let found = self.detector.finish();
        let straddling = |part: usize| found.leakage.get(part).copied().unwrap_or_default();
        let counted = self.spools.iter().enumerate().map(|(part, spool)| spool.counted(straddling(part)));
        let mut counted: Vec<FoldRows> = counted.collect();
        let mut folds = Vec::new();
        if let Parts::Folds(_) = self.parts {
            let none = || FoldRows::none(&self.shape);
            folds = std::mem::replace(&mut counted, vec![none(), none(), none()]);
            counted.iter_mut().take(1).for_each(|train| *train = FoldRows::all(&folds, &self.shape));
        }
        let of = |split: Split| counted.get(split as usize).cloned().unwrap_or_else(|| FoldRows::none(&self.shape));
        let mut info = StoreInfo {
            format: FORMAT.into(),
            version: if folds.is_empty() { VERSION } else { VERSION_WITH_FOLDS },
            rows: PerSplit::of(|split| of(split).rows),
            rows_with_unknown: PerSplit::of(|split| of(split).rows_with_unknown),
            positives: PerSplit::of(|split| of(split).positives),
            values: PerSplit::of(|split| of(split).values),
            leakage: found.leakage.first().copied().filter(|_| folds.is_empty()),
            folds,
            fold: None,
            digest: content_digest(&self.shape, self.parts, digests)?,
            shape: self.shape,
            import,
        };
        // What is wrong with splits is said of each run, where folds take turns.
        let straddling = info.leakage.iter().flat_map(|leakage| leakage.warnings(&info.rows)).collect::<Vec<_>>();
        info.import.warnings.extend(straddling);
        info.import.warnings.extend(found.contradictions.warnings(info.shape.task));
        info.import.warnings.extend(warnings::about_blank_rows(found.blank));
        let labels = if info.folds.is_empty() { warnings::about_labels(&info) } else { Vec::new() };
        info.import.warnings.extend(labels);

        let cannot_write = |error: ArrowError| refused(&self.output, error);
        let (text, digest) = info.to_text()?;
        let arrow_schema = Arc::new(schema::schema(&info.shape, text, digest)?);
        // Aligned to 8 bytes: nothing here is wider, and the file then begins as the format's specification says.
        let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5).map_err(cannot_write)?;
        let file = BufWriter::with_capacity(1 << 20, self.file.file());
        let mut writer = FileWriter::try_new_with_options(file, &arrow_schema, options).map_err(cannot_write)?;
        let mut batch = BatchBuilder::new(&info.shape, self.parts, arrow_schema)?;
        let mut written = 0;
        for (spool, part) in self.spools.iter_mut().zip(0_u8..) {
            let cannot_spool = |error| Error::io("write beside", &self.output, error);
            let rows = spool.rows;
            let mut reader = spool.reader().map_err(cannot_spool)?;
            for _ in 0..rows {
                self.row_bytes.read(&mut reader).map_err(cannot_spool)?;
                batch.push(part, &self.row_bytes)?;
                written += 1;
                if batch.is_full() {
                    writer.write(&batch.take()?).map_err(cannot_write)?;
                    progress(written);
                }
            }
        }
        if !batch.is_empty() {
            writer.write(&batch.take()?).map_err(cannot_write)?;
        }
        writer.finish().map_err(cannot_write)?;
        drop(writer);
        progress(written);
        self.file.persist()?;
        Ok(info)
    }
}

impl Spool {
    /// An empty one for each part, in unnamed files of `folder`; `output` is what is written there.
    fn of_parts(parts: Parts, folder: &Path, output: &Path, shape: &Shape) -> Result<Vec<Self>> {
        let spool = || -> Result<Self> {
            let spooled = tempfile::tempfile_in(folder).map_err(|error| Error::io("write beside", output, error))?;
            Ok(Self {
                file: BufWriter::with_capacity(1 << 18, spooled),
                digest: Sha256::new(),
                rows: 0,
                rows_with_unknown: 0,
                positives: vec![0; shape.labels.len()],
                values: vec![Sum::default(); if shape.task.is_regression() { shape.labels.len() } else { 0 }],
            })
        };
        (0..parts.count()).map(|_| spool()).collect()
    }

    /// What was counted in it.
    fn counted(&self, straddling: SplitLeakage) -> FoldRows {
        FoldRows {
            rows: self.rows,
            rows_with_unknown: self.rows_with_unknown,
            positives: self.positives.clone(),
            values: self.values(),
            straddling,
        }
    }

    /// A reader of its rows, from the first.
    pub(super) fn reader(&mut self) -> std::io::Result<BufReader<&File>> {
        self.file.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(1 << 18, self.file.get_ref()))
    }

    fn values(&self) -> Vec<Values> {
        let mean = |sum: f64| if self.rows == 0 { 0.0 } else { sum / self.rows as f64 };
        self.values.iter().map(|&Sum { least, most, total }| Values { least, most, mean: mean(total) }).collect()
    }
}

/// The cause without arrow's prefix, which does not help a reader.
fn refused(output: &Path, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, cause) => Error::io("write", output, cause),
        other => Error::bug(format!("cannot write {}: {other}", output.display())),
    }
}
