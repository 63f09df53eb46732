//! From gathered scores to metrics, label by label on several threads.

use genomenas_data::error::{Error, Result};

use super::collect::{Collector, Truth};
use super::decided::{ClassCount, Decided, OverClasses};
use super::rank::{decide, rank};
use super::values::{Orders, Pair, agreement};
use super::{Averages, Bootstrap, GroupMetrics, LabelMetrics, Measure, Metrics, key};

/// What shall be measured of the rows of a [`Collector`].
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The labels' names, in order.
    pub names: &'a [String],
    /// The group of each label, "" where it has none; empty: there are no groups.
    pub groups: &'a [String],
    /// Where the thresholds of independent labels come from.
    pub thresholds: Thresholds<'a>,
    /// How the means shall get intervals.
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
    /// From these rows: of each label the one with the highest F1.
    Best,
    /// From other rows; `None` for a label that they have no positive row of.
    Given(&'a [Option<f64>]),
}

impl<'a> Asked<'a> {
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
    /// Rows are missing, or there are more or fewer names, groups or thresholds than labels, or rows of the bootstrap.
    pub fn finish(self, asked: &Asked<'_>) -> Result<Metrics> {
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
        let mut metrics = Metrics {
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
        };
        if let Some(bootstrap) = asked.bootstrap {
            let members: Vec<_> = groups.into_iter().map(|(_, members)| members).collect();
            bootstrap.resample(self, measures, &members, asked.threads, &mut metrics)?;
        }
        Ok(metrics)
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

    fn measure_labels(&self, asked: &Asked<'_>, counts: &[ClassCount]) -> Vec<LabelMetrics> {
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

    /// The scores' keys of a label.
    pub(super) fn column(&self, label: usize) -> &[u32] {
        self.scores.chunks_exact(self.rows).nth(label).unwrap_or_default()
    }

    /// Measures a label or class; `room` is for the keys of its positive and of its negative rows.
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
        let decided = match count {
            Some(count) => count.against_the_rest(self.rows as u64),
            None => decide(positive, negative, HALF),
        };
        let threshold = match (thresholds, count) {
            (Thresholds::None, _) | (_, Some(_)) => None,
            (Thresholds::Best, None) => ranked.threshold,
            (Thresholds::Given(thresholds), None) => thresholds.get(label).copied().flatten(),
        };
        let at_threshold = threshold.map(|threshold| decide(positive, negative, threshold));
        LabelMetrics {
            positives: positive.len() as u64,
            negatives: negative.len() as u64,
            auroc: ranked.auroc,
            auprc: ranked.auprc,
            f1: decided.f1(),
            mcc: decided.mcc(),
            threshold,
            f1_at_threshold: at_threshold.and_then(Decided::f1),
            mcc_at_threshold: at_threshold.and_then(Decided::mcc),
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

    /// The predictions and true values of a label of a regression, and their orders.
    pub(super) fn values(&self, label: usize) -> (Vec<Pair>, Orders) {
        let truth = match &self.truth {
            Truth::Values(values) => values.chunks_exact(self.rows).nth(label).unwrap_or_default(),
            Truth::Labels(_) | Truth::Classes { .. } => &[],
        };
        let column = self.column(label);
        let pair = |(&key, &truth): (&u32, &f32)| Pair { predicted: key::score(key).into(), truth: truth.into() };
        let pairs = column.iter().zip(truth).map(pair).collect();
        (pairs, Orders::of(column, truth.iter().map(|&value| key::of(value))))
    }
}

/// What a probability must be above where no other threshold is asked for.
pub(super) const HALF: f64 = 0.5;

/// The groups in the order in which they first occur, each with its labels.
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

/// Does something to a part of the slots on each thread; a part comes with the number of its first slot.
pub(super) fn in_parts<T: Send>(threads: usize, slots: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    let share = slots.len().div_ceil(threads.clamp(1, slots.len().max(1))).max(1);
    std::thread::scope(|scope| {
        for (part, slots) in slots.chunks_mut(share).enumerate() {
            let work = &work;
            scope.spawn(move || work(part * share, slots));
        }
    });
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
            let asked = Asked { threads, groups: &groups, thresholds: Thresholds::Best, ..Asked::of(&names) };
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
        let metrics = collector.finish(&Asked { thresholds: Thresholds::Best, ..Asked::of(&names(2)) }).unwrap();
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
            collector.finish(&Asked { thresholds, ..Asked::of(&names) }).unwrap()
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
        let refused = |asked: &Asked<'_>| {
            let mut collector = Collector::new(2, 1).unwrap();
            collector.push(&[0.1, 0.2], &[0.0, 1.0]).unwrap();
            collector.finish(asked).is_err()
        };
        let (one, two) = (names(1), names(2));
        assert!(refused(&Asked::of(&one)) && !refused(&Asked::of(&two)));
        assert!(refused(&Asked { groups: &one, ..Asked::of(&two) }));
        assert!(refused(&Asked { thresholds: Thresholds::Given(&[None]), ..Asked::of(&two) }));
        assert!(Collector::new(2, 1).unwrap().finish(&Asked::of(&two)).is_err(), "a row is missing");
    }
}
