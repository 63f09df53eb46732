//! The entries of a comparison that have a result, with their differences, judged by seeds and test set.

use std::collections::BTreeMap;

use crate::leaderboard::{self, LeaderboardRow, Spread, Turn};
use crate::metrics::Resamples;
use crate::model::{Comparison, Ranking, RunSummary};
use crate::statistics::{Measured, Pairs, Terms, compare, mean, quantile};

/// The entries with a result, best first, and what their differences come to.
pub(crate) struct Judged<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) metric: Ranking,
    pub(super) rows: Vec<LeaderboardRow<'a>>,
    /// The ranked metric of each.
    pub(super) spreads: Vec<Spread>,
    pub(super) pairs: Pairs,
    /// What each entry reached in each turn.
    measured: Vec<Vec<Option<Measured>>>,
    folds: Vec<Option<u32>>,
    blocks: usize,
}

/// What is said of the best entry.
#[derive(Debug, PartialEq)]
pub(super) struct Top {
    /// Whether it differs from every other by more than seeds explain.
    pub(super) ahead: bool,
    /// The others that it is not distinguishable from; none where one seed says nothing.
    pub(super) among: Vec<usize>,
    /// Whether any pair with it has more than one paired run.
    pub(super) seeds: bool,
    /// Whether every such pair is judged by the test set, too.
    pub(super) test_set: bool,
}

impl Top {
    /// Whether it differs from every other by more than seeds and test set explain.
    pub(super) fn leads(&self) -> bool {
        self.ahead && self.test_set
    }
}

impl<'a> Judged<'a> {
    pub(crate) fn of(comparison: &'a Comparison) -> Self {
        let metric = comparison.ranked_by;
        let rows: Vec<LeaderboardRow<'a>> =
            leaderboard::rows(comparison).into_iter().filter(|row| row.rank.is_some()).collect();
        let spreads: Vec<Spread> = rows.iter().map(|row| row.score(metric)).collect();
        let mut turns: Vec<Turn> = spreads.iter().flat_map(|spread| &spread.values).map(|(turn, _)| *turn).collect();
        turns.sort_unstable();
        turns.dedup();
        let finished: Vec<BTreeMap<Turn, &RunSummary>> = rows.iter().map(|row| finished(row)).collect();
        // The first resamples that a run of this turn kept.
        let kept = |turn: &Turn| finished.iter().find_map(|of| of.get(turn)?.resamples.as_ref());
        let kept: Vec<Option<&Resamples>> = turns.iter().map(kept).collect();
        let measured: Vec<Vec<Option<Measured>>> = finished
            .iter()
            .zip(&spreads)
            .map(|(runs, spread)| {
                let values: BTreeMap<Turn, f64> = spread.values.iter().copied().collect();
                let of = |(turn, first): (&Turn, Option<&Resamples>)| {
                    measured(values.get(turn).copied()?, runs.get(turn).copied(), first, metric)
                };
                turns.iter().zip(kept.iter().copied()).map(of).collect()
            })
            .collect();
        let blocks = kept.iter().flatten().map(|resamples| resamples.blocks).min().unwrap_or(0);
        let folds: Vec<Option<u32>> = turns.iter().map(|turn| turn.fold).collect();
        let pairs = compare(&measured, &terms(comparison, &folds, blocks));
        Self { comparison, metric, rows, spreads, pairs, measured, folds, blocks }
    }

    fn terms(&self) -> Terms<'_> {
        terms(self.comparison, &self.folds, self.blocks)
    }

    pub(super) fn name(&self, at: usize) -> &'a str {
        self.rows.get(at).map_or("", |row| row.entry.name.as_str())
    }

    /// Whether two entries differ by more than is explained.
    pub(super) fn differ(&self, first: usize, second: usize) -> bool {
        self.pairs.differ(first, second, &self.terms())
    }

    /// What is said of the first entry.
    pub(super) fn top(&self) -> Top {
        let others = 1..self.rows.len();
        let judged = || self.pairs.pairs.iter().filter(|pair| pair.of.0 == 0 && pair.seeds.is_some());
        let seeds = judged().next().is_some();
        let test_set = judged().all(|pair| pair.test_set.is_some());
        let among: Vec<usize> = others.clone().filter(|&other| seeds && !self.differ(0, other)).collect();
        let ahead = seeds && among.is_empty() && !others.is_empty();
        Top { ahead, among, seeds, test_set }
    }

    /// The percentile interval of the mean of an entry over resamples of the test set.
    pub(super) fn test_interval(&self, at: usize) -> Option<(f64, f64)> {
        let runs: Vec<&Measured> = self.measured.get(at)?.iter().flatten().collect();
        let count = runs.first()?.resamples.len();
        if runs.iter().any(|run| run.resamples.len() != count) {
            return None;
        }
        let of =
            |number: usize| mean(&runs.iter().filter_map(|run| run.resamples.get(number).copied()).collect::<Vec<_>>());
        let mut means: Vec<f64> = (0..count).filter_map(of).filter(|mean| mean.is_finite()).collect();
        means.sort_by(f64::total_cmp);
        let tail = (1.0 - CONFIDENCE) / 2.0;
        Some((quantile(&means, tail)?, quantile(&means, 1.0 - tail)?))
    }
}

/// The confidence of every interval of the statistics.
pub(super) const CONFIDENCE: f64 = 0.95;

fn terms<'t>(comparison: &Comparison, folds: &'t [Option<u32>], blocks: usize) -> Terms<'t> {
    let shares: Vec<f64> = comparison
        .data
        .folds
        .iter()
        .filter(|fold| fold.rows.train > 0)
        .map(|fold| fold.rows.test as f64 / fold.rows.train as f64)
        .collect();
    Terms { folds, test_to_train: mean(&shares).unwrap_or_default(), blocks, confidence: CONFIDENCE }
}

/// The runs of an entry that have a result.
fn finished<'r>(row: &LeaderboardRow<'r>) -> BTreeMap<Turn, &'r RunSummary> {
    row.entry.runs.iter().filter(|run| run.result().is_some()).map(|run| (Turn::of(run), run)).collect()
}

/// The score of a turn; with its resamples where they draw the same rows as those of the turn's first run.
fn measured(value: f64, run: Option<&RunSummary>, first: Option<&Resamples>, metric: Ranking) -> Option<Measured> {
    let value = Some(value).filter(|value| value.is_finite())?;
    let drawn = run.and_then(|run| run.resamples.as_ref());
    let drawn = drawn.filter(|drawn| first.is_some_and(|first| first.pairs_with(drawn)));
    let values = drawn.and_then(|drawn| drawn.of(None, metric.key())).unwrap_or_default();
    Some(Measured { value, resamples: values.iter().map(|value| value.unwrap_or(f64::NAN)).collect() })
}
