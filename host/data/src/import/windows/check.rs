//! Which settings fit together: checked before anything is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::bins::Bins;
use super::options::{Keep, WindowsOptions};
use super::overlap::Overlap;
use crate::error::{Error, Result};
use crate::formats::bigwig::is_bigwig;
use crate::formats::genome::{Chromosome, lengths};
use crate::formats::source::Lines;
use crate::import::paths::is_named;
use crate::store::{PerSplit, Split, Task};

/// The label files by their kind, and the task that follows.
pub(super) struct Files {
    pub(super) features: Vec<PathBuf>,
    pub(super) tracks: Vec<PathBuf>,
    pub(super) task: Task,
}

pub(super) fn check(options: &WindowsOptions) -> Result<(Bins, Files)> {
    if options.labels.is_empty() {
        return Err(Error::input("no label file: give at least one BED, narrowPeak or bigWig file"));
    }
    match options.overlap {
        Overlap::Share(share) if !(share > 0.0 && share <= 1.0) => {
            return Err(Error::input(format!(
                "an overlap of {share} of the shorter: give a number above 0 and at most 1"
            )));
        }
        _ => {}
    }
    options.rows.check()?;
    let unique: BTreeSet<&String> = options.only_labels.iter().collect();
    if unique.len() < options.only_labels.len() {
        return Err(Error::input("a label is asked for twice: name each once"));
    }
    let bins = Bins::new(options.bin, options.step.unwrap_or(options.bin), options.context)?;
    let (mut features, mut tracks) = (Vec::new(), Vec::new());
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for file in &options.labels {
        // The same file by another path is the same file; one that cannot be resolved cannot be opened, either.
        if !seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
            return Err(Error::input(format!("{} is given twice as a label file: give it once", file.display())));
        }
        if file.file_name().is_some_and(|name| name.to_string_lossy().contains(char::is_control)) {
            let name = file.display().to_string();
            return Err(Error::input(format!("the name of {name:?} holds a control character: rename the file")));
        }
        if is_track(file)? { &mut tracks } else { &mut features }.push(file.clone());
    }
    let task = task(options, &features, &tracks)?;
    Ok((bins, Files { features, tracks, task }))
}

/// Whether a file holds a signal: its content decides, and its name must not say otherwise.
fn is_track(file: &Path) -> Result<bool> {
    let is_bigwig = is_bigwig(file)?;
    if !is_bigwig && is_named(file, &["bw", "bigWig"]) {
        // Refuses by name what is gzipped, a web page or the like.
        Lines::open(file)?;
        return Err(Error::input(format!(
            "{} does not begin as a bigWig file does, though its name says that it is one: copy or download it again",
            file.display()
        )));
    }
    Ok(is_bigwig)
}

/// A warning about splits without a single label.
pub(super) fn unlabelled(rows: &PerSplit<u64>, labelled: &PerSplit<u64>) -> Option<String> {
    let none: Vec<&str> = Split::ALL
        .iter()
        .filter(|&&split| *rows.get(split) > 0 && *labelled.get(split) == 0)
        .map(|split| split.name())
        .collect();
    (!none.is_empty()).then(|| {
        format!(
            "no row of {} has a label: nothing can be learned or scored there; do the label files name chromosomes as the \
             genome does, and are they of its version?",
            none.join(" and ")
        )
    })
}

fn task(options: &WindowsOptions, features: &[PathBuf], tracks: &[PathBuf]) -> Result<Task> {
    let threshold = options.signal_threshold;
    let refuse = |what: String| Err(Error::input(what));
    if threshold.is_some_and(|threshold| !threshold.is_finite()) {
        return refuse("a signal threshold that is not a finite number: give one, such as 2.5".into());
    }
    if threshold.is_some() && tracks.is_empty() {
        return refuse("a signal threshold without a signal: no label file is a bigWig file".into());
    }
    let by_files = if features.is_empty() && threshold.is_none() { Task::Regression } else { Task::MultiLabel };
    let task = options.task.unwrap_or(by_files);
    match task {
        Task::MultiLabel => match (tracks.first(), threshold) {
            (Some(track), None) => refuse(format!(
                "{} holds values, and a multi-label task needs labels that apply or not: give a signal threshold from \
                 which on the label applies{}",
                track.display(),
                if features.is_empty() { ", or a regression as the task" } else { ", or import the two apart" }
            )),
            _ => Ok(task),
        },
        Task::Regression | Task::PoissonRegression => {
            if let Some(file) = features.first() {
                return refuse(format!(
                    "{} holds features, which apply or not, and a {} needs values: give bigWig files alone",
                    file.display(),
                    task.name()
                ));
            }
            if threshold.is_some() {
                return refuse(format!(
                    "a signal threshold makes labels that apply or not, and a {} has values: leave it out",
                    task.name()
                ));
            }
            if options.negatives.negatives.is_some() {
                return refuse(format!(
                    "every bin of a {} has values and none is a negative: leave out --negatives",
                    task.name()
                ));
            }
            if options.keep == Keep::Labelled || options.min_positives > 0 {
                return refuse(format!(
                    "every bin of a {} has values: keep all bins, and leave the least number of positive rows out",
                    task.name()
                ));
            }
            Ok(task)
        }
        Task::MultiClass | Task::NextNucleotide => {
            refuse(format!("bins have no {} task: expected multi-label, regression or poisson-regression", task.name()))
        }
    }
}

pub(super) fn refuse_long_windows(bins: Bins, chromosomes: &[Chromosome]) -> Result<()> {
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
pub(super) fn settings(options: &WindowsOptions, files: &Files) -> BTreeMap<String, String> {
    let only_labels = if options.only_labels.is_empty() { "all".to_owned() } else { options.only_labels.join(" ") };
    let keep = if options.kept() == Keep::All { "all" } else { "labelled" };
    let mut settings = vec![
        ("bin", options.bin.to_string()),
        ("context", options.context.to_string()),
        ("step", options.step.unwrap_or(options.bin).to_string()),
        ("widen", options.widen.to_string()),
        ("overlap", options.overlap.to_string()),
        ("keep", keep.to_owned()),
        ("label-from", options.label_from.name().to_owned()),
        ("only-labels", only_labels),
        ("min-positives", options.min_positives.to_string()),
    ];
    settings.extend(options.splits.settings());
    if !files.tracks.is_empty() {
        settings.push(("signal", options.signal.name().to_owned()));
    }
    settings.extend(options.signal_threshold.map(|threshold| ("signal-threshold", threshold.to_string())));
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(options.rows.settings()).collect()
}
