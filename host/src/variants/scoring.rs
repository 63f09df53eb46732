//! Variants of a file scored in batches, and written in their order.

use std::collections::{BTreeMap, VecDeque};

use genomenas_data::bases::Packed;
use genomenas_data::error::{Error, Result};
use genomenas_data::inputs::Reference;
use genomenas_data::variants::{VariantFile, VariantRow, VariantWriter};
use genomenas_data::{OnProgress, Progress, Task};
use genomenas_report::streamed::{Cells, Kind, TableWriter};

use super::annotation::Annotation;
use super::effects::Effect;
use super::windows::{Skip, windows};
use crate::predict::Outputs;
use crate::run::trainer::Scorer;

/// How variants are scored and where the effects go.
pub struct ScoringVariants<'a> {
    /// The network.
    pub scorer: &'a mut dyn Scorer,
    /// The outputs that are written.
    pub outputs: &'a Outputs,
    /// What they mean.
    pub task: Task,
    /// Bases of a window.
    pub length: usize,
    /// Windows a batch.
    pub batch: usize,
    /// The genome.
    pub genome: &'a mut Reference,
    /// The table of effects, a row an allele and label.
    pub table: Option<TableWriter>,
    /// The annotated file.
    pub annotated: Option<(VariantWriter, Annotation)>,
}

/// What became of the alleles of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scored {
    /// Lines of the file.
    pub variants: u64,
    /// Alternative alleles that were scored.
    pub alleles: u64,
    /// Those that were not, by reason, with the first in words.
    pub skipped: BTreeMap<Skip, (u64, String)>,
}

/// The columns of the table.
pub fn columns() -> Vec<(String, Kind)> {
    let columns = [
        ("chromosome", Kind::Text),
        ("position", Kind::Count),
        ("id", Kind::Text),
        ("reference", Kind::Text),
        ("alternative", Kind::Text),
        ("label", Kind::Text),
        ("reference_prediction", Kind::Number),
        ("alternative_prediction", Kind::Number),
        ("difference", Kind::Number),
        ("log_odds_difference", Kind::Number),
        ("skipped", Kind::Text),
    ];
    columns.map(|(name, kind)| (name.to_owned(), kind)).into()
}

/// A line whose windows wait for their batch, by their places in it.
struct Waiting {
    row: VariantRow,
    reference: Option<usize>,
    alternatives: Vec<Result<usize, Skip>>,
}

impl ScoringVariants<'_> {
    /// Scores all variants of a file.
    ///
    /// # Errors
    ///
    /// The file, the genome, the network or an output fails; nothing is left of the outputs then.
    pub fn score(mut self, variants: &mut VariantFile, progress: OnProgress<'_>) -> Result<Scored> {
        let (mut scored, mut waiting, mut batch) = (Scored::default(), VecDeque::new(), Vec::new());
        while let Some(row) = variants.next_row()? {
            let found = windows(&row, self.genome, self.length)?;
            let mut place = |window: Packed| {
                batch.push(window);
                batch.len() - 1
            };
            let reference = found.reference.map(&mut place);
            let alternatives: Vec<_> = found.alternatives.into_iter().map(|window| window.map(&mut place)).collect();
            scored.count(&row, &alternatives);
            waiting.push_back(Waiting { row, reference, alternatives });
            // Lines without windows wait, too, and must not do so forever.
            if batch.len() >= self.batch || waiting.len() >= 16 * self.batch {
                self.flush(&mut waiting, &mut batch)?;
            }
            progress(Progress { stage: "scoring variants", done: scored.variants, total: None, unit: "variants" });
        }
        self.flush(&mut waiting, &mut batch)?;
        if let Some(table) = self.table {
            table.finish()?;
        }
        if let Some((writer, _)) = self.annotated {
            writer.finish()?;
        }
        Ok(scored)
    }

    fn flush(&mut self, waiting: &mut VecDeque<Waiting>, batch: &mut Vec<Packed>) -> Result<()> {
        let windows = std::mem::take(batch);
        let predictions = if windows.is_empty() { Vec::new() } else { self.scorer.score(&windows)? };
        let count = self.outputs.count();
        let of = |window: usize| predictions.get(window * count..(window + 1) * count);
        for Waiting { row, reference, alternatives } in waiting.drain(..) {
            let mut alleles = Vec::with_capacity(alternatives.len());
            for alternative in alternatives {
                alleles.push(match (alternative, reference) {
                    (Err(skip), _) => Err(skip),
                    (Ok(window), Some(reference)) => {
                        let both = of(reference).zip(of(window));
                        let (reference, alternative) = both.ok_or_else(|| Error::bug("predictions are missing"))?;
                        let effect = |(at, _): &(usize, String)| {
                            Some(Effect { reference: *reference.get(*at)?, alternative: *alternative.get(*at)? })
                        };
                        Ok(self.outputs.chosen().iter().filter_map(effect).collect::<Vec<_>>())
                    }
                    (Ok(_), None) => return Err(Error::bug("an allele without its reference")),
                });
            }
            if let Some(table) = &mut self.table {
                table.write(rows(&row, &alleles, self.outputs, self.task))?;
            }
            if let Some((writer, annotation)) = &mut self.annotated {
                writer.write(&row, &annotation.fields(&alleles))?;
            }
        }
        Ok(())
    }
}

impl Scored {
    fn count(&mut self, row: &VariantRow, alternatives: &[Result<usize, Skip>]) {
        self.variants += 1;
        for (alternative, allele) in alternatives.iter().zip(&row.alternatives) {
            match alternative {
                Ok(_) => self.alleles += 1,
                Err(skip) => {
                    let shown = |allele: &str| genomenas_data::text::shortened(allele);
                    let first = || {
                        let (reference, allele) = (shown(&row.reference), shown(allele));
                        format!("line {}, {}:{} {reference}>{allele}", row.line, row.chromosome, row.position)
                    };
                    self.skipped.entry(*skip).or_insert_with(|| (0, first())).0 += 1;
                }
            }
        }
    }
}

/// The rows of the table: one a label for an allele that was scored, one alone for another.
fn rows(row: &VariantRow, alleles: &[Result<Vec<Effect>, Skip>], outputs: &Outputs, task: Task) -> Vec<Cells> {
    let (mut alternatives, mut labels, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    let mut numbers: [Vec<Option<f32>>; 4] = Default::default();
    for (allele, name) in alleles.iter().zip(&row.alternatives) {
        let mut add = |label: Option<&String>, values: [Option<f32>; 4], skip: Option<Skip>| {
            alternatives.push(Some(name.clone()));
            labels.push(label.cloned());
            numbers.iter_mut().zip(values).for_each(|(numbers, value)| numbers.push(value));
            skipped.push(skip.map(|skip| skip.name().to_owned()));
        };
        match allele {
            Ok(effects) => {
                for (effect, (_, label)) in effects.iter().zip(outputs.chosen()) {
                    let Effect { reference, alternative } = *effect;
                    let log_odds = effect.log_odds_difference(task);
                    add(Some(label), [Some(reference), Some(alternative), Some(effect.difference()), log_odds], None);
                }
            }
            Err(skip) => add(None, [None; 4], Some(*skip)),
        }
    }
    let count = alternatives.len();
    let same = |text: Option<String>| Cells::Text(vec![text; count]);
    let mut cells = vec![
        same(Some(row.chromosome.clone())),
        Cells::Counts(vec![Some(row.position); count]),
        same(row.id.clone()),
        same(Some(row.reference.clone())),
        Cells::Text(alternatives),
        Cells::Text(labels),
    ];
    cells.extend(numbers.map(Cells::Numbers));
    cells.push(Cells::Text(skipped));
    cells
}
