//! Signals as labels, groups, and splits by region and by share of blocks.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::formats::bigwig::tests::{Values, bigwig};
use crate::splits::Fractions;
use crate::store::Pairs;

/// A track over the three chromosomes of `FASTA`; bins of 4 with a context of 2 show bins 1 to 4 of `one`.
fn track(folder: &Folder, name: &str) -> PathBuf {
    let file = bigwig(
        &[
            ("one", 24, Values::Stretches(vec![(0, 5, 8.0), (6, 9, -2.0), (18, 20, 1.5)])),
            ("three", 16, Values::Steps(4, 4, 2, vec![1.0, 3.0])),
            ("two", 16, Values::Places(3, vec![(4, 0.5)])),
        ],
        false,
        true,
    );
    folder.file(name, file)
}

fn values(rows: &Rows) -> Vec<Vec<f32>> {
    let row = |row| {
        let bytes = rows.packed(row).unwrap().labels.to_vec();
        bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    };
    (0..u32::try_from(rows.len()).unwrap()).map(row).collect()
}

#[test]
fn a_signal_is_the_mean_or_the_sum_over_the_bin_with_missing_bases_as_0() {
    let folder = Folder::new();
    let options = WindowsOptions { labels: vec![track(&folder, "atac.bw")], ..folder.options("") };
    let (store, info) = imported(&options);
    assert_eq!((info.shape.task, info.shape.labels.as_slice()), (Task::Regression, ["atac".to_owned()].as_slice()));
    // Bins 4..8, 8..12, 12..16, 16..20 of one.
    assert_eq!(values(&store.train()), [[1.0], [-0.5], [0.0], [0.75]]);
    assert_eq!(values(&store.valid()), [[0.375], [0.0]]);
    let (store, info) = imported(&WindowsOptions { signal: Signal::Sum, overwrite: true, ..options });
    assert_eq!(values(&store.train()), [[4.0], [-2.0], [0.0], [3.0]]);
    insta::assert_snapshot!(info.to_string(), @"
    regression: 8 bases a row, 1 labels, 8 rows
      from genome.fa (85 bytes, sha256 3bc842a640b2aac8…)
      from atac.bw (385 bytes, sha256 66db47aeaacdd268…)
      by data import windows: bin 4, context 2, keep all, label-from auto, max-unknown 1, min-positives 0, only-labels all, overlap 0.5 of the shorter, signal sum, step 4, test three, train the rest, valid two, widen 0
      read 3 chromosomes
      read 1 tracks
      dropped 6 bins whose row would leave the chromosome
      digest 563b7e221f0ab5b12ea2be71874dc9ebcac519c4709bcb1bebe6a79929cf3265

                              train        valid         test
    rows                          4            2            2
    with unknown bases            2            0            0
    mean of each label:
    atac                     1.2500       0.7500       4.0000
    warning: 2 of 2 test rows (100.0 %) repeat rows of train, on the same or the other strand: scores on them tell nothing of new data
    warning: equal sequences have different values (sequences: 1, rows: 3): no network can be right on all of them
    warning: the other strand of a sequence has another value (sequences: 1): right where strands differ, as in RNA; then import with --single-strand
    ");
}

#[test]
fn a_threshold_makes_a_label_that_stands_beside_those_of_features() {
    let folder = Folder::new();
    let mut options = folder.options(LABELS);
    options.labels.push(track(&folder, "atac.bigWig"));
    options.signal_threshold = Some(0.75);
    let (store, info) = imported(&options);
    assert_eq!(info.shape.labels, ["atac", "x", "y"]);
    let train = store.train();
    let bits: Vec<u8> = (0..4).map(|row| train.packed(row).unwrap().labels[0]).collect();
    assert_eq!(bits, [0b011, 0b010, 0b100, 0b001]);
    let (_, rare) = imported(&WindowsOptions { min_positives: 3, overwrite: true, ..options.clone() });
    assert_eq!(rare.shape.labels, ["atac", "x"]);
    assert_eq!(
        (rare.positives.train.as_slice(), rare.positives.test.as_slice()),
        ([2, 2].as_slice(), [1, 0].as_slice())
    );
    let only = WindowsOptions { only_labels: vec!["y".into()], overwrite: true, ..options };
    let (_, only) = imported(&only);
    assert!(only.import.dropped.contains(&Count::new("tracks that were not asked for", 1)), "{only}");
}

#[test]
fn what_does_not_go_together_with_signals_is_refused() {
    let folder = Folder::new();
    let bed = folder.options(LABELS);
    let track = track(&folder, "atac.bw");
    let signals = WindowsOptions { labels: vec![track.clone()], ..bed.clone() };
    let refused = |options: &WindowsOptions, change: &dyn Fn(&mut WindowsOptions)| {
        let mut options = options.clone();
        change(&mut options);
        folder.refused(&options)
    };
    insta::assert_snapshot!(refused(&bed, &|options| options.labels.push(track.clone())), @"atac.bw holds values, and a multi-label task needs labels that apply or not: give a signal threshold from which on the label applies, or import the two apart");
    insta::assert_snapshot!(refused(&bed, &|options| options.task = Some(Task::Regression)), @"labels.bed holds features, which apply or not, and a regression needs values: give bigWig files alone");
    insta::assert_snapshot!(refused(&bed, &|options| options.signal_threshold = Some(1.0)), @"a signal threshold without a signal: no label file is a bigWig file");
    insta::assert_snapshot!(refused(&signals, &|options| options.task = Some(Task::MultiLabel)), @"atac.bw holds values, and a multi-label task needs labels that apply or not: give a signal threshold from which on the label applies, or a regression as the task");
    insta::assert_snapshot!(refused(&signals, &|options| options.task = Some(Task::PoissonRegression)), @"atac.bw: the signal of the bin one:9-12 is negative: a Poisson regression needs counts or rates, 0 or more");
    insta::assert_snapshot!(refused(&signals, &|options| options.task = Some(Task::MultiClass)), @"bins have no multi-class task: expected multi-label, regression or poisson-regression");
    insta::assert_snapshot!(refused(&signals, &|options| options.keep = Keep::Labelled), @"every bin of a regression has values: keep all bins, and leave the least number of positive rows out");
    insta::assert_snapshot!(refused(&signals, &|options| options.labels.push(track.clone())), @"atac.bw is given twice as a label file: give it once");
    insta::assert_snapshot!(refused(&signals, &|options| options.only_labels = vec!["dnase".into()]), @r#"no track has the label "dnase"; the labels are atac"#);
    insta::assert_snapshot!(refused(&signals, &|options| options.signal_threshold = Some(f64::NAN)), @"a signal threshold that is not a finite number: give one, such as 2.5");
    let other = bigwig(&[("one", 25, Values::Steps(0, 1, 1, vec![1.0]))], false, true);
    let other = folder.file("other.bw", other);
    insta::assert_snapshot!(refused(&signals, &|options| options.labels.push(other.clone())), @r#"other.bw: chromosome "one" has 25 bases, and 24 in the genome; use the genome version that the track was made for, or drop what lies outside it"#);
    insta::assert_snapshot!(refused(&signals, &|options| {
        options.labels.push(other.clone());
        options.outside = Outside::Drop;
    }), @r#"other.bw: the track is of another version of the genome: chromosome "one" has 25 bases, and 24 in the genome; of the chromosomes that both name, those of another length have 24 bases in the genome, and those of the same length 0"#);
}

#[test]
fn a_damaged_track_ends_the_import_and_leaves_nothing() {
    let folder = Folder::new();
    let path = track(&folder, "atac.bw");
    let good = std::fs::read(&path).unwrap();
    let options = WindowsOptions { labels: vec![path], ..folder.options("") };
    for length in (4..good.len()).step_by(7) {
        folder.file("atac.bw", &good[..length]);
        folder.refused(&options);
    }
}

#[test]
fn labels_have_the_groups_of_a_file() {
    let folder = Folder::new();
    let groups = Some(folder.file("groups.tsv", "y\ttf\nz\tdnase\n"));
    let (_, info) = imported(&WindowsOptions { groups, ..folder.options(LABELS) });
    assert_eq!(info.shape.groups, ["", "tf"]);
    assert_eq!(info.import.sources.len(), 3);
}

#[test]
fn rows_across_the_edge_of_a_region_are_left_out_and_counted() {
    let folder = Folder::new();
    let splits = GenomeSplitOptions::named(vec!["one:13-24".into()], vec!["three".into()]);
    let (store, info) = imported(&WindowsOptions { splits, ..folder.options(LABELS) });
    let starts = |rows: &Rows| -> Vec<(String, u64)> {
        let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
        let places = rows.positions(&all).unwrap().unwrap();
        places.into_iter().map(|place| (place.chromosome, place.start)).collect()
    };
    // Rows of one are 2..10, 6..14, 10..18 and 14..22; the region is 12..24.
    assert_eq!(starts(&store.valid()), [("one".into(), 14)]);
    assert_eq!(starts(&store.train()), [("one".into(), 2), ("two".into(), 2), ("two".into(), 6)]);
    let across = Count::new("bins whose row lies across an edge of a split", 2);
    assert!(info.import.dropped.contains(&across), "{info}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_base_is_in_two_splits_by_share(seed: u64, block in 20u64..60, bin in 2u64..9, context in 0u64..6, step in 1u64..9) {
        let folder = Folder::new();
        let sequence = |length: usize| "ACGGTTACC".chars().cycle().take(length).collect::<String>();
        let genome = folder.file("big.fa", format!(">one\n{}\n>two\n{}\n>three\n{}\n", sequence(300), sequence(200), sequence(150)));
        let splits = GenomeSplitOptions { block, ..GenomeSplitOptions::by_share(Fractions { valid: 0.25, test: 0.25 }, seed) };
        let options = WindowsOptions { genome, splits, bin, context, step: Some(step), ..folder.options(LABELS) };
        let Ok(info) = import(&options, &mut |_| {}) else {
            // Where blocks are hardly longer than rows, a split may have none.
            return Ok(());
        };
        prop_assert_eq!(info.leakage.unwrap().overlapping_windows, Some(Pairs::default()));
        let store = Store::open(&options.output).unwrap();
        let mut of = BTreeMap::new();
        for rows in [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))] {
            let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
            for place in rows.positions(&all).unwrap().unwrap() {
                for base in place.start..place.start + bin + 2 * context {
                    prop_assert_eq!(*of.entry((place.chromosome.clone(), base)).or_insert(rows.split()), rows.split());
                }
            }
        }
    }
}
