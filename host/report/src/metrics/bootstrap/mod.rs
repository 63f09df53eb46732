//! Bootstrap intervals of averages: rows, or chromosomes with all their rows, are drawn with replacement, and every
//! resample is measured (Efron, "Bootstrap methods: another look at the jackknife", 1979; the percentile method).
//!
//! No row is copied. A resample is one weight per row, how often it was drawn, and every measure is computed from the
//! weights in one pass over the rows in the order of their scores, for [`LANES`] resamples at once. Labels are sorted
//! once; their orders replace the scores.

mod draw;
mod ranked;

use genomenas_data::error::{Error, Result};

use super::average::{Averages, Interval};
use super::collector::Collector;
use super::confusion::{ClassCount, Confusion, OverClasses};
use super::measure::Measure;
use super::parallel::in_parts;
use super::regression::agreement;
use super::resamples::{ACCURACY, ResampledAverage, Resamples};
use super::results::{Metrics, Resampled, Resampling};
use super::truth::Truth;
use crate::statistics::{self, quantile};
use draw::{Draws, LANES, Weights};
use ranked::{Cuts, RankWalk};

/// Draws resamples, and makes intervals from them.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    draws: Draws,
    resampled: Resampled,
}

impl Bootstrap {
    /// Draws `resamples` times from blocks of rows. `blocks` holds the block of each row, by any number.
    ///
    /// # Errors
    ///
    /// There are fewer than two blocks, no resamples, more rows than can be drawn from, or a confidence that is not
    /// between 0 and 1.
    pub fn new(resamples: u32, by: Resampling, blocks: &[u32], confidence: f64, seed: u64) -> Result<Self> {
        if resamples == 0 || !(confidence > 0.0 && confidence < 1.0) {
            return Err(Error::input(format!(
                "bootstrap intervals need at least 1 resample and a confidence between 0 and 1, and got {resamples} and {confidence}"
            )));
        }
        let draws = Draws::new(blocks, seed)?;
        let blocks = draws.blocks();
        let resampled = Resampled {
            resamples,
            by,
            blocks,
            confidence,
            seed,
            accuracy: None,
            balanced_accuracy: None,
            class_mcc: None,
        };
        Ok(Self { draws, resampled })
    }

    /// Adds intervals to the averages of `metrics`, which were measured on the rows of `collector`.
    pub(super) fn resample(
        &self,
        collector: Collector,
        measures: &[Measure],
        groups: &[Vec<usize>],
        threads: usize,
        metrics: &mut Metrics,
    ) -> Result<()> {
        let Drawn { samples, over_classes } = self.draw(collector, measures, groups, threads, &metrics.thresholds())?;
        let interval = |values: Vec<f64>| {
            interval(values.into_iter().filter(|value| !value.is_nan()).collect(), self.resampled.confidence)
        };
        let averages =
            std::iter::once(&mut metrics.averages).chain(metrics.groups.iter_mut().map(|group| &mut group.averages));
        for (averages, samples) in averages.zip(samples) {
            add_intervals(averages, measures, samples, interval);
        }
        let over = |of: fn(&OverClasses) -> Option<f64>| interval(over_classes.iter().filter_map(of).collect());
        metrics.bootstrap = Some(Resampled {
            accuracy: over(|over| over.accuracy),
            balanced_accuracy: over(|over| over.balanced_accuracy),
            class_mcc: over(|over| over.mcc),
            ..self.resampled
        });
        Ok(())
    }

    /// The averages in each resample, as a run keeps them; `metrics` were measured on the rows of `collector`.
    pub(super) fn resamples(
        &self,
        collector: Collector,
        measures: &[Measure],
        groups: &[(&str, Vec<usize>)],
        threads: usize,
        metrics: &Metrics,
    ) -> Result<Resamples> {
        let members: Vec<Vec<usize>> = groups.iter().map(|(_, members)| members.clone()).collect();
        let Drawn { samples, over_classes } =
            self.draw(collector, measures, &members, threads, &metrics.thresholds())?;
        let names = std::iter::once(None).chain(groups.iter().map(|(name, _)| Some((*name).to_owned())));
        let mut averages: Vec<ResampledAverage> = Vec::new();
        for (group, samples) in names.zip(samples) {
            averages.extend(measures.iter().zip(samples).map(|(measure, values)| ResampledAverage {
                group: group.clone(),
                metric: measure.key().to_owned(),
                values: values.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect(),
            }));
        }
        if !over_classes.is_empty() {
            let values = over_classes.iter().map(|over| over.accuracy).collect();
            averages.push(ResampledAverage { group: None, metric: ACCURACY.to_owned(), values });
        }
        let Resampled { by, blocks, seed, .. } = self.resampled;
        Ok(Resamples { by, blocks, seed, averages })
    }

    /// Measures every resample.
    fn draw(
        &self,
        mut collector: Collector,
        measures: &[Measure],
        groups: &[Vec<usize>],
        threads: usize,
        thresholds: &[Option<f64>],
    ) -> Result<Drawn> {
        if self.draws.rows() != collector.rows {
            return Err(Error::bug(format!(
                "a bootstrap of {} rows was asked for {} rows",
                self.draws.rows(),
                collector.rows
            )));
        }
        let cuts = ranked::order(&mut collector, thresholds, threads);
        let all: Vec<usize> = (0..collector.labels).collect();
        let mut samples = vec![vec![Vec::new(); measures.len()]; groups.len() + 1];
        let mut over_classes: Vec<OverClasses> = Vec::new();
        let mut labels = vec![[[f64::NAN; LANES]; MOST_MEASURES]; collector.labels];
        for first in (0..self.resampled.resamples).step_by(LANES) {
            let weights = self.draws.weights(first);
            let lanes = LANES.min((self.resampled.resamples - first) as usize);
            let counts = class_counts(&collector, &weights);
            in_parts(threads, &mut labels, |first, part| {
                for (label, slot) in (first..).zip(part) {
                    *slot = measure(&collector, label, cuts.get(label), counts.get(label), &weights);
                }
            });
            for lane in 0..lanes {
                for (members, samples) in std::iter::once(&all).chain(groups).zip(&mut samples) {
                    for (number, samples) in samples.iter_mut().enumerate() {
                        let of = |&label: &usize| labels.get(label).map(|measured| measured[number][lane]);
                        let defined: Vec<f64> = members.iter().filter_map(of).filter(|value| !value.is_nan()).collect();
                        samples.push(statistics::mean(&defined).unwrap_or(f64::NAN));
                    }
                }
                if !counts.is_empty() {
                    let counts: Vec<ClassCount> = counts.iter().map(|lanes| lanes[lane]).collect();
                    over_classes.push(OverClasses::of(&counts));
                }
            }
        }
        Ok(Drawn { samples, over_classes })
    }
}

/// The averages of every resample: of all labels and of each group, for each measure; NaN where undefined.
struct Drawn {
    samples: Vec<Vec<Vec<f64>>>,
    /// None without classes.
    over_classes: Vec<OverClasses>,
}

/// The most measures that a task has.
const MOST_MEASURES: usize = 6;

/// The values of each measure of a label in each resample, in the order of the task's measures; NaN where undefined.
type Measured = [[f64; LANES]; MOST_MEASURES];

fn measure(
    collector: &Collector,
    label: usize,
    cuts: Option<&Cuts>,
    counts: Option<&[ClassCount; LANES]>,
    weights: &Weights,
) -> Measured {
    let mut measured = [[f64::NAN; LANES]; MOST_MEASURES];
    let mut set = |lane: usize, values: &[Option<f64>]| {
        for (of_measure, value) in measured.iter_mut().zip(values) {
            of_measure[lane] = value.unwrap_or(f64::NAN);
        }
    };
    if matches!(collector.truth, Truth::Values(_)) {
        let (pairs, orders) = collector.values(label);
        for lane in 0..LANES {
            let agreement = agreement(&pairs, &orders, |row| weights.of(row, lane));
            set(lane, &[agreement.pearson, agreement.spearman, agreement.r2, agreement.mse]);
        }
    } else if let Some(cuts) = cuts {
        let walked = RankWalk::over(collector.column(label), cuts, weights);
        for lane in 0..LANES {
            let rows = walked.rows(lane);
            let confusion = match counts {
                Some(counts) => counts[lane].against_the_rest(rows),
                None => walked.at_half(lane),
            };
            let at_threshold = walked.at_threshold(lane);
            set(
                lane,
                &[
                    walked.auroc(lane),
                    walked.auprc(lane),
                    confusion.f1(),
                    confusion.mcc(),
                    at_threshold.and_then(Confusion::f1),
                    at_threshold.and_then(Confusion::mcc),
                ],
            );
        }
    }
    measured
}

/// The counts of every class in every resample; empty where there are no classes.
fn class_counts(collector: &Collector, weights: &Weights) -> Vec<[ClassCount; LANES]> {
    let Truth::Classes { class, chosen, .. } = &collector.truth else {
        return Vec::new();
    };
    let mut counts = vec![[ClassCount::default(); LANES]; collector.labels];
    for (row, (&class, &chosen)) in class.iter().zip(chosen).enumerate() {
        for lane in 0..LANES {
            let weight = u64::from(weights.of(row, lane));
            if let Some(counts) = counts.get_mut(class as usize) {
                counts[lane].rows += weight;
                counts[lane].hits += if class == chosen { weight } else { 0 };
            }
            if let Some(counts) = counts.get_mut(chosen as usize) {
                counts[lane].chosen += weight;
            }
        }
    }
    counts
}

fn add_intervals(
    averages: &mut Averages,
    measures: &[Measure],
    samples: Vec<Vec<f64>>,
    interval: impl Fn(Vec<f64>) -> Option<Interval>,
) {
    for (&measure, samples) in measures.iter().zip(samples) {
        averages.get_mut(measure).interval = interval(samples);
    }
}

/// The middle share `confidence` of some values; `None` without a value.
fn interval(mut values: Vec<f64>, confidence: f64) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
}

#[cfg(test)]
mod tests;
