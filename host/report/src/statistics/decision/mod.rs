//! Whether two entries differ by more than seeds and test set explain.
//!
//! The mean difference of two entries over paired turns (seeds, or folds and seeds) has two sources of uncertainty, and by the
//! law of total variance they add: networks trained with other seeds, and other rows to test on (both are needed: Bouthillier et
//! al., "Accounting for variance in machine learning benchmarks", 2021).
//!
//! * **Seeds**: the variance of the differences of a pair over turns, divided by their number. Three to five differences
//!   determine it badly, so that of all pairs is pooled, and a pair's own is taken where it is larger. The pool is worth as many
//!   entries as vary alike: one entry that scatters alone is worth one. Folds share training
//!   rows: then the units are the means of folds, and 1/n is 1/n + test rows/training rows (Nadeau and Bengio, "Inference for
//!   the generalization error", 2003). An entry whose turns are all the same has no seeds to vary.
//! * **Test set**: resample b is the same rows in every run, so the difference of two entries in resample b is paired, too. Its
//!   variance over resamples is the paired bootstrap's (Efron 1979).
//!
//! The difference divided by the root of both variances together is compared with what Student's distribution says of each
//! source, weighted by their variances (Cochran, "Approximate significance levels of the Behrens-Fisher test", 1964). Degrees of
//! freedom of the sum (Satterthwaite 1946) are too many where three seeds happen to lie together: in our simulations 6 %
//! of equal entries were then called different at 5 %. The chances of all pairs are corrected together by Holm's method, and the
//! interval of each is as wide as the strictest step of that asks for. `tests.rs` calibrates it.

use super::distribution::{solve, student_beyond};
use super::holm::holm;
use super::summary::{mean, standard_deviation};

/// What an entry reached in one turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Its score.
    pub value: f64,
    /// Its score in each resample of the test set, NaN where undefined; empty where none were kept.
    pub resamples: Vec<f64>,
}

/// What differences are judged by.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The fold of each turn; the same everywhere where there are no folds.
    pub folds: &'a [Option<u32>],
    /// Test rows as a share of training rows, where there are folds.
    pub test_to_train: f64,
    /// Windows or chromosomes that each resample drew from; fewer than 2 where there are no resamples.
    pub blocks: usize,
    /// How sure to be: 0.95.
    pub confidence: f64,
}

/// The sources of uncertainty that a judgement knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Uncertainty {
    /// Seeds and test set.
    Both,
    /// Seeds alone: no resamples of the test set were kept.
    Seeds,
    /// The test set alone: there is one turn.
    TestSet,
    /// None.
    Nothing,
}

/// The difference of two entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The places of the two entries.
    pub of: (usize, usize),
    /// The mean difference over paired turns, first less second.
    pub difference: f64,
    /// The differences of paired turns.
    pub turns: Vec<f64>,
    /// The variance of the mean difference over seeds; `None` for a single turn.
    pub seeds: Option<f64>,
    /// Its variance over resamples of the test set; `None` without resamples.
    pub test_set: Option<f64>,
    /// Between what the difference lies, with the confidence for all pairs together; `None` where nothing is known of its uncertainty.
    pub interval: Option<(f64, f64)>,
    /// The chance of so much where both are equal.
    pub p: Option<f64>,
    /// That chance, corrected for all pairs.
    pub corrected: Option<f64>,
}

/// All pairs of entries that have a turn in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// The pairs, the first place below the second.
    pub pairs: Vec<Pair>,
    /// What is known of any pair.
    pub uncertainty: Uncertainty,
}

/// From fewer resamples no variance is estimated.
const FEWEST_RESAMPLES: usize = 20;

impl Pairs {
    /// The pair of these two places, in either order.
    pub fn of(&self, first: usize, second: usize) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.of == (first.min(second), first.max(second)))
    }

    /// The mean difference of two entries, first less second.
    pub fn difference(&self, first: usize, second: usize) -> Option<f64> {
        let pair = self.of(first, second)?;
        Some(if first < second { pair.difference } else { -pair.difference })
    }

    /// Whether two entries differ by more than is explained, at the confidence of the terms. Of a single turn nothing is said:
    /// how far seeds scatter is then not known.
    pub fn differ(&self, first: usize, second: usize, terms: &Terms<'_>) -> bool {
        let judged = self.of(first, second).filter(|pair| pair.seeds.is_some());
        judged.and_then(|pair| pair.corrected).is_some_and(|p| p < 1.0 - terms.confidence)
    }
}

/// Judges every pair of entries. Each entry has a slot for every turn, in the order of `terms.folds`.
pub fn compare(entries: &[Vec<Option<Measured>>], terms: &Terms<'_>) -> Pairs {
    let places = (0..entries.len()).flat_map(|first| (first + 1..entries.len()).map(move |second| (first, second)));
    let parts: Vec<Parts> = places.filter_map(|of| Parts::of(entries, of, terms)).collect();
    let pooled = pooled(&parts);
    let independent = independent(&parts, entries.len());
    let share = (1.0 - terms.confidence) / parts.len().max(1) as f64;
    let mut pairs: Vec<Pair> = parts.into_iter().map(|parts| parts.judged(pooled, independent, share, terms)).collect();
    let chances: Vec<f64> = pairs.iter().filter_map(|pair| pair.p).collect();
    let mut corrected = holm(&chances).into_iter();
    for pair in &mut pairs {
        pair.corrected = pair.p.and_then(|_| corrected.next());
    }
    let any = |known: fn(&Pair) -> bool| pairs.iter().any(known);
    let uncertainty = match (any(|pair| pair.seeds.is_some()), any(|pair| pair.test_set.is_some())) {
        (true, true) => Uncertainty::Both,
        (true, false) => Uncertainty::Seeds,
        (false, true) => Uncertainty::TestSet,
        (false, false) => Uncertainty::Nothing,
    };
    Pairs { pairs, uncertainty }
}

/// What is known of a pair before variances are pooled.
struct Parts {
    of: (usize, usize),
    turns: Vec<f64>,
    /// The units that vary independently: the differences of turns, or their means over folds.
    units: usize,
    folds: bool,
    /// The variance of the units.
    spread: Option<f64>,
    test_set: Option<(f64, usize)>,
}

impl Parts {
    fn of(entries: &[Vec<Option<Measured>>], of: (usize, usize), terms: &Terms<'_>) -> Option<Self> {
        let (left, right) = (entries.get(of.0)?, entries.get(of.1)?);
        let both: Vec<(Option<u32>, &Measured, &Measured)> = left
            .iter()
            .zip(right)
            .zip(terms.folds)
            .filter_map(|((left, right), fold)| Some((*fold, left.as_ref()?, right.as_ref()?)))
            .collect();
        let turns: Vec<f64> = both.iter().map(|(_, left, right)| left.value - right.value).collect();
        mean(&turns)?;
        let mut numbers: Vec<Option<u32>> = both.iter().map(|(fold, ..)| *fold).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let folds = numbers.len() > 1;
        let units: Vec<f64> = if folds {
            let of_fold = |fold: &Option<u32>| {
                let paired = both.iter().zip(&turns).filter(|((other, ..), _)| other == fold);
                mean(&paired.map(|(_, difference)| *difference).collect::<Vec<_>>())
            };
            numbers.iter().filter_map(of_fold).collect()
        } else {
            turns.clone()
        };
        let spread = standard_deviation(&units).map(|deviation| deviation * deviation);
        let test_set = over_resamples(&both);
        Some(Self { of, turns, units: units.len(), folds, spread, test_set })
    }

    fn judged(self, pooled: f64, independent: f64, missed: f64, terms: &Terms<'_>) -> Pair {
        let Self { of, turns, units, folds, spread, test_set } = self;
        let difference = mean(&turns).unwrap_or_default();
        let count = units as f64;
        let share = 1.0 / count + if folds { terms.test_to_train.max(0.0) } else { 0.0 };
        // Where no turn differs from another there is nothing to pool.
        let seeds = spread.map(|own| if own > NO_SPREAD { own.max(pooled) * share } else { 0.0 });
        let degrees = (count - 1.0) * independent;
        let seeds_part = seeds.map(|variance| (variance, degrees.max(1.0)));
        let test_part =
            test_set.map(|(variance, resamples)| (variance, resamples.min(terms.blocks.max(2)) as f64 - 1.0));
        let sources: Vec<(f64, f64)> = [seeds_part, test_part].into_iter().flatten().collect();
        let variance: f64 = sources.iter().map(|(variance, _)| variance).sum();
        let (p, interval) = if variance > 0.0 {
            let error = variance.sqrt();
            let reach = beyond(missed, &sources) * error;
            (Some(chance(difference.abs() / error, &sources)), Some((difference - reach, difference + reach)))
        } else {
            // Equal in everything that was measured, or different in something that cannot vary.
            (None, None)
        };
        Pair {
            of,
            difference,
            turns,
            seeds,
            test_set: test_set.map(|(variance, _)| variance),
            interval,
            p,
            corrected: None,
        }
    }
}

/// How many standard errors the share `share` of differences is beyond, whose variance is the sum of sources with their
/// degrees of freedom.
fn beyond(share: f64, sources: &[(f64, f64)]) -> f64 {
    let all: f64 = sources.iter().map(|(variance, _)| variance).sum();
    let weighted = |&(variance, degrees): &(f64, f64)| {
        if variance > 0.0 { variance / all * student_beyond(share, degrees) } else { 0.0 }
    };
    sources.iter().map(weighted).sum()
}

/// The share of differences that are beyond so many standard errors.
fn chance(errors: f64, sources: &[(f64, f64)]) -> f64 {
    /// The smallest share that is told from 0 has this logarithm.
    const MOST: f64 = 600.0;
    (-solve(|less| if less < MOST { errors - beyond((-less).exp(), sources) } else { -1.0 })).exp()
}

/// A variance that is rounding.
const NO_SPREAD: f64 = 1e-24;

/// The mean variance of differences over turns, of the pairs that vary.
fn pooled(parts: &[Parts]) -> f64 {
    let varied: Vec<f64> = parts.iter().filter_map(|parts| parts.spread).filter(|spread| *spread > NO_SPREAD).collect();
    mean(&varied).unwrap_or_default()
}

/// As many entries as the pooled variance is worth: each has its own part in the variances of its pairs (Grubbs, "On estimating
/// precision of measuring instruments and product variability", 1948), and a sum of unequal variances is worth fewer (Satterthwaite
/// 1946). At most one less than there are, since the differences of all pairs follow from those with one of them.
fn independent(parts: &[Parts], entries: usize) -> f64 {
    let spreads = || parts.iter().filter_map(|parts| Some((parts.of, parts.spread?)));
    let mut present: Vec<usize> = spreads().flat_map(|((first, second), _)| [first, second]).collect();
    present.sort_unstable();
    present.dedup();
    let (count, all) = (present.len() as f64, spreads().map(|(_, spread)| spread).sum::<f64>());
    if present.len() < 3 {
        return 1.0;
    }
    let own = |entry: &usize| {
        let of_pairs: f64 =
            spreads().filter(|((first, second), _)| first == entry || second == entry).map(|(_, spread)| spread).sum();
        ((of_pairs - all / (count - 1.0)) / (count - 2.0)).max(0.0)
    };
    let own: Vec<f64> = present.iter().map(own).collect();
    let squares: f64 = own.iter().map(|own| own * own).sum();
    let worth = if squares > 0.0 { own.iter().sum::<f64>().powi(2) / squares } else { 1.0 };
    worth.clamp(1.0, (entries.min(present.len()) as f64 - 1.0).max(1.0))
}

/// The variance of the mean difference over resamples, and how many there are; `None` unless every turn has the same number.
fn over_resamples(both: &[(Option<u32>, &Measured, &Measured)]) -> Option<(f64, usize)> {
    let count = both.first()?.1.resamples.len();
    if both.iter().any(|(_, left, right)| left.resamples.len() != count || right.resamples.len() != count) {
        return None;
    }
    let of = |measured: &Measured, at: usize| measured.resamples.get(at).copied().unwrap_or(f64::NAN);
    let difference =
        |at: usize| both.iter().map(|(_, left, right)| of(left, at) - of(right, at)).sum::<f64>() / both.len() as f64;
    let differences: Vec<f64> = (0..count).map(difference).filter(|difference| difference.is_finite()).collect();
    if differences.len() < FEWEST_RESAMPLES {
        return None;
    }
    Some((standard_deviation(&differences)?.powi(2), differences.len()))
}

#[cfg(test)]
mod tests;
