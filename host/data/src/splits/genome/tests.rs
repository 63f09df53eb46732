//! Sharing out a genome by name and by share.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::map::Assignment;
use super::*;
use crate::splits::Fractions;
use crate::store::Split;

fn genome(lengths: &[u64]) -> Vec<Chromosome> {
    let name = |index: usize| format!("chr{}", index + 1);
    lengths.iter().enumerate().map(|(index, length)| Chromosome { name: name(index), length: *length }).collect()
}

fn named(valid: &[&str], test: &[&str]) -> GenomeSplitOptions {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    GenomeSplitOptions::named(owned(valid), owned(test))
}

#[test]
fn a_region_is_counted_from_one_with_its_end_and_rows_across_its_edges_belong_nowhere() {
    let genome_split = split(&named(&["chr1:11-20"], &["chr2"]), &genome(&[100, 50])).unwrap();
    assert_eq!(genome_split.assignment(0, 0, 10), Assignment::In(Split::Train));
    assert_eq!(genome_split.assignment(0, 10, 20), Assignment::In(Split::Valid));
    assert_eq!(genome_split.assignment(0, 20, 100), Assignment::In(Split::Train));
    assert_eq!(
        (genome_split.assignment(0, 9, 11), genome_split.assignment(0, 19, 21)),
        (Assignment::Across, Assignment::Across)
    );
    assert_eq!(genome_split.assignment(0, 5, 25), Assignment::Across);
    assert_eq!(genome_split.assignment(1, 0, 50), Assignment::In(Split::Test));
}

#[test]
fn what_is_in_no_split_is_outside_where_train_is_named() {
    let splits = GenomeSplitOptions { train: vec!["chr1:1-50".into()], ..named(&["chr1:51-60"], &["chr2"]) };
    let genome_split = split(&splits, &genome(&[100, 50, 10])).unwrap();
    assert_eq!(genome_split.assignment(0, 60, 100), Assignment::Outside);
    assert_eq!((genome_split.wants(0), genome_split.wants(2)), (true, false));
}

#[test]
fn what_cannot_be_shared_out_is_refused() {
    let refused = |splits: &GenomeSplitOptions| {
        let error = split(splits, &genome(&[100, 50])).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    insta::assert_snapshot!(refused(&named(&["chr1:0-9"], &["chr2"])), @r#"region "chr1:0-9" of valid: expected chr1:START-END with 1 <= START <= END <= 100, counted from 1 and END included"#);
    insta::assert_snapshot!(refused(&named(&["chr1:90-101"], &["chr2"])), @r#"region "chr1:90-101" of valid: expected chr1:START-END with 1 <= START <= END <= 100, counted from 1 and END included"#);
    insta::assert_snapshot!(refused(&named(&["chr1:x-9"], &["chr2"])), @r#"region "chr1:x-9" of valid: expected chr1:START-END with 1 <= START <= END <= 100, counted from 1 and END included"#);
    insta::assert_snapshot!(refused(&named(&["chr1:20-40"], &["chr1:40-50"])), @r#""chr1:20-40" and "chr1:40-50" are given for valid and for test and share bases: each base can be in one split"#);
    insta::assert_snapshot!(refused(&named(&["chr1"], &["chr1:40-50"])), @r#""chr1" and "chr1:40-50" are given for valid and for test and share bases: each base can be in one split"#);
    insta::assert_snapshot!(refused(&named(&["chr9:1-2"], &["chr2"])), @r#"chromosome "chr9" of valid is not in the genome, which has chr1 (100), chr2 (50)"#);
    let shares = Fractions { valid: 0.1, test: 0.1 };
    insta::assert_snapshot!(refused(&GenomeSplitOptions::by_share(shares, 0)), @"blocks of 1000000 bases: the 150 bases of the genome make 2 of them, and 3 to 4000000 can be shared out; give fewer bases");
    insta::assert_snapshot!(refused(&GenomeSplitOptions { block: 0, ..GenomeSplitOptions::by_share(shares, 0) }), @"blocks of 0 bases: give at least as many as a row has");
}

#[test]
fn a_share_of_train_goes_to_valid_and_nothing_of_test_does() {
    let lengths = [900, 400, 50, 7];
    let options = GenomeSplitOptions { block: 30, ..named(&["0.25"], &["chr2", "chr1:101-200"]) };
    let (before, after) = (
        split(&named(&["chr3:1-1"], &["chr2", "chr1:101-200"]), &genome(&lengths)).unwrap(),
        split(&options, &genome(&lengths)).unwrap(),
    );
    let mut bases = BTreeMap::new();
    for (chromosome, length) in lengths.iter().enumerate() {
        for base in 0..*length {
            let (before, after) =
                (before.assignment(chromosome, base, base + 1), after.assignment(chromosome, base, base + 1));
            assert_eq!(before == Assignment::In(Split::Test), after == Assignment::In(Split::Test));
            *bases.entry(format!("{after:?}")).or_insert(0_u64) += 1;
        }
    }
    let valid = bases["In(Valid)"];
    assert!((215..245).contains(&valid) && bases["In(Test)"] == 500 && bases["In(Train)"] == 857 - valid, "{bases:?}");
    // However large a block is, train keeps its share; another seed takes other blocks.
    let large = |seed| GenomeSplitOptions { block: 1_000_000, seed, ..options.clone() };
    let splits: Vec<_> = (0..8).map(|seed| split(&large(seed), &genome(&lengths)).unwrap()).collect();
    assert!(splits.iter().any(|other| *other != splits[0]));
    assert_eq!(split(&large(3), &genome(&lengths)).unwrap(), splits[3]);
    for of_seed in &splits {
        assert!((0..900).any(|base| of_seed.assignment(0, base, base + 1) == Assignment::In(Split::Train)));
    }
}

proptest! {
    #[test]
    fn shares_are_met_to_a_block_and_every_base_is_in_one_split(
        lengths in prop::collection::vec(1u64..400, 1..5), block in 1u64..40, seed: u64, valid in 0.05f64..0.4, test in 0.05f64..0.4,
    ) {
        let genome = genome(&lengths);
        let splits = GenomeSplitOptions { block, ..GenomeSplitOptions::by_share(Fractions { valid, test }, seed) };
        let blocks: u64 = lengths.iter().map(|length| length.div_ceil(block)).sum();
        prop_assume!(blocks >= 3);
        let genome_split = split(&splits, &genome).unwrap();
        prop_assert_eq!(&genome_split, &split(&splits, &genome).unwrap());
        let total: u64 = lengths.iter().sum();
        let mut bases = BTreeMap::new();
        for (chromosome, length) in lengths.iter().enumerate() {
            for base in 0..*length {
                let Assignment::In(split) = genome_split.assignment(chromosome, base, base + 1) else {
                    return Err(TestCaseError::fail("a base of no split"));
                };
                *bases.entry(split).or_insert(0_u64) += 1;
            }
        }
        for (split, share) in [(Split::Valid, valid), (Split::Test, test)] {
            let found = bases.get(&split).copied().unwrap_or(0) as f64;
            let wanted = share * total as f64;
            // Where blocks are few, those of valid can leave too few for test.
            prop_assert!(found < wanted + block as f64, "{split:?}: {found} of {wanted}");
            prop_assert!(split == Split::Test || found >= wanted, "{split:?}: {found} of {wanted}");
        }
    }
}
