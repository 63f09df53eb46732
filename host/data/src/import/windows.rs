//! `data import windows`: bins over a genome, labelled by the features that overlap them.
//!
//! The genome is cut into bins; a row is a bin with some bases on either side, and has the labels of the features that
//! overlap its bin by enough (Zhou and Troyanskaya, Nature Methods 12:931, 2015), or the values of signals over its bin.
//! No two rows of different splits share a base. The labels of all bins are counted first, the rows written second:
//! everything that can be wrong with the settings is known before a row is written.

mod check;
mod labelling;
mod plan;

use std::path::PathBuf;

use super::bins::Overlap;
use super::genome::Genome;
use super::labels::{LabelFrom, Outside};
use super::source::describe;
use super::territory::{GenomeSplits, Territory};
use super::tracks::Signal;
use super::{OnProgress, Progress, groups, refuse_empty_splits};
use crate::error::Result;
use crate::store::{Count, ImportRecord, Shape, StoreInfo, StoreWriter, Task};
use labelling::Labelling;
use plan::Plan;

/// Which bins become rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// Those with at least one label, as `DeepSEA` does.
    Labelled,
}

/// The settings; each field is a flag of the same name.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowsOptions {
    /// The genome: `.2bit` or FASTA, plain, gzip or bgzip.
    pub genome: PathBuf,
    /// Label files: BED with 3 or more columns, narrowPeak and its like, plain or gzipped, and bigWig.
    pub labels: Vec<PathBuf>,
    /// The store to write.
    pub output: PathBuf,
    /// Whether a file at `output` may be replaced.
    pub overwrite: bool,
    /// Bases a bin.
    pub bin: u64,
    /// Bases on either side of a bin that a row also shows.
    pub context: u64,
    /// Bases from one bin's start to the next; `None`: as many as a bin has.
    pub step: Option<u64>,
    /// Bases by which features are widened on both sides.
    pub widen: u64,
    /// How much of a feature must lie in a bin.
    pub overlap: Overlap,
    /// Which bins become rows.
    pub keep: Keep,
    /// Where labels' names come from.
    pub label_from: LabelFrom,
    /// The labels to use, in their order; empty: all, in alphabetical order.
    pub only_labels: Vec<String>,
    /// Labels with fewer positive rows are left out.
    pub min_positives: u64,
    /// The largest share of unknown bases a row may have.
    pub max_unknown: f64,
    /// What is predicted; `None`: values where all label files are bigWig and there is no threshold, else labels that
    /// apply or not.
    pub task: Option<Task>,
    /// What the label of a bin is of a bigWig file's values.
    pub signal: Signal,
    /// The least signal of a bin that has the label of a bigWig file, in a multi-label task.
    pub signal_threshold: Option<f64>,
    /// A file of labels and their groups.
    pub groups: Option<PathBuf>,
    /// Which part of the genome is in which split.
    pub splits: GenomeSplits,
    /// What happens to features and chromosomes of tracks outside the genome.
    pub outside: Outside,
}

impl WindowsOptions {
    /// The usual settings: bins of 200 bases with 400 on either side, half of the shorter, all bins.
    pub fn new(genome: impl Into<PathBuf>, labels: Vec<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            genome: genome.into(),
            labels,
            output: output.into(),
            overwrite: false,
            bin: 200,
            context: 400,
            step: None,
            widen: 0,
            overlap: Overlap::Share(0.5),
            keep: Keep::All,
            label_from: LabelFrom::Auto,
            only_labels: Vec::new(),
            min_positives: 0,
            max_unknown: 1.0,
            task: None,
            signal: Signal::Mean,
            signal_threshold: None,
            groups: None,
            splits: GenomeSplits::named(Vec::new(), Vec::new()),
            outside: Outside::Refuse,
        }
    }
}

/// Imports; returns what was written.
pub fn import(options: &WindowsOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    let (bins, files) = check::check(options)?;
    let mut sources = vec![describe(&options.genome, progress)?];
    for file in options.labels.iter().chain(&options.groups) {
        sources.push(describe(file, progress)?);
    }
    let mut genome = Genome::open(&options.genome, progress)?;
    let chromosomes = genome.chromosomes().to_vec();
    let territory = Territory::new(&options.splits, &chromosomes)?;
    check::refuse_long_windows(bins, &chromosomes)?;
    let mut labelling = Labelling::read(options, &files, &chromosomes, progress)?;
    let plan = Plan { options, bins, chromosomes: &chromosomes, territory: &territory };
    let rare = plan.drop_rare(&mut labelling)?;
    let counted = plan.count(&mut labelling)?;
    let how = match counted.across {
        0 => options.splits.how(&chromosomes),
        across => format!("{} ({across} bins lie across an edge of a split)", options.splits.how(&chromosomes)),
    };
    refuse_empty_splits(&counted.rows, &how)?;

    let groups = options.groups.as_deref().map_or(Ok(Vec::new()), |file| groups::read(file, labelling.names()))?;
    let shape = Shape {
        length: usize::try_from(bins.length()).unwrap_or(usize::MAX),
        labels: labelling.names().to_vec(),
        task: files.task,
        chromosomes: chromosomes.iter().map(|chromosome| chromosome.name.clone()).collect(),
        groups,
    };
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    let unknown = plan.write(&mut labelling, &mut genome, &mut writer, counted.total(), progress)?;
    refuse_empty_splits(&writer.rows(), "the others have too many unknown bases; allow more of them")?;

    let features = &labelling.features;
    let dropped = [
        Count::new("features outside the genome", features.outside),
        Count::new("chromosomes of tracks that are not those of the genome", labelling.outside),
        Count::new("features of labels that were not asked for", features.unwanted),
        Count::new("tracks that were not asked for", labelling.unwanted),
        Count::new(format!("labels with fewer than {} positive rows", options.min_positives), rare),
        Count::new("bins whose row would leave the chromosome", counted.at_ends),
        Count::new("bins of no split", counted.without_split),
        Count::new("bins whose row lies across an edge of a split", counted.across),
        Count::new("bins without a label", counted.without_label),
        Count::new(format!("bins with more than {} unknown bases", options.max_unknown), unknown),
    ];
    let read = [
        Count::new("chromosomes", chromosomes.len() as u64),
        Count::new("features", features.read),
        Count::new("tracks", files.tracks.len() as u64),
    ];
    let counts = |counts: &[Count]| counts.iter().filter(|count| count.count > 0).cloned().collect();
    let record = ImportRecord {
        importer: "windows".into(),
        settings: check::settings(options, &files),
        sources,
        read: counts(&read),
        dropped: counts(&dropped),
        ..ImportRecord::default()
    };
    let total = Some(counted.total());
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

#[cfg(test)]
mod tests;
