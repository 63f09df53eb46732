//! `data import table`: rows of a TSV, CSV or Parquet file with a sequence, labels, and perhaps a split or a place.
//!
//! The file is read twice: once for its classes, lengths and faults, once to pack. Memory stays at a few rows, the
//! names of labels and chromosomes, and, where shares decide the split, some numbers a row (`splits/grouping.rs`).

mod columns;
mod first;
mod fit;
mod options;
mod row;
mod split_column;

use std::collections::BTreeMap;

use super::label_names;
use super::negatives::shuffle::{SHUFFLED, Shuffling};
use super::sources::describe;
use crate::bases::{Packed, bit_bytes, count_bits, set_bit};
use crate::error::{Error, Result};
use crate::formats::table::{Table, TableRow};
use crate::progress::{OnProgress, Progress};
use crate::splits::refuse_empty_splits;
use crate::splits::shares::Decided;
use crate::store::{Count, ImportRecord, Place, Row, Shape, Split, StoreInfo, StoreWriter, Target, Task};
use crate::text::shortened;
use columns::{Columns, LabelForm};
use first::FirstReading;
pub use fit::Anchor;
use options::SplitBy;
pub use options::{Missing, TableOptions};

/// Imports; returns what was written.
pub fn import(options: &TableOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    let split_column::SplitColumn { options, warning } = split_column::find(options)?;
    let options = &options;
    let (by, decided) = options.split_by()?;
    let tables = options.tables();
    let sources = tables.iter().map(|(path, _)| describe(path, progress)).collect::<Result<_>>()?;
    let groups = options.groups.as_deref().map(label_names::read).transpose()?;
    let first = first::read(options, by, decided, progress)?;
    let mut negatives = options.negatives.begin();
    let shape = Shape {
        length: first.length,
        groups: groups.map(|groups| of_labels(options, groups, &first.labels)).transpose()?.unwrap_or_default(),
        single_strand: options.rows.single_strand,
        labels: first.labels.clone(),
        task: first.task,
        // Shuffled rows have no place, and then no row has one.
        chromosomes: if options.start.is_some() && negatives.is_none() {
            first.chromosomes.clone()
        } else {
            Vec::new()
        },
    };
    let mut writer = StoreWriter::create(&options.output, shape.clone(), options.overwrite)?;
    writer.look_for_similar(options.cluster.cluster);
    let mut packing = Packing::new(options, by, &shape);
    let total = Some(first.rows.iter().sum());
    let (mut done, mut kept) = (0, 0);
    for (path, split) in &tables {
        let mut table = Table::open(path, options.text())?;
        let columns = Columns::find(options, path, &mut table)?;
        while let Some(record) = table.next()? {
            let sequence = match row::lack(options, &columns, &record)? {
                None => Some(row::sequence(options, &columns, &record)?),
                Some(_) => None,
            };
            let is_known =
                |packed: &Packed| !options.rows.refuses(packed.unknown().map_or(0, count_bits), packed.len());
            if let Some((packed, found)) = sequence.filter(|(packed, _)| is_known(packed)) {
                // Where shares decide some splits, they were told of all others.
                let split = first.splits.as_ref().map_or(*split, |splits| splits.get(kept).copied());
                let split = packing.row(&columns, &record, (&packed, found), split, &mut writer)?;
                if let Some(negative) = negatives.as_mut().and_then(|made| made.negative(&packed, kept as u64)) {
                    packing.negative(&negative, split, &mut writer)?;
                }
                kept += 1;
            }
            done += 1;
            if done % 4096 == 0 {
                progress(Progress { stage: "packing rows", done, total, unit: "rows" });
            }
        }
    }
    refuse_empty_splits(&writer.rows(), how(by, decided))?;
    negatives.as_ref().map_or(Ok(()), Shuffling::refuse_none)?;
    let read = tables.iter().zip(&first.rows).map(|((_, split), rows)| {
        Count::new(split.map_or_else(|| "rows".into(), |split| format!("rows for {}", split.name())), *rows)
    });
    let mut record = ImportRecord {
        importer: "table".into(),
        settings: settings(options, by, decided)
            .into_iter()
            .chain(negatives.iter().flat_map(Shuffling::settings))
            .collect(),
        sources,
        read: read.collect(),
        dropped: (first.missing > 0)
            .then(|| Count::new("rows without a sequence or a label", first.missing))
            .into_iter()
            .chain(options.rows.dropped("rows", first.length, first.unknown))
            .collect(),
        warnings: warning
            .into_iter()
            .chain(warnings(options, &first))
            .chain(negatives.as_ref().and_then(Shuffling::warning))
            .collect(),
        ..ImportRecord::default()
    };
    options.repeats.apply(&mut writer, &mut record)?;
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

/// The second reading: from records to rows of the store.
struct Packing<'a> {
    options: &'a TableOptions,
    by: SplitBy,
    shape: &'a Shape,
    labels: BTreeMap<&'a str, usize>,
    chromosomes: BTreeMap<&'a str, u32>,
    bits: Vec<u8>,
    values: Vec<f32>,
}

impl<'a> Packing<'a> {
    fn new(options: &'a TableOptions, by: SplitBy, shape: &'a Shape) -> Self {
        Self {
            options,
            by,
            shape,
            labels: shape.labels.iter().map(String::as_str).zip(0..).collect(),
            chromosomes: shape.chromosomes.iter().map(String::as_str).zip(0..).collect(),
            bits: vec![0; bit_bytes(shape.labels.len())],
            values: Vec::new(),
        }
    }

    /// Writes a row, of the sequence `packed` that has `found` bases in the table. `split`: that of the table or of the
    /// shares. Returns the split of the row.
    fn row(
        &mut self,
        columns: &Columns,
        record: &TableRow<'_>,
        (packed, found): (&Packed, usize),
        split: Option<Split>,
        writer: &mut StoreWriter,
    ) -> Result<Split> {
        // A file that changed between the readings is the only way to these errors.
        let changed = |what: &str| record.wrong(format!("{what} was not there a moment ago"));
        if packed.len() != self.shape.length {
            return Err(changed("a sequence of this length"));
        }
        let split = match (split, self.by, columns.split, columns.chromosome) {
            (Some(split), ..) => split,
            (None, SplitBy::Column, Some(column), _) => {
                row::split(self.options.split.as_deref().unwrap_or_default(), column, record)?
            }
            (None, SplitBy::Chromosome, _, Some(column)) => {
                row::split_of_chromosome(self.options, row::chromosome(column, record)?)
            }
            (None, ..) => return Err(changed("the row")),
        };
        self.bits.fill(0);
        let mut class = None;
        for name in row::names(columns, record)? {
            let index = *self.labels.get(name).ok_or_else(|| changed(&format!("label {name:?}")))?;
            set_bit(&mut self.bits, index);
            class = u32::try_from(index).ok();
        }
        if columns.form == LabelForm::Vector && !self.shape.task.is_regression() {
            for index in row::ones(self.shape.task, columns, record)? {
                set_bit(&mut self.bits, index);
                class = u32::try_from(index).ok();
            }
        }
        let target = match self.shape.task {
            Task::MultiLabel => Target::Bits(&self.bits),
            Task::MultiClass | Task::NextNucleotide => Target::Class(class.ok_or_else(|| changed("the class"))?),
            task @ (Task::Regression | Task::PoissonRegression) => {
                row::values(task, columns, record, &mut self.values)?;
                Target::Values(&self.values)
            }
        };
        let place = match (columns.chromosome, columns.start) {
            (Some(chromosome), Some(start)) if !self.chromosomes.is_empty() => {
                let name = row::chromosome(chromosome, record)?;
                let chromosome = *self.chromosomes.get(name).ok_or_else(|| changed(&format!("chromosome {name:?}")))?;
                Some(Place { chromosome, start: row::start(self.options, start, record, found, packed.len())? })
            }
            _ => None,
        };
        writer.push(split, &Row { codes: packed.codes(), unknown: packed.unknown(), target, place })?;
        Ok(split)
    }

    /// Writes the negative of the row before.
    fn negative(&self, packed: &Packed, split: Split, writer: &mut StoreWriter) -> Result<()> {
        let class = self.labels.get(SHUFFLED).and_then(|class| u32::try_from(*class).ok());
        let target = Target::Class(class.ok_or_else(|| Error::bug("negatives without a class"))?);
        let row = Row { codes: packed.codes(), unknown: packed.unknown(), target, place: None };
        writer.push_made_of_last(split, &row)
    }
}

/// The group of each label, from a file of labels with groups.
fn of_labels(
    options: &TableOptions,
    (names, groups): (Vec<String>, Vec<String>),
    labels: &[String],
) -> Result<Vec<String>> {
    let file = options.groups.as_deref().unwrap_or(&options.table).display();
    if groups.is_empty() {
        return Err(Error::input(format!("{file}: no label has a group: expected label, tab and group, one a line")));
    }
    if let Some(name) = names.iter().find(|name| !labels.contains(name)) {
        let name = shortened(name);
        return Err(Error::input(format!("{file}: no label is named {name:?} in {}", options.table.display())));
    }
    let mut of: BTreeMap<String, String> = names.into_iter().zip(groups).collect();
    Ok(labels.iter().map(|label| of.remove(label).unwrap_or_default()).collect())
}

/// What to do where a split is empty.
fn how(by: SplitBy, decided: Decided) -> &'static str {
    match by {
        _ if matches!(decided, Decided::OfTrain { .. }) => {
            "a share of train makes one of them, and what belongs together stays together; give a larger share or \
             another seed"
        }
        SplitBy::Column => {
            "the split column decides; give rows of every split, take a share of train for the one that is lacking \
             (--valid 0.1 or --test 0.1), or split all rows by share (--ignore-split)"
        }
        SplitBy::Share => {
            "shares decide, and what belongs together stays together; give more rows, larger shares or another seed"
        }
        SplitBy::Chromosome => "chromosomes decide; leave some for train",
        SplitBy::Table => "each split has its table",
    }
}

fn warnings(options: &TableOptions, first: &FirstReading) -> Vec<String> {
    let warning = (first.other_length > 0).then(|| {
        format!(
            "{} sequences have another length than {} and were cut or filled with unknown bases (anchor: {})",
            first.other_length,
            first.length,
            options.anchor.name()
        )
    });
    first.warnings.iter().cloned().chain(warning).collect()
}

/// The settings that a store keeps: those that decide its content.
fn settings(options: &TableOptions, by: SplitBy, decided: Decided) -> BTreeMap<String, String> {
    let given = match by {
        SplitBy::Column => format!("column {}", options.split.as_deref().unwrap_or_default()),
        SplitBy::Share => String::new(),
        SplitBy::Chromosome => format!(
            "by chromosome: valid {}, test {}",
            options.valid_chromosomes.join(" "),
            options.test_chromosomes.join(" ")
        ),
        SplitBy::Table => "a table each".into(),
    };
    let mut settings = BTreeMap::from([
        ("sequence".to_owned(), options.sequence.clone()),
        ("labels".to_owned(), options.labels.join(" ")),
        ("length".to_owned(), options.length.map_or("as in the table".into(), |length| length.to_string())),
        ("split".to_owned(), options.shares.in_words(decided, &given)),
    ]);
    let groups = options.groups.as_ref().and_then(|file| file.file_name());
    let more = [
        ("label-separator", options.label_separator.map(|separator| separator.to_string())),
        ("groups", groups.map(|name| name.to_string_lossy().into_owned())),
        ("group", options.group.clone()),
        ("chromosome", options.chromosome.clone()),
        ("start", options.start.clone()),
        ("anchor", options.length.map(|_| options.anchor.name().to_owned())),
        ("missing", (options.missing == Missing::Drop).then(|| "drop".to_owned())),
    ];
    settings.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    settings.extend(options.rows.settings());
    settings.extend(options.cluster.settings());
    settings
}

#[cfg(test)]
mod parquet_tests;
#[cfg(test)]
mod tests;
