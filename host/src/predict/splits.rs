//! Predictions for the rows of a store, split by split, beside what is true of them.

use genomenas_data::bases::Packed;
use genomenas_data::error::{Error, Result};
use genomenas_data::{FinalEvaluation, OnProgress, OtherStrand, Progress, Rows, Split, Store};
use genomenas_report::streamed::{Cells, Kind, TableWriter};

use super::outputs::Outputs;
use super::windows::{Predicting, Written};

/// Rows of a store.
pub struct OfStore<'a> {
    /// The store, at its fold where it has some.
    pub store: &'a Store,
    /// The splits, in the order in which they are written. The test split is unsealed where it is among them.
    pub splits: &'a [Split],
    /// Whether the prediction for a window is the mean of those for its two strands: where a split holds both, each window is
    /// then written once.
    pub average_strands: bool,
    /// Whether the labels of the store are those of the model, so that what is true can stand beside what is predicted.
    pub truth: bool,
}

impl Predicting<'_> {
    /// Writes the predictions for rows of a store.
    ///
    /// # Errors
    ///
    /// The store, the network or the file fails; nothing is left of the file then.
    pub fn splits(self, of: &OfStore<'_>, progress: OnProgress<'_>) -> Result<Written> {
        let shape = &of.store.info().shape;
        let places = !shape.chromosomes.is_empty();
        let mut columns = vec![("split".to_owned(), Kind::Text), ("row".to_owned(), Kind::Count)];
        if places {
            let place = [("chromosome", Kind::Text), ("start", Kind::Count), ("end", Kind::Count)];
            columns.extend(place.map(|(name, kind)| (name.to_owned(), kind)));
        }
        let truth = if of.truth { truth_columns(of.store, self.outputs) } else { Vec::new() };
        columns.extend(truth);
        columns.extend(self.outputs.columns(&columns));
        let mut writer = TableWriter::create(self.file, columns, self.existing)?;
        let total = of.splits.iter().map(|split| *of.store.info().rows.get(*split)).sum();
        let (mut written, mut passed) = (0, 0);
        for split in of.splits {
            let rows = match split {
                Split::Train => of.store.train(),
                Split::Valid => of.store.valid(),
                Split::Test => of.store.test().unseal(&FinalEvaluation::of("a person asked for it")),
            };
            let other = of.average_strands.then(|| OtherStrand::of(&rows));
            let count = u32::try_from(OtherStrand::windows(other, rows.len())).unwrap_or(u32::MAX);
            let all: Vec<u32> = (0..count).collect();
            for chosen in all.chunks(self.batch.max(1)) {
                let sequences = chosen.iter().map(|row| rows.sequence(*row)).collect::<Result<Vec<Packed>>>()?;
                let predictions = self.scorer.score(&sequences)?;
                let mut cells = vec![
                    Cells::Text(vec![Some(split.name().to_owned()); chosen.len()]),
                    Cells::Counts(chosen.iter().map(|row| Some(u64::from(*row))).collect()),
                ];
                if places {
                    cells.extend(place_cells(&rows, chosen)?);
                }
                if of.truth {
                    cells.extend(truth_cells(&rows, chosen, self.outputs)?);
                }
                cells.extend(self.outputs.cells(&predictions, chosen.len())?);
                writer.write(cells)?;
                written += chosen.len() as u64;
                let done = passed + chosen.last().map_or(0, |row| u64::from(*row) + 1);
                progress(Progress { stage: "predicting", done, total: Some(total), unit: "rows" });
            }
            passed += rows.len() as u64;
        }
        writer.finish()?;
        Ok(Written { rows: written })
    }
}

fn place_cells(rows: &Rows, chosen: &[u32]) -> Result<Vec<Cells>> {
    let positions = rows.positions(chosen)?.ok_or_else(|| Error::bug("rows of a genome have no places"))?;
    let length = rows.info().shape.length as u64;
    let ends = positions.iter().map(|position| Some(position.start + length)).collect();
    let starts = positions.iter().map(|position| Some(position.start)).collect();
    let chromosomes = positions.into_iter().map(|position| Some(position.chromosome)).collect();
    Ok(vec![Cells::Text(chromosomes), Cells::Counts(starts), Cells::Counts(ends)])
}

/// The columns of what is true: `class`, or `true_LABEL` for each label that is predicted.
fn truth_columns(store: &Store, outputs: &Outputs) -> Vec<(String, Kind)> {
    let task = store.info().shape.task;
    if task.is_classes() {
        return vec![("class".to_owned(), Kind::Text)];
    }
    let kind = if task.is_regression() { Kind::Number } else { Kind::Count };
    outputs.chosen().iter().map(|(_, name)| (format!("true_{name}"), kind)).collect()
}

fn truth_cells(rows: &Rows, chosen: &[u32], outputs: &Outputs) -> Result<Vec<Cells>> {
    let (shape, labels) = (&rows.info().shape, rows.label_size());
    if shape.task.is_classes() {
        let classes = rows.classes(chosen)?.into_iter();
        let name = |class: i64| usize::try_from(class).ok().and_then(|class| shape.labels.get(class).cloned());
        return Ok(vec![Cells::Text(classes.map(name).collect())]);
    }
    let mut truth = vec![0.0; chosen.len() * labels];
    rows.decode_labels(chosen, &mut truth)?;
    let column = |at: usize| truth.iter().copied().skip(at).step_by(labels.max(1));
    let cells = outputs.chosen().iter().map(|(at, _)| {
        if shape.task.is_regression() {
            Cells::Numbers(column(*at).map(Some).collect())
        } else {
            Cells::Counts(column(*at).map(|value| Some(u64::from(value > 0.5))).collect())
        }
    });
    Ok(cells.collect())
}
