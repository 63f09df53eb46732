//! `data import next`: windows over sequences, whose label is the base that comes after.
//!
//! A row shows `length` known bases, its class is the next one, A, C, G or T. Records and files are never joined, and
//! no window holds an unknown base or has one as its class. No two rows of different splits share a base, the one that is
//! predicted included. Files are read twice, a record at a time: once for names and lengths, once to pack.

mod options;
mod records;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::sources::describe;
use crate::error::{Error, Result};
use crate::formats::genome::records as sequences;
use crate::progress::{OnProgress, Progress};
use crate::splits::folds::Folds;
use crate::splits::genome::{Assignment, GenomeSplit};
use crate::splits::{genome, refuse_empty_parts};
use crate::store::{Count, ImportRecord, Place, Row, Shape, Split, StoreInfo, StoreWriter, Target, Task};
pub use options::NextOptions;
use records::Records;

/// Bytes of a store that are worth a warning.
const LARGE: u64 = 1 << 30;

/// Imports; returns what was written.
pub fn import(options: &NextOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    check(options)?;
    let folds = options.splits.dealt()?;
    options.repeats.check(folds.is_some())?;
    let files = records::files(options)?;
    let mut sources = Vec::new();
    for (file, _) in &files {
        sources.push(describe(file, progress)?);
    }
    let records = Records::read(options, files, progress)?;
    let shape = Shape {
        length: options.length,
        labels: ["A", "C", "G", "T"].map(str::to_owned).into(),
        task: Task::NextNucleotide,
        chromosomes: records.all.iter().map(|record| record.name.clone()).collect(),
        groups: Vec::new(),
        single_strand: false,
    };
    let (genome_split, how) = if options.by_file() {
        let whole = GenomeSplit::whole(records.all.iter().zip(records.splits()));
        match options.splits.share() {
            Some(share) => (
                genome::valid_of_train(&whole, share, &options.splits)?,
                "blocks of train make valid; give a larger share, other blocks or another seed".into(),
            ),
            None => (whole, "files decide the split; give more of them".into()),
        }
    } else {
        (genome::split(&options.splits, &records.all)?, options.splits.how(&records.all))
    };
    let mut warnings = Vec::new();
    let bytes = records.windows.saturating_mul(options.length.div_ceil(4) as u64 + 20);
    if bytes > LARGE {
        let text = format!(
            "{} windows take about {:.1} GB (and as much again while they are written): a larger step gives fewer",
            records.windows,
            bytes as f64 / 1e9
        );
        log::warn!("{text}");
        warnings.push(text);
    }
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    writer.deal_by(folds.map(Folds::dealer));
    let (outside, across) = write(options, &records, &genome_split, &mut writer, progress)?;
    refuse_empty_parts(&writer, &how)?;

    let dropped = [
        Count::new("unknown bases, which no window may hold", records.unknown),
        Count::new(format!("records without {} known bases in a row", options.extent()), records.short),
        Count::new("windows of no split", outside),
        Count::new("windows that lie, with the base after them, across an edge of a split", across),
    ];
    let mut record = ImportRecord {
        importer: "next".into(),
        settings: settings(options),
        sources,
        read: vec![Count::new("records", records.all.len() as u64), Count::new("bases", records.bases)],
        dropped: dropped.into_iter().filter(|count| count.count > 0).collect(),
        warnings,
        ..ImportRecord::default()
    };
    let total = Some(records.windows.saturating_sub(outside + across));
    options.repeats.apply(&mut writer, &mut record)?;
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

fn check(options: &NextOptions) -> Result<()> {
    if options.length == 0 || options.step == 0 {
        return Err(Error::input("windows of 0 bases or a step of 0: give at least 1"));
    }
    let splits = &options.splits;
    let others = splits.folds.is_some()
        || splits.valid_share.is_some()
        || splits.test_share.is_some()
        || [&splits.train, &splits.test].iter().any(|names| !names.is_empty());
    let named = others || !splits.valid.is_empty();
    if !options.by_file() {
        return Ok(());
    }
    let without = |split: Split, share: &str| {
        Err(Error::input(format!(
            "files of train and of one other split, and none of {0}: give those of {0}{share}",
            split.name()
        )))
    };
    match (options.valid_paths.is_empty(), options.test_paths.is_empty()) {
        (true, false) if options.splits.share().is_some() && !others => Ok(()),
        (_, _) if named => Err(Error::input(
            "both files and chromosomes, shares or folds are to decide the splits: give one of them; files of train and test may go \
             with a share of train for valid, a number above 0 and below 1 (--valid 0.1)",
        )),
        (true, false) => without(Split::Valid, ", or take a share of train for it (--valid 0.1)"),
        (false, true) => without(Split::Test, ""),
        _ => Ok(()),
    }
}

/// Writes the rows; how many windows were of no split, and how many across an edge.
fn write(
    options: &NextOptions,
    records: &Records,
    genome_split: &GenomeSplit,
    writer: &mut StoreWriter,
    progress: OnProgress<'_>,
) -> Result<(u64, u64)> {
    let (mut codes, mut mask) = (Vec::new(), Vec::new());
    let (mut outside, mut across, mut done, mut index) = (0, 0, 0, 0);
    for (path, name) in records.files() {
        sequences::read(path, Some(name), &mut |_| {}, &mut |_, sequence| {
            for start in records::starts(options, sequence) {
                done += 1;
                if done % 4096 == 0 {
                    progress(Progress { stage: "packing rows", done, total: Some(records.windows), unit: "rows" });
                }
                let split = match genome_split.assignment(index, start, start + options.extent()) {
                    Assignment::In(split) => split,
                    Assignment::Outside => {
                        outside += 1;
                        continue;
                    }
                    Assignment::Across => {
                        across += 1;
                        continue;
                    }
                };
                sequence.window(start, options.length, &mut codes, &mut mask);
                let target = Target::Class(sequence.code(start + options.length as u64).into());
                let place = Some(Place { chromosome: u32::try_from(index).unwrap_or(u32::MAX), start });
                writer.push(split, &Row { codes: &codes, unknown: None, target, place })?;
            }
            index += 1;
            Ok(())
        })?;
    }
    progress(Progress { stage: "packing rows", done, total: Some(records.windows), unit: "rows" });
    Ok((outside, across))
}

/// The settings that a store keeps: those that decide its content.
fn settings(options: &NextOptions) -> BTreeMap<String, String> {
    let mut settings = vec![("length", options.length.to_string()), ("step", options.step.to_string())];
    if options.by_file() {
        let number = |split: Split, paths: &[PathBuf]| format!("{} {}", paths.len(), split.name());
        let splits = [
            number(Split::Train, &options.paths),
            number(Split::Valid, &options.valid_paths),
            number(Split::Test, &options.test_paths),
        ];
        settings.push(("split", format!("by file: paths of {}", splits.join(", "))));
        settings.extend(options.splits.share_in_words().map(|share| ("valid", share)));
    } else {
        settings.extend(options.splits.settings());
    }
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests;
