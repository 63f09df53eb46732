//! A store with folds as a whole: what is written is read at each of its folds.

use std::path::Path;

use super::*;
use crate::bases::Packed;
use crate::splits::folds::{Folds, Together};
use crate::splits::likeness::Likeness;

const ROWS: usize = 50;

fn sequence(row: usize) -> Packed {
    let letters: Vec<u8> = (0..9).map(|place| b"ACGT"[(row * 7 + place) >> (place % 3) & 3]).collect();
    Packed::from_letters(&letters).unwrap()
}

/// A store of 50 rows with values, in folds.
fn written(path: &Path, folds: u32) -> Result<StoreInfo> {
    let shape = Shape {
        length: 9,
        labels: vec!["signal".into()],
        task: Task::Regression,
        chromosomes: vec![],
        groups: vec![],
        single_strand: true,
    };
    let mut writer = StoreWriter::create(path, shape, true)?;
    let together = Together::Alike(Likeness { single_strand: true, identity: None });
    writer.deal_by(Some(Folds { count: folds, seed: 3, together }.dealer()));
    for row in 0..ROWS {
        let (packed, values) = (sequence(row), [row as f32]);
        let target = Target::Values(&values);
        writer.push(Split::Train, &Row { codes: packed.codes(), unknown: packed.unknown(), target, place: None })?;
    }
    writer.finish(ImportRecord::default(), &mut |_| {})
}

/// The values of the rows of each split at a fold, which are the numbers of the rows.
fn values(store: &Store) -> [Vec<usize>; 3] {
    [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))].map(|rows| {
        let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
        let (mut inputs, mut labels) = (vec![0.0; all.len() * rows.input_size()], vec![0.0; all.len()]);
        rows.decode(&all, &Decoding::default(), &mut inputs, &mut labels).unwrap();
        for (row, value) in all.iter().zip(&labels) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of rows")]
            let packed = sequence(*value as usize);
            assert_eq!(rows.packed(*row).unwrap().codes, packed.codes(), "row {value} has its bases");
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of rows")]
        labels.into_iter().map(|value| value as usize).collect()
    })
}

#[test]
fn each_fold_is_the_test_of_one_view_and_the_views_describe_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let info = written(&path, 4).unwrap();
    let store = Store::open(&path).unwrap();
    store.verify(&mut |_| {}).unwrap();
    assert_eq!((store.info(), info.version, info.folds.len()), (&info, 2, 4));
    let (mut tests, mut valids) = (Vec::new(), Vec::new());
    for fold in 1..=4 {
        let at = store.at(Some(fold)).unwrap();
        let [train, valid, test] = values(&at);
        let rows = [&train, &valid, &test].map(|rows| rows.len() as u64);
        assert_eq!(rows, Split::ALL.map(|split| *at.info().rows.get(split)));
        assert_eq!(
            (train.len() + valid.len() + test.len(), at.info().fold),
            (ROWS, Some(Fold { number: fold, of: 4 }))
        );
        let mut all = [train.clone(), valid.clone(), test.clone()].concat();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..ROWS), "every row once");
        for (split, rows) in Split::ALL.into_iter().zip([&train, &valid, &test]) {
            let described = at.info().values.get(split)[0];
            let mean = rows.iter().sum::<usize>() as f64 / rows.len() as f64;
            assert!((described.mean - mean).abs() < 1e-9, "{described:?}");
            let least = *rows.iter().min().unwrap() as f32;
            assert!((described.least - least).abs() < 1e-6, "{described:?}");
        }
        assert_eq!(at.info().leakage, Some(info.folds[fold as usize - 1].straddling));
        tests.push(test);
        valids.push(valid);
    }
    assert_eq!(valids[3], tests[0]);
    assert_eq!(valids[..3], tests[1..]);
}

#[test]
fn a_fold_is_named_where_there_are_folds_and_there_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    written(&path, 3).unwrap();
    let refused = |path: &Path, fold| {
        let error = Store::open(path).unwrap().at(fold).err().unwrap();
        assert_eq!(error.exit_code(), 2);
        error.to_string().replace(&*folder.path().to_string_lossy(), "")
    };
    insta::assert_snapshot!(refused(&path, None), @"/store: it has 3 folds: say which of them is the test, with --fold 1 to --fold 3 (`genomenas compare` runs every one)");
    insta::assert_snapshot!(refused(&path, Some(0)), @"/store: it has 3 folds, counted from 1, and no fold 0: expected --fold 1 to --fold 3");
    insta::assert_snapshot!(refused(&path, Some(4)), @"/store: it has 3 folds, counted from 1, and no fold 4: expected --fold 1 to --fold 3");
    let plain = folder.path().join("plain");
    tests::small_store(&plain);
    insta::assert_snapshot!(refused(&plain, Some(1)), @"/plain: it has splits and no folds, so there is no fold 1: leave out --fold, or import the data with --folds");
    assert!(Store::open(&plain).unwrap().at(None).is_ok());
}

#[test]
fn no_flipped_byte_of_a_store_with_folds_goes_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    written(&path, 3).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let read = |path: &Path| -> Result<()> {
        let store = Store::open(path)?;
        store.at(Some(2))?;
        store.verify(&mut |_| {})
    };
    let (intact, bad) = (Store::open(&path).unwrap(), folder.path().join("bad"));
    for place in (0..whole.len()).step_by(37) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x10;
        crate::files::write_atomically(&bad, &damaged).unwrap();
        if let Ok(()) = read(&bad) {
            // Padding of the format, which holds nothing.
            let store = Store::open(&bad).unwrap();
            assert_eq!(store.info(), intact.info(), "byte {place}");
            for fold in 1..=3 {
                assert_eq!(
                    values(&store.at(Some(fold)).unwrap()),
                    values(&intact.at(Some(fold)).unwrap()),
                    "byte {place}"
                );
            }
        }
    }
}

#[test]
fn a_store_of_folds_with_too_few_groups_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let error = written(&folder.path().join("store"), 60).unwrap_err().to_string();
    assert!(error.contains("--folds 60: every fold needs a group of its own"), "{error}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
