//! The table of a space of which every architecture was trained once: a benchmark that a search takes milliseconds on.
//!
//! A row is an architecture, its options first, then what was measured on the validation split after so many samples:
//! columns `loss@800`, `auroc@800`, `auprc@800` and so on. What an architecture shows between two measurements lies on
//! a straight line, before the first one on the line from a network that knows nothing, and after the last one it stays.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::project;
use crate::runs::{journal, of_type};

/// The options of an architecture by decision.
pub type Options = BTreeMap<String, String>;

/// Learning curves by architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    decisions: Vec<String>,
    curves: BTreeMap<Options, Vec<Point>>,
}

/// What was measured on the validation split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Training samples before.
    pub samples: f64,
    /// Loss, AUROC and AUPRC.
    pub values: [f64; 3],
}

const MEASURED: [&str; 3] = ["loss", "auroc", "auprc"];
/// The position of [`MEASURED`] that says how good an architecture is.
const QUALITY: usize = 2;
/// A network that gives each of two classes that are equally frequent a probability of one half.
const UNTRAINED: Point = Point { samples: 0.0, values: [std::f64::consts::LN_2, 0.5, 0.5] };

impl Table {
    /// The table of [`tiny`](crate::tiny).
    pub fn tiny() -> Self {
        let path = project::path("tests/data/tiny/curves.tsv");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::from_text(&text)
    }

    /// Reads a table as [`to_text`](Self::to_text) writes it.
    pub fn from_text(text: &str) -> Self {
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().unwrap_or_default();
        let of_decisions = head.iter().filter(|name| !name.contains('@')).count();
        let (decisions, columns) = head.split_at(of_decisions);
        let samples: Vec<f64> = columns
            .chunks(MEASURED.len())
            .map(|names| {
                let (first, samples) = names[0].split_once('@').unwrap();
                assert_eq!(first, MEASURED[0], "{names:?}");
                assert!(names.iter().zip(MEASURED).all(|(name, measured)| *name == format!("{measured}@{samples}")));
                samples.parse().unwrap()
            })
            .collect();
        let mut curves = BTreeMap::new();
        for cells in lines {
            assert_eq!(cells.len(), head.len(), "{cells:?}");
            let (options, numbers) = cells.split_at(of_decisions);
            let options = decisions.iter().zip(options).map(|(id, option)| ((*id).to_owned(), (*option).to_owned()));
            let number = |at: usize| numbers[at].parse::<f64>().unwrap();
            let point = |(at, &samples): (usize, &f64)| Point {
                samples,
                values: [0, 1, 2].map(|measured| number(at * MEASURED.len() + measured)),
            };
            let twice = curves.insert(options.collect(), samples.iter().enumerate().map(point).collect());
            assert!(twice.is_none(), "an architecture is there twice: {cells:?}");
        }
        Self { decisions: decisions.iter().map(|&id| id.to_owned()).collect(), curves }
    }

    /// The table as text.
    pub fn to_text(&self) -> String {
        let mut text = self.decisions.join("\t");
        for point in self.curves.values().next().into_iter().flatten() {
            for name in MEASURED {
                write!(text, "\t{name}@{}", point.samples).unwrap();
            }
        }
        text.push('\n');
        for (options, curve) in &self.curves {
            let options: Vec<&str> = self.decisions.iter().map(|id| options[id].as_str()).collect();
            text += &options.join("\t");
            for value in curve.iter().flat_map(|point| point.values) {
                write!(text, "\t{value:.4}").unwrap();
            }
            text.push('\n');
        }
        text
    }

    /// The learning curves of all trials of a search in the folder `run`, with the columns in the order of `decisions`.
    pub fn from_run(decisions: &[&str], run: &Path) -> Self {
        let journal = journal(run);
        let proposals = of_type(&journal, "propose", None);
        let trials =
            proposals.iter().flat_map(|record| record["proposal"]["trials"].as_array().cloned().unwrap_or_default());
        let options =
            |trial: Value| -> Options { serde_json::from_value(trial["network"]["selection"].clone()).unwrap() };
        let trained: Vec<Options> = trials.map(options).collect();
        let mut curves: BTreeMap<Options, Vec<Point>> = BTreeMap::new();
        for record in of_type(&journal, "epoch", None) {
            let trial = usize::try_from(record["trial"].as_u64().unwrap()).unwrap();
            let of = |name: &str| record["epoch"][name].as_f64().unwrap();
            let samples = record["report"]["cost"]["samples"].as_f64().unwrap();
            let point = Point { samples, values: [of("valid_loss"), of("auroc"), of("auprc")] };
            curves.entry(trained[trial].clone()).or_default().push(point);
        }
        Self { decisions: decisions.iter().map(|&id| id.to_owned()).collect(), curves }
    }

    /// All architectures.
    pub fn architectures(&self) -> impl ExactSizeIterator<Item = &Options> {
        self.curves.keys()
    }

    /// The curve of an architecture.
    pub fn curve(&self, options: &Options) -> Option<&[Point]> {
        self.curves.get(options).map(Vec::as_slice)
    }

    /// How good an architecture is in the end: its AUPRC after the last epoch.
    pub fn quality(&self, options: &Options) -> Option<f64> {
        Some(self.curve(options)?.last()?.values[QUALITY])
    }

    /// The share of architectures that are no better than this one.
    pub fn percentile(&self, options: &Options) -> f64 {
        let quality = self.quality(options).unwrap_or_else(|| panic!("{options:?} is not in the table"));
        let no_better = self.architectures().filter(|other| self.quality(other).unwrap() <= quality).count();
        no_better as f64 / self.curves.len() as f64
    }

    /// What an architecture shows after so many samples.
    pub fn at(&self, options: &Options, samples: f64) -> Point {
        let curve = self.curve(options).unwrap_or_else(|| panic!("{options:?} is not in the table"));
        let mut before = UNTRAINED;
        for &after in curve {
            if samples < after.samples {
                let part = (samples - before.samples) / (after.samples - before.samples);
                let values = [0, 1, 2].map(|at| before.values[at] + part * (after.values[at] - before.values[at]));
                return Point { samples, values };
            }
            before = after;
        }
        Point { samples, ..before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one\tloss@10\tauroc@10\tauprc@10\tloss@20\tauroc@20\tauprc@20\n\
                        a\t0.6000\t0.6000\t0.6000\t0.4000\t0.8000\t0.7000\n\
                        b\t0.5000\t0.7000\t0.7000\t0.5000\t0.7000\t0.6000\n";

    fn options(option: &str) -> Options {
        [("one".to_owned(), option.to_owned())].into()
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(Table::from_text(TEXT).to_text(), TEXT);
    }

    #[test]
    fn a_curve_is_a_line_from_nothing_through_the_measurements_and_then_stays() {
        let auroc = |samples| Table::from_text(TEXT).at(&options("a"), samples).values[1];
        for (samples, expected) in [(0.0, 0.5), (5.0, 0.55), (10.0, 0.6), (15.0, 0.7), (20.0, 0.8), (99.0, 0.8)] {
            assert!((auroc(samples) - expected).abs() < 1e-12, "{samples}");
        }
    }

    #[test]
    fn the_last_auprc_ranks() {
        let table = Table::from_text(TEXT);
        assert!(table.percentile(&options("a")) > 0.99 && table.percentile(&options("b")) < 0.51);
    }
}
