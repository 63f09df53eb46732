//! `data import fasta`: a class, or a label, for each file or folder of sequences.
//!
//! Records are cut into windows. Files are read twice, a record at a time: once to count, to find the length, and to see
//! what belongs together, once to pack.

mod classes;
mod header_class;
mod options;
mod pieces;

use std::collections::BTreeMap;

use super::negatives::shuffle::Shuffling;
use super::sources::describe;
use crate::bases::{bit_bytes, set_bit};
use crate::error::Result;
use crate::progress::{OnProgress, Progress};
use crate::splits::refuse_empty_splits;
use crate::splits::shares::Decided;
use crate::store::{Count, ImportRecord, Row, Shape, Source, StoreInfo, StoreWriter, Target, Task};
use classes::Classes;
pub use header_class::HeaderClass;
pub use options::{ClassPath, FastaOptions, Short};
use pieces::Pieces;

/// Imports; returns what was written.
pub fn import(options: &FastaOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    let decided = options.check()?;
    let classes = Classes::find(options)?;
    let mut sources = Vec::new();
    for file in &classes.files {
        sources.push(describe(&file.path, progress)?);
    }
    let pieces = Pieces::read(options, decided, &classes, progress)?;
    let shape = Shape {
        length: pieces.length,
        labels: classes.labels.clone(),
        task: options.task,
        chromosomes: Vec::new(),
        groups: Vec::new(),
        single_strand: options.rows.single_strand,
    };
    let labels = shape.labels.len();
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    writer.look_for_similar(options.cluster.cluster);
    let total = Some(pieces.kept());
    let mut negatives = options.shuffle.begin();
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
        if let Some(negative) = negatives.as_mut().and_then(|made| made.negative(packed, done)) {
            bits.fill(0);
            let target = if options.task == Task::MultiClass { Target::Class(1) } else { Target::Bits(&bits) };
            let row = Row { codes: negative.codes(), unknown: negative.unknown(), target, place: None };
            writer.push_made_of_last(piece.split, &row)?;
        }
        done += 1;
        if done % 4096 == 0 {
            progress(Progress { stage: "packing rows", done, total, unit: "rows" });
        }
        Ok(())
    })?;
    let how = if decided == Decided::Nothing {
        "files decide; give sequences of every split"
    } else {
        "shares decide, and the windows of a record stay together; give more records or larger shares"
    };
    refuse_empty_splits(&writer.rows(), how)?;
    negatives.as_ref().map_or(Ok(()), Shuffling::refuse_none)?;
    let mut record = record(options, decided, &classes, &pieces, sources);
    record.settings.extend(negatives.iter().flat_map(Shuffling::settings));
    record.warnings.extend(negatives.as_ref().and_then(Shuffling::warning));
    options.repeats.apply(&mut writer, &mut record)?;
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

fn record(
    options: &FastaOptions,
    decided: Decided,
    classes: &Classes,
    pieces: &Pieces,
    sources: Vec<Source>,
) -> ImportRecord {
    let length = pieces.length;
    let dropped = [
        Count::new(format!("records shorter than {length} bases"), pieces.short),
        Count::new("bases at the ends of records, behind the last whole window", pieces.at_ends),
        Count::new("windows equal to another one, which got their labels", pieces.merged),
    ];
    let unknown = options.rows.dropped("windows", length, pieces.unknown);
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
        ("task".into(), options.task.name().into()),
    ]);
    settings.extend(options.rows.settings());
    settings.extend(options.cluster.settings());
    if let Some(pattern) = &options.class_from_header {
        settings.insert("class-from-header".into(), pattern.pattern().to_owned());
    }
    if let Some(background) = &options.background {
        settings.insert("background".into(), background.clone());
    }
    settings.insert("split".into(), options.shares.in_words(decided, "by file"));
    ImportRecord {
        importer: "fasta".into(),
        settings,
        sources,
        read: vec![
            Count::new("classes", classes.names as u64),
            Count::new("records", pieces.records),
            Count::new("bases", pieces.bases),
        ],
        dropped: dropped.into_iter().filter(|count| count.count > 0).chain(unknown).collect(),
        warnings,
        ..ImportRecord::default()
    }
}

#[cfg(test)]
mod tests;
