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

use super::sources::describe;
use crate::bases::CHANNELS;
use crate::error::Result;
use crate::formats::npz::{Rows, open};
use crate::progress::{OnProgress, Progress};
use crate::splits::refuse_empty_splits;
use crate::store::{Count, ImportRecord, LONGEST, MOST_LABELS, PerSplit, Row, Shape, Split, StoreInfo, StoreWriter};
use arrays::Arrays;
use onehot::{Axis, Pairs};
pub use options::NpzOptions;
use targets::{Labels, RowTarget};

/// Imports; returns what was written.
pub fn import(options: &NpzOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    let letters = onehot::channels(&options.channels)?;
    let source = describe(&options.npz, progress)?;
    let arrays = arrays::arrays(&options.npz, &mut open(&options.npz)?)?;
    let (length, axis) = layout(options, &arrays)?;
    let rows = PerSplit {
        train: arrays.train.x.rows as u64,
        valid: arrays.valid.x.rows as u64,
        test: arrays.test.x.rows as u64,
    };
    refuse_empty_splits(&rows, "each split has its arrays")?;
    let total = rows.train + rows.valid + rows.test;
    let labels = Labels::read(options, &arrays, &mut |done| {
        progress(Progress { stage: "reading labels", done, total: Some(total), unit: "rows" });
    })?;
    let (names, groups) = targets::names(options, &labels)?;
    let shape = Shape { length, labels: names, task: labels.task, chromosomes: Vec::new(), groups };
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    let mut pairs = Pairs::default();
    let mut done = 0;
    for split in Split::ALL {
        let Arrays { x, y } = arrays.get(split);
        let (mut inputs, mut outputs) = (open(&options.npz)?, open(&options.npz)?);
        let mut inputs = Rows::new(&options.npz, &mut inputs, x, onehot::flag)?;
        let mut outputs = Rows::new(&options.npz, &mut outputs, y, targets::number)?;
        let mut target = RowTarget::default();
        let mut row = 0;
        while let (Some(flags), Some(numbers)) = (inputs.next()?, outputs.next()?) {
            let packed =
                onehot::packed(flags, axis, letters).map_err(|error| targets::in_row(&options.npz, x, row, error))?;
            labels.target(numbers, &mut target).map_err(|error| targets::in_row(&options.npz, y, row, error))?;
            pairs.count(&packed);
            writer.push(
                split,
                &Row { codes: packed.codes(), unknown: packed.unknown(), target: labels.of(&target), place: None },
            )?;
            row += 1;
            done += 1;
            if done % 1024 == 0 {
                progress(Progress { stage: "packing rows", done, total: Some(total), unit: "rows" });
            }
        }
    }
    let record = ImportRecord {
        importer: "npz".into(),
        settings: settings(options, &labels),
        sources: vec![source],
        read: Split::ALL.map(|split| Count::new(format!("rows of {}", split.name()), *rows.get(split))).into(),
        warnings: labels.warning.into_iter().chain(pairs.warning(&options.channels)).collect(),
        ..ImportRecord::default()
    };
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total: Some(total), unit: "rows" });
    })
}

/// The length of all sequences and the axis of their channels; refuses arrays that do not fit each other.
fn layout(options: &NpzOptions, arrays: &PerSplit<Arrays>) -> Result<(usize, Axis)> {
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
    for split in Split::ALL {
        let Arrays { x, y } = arrays.get(split);
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
fn settings(options: &NpzOptions, labels: &Labels) -> BTreeMap<String, String> {
    let file = options.labels.as_ref().and_then(|file| file.file_name());
    let names = file.map_or_else(|| "numbered".into(), |file| format!("of {}", file.to_string_lossy()));
    [("channels", options.channels.to_ascii_uppercase()), ("labels", names), ("task", labels.task.name().into())]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests;
