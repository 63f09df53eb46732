//! Records cut into windows, and what belongs together among them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::classes::{ClassFile, Classes};
use super::options::{FastaOptions, Short};
use crate::bases::{Packed, count_bits};
use crate::error::{Error, Result};
use crate::formats::genome::{ChromosomeSequence, records};
use crate::progress::{OnProgress, Progress};
use crate::splits::shares::{Assigning, Decided};
use crate::store::{Split, Task};

/// What the first reading found. In memory, a few tens of bytes a window, in a multi-label task about a hundred.
#[derive(Default)]
pub(super) struct Pieces {
    pub(super) length: usize,
    pub(super) records: u64,
    pub(super) bases: u64,
    /// Records that were dropped.
    pub(super) short: u64,
    /// Records that were filled up.
    pub(super) filled: u64,
    pub(super) at_ends: u64,
    pub(super) unknown: u64,
    pub(super) merged: u64,
    windows: u64,
    /// The splits of all windows, where shares decide some.
    splits: Option<Vec<Split>>,
    /// Whether rows are dealt into folds.
    dealt: bool,
    /// In a multi-label task: the windows that are different, by split and digest.
    different: BTreeMap<(Option<Split>, [u8; 16]), Different>,
}

struct Different {
    /// The number of the first of them.
    first: u64,
    labels: Vec<u32>,
    /// The records that have it.
    records: Vec<u64>,
}

/// A window that becomes a row.
pub(super) struct Piece<'a> {
    pub(super) split: Split,
    pub(super) labels: &'a [u32],
    /// The records that it stands in, counted from 1: several where equal windows became one row.
    pub(super) records: &'a [u64],
}

/// What was left out of a record, and why.
#[derive(Default)]
struct Cut {
    short: bool,
    filled: bool,
    at_end: u64,
    unknown: u64,
}

impl Pieces {
    pub(super) fn read(
        options: &FastaOptions,
        decided: Decided,
        classes: &Classes,
        progress: OnProgress<'_>,
    ) -> Result<Self> {
        let (length, dealt) = (options.length.unwrap_or(0), decided.is_folds());
        let mut pieces = Self { length, dealt, ..Self::default() };
        let mut assigning = Assigning::new(decided, options.shares.seed(), options.rows.likeness(&options.cluster));
        for file in &classes.files {
            let mut counted = 0;
            records::read(&file.path, None, &mut |_| {}, &mut |heading, sequence| {
                pieces.fit(options, file, heading.name, sequence)?;
                let label = classes.label(file, heading.heading)?;
                pieces.records += 1;
                pieces.bases += sequence.length();
                let record = pieces.records;
                let cut = cut(options, pieces.length, sequence, &mut |packed| {
                    if let Some(assigning) = &mut assigning {
                        assigning.add(file.split, packed, None, Some(record));
                    }
                    pieces.see(options, file, label, packed);
                    Ok(())
                })?;
                pieces.short += u64::from(cut.short);
                pieces.filled += u64::from(cut.filled);
                pieces.at_ends += cut.at_end;
                pieces.unknown += cut.unknown;
                counted += 1;
                if counted % 256 == 0 {
                    progress(Progress { stage: "reading sequences", done: record, total: None, unit: "records" });
                }
                Ok(())
            })?;
        }
        progress(Progress { stage: "reading sequences", done: pieces.records, total: None, unit: "records" });
        if pieces.windows == 0 {
            return Err(Error::input(format!(
                "no row of {} bases: {} records are shorter and {} windows have too many unknown bases",
                pieces.length, pieces.short, pieces.unknown
            )));
        }
        pieces.splits = assigning.map(Assigning::assign).transpose()?;
        Ok(pieces)
    }

    /// Where no length was asked for, the length of the first record is that of all.
    fn fit(
        &mut self,
        options: &FastaOptions,
        file: &ClassFile,
        name: &str,
        sequence: &ChromosomeSequence,
    ) -> Result<()> {
        if options.length.is_some() {
            return Ok(());
        }
        let found = usize::try_from(sequence.length()).unwrap_or(usize::MAX);
        if self.records == 0 {
            self.length = found;
        }
        if self.length == found && found > 0 {
            return Ok(());
        }
        let what = if found == 0 { "no base".into() } else { format!("{found} bases") };
        Err(Error::input(format!(
            "{}: record {name:?} has {what}, and the first one has {}: give a length, to cut records into windows of it",
            file.path.display(),
            self.length
        )))
    }

    /// Counts a window, and in a multi-label task finds those that are equal.
    fn see(&mut self, options: &FastaOptions, file: &ClassFile, label: Option<u32>, packed: &Packed) {
        let number = self.windows;
        self.windows += 1;
        if options.task == Task::MultiClass {
            return;
        }
        let different = self.different.entry((file.split, digest(packed)));
        let different =
            different.or_insert_with(|| Different { first: number, labels: Vec::new(), records: Vec::new() });
        self.merged += u64::from(different.first != number);
        if different.records.last() != Some(&self.records) {
            different.records.push(self.records);
        }
        if let Some(label) = label.filter(|label| !different.labels.contains(label)) {
            different.labels.push(label);
        }
    }

    /// Windows that become rows.
    pub(super) fn kept(&self) -> u64 {
        self.windows - self.merged
    }

    /// Reads the files again and calls `each` with the windows that become rows.
    pub(super) fn each(
        &self,
        options: &FastaOptions,
        classes: &Classes,
        each: &mut dyn FnMut(&Packed, Piece<'_>) -> Result<()>,
    ) -> Result<()> {
        let (mut number, mut record) = (0, 0);
        for file in &classes.files {
            records::read(&file.path, None, &mut |_| {}, &mut |heading, sequence| {
                let label = classes.label(file, heading.heading)?;
                record += 1;
                cut(options, self.length, sequence, &mut |packed| {
                    let here = number;
                    number += 1;
                    // Where shares decide some splits, they were told of those of the files.
                    let of_number = |splits: &Vec<Split>| splits.get(usize::try_from(here).ok()?).copied();
                    // A file that changed between the readings is the only way to have none.
                    let given = file.split.or(self.dealt.then_some(Split::Train));
                    let Some(split) = self.splits.as_ref().map_or(given, of_number) else {
                        return Err(Error::input(format!("{} changed while it was read", file.path.display())));
                    };
                    if options.task == Task::MultiClass {
                        return each(packed, Piece { split, labels: label.as_slice(), records: &[record] });
                    }
                    match self.different.get(&(file.split, digest(packed))) {
                        Some(different) if different.first == here => {
                            each(packed, Piece { split, labels: &different.labels, records: &different.records })
                        }
                        _ => Ok(()),
                    }
                })
                .map(drop)
            })?;
        }
        Ok(())
    }
}

/// Cuts a record into windows, and calls `each` with those that do not have too many unknown bases.
fn cut(
    options: &FastaOptions,
    length: usize,
    sequence: &ChromosomeSequence,
    each: &mut dyn FnMut(&Packed) -> Result<()>,
) -> Result<Cut> {
    let mut cut = Cut::default();
    let mut take = |packed: &Packed, cut: &mut Cut| {
        let unknown = packed.unknown().map_or(0, count_bits);
        if options.rows.refuses(unknown, length) {
            cut.unknown += 1;
            return Ok(());
        }
        each(packed)
    };
    let Some(room) = sequence.length().checked_sub(length as u64) else {
        // A record without a base says nothing, however it is filled.
        if options.short == Short::Drop || sequence.length() == 0 {
            cut.short = true;
            return Ok(cut);
        }
        cut.filled = true;
        let whole = sequence.packed(0, usize::try_from(sequence.length()).unwrap_or(0));
        take(&whole.centred(length), &mut cut)?;
        return Ok(cut);
    };
    let step = options.step.unwrap_or(length as u64);
    for start in (0..=room / step).map(|index| index * step) {
        take(&sequence.packed(start, length), &mut cut)?;
    }
    cut.at_end = room % step;
    Ok(cut)
}

/// 128 bits of SHA-256, by which windows are compared.
fn digest(packed: &Packed) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update(packed.codes());
    digest.update([u8::from(packed.unknown().is_some())]);
    digest.update(packed.unknown().unwrap_or_default());
    digest.finalize().first_chunk::<16>().copied().unwrap_or_default()
}
