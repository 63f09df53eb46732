//! What the files of `data import next` hold: the records with names of their own, and where windows start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::options::NextOptions;
use crate::error::{Error, Result};
use crate::formats::genome::{Chromosome, ChromosomeSequence, MOST_CHROMOSOMES, records};
use crate::import::paths;
use crate::progress::OnProgress;
use crate::store::Split;

/// Endings of files in folders: sequences, or text of letters alone.
const ENDINGS: &[&str] = &["fa", "fasta", "fna", "2bit", "txt"];

/// All records of all files.
pub(super) struct Records {
    files: Vec<RecordFile>,
    pub(super) all: Vec<Chromosome>,
    /// Windows altogether.
    pub(super) windows: u64,
    pub(super) bases: u64,
    pub(super) unknown: u64,
    /// Records without a window.
    pub(super) short: u64,
}

struct RecordFile {
    path: PathBuf,
    /// Its name without endings: that of a record without a heading.
    stem: String,
    split: Split,
    records: usize,
}

/// The files of all paths, those of folders sorted by name, with the split of their path.
pub(super) fn files(options: &NextOptions) -> Result<Vec<(PathBuf, Split)>> {
    let paths =
        [(Split::Train, &options.paths), (Split::Valid, &options.valid_paths), (Split::Test, &options.test_paths)];
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (split, paths) in paths {
        for path in paths {
            for file in paths::files(path, ENDINGS)? {
                if !seen.insert(file.clone()) {
                    return Err(Error::input(format!("{} is given twice: give each file once", file.display())));
                }
                found.push((file, split));
            }
        }
    }
    if found.is_empty() {
        return Err(Error::input("no file: give at least one file or folder with sequences"));
    }
    Ok(found)
}

/// Where windows of known bases with a known base after them start.
pub(super) fn starts(options: &NextOptions, sequence: &ChromosomeSequence) -> impl Iterator<Item = u64> {
    let (extent, step) = (options.extent(), options.step);
    sequence.known().flat_map(move |known| {
        let count = (known.end - known.start).checked_sub(extent).map_or(0, |room| room / step + 1);
        (0..count).map(move |index| known.start + index * step)
    })
}

impl Records {
    pub(super) fn read(options: &NextOptions, files: Vec<(PathBuf, Split)>, progress: OnProgress<'_>) -> Result<Self> {
        let mut all = Self { files: Vec::new(), all: Vec::new(), windows: 0, bases: 0, unknown: 0, short: 0 };
        for (path, split) in files {
            let stem = paths::stem(&path, ENDINGS);
            let before = all.all.len();
            records::read(&path, Some(&stem), progress, &mut |record, sequence| {
                if all.all.len() == MOST_CHROMOSOMES {
                    return Err(Error::input(format!("more than {MOST_CHROMOSOMES} records")));
                }
                let windows = starts(options, sequence).count() as u64;
                let known: u64 = sequence.known().map(|known| known.end - known.start).sum();
                all.windows += windows;
                all.short += u64::from(windows == 0);
                all.bases += sequence.length();
                all.unknown += sequence.length() - known;
                all.all.push(Chromosome { name: record.name.to_owned(), length: sequence.length() });
                Ok(())
            })?;
            all.files.push(RecordFile { path, stem, split, records: all.all.len() - before });
        }
        all.name(options.by_file())?;
        if all.windows == 0 {
            let longest = all.all.iter().map(|record| record.length).max().unwrap_or(0);
            return Err(Error::input(format!(
                "no record has {} known bases in a row, for a window and the base after it; the longest has {longest} \
                 bases: give a smaller length",
                options.extent()
            )));
        }
        if all.windows > u64::from(u32::MAX) {
            return Err(Error::input(format!(
                "{} windows, and a store holds at most {}: give a larger step",
                all.windows,
                u32::MAX
            )));
        }
        Ok(all)
    }

    /// The files with the names of records without a heading.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.files.iter().map(|file| (file.path.as_path(), file.stem.as_str()))
    }

    /// The split of each record's file.
    pub(super) fn splits(&self) -> impl Iterator<Item = Split> {
        self.files.iter().flat_map(|file| std::iter::repeat_n(file.split, file.records))
    }

    /// Puts the file's name in front of names that several files have, and its split too where files decide the splits.
    fn name(&mut self, by_file: bool) -> Result<()> {
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for record in &self.all {
            *times.entry(record.name.clone()).or_default() += 1;
        }
        let mut seen = BTreeSet::new();
        let stems = self.files.iter().flat_map(|file| std::iter::repeat_n(file, file.records));
        for (record, file) in self.all.iter_mut().zip(stems) {
            if times.get(&record.name).is_some_and(|times| *times > 1) {
                let split = if by_file { format!("{}/", file.split.name()) } else { String::new() };
                record.name = format!("{split}{}:{}", file.stem, record.name);
            }
            if !seen.insert(record.name.clone()) {
                return Err(Error::input(format!(
                    "{}: record {:?} occurs twice: give each a name of its own",
                    file.path.display(),
                    record.name
                )));
            }
        }
        Ok(())
    }
}
