//! Pairs that are found, against comparing every pair at every shift.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::bases::Packed;

fn add(similar: &mut Similar, letters: &[u8]) {
    let packed = Packed::from_letters(letters).unwrap();
    similar.add_parts(packed.codes(), packed.unknown(), packed.len());
}

fn pairs(rows: &[String], identity: f64, single_strand: bool) -> BTreeSet<(usize, usize)> {
    let mut similar = Similar::new(single_strand);
    for row in rows {
        add(&mut similar, row.as_bytes());
    }
    let mut found = BTreeSet::new();
    let each = |found: &mut BTreeSet<_>, left: usize, right: usize| {
        found.insert((left.min(right), left.max(right)));
    };
    similar.pairs(identity, &[], &mut found, |_, _, _| true, each);
    found
}

/// The identity of two rows, and the longest run of equal bases in register at a shift where it is reached.
fn identity(left: &str, right: &str, single_strand: bool) -> Vec<(usize, usize)> {
    let turned = Packed::from_letters(right.as_bytes()).unwrap().reverse_complement();
    let strands = [right.to_owned(), crate::bases::tests::letters(&turned)];
    let mut all = Vec::new();
    for other in strands.iter().take(if single_strand { 1 } else { 2 }) {
        let (left, other) = (left.as_bytes(), other.as_bytes());
        let length = i64::try_from(left.len()).unwrap();
        for shift in 1 - length..length {
            let (mut agree, mut run, mut longest) = (0, 0, 0);
            for place in 0..length {
                let equal = (0..length).contains(&(place + shift)) && {
                    let (one, two) = (left[place as usize], other[(place + shift) as usize]);
                    one == two && one != b'N'
                };
                run = if equal { run + 1 } else { 0 };
                longest = longest.max(run);
                agree += usize::from(equal);
            }
            all.push((agree, longest));
        }
    }
    all
}

proptest! {
    #[test]
    fn similar_rows_are_those_of_comparing_every_pair_at_every_shift_with_a_seed(
        rows in prop::collection::vec("[ACGTN]{12}", 2..12), single_strand: bool, tenths in 4..10_usize
    ) {
        let need = (12 * tenths).div_ceil(10);
        let k = seed_length(12 * rows.len() as u64, 12);
        let found = pairs(&rows, tenths as f64 / 10.0, single_strand);
        for left in 0..rows.len() {
            for right in left + 1..rows.len() {
                let similar = identity(&rows[left], &rows[right], single_strand)
                    .into_iter().any(|(agree, run)| agree >= need && run >= k);
                prop_assert_eq!(found.contains(&(left, right)), similar, "{} {}", &rows[left], &rows[right]);
            }
        }
    }

    #[test]
    fn a_copy_with_few_changes_is_found_shifted_or_turned(
        text in "[ACGT]{100}", changes in prop::collection::vec((0..100_usize, 0..4_usize), 0..10), shift in 0..10_usize,
        turned: bool,
    ) {
        let mut copy = text.clone().into_bytes();
        for (place, base) in changes {
            copy[place] = b"ACGT"[base];
        }
        let mut copy = String::from_utf8(copy).unwrap();
        copy = format!("{}{}", &copy[shift..], "N".repeat(shift));
        if turned {
            copy = crate::bases::tests::letters(&Packed::from_letters(copy.as_bytes()).unwrap().reverse_complement());
        }
        prop_assert_eq!(pairs(&[text.clone(), copy.clone()], 0.8, false).len(), 1);
        prop_assert_eq!(pairs(&[text, copy], 0.8, true).len(), usize::from(!turned));
    }
}

#[test]
fn rows_of_chance_are_not_similar() {
    let mut number = 7_u64;
    let mut letter = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"ACGT"[(number >> 60) as usize & 3])
    };
    let rows: Vec<String> = (0..300).map(|_| (0..100).map(|_| letter()).collect()).collect();
    assert!(pairs(&rows, 0.7, false).is_empty());
}

#[test]
fn seeds_are_longer_the_more_there_is_to_compare() {
    let lengths = [(10_000, 20), (3_000, 200), (55_000, 101), (1_000_000, 200)];
    assert_eq!(lengths.map(|(rows, length)| seed_length(rows * length as u64, length)), [4, 7, 9, 12]);
    assert_eq!(seed_length(1 << 50, 200), 15);
    assert_eq!(seed_length(300, 3), 3);
}

/// `cargo test --release -p genomenas-data --features clap a_million -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes: the cost of a million rows, for PERFORMANCE.md"]
fn a_million_rows_of_200_bases() {
    let mut number = 7_u64;
    let mut draw = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        number >> 33
    };
    let mut similar = Similar::new(false);
    let mut last: Vec<u8> = Vec::new();
    for row in 0..1_000_000 {
        // Every other row is a copy of the one before, with a fifth of its bases drawn anew, about 0.85 of them equal.
        if row % 2 == 0 {
            last = (0..200).map(|_| b"ACGT"[draw() as usize & 3]).collect();
        } else {
            for base in &mut last {
                if draw() % 5 == 0 {
                    *base = b"ACGT"[draw() as usize & 3];
                }
            }
        }
        add(&mut similar, &last);
    }
    let started = std::time::Instant::now();
    let mut found = vec![false; 1_000_000];
    similar.pairs(
        0.8,
        &[],
        &mut found,
        |found, left, right| !(found[left] && found[right]),
        |found, left, right| {
            found[left] = true;
            found[right] = true;
        },
    );
    let rows = found.iter().filter(|found| **found).count();
    println!("{:.1} s, {rows} rows of 1,000,000 have a similar one", started.elapsed().as_secs_f64());
}
