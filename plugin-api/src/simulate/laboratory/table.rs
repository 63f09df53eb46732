//! The table of a space of which every architecture was trained once: a benchmark that a search takes milliseconds on.
//!
//! A row is an architecture, its options first, then what was measured on the validation split after so many samples:
//! columns `loss@800`, `auroc@800`, `auprc@800` and so on. What an architecture shows between two measurements lies on
//! a straight line, before the first one on the line from a network that knows nothing, and after the last one it stays.

use std::collections::BTreeMap;

use crate::message::Epoch;
use crate::simulate::Curves;
use crate::space::Selection;
use crate::{Error, Result};

/// What a table measures, in the order of its columns.
pub const MEASURED: [&str; 3] = ["loss", "auroc", "auprc"];
/// The position of [`MEASURED`] that says how good an architecture is.
const QUALITY: usize = 2;
/// A network that gives each of two classes that are equally frequent a probability of one half.
const UNTRAINED: Point = Point { samples: 0.0, values: [std::f64::consts::LN_2, 0.5, 0.5] };

/// Learning curves by architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    curves: BTreeMap<Selection, Vec<Point>>,
    /// How good the architectures are, the worst first.
    qualities: Vec<f64>,
}

/// What was measured on the validation split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Training samples before.
    pub samples: f64,
    /// Loss, AUROC and AUPRC.
    pub values: [f64; 3],
}

impl Table {
    /// A table of these curves.
    pub fn new(curves: BTreeMap<Selection, Vec<Point>>) -> Self {
        let mut qualities: Vec<f64> = curves.values().filter_map(|curve| last(curve)).collect();
        qualities.sort_by(f64::total_cmp);
        Self { curves, qualities }
    }

    /// Reads a table.
    ///
    /// # Errors
    ///
    /// Its columns are others, a cell is not a number, or an architecture is there twice.
    pub fn from_text(text: &str) -> Result<Self> {
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().unwrap_or_default();
        let (decisions, columns) = head.split_at(head.iter().filter(|name| !name.contains('@')).count());
        let points = columns.chunks(MEASURED.len()).map(samples).collect::<Result<Vec<f64>>>()?;
        let mut curves = BTreeMap::new();
        for (cells, line) in lines.zip(2..) {
            let refuse = |why: &str| Error::invalid(format!("line {line} of the table: {why}"));
            if cells.len() != head.len() {
                return Err(refuse(&format!("{} cells: expected {}", cells.len(), head.len())));
            }
            let (options, cells) = cells.split_at(decisions.len());
            let options = decisions.iter().zip(options).map(|(id, option)| ((*id).to_owned(), (*option).to_owned()));
            let numbers =
                cells.iter().map(|cell| cell.parse().map_err(|_| refuse(&format!("'{cell}' is not a number"))));
            let numbers = numbers.collect::<Result<Vec<f64>>>()?;
            let values = numbers.chunks_exact(MEASURED.len()).map(|of| [of[0], of[1], of[2]]);
            let curve = points.iter().zip(values).map(|(&samples, values)| Point { samples, values });
            if curves.insert(Selection(options.collect()), curve.collect()).is_some() {
                return Err(refuse("an architecture that was there before"));
            }
        }
        Ok(Self::new(curves))
    }

    /// All architectures.
    pub fn architectures(&self) -> impl ExactSizeIterator<Item = &Selection> {
        self.curves.keys()
    }

    /// The curve of an architecture.
    pub fn curve(&self, selection: &Selection) -> Option<&[Point]> {
        self.curves.get(selection).map(Vec::as_slice)
    }

    /// How good the best architecture is.
    pub fn best(&self) -> f64 {
        self.qualities.last().copied().unwrap_or(f64::NAN)
    }

    /// The share of architectures that are no better than one this good.
    pub fn percentile(&self, quality: f64) -> f64 {
        self.qualities.partition_point(|other| *other <= quality) as f64 / self.qualities.len().max(1) as f64
    }

    /// What an architecture shows after so many samples.
    pub fn point(&self, selection: &Selection, samples: f64) -> Option<Point> {
        let mut before = UNTRAINED;
        for &after in self.curve(selection)? {
            if samples < after.samples {
                let part = (samples - before.samples) / (after.samples - before.samples);
                let values = [0, 1, 2].map(|at| before.values[at] + part * (after.values[at] - before.values[at]));
                return Some(Point { samples, values });
            }
            before = after;
        }
        Some(Point { samples, ..before })
    }
}

/// The AUPRC after the last epoch.
fn last(curve: &[Point]) -> Option<f64> {
    Some(curve.last()?.values[QUALITY])
}

/// After how many samples the columns of one measurement were measured.
fn samples(names: &[&str]) -> Result<f64> {
    let of = |name: &str, measured: &str| name.strip_prefix(measured)?.strip_prefix('@')?.parse::<f64>().ok();
    let all: Vec<_> = names.iter().zip(MEASURED).map(|(name, measured)| of(name, measured)).collect();
    match all[..] {
        [Some(first), second, third] if second == Some(first) && third == Some(first) => Ok(first),
        _ => Err(Error::invalid(format!(
            "columns {} of the table: expected loss, auroc and auprc after the same number of samples",
            names.join(", ")
        ))),
    }
}

/// The table as what the simulated host trains.
impl Curves for Table {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        last(self.curve(selection)?)
    }

    fn at(&self, selection: &Selection, samples: f64) -> Epoch {
        let Some(Point { values: [loss, auroc, auprc], .. }) = self.point(selection, samples) else {
            return Epoch::default();
        };
        // The table has no training loss.
        Epoch { train_loss: loss, valid_loss: loss, auroc: Some(auroc), auprc: Some(auprc), ..Epoch::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one\tloss@10\tauroc@10\tauprc@10\tloss@20\tauroc@20\tauprc@20\n\
                        a\t0.6000\t0.6000\t0.6000\t0.4000\t0.8000\t0.7000\n\
                        b\t0.5000\t0.7000\t0.7000\t0.5000\t0.7000\t0.6000\n";

    fn selection(option: &str) -> Selection {
        Selection([("one".to_owned(), option.to_owned())].into())
    }

    #[test]
    fn a_curve_is_a_line_from_nothing_through_the_measurements_and_then_stays() {
        let table = Table::from_text(TEXT).unwrap();
        for (samples, expected) in [(0.0, 0.5), (5.0, 0.55), (10.0, 0.6), (15.0, 0.7), (20.0, 0.8), (99.0, 0.8)] {
            let auroc = table.at(&selection("a"), samples).auroc.unwrap();
            assert!((auroc - expected).abs() < 1e-12, "{samples}");
        }
    }

    #[test]
    fn the_last_auprc_ranks() {
        let table = Table::from_text(TEXT).unwrap();
        let percentile = |option| table.percentile(table.quality(&selection(option)).unwrap());
        assert!(percentile("a") > 0.99 && percentile("b") < 0.51);
        assert!((table.best() - 0.7).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_place() {
        let refusal = |text: &str| Table::from_text(text).unwrap_err().message;
        assert_eq!(
            refusal(&TEXT.replace("auroc@20", "auroc@30")),
            "columns loss@20, auroc@30, auprc@20 of the table: expected loss, auroc and auprc after the same number of samples"
        );
        assert_eq!(refusal(&TEXT.replace("0.8000", "none")), "line 2 of the table: 'none' is not a number");
        assert_eq!(refusal(&TEXT.replace("b\t", "a\t")), "line 3 of the table: an architecture that was there before");
        assert_eq!(refusal(&format!("{TEXT}c\t0.1\n")), "line 4 of the table: 2 cells: expected 7");
    }
}
