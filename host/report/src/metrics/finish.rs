//! From gathered scores to metrics, label by label on several threads.

use genomenas_data::error::{Error, Result};

use super::average::Averages;
use super::bootstrap::Bootstrap;
use super::collector::Collector;
use super::confusion::{ClassCount, Confusion, OverClasses};
use super::label::LabelMetrics;
use super::measure::Measure;
use super::parallel::in_parts;
use super::rank::{HALF, confusion_at, rank};
use super::regression::agreement;
use super::resamples::Resamples;
use super::results::{GroupMetrics, Metrics};
use super::truth::Truth;

/// What [`Collector::finish`] measures.
#[derive(Clone, Copy, Debug)]
pub struct MetricOptions<'a> {
    /// The labels' names, in order.
    pub names: &'a [String],
    /// The group of each label, "" for none; an empty slice where there are no groups.
    pub groups: &'a [String],
    /// Where the thresholds of independent labels come from.
    pub thresholds: Thresholds<'a>,
    /// The bootstrap that adds intervals to the means.
    pub bootstrap: Option<&'a Bootstrap>,
    /// Threads to measure on.
    pub threads: usize,
}

/// Where the thresholds of independent labels come from. The rows of the test split never choose one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Thresholds<'a> {
    /// There are none.
    #[default]
    None,
    /// From these rows: the one with the highest F1 of each label.
    Best,
    /// From other rows; `None` for a label without a positive row there.
    Given(&'a [Option<f64>]),
}

impl<'a> MetricOptions<'a> {
    /// Metrics of labels with these names: no groups, thresholds or intervals, one thread.
    pub fn of(names: &'a [String]) -> Self {
        Self { names, groups: &[], thresholds: Thresholds::None, bootstrap: None, threads: 1 }
    }
}

impl Collector {
    /// Measures every label.
    ///
    /// # Errors
    ///
    /// Rows are missing, the names, groups or thresholds are not as many as the labels, or the bootstrap is one of another
    /// number of rows.
    pub fn finish(self, asked: &MetricOptions<'_>) -> Result<Metrics> {
        let mut metrics = self.measured(asked)?;
        if let Some(bootstrap) = asked.bootstrap {
            let members: Vec<_> = groups_of(asked.groups).into_iter().map(|(_, members)| members).collect();
            let measures = self.measures(asked.thresholds);
            bootstrap.resample(self, measures, &members, asked.threads, &mut metrics)?;
        }
        Ok(metrics)
    }

    /// As [`finish`](Self::finish), without intervals, and with the averages in each resample of `bootstrap`, so that runs
    /// on the same rows can be compared resample by resample.
    ///
    /// # Errors
    ///
    /// As those of `finish`.
    pub fn finish_with_resamples(
        self,
        asked: &MetricOptions<'_>,
        bootstrap: &Bootstrap,
    ) -> Result<(Metrics, Resamples)> {
        let metrics = self.measured(asked)?;
        let measures = self.measures(asked.thresholds);
        let resamples = bootstrap.resamples(self, measures, &groups_of(asked.groups), asked.threads, &metrics)?;
        Ok((metrics, resamples))
    }

    fn measured(&self, asked: &MetricOptions<'_>) -> Result<Metrics> {
        let expect = |what: &str, found: usize| {
            if found == self.labels {
                return Ok(());
            }
            Err(Error::failed(format!("metrics of {} labels need as many {what}, and got {found}", self.labels)))
        };
        expect("names", asked.names.len())?;
        if !asked.groups.is_empty() {
            expect("groups", asked.groups.len())?;
        }
        if let Thresholds::Given(thresholds) = asked.thresholds {
            expect("thresholds", thresholds.len())?;
        }
        self.expect_all_rows()?;
        let counts = self.class_counts();
        let labels = self.measure_labels(asked, &counts);
        let measures = self.measures(asked.thresholds);
        let groups = groups_of(asked.groups);
        let over = OverClasses::of(&counts);
        Ok(Metrics {
            rows: self.rows,
            accuracy: over.accuracy,
            balanced_accuracy: over.balanced_accuracy,
            class_mcc: over.mcc,
            averages: Averages::over(measures, labels.iter()),
            groups: groups
                .iter()
                .map(|(name, members)| GroupMetrics {
                    name: (*name).to_owned(),
                    labels: members.len(),
                    averages: Averages::over(measures, members.iter().filter_map(|&label| labels.get(label))),
                })
                .collect(),
            labels,
            ..Metrics::default()
        })
    }

    fn measures(&self, thresholds: Thresholds<'_>) -> &'static [Measure] {
        match self.truth {
            Truth::Values(_) => Measure::OF_VALUES,
            Truth::Labels(_) if thresholds != Thresholds::None => Measure::OF_LABELS,
            Truth::Labels(_) | Truth::Classes { .. } => Measure::OF_CLASSES,
        }
    }

    /// The counts of every class; empty where there are no classes.
    fn class_counts(&self) -> Vec<ClassCount> {
        let Truth::Classes { class, chosen, .. } = &self.truth else {
            return Vec::new();
        };
        let mut counts = vec![ClassCount::default(); self.labels];
        for (&class, &chosen) in class.iter().zip(chosen) {
            if let Some(count) = counts.get_mut(class as usize) {
                count.rows += 1;
                count.hits += u64::from(class == chosen);
            }
            if let Some(count) = counts.get_mut(chosen as usize) {
                count.chosen += 1;
            }
        }
        counts
    }

    fn measure_labels(&self, asked: &MetricOptions<'_>, counts: &[ClassCount]) -> Vec<LabelMetrics> {
        let mut labels = vec![LabelMetrics::default(); self.labels];
        in_parts(asked.threads, &mut labels, |first, part| {
            let mut room = (Vec::new(), Vec::new());
            for (label, slot) in (first..).zip(part) {
                let name = asked.names.get(label).cloned().unwrap_or_default();
                *slot = match &self.truth {
                    Truth::Values(_) => self.measure_values(label),
                    Truth::Labels(_) | Truth::Classes { .. } => {
                        self.measure_ranks(label, asked.thresholds, counts.get(label), &mut room)
                    }
                };
                slot.name = name;
            }
        });
        labels
    }

    /// Measures a label or class. `room` is reused memory for the keys of its positive and its negative rows.
    fn measure_ranks(
        &self,
        label: usize,
        thresholds: Thresholds<'_>,
        count: Option<&ClassCount>,
        room: &mut (Vec<u32>, Vec<u32>),
    ) -> LabelMetrics {
        let (positive, negative) = room;
        positive.clear();
        negative.clear();
        let words = match &self.truth {
            Truth::Labels(bits) | Truth::Classes { bits, .. } => bits.words(label),
            Truth::Values(_) => &[],
        };
        for (keys, word) in self.column(label).chunks(64).zip(words) {
            for (row, &key) in keys.iter().enumerate() {
                if word >> row & 1 == 1 {
                    positive.push(key);
                } else {
                    negative.push(key);
                }
            }
        }
        radsort::sort(positive);
        radsort::sort(negative);
        let ranked = rank(positive, negative);
        let confusion = match count {
            Some(count) => count.against_the_rest(self.rows as u64),
            None => confusion_at(positive, negative, HALF),
        };
        let threshold = match (thresholds, count) {
            (Thresholds::None, _) | (_, Some(_)) => None,
            (Thresholds::Best, None) => ranked.threshold,
            (Thresholds::Given(thresholds), None) => thresholds.get(label).copied().flatten(),
        };
        let at_threshold = threshold.map(|threshold| confusion_at(positive, negative, threshold));
        LabelMetrics {
            positives: positive.len() as u64,
            negatives: negative.len() as u64,
            auroc: ranked.auroc,
            auprc: ranked.auprc,
            f1: confusion.f1(),
            mcc: confusion.mcc(),
            threshold,
            f1_at_threshold: at_threshold.and_then(Confusion::f1),
            mcc_at_threshold: at_threshold.and_then(Confusion::mcc),
            ..LabelMetrics::default()
        }
    }

    fn measure_values(&self, label: usize) -> LabelMetrics {
        let (pairs, orders) = self.values(label);
        let agreement = agreement(&pairs, &orders, |_| 1);
        LabelMetrics {
            pearson: agreement.pearson,
            spearman: agreement.spearman,
            r2: agreement.r2,
            mse: agreement.mse,
            ..LabelMetrics::default()
        }
    }
}

/// The groups in the order in which they first occur, each with the indices of its labels.
fn groups_of(groups: &[String]) -> Vec<(&str, Vec<usize>)> {
    let mut found: Vec<(&str, Vec<usize>)> = Vec::new();
    for (label, group) in groups.iter().enumerate().filter(|(_, group)| !group.is_empty()) {
        match found.iter_mut().find(|(name, _)| name == group) {
            Some((_, members)) => members.push(label),
            None => found.push((group, vec![label])),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|label| format!("label {label}")).collect()
    }

    #[test]
    fn batches_of_any_size_give_the_same_metrics_on_any_number_of_threads() {
        let (labels, rows) = (5, 131);
        let scores: Vec<f32> = (0..labels * rows).map(|index| (index * 7919 % 101) as f32 / 101.0).collect();
        let truth: Vec<f32> = (0..labels * rows).map(|index| f32::from(index * 31 % 7 < 2)).collect();
        let names = names(labels);
        let groups = ["a", "b", "", "a", "a"].map(str::to_owned);
        let measure = |batch: usize, threads: usize| {
            let mut collector = Collector::new(labels, rows).unwrap();
            for (scores, truth) in scores.chunks(batch * labels).zip(truth.chunks(batch * labels)) {
                collector.push(scores, truth).unwrap();
            }
            let asked =
                MetricOptions { threads, groups: &groups, thresholds: Thresholds::Best, ..MetricOptions::of(&names) };
            collector.finish(&asked).unwrap()
        };
        let expected = measure(rows, 1);
        assert_eq!(expected.averages.auroc.defined, labels);
        let sizes: Vec<_> = expected.groups.iter().map(|group| (group.name.as_str(), group.labels)).collect();
        assert_eq!(sizes, [("a", 3), ("b", 1)]);
        for (batch, threads) in [(1, 2), (7, 3), (64, 99)] {
            assert_eq!(measure(batch, threads), expected);
        }
    }

    #[test]
    fn a_label_that_never_occurs_is_undefined_skipped_and_counted() {
        let mut collector = Collector::new(2, 2).unwrap();
        collector.push(&[0.9, 0.1, 0.2, 0.8], &[1.0, 0.0, 0.0, 0.0]).unwrap();
        let metrics =
            collector.finish(&MetricOptions { thresholds: Thresholds::Best, ..MetricOptions::of(&names(2)) }).unwrap();
        let label = &metrics.labels[1];
        assert_eq!((label.positives, label.negatives, label.prevalence()), (0, 2, Some(0.0)));
        assert_eq!((label.auroc, label.auprc, label.f1, label.mcc, label.threshold), (None, None, None, None, None));
        for measure in Measure::OF_LABELS {
            let average = metrics.averages.get(*measure);
            assert_eq!((average.mean, average.defined, average.undefined), (Some(1.0), 1, 1), "{}", measure.name());
        }
    }

    #[test]
    fn a_threshold_comes_from_other_rows_and_decides_these() {
        let names = names(1);
        let measure = |scores: &[f32], truth: &[f32], thresholds: Thresholds<'_>| {
            let mut collector = Collector::new(1, scores.len()).unwrap();
            collector.push(scores, truth).unwrap();
            collector.finish(&MetricOptions { thresholds, ..MetricOptions::of(&names) }).unwrap()
        };
        let valid = measure(&[0.4, 0.3, 0.1, 0.2], &[1.0, 1.0, 0.0, 0.0], Thresholds::Best);
        assert_eq!(valid.thresholds(), [Some(f64::midpoint(f64::from(0.3_f32), f64::from(0.2_f32)))]);
        let test = measure(&[0.26, 0.24, 0.1], &[1.0, 1.0, 0.0], Thresholds::Given(&valid.thresholds()));
        let label = &test.labels[0];
        assert_eq!((label.f1, label.f1_at_threshold), (Some(0.0), Some(2.0 / 3.0)));
        assert_eq!((label.mcc, label.mcc_at_threshold), (Some(0.0), Some(0.5)));
    }

    #[test]
    fn names_groups_and_thresholds_of_another_number_of_labels_are_refused() {
        let refused = |asked: &MetricOptions<'_>| {
            let mut collector = Collector::new(2, 1).unwrap();
            collector.push(&[0.1, 0.2], &[0.0, 1.0]).unwrap();
            collector.finish(asked).is_err()
        };
        let (one, two) = (names(1), names(2));
        assert!(refused(&MetricOptions::of(&one)) && !refused(&MetricOptions::of(&two)));
        assert!(refused(&MetricOptions { groups: &one, ..MetricOptions::of(&two) }));
        assert!(refused(&MetricOptions { thresholds: Thresholds::Given(&[None]), ..MetricOptions::of(&two) }));
        assert!(Collector::new(2, 1).unwrap().finish(&MetricOptions::of(&two)).is_err(), "a row is missing");
    }
}
