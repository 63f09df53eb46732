//! Folds: each row is in one, what belongs together is in the same, and every class has its share in each.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::bases::Packed;
use crate::store::Place;

/// Sequences that are all different: the number in base four.
fn sequence(number: usize) -> Packed {
    let letters: Vec<u8> = (0..20).map(|place| b"ACGT"[number >> (2 * place) & 3]).collect();
    Packed::from_letters(&letters).unwrap()
}

/// The folds of rows with a sequence, a class and groups.
fn dealt(count: u32, seed: u64, rows: &[(Packed, u32, Vec<u64>)]) -> Result<Dealt> {
    let mut dealing = Box::new(Dealing::new(Folds { count, seed, together: Together::Alike(Likeness::default()) }));
    for (packed, class, groups) in rows {
        let (codes, unknown) = (packed.codes(), packed.unknown());
        dealing.add(&Row { codes, unknown, target: Target::Class(*class), place: None }, packed.len(), groups);
    }
    dealing.deal()
}

fn count(folds: &[u8], is: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..=folds.iter().copied().max().unwrap())
        .map(|fold| folds.iter().enumerate().filter(|(row, found)| **found == fold && is(*row)).count())
        .collect()
}

#[test]
fn single_rows_are_dealt_in_equal_numbers_of_every_class() {
    // A class of one in ten, one of one in a hundred.
    let class = |row: usize| if row.is_multiple_of(100) { 2 } else { u32::from(row.is_multiple_of(10)) };
    let rows: Vec<_> = (0..3_007).map(|row| (sequence(row), class(row), vec![])).collect();
    for folds in [3, 5, 64] {
        let found = dealt(folds, 1, &rows).unwrap();
        assert_eq!(found.warning, None);
        for of in 0..3 {
            let rows = count(&found.folds, |row| class(row) == of);
            assert_eq!(rows.len(), folds as usize);
            assert!(rows.iter().max().unwrap() - rows.iter().min().unwrap() <= 1, "{rows:?}");
        }
        let rows = count(&found.folds, |_| true);
        assert!(rows.iter().max().unwrap() - rows.iter().min().unwrap() <= 3, "{rows:?}");
    }
}

#[test]
fn groups_of_several_rows_keep_the_shares_of_classes_about() {
    let class = |row: usize| u32::from(row % 7 < 2);
    let rows: Vec<_> = (0..7_000).map(|row| (sequence(row), class(row), vec![row as u64 / 5])).collect();
    let found = dealt(5, 3, &rows).unwrap().folds;
    assert!(found.chunks(5).all(|group| group.iter().all(|fold| *fold == group[0])));
    for rows in count(&found, |row| class(row) == 1) {
        assert!((395..=405).contains(&rows), "{rows}");
    }
}

#[test]
fn a_seed_deals_as_it_did_and_another_one_otherwise() {
    let rows: Vec<_> = (0..200).map(|row| (sequence(row), 0, vec![])).collect();
    let of = |seed| dealt(4, seed, &rows).unwrap().folds;
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn values_are_small_and_large_in_every_fold() {
    let mut dealing =
        Box::new(Dealing::new(Folds { count: 5, seed: 1, together: Together::Alike(Likeness::default()) }));
    let value = |row: usize| (row as f32 / 100.0).powi(3);
    for row in 0..1_000 {
        let (packed, values) = (sequence(row), [value(row)]);
        let row = Row { codes: packed.codes(), unknown: None, target: Target::Values(&values), place: None };
        dealing.add(&row, packed.len(), &[]);
    }
    let folds = dealing.deal().unwrap().folds;
    for tenth in 0..10 {
        assert_eq!(count(&folds, |row| row / 100 == tenth), [20; 5], "{tenth}");
    }
}

#[test]
fn rows_of_a_block_and_a_row_with_its_negative_stay_together() {
    let mut dealing = Box::new(Dealing::new(Folds { count: 3, seed: 1, together: Together::Blocks(1_000) }));
    let packed = sequence(1);
    for row in 0..120_u32 {
        let place = Some(Place { chromosome: row % 2, start: u64::from(row) * 100 });
        let row = Row { codes: packed.codes(), unknown: None, target: Target::Bits(&[1]), place };
        dealing.add(&row, packed.len(), &[]);
    }
    let folds = dealing.deal().unwrap().folds;
    let block = |row: usize| (row % 2, row / 10);
    for (left, fold) in folds.iter().enumerate() {
        assert!(folds.iter().enumerate().all(|(right, other)| block(left) != block(right) || fold == other));
    }
    assert_eq!(count(&folds, |_| true), [40; 3]);

    let mut dealing =
        Box::new(Dealing::new(Folds { count: 3, seed: 1, together: Together::Alike(Likeness::default()) }));
    for number in 0..60 {
        let packed = sequence(number);
        let target = Target::Class(u32::from(number % 2 == 1));
        dealing.add(&Row { codes: packed.codes(), unknown: None, target, place: None }, packed.len(), &[]);
        if number % 2 == 1 {
            dealing.join_last_two();
        }
    }
    assert!(dealing.deal().unwrap().folds.chunks(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn folds_that_cannot_be_are_refused() {
    let refused = |folds: u32, groups: u64| {
        let rows: Vec<_> = (0..40).map(|row| (sequence(row), 0, vec![row as u64 % groups])).collect();
        check(folds).and_then(|()| dealt(folds, 1, &rows).map(drop)).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refused(2, 40), @"--folds 2: expected 3 to 64 folds, as in every run one is the test, one validates and the others train");
    insta::assert_snapshot!(refused(1, 40), @"--folds 1: expected 3 to 64 folds, as in every run one is the test, one validates and the others train");
    insta::assert_snapshot!(refused(65, 40), @"--folds 65: expected 3 to 64 folds, as in every run one is the test, one validates and the others train");
    insta::assert_snapshot!(refused(5, 4), @"--folds 5: every fold needs a group of its own, and there are 4 groups of rows that stay together (equal or similar sequences, shared bases, windows of one record, --group): give at most 4");
    insta::assert_snapshot!(refused(5, 2), @"--folds 5: every fold needs a group of its own, and there are 2 groups of rows that stay together (equal or similar sequences, shared bases, windows of one record, --group): give more rows");
}

#[test]
fn uneven_folds_are_told() {
    let rows: Vec<_> = (0..100).map(|row| (sequence(row), 0, vec![(row as u64).saturating_sub(60)])).collect();
    let found = dealt(4, 1, &rows).unwrap();
    insta::assert_snapshot!(found.warning.unwrap(), @"folds have between 13 and 61 rows, as what belongs together stays together: runs of small ones say less");
}

proptest! {
    #[test]
    fn every_row_is_in_one_fold_no_fold_is_empty_and_what_belongs_together_is_in_one(
        rows in prop::collection::vec((0..60_usize, any::<bool>(), 0..3_u32, 0..50_u64), 1..120), folds in 3..8_u32, seed: u64
    ) {
        let rows: Vec<_> = rows.into_iter().map(|(number, turned, class, group)| {
            let packed = if turned { sequence(number).reverse_complement() } else { sequence(number) };
            (number, (packed, class, vec![group]))
        }).collect();
        let given: Vec<_> = rows.iter().map(|(_, row)| row.clone()).collect();
        // What belongs together, by comparing every pair until nothing changes.
        let mut first: Vec<usize> = (0..rows.len()).collect();
        for _ in 0..rows.len() {
            for (left, right) in (0..rows.len()).flat_map(|left| (0..left).map(move |right| (left, right))) {
                if rows[left].0 == rows[right].0 || rows[left].1.2 == rows[right].1.2 {
                    let least = first[left].min(first[right]);
                    (first[left], first[right]) = (least, least);
                }
            }
        }
        let groups = first.iter().collect::<BTreeSet<_>>().len();
        let found = dealt(folds, seed, &given);
        prop_assert_eq!(found.is_err(), groups < folds as usize);
        let Ok(found) = found else { return Ok(()) };
        prop_assert_eq!(found.folds.len(), rows.len());
        let used: BTreeSet<u8> = found.folds.iter().copied().collect();
        prop_assert_eq!(used, (0..u8::try_from(folds).unwrap()).collect());
        for (left, fold) in rows.iter().zip(&found.folds) {
            for (right, other) in rows.iter().zip(&found.folds) {
                if left.0 == right.0 || left.1.2 == right.1.2 {
                    prop_assert_eq!(fold, other);
                }
            }
        }
    }
}
