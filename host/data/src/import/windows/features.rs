//! The features of label files: which label a line gives its interval, and which intervals count.

use std::path::{Path, PathBuf};

use super::bins::Feature;
use super::names::{Named, Names, Origin};
use super::options::{LabelFrom, Outside};
use crate::error::{Error, Result};
use crate::formats::bed::{self, Interval, IsGraph};
use crate::formats::genome::ByName;
use crate::formats::source::at;
use crate::import::paths::{is_named, stem};
use crate::progress::{OnProgress, Progress};
use crate::store::MOST_LABELS;
use crate::text::{grouped, shortened};

/// Endings of label files that are not part of a label's name.
const ENDINGS: &[&str] = &["narrowPeak", "broadPeak", "gappedPeak", "bed", "txt", "bedGraph", "bdg", "bg"];
/// Endings of peak files, whose column 4 numbers the peaks.
const PEAKS: &[&str] = &["narrowPeak", "broadPeak", "gappedPeak"];

/// The features of a genome.
///
/// In memory, 12 bytes a feature: 46 million peaks of 919 tracks take 550 MB.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// Names in alphabetical order, or in the order of the wanted labels.
    pub(super) labels: Vec<String>,
    /// For each chromosome of the genome its features, in the order of the files.
    pub(super) by_chromosome: Vec<Vec<Feature>>,
    pub(super) counts: Counts,
    pub(super) warnings: Vec<String>,
}

/// The features of files, and those that do not count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) read: u64,
    /// Outside the genome.
    pub(super) outside: u64,
    /// Without a base.
    pub(super) empty: u64,
    /// Stretches of bedGraph files whose value is 0.
    pub(super) zeros: u64,
    /// Of labels that were not asked for.
    pub(super) unwanted: u64,
}

/// How label files are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) genome: &'a ByName<'a>,
    pub(super) from: LabelFrom,
    pub(super) outside: Outside,
    /// Restricts and orders the labels; empty means all.
    pub(super) wanted: &'a [String],
}

/// Reads label files. `tracks` are labels from other files, with those files.
pub(super) fn read(
    files: &[PathBuf],
    reading: Reading<'_>,
    tracks: &[(&str, &Path)],
    progress: OnProgress<'_>,
) -> Result<Features> {
    let mut reader = FeatureReader {
        reading,
        names: Names::new(files, reading.wanted),
        stray: None,
        features: Features { by_chromosome: vec![Vec::new(); reading.genome.all().len()], ..Features::default() },
    };
    for (number, path) in files.iter().enumerate() {
        reader.file(path, number, progress)?;
    }
    let FeatureReader { names, mut features, .. } = reader;
    features.warnings.extend(names.shared());
    let (labels, places) = names.finish(reading.wanted, tracks)?;
    features.labels = labels;
    for feature in features.by_chromosome.iter_mut().flatten() {
        feature.label = places.get(feature.label as usize).copied().unwrap_or(0);
    }
    Ok(features)
}

struct FeatureReader<'a> {
    reading: Reading<'a>,
    names: Names<'a>,
    /// The first chromosome of a file that is not the genome's.
    stray: Option<String>,
    features: Features,
}

impl FeatureReader<'_> {
    fn file(&mut self, path: &Path, number: usize, progress: OnProgress<'_>) -> Result<()> {
        let stem = stem(path, ENDINGS);
        let from = self.reading.from;
        let by_file = from == LabelFrom::File || from == LabelFrom::Auto && is_named(path, PEAKS);
        let before = std::mem::take(&mut self.features.counts);
        let mut is_graph = false;
        self.names.start_file();
        self.stray = None;
        bed::read(path, &mut |line, IsGraph(graph), interval| {
            is_graph |= graph;
            let counts = &mut self.features.counts;
            counts.read += 1;
            if counts.read.is_multiple_of(65_536) {
                let done = before.read + counts.read;
                progress(Progress { stage: "reading labels", done, total: None, unit: "features" });
            }
            if graph && by_file && interval.name.is_some_and(|value| value.parse() == Ok(0.0)) {
                counts.zeros += 1;
                return Ok(());
            }
            let feature =
                self.place(interval).map_err(|error| error.context(format!("{}, line {line}", path.display())))?;
            let (name, origin) = match interval.name {
                Some(name) if !by_file => (name, Origin::Column),
                None if from == LabelFrom::Name => {
                    let what = "there is no name in column 4: give one, or take the file's name as the label with \
                                --label-from file";
                    return Err(at(path, line, what));
                }
                _ => (stem.as_str(), Origin::File),
            };
            match (self.names.number(name, origin, number)?, feature) {
                (Named::Label(label), Some((chromosome, feature))) => {
                    if let Some(features) = self.features.by_chromosome.get_mut(chromosome) {
                        features.push(Feature { label, ..feature });
                    }
                }
                (Named::Unwanted, Some(_)) => self.features.counts.unwanted += 1,
                // A label whose features all lie outside is a label still: it never occurs, which is told.
                (Named::Label(_) | Named::Unwanted, None) => {}
                (Named::TooMany, _) => {
                    self.names.column(is_graph, true).check(path, from)?;
                    return Err(Error::input(format!(
                        "{}: more than {MOST_LABELS} different labels: column 4 seems to name single features; take the \
                         file's name as the label with --label-from file",
                        path.display()
                    )));
                }
            }
            Ok(())
        })?;
        self.names.column(is_graph, false).check(path, from)?;
        self.check(path)?;
        let counts = &mut self.features.counts;
        *counts = before.and(*counts);
        progress(Progress { stage: "reading labels", done: counts.read, total: None, unit: "features" });
        Ok(())
    }

    /// The chromosome and the places of an interval; `None` where it does not count.
    fn place(&mut self, interval: Interval<'_>) -> Result<Option<(usize, Feature)>> {
        let Interval { chromosome, start, end, .. } = interval;
        let (genome, counts) = (self.reading.genome, &mut self.features.counts);
        let refuses = self.reading.outside == Outside::Refuse;
        let outside = |problem: String| {
            let advice = "use the genome version that the labels were made for, or drop labels outside it";
            Err(Error::input(format!("{problem}; {advice} with --outside drop")))
        };
        let Some((index, of)) = genome.get(chromosome) else {
            if refuses {
                let instead = genome.instead(chromosome);
                return outside(format!(
                    "chromosome {:?} is not in the genome, which has {instead}",
                    shortened(chromosome)
                ));
            }
            counts.outside += 1;
            self.stray.get_or_insert_with(|| chromosome.to_owned());
            return Ok(None);
        };
        let (Ok(first), Ok(last)) = (u64::try_from(start), u64::try_from(end)) else {
            if refuses {
                return outside(format!(
                    "the feature starts at {start}, before the chromosome's first base, which is 0 in BED"
                ));
            }
            counts.outside += 1;
            return Ok(None);
        };
        if last > of.length {
            if refuses {
                return outside(format!(
                    "the feature ends at {end} and chromosome {:?} has {} bases",
                    shortened(chromosome),
                    of.length
                ));
            }
            counts.outside += 1;
            return Ok(None);
        }
        if first == last {
            if refuses {
                return Err(Error::input(format!(
                    "the feature from {start} to {end} has no base: BED counts from 0 and leaves out the end; mend the line, or \
                     pass over such features with --outside drop"
                )));
            }
            counts.empty += 1;
            return Ok(None);
        }
        let narrow =
            |place: u64| u32::try_from(place).map_err(|_| Error::input(format!("position {place} is too large")));
        Ok(Some((index, Feature { start: narrow(first)?, end: narrow(last)?, label: 0 })))
    }

    /// Refuses a file none of whose features counts, and warns where most do not.
    fn check(&mut self, path: &Path) -> Result<()> {
        let Counts { read, outside, empty, zeros, .. } = self.features.counts;
        if read == 0 {
            return Err(Error::input(format!(
                "{}: there is no feature in it: leave it out, or look whether it is the right file",
                path.display()
            )));
        }
        if outside + empty + zeros == read {
            let stray = match &self.stray {
                Some(stray) => format!(
                    "; {:?} is not in the genome, which has {}",
                    shortened(stray),
                    self.reading.genome.instead(stray)
                ),
                None => String::new(),
            };
            return Err(Error::input(format!(
                "{}: there is no feature inside the genome: of {}, {} lie outside, {} have no base and {} are stretches of \
                 value 0{stray}",
                path.display(),
                grouped(read),
                grouped(outside),
                grouped(empty),
                grouped(zeros)
            )));
        }
        if 2 * outside > read {
            self.features.warnings.push(format!(
                "{} of the {} features of {} lie outside the genome: were they made for another version of it?",
                grouped(outside),
                grouped(read),
                path.file_name().unwrap_or_default().to_string_lossy()
            ));
        }
        Ok(())
    }
}

impl Counts {
    /// Both together.
    fn and(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            outside: self.outside + other.outside,
            empty: self.empty + other.empty,
            zeros: self.zeros + other.zeros,
            unwanted: self.unwanted + other.unwanted,
        }
    }
}
