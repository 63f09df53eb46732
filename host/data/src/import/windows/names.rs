//! The labels that label files name, and which files name them: a label that is a file's name belongs to that file alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::column::Column;
use crate::error::{Error, Result};
use crate::store::MOST_LABELS;
use crate::text::shortened;

/// Labels named in a message.
const LABELS_SHOWN: usize = 40;
/// Labels of several files named in a warning.
const SHARED_SHOWN: usize = 5;

/// The labels so far, numbered in the order in which they were found.
pub(super) struct Names<'a> {
    files: &'a [PathBuf],
    wanted: BTreeSet<&'a str>,
    numbers: BTreeMap<String, u32>,
    /// What is known of each label.
    known: Vec<Known>,
    /// Some of the labels that were not asked for, to name them where one that was is missing.
    others: BTreeSet<String>,
}

#[derive(Default)]
struct Known {
    /// The file whose name it is.
    of_name: Option<usize>,
    /// The files in whose column 4 it is: the first and the last.
    of_column: Option<(usize, usize)>,
    /// Its features in column 4 of the present file.
    here: u64,
}

/// Where a label comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The name of a file.
    File,
    /// Column 4 of a file.
    Column,
}

impl<'a> Names<'a> {
    /// No labels yet, of these files. `wanted` restricts the labels; empty means all.
    pub(super) fn new(files: &'a [PathBuf], wanted: &'a [String]) -> Self {
        let wanted = wanted.iter().map(String::as_str).collect();
        Self { files, wanted, numbers: BTreeMap::new(), known: Vec::new(), others: BTreeSet::new() }
    }

    /// Another file is read.
    pub(super) fn start_file(&mut self) {
        for known in &mut self.known {
            known.here = 0;
        }
    }

    /// The number of a label; `None` where it was not asked for, or where there are too many.
    pub(super) fn number(&mut self, name: &str, origin: Origin, file: usize) -> Result<Named> {
        if !self.wanted.is_empty() && !self.wanted.contains(name) {
            if self.others.len() < LABELS_SHOWN && !self.others.contains(name) {
                self.others.insert(name.to_owned());
            }
            return Ok(Named::Unwanted);
        }
        let label = if let Some(label) = self.numbers.get(name) {
            *label
        } else {
            if self.numbers.len() == MOST_LABELS {
                return Ok(Named::TooMany);
            }
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            self.numbers.insert(name.to_owned(), next);
            self.known.push(Known::default());
            next
        };
        let Some(known) = self.known.get_mut(label as usize) else {
            return Err(Error::bug(format!("nothing is known of label {label}")));
        };
        let other = match origin {
            Origin::Column => {
                known.here += 1;
                let first = known.of_column.map_or(file, |(first, _)| first);
                known.of_column = Some((first, file));
                known.of_name
            }
            Origin::File => {
                let other = known.of_name.or(known.of_column.map(|(first, _)| first));
                known.of_name = Some(file);
                other
            }
        };
        match (other.filter(|other| *other != file).and_then(|other| self.files.get(other)), self.files.get(file)) {
            (Some(other), Some(file)) => {
                let way_on = "rename one of the two, or name the labels in column 4 of both and give --label-from name";
                Err(same(name, other, file, way_on))
            }
            _ => Ok(Named::Label(label)),
        }
    }

    /// Column 4 of the present file; `is_cut`: as far as it was read.
    pub(super) fn column(&self, is_graph: bool, is_cut: bool) -> Column<'_> {
        let here = |label: u32| self.known.get(label as usize).map_or(0, |known| known.here);
        let names = self.numbers.iter().map(|(name, label)| (name.as_str(), here(*label)));
        Column { names: names.filter(|(_, features)| *features > 0).collect(), is_graph, is_cut }
    }

    /// A warning about labels in column 4 of several files, such as one of each experiment.
    pub(super) fn shared(&self) -> Option<String> {
        let mut shared = self.numbers.iter().filter_map(|(name, label)| {
            let (first, last) = self.known.get(*label as usize)?.of_column.filter(|(first, last)| first != last)?;
            let file = |number: usize| Some(self.files.get(number)?.file_name()?.to_string_lossy());
            Some(format!("{:?} of {} and {}", shortened(name), file(first)?, file(last)?))
        });
        let shown: Vec<String> = shared.by_ref().take(SHARED_SHOWN).collect();
        let more = match shared.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!shown.is_empty()).then(|| {
            format!(
                "a name in column 4 of several files is one label: {}{more}; --label-from file keeps the files apart",
                shown.join(", ")
            )
        })
    }

    /// Adds the labels of tracks. Returns all labels in alphabetical order, or in that of the wanted ones, and for each
    /// number the place of its label.
    pub(super) fn finish(mut self, wanted: &[String], tracks: &[(&str, &Path)]) -> Result<(Vec<String>, Vec<u32>)> {
        let mut paths: BTreeMap<&str, &Path> = BTreeMap::new();
        for (track, path) in tracks {
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            let other = self.numbers.insert((*track).to_owned(), next).and_then(|label| {
                let known = self.known.get(label as usize)?;
                known.of_name.or(known.of_column.map(|(first, _)| first)).and_then(|file| self.files.get(file))
            });
            if let Some(other) = paths.insert(track, path).or(other.map(PathBuf::as_path)) {
                return Err(same(track, other, path, "rename one of the two"));
            }
        }
        if let Some(missing) = wanted.iter().find(|label| !self.numbers.contains_key(*label)) {
            let found = self.numbers.keys().chain(&self.others).take(LABELS_SHOWN);
            let found: Vec<String> = found.map(|label| shortened(label)).collect();
            return Err(Error::input(format!(
                "no feature has the label {missing:?}; the labels are {}",
                found.join(", ")
            )));
        }
        let labels = if wanted.is_empty() { self.numbers.keys().cloned().collect() } else { wanted.to_vec() };
        let mut places = vec![0; self.numbers.len()];
        for (place, name) in (0..).zip(&labels) {
            if let Some(of_label) = self.numbers.get(name).and_then(|label| places.get_mut(*label as usize)) {
                *of_label = place;
            }
        }
        Ok((labels, places))
    }
}

/// What a name stands for.
pub(super) enum Named {
    Label(u32),
    /// A label that was not asked for.
    Unwanted,
    /// One label more than a store can have.
    TooMany,
}

/// The error for a label of two files.
fn same(label: &str, first: &Path, second: &Path, way_on: &str) -> Error {
    Error::input(format!(
        "{} and {} both give the label {:?}, and a label that is a file's name belongs to one file: {way_on}",
        first.display(),
        second.display(),
        shortened(label)
    ))
}
