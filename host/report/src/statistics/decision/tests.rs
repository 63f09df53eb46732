//! The judgement on made-up comparisons whose truth is known: how often it is wrong, and how often it finds what is there.

use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use rand_chacha::ChaCha8Rng;

use super::*;

const TRIES: u64 = 1_000;
const RESAMPLES: usize = 200;

/// A made-up comparison: entries that reach `means`, whose seeds scatter by `seeds`, on a test set whose noise is `test` for
/// each entry, of which the share `shared` is the same for all.
#[derive(Clone)]
struct World {
    means: Vec<f64>,
    seeds: Vec<f64>,
    turns: usize,
    test: f64,
    shared: f64,
}

impl World {
    fn equal(entries: usize, turns: usize, seeds: f64, test: f64, shared: f64) -> Self {
        Self { means: vec![0.75; entries], seeds: vec![seeds; entries], turns, test, shared }
    }

    /// The same with one entry ahead by so much.
    fn ahead(mut self, by: f64) -> Self {
        self.means[0] += by;
        self
    }

    /// The full width of the interval of a difference, as a report of this world shows it: the mean of some.
    fn width_of_difference(&self) -> f64 {
        const SOME: u64 = 50;
        let folds = [None; 5];
        let width = |number: u64| {
            let entries = self.draw(&mut seed::stream(4, "made-up comparison", number));
            let (low, high) = compare(&entries, &self.terms(&folds)).pairs[0].interval.unwrap();
            high - low
        };
        (0..SOME).map(width).sum::<f64>() / SOME as f64
    }

    /// The full width of the 95 % interval of one entry's mean, as seeds and test set make it.
    fn width_of_mean(&self) -> f64 {
        2.0 * 1.96 * (self.test.powi(2) + self.seeds[0].powi(2) / self.turns as f64).sqrt()
    }

    fn draw(&self, draws: &mut ChaCha8Rng) -> Vec<Vec<Option<Measured>>> {
        let mut noise = |entries: usize| -> Vec<f64> {
            let all = normal(draws);
            let of = |own: f64| self.test * (self.shared.sqrt() * all + (1.0 - self.shared).sqrt() * own);
            (0..entries).map(|_| of(normal(draws))).collect()
        };
        // The rows that the test set happens to have, and those of each resample of it.
        let rows = noise(self.means.len());
        let resampled: Vec<Vec<f64>> = (0..RESAMPLES).map(|_| noise(self.means.len())).collect();
        let mut entry = |at: usize| -> Vec<Option<Measured>> {
            (0..self.turns)
                .map(|_| {
                    let value = self.means[at] + rows[at] + self.seeds[at] * normal(draws);
                    Some(Measured { value, resamples: resampled.iter().map(|noise| value + noise[at]).collect() })
                })
                .collect()
        };
        (0..self.means.len()).map(&mut entry).collect()
    }

    fn terms<'a>(&self, folds: &'a [Option<u32>]) -> Terms<'a> {
        Terms { folds: &folds[..self.turns], test_to_train: 0.0, blocks: 400, confidence: 0.95 }
    }

    /// How often any two entries are called different, and how often the best one from every other.
    fn called(&self) -> (f64, f64) {
        let (mut any, mut leads) = (0_u32, 0_u32);
        for number in 0..TRIES {
            let entries = self.draw(&mut seed::stream(3, "made-up comparison", number));
            let folds = [None; 5];
            let (terms, pairs) = (self.terms(&folds), compare(&entries, &self.terms(&folds)));
            assert_eq!(pairs.uncertainty, Uncertainty::Both);
            any += u32::from(pairs.pairs.iter().any(|pair| pairs.differ(pair.of.0, pair.of.1, &terms)));
            let ahead = |other: usize| pairs.differ(0, other, &terms) && pairs.difference(0, other).unwrap() > 0.0;
            leads += u32::from((1..entries.len()).all(ahead));
        }
        (f64::from(any) / TRIES as f64, f64::from(leads) / TRIES as f64)
    }
}

/// By the method of Box and Muller.
fn normal(draws: &mut ChaCha8Rng) -> f64 {
    let (one, other): (f64, f64) = (draws.random(), draws.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (2.0 * std::f64::consts::PI * other).cos()
}

/// Two to eight entries, three to five seeds; seeds that scatter half as much as the test set and as much, whose
/// noise is that of 400 rows (an interval of ± 0.04) and mostly shared.
fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for (entries, turns) in [(2, 3), (4, 3), (4, 5), (8, 4)] {
        for seeds in [0.01, 0.02] {
            for shared in [0.5, 0.8] {
                worlds.push(World::equal(entries, turns, seeds, 0.02, shared));
            }
        }
    }
    worlds
}

#[test]
fn equal_entries_are_called_different_in_at_most_5_percent_of_1000_comparisons() {
    for world in worlds() {
        let (any, _) = world.called();
        assert!(any <= 0.05, "{any}: {:?}, {} seeds", world.seeds, world.turns);
    }
}

#[test]
fn an_entry_that_is_ahead_by_the_full_width_of_the_interval_leads_in_at_least_80_percent() {
    for world in worlds() {
        let width = world.width_of_difference();
        let (_, leads) = world.clone().ahead(width).called();
        assert!(leads >= 0.8, "{leads}: {:?}, {} seeds, {} shared", world.seeds, world.turns, world.shared);
    }
}

/// Of four entries that find the same rows hard and whose seeds scatter less than their test set, by the interval of one of
/// them alone.
#[test]
fn an_entry_that_is_ahead_by_the_full_width_of_its_own_interval_leads_in_at_least_80_percent() {
    for world in
        worlds().into_iter().filter(|world| world.shared > 0.7 && world.seeds[0] < 0.02 && world.means.len() == 4)
    {
        let width = world.width_of_mean();
        let (_, leads) = world.clone().ahead(width).called();
        assert!(leads >= 0.8, "{leads}: {:?}, {} seeds, {width} wide", world.seeds, world.turns);
    }
}

#[test]
fn entries_of_which_some_never_vary_are_not_called_different_more_often() {
    for seeds in [vec![0.02, 0.0, 0.0, 0.0], vec![0.02, 0.02, 0.0, 0.0], vec![0.03, 0.003, 0.003, 0.003, 0.003]] {
        let world = World { seeds, ..World::equal(4, 3, 0.0, 0.005, 0.8) };
        let world = World { means: vec![0.75; world.seeds.len()], ..world };
        let (any, _) = world.called();
        assert!(any <= 0.05, "{any}: {:?}", world.seeds);
    }
}

/// The case: accuracy on 400 rows, whose interval is ± 0.04. Rows that are hard for one are hard for all.
fn on_rows(ahead: f64) -> f64 {
    const ROWS: usize = 400;
    const DRAWN: usize = 100;
    let mut different = 0_u32;
    for number in 0..TRIES {
        let draws = &mut seed::stream(5, "rows", number);
        let hard: Vec<f64> = (0..ROWS).map(|_| normal(draws)).collect();
        let mut right: Vec<Vec<bool>> = Vec::new();
        for entry in 0..3 {
            for _ in 0..3 {
                // The chance of a row to be right is 0.757 on average; a network has its own luck, too.
                let shift = 0.697 + if entry == 0 { ahead } else { 0.0 } + 0.02 * normal(draws);
                right.push(hard.iter().map(|hard| shift * 1.41 + 0.8 * hard + 0.6 * normal(draws) > 0.0).collect());
            }
        }
        let mut resamples = vec![Vec::with_capacity(DRAWN); right.len()];
        for _ in 0..DRAWN {
            let rows: Vec<usize> = (0..ROWS).map(|_| draws.random_range(0..ROWS)).collect();
            for (resamples, right) in resamples.iter_mut().zip(&right) {
                resamples.push(rows.iter().filter(|row| right[**row]).count() as f64 / ROWS as f64);
            }
        }
        let measured = |(right, resamples): (&Vec<bool>, Vec<f64>)| {
            Some(Measured { value: right.iter().filter(|right| **right).count() as f64 / ROWS as f64, resamples })
        };
        let runs: Vec<Option<Measured>> = right.iter().zip(resamples).map(measured).collect();
        let entries: Vec<Vec<Option<Measured>>> = runs.chunks(3).map(<[_]>::to_vec).collect();
        let terms = Terms { folds: &[None; 3], test_to_train: 0.0, blocks: ROWS, confidence: 0.95 };
        let pairs = compare(&entries, &terms);
        let called = |(first, second)| pairs.differ(first, second, &terms);
        let found = if ahead > 0.0 {
            called((0, 1)) && called((0, 2))
        } else {
            [(0, 1), (0, 2), (1, 2)].map(called).contains(&true)
        };
        different += u32::from(found);
    }
    f64::from(different) / TRIES as f64
}

#[test]
fn of_rows_that_are_drawn_again_the_same_holds() {
    let (equal, ahead) = (on_rows(0.0), on_rows(0.30));
    assert!(equal <= 0.05, "{equal}");
    assert!(ahead >= 0.8, "{ahead}");
}

fn values(values: &[f64]) -> Vec<Option<Measured>> {
    values.iter().map(|value| Some(Measured { value: *value, resamples: Vec::new() })).collect()
}

fn terms(folds: &[Option<u32>]) -> Terms<'_> {
    Terms { folds, test_to_train: 0.0, blocks: 0, confidence: 0.95 }
}

#[test]
fn one_seed_knows_nothing_of_seeds_and_without_resamples_nothing_at_all() {
    let pairs = compare(&[values(&[0.9]), values(&[0.1])], &terms(&[None]));
    assert_eq!((pairs.uncertainty, pairs.pairs[0].p), (Uncertainty::Nothing, None));
    let resampled = |value: f64| {
        let resamples = (0..40).map(|at| value + 0.01 * f64::from(at % 5) * value).collect();
        vec![Some(Measured { value, resamples })]
    };
    let pairs = compare(&[resampled(0.9), resampled(0.1)], &Terms { blocks: 40, ..terms(&[None]) });
    assert_eq!(pairs.uncertainty, Uncertainty::TestSet);
    let (low, high) = pairs.pairs[0].interval.unwrap();
    assert!(low > 0.75 && high < 0.85, "{low} {high}");
}

#[test]
fn only_turns_of_both_are_paired_and_entries_without_one_are_left_out() {
    let mut left = values(&[0.8, 0.9, 0.7]);
    left[1] = None;
    let pairs = compare(&[left, values(&[0.6, 0.1, 0.6]), vec![None; 3]], &terms(&[None; 3]));
    assert_eq!(pairs.pairs.len(), 1);
    assert_eq!(pairs.pairs[0].turns.len(), 2);
    assert!((pairs.pairs[0].difference - 0.15).abs() < 1e-12);
    assert!((pairs.difference(1, 0).unwrap() + 0.15).abs() < 1e-12);
}

#[test]
fn entries_that_never_vary_are_told_apart_by_the_test_set_alone() {
    let pairs = compare(&[values(&[0.8, 0.8, 0.8]), values(&[0.7, 0.7, 0.7])], &terms(&[None; 3]));
    assert_eq!((pairs.pairs[0].seeds, pairs.pairs[0].p), (Some(0.0), None), "no source of uncertainty is known");
}

#[test]
fn folds_are_the_units_and_their_shared_training_rows_widen_the_interval() {
    let folds: Vec<Option<u32>> = [1, 1, 2, 2, 3, 3].map(Some).into();
    let entries = [values(&[0.80, 0.81, 0.70, 0.72, 0.75, 0.76]), values(&[0.79, 0.79, 0.70, 0.71, 0.73, 0.72])];
    let width = |test_to_train: f64| {
        let pairs = compare(&entries, &Terms { test_to_train, ..terms(&folds) });
        let (low, high) = pairs.pairs[0].interval.unwrap();
        high - low
    };
    assert!((width(0.5) / width(0.0) - ((1.0 / 3.0 + 0.5) / (1.0 / 3.0_f64)).sqrt()).abs() < 1e-9);
}
