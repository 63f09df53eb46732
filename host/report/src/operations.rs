//! Which operations the best architectures have more often than the others, with a permutation test.

use std::collections::BTreeMap;

use genomenas_plugin::rand::RngExt as _;
use genomenas_plugin::seed;

use crate::model::{Comparison, RunSummary};

/// What can be said of the operations of found architectures.
#[derive(Debug, PartialEq)]
pub(crate) enum Operations {
    /// No finished run chose from a space.
    None,
    /// So many runs have chosen from a space; a test needs [`FEWEST`].
    TooFew(usize),
    /// The operations, most over-represented first.
    Tested(Tested),
}

/// The result of the test.
#[derive(Debug, PartialEq)]
pub(crate) struct Tested {
    /// How many runs are the best, and how many the others.
    pub(crate) best: usize,
    pub(crate) others: usize,
    pub(crate) operations: Vec<Operation>,
}

/// An operation, and how often architectures have it.
#[derive(Debug, PartialEq)]
pub(crate) struct Operation {
    /// `normal: conv_3`.
    pub(crate) name: String,
    /// Mean number in the best architectures, and in the others.
    pub(crate) in_best: f64,
    pub(crate) in_others: f64,
    /// The probability of so large a difference of any operation where none matters.
    pub(crate) p: f64,
}

/// The fewest runs that are compared: of 8, two are the best, which can be drawn in 28 ways.
pub(crate) const FEWEST: usize = 8;
/// Drawn assignments of runs to the best.
pub(crate) const PERMUTATIONS: u32 = 2_000;
const SEED: u64 = 1;

/// Compares the best quarter of the runs by the ranking metric with the others.
///
/// The statistic of an operation is its difference of means divided by its standard deviation over all runs. Its p-value
/// is adjusted for looking at many operations: the share of permutations in which the largest statistic of all operations
/// is as large (P. H. Westfall and S. S. Young, "Resampling-Based Multiple Testing", 1993, single-step maxT), counting
/// the observed assignment as one of them.
pub(crate) fn operations(comparison: &Comparison) -> Operations {
    let runs = || comparison.entries.iter().flat_map(|entry| &entry.runs).filter(|run| !run.decisions.is_empty());
    let mut scored: Vec<(f64, &RunSummary)> =
        runs().filter_map(|run| Some((comparison.ranked_by.of(run.result()?)?, run))).collect();
    scored.retain(|(score, _)| score.is_finite());
    match scored.len() {
        0 => return Operations::None,
        few if few < FEWEST => return Operations::TooFew(few),
        _ => scored.sort_by(|left, right| right.0.total_cmp(&left.0)),
    }
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let counted: Vec<BTreeMap<String, f64>> = scored.iter().map(|(_, run)| counts(run)).collect();
    for name in counted.iter().flat_map(BTreeMap::keys) {
        let next = names.len();
        names.entry(name.clone()).or_insert(next);
    }
    let mut columns = vec![vec![0.0; scored.len()]; names.len()];
    for (row, counts) in counted.iter().enumerate() {
        for (name, count) in counts {
            if let Some(cell) = names.get(name).and_then(|at| columns.get_mut(*at)?.get_mut(row)) {
                *cell = *count;
            }
        }
    }
    let best = scored.len() / 4;
    let mut tested = test(&columns, best);
    let names: BTreeMap<usize, String> = names.into_iter().map(|(name, at)| (at, name)).collect();
    let mut operations: Vec<Operation> = names
        .into_values()
        .zip(tested.drain(..))
        .filter_map(|(name, tested)| {
            let (in_best, in_others, p) = tested?;
            Some(Operation { name, in_best, in_others, p })
        })
        .collect();
    let ahead = |operation: &Operation| operation.in_best - operation.in_others;
    operations.sort_by(|left, right| left.p.total_cmp(&right.p).then(ahead(right).total_cmp(&ahead(left))));
    Operations::Tested(Tested { best, others: scored.len() - best, operations })
}

/// How often a run chose each option, decisions of one kind together: "normal.0.1" is of the kind "normal".
fn counts(run: &RunSummary) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for made in &run.decisions {
        let kind = made.decision.split('.').next().unwrap_or(&made.decision);
        *counts.entry(format!("{kind}: {}", made.option)).or_insert(0.0) += 1.0;
    }
    counts
}

/// The means of each column over the first `best` rows and over the others, and the adjusted p-value; `None` for a
/// column in which all rows agree.
fn test(columns: &[Vec<f64>], best: usize) -> Vec<Option<(f64, f64, f64)>> {
    let rows = columns.first().map_or(0, Vec::len);
    let others = rows.saturating_sub(best);
    let sums: Vec<f64> = columns.iter().map(|column| column.iter().sum()).collect();
    let scale: Vec<f64> = columns.iter().map(|column| spread(column)).collect();
    // The statistic of a column whose best rows have this sum.
    let statistic = |at: usize, sum: f64| {
        let means = (sum / best as f64, (sums[at] - sum) / others as f64);
        ((means.0 - means.1) / scale[at], means)
    };
    let open: Vec<usize> = (0..columns.len()).filter(|at| scale[*at] > 0.0).collect();
    let observed: Vec<f64> = columns.iter().map(|column| column.iter().take(best).sum()).collect();
    let mut reached = vec![1_u32; columns.len()];
    let mut order: Vec<usize> = (0..rows).collect();
    let mut draws = seed::stream(SEED, "operations", 0);
    for _ in 0..PERMUTATIONS {
        for at in 0..best {
            order.swap(at, draws.random_range(at..rows));
        }
        let largest = open.iter().map(|&at| {
            let sum = order.iter().take(best).map(|row| columns[at][*row]).sum();
            statistic(at, sum).0.abs()
        });
        let largest = largest.fold(0.0, f64::max);
        for &at in &open {
            reached[at] += u32::from(largest >= statistic(at, observed[at]).0.abs() - 1e-9);
        }
    }
    let of = |at: usize| {
        let (_, (in_best, in_others)) = statistic(at, observed[at]);
        (scale[at] > 0.0).then(|| (in_best, in_others, f64::from(reached[at]) / f64::from(PERMUTATIONS + 1)))
    };
    (0..columns.len()).map(of).collect()
}

fn spread(column: &[f64]) -> f64 {
    crate::statistics::standard_deviation(column).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DecisionMade;
    use crate::sample;

    fn comparison(runs: u32, option: impl Fn(u32) -> &'static str) -> Comparison {
        let mut comparison = sample::comparison();
        let made =
            |decision: &str, option: &str| DecisionMade { decision: decision.to_owned(), option: option.to_owned() };
        let of = |number: u32| RunSummary {
            decisions: vec![
                made("normal.0.0", option(number)),
                made("normal.0.1", if number.is_multiple_of(2) { "pool" } else { "skip" }),
            ],
            ..sample::run(u64::from(number), 0.9 - f64::from(number) * 0.01, 1_000)
        };
        comparison.entries = vec![sample::entry("random-search", false, (0..runs).map(of).collect())];
        comparison
    }

    #[test]
    fn an_operation_that_only_the_best_have_is_found_and_one_that_follows_a_coin_is_not() {
        let Operations::Tested(tested) =
            operations(&comparison(40, |number| if number < 10 { "conv" } else { "none" }))
        else {
            panic!("there are enough runs")
        };
        assert_eq!((tested.best, tested.others), (10, 30));
        let of = |name: &str| tested.operations.iter().find(|operation| operation.name == name).unwrap();
        let conv = of("normal: conv");
        assert!((conv.in_best - 1.0).abs() < 1e-9 && conv.in_others.abs() < 1e-9 && conv.p < 0.001);
        assert!(of("normal: pool").p > 0.5);
        assert_eq!(tested.operations.first().map(|operation| operation.name.as_str()), Some("normal: conv"));
    }

    #[test]
    fn few_runs_are_not_tested_and_an_operation_that_all_have_is_left_out() {
        assert_eq!(operations(&comparison(7, |_| "conv")), Operations::TooFew(7));
        let Operations::Tested(tested) = operations(&comparison(8, |_| "conv")) else { panic!() };
        assert!(tested.operations.iter().all(|operation| operation.name != "normal: conv"));
        let mut none = comparison(8, |_| "conv");
        none.entries[0].runs.iter_mut().for_each(|run| run.decisions.clear());
        assert_eq!(operations(&none), Operations::None);
    }
}
