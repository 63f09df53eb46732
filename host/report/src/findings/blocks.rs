//! Tests over blocks: label groups, folds and seeds (Demšar, "Statistical comparisons of classifiers over multiple data sets",
//! 2006).

use std::collections::BTreeSet;

use super::judged::Judged;
use crate::humanize::plural;
use crate::leaderboard::Turn;
use crate::model::{BlockTests, PairedRanks, RunSummary};
use crate::statistics::{critical_difference, friedman, holm, midranks, nemenyi, ranks, wilcoxon};

/// From fewer blocks the distributions of the tests are known to be wrong, by the paper above.
const ENOUGH: usize = 10;
/// The level of every test.
const LEVEL: f64 = 0.05;

/// The tests; `None` for fewer than two entries, or where no block has a score of every entry.
pub(super) fn tests(judged: &Judged<'_>) -> Option<BlockTests> {
    let (blocks, of) = blocks(judged)?;
    let names: Vec<String> = (0..judged.rows.len()).map(|at| judged.name(at).to_owned()).collect();
    let (count, entries) = (blocks.len(), names.len());
    let enough = count >= ENOUGH;
    let test = friedman(&blocks);
    let differ = test.is_some_and(|test| test.p < LEVEL);
    let difference = (enough && entries > 2).then(|| critical_difference(LEVEL, entries, count));
    let mut ranks = ranks(&names, &blocks, difference);
    if !differ {
        // Pairs are looked at only where Friedman's test says that there is a difference.
        ranks.groups = vec![(0..entries).collect()];
    }
    let average = average_ranks(&blocks, entries);
    let column = |at: usize| blocks.iter().filter_map(move |block| block.get(at).copied());
    let mut pairs = Vec::new();
    for first in 0..entries {
        for second in first + 1..entries {
            let differences: Vec<f64> = column(first).zip(column(second)).map(|(one, other)| one - other).collect();
            pairs.push(PairedRanks {
                first: names[first].clone(),
                second: names[second].clone(),
                nemenyi: nemenyi(average[first] - average[second], entries, count),
                wilcoxon: wilcoxon(&differences).map(|test| test.p),
                wilcoxon_holm: None,
            });
        }
    }
    let mut corrected = holm(&pairs.iter().filter_map(|pair| pair.wilcoxon).collect::<Vec<_>>()).into_iter();
    for pair in &mut pairs {
        pair.wilcoxon_holm = pair.wilcoxon.and_then(|_| corrected.next());
    }
    let sentence = if !enough {
        format!(
            "Too few blocks for a claim: {}, and these tests need {ENOUGH} or more. The ranks describe, and decide nothing",
            plural(count, "block")
        )
    } else if let Some(test) = test {
        format!(
            "{} (chi-squared {:.2}, p = {}). Blocks that share networks or test rows depend on each other, so these chances are too small rather than too large",
            if differ {
                "Friedman's test tells the entries apart"
            } else {
                "Friedman's test does not tell the entries apart"
            },
            test.statistic,
            chance(test.p)
        )
    } else {
        "Two entries have no ranks to compare beyond Wilcoxon's test".to_owned()
    };
    Some(BlockTests {
        of,
        enough,
        sentence,
        friedman: test.map(|test| test.statistic),
        friedman_p: test.map(|test| test.p),
        ranks,
        pairs,
    })
}

/// "0.012", or "< 0.001".
pub(super) fn chance(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

fn average_ranks(blocks: &[Vec<f64>], entries: usize) -> Vec<f64> {
    let mut sums = vec![0.0; entries];
    for block in blocks {
        let down: Vec<f64> = block.iter().map(|value| -value).collect();
        for (sum, rank) in sums.iter_mut().zip(midranks(&down)) {
            *sum += rank / blocks.len() as f64;
        }
    }
    sums
}

/// The blocks that have a score of every entry, and what they are.
fn blocks(judged: &Judged<'_>) -> Option<(Vec<Vec<f64>>, String)> {
    if judged.rows.len() < 2 {
        return None;
    }
    let run_of = |entry: usize, turn: Turn| -> Option<&RunSummary> {
        judged.rows.get(entry)?.entry.runs.iter().find(|run| run.result().is_some() && Turn::of(run) == turn)
    };
    let turns: BTreeSet<Turn> =
        judged.spreads.iter().flat_map(|spread| &spread.values).map(|(turn, _)| *turn).collect();
    let groups = judged.rows.iter().flat_map(|row| &row.entry.runs).find_map(RunSummary::result)?;
    let measure = judged.metric.measure();
    // A score over all classes together has no groups.
    let named: Vec<Option<&str>> = match groups.groups.as_slice() {
        [_, _, ..] if measure.is_some() => groups.groups.iter().map(|group| Some(group.name.as_str())).collect(),
        _ => vec![None],
    };
    let score = |entry: usize, turn: Turn, group: Option<&str>| -> Option<f64> {
        let metrics = run_of(entry, turn)?.result()?;
        let score = match (group, measure) {
            (Some(name), Some(measure)) => {
                metrics.groups.iter().find(|group| group.name == name)?.averages.get(measure).mean
            }
            _ => judged.metric.of(metrics),
        };
        score.filter(|score| score.is_finite())
    };
    let (mut blocks, mut used) = (Vec::new(), BTreeSet::new());
    for turn in turns {
        for group in &named {
            let block: Option<Vec<f64>> = (0..judged.rows.len()).map(|entry| score(entry, turn, *group)).collect();
            if let Some(block) = block {
                blocks.push(block);
                used.insert(turn);
            }
        }
    }
    let folds: BTreeSet<u32> = used.iter().filter_map(|turn| turn.fold).collect();
    let seeds: BTreeSet<u64> = used.iter().map(|turn| turn.seed).collect();
    let mut parts = Vec::new();
    if named.len() > 1 {
        parts.push(plural(named.len(), "label group"));
    }
    if !folds.is_empty() {
        parts.push(plural(folds.len(), "fold"));
    }
    parts.push(plural(seeds.len(), "seed"));
    (!blocks.is_empty()).then(|| (blocks, parts.join(" × ")))
}
