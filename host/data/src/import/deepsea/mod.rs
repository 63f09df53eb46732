//! `data import deepsea`: the three files of the `DeepSEA` bundle, as they were published.
//!
//! Train, valid and test are a file each, of MATLAB 7.3 (HDF5) or MATLAB 5; the content decides. Each holds an array of
//! bases (samples × 4 × positions in MATLAB, channels in the order A, G, C, T) and one of labels. A base is a 1 in
//! one of the four channels; four zeros are an unknown base. The files are read in blocks of samples and never unpacked
//! as a whole (see `planes.rs`): a block of 1,000 bases and 919 labels takes 490 bytes a sample.
//!
//! On made-up bundles of the real shape with a twentieth and a tenth of its samples, an import had at most 187 and
//! 190 MB resident, of which the program with libtorch takes 118. A compressed MATLAB 5 file is one block: with a test
//! file of the real 455,024 samples it was 362 MB. A store has 366.3 bytes a row: 1.78 GB for the bundle's 4,863,024.

mod array;
mod blocks;
mod bundle;
mod names;
mod options;
mod planes;
mod row;
mod share;
mod strands;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::sources::describe;
use crate::bases::count_bits;
use crate::error::{Error, Result};
use crate::progress::{OnProgress, Progress};
use crate::splits::refuse_empty_splits;
use crate::splits::shares::Decided;
use crate::store::{Count, ImportRecord, Row, Shape, Split, StoreInfo, StoreWriter, Target, Task};
use bundle::Bundle;
pub use options::{DeepseaOptions, StrandsFrom, ValidFrom};
use strands::{StrandReport, Strands};

/// Imports; returns what was written.
pub fn import(options: &DeepseaOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    options.rows.check()?;
    if options.rows.single_strand && options.strands == StrandsFrom::Both {
        return Err(Error::input(
            "both strands of rows that have one (--single-strand, --strands both): give one of them",
        ));
    }
    let decided = options.decide()?;
    let mut bundles = Vec::new();
    for (split, path) in options.files() {
        bundles.push((split, Bundle::open(path, split)?));
    }
    let (length, label_count) = agreed(&bundles)?;
    let names = names::names(options.labels.as_deref(), label_count)?;
    let files = options.files().into_iter().map(|(_, path)| path);
    let sources = files.chain(&options.labels).map(|path| describe(path, progress)).collect::<Result<_>>()?;
    let shape = Shape {
        length,
        labels: names.labels,
        task: Task::MultiLabel,
        chromosomes: Vec::new(),
        groups: names.groups,
        single_strand: options.rows.single_strand,
    };
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    let mut record = ImportRecord {
        importer: "deepsea".into(),
        settings: settings(options, decided),
        sources,
        ..ImportRecord::default()
    };
    let mut unknown = 0;
    for (split, bundle) in &bundles {
        let shared = if *split == Split::Train { share::splits(options, decided, bundle, progress)? } else { None };
        let (found, left_out) = pack(*split, shared.as_deref(), bundle, &mut writer, options, progress)?;
        unknown += left_out;
        let both = found.is_some_and(|found| found.both());
        *record.both_strands.get_mut(*split) = both;
        if shared.is_some() {
            // Both strands of a sequence share a split, in the order of their halves.
            record.both_strands.valid = both;
        }
        record.read.push(Count::new(rows_of(*split, found), bundle.samples));
        record.warnings.extend(found.and_then(|found| almost_both(*split, found)));
    }
    refuse_empty_splits(&writer.rows(), how(decided))?;
    record.dropped.extend(options.rows.dropped("rows", length, unknown));
    if !names.repeated.is_empty() {
        record.warnings.push(format!(
            "{} names of labels stand more than once and got a number: {}",
            names.repeated.len(),
            names.repeated.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ")
        ));
    }
    let total = Some(bundles.iter().map(|(_, bundle)| bundle.samples).sum());
    options.repeats.apply(&mut writer, &mut record)?;
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

/// Bases a row and labels, equal in all files.
fn agreed(bundles: &[(Split, Bundle)]) -> Result<(usize, usize)> {
    let Some(((_, first), others)) = bundles.split_first() else {
        return Err(Error::bug("a bundle without files"));
    };
    for (_, other) in others {
        for (what, of_first, of_other) in
            [("positions", first.length, other.length), ("labels", first.label_count, other.label_count)]
        {
            if of_first != of_other {
                return Err(Error::input(format!(
                    "{} has {of_first} {what} and {} has {of_other}: expected files of one bundle",
                    first.path.display(),
                    other.path.display()
                )));
            }
        }
    }
    Ok((first.length, first.label_count))
}

/// Packs all rows of the file of a split, each into its split of `shared` where there is one; what was found of its strands,
/// where that was looked at, and how many rows have too many unknown bases. Both strands of a window have equally many, so
/// that leaving out the one leaves out the other.
fn pack(
    split: Split,
    shared: Option<&[Split]>,
    bundle: &Bundle,
    writer: &mut StoreWriter,
    options: &DeepseaOptions,
    progress: OnProgress<'_>,
) -> Result<(Option<StrandReport>, u64)> {
    let from = options.strands;
    let mut strands = (from != StrandsFrom::One).then(|| Strands::new(bundle.samples));
    let (mut codes, mut mask, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let (mut read, mut number, mut left_out) = (0, 0, 0);
    for range in blocks::blocks(bundle)? {
        let block = blocks::read(bundle, &range, &mut read, progress)?;
        block.rows(|row| {
            row.codes(&mut codes);
            row.labels(&mut labels);
            let unknown = row.unknown(&mut mask).then_some(mask.as_slice());
            if let Some(strands) = &mut strands {
                strands.see(row);
            }
            let split = shared.and_then(|shared| shared.get(number).copied()).unwrap_or(split);
            number += 1;
            if options.rows.refuses(unknown.map_or(0, count_bits), bundle.length) {
                left_out += 1;
                return Ok(());
            }
            writer.push(split, &Row { codes: &codes, unknown, target: Target::Bits(&labels), place: None })
        })?;
    }
    let found = strands.map(|strands| strands.found());
    match found {
        Some(found) if from == StrandsFrom::Both && !found.both() => Err(Error::input(format!(
            "{}: expected both strands in {}, and {}; import with strands auto to take it as it is",
            bundle.path.display(),
            split.name(),
            not_both(found)
        ))),
        Some(found) if options.rows.single_strand && found.both() => Err(Error::input(format!(
            "{}: the second half of {} is the other strand of the first half, and --single-strand says that rows have none: \
             leave it out",
            bundle.path.display(),
            split.name()
        ))),
        _ => Ok((found, left_out)),
    }
}

/// Why a split does not hold both strands in the order of the bundle.
fn not_both(found: StrandReport) -> String {
    if found.odd {
        return "its number of rows is odd".to_owned();
    }
    let first = found.first.unwrap_or(0);
    format!(
        "{} of the {} rows of its second half are not reverse complements of the first half in its \
         order, the first of them row {first}",
        found.differing, found.pairs
    )
}

/// What is counted as the rows of a split.
fn rows_of(split: Split, found: Option<StrandReport>) -> String {
    let split = split.name();
    match found {
        Some(found) if !found.both() => format!("rows of {split}, not both strands: {}", not_both(found)),
        _ => format!("rows of {split}"),
    }
}

/// A split that holds both strands but for some rows is probably damaged or cut off.
fn almost_both(split: Split, found: StrandReport) -> Option<String> {
    (found.differing > 0 && found.differing < found.pairs).then(|| {
        format!(
            "{} looks as if it held both strands, but {}: its strands are not used in pairs",
            split.name(),
            not_both(found)
        )
    })
}

/// What decides the splits, for a message about an empty one.
fn how(decided: Decided) -> &'static str {
    match decided {
        Decided::Nothing => "the others have too many unknown bases; allow more with --max-unknown",
        Decided::All(_) | Decided::OfTrain { .. } | Decided::Folds(_) => {
            "a share of train makes one of them, with equal sequences together; give a larger share or another seed"
        }
    }
}

/// The settings that a store keeps: those that decide its content.
fn settings(options: &DeepseaOptions, decided: Decided) -> BTreeMap<String, String> {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let labels = options.labels.as_ref().map_or_else(|| "by number".to_owned(), name);
    let mut settings =
        BTreeMap::from([("labels".to_owned(), labels), ("strands".to_owned(), options.strands.name().to_owned())]);
    settings.extend(options.rows.settings());
    if decided != Decided::Nothing {
        settings.insert("split".to_owned(), options.shares().in_words(decided, "by file"));
    }
    settings
}

#[cfg(test)]
mod tests;
