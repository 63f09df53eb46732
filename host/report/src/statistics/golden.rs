//! Our tests of random, tied and small samples are those of `SciPy`, to 1e-9. `golden.py` made the numbers.

use serde::Deserialize;

use super::distribution::{student_beyond, student_two_sided};
use super::studentized_range::{above, exceeded};
use super::{
    Friedman, Wilcoxon, cliffs_delta, cohens_d, critical_difference, friedman, holm, kendall, nemenyi, permutation,
    spearman, vargha_delaney, wilcoxon,
};

#[derive(Deserialize)]
struct Golden {
    differences: Vec<OfDifferences>,
    blocks: Vec<OfBlocks>,
    studentized_range: Vec<OfRange>,
    student: Vec<OfStudent>,
    pairs: Vec<OfPairs>,
    two: Vec<OfTwo>,
    holm: Vec<OfHolm>,
}

#[derive(Deserialize)]
struct OfDifferences {
    name: String,
    differences: Vec<f64>,
    wilcoxon: Option<OfWilcoxon>,
    permutation: Option<f64>,
    cohens_d: Option<f64>,
}

#[derive(Deserialize)]
struct OfWilcoxon {
    statistic: f64,
    p: f64,
    exact: bool,
}

#[derive(Deserialize)]
struct OfBlocks {
    name: String,
    blocks: Vec<Vec<f64>>,
    statistic: f64,
    p: f64,
}

#[derive(Deserialize)]
struct OfRange {
    k: usize,
    q: f64,
    above: f64,
    exceeded_at_5_percent: f64,
}

#[derive(Deserialize)]
struct OfStudent {
    t: f64,
    degrees: f64,
    two_sided: f64,
    beyond_5_percent: f64,
}

#[derive(Deserialize)]
struct OfPairs {
    name: String,
    pairs: Vec<(f64, f64)>,
    kendall: f64,
    spearman: f64,
}

#[derive(Deserialize)]
struct OfTwo {
    name: String,
    left: Vec<f64>,
    right: Vec<f64>,
    vargha_delaney: f64,
    cliffs_delta: f64,
}

#[derive(Deserialize)]
struct OfHolm {
    chances: Vec<f64>,
    corrected: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

#[track_caller]
fn assert_close(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{what}: {found} is not {expected}");
}

#[test]
fn paired_differences_are_tested_as_in_scipy() {
    for OfDifferences { name, differences, wilcoxon: expected, permutation: p, cohens_d: d } in golden().differences {
        assert_eq!(wilcoxon(&differences).is_some(), expected.is_some(), "{name}");
        if let (Some(found), Some(expected)) = (wilcoxon(&differences), expected) {
            let Wilcoxon { statistic, p, exact } = found;
            assert_close(&format!("{name}: statistic"), statistic, expected.statistic);
            assert_close(&format!("{name}: p of Wilcoxon"), p, expected.p);
            assert_eq!(exact, expected.exact, "{name}");
        }
        if let Some(p) = p {
            assert_close(&format!("{name}: p of permutations"), permutation(&differences).unwrap().p, p);
        }
        assert_eq!(cohens_d(&differences).is_some(), d.is_some(), "{name}");
        if let (Some(found), Some(d)) = (cohens_d(&differences), d) {
            assert_close(&format!("{name}: d"), found, d);
        }
    }
}

#[test]
fn ranks_over_blocks_are_tested_as_in_scipy() {
    for OfBlocks { name, blocks, statistic, p } in golden().blocks {
        let found: Friedman = friedman(&blocks).unwrap();
        assert_close(&format!("{name}: chi-squared"), found.statistic, statistic);
        assert_close(&format!("{name}: p"), found.p, p);
    }
    assert_eq!(friedman(&[vec![0.5; 3], vec![0.5; 3]]), None, "all tied");
}

#[test]
fn the_studentized_range_is_that_of_scipy() {
    for OfRange { k, q, above: expected, exceeded_at_5_percent } in golden().studentized_range {
        assert_close(&format!("above {q} of {k}"), above(q, k), expected);
        assert_close(&format!("5 % of {k}"), exceeded(0.05, k), exceeded_at_5_percent);
    }
}

/// Of five entries over thirty blocks it is 2.728 · √(5 · 6 / 180), by the table of Demšar 2006.
#[test]
fn the_critical_difference_is_that_of_the_papers_table_and_has_a_chance_of_its_level() {
    let difference = critical_difference(0.05, 5, 30);
    assert!((difference - 2.728 * (30.0_f64 / 180.0).sqrt()).abs() < 5e-4, "{difference}");
    assert_close("its chance", nemenyi(difference, 5, 30), 0.05);
}

#[test]
fn students_distribution_is_that_of_scipy() {
    for OfStudent { t, degrees, two_sided, beyond_5_percent } in golden().student {
        assert_close(&format!("beyond {t} of {degrees}"), student_two_sided(t, degrees), two_sided);
        assert_close(&format!("5 % of {degrees}"), student_beyond(0.05, degrees), beyond_5_percent);
    }
}

#[test]
fn rank_correlations_are_those_of_scipy() {
    for OfPairs { name, pairs, kendall: tau, spearman: rho } in golden().pairs {
        assert_close(&format!("{name}: tau"), kendall(&pairs).unwrap(), tau);
        assert_close(&format!("{name}: rho"), spearman(&pairs).unwrap(), rho);
    }
    assert_eq!((kendall(&[(1.0, 2.0), (1.0, 3.0)]), spearman(&[(1.0, 2.0), (1.0, 3.0)])), (None, None));
}

#[test]
fn effect_sizes_are_those_of_scipys_u() {
    for OfTwo { name, left, right, vargha_delaney: share, cliffs_delta: delta } in golden().two {
        assert_close(&name, vargha_delaney(&left, &right).unwrap(), share);
        assert_close(&name, cliffs_delta(&left, &right).unwrap(), delta);
    }
}

#[test]
fn chances_are_corrected_as_holm_defines_it() {
    for OfHolm { chances, corrected } in golden().holm {
        for (found, expected) in holm(&chances).into_iter().zip(corrected) {
            assert_close("corrected", found, expected);
        }
    }
}
