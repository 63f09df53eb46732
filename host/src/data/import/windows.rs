//! `data import windows`: bins over a genome, labelled by the features that overlap them.
//!
//! The genome is cut into bins; a row is a bin with some bases on either side, and has the labels of the features that
//! overlap its bin by enough (Zhou and Troyanskaya, Nature Methods 12:931, 2015). Splits are whole chromosomes, so no
//! two rows of different splits share a base. The labels of all bins are counted first, the rows written second:
//! everything that can be wrong with the settings is known before a row is written.

mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::bins::{Bins, Overlap};
use super::genome::{Chromosome, Genome};
use super::labels::{self, LabelFrom, Outside, lengths};
use super::source::describe;
use super::{OnProgress, Progress, refuse_empty_splits};
use crate::data::store::{Count, ImportRecord, Shape, Split, StoreInfo, StoreWriter, Task};
use crate::error::{Error, Result};
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
    /// Label files: BED with 3 or more columns, narrowPeak and its like, plain or gzipped.
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
    /// Chromosomes of train; empty: all that are in no other split.
    pub train: Vec<String>,
    /// Chromosomes of valid.
    pub valid: Vec<String>,
    /// Chromosomes of test.
    pub test: Vec<String>,
    /// What happens to features outside the genome.
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
            train: Vec::new(),
            valid: Vec::new(),
            test: Vec::new(),
            outside: Outside::Refuse,
        }
    }
}

/// Imports; returns what was written.
pub fn import(options: &WindowsOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    let bins = check(options)?;
    let mut sources = vec![describe(&options.genome, progress)?];
    for file in &options.labels {
        sources.push(describe(file, progress)?);
    }
    let mut genome = Genome::open(&options.genome, progress)?;
    let chromosomes = genome.chromosomes().to_vec();
    let splits = splits(options, &chromosomes)?;
    refuse_long_windows(bins, &chromosomes)?;
    let mut features = labels::read(
        &options.labels,
        &chromosomes,
        options.label_from,
        options.outside,
        &options.only_labels,
        progress,
    )?;
    let plan = Plan { options, bins, chromosomes: &chromosomes, splits: &splits };
    let rare = plan.drop_rare(&mut features)?;
    let counted = plan.count(&features);
    refuse_empty_splits(
        &counted.rows,
        &format!("chromosomes decide the split; the genome has {}", lengths(&chromosomes)),
    )?;

    let shape = Shape {
        length: usize::try_from(bins.length()).unwrap_or(usize::MAX),
        labels: features.labels.clone(),
        task: Task::MultiLabel,
        chromosomes: chromosomes.iter().map(|chromosome| chromosome.name.clone()).collect(),
        groups: Vec::new(),
    };
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    let unknown = plan.write(&features, &mut genome, &mut writer, counted.total(), progress)?;
    refuse_empty_splits(&writer.rows(), "the others have too many unknown bases; allow more of them")?;

    let dropped = [
        Count::new("features outside the genome", features.outside),
        Count::new("features of labels that were not asked for", features.unwanted),
        Count::new(format!("labels with fewer than {} positive rows", options.min_positives), rare),
        Count::new("bins whose row would leave the chromosome", counted.at_ends),
        Count::new("bins on chromosomes of no split", counted.without_split),
        Count::new("bins without a label", counted.without_label),
        Count::new(format!("bins with more than {} unknown bases", options.max_unknown), unknown),
    ];
    let record = ImportRecord {
        importer: "windows".into(),
        settings: settings(options),
        sources,
        read: vec![Count::new("chromosomes", chromosomes.len() as u64), Count::new("features", features.read)],
        dropped: dropped.into_iter().filter(|count| count.count > 0).collect(),
        ..ImportRecord::default()
    };
    let total = Some(counted.total());
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

fn check(options: &WindowsOptions) -> Result<Bins> {
    if options.labels.is_empty() {
        return Err(Error::input("no label file: give at least one BED or narrowPeak file"));
    }
    match options.overlap {
        Overlap::Share(share) if !(share > 0.0 && share <= 1.0) => {
            return Err(Error::input(format!(
                "an overlap of {share} of the shorter: give a number above 0 and at most 1"
            )));
        }
        _ => {}
    }
    if !(0.0..=1.0).contains(&options.max_unknown) {
        return Err(Error::input(format!(
            "a share of {} unknown bases: give a number from 0 to 1",
            options.max_unknown
        )));
    }
    let unique: BTreeSet<&String> = options.only_labels.iter().collect();
    if unique.len() < options.only_labels.len() {
        return Err(Error::input("a label is asked for twice: name each once"));
    }
    Bins::new(options.bin, options.step.unwrap_or(options.bin), options.context)
}

/// The split of each chromosome.
fn splits(options: &WindowsOptions, chromosomes: &[Chromosome]) -> Result<Vec<Option<Split>>> {
    let mut of: BTreeMap<&str, Split> = BTreeMap::new();
    for (split, names) in [(Split::Train, &options.train), (Split::Valid, &options.valid), (Split::Test, &options.test)]
    {
        for name in names {
            if !chromosomes.iter().any(|chromosome| chromosome.name == *name) {
                return Err(Error::input(format!(
                    "chromosome {name:?} of {} is not in the genome, which has {}",
                    split.name(),
                    lengths(chromosomes)
                )));
            }
            if let Some(other) = of.insert(name, split) {
                return Err(Error::input(format!(
                    "chromosome {name:?} is given for {} and for {}: name each once",
                    other.name(),
                    split.name()
                )));
            }
        }
    }
    for (split, names) in [(Split::Valid, &options.valid), (Split::Test, &options.test)] {
        if names.is_empty() {
            return Err(Error::input(format!(
                "no chromosomes for {}: name some of {}",
                split.name(),
                lengths(chromosomes)
            )));
        }
    }
    let rest = options.train.is_empty().then_some(Split::Train);
    Ok(chromosomes.iter().map(|chromosome| of.get(chromosome.name.as_str()).copied().or(rest)).collect())
}

fn refuse_long_windows(bins: Bins, chromosomes: &[Chromosome]) -> Result<()> {
    if chromosomes.iter().any(|chromosome| bins.grid(chromosome.length).count() > 0) {
        return Ok(());
    }
    Err(Error::input(format!(
        "rows of {} bases (a bin and its context) fit into no chromosome: the genome has {}; make bin or context smaller",
        bins.length(),
        lengths(chromosomes)
    )))
}

/// The settings that a store keeps: those that decide its content.
fn settings(options: &WindowsOptions) -> BTreeMap<String, String> {
    let list = |names: &[String], none: &str| {
        if names.is_empty() { none.to_owned() } else { names.join(" ") }
    };
    let keep = if options.keep == Keep::All { "all" } else { "labelled" };
    [
        ("bin", options.bin.to_string()),
        ("context", options.context.to_string()),
        ("step", options.step.unwrap_or(options.bin).to_string()),
        ("widen", options.widen.to_string()),
        ("overlap", options.overlap.to_string()),
        ("keep", keep.to_owned()),
        ("label-from", options.label_from.name().to_owned()),
        ("only-labels", list(&options.only_labels, "all")),
        ("min-positives", options.min_positives.to_string()),
        ("max-unknown", options.max_unknown.to_string()),
        ("train", list(&options.train, "the rest")),
        ("valid", list(&options.valid, "")),
        ("test", list(&options.test, "")),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests;
