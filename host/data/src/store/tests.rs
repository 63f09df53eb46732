//! The store as a whole: what is written is read, and nothing else is.

use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::bases::{Packed, bit_bytes, set_bit};

/// A store of 40 rows of 21 bases, 11 labels, two chromosomes, some unknown bases.
pub(crate) fn small_store(path: &Path) -> StoreInfo {
    let shape = Shape {
        length: 21,
        labels: (0..11).map(|label| format!("label {label}")).collect(),
        task: Task::MultiLabel,
        chromosomes: vec!["chr1".into(), "chr2".into()],
        groups: vec![],
        single_strand: false,
    };
    let mut writer = StoreWriter::create(path, shape, true).unwrap();
    for (index, (sequence, bits)) in small_rows().into_iter().enumerate() {
        let split = Split::ALL[index % 3];
        let place = Some(Place { chromosome: u32::try_from(index % 2).unwrap(), start: 100 * index as u64 });
        let row = Row { codes: sequence.codes(), unknown: sequence.unknown(), target: Target::Bits(&bits), place };
        writer.push(split, &row).unwrap();
    }
    writer.finish(ImportRecord { importer: "test".into(), ..ImportRecord::default() }, &mut |_| {}).unwrap()
}

fn small_rows() -> Vec<(Packed, Vec<u8>)> {
    (0..40_usize)
        .map(|row| {
            let letter = |base: usize| {
                if row % 5 == 0 && base % 7 == 3 { b'N' } else { b"ACGT"[(row * base + base / 3) % 4] }
            };
            let letters: Vec<u8> = (0..21).map(letter).collect();
            let mut bits = vec![0; 2];
            set_bit(&mut bits, row % 11);
            set_bit(&mut bits, row * row % 11);
            (Packed::from_letters(&letters).unwrap(), bits)
        })
        .collect()
}

fn write(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
}

fn saved(write: impl FnOnce(&Path)) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.arrow");
    write(&path);
    (folder, path)
}

#[test]
fn every_row_comes_back_in_its_split_with_its_place() {
    let (_folder, path) = saved(|path| {
        small_store(path);
    });
    let store = Store::open(&path).unwrap();
    let splits = [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))];
    for (index, (sequence, bits)) in small_rows().into_iter().enumerate() {
        let rows = &splits[index % 3];
        let row = u32::try_from(index / 3).unwrap();
        let packed = rows.packed(row).unwrap();
        assert_eq!(
            (packed.codes, packed.unknown, packed.labels),
            (sequence.codes(), sequence.unknown(), bits.as_slice())
        );
        let place = rows.positions(&[row]).unwrap().unwrap().remove(0);
        assert_eq!(place, Position { chromosome: format!("chr{}", 1 + index % 2), start: 100 * index as u64 });
    }
    assert_eq!((store.info().rows.train, store.info().rows.valid, store.info().rows.test), (14, 13, 13));
    store.verify(&mut |_| {}).unwrap();
}

#[test]
fn a_store_of_several_batches_finds_every_row() {
    let rows = 2 * BATCH_ROWS + 5;
    let (_folder, path) = saved(|path| {
        let shape = Shape {
            length: 9,
            labels: vec!["a".into(), "b".into(), "c".into()],
            task: Task::MultiClass,
            chromosomes: vec![],
            groups: vec![],
            single_strand: false,
        };
        let mut writer = StoreWriter::create(path, shape, false).unwrap();
        for index in 0..rows {
            let codes = [index.to_le_bytes()[0], index.to_le_bytes()[1], 0];
            let unknown = [0, 1];
            let row = Row {
                codes: &codes,
                unknown: (index % 1000 == 7).then_some(unknown.as_slice()),
                target: Target::Class(u32::try_from(index % 3).unwrap()),
                place: None,
            };
            writer.push(if index < rows - 10 { Split::Train } else { Split::Valid }, &row).unwrap();
        }
        writer.finish(ImportRecord::default(), &mut |_| {}).unwrap();
    });
    let store = Store::open(&path).unwrap();
    for index in 0..rows {
        let (split, row) =
            if index < rows - 10 { (store.train(), index) } else { (store.valid(), index - (rows - 10)) };
        let row = u32::try_from(row).unwrap();
        let packed = split.packed(row).unwrap();
        assert_eq!(packed.codes[..2], index.to_le_bytes()[..2], "row {index}");
        assert_eq!(packed.unknown.is_some(), index % 1000 == 7, "row {index}");
        assert_eq!(split.classes(&[row]).unwrap(), [i64::try_from(index % 3).unwrap()]);
    }
    assert!(store.test().is_empty());
    store.verify(&mut |_| {}).unwrap();
    let mut labels = vec![0.0; 6];
    store.train().decode_labels(&[1, 2], &mut labels).unwrap();
    assert_eq!(labels, [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn the_values_of_a_regression_come_back_and_are_described() {
    let (_folder, path) = saved(|path| {
        let labels = vec!["a".into(), "b".into(), "c".into()];
        let shape = Shape {
            length: 9,
            labels,
            task: Task::Regression,
            chromosomes: vec![],
            groups: vec![],
            single_strand: false,
        };
        let mut writer = StoreWriter::create(path, shape, false).unwrap();
        for row in 0..20_u8 {
            let (codes, value) = ([row, 1, 0], f32::from(row));
            let target = Target::Values(&[value, -value, 0.5]);
            writer
                .push(Split::ALL[usize::from(row % 3)], &Row { codes: &codes, unknown: None, target, place: None })
                .unwrap();
        }
        writer.finish(ImportRecord::default(), &mut |_| {}).unwrap();
    });
    let store = Store::open(&path).unwrap();
    store.verify(&mut |_| {}).unwrap();
    let mut values = vec![0.0; 6];
    store.valid().decode_labels(&[0, 6], &mut values).unwrap();
    assert_eq!(values, [1.0, -1.0, 0.5, 19.0, -19.0, 0.5]);
    let of_train = &store.info().values.train;
    assert_eq!(of_train[0], Values { least: 0.0, most: 18.0, mean: 9.0 });
    assert_eq!(of_train[1], Values { least: -18.0, most: 0.0, mean: -9.0 });
    assert!(store.info().leakage.unwrap().is_none());
}

#[test]
fn values_that_no_loss_could_use_are_refused() {
    let write = |task, value| {
        let folder = tempfile::tempdir().unwrap();
        let shape = Shape {
            length: 4,
            labels: vec!["a".into()],
            task,
            chromosomes: vec![],
            groups: vec![],
            single_strand: false,
        };
        let mut writer = StoreWriter::create(&folder.path().join("store"), shape, false).unwrap();
        writer.push(Split::Train, &Row { codes: &[0], unknown: None, target: Target::Values(&[value]), place: None })
    };
    assert!(write(Task::Regression, -1.0).is_ok());
    assert!(write(Task::PoissonRegression, 0.0).is_ok());
    assert!(write(Task::PoissonRegression, -1.0).is_err());
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(write(Task::Regression, bad).is_err());
        assert!(write(Task::PoissonRegression, bad).is_err());
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let (_folder, first) = saved(|path| {
        small_store(path);
    });
    let (_other, second) = saved(|path| {
        small_store(path);
    });
    assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
}

/// A row of the `DeepSEA` set (1,000 bases, 919 labels) may take 370 bytes if the whole is to fit 1.8 GB.
#[test]
fn a_row_of_the_deepsea_shape_takes_at_most_367_bytes() {
    let (_folder, path) = saved(|path| {
        let labels = (0..919).map(|label| format!("l{label}")).collect();
        let shape = Shape {
            length: 1000,
            labels,
            task: Task::MultiLabel,
            chromosomes: vec![],
            groups: vec![],
            single_strand: false,
        };
        let mut writer = StoreWriter::create(path, shape, false).unwrap();
        let (codes, bits) = ([27; 250], [0; 115]);
        for _ in 0..2 * BATCH_ROWS {
            writer
                .push(Split::Train, &Row { codes: &codes, unknown: None, target: Target::Bits(&bits), place: None })
                .unwrap();
        }
        writer.finish(ImportRecord::default(), &mut |_| {}).unwrap();
    });
    let bytes = std::fs::metadata(path).unwrap().len();
    // The description with its 919 names and warnings does not grow with the rows.
    assert!(bytes < 367 * 2 * BATCH_ROWS as u64 + 200_000, "{bytes}");
}

/// Opens a file and reads all that it offers; only a panic would be wrong.
fn read_everything(path: &Path) -> Result<()> {
    let store = Store::open(path)?;
    let _ = store.info().to_string();
    for rows in [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))] {
        let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
        let mut inputs = vec![0.0; all.len() * rows.input_size()];
        let mut labels = vec![0.0; all.len() * rows.label_size()];
        rows.decode(&all, &Decoding::default(), &mut inputs, &mut labels)?;
        rows.positions(&all)?;
    }
    store.verify(&mut |_| {})
}

#[test]
fn no_flipped_byte_goes_unnoticed_and_none_panics() {
    let (folder, path) = saved(|path| {
        small_store(path);
    });
    let good = std::fs::read(&path).unwrap();
    let bad = folder.path().join("bad");
    read_everything(&path).unwrap();
    let mut unnoticed = 0;
    for place in 0..good.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut bytes = good.clone();
            bytes[place] ^= flip;
            write(&bad, &bytes);
            match read_everything(&bad) {
                Ok(()) => unnoticed += 1,
                Err(error) => assert!(error.to_string().contains("bad"), "{error}"),
            }
        }
    }
    // Padding, validity bits of columns without nulls and the dictionaries' copies of names are not read here.
    assert!(unnoticed < 3 * good.len() / 5, "{unnoticed} of {} flips were not noticed", 3 * good.len());
}

#[test]
fn a_truncated_store_is_refused_at_every_length() {
    let (folder, path) = saved(|path| {
        small_store(path);
    });
    let good = std::fs::read(&path).unwrap();
    let bad = folder.path().join("bad");
    assert!(Store::open(&path).is_ok());
    for length in 0..good.len() {
        write(&bad, &good[..length]);
        let error = Store::open(&bad).err().unwrap_or_else(|| panic!("{length} bytes were accepted"));
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn what_is_no_store_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let message = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        write(&path, bytes);
        Store::open(&path).err().unwrap().to_string().replace(&*folder.path().to_string_lossy(), "")
    };
    insta::assert_snapshot!(message("empty", b""), @"/empty: it is empty; expected a store made by `genomenas data import`");
    insta::assert_snapshot!(message("random", &[7; 5000]), @"/random: it is not a store of genomenas (no Arrow file); `genomenas data import` makes one");
    insta::assert_snapshot!(message("cut", b"ARROW1\0\0and then nothing that makes sense"), @"/cut: it is not whole: it was cut off or damaged; import the data again");
}

#[test]
fn a_store_of_another_version_says_which() {
    let (_folder, path) = saved(|path| {
        small_store(path);
    });
    let mut info = Store::open(&path).unwrap().info().clone();
    let refused = |info: &StoreInfo| {
        let (text, digest) = info.to_text().unwrap();
        StoreInfo::from_text(&text, &digest).unwrap_err().to_string()
    };
    info.version = 3;
    let error = refused(&info);
    assert!(error.contains("version 3") && error.contains("reads versions 1 and 2"), "{error}");
    // Without folds, the version of a store with folds is none.
    info.version = 2;
    assert!(refused(&info).contains("not the one of its folds or splits"), "{}", refused(&info));
}

#[test]
fn two_threads_read_the_same_rows() {
    let (_folder, path) = saved(|path| {
        small_store(path);
    });
    let rows = Store::open(&path).unwrap().train();
    let read = |rows: Rows| {
        let mut inputs = vec![0.0; rows.input_size()];
        let mut labels = vec![0.0; rows.label_size()];
        rows.decode(&[3], &Decoding::default(), &mut inputs, &mut labels).unwrap();
        inputs
    };
    let other = rows.clone();
    let elsewhere = std::thread::spawn(move || read(other)).join().unwrap();
    assert_eq!(read(rows), elsewhere);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_of_any_length_and_number_of_labels_come_back(length in 1usize..40, labels in 1usize..20, seed: u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let shape = Shape { length, labels: (0..labels).map(|label| label.to_string()).collect(), task: Task::MultiLabel, chromosomes: vec![], groups: vec![], single_strand: false };
        let mut writer = StoreWriter::create(&path, shape, false).unwrap();
        let mut rows = Vec::new();
        for row in 0..30_u64 {
            let mix = |base: u64| (seed ^ row.wrapping_mul(0x9E37_79B9).wrapping_add(base * 77)).wrapping_mul(0x2545_F491_4F6C_DD1D) >> 60;
            let letters: Vec<u8> = (0..length as u64).map(|base| b"AACCGGTTACGTACGN"[usize::try_from(mix(base)).unwrap()]).collect();
            let mut bits = vec![0; bit_bytes(labels)];
            set_bit(&mut bits, usize::try_from(row).unwrap() % labels);
            rows.push((Packed::from_letters(&letters).unwrap(), bits));
        }
        for (sequence, bits) in &rows {
            writer.push(Split::Train, &Row { codes: sequence.codes(), unknown: sequence.unknown(), target: Target::Bits(bits), place: None }).unwrap();
        }
        writer.finish(ImportRecord::default(), &mut |_| {}).unwrap();
        let train = Store::open(&path).unwrap().train();
        for (row, (sequence, bits)) in rows.iter().enumerate() {
            let packed = train.packed(u32::try_from(row).unwrap()).unwrap();
            prop_assert_eq!((packed.codes, packed.unknown, packed.labels), (sequence.codes(), sequence.unknown(), bits.as_slice()));
        }
    }
}
