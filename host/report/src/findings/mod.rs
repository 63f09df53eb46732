//! What a comparison found, computed from its results: sentences for people and the same as data.
//!
//! | file | what |
//! |---|---|
//! | `role` | what an entry is: a search, the random control, a simple control, a network of experts |
//! | `judged` | the entries with their differences, judged by seeds and test set |
//! | `sentences` | the headline and the contrasts |
//! | `blocks` | tests over label groups, folds and seeds |
//! | `anytime` | the incumbents of searches against their costs |
//! | `agreement` | whether what a search saw agrees with what came of it |
//!
//! The best entry is the one with the highest mean of the metric that the comparison is ranked by, here and on every page.

mod agreement;
mod anytime;
mod blocks;
mod judged;
mod role;
mod sentences;

use crate::model::{Comparison, EntryStatistics, PairTest, Sources, Statistics};
use crate::statistics::{Uncertainty, cliffs_delta, cohens_d, permutation, seed_interval};
pub(crate) use judged::Judged;
pub(crate) use sentences::{Part, Sentence};

/// The statistics of a comparison, as it stands.
pub fn statistics(comparison: &Comparison) -> Statistics {
    of(&Judged::of(comparison))
}

/// The first paragraph of a page: the headline, then the contrasts.
pub(crate) fn sentences(judged: &Judged<'_>) -> Vec<Sentence> {
    std::iter::once(sentences::headline(judged)).chain(sentences::contrasts(judged)).collect()
}

/// The statistics of judged entries.
pub(crate) fn of(judged: &Judged<'_>) -> Statistics {
    let names = |places: Vec<usize>| places.into_iter().map(|at| judged.name(at).to_owned()).collect();
    let top = judged.top();
    let curves = anytime::curves(judged);
    let entry = |at: usize, (by_samples, by_seconds): (Option<_>, Option<_>)| {
        let spread = &judged.spreads[at];
        let values = spread.plain();
        EntryStatistics {
            name: judged.name(at).to_owned(),
            role: role::of(judged.rows[at].entry),
            runs: values.len(),
            mean: spread.mean.unwrap_or_default(),
            deviation: spread.deviation,
            seed_interval: seed_interval(&values, judged::CONFIDENCE),
            test_interval: judged.test_interval(at),
            by_samples,
            by_seconds,
        }
    };
    Statistics {
        metric: judged.metric,
        confidence: judged::CONFIDENCE,
        uncertainty: match judged.pairs.uncertainty {
            Uncertainty::Both => Sources::SeedsAndTestSet,
            Uncertainty::Seeds => Sources::Seeds,
            Uncertainty::TestSet => Sources::TestSet,
            Uncertainty::Nothing => Sources::Nothing,
        },
        entries: (0..judged.rows.len()).zip(curves).map(|(at, curves)| entry(at, curves)).collect(),
        leads: (top.leads() && !judged.rows.is_empty()).then(|| judged.name(0).to_owned()),
        not_distinguishable: names(top.among),
        sentences: sentences(judged).iter().map(Sentence::text).collect(),
        pairs: judged.pairs.pairs.iter().map(|pair| pair_test(judged, pair)).collect(),
        blocks: blocks::tests(judged),
        agreement: agreement::tests(judged),
    }
}

fn pair_test(judged: &Judged<'_>, pair: &crate::statistics::Pair) -> PairTest {
    let (first, second) = pair.of;
    PairTest {
        first: judged.name(first).to_owned(),
        second: judged.name(second).to_owned(),
        difference: pair.difference,
        interval: pair.interval,
        seeds_error: pair.seeds.map(f64::sqrt),
        test_error: pair.test_set.map(f64::sqrt),
        p: pair.p,
        p_holm: pair.corrected,
        differ: judged.differ(first, second),
        wins: pair.turns.iter().filter(|difference| **difference > 0.0).count(),
        paired: pair.turns.len(),
        cohens_d: cohens_d(&pair.turns),
        cliffs_delta: cliffs_delta(&judged.spreads[first].plain(), &judged.spreads[second].plain()),
        p_permutation: permutation(&pair.turns).map(|test| test.p),
    }
}

#[cfg(test)]
mod tests;
