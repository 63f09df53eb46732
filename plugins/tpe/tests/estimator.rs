//! The estimator, against the numbers of Optuna and by hand.
#![cfg(test)]

use std::collections::BTreeMap;

use genomenas_plugin::seed;
use genomenas_plugin::simulate::kit::two_cells;
use genomenas_plugin::space::{GenomeNas, Selection};
use tpe::{Parzen, Rows, age_weights};

/// The probability that Optuna's estimator returns for the option of all good trials, of seven.
#[test]
fn the_option_of_all_good_trials_is_as_likely_as_in_optuna() {
    for (good, expected) in [(1, 0.24), (2, 0.31), (5, 0.47), (10, 0.62), (25, 0.79)] {
        let estimate = Parzen::new(vec![vec![3]; good], &[7], 1.0);
        let probability = estimate.probability(0, 3);
        assert!((probability - expected).abs() < 0.005, "{good} good trials: {probability}");
        assert!((estimate.log_probability(&[3]).exp() - probability).abs() < 1e-12);
    }
}

#[test]
fn the_newest_25_trials_count_alike_and_older_ones_along_a_line() {
    assert!(age_weights(0).is_empty());
    assert_eq!(age_weights(25), [1.0; 25]);
    assert_eq!(age_weights(26)[..2], [1.0 / 26.0, 1.0]);
    // NumPy's linspace(1 / 30, 1, 5).
    for (weight, expected) in
        age_weights(30).into_iter().zip([1.0 / 30.0, 0.275, 0.516_666_666_7, 0.758_333_333_3, 1.0])
    {
        assert!((weight - expected).abs() < 1e-9, "{weight}");
    }
}

#[test]
fn probabilities_of_all_rows_sum_to_one_and_are_those_of_the_draws() {
    let estimate = Parzen::new(vec![vec![0, 1], vec![2, 0], vec![2, 0]], &[3, 2], 0.5);
    let mut counts = BTreeMap::new();
    let draws = 20_000;
    for index in 0..draws {
        *counts.entry(estimate.sample(&mut seed::stream(1, "draw", index))).or_insert(0.0) += 1.0;
    }
    let rows = (0..3).flat_map(|first| (0..2).map(move |second| vec![first, second]));
    let (mut sum, mut chi_square) = (0.0, 0.0);
    for row in rows {
        let probability = estimate.log_probability(&row).exp();
        let (seen, expected): (f64, f64) = (counts[&row], probability * draws as f64);
        sum += probability;
        chi_square += (seen - expected).powi(2) / expected;
    }
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    // The 99.9 % quantile of χ² with 5 degrees of freedom.
    assert!(chi_square < 20.5, "{chi_square}");
}

#[test]
fn options_of_one_trial_are_drawn_together() {
    let estimate = Parzen::new(vec![vec![0; 2], vec![1; 2]], &[2, 2], 0.01);
    // Each option is as likely as the other, but not each pair.
    assert!((estimate.probability(0, 0) - 0.5).abs() < 1e-12);
    assert!(estimate.log_probability(&[0, 0]) > estimate.log_probability(&[0, 1]) + 3.0);
}

#[test]
fn a_row_is_an_architecture_and_back() {
    for space in [two_cells().setup().space.clone(), GenomeNas::new(100, 3).space().unwrap()] {
        let rows = Rows::new(&space);
        for selection in space.sample_distinct(50, 1) {
            let row = rows.of(&selection);
            assert!(row.iter().zip(rows.sizes()).all(|(option, size)| option < size));
            assert_eq!(rows.selection(&row), selection);
        }
    }
}

#[test]
fn a_repaired_row_keeps_the_rules_and_what_the_good_trials_speak_for() {
    let space = two_cells().setup().space.clone();
    let rows = Rows::new(&space);
    let of = |choices: &[(&str, &str)]| {
        rows.of(&Selection(choices.iter().map(|&(id, option)| (id.to_owned(), option.to_owned())).collect()))
    };
    let good = Parzen::new(vec![of(&[("first", "wide"), ("second.1", "narrow")])], rows.sizes(), 1.0);
    let bad = Parzen::new(vec![of(&[("first", "wide"), ("second.0", "wide")])], rows.sizes(), 1.0);
    let repaired = |choices: &[(&str, &str)]| rows.repaired(of(choices), &good, &bad);
    let kept = of(&[("first", "narrow"), ("second.1", "narrow")]);
    // Both were kept: the good trials drop the first. Neither was: they keep the second, as narrow.
    let both = [("first", "narrow"), ("second.0", "wide"), ("second.1", "narrow")];
    assert_eq!(repaired(&both), kept);
    assert_eq!(repaired(&[("first", "narrow")]), kept);
    // What keeps the rule stays as it is.
    let legal = [("first", "middle"), ("second.0", "narrow")];
    assert_eq!(repaired(&legal), of(&legal));
}

#[test]
fn rows_of_the_published_space_can_all_be_repaired() {
    let space = GenomeNas::new(1000, 919).space().unwrap();
    let rows = Rows::new(&space);
    let trials = |seed| space.sample_distinct(3, seed).iter().map(|selection| rows.of(selection)).collect();
    let (good, bad) = (Parzen::new(trials(1), rows.sizes(), 1.0), Parzen::new(trials(2), rows.sizes(), 1.0));
    for index in 0..200 {
        let row = rows.repaired(good.sample(&mut seed::stream(1, "draw", index)), &good, &bad);
        space.check_selection(&rows.selection(&row)).unwrap();
    }
}
