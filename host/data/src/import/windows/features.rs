//! The labels of features: which label a line of a BED file gives its interval, and which intervals count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::bins::Feature;
use super::options::{LabelFrom, Outside};
use crate::error::{Error, Result};
use crate::formats::bed::{self, Interval};
use crate::formats::genome::{Chromosome, lengths};
use crate::formats::source::at;
use crate::import::paths::stem;
use crate::progress::{OnProgress, Progress};
use crate::store::MOST_LABELS;
use crate::text::shortened;

/// Endings of label files that are not part of a label's name.
const ENDINGS: &[&str] = &["narrowPeak", "broadPeak", "gappedPeak", "bed", "txt"];
/// Labels named in a message.
const LABELS_SHOWN: usize = 40;

/// The features of a genome.
///
/// In memory, 12 bytes a feature: 46 million peaks of 919 tracks take 550 MB.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// Names in alphabetical order, or in the order of the wanted labels.
    pub(super) labels: Vec<String>,
    /// For each chromosome of the genome its features, in the order of the files.
    pub(super) by_chromosome: Vec<Vec<Feature>>,
    pub(super) read: u64,
    pub(super) outside: u64,
    pub(super) unwanted: u64,
}

/// Reads label files. `tracks` are labels from other files. `wanted` restricts and orders the labels; empty means all.
pub(super) fn read(
    files: &[impl AsRef<Path>],
    chromosomes: &[Chromosome],
    from: LabelFrom,
    outside: Outside,
    tracks: &[String],
    wanted: &[String],
    progress: OnProgress<'_>,
) -> Result<Features> {
    let mut reading = FeatureReader {
        index: chromosomes.iter().zip(0..).map(|(chromosome, index)| (chromosome.name.as_str(), index)).collect(),
        chromosomes,
        outside,
        wanted: wanted.iter().map(String::as_str).collect(),
        names: BTreeMap::new(),
        others: BTreeSet::new(),
        features: Features { by_chromosome: vec![Vec::new(); chromosomes.len()], ..Features::default() },
    };
    let mut stems = BTreeSet::new();
    for file in files {
        let file = file.as_ref();
        let stem = stem(file, ENDINGS);
        let by_file = from == LabelFrom::File || from == LabelFrom::Auto && is_peaks(file);
        if by_file && !stems.insert(stem.clone()) {
            return Err(Error::input(format!(
                "two label files are named {stem:?}, and the name is the label: rename one, for example {}",
                file.display()
            )));
        }
        reading.file(file, &stem, from, by_file, progress)?;
    }
    reading.finish(tracks, wanted)
}

struct FeatureReader<'a> {
    index: BTreeMap<&'a str, usize>,
    chromosomes: &'a [Chromosome],
    outside: Outside,
    wanted: BTreeSet<&'a str>,
    names: BTreeMap<String, u32>,
    /// Some of the labels that were not asked for, to name them where one that was is missing.
    others: BTreeSet<String>,
    features: Features,
}

impl FeatureReader<'_> {
    fn file(
        &mut self,
        path: &Path,
        stem: &str,
        from: LabelFrom,
        by_file: bool,
        progress: OnProgress<'_>,
    ) -> Result<()> {
        let before = self.features.read;
        bed::read(path, &mut |number, interval| {
            let label = match interval.name {
                _ if by_file => stem,
                Some(name) => name,
                None if from == LabelFrom::Name => {
                    let what = "there is no name in column 4: give one, or take the file's name as the label";
                    return Err(at(path, number, what));
                }
                None => stem,
            };
            self.features.read += 1;
            self.feature(interval, label)
                .map_err(|error| error.context(format!("{}, line {number}", path.display())))?;
            if self.features.read.is_multiple_of(65_536) {
                progress(Progress { stage: "reading labels", done: self.features.read, total: None, unit: "features" });
            }
            Ok(())
        })?;
        if self.features.read == before {
            log::warn!("{} holds no feature", path.display());
        }
        progress(Progress { stage: "reading labels", done: self.features.read, total: None, unit: "features" });
        Ok(())
    }

    fn feature(&mut self, interval: Interval<'_>, label: &str) -> Result<()> {
        let Interval { chromosome, start, end, .. } = interval;
        let index = self.index.get(chromosome).copied();
        let length = index.and_then(|index| self.chromosomes.get(index)).map(|chromosome| chromosome.length);
        let advice = "use the genome version that the labels were made for, or drop labels outside it";
        let problem = match length {
            None => Some(format!(
                "chromosome {:?} is not in the genome, which has {}",
                shortened(chromosome),
                lengths(self.chromosomes)
            )),
            Some(length) if end > length => {
                Some(format!("the feature ends at {end} and chromosome {chromosome:?} has {length} bases"))
            }
            Some(_) => None,
        };
        if let Some(problem) = problem {
            if self.outside == Outside::Refuse {
                return Err(Error::input(format!("{problem}; {advice}")));
            }
            self.features.outside += 1;
            return Ok(());
        }
        if !self.wanted.is_empty() && !self.wanted.contains(label) {
            self.features.unwanted += 1;
            if self.others.len() < LABELS_SHOWN && !self.others.contains(label) {
                self.others.insert(label.to_owned());
            }
            return Ok(());
        }
        let label = if let Some(label) = self.names.get(label) {
            *label
        } else {
            if self.names.len() == MOST_LABELS {
                return Err(Error::input(format!(
                    "more than {MOST_LABELS} different labels: column 4 seems to name single features; take the file's name as the label"
                )));
            }
            let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            self.names.insert(label.to_owned(), next);
            next
        };
        let narrow =
            |place: u64| u32::try_from(place).map_err(|_| Error::input(format!("position {place} is too large")));
        let feature = Feature { start: narrow(start)?, end: narrow(end)?, label };
        if let Some(features) = index.and_then(|index| self.features.by_chromosome.get_mut(index)) {
            features.push(feature);
        }
        Ok(())
    }

    fn finish(mut self, tracks: &[String], wanted: &[String]) -> Result<Features> {
        for track in tracks {
            let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            if self.names.insert(track.clone(), next).is_some() {
                return Err(Error::input(format!(
                    "the label {track:?} is that of a track and of another file: rename the track's file"
                )));
            }
        }
        if let Some(missing) = wanted.iter().find(|label| !self.names.contains_key(*label)) {
            let found: Vec<&str> = self.names.keys().chain(&self.others).map(String::as_str).collect();
            return Err(Error::input(format!(
                "no feature has the label {missing:?}; the labels are {}",
                found.join(", ")
            )));
        }
        if self.names.is_empty() {
            return Err(Error::input("the label files hold no feature inside the genome: there is nothing to learn"));
        }
        self.features.labels = if wanted.is_empty() { self.names.keys().cloned().collect() } else { wanted.to_vec() };
        let mut renumbered = vec![0; self.names.len()];
        for (label, name) in (0..).zip(&self.features.labels) {
            if let Some(place) = self.names.get(name).and_then(|first| renumbered.get_mut(*first as usize)) {
                *place = label;
            }
        }
        for feature in self.features.by_chromosome.iter_mut().flatten() {
            feature.label = renumbered.get(feature.label as usize).copied().unwrap_or(0);
        }
        Ok(self.features)
    }
}

fn is_peaks(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    ["narrowpeak", "broadpeak", "gappedpeak"].iter().any(|ending| name.ends_with(ending))
}
