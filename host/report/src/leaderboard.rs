//! The leaderboard: entries in order, each with its statistics over seeds.

use std::fmt::{Display, Formatter};

use crate::humanize::{self, NOTHING};
use crate::metrics::Metrics;
use crate::model::{Comparison, Entry, PhaseCost, Published, Ranking, RunState, RunSummary};
use crate::statistics;
use genomenas_data::text::{bounded, cell, grouped, printable};

/// An entry, its rank and its statistics.
#[derive(Debug)]
pub(super) struct LeaderboardRow<'a> {
    pub(super) entry: &'a Entry,
    /// The entry's place in the plan, which decides its colour.
    pub(super) slot: usize,
    /// From 1; `None` without a finished run for which the metric is defined.
    pub(super) rank: Option<usize>,
    /// One for each of [`Comparison::columns`].
    pub(super) scores: [Spread; 3],
    pub(super) parameters: Option<Count>,
    pub(super) multiply_adds: Option<Count>,
    pub(super) search: Option<MeanCost>,
    pub(super) training: Option<MeanCost>,
    pub(super) finished: usize,
    pub(super) failed: usize,
}

/// What others reported of one model in one place: its results in the columns of the leaderboard, and the others.
#[derive(Debug)]
pub(super) struct PublishedRow<'a> {
    pub(super) name: &'a str,
    pub(super) source: &'a str,
    /// One for each of [`Comparison::columns`].
    pub(super) scores: [Option<f64>; 3],
    /// Results in other metrics.
    pub(super) others: Vec<&'a Published>,
}

/// What the rows of [`published`] are, for a person.
pub(super) const PUBLISHED: &str = "reported by others, on their terms: not measured here and not ranked";

/// What runs of an entry differ in, and runs of two entries are paired by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub(super) fold: Option<u32>,
    pub(super) seed: u64,
}

/// A metric over the runs that have it.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    pub(super) values: Vec<(Turn, f64)>,
    pub(super) mean: Option<f64>,
    pub(super) deviation: Option<f64>,
}

/// A count over the finished runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Count {
    /// All runs agree.
    Same(u64),
    /// They differ.
    Mean(f64),
}

/// The mean cost of the finished runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeanCost {
    pub(super) samples: f64,
    pub(super) seconds: f64,
    pub(super) multiply_adds: f64,
    pub(super) trials: f64,
}

impl Turn {
    pub(super) fn of(run: &RunSummary) -> Self {
        Self { fold: run.fold, seed: run.seed }
    }
}

impl Display for Turn {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        self.fold.map_or(Ok(()), |fold| write!(out, "fold {fold}, "))?;
        write!(out, "seed {}", self.seed)
    }
}

/// Whether runs differ in their folds, too.
pub(super) fn has_folds(rows: &[LeaderboardRow<'_>]) -> bool {
    rows.iter().flat_map(|row| &row.entry.runs).any(|run| run.fold.is_some())
}

impl Spread {
    /// The values alone.
    pub(super) fn plain(&self) -> Vec<f64> {
        self.values.iter().map(|(_, value)| *value).collect()
    }

    /// "0.873 ± 0.004", or "0.873" for one seed.
    pub(super) fn text(&self) -> String {
        match (self.mean, self.deviation) {
            (Some(mean), Some(deviation)) => format!("{mean:.3} ± {deviation:.3}"),
            (mean, _) => humanize::metric(mean),
        }
    }
}

impl Count {
    /// "46,929,039", or "~46,929,039" as the mean of runs that differ.
    pub(super) fn text(count: Option<Self>) -> String {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts; it saturates")]
        match count {
            None => NOTHING.to_owned(),
            Some(Self::Same(number)) => grouped(number),
            Some(Self::Mean(mean)) => format!("~{}", grouped(mean.round() as u64)),
        }
    }

    /// "1.25 M", or "~1.25 M" as the mean of runs that differ.
    pub(super) fn short_text(count: Option<Self>) -> String {
        match count {
            None => NOTHING.to_owned(),
            Some(Self::Same(number)) => humanize::short(number as f64),
            Some(Self::Mean(mean)) => format!("~{}", humanize::short(mean)),
        }
    }
}

/// Best first; entries without a result last, in the order of the plan.
pub(super) fn rows(comparison: &Comparison) -> Vec<LeaderboardRow<'_>> {
    let entries = comparison.entries.iter().enumerate();
    let columns = comparison.columns();
    let mut rows: Vec<_> = entries.map(|(slot, entry)| row(entry, slot, columns)).collect();
    let key = |row: &LeaderboardRow<'_>| row.score(comparison.ranked_by).mean.filter(|mean| mean.is_finite());
    rows.sort_by(|left, right| {
        let worst = f64::NEG_INFINITY;
        key(right).unwrap_or(worst).total_cmp(&key(left).unwrap_or(worst))
    });
    for (index, row) in rows.iter_mut().enumerate() {
        row.rank = key(row).map(|_| index + 1);
    }
    rows
}

/// The row of the ceiling, which has no rank and stands below the others.
pub(super) fn ceiling(comparison: &Comparison) -> Option<LeaderboardRow<'_>> {
    let ceiling = comparison.ceiling.as_ref()?;
    let row = row(&ceiling.entry, comparison.entries.len(), comparison.columns());
    // All entries together paid for its search.
    Some(LeaderboardRow { search: None, ..row })
}

/// What the row of the ceiling is, for a person; nothing where there is none.
pub(super) fn ceiling_note(comparison: &Comparison) -> Option<String> {
    let ceiling = comparison.ceiling.as_ref()?;
    let of = if ceiling.found_by.is_empty() {
        "the best architecture that anyone finds".to_owned()
    } else {
        format!("the best architecture that anyone found ({})", printable(&ceiling.found_by.join("; ")))
    };
    Some(format!(
        "ceiling: {of}, by {} on the validation split, trained again by the common recipe with every seed; no strategy, and not ranked",
        comparison.ranked_by.name()
    ))
}

/// The run of the first entry that did best on the validation split.
pub fn best_run(comparison: &Comparison) -> Option<&RunSummary> {
    let first = rows(comparison).into_iter().find(|row| row.rank.is_some())?;
    let loss = |run: &RunSummary| run.valid.and_then(|valid| valid.loss).unwrap_or(f64::INFINITY);
    finished(first.entry).min_by(|one, other| loss(one).total_cmp(&loss(other)))
}

/// The entries whose final training was one to the optimum of a convex loss, in place of the common recipe.
pub(super) fn trained_to_optimum<'a>(rows: &[LeaderboardRow<'a>]) -> Vec<&'a str> {
    let all = rows.iter().map(|row| row.entry);
    let of = all.filter(|entry| entry.runs.iter().any(|run| run.trained_to_optimum));
    of.map(|entry| entry.name.as_str()).collect()
}

/// Which entries were added to the comparison after it had begun, and when; nothing where none was.
pub(super) fn added_later(rows: &[LeaderboardRow<'_>]) -> Option<String> {
    let of = |row: &LeaderboardRow<'_>| {
        row.entry.added.as_ref().map(|day| format!("{} on {}", cell(&row.entry.name), printable(day)))
    };
    let added: Vec<String> = rows.iter().filter_map(of).collect();
    (!added.is_empty()).then(|| format!("added later, on the same terms: {}", added.join(", ")))
}

/// Why runs of an entry failed: how many, and the reason of the first; nothing where none did.
pub(super) fn why_failed(row: &LeaderboardRow<'_>) -> Option<String> {
    /// Letters of the reason beside a name; the rest of it stands with the run.
    const LONGEST: usize = 300;
    let reason = row.entry.runs.iter().find_map(RunSummary::failure)?;
    let (failed, all) = (row.failed, row.entry.runs.len());
    let count = if failed == all { "failed".to_owned() } else { format!("{failed} of {all} runs failed") };
    Some(format!("{count}: {}", bounded(&printable(reason), LONGEST)))
}

/// How many entries are not shown; nothing where all are.
pub(super) fn hidden(comparison: &Comparison) -> Option<String> {
    match comparison.hidden {
        0 => None,
        1 => Some("1 entry of this comparison is hidden".to_owned()),
        count => Some(format!("{count} entries of this comparison are hidden")),
    }
}

/// What others reported, in the order in which it was listed.
pub(super) fn published(comparison: &Comparison) -> Vec<PublishedRow<'_>> {
    let columns = comparison.columns();
    let mut rows: Vec<PublishedRow<'_>> = Vec::new();
    for result in &comparison.published {
        let (name, source) = (result.name.as_str(), result.source.as_str());
        let at = rows.iter().position(|row| row.name == name && row.source == source).unwrap_or_else(|| {
            rows.push(PublishedRow { name, source, scores: [None; 3], others: Vec::new() });
            rows.len() - 1
        });
        let column = result.ranking().and_then(|ranking| columns.iter().position(|column| *column == ranking));
        match column {
            Some(column) => rows[at].scores[column] = Some(result.value),
            None => rows[at].others.push(result),
        }
    }
    rows
}

impl PublishedRow<'_> {
    /// "MCC 0.840, sensitivity 0.900".
    pub(super) fn others_text(&self) -> String {
        let of = |result: &&Published| format!("{} {}", result.metric.trim(), humanize::metric(Some(result.value)));
        self.others.iter().map(of).collect::<Vec<_>>().join(", ")
    }
}

/// A metric of the test split over the seeds of an entry.
pub(super) fn spread(entry: &Entry, metric: impl Fn(&Metrics) -> Option<f64>) -> Spread {
    let values: Vec<(Turn, f64)> =
        entry.runs.iter().filter_map(|run| Some((Turn::of(run), metric(run.result()?)?))).collect();
    let plain: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    Spread { mean: statistics::mean(&plain), deviation: statistics::standard_deviation(&plain), values }
}

impl LeaderboardRow<'_> {
    /// A metric of the test split over the entry's seeds.
    pub(super) fn score(&self, ranking: Ranking) -> Spread {
        spread(self.entry, |metrics| ranking.of(metrics))
    }
}

fn row(entry: &Entry, slot: usize, columns: [Ranking; 3]) -> LeaderboardRow<'_> {
    LeaderboardRow {
        entry,
        slot,
        rank: None,
        scores: columns.map(|column| spread(entry, |metrics| column.of(metrics))),
        parameters: count(entry, |run| run.parameters),
        multiply_adds: count(entry, |run| run.multiply_adds),
        search: cost(entry, |run| run.search),
        training: cost(entry, |run| run.training),
        finished: entry.runs.iter().filter(|run| run.state == RunState::Done).count(),
        failed: entry.runs.iter().filter(|run| run.failure().is_some()).count(),
    }
}

fn finished(entry: &Entry) -> impl Iterator<Item = &RunSummary> {
    entry.runs.iter().filter(|run| run.state == RunState::Done)
}

fn count(entry: &Entry, of: impl Fn(&RunSummary) -> Option<u64>) -> Option<Count> {
    let counts: Vec<u64> = finished(entry).filter_map(of).collect();
    let first = *counts.first()?;
    if counts.iter().all(|other| *other == first) {
        return Some(Count::Same(first));
    }
    let plain: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
    statistics::mean(&plain).map(Count::Mean)
}

fn cost(entry: &Entry, of: impl Fn(&RunSummary) -> PhaseCost) -> Option<MeanCost> {
    let mean = |part: fn(PhaseCost) -> f64| {
        let parts: Vec<f64> = finished(entry).map(|run| part(of(run))).collect();
        statistics::mean(&parts)
    };
    Some(MeanCost {
        samples: mean(|cost| cost.used.samples as f64)?,
        seconds: mean(|cost| cost.used.seconds)?,
        multiply_adds: mean(|cost| cost.used.multiply_adds as f64)?,
        trials: mean(|cost| cost.trials as f64)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn order(comparison: &Comparison) -> Vec<(Option<usize>, &str)> {
        rows(comparison).iter().map(|row| (row.rank, row.entry.name.as_str())).collect()
    }

    #[test]
    fn the_best_mean_comes_first_and_entries_without_a_result_last() {
        assert_eq!(
            order(&sample::comparison()),
            [
                (Some(1), "danq width=0.1"),
                (Some(2), "deepsea width=0.1"),
                (Some(3), "random-search"),
                (None, "broken"),
                (None, "waiting"),
            ]
        );
    }

    #[test]
    fn what_others_reported_stands_in_its_column_and_is_never_ranked() {
        let mut comparison = sample::comparison();
        let ranked = order(&comparison).into_iter().map(|(rank, name)| (rank, name.to_owned())).collect::<Vec<_>>();
        comparison.published = sample::published();
        assert_eq!(ranked.iter().map(|(rank, name)| (*rank, name.as_str())).collect::<Vec<_>>(), order(&comparison));
        let rows = published(&comparison);
        let shown: Vec<_> = rows.iter().map(|row| (row.name, row.scores, row.others_text())).collect();
        assert_eq!(
            shown,
            [
                ("DeepSEA", [Some(0.999), Some(0.9), None], String::new()),
                ("CNNProm", [None; 3], "MCC 0.840".to_owned()),
            ]
        );
    }

    #[test]
    fn the_ranking_metric_decides() {
        let mut comparison = sample::comparison();
        comparison.ranked_by = Ranking::Auprc;
        assert_eq!(order(&comparison).first(), Some(&(Some(1), "random-search")));
    }

    #[test]
    fn a_failed_run_is_counted_and_gives_no_number_even_if_it_left_metrics() {
        let mut comparison = sample::comparison();
        let run = &mut comparison.entries[1].runs[0];
        run.state = RunState::Failed { reason: "out of memory".to_owned() };
        let rows = rows(&comparison);
        let row = rows.iter().find(|row| row.slot == 1).unwrap();
        assert_eq!((row.failed, row.finished, row.scores[0].values.len()), (1, 1, 1));
        assert_eq!(row.scores[0].deviation, None);
    }
}
