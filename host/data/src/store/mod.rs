//! The packed store: one Arrow IPC file, memory-mapped, two bits a base.
//!
//! Rows are sorted by split (train, valid, test) and within a split by position. Columns:
//!
//! | column | type | what |
//! |---|---|---|
//! | `sequence` | fixed-size binary | two bits a base, see [`bases`](crate::bases) |
//! | `unknown` | run-end encoded, nullable binary | one bit a base, null where every base is known |
//! | `labels` | fixed-size binary (multi-label), int32 (classes), fixed-size list of float32 (regression) | one bit a label, the class, or the values |
//! | `split` | dictionary of strings | for readers in other languages |
//! | `chromosome`, `start` | dictionary of strings, uint64 | only where rows come from a genome |
//!
//! A store may have folds in place of splits (`data import … --folds K`): then rows are sorted by fold, and the column
//! `split` says `fold 1`, `fold 2` and so on. Opened [at](Store::at) a fold, that one is the test, the next one validates and
//! the others train.
//!
//! The description ([`StoreInfo`]) is JSON in the schema's metadata under `genomenas.store`, its SHA-256 beside it.

mod batch;
mod deal;
mod dealer;
mod decode;
mod digest;
mod file_state;
mod fold_rows;
mod folds;
mod info;
mod leakage;
mod leakage_detector;
mod parts;
mod read;
mod repeats;
mod row;
mod row_bytes;
mod rows;
mod schema;
mod shape;
mod split;
mod summary;
mod task;
mod verify;
mod warnings;
mod write;

#[cfg(test)]
mod fold_tests;
#[cfg(test)]
pub(crate) mod tests;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

pub use decode::{Decoding, one_hot};
pub use file_state::FileState;
pub use fold_rows::{Fold, FoldRows, Values};
pub use info::{BATCH_ROWS, Count, ImportRecord, Source, StoreInfo};
pub use leakage::{Pairs, SimilarPairs, SplitLeakage};
pub use repeats::{DropRepeats, LeftOut};
pub use row::{Place, Row, Target};
pub use rows::{PackedRow, Position, Rows};
pub use shape::Shape;
pub use split::{PerSplit, Split};
pub use task::Task;
pub use write::StoreWriter;

pub(crate) use dealer::{Dealer, Dealt};
pub(crate) use parts::{FEWEST_FOLDS, MOST_FOLDS};
pub(crate) use shape::{LONGEST, LONGEST_NAME, MOST_LABELS};

use crate::error::{Error, Result};
use crate::mmap::map_read_only;
use read::CheckedFile;
use rows::{Layout, OpenStore};

/// An open store.
///
/// Train and valid are [`Rows`]; test is [`SealedRows`], another type, so that code written for training cannot receive
/// the test split by mistake.
#[derive(Clone)]
pub struct Store {
    open: Arc<OpenStore>,
    layout: Arc<Layout>,
}

impl Store {
    /// Opens a store. Only its headers are read and checked, so this is quick however large it is.
    pub fn open(path: &Path) -> Result<Self> {
        let cannot_read = |error: std::io::Error| Error::io("read", path, error);
        let wrong = |what: String| Error::input(format!("{}: {what}", path.display()));
        // Asked before it is opened: to open a pipe is to wait for whoever writes to it.
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let path = path.display();
                return Err(Error::input(format!("there is no store {path}: make one with `genomenas data import`")));
            }
            Ok(about) if !about.is_file() => {
                return Err(wrong("it is not a file; expected a store made by `genomenas data import`".into()));
            }
            _ => {}
        }
        let file = File::open(path).map_err(cannot_read)?;
        let about = file.metadata().map_err(cannot_read)?;
        if about.len() == 0 {
            return Err(wrong("it is empty; expected a store made by `genomenas data import`".into()));
        }
        let state = FileState::from(&about);
        let bytes = map_read_only(&file, path).map_err(cannot_read)?;
        let checked = CheckedFile::new(&bytes.into());
        let open = checked.and_then(|checked| OpenStore::new(path.to_owned(), checked, file, state));
        let open = open.map_err(|error| error.context(path.display()))?;
        let layout = Layout::new(open.file.info.clone(), &open);
        Ok(Self { open: Arc::new(open), layout: Arc::new(layout) })
    }

    /// The store as the run of a fold sees it, see [`StoreInfo::at`].
    ///
    /// # Errors
    ///
    /// The store has folds and none is named, has none and one is named, or has no such fold.
    pub fn at(&self, fold: Option<u32>) -> Result<Self> {
        let info = self.open.file.info.at(fold).map_err(|error| error.context(self.path().display()))?;
        Ok(Self { open: Arc::clone(&self.open), layout: Arc::new(Layout::new(info, &self.open)) })
    }

    /// What it holds and how it was made; `Display` prints a summary.
    pub fn info(&self) -> &StoreInfo {
        &self.layout.info
    }

    /// The rows to train on.
    pub fn train(&self) -> Rows {
        self.rows(Split::Train)
    }

    /// The rows to choose by.
    pub fn valid(&self) -> Rows {
        self.rows(Split::Valid)
    }

    /// The rows for the one evaluation at the end.
    pub fn test(&self) -> SealedRows {
        SealedRows(self.rows(Split::Test))
    }

    fn rows(&self, split: Split) -> Rows {
        Rows::new(Arc::clone(&self.open), Arc::clone(&self.layout), split)
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.open.path
    }

    /// The file as it was when the store was opened.
    pub fn file_state(&self) -> FileState {
        self.open.state
    }

    /// Reads every row and compares with the digest of the import: whether the data is as it was written. `progress` is
    /// told the rows that were read.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<()> {
        verify::verify(&self.open, progress)?;
        self.open.unchanged()
    }
}

/// The test split: its size is known, and its rows are read only through [`unseal`](Self::unseal).
#[derive(Clone, Debug)]
pub struct SealedRows(Rows);

impl SealedRows {
    /// Rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the store holds.
    pub fn info(&self) -> &StoreInfo {
        self.0.info()
    }

    /// The rows, for the evaluation at the end of a run.
    pub fn unseal(self, reason: &FinalEvaluation) -> Rows {
        log::debug!("the test split is read: {}", reason.0);
        self.0
    }
}

/// The only reason to read the test split: the final network is being scored.
#[derive(Clone, Debug)]
pub struct FinalEvaluation(String);

impl FinalEvaluation {
    /// The final evaluation of `what`, such as "architecture.json of run 3".
    pub fn of(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
