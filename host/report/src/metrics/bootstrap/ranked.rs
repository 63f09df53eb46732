//! The rank metrics of one label in many resamples, in one pass.

use super::draw::{LANES, Weights};
use crate::metrics::collector::Collector;
use crate::metrics::confusion::Confusion;
use crate::metrics::parallel::in_parts;
use crate::metrics::rank::{HALF, is_above};
use crate::metrics::truth::Truth;

/// How many rows score above 0.5, and above the label's threshold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cuts {
    half: usize,
    threshold: Option<usize>,
}

/// The row has the label.
const POSITIVE: u32 = 1;
/// The last row with its score, where at least one row with that score has the label.
const LAST: u32 = 2;
/// Above the flags lies the row.
const ROW: u32 = 2;

/// Replaces the scores of each label by its rows, from the highest score down; among equal scores, rows with the label
/// come first. A regression keeps its scores and has no cuts.
pub(super) fn order(collector: &mut Collector, thresholds: &[Option<f64>], threads: usize) -> Vec<Cuts> {
    let (Truth::Labels(bits) | Truth::Classes { bits, .. }) = &collector.truth else {
        return Vec::new();
    };
    let columns = collector.scores.chunks_exact_mut(collector.rows);
    let mut labels: Vec<(&mut [u32], Cuts)> = columns.map(|column| (column, Cuts::default())).collect();
    in_parts(threads, &mut labels, |first, part| {
        let mut room = (Vec::new(), Vec::new());
        for (label, (column, cuts)) in (first..).zip(part) {
            let threshold = thresholds.get(label).copied().flatten();
            let above = |threshold| column.iter().filter(|&&key| is_above(key, threshold)).count();
            *cuts = Cuts { half: above(HALF), threshold: threshold.map(above) };
            order_label(column, bits.of_label(label), &mut room);
        }
    });
    labels.into_iter().map(|(_, cuts)| cuts).collect()
}

/// Keys of scores with their rows.
type Keyed = Vec<(u32, u32)>;

fn order_label(column: &mut [u32], has: impl Iterator<Item = bool>, (positive, negative): &mut (Keyed, Keyed)) {
    positive.clear();
    negative.clear();
    for ((row, &key), has) in (0..).zip(column.iter()).zip(has) {
        if has { &mut *positive } else { &mut *negative }.push((key, row));
    }
    radsort::sort_by_key(positive, |pair| pair.0);
    radsort::sort_by_key(negative, |pair| pair.0);
    let mut open = None;
    for place in 0..column.len() {
        let (top, bottom) = (positive.last().copied(), negative.last().copied());
        let from_positive = match (top, bottom) {
            (Some(top), Some(bottom)) => top.0 >= bottom.0,
            (top, _) => top.is_some(),
        };
        let taken = if from_positive { positive.pop() } else { negative.pop() };
        let Some((key, row)) = taken else { break };
        if open.is_some_and(|score| score != key) {
            mark_last(column, place);
            open = None;
        }
        if from_positive {
            open = Some(key);
        }
        if let Some(slot) = column.get_mut(place) {
            *slot = row << ROW | if from_positive { POSITIVE } else { 0 };
        }
    }
    if open.is_some() {
        mark_last(column, column.len());
    }
}

fn mark_last(column: &mut [u32], end: usize) {
    if let Some(last) = end.checked_sub(1).and_then(|last| column.get_mut(last)) {
        *last |= LAST;
    }
}

/// Weights of rows, of one resample a lane.
type Lanes = [u32; LANES];

/// A walk over a label's rows from the highest score down.
#[derive(Clone, Debug, Default)]
pub(super) struct RankWalk {
    /// Rows so far with the label, up to the last finished score, and rows without it.
    found: Lanes,
    passed: Lanes,
    /// Rows with the current score that have the label, and rows without it that score higher.
    tie: Lanes,
    passed_before: Lanes,
    open: bool,
    /// Twice the pairs of rows in which the one without the label scores higher; a tie is half a pair.
    losses_twice: [u64; LANES],
    precision: [f64; LANES],
    half: (Lanes, Lanes),
    threshold: Option<(Lanes, Lanes)>,
}

impl RankWalk {
    pub(super) fn over(order: &[u32], cuts: &Cuts, weights: &Weights) -> Self {
        let mut walked = Self::default();
        let walk = |from: usize, to: usize, walked: &mut Self| {
            walked.walk(order.get(from..to).unwrap_or_default(), &weights.0);
        };
        // Each cut lies between two scores, so nothing is open there.
        let threshold = cuts.threshold.unwrap_or(cuts.half);
        let (first, second) = (cuts.half.min(threshold), cuts.half.max(threshold));
        walk(0, first, &mut walked);
        let at_first = (walked.found, walked.passed);
        walk(first, second, &mut walked);
        let at_second = (walked.found, walked.passed);
        walk(second, order.len(), &mut walked);
        let half_first = cuts.half <= threshold;
        walked.half = if half_first { at_first } else { at_second };
        walked.threshold = cuts.threshold.map(|_| if half_first { at_second } else { at_first });
        walked
    }

    fn walk(&mut self, order: &[u32], weights: &[[u8; LANES]]) {
        for code in order {
            let Some(weight) = weights.get((code >> ROW) as usize) else { continue };
            if code & POSITIVE == 0 {
                add(&mut self.passed, weight);
            } else {
                if !self.open {
                    self.open = true;
                    self.passed_before = self.passed;
                }
                add(&mut self.tie, weight);
            }
            if code & LAST != 0 {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        for lane in 0..LANES {
            let tie = self.tie[lane];
            self.found[lane] += tie;
            let (found, passed, before) = (self.found[lane], self.passed[lane], self.passed_before[lane]);
            self.losses_twice[lane] += u64::from(tie) * (u64::from(passed) + u64::from(before));
            let chosen = (f64::from(found) + f64::from(passed)).max(1.0);
            self.precision[lane] += f64::from(tie) * (f64::from(found) / chosen);
        }
        self.tie = [0; LANES];
        self.open = false;
    }

    /// Rows of a resample.
    pub(super) fn rows(&self, lane: usize) -> u64 {
        u64::from(self.found[lane]) + u64::from(self.passed[lane])
    }

    pub(super) fn auroc(&self, lane: usize) -> Option<f64> {
        let pairs = f64::from(self.found[lane]) * f64::from(self.passed[lane]);
        (pairs > 0.0).then(|| 1.0 - self.losses_twice[lane] as f64 / (2.0 * pairs))
    }

    pub(super) fn auprc(&self, lane: usize) -> Option<f64> {
        let found = f64::from(self.found[lane]);
        (found > 0.0).then(|| self.precision[lane] / found)
    }

    pub(super) fn at_half(&self, lane: usize) -> Confusion {
        self.confusion(&self.half, lane)
    }

    pub(super) fn at_threshold(&self, lane: usize) -> Option<Confusion> {
        self.threshold.as_ref().map(|cut| self.confusion(cut, lane))
    }

    fn confusion(&self, (found, passed): &(Lanes, Lanes), lane: usize) -> Confusion {
        let [positives, negatives, hits, false_positives] =
            [self.found[lane], self.passed[lane], found[lane], passed[lane]].map(u64::from);
        Confusion::new(positives, negatives, hits, false_positives)
    }
}

fn add(sums: &mut Lanes, weight: &[u8; LANES]) {
    for (sum, weight) in sums.iter_mut().zip(weight) {
        *sum += u32::from(*weight);
    }
}
