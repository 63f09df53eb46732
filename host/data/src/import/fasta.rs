//! `data import fasta`: a class, or a label, for each file or folder of sequences.
//!
//! Records are cut into windows. Files are read twice, a record at a time: once to count, to find the length, and to see
//! what belongs together, once to pack.

mod classes;
mod pieces;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::source::describe;
use super::{Fractions, OnProgress, Progress, refuse_empty_splits};
use crate::bases::{bit_bytes, set_bit};
use crate::error::{Error, Result};
use crate::store::{Count, ImportRecord, LONGEST, Row, Shape, Source, StoreInfo, StoreWriter, Target, Task};
pub use classes::ClassPath;
use classes::Classes;
use pieces::Pieces;

/// What happens to a record that is shorter than a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Short {
    /// It is left out and counted.
    #[default]
    Drop,
    /// It gets unknown bases on both sides.
    Fill,
}

/// The settings; each field is a flag of the same name.
#[derive(Clone, Debug, PartialEq)]
pub struct FastaOptions {
    /// Files or folders with the sequences of each class: FASTA, plain, gzip or bgzip, or `.2bit`.
    pub paths: Vec<ClassPath>,
    /// Those of valid, where files decide the splits; `paths` are then those of train.
    pub valid_paths: Vec<ClassPath>,
    /// Those of test.
    pub test_paths: Vec<ClassPath>,
    /// The store to write.
    pub output: PathBuf,
    /// Whether a file at `output` may be replaced.
    pub overwrite: bool,
    /// Bases a row; `None`: as many as every record has.
    pub length: Option<usize>,
    /// Bases from one window's start to the next; `None`: as many as a row has.
    pub step: Option<u64>,
    /// What happens to records shorter than a row.
    pub short: Short,
    /// The largest share of unknown bases a row may have, those that fill it up included.
    pub max_unknown: f64,
    /// Multi-class, or multi-label: equal rows of several classes are then one row with several labels.
    pub task: Task,
    /// In a multi-label task: the class whose rows have no label of their own.
    pub background: Option<String>,
    /// Where files do not decide the splits: the shares of valid and test.
    pub fractions: Fractions,
    /// Decides, with shares, which records go where.
    pub seed: u64,
}

impl FastaOptions {
    /// The usual settings: exactly one class a row, a tenth of the records each for valid and test.
    pub fn new(paths: Vec<ClassPath>, output: impl Into<PathBuf>) -> Self {
        Self {
            paths,
            valid_paths: Vec::new(),
            test_paths: Vec::new(),
            output: output.into(),
            overwrite: false,
            length: None,
            step: None,
            short: Short::Drop,
            max_unknown: 1.0,
            task: Task::MultiClass,
            background: None,
            fractions: Fractions { valid: 0.1, test: 0.1 },
            seed: 0,
        }
    }

    /// Whether files decide the splits.
    fn by_file(&self) -> bool {
        !self.valid_paths.is_empty() || !self.test_paths.is_empty()
    }
}

/// Imports; returns what was written.
pub fn import(options: &FastaOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    check(options)?;
    let classes = Classes::find(options)?;
    let mut sources = Vec::new();
    for file in &classes.files {
        sources.push(describe(&file.path, progress)?);
    }
    let pieces = Pieces::read(options, &classes, progress)?;
    let shape = Shape {
        length: pieces.length,
        labels: classes.labels.clone(),
        task: options.task,
        chromosomes: Vec::new(),
        groups: Vec::new(),
    };
    let labels = shape.labels.len();
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    let total = Some(pieces.kept());
    let mut done = 0;
    pieces.each(options, &classes, &mut |packed, piece| {
        let mut bits = vec![0; bit_bytes(labels)];
        let target = match (options.task, piece.labels) {
            (Task::MultiClass, [class]) => Target::Class(*class),
            (_, several) => {
                for label in several {
                    set_bit(&mut bits, *label as usize);
                }
                Target::Bits(&bits)
            }
        };
        writer.push(piece.split, &Row { codes: packed.codes(), unknown: packed.unknown(), target, place: None })?;
        done += 1;
        if done % 4096 == 0 {
            progress(Progress { stage: "packing rows", done, total, unit: "rows" });
        }
        Ok(())
    })?;
    let how = if options.by_file() {
        "files decide; give sequences of every split"
    } else {
        "shares decide, and the windows of a record stay together; give more records or larger shares"
    };
    refuse_empty_splits(&writer.rows(), how)?;
    let record = record(options, &classes, &pieces, sources);
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

fn check(options: &FastaOptions) -> Result<()> {
    if options.length == Some(0) || options.step == Some(0) {
        return Err(Error::input("windows of 0 bases or a step of 0: give at least 1"));
    }
    if let Some(length) = options.length.filter(|length| *length > LONGEST) {
        return Err(Error::input(format!("rows of {length} bases: expected 1 to {LONGEST}")));
    }
    if !(0.0..=1.0).contains(&options.max_unknown) {
        let share = options.max_unknown;
        return Err(Error::input(format!("a share of {share} unknown bases: give a number from 0 to 1")));
    }
    if options.by_file() && (options.valid_paths.is_empty() || options.test_paths.is_empty()) {
        return Err(Error::input("files of one split alone: give those of valid and those of test"));
    }
    if !matches!(options.task, Task::MultiClass | Task::MultiLabel) {
        let task = options.task.name();
        return Err(Error::input(format!(
            "files of sequences have no {task} task: expected multi-class or multi-label"
        )));
    }
    if options.background.is_some() && options.task == Task::MultiClass {
        return Err(Error::input(
            "a background is of a multi-label task: choose that task, or let the background be a class like the others",
        ));
    }
    if options.by_file() { Ok(()) } else { options.fractions.check() }
}

fn record(options: &FastaOptions, classes: &Classes, pieces: &Pieces, sources: Vec<Source>) -> ImportRecord {
    let length = pieces.length;
    let dropped = [
        Count::new(format!("records shorter than {length} bases"), pieces.short),
        Count::new("bases at the ends of records, behind the last whole window", pieces.at_ends),
        Count::new(format!("windows with more than {} unknown bases", options.max_unknown), pieces.unknown),
        Count::new("windows equal to another one, which got their labels", pieces.merged),
    ];
    let mut warnings = Vec::new();
    if pieces.filled > 0 {
        warnings.push(format!(
            "{} records have fewer than {length} bases and were filled with unknown bases on both sides",
            pieces.filled
        ));
    }
    let mut settings = BTreeMap::from([
        ("length".to_owned(), options.length.map_or("that of the records".into(), |length| length.to_string())),
        ("step".into(), options.step.unwrap_or(length as u64).to_string()),
        ("short".into(), if options.short == Short::Drop { "drop" } else { "fill" }.into()),
        ("max-unknown".into(), options.max_unknown.to_string()),
        ("task".into(), options.task.name().into()),
    ]);
    if let Some(background) = &options.background {
        settings.insert("background".into(), background.clone());
    }
    let Fractions { valid, test } = options.fractions;
    let by_share = || format!("by share: valid {valid}, test {test}, seed {}", options.seed);
    settings.insert("split".into(), if options.by_file() { "by file".into() } else { by_share() });
    ImportRecord {
        importer: "fasta".into(),
        settings,
        sources,
        read: vec![
            Count::new("classes", classes.names as u64),
            Count::new("records", pieces.records),
            Count::new("bases", pieces.bases),
        ],
        dropped: dropped.into_iter().filter(|count| count.count > 0).collect(),
        warnings,
        ..ImportRecord::default()
    }
}

#[cfg(test)]
mod tests;
