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
use super::digest::content_digest;
use super::info::{FORMAT, ImportRecord, StoreInfo, VERSION, Values};
use super::leakage_detector::LeakageDetector;
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
    spools: PerSplit<Spool>,
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
        let spools = Spool::of_splits(file.folder(), output, &shape)?;
        let (row_bytes, detector) = (RowBytes::new(&shape), LeakageDetector::new(&shape));
        let made_of_last = PerSplit::default();
        Ok(Self { row_bytes, detector, output: output.to_owned(), file, spools, made_of_last, shape })
    }

    /// Takes the rows so far, which may then be added again.
    pub(super) fn take(&mut self) -> Result<PerSplit<Spool>> {
        self.detector = self.detector.anew(&self.shape);
        let empty = Spool::of_splits(self.file.folder(), &self.output, &self.shape)?;
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
        let bytes = self.row_bytes.fill(&self.shape, split, row)?;
        let spool = self.spools.get_mut(split);
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
        self.detector.see(split, row);
        Ok(())
    }

    /// Adds a row that was made of the last one of its split: the two stay or are left out together.
    pub(crate) fn push_made_of_last(&mut self, split: Split, row: &Row<'_>) -> Result<()> {
        self.push(split, row)?;
        let number = self.spools.get(split).rows - 1;
        self.made_of_last.get_mut(split).insert(number);
        Ok(())
    }

    /// Rows of each split so far.
    pub fn rows(&self) -> PerSplit<u64> {
        PerSplit::of(|split| self.spools.get(split).rows)
    }

    /// Writes the file, calling `progress` with the rows written so far, and moves it to its place.
    pub fn finish(mut self, import: ImportRecord, progress: &mut dyn FnMut(u64)) -> Result<StoreInfo> {
        let total = Split::ALL.iter().map(|&split| self.spools.get(split).rows).sum::<u64>();
        if total > u64::from(u32::MAX) {
            return Err(Error::input(format!("{total} rows: a store holds at most {}", u32::MAX)));
        }
        let digests = Split::ALL.map(|split| self.spools.get(split).digest.clone());
        let found = self.detector.finish();
        let mut info = StoreInfo {
            format: FORMAT.into(),
            version: VERSION,
            rows: PerSplit::of(|split| self.spools.get(split).rows),
            rows_with_unknown: PerSplit::of(|split| self.spools.get(split).rows_with_unknown),
            positives: PerSplit::of(|split| self.spools.get(split).positives.clone()),
            values: PerSplit::of(|split| self.spools.get(split).values()),
            leakage: Some(found.leakage),
            digest: content_digest(&self.shape, digests)?,
            shape: self.shape,
            import,
        };
        info.import.warnings.extend(found.leakage.warnings(&info.rows));
        info.import.warnings.extend(found.contradictions.warnings(info.shape.task));
        info.import.warnings.extend(warnings::about_blank_rows(found.blank));
        let labels = warnings::about_labels(&info);
        info.import.warnings.extend(labels);

        let cannot_write = |error: ArrowError| refused(&self.output, error);
        let (text, digest) = info.to_text()?;
        let arrow_schema = Arc::new(schema::schema(&info.shape, text, digest)?);
        // Aligned to 8 bytes: nothing here is wider, and the file then begins as the format's specification says.
        let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5).map_err(cannot_write)?;
        let file = BufWriter::with_capacity(1 << 20, self.file.file());
        let mut writer = FileWriter::try_new_with_options(file, &arrow_schema, options).map_err(cannot_write)?;
        let mut batch = BatchBuilder::new(&info.shape, arrow_schema)?;
        let mut written = 0;
        for split in Split::ALL {
            let spool = self.spools.get_mut(split);
            let cannot_spool = |error| Error::io("write beside", &self.output, error);
            let rows = spool.rows;
            let mut reader = spool.reader().map_err(cannot_spool)?;
            for _ in 0..rows {
                self.row_bytes.read(&mut reader).map_err(cannot_spool)?;
                batch.push(split, &self.row_bytes)?;
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
    /// An empty one for each split, in unnamed files of `folder`; `output` is what is written there.
    fn of_splits(folder: &Path, output: &Path, shape: &Shape) -> Result<PerSplit<Self>> {
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
        Ok(PerSplit { train: spool()?, valid: spool()?, test: spool()? })
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
