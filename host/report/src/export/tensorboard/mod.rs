//! Event files for `TensorBoard`: a folder a run, with scalars, histograms of the probabilities of options, and
//! hyper-parameters.
//!
//! Journals know no dates, so the wall time of an event is the seconds of the run from the beginning of 1970.

mod messages;
mod record;
mod values;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{self, AtomicFolder};

use super::details::RunDetails;
use crate::model::{Comparison, Entry, RunPhase, RunState, RunSummary};
use record::EventWriter;
use values::{ended, histogram, scalar, started};

/// What `TensorBoard` looks for, and what says that a file is ours.
const EVENTS: &str = "events.out.tfevents.0000000000.genomenas";
/// Folders of a folder of ours: an entry, and a run in it.
const DEPTH: usize = 3;

/// A folder for event files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorBoardFolder {
    path: PathBuf,
}

impl From<&str> for TensorBoardFolder {
    fn from(path: &str) -> Self {
        Self { path: PathBuf::from(path) }
    }
}

impl TensorBoardFolder {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a folder in which anything lies that this program did not write.
    ///
    /// # Errors
    ///
    /// Such a thing lies there.
    pub fn expect_free(&self) -> Result<()> {
        let refuse = |what: String| {
            Err(Error::input(format!(
                "{} {what}, so it is not overwritten: name another folder for event files, or remove it",
                self.path.display()
            )))
        };
        if std::fs::symlink_metadata(&self.path).is_err() {
            return Ok(());
        }
        if self.path.is_symlink() || !self.path.is_dir() {
            return refuse("exists and is not a folder".to_owned());
        }
        match foreign(&self.path, DEPTH) {
            None => Ok(()),
            Some(path) => refuse(format!("holds {}, which no export wrote", path.display())),
        }
    }

    /// Writes the event files of every run that has begun, whole or not at all.
    ///
    /// # Errors
    ///
    /// They cannot be written.
    pub fn write(&self, comparison: &Comparison, details: &dyn Fn(&RunSummary) -> RunDetails) -> Result<()> {
        files::remove_unfinished_of(&self.path)?;
        let folder = AtomicFolder::create(&self.path)?;
        // A name of an entry may be anything, and a folder of a run is one already.
        let runs = comparison.entries.iter().flat_map(|entry| entry.runs.iter().map(move |run| (entry, run)));
        for (number, (entry, run)) in (1_u32..).zip(runs) {
            if run.state == RunState::Pending {
                continue;
            }
            let place = folder.path().join(place(run, number));
            files::create_folder(&place)?;
            let path = place.join(EVENTS);
            let file = File::create_new(&path).map_err(|error| Error::io("write", &path, error))?;
            events(BufWriter::new(file), comparison, entry, run, &details(run))
                .map_err(|error| Error::io("write", &path, error))?;
        }
        folder.persist()
    }
}

/// The last two parts of a run's folder, `ENTRY/seed-1`, which is how `TensorBoard` will call it.
fn place(run: &RunSummary, number: u32) -> PathBuf {
    let parts: Vec<_> = Path::new(&run.folder).components().collect();
    let plain = |part: &std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    match parts.as_slice() {
        [.., runs, entry, seed] if runs.as_os_str() == "runs" && plain(entry) && plain(seed) => {
            [entry, seed].into_iter().collect()
        }
        [.., last] if plain(last) => PathBuf::from(last.as_os_str()),
        _ => PathBuf::from(format!("run-{number}")),
    }
}

/// The first thing in `folder` that no export wrote.
fn foreign(folder: &Path, depth: usize) -> Option<PathBuf> {
    let Ok(entries) = folder.read_dir() else { return Some(folder.to_owned()) };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().find_map(|path| {
        if path.is_dir() && !path.is_symlink() {
            return if depth == 0 { Some(path) } else { foreign(&path, depth - 1) };
        }
        (path.file_name().is_none_or(|name| name != EVENTS)).then_some(path)
    })
}

fn events(
    out: impl Write,
    comparison: &Comparison,
    entry: &Entry,
    run: &RunSummary,
    details: &RunDetails,
) -> std::io::Result<()> {
    let mut events = EventWriter::new(out)?;
    events.values(0.0, 0, vec![started(comparison, entry, run)])?;
    let search_ended = run.curve.iter().filter(|point| point.phase != RunPhase::Final).map(|point| point.seconds);
    let search_ended = search_ended.fold(run.search.used.seconds, f64::max);
    let mut options =
        details.options.chunk_by(|one, other| (one.trial, one.epoch) == (other.trial, other.epoch)).peekable();
    for point in &run.curve {
        let (phase, step, wall_time) = match point.phase {
            RunPhase::Search { .. } => ("search", point.samples, point.seconds),
            RunPhase::Final => ("final", point.epoch.into(), search_ended + point.seconds),
        };
        let named = [
            ("train_loss", point.train_loss),
            ("valid_loss", point.valid_loss),
            ("valid_auroc", point.valid_auroc),
            ("valid_auprc", point.valid_auprc),
        ];
        let mut values: Vec<_> =
            named.into_iter().filter_map(|(name, value)| Some(scalar(&format!("{phase}/{name}"), value?))).collect();
        if let RunPhase::Search { trial } = point.phase {
            values.push(scalar("search/trial", trial as f64));
        }
        events.values(wall_time, step, values)?;
        let same = |of: &&[super::OptionPoint]| {
            of.first().is_some_and(|first| {
                point.phase == RunPhase::Search { trial: first.trial } && first.epoch == point.epoch
            })
        };
        if let Some(of_epoch) = options.next_if(same) {
            let decisions = of_epoch.chunk_by(|one, other| one.decision == other.decision);
            let histograms = decisions.map(histogram).collect();
            events.values(wall_time, step, histograms)?;
        }
    }
    let end = search_ended + run.training.used.seconds;
    if let Some(test) = run.result() {
        let measures = test
            .measures()
            .filter_map(|measure| Some(scalar(&format!("test/{}", measure.key()), test.averages.get(measure).mean?)));
        let whole = [("test/loss", test.loss), ("test/accuracy", test.accuracy)];
        let whole = whole.into_iter().filter_map(|(name, value)| Some(scalar(name, value?)));
        events.values(end, 0, measures.chain(whole).collect())?;
    }
    events.values(end, 0, ended(run, end).into_iter().collect())?;
    events.finish()
}
