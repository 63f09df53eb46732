//! `data import npz`: one-hot sequences and labels as NumPy keeps them, the arrays `x_train`, `y_train`, `x_val`, `y_val`,
//! `x_test` and `y_test` of one archive, such as `deepsea_filtered.npz` of NAS-Bench-360 (Tu et al., 2022).
//!
//! The labels are read first, so that everything that can be wrong with them and with the settings is known before a row
//! is written; then inputs and labels side by side. Memory stays at a row, or a block of rows of an array in Fortran
//! order.
//!
//! The order of the channels in that archive is documented nowhere. It was made from `DeepSEA`'s sequences by leaving out
//! rows and labels, and their order is A, G, C, T, which is therefore the default. An import warns where the rows suggest
//! another order (`onehot::Pairs`).

mod arrays;
mod onehot;
mod options;
mod targets;

use std::collections::BTreeMap;
use std::fs::File;

use zip::ZipArchive;

use super::sources::describe;
use crate::bases::{CHANNELS, count_bits};
use crate::error::Result;
use crate::formats::npz::{Rows, open};
use crate::progress::{OnProgress, Progress};
use crate::splits::folds::Folds;
use crate::splits::shares::{Assigning, Decided, Given};
use crate::splits::{refuse_empty_parts, refuse_empty_splits};
use crate::store::{Count, ImportRecord, LONGEST, MOST_LABELS, PerSplit, Row, Shape, Split, StoreInfo, StoreWriter};
use arrays::{Arrays, OfSplits};
use onehot::{Axis, Pairs};
pub use options::NpzOptions;
use targets::{Labels, RowTarget};

/// Imports; returns what was written.
pub fn import(options: &NpzOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    options.rows.check()?;
    let letters = onehot::channels(&options.channels)?;
    let source = describe(&options.npz, progress)?;
    let mut archive = open(&options.npz)?;
    let decided = decide(options, &archive)?;
    options.cluster.check(decided)?;
    options.repeats.check(decided.is_folds())?;
    let lacking: &[Split] = match decided {
        Decided::OfTrain { lacking: Split::Test, .. } => &[Split::Test],
        Decided::OfTrain { .. } => &[Split::Valid],
        Decided::Folds(_) => &[Split::Valid, Split::Test],
        Decided::Nothing | Decided::All(_) => &[],
    };
    let arrays = arrays::arrays(&options.npz, &mut archive, lacking)?;
    let (length, axis) = layout(options, &arrays)?;
    let mut rows = PerSplit::<u64>::default();
    for (split, arrays) in arrays.all() {
        *rows.get_mut(split) = arrays.x.rows as u64;
    }
    let total = rows.train + rows.valid + rows.test;
    if lacking.is_empty() {
        refuse_empty_splits(&rows, "each split has its arrays")?;
    }
    let labels = Labels::read(options, &arrays, &mut |done| {
        progress(Progress { stage: "reading labels", done, total: Some(total), unit: "rows" });
    })?;
    let (names, groups) = targets::names(options, &labels)?;
    let splits = shared(options, decided, &arrays, (axis, letters), progress)?;
    let shape = Shape {
        length,
        labels: names,
        task: labels.task,
        chromosomes: Vec::new(),
        groups,
        single_strand: options.rows.single_strand,
    };
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    writer.look_for_similar(options.cluster.cluster);
    let folds = options.shares.dealt(decided, options.rows.likeness(&options.cluster));
    writer.deal_by(folds.map(Folds::dealer));
    let mut pairs = Pairs::default();
    let (mut done, mut unknown) = (0, 0);
    for (split, Arrays { x, y }) in arrays.all() {
        let (mut inputs, mut outputs) = (open(&options.npz)?, open(&options.npz)?);
        let mut inputs = Rows::new(&options.npz, &mut inputs, x, onehot::number)?;
        let mut outputs = Rows::new(&options.npz, &mut outputs, y, targets::number)?;
        let mut target = RowTarget::default();
        let mut row = 0;
        while let (Some(bases), Some(numbers)) = (inputs.next()?, outputs.next()?) {
            let packed =
                onehot::packed(bases, axis, letters).map_err(|error| targets::in_row(&options.npz, x, row, error))?;
            labels.target(numbers, &mut target).map_err(|error| targets::in_row(&options.npz, y, row, error))?;
            pairs.count(&packed);
            let of_row = splits.as_ref().and_then(|splits| splits.get(done).copied());
            if options.rows.refuses(packed.unknown().map_or(0, count_bits), length) {
                unknown += 1;
            } else {
                writer.push(
                    of_row.unwrap_or(split),
                    &Row { codes: packed.codes(), unknown: packed.unknown(), target: labels.of(&target), place: None },
                )?;
            }
            row += 1;
            done += 1;
            if done % 1024 == 0 {
                progress(Progress { stage: "packing rows", done: done as u64, total: Some(total), unit: "rows" });
            }
        }
    }
    options.rows.refuse_none_left(total - unknown, unknown)?;
    refuse_empty_parts(
        &writer,
        "a share of train makes one of them, with equal sequences together; give a larger share or another seed",
    )?;
    let mut record = ImportRecord {
        importer: "npz".into(),
        settings: settings(options, decided, &labels),
        sources: vec![source],
        read: arrays
            .all()
            .map(|(split, of)| Count::new(format!("rows of {}", split.name()), of.x.rows as u64))
            .collect(),
        dropped: options.rows.dropped("rows", length, unknown).into_iter().collect(),
        warnings: labels.warning.into_iter().chain(pairs.warning(&options.channels)).collect(),
        ..ImportRecord::default()
    };
    options.repeats.apply(&mut writer, &mut record)?;
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total: Some(total), unit: "rows" });
    })
}

/// Which split a share of train makes: one without arrays.
fn decide(options: &NpzOptions, archive: &ZipArchive<File>) -> Result<Decided> {
    let (valid, test) = (arrays::has(archive, Split::Valid), arrays::has(archive, Split::Test));
    if options.shares.folds.is_some() {
        let given = if valid || test { Given::Parts { valid, test, of: "arrays" } } else { Given::Nothing };
        return options.shares.decide(given);
    }
    let made = |has: bool, share: Option<f64>| has || share.is_some();
    if (valid || test) && made(valid, options.shares.valid) && made(test, options.shares.test) {
        return options.shares.decide(Given::Parts { valid, test, of: "arrays" });
    }
    // What is lacking is said, with the names of what is there, when it is looked for.
    Ok(Decided::Nothing)
}

/// The split of each row where a share of train makes one, from a reading of the sequences alone.
fn shared(
    options: &NpzOptions,
    decided: Decided,
    arrays: &OfSplits,
    (axis, letters): (Axis, [u8; CHANNELS]),
    progress: OnProgress<'_>,
) -> Result<Option<Vec<Split>>> {
    let Some(mut assigning) = Assigning::new(decided, options.shares.seed(), options.rows.likeness(&options.cluster))
    else {
        return Ok(None);
    };
    let mut done = 0;
    for (split, Arrays { x, .. }) in arrays.all() {
        let mut archive = open(&options.npz)?;
        let mut rows = Rows::new(&options.npz, &mut archive, x, onehot::number)?;
        let mut row = 0;
        while let Some(bases) = rows.next()? {
            let packed =
                onehot::packed(bases, axis, letters).map_err(|error| targets::in_row(&options.npz, x, row, error))?;
            assigning.add(Some(split), &packed, None, None);
            row += 1;
            done += 1;
            if done % 1024 == 0 {
                progress(Progress { stage: "reading sequences", done, total: None, unit: "rows" });
            }
        }
    }
    assigning.assign().map(Some)
}

/// The length of all sequences and the axis of their channels; refuses arrays that do not fit each other.
fn layout(options: &NpzOptions, arrays: &OfSplits) -> Result<(usize, Axis)> {
    let path = &options.npz;
    let first = &arrays.train;
    let (length, axis) = match first.x.header.shape.as_slice() {
        [_, CHANNELS, CHANNELS] => {
            return Err(first
                .x
                .wrong(path, "rows of 4 × 4: it is unclear which axis holds the channels; give longer sequences"));
        }
        [_, length, CHANNELS] => (*length, Axis::Last),
        [_, CHANNELS, length] => (*length, Axis::First),
        other => {
            return Err(first
                .x
                .wrong(path, format!("its shape is {other:?}: expected (rows, length, 4) or (rows, 4, length)")));
        }
    };
    if length == 0 || length > LONGEST {
        return Err(first.x.wrong(path, format!("rows of {length} bases: expected 1 to {LONGEST}")));
    }
    for (_, Arrays { x, y }) in arrays.all() {
        if x.header.shape.get(1..) != first.x.header.shape.get(1..) {
            let what = format!("its shape is {:?} and that of train {:?}", x.header.shape, first.x.header.shape);
            return Err(x.wrong(path, format!("{what}: rows of all splits must look the same")));
        }
        if y.header.shape.get(1..) != first.y.header.shape.get(1..) {
            let what = format!("its shape is {:?} and that of train {:?}", y.header.shape, first.y.header.shape);
            return Err(y.wrong(path, format!("{what}: rows of all splits must look the same")));
        }
        if !(1..=2).contains(&y.header.shape.len()) {
            let what = format!("its shape is {:?}: expected (rows,) or (rows, labels)", y.header.shape);
            return Err(y.wrong(path, what));
        }
        if x.rows != y.rows {
            return Err(x.wrong(path, format!("it has {} rows and its labels have {}", x.rows, y.rows)));
        }
        if y.items == 0 || y.items > MOST_LABELS {
            return Err(y.wrong(path, format!("{} labels: expected 1 to {MOST_LABELS}", y.items)));
        }
    }
    Ok((length, axis))
}

/// The settings that a store keeps: those that decide its content.
fn settings(options: &NpzOptions, decided: Decided, labels: &Labels) -> BTreeMap<String, String> {
    let file = options.labels.as_ref().and_then(|file| file.file_name());
    let names = file.map_or_else(|| "numbered".into(), |file| format!("of {}", file.to_string_lossy()));
    let split = (decided != Decided::Nothing).then(|| ("split", options.shares.in_words(decided, "by array")));
    [("channels", options.channels.to_ascii_uppercase()), ("labels", names), ("task", labels.task.name().into())]
        .into_iter()
        .chain(split)
        .map(|(name, value)| (name.to_owned(), value))
        .chain(options.rows.settings())
        .chain(options.cluster.settings())
        .collect()
}

#[cfg(test)]
mod tests;
