//! The importer of classes on small files, on everything that can be wrong, and what stays together.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::bases::Packed;
use crate::import::row_options::RowOptions;
use crate::splits::Shares;
use crate::store::{FinalEvaluation, Rows, Split, Store};
use crate::test_support;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        test_support::file(self.0.path(), name, bytes)
    }

    fn class(&self, name: &str, bytes: impl AsRef<[u8]>) -> ClassPath {
        ClassPath { name: None, path: self.file(name, bytes) }
    }

    /// By file, as most tests want to know which row is where.
    fn options(&self, [train, valid, test]: [[&str; 2]; 3]) -> FastaOptions {
        let classes = |split: &str, [a, b]: [&str; 2]| {
            vec![self.class(&format!("{split}/a.fa"), a), self.class(&format!("{split}/b.fasta"), b)]
        };
        FastaOptions {
            valid_paths: classes("valid", valid),
            test_paths: classes("test", test),
            ..FastaOptions::new(classes("train", train), self.0.path().join("store"))
        }
    }

    fn refused(&self, options: &FastaOptions) -> String {
        test_support::refusal(self.0.path(), import(options, &mut |_| {}))
    }
}

fn imported(options: &FastaOptions) -> (Store, StoreInfo) {
    let info = import(options, &mut |_| {}).unwrap();
    (Store::open(&options.output).unwrap(), info)
}

fn test_rows(store: &Store) -> Rows {
    store.test().unseal(&FinalEvaluation::of("a test"))
}

/// A row's letters.
fn letters(rows: &Rows, row: u32) -> String {
    let length = rows.info().shape.length;
    let row = rows.packed(row).unwrap();
    let base = |index| match row.unknown {
        Some(mask) if crate::bases::bit_at(mask, index) => 'N',
        _ => char::from(b"ACGT"[usize::from(crate::bases::code_at(row.codes, index))]),
    };
    (0..length).map(base).collect()
}

const GOOD: [[&str; 2]; 3] = [
    [">r1\nAACCGGTTAC\n>r2\nTTTT\n>r3\nACG\n>empty\n", ">s\nCAGT\n"],
    [">r\nAAAA\n", ">s\nCCCN\n"],
    [">r\nGATT\n", ">s\nACCA\n"],
];

#[test]
fn records_are_cut_into_windows_and_what_is_left_over_is_counted() {
    let folder = Folder::new();
    let (store, info) = imported(&FastaOptions { length: Some(4), step: Some(3), ..folder.options(GOOD) });
    assert_eq!(info.shape.labels, ["a", "b"]);
    let train = store.train();
    let rows: Vec<String> = (0..5).map(|row| letters(&train, row)).collect();
    assert_eq!(rows, ["AACC", "CGGT", "TTAC", "TTTT", "CAGT"]);
    assert_eq!(train.classes(&[0, 1, 2, 3, 4]).unwrap(), [0, 0, 0, 0, 1]);
    assert_eq!((letters(&store.valid(), 1), letters(&test_rows(&store), 0)), ("CCCN".into(), "GATT".into()));
    insta::assert_snapshot!(info.to_string().lines().skip(7).take(8).collect::<Vec<_>>().join("\n"), @"
    by data import fasta: length 4, max-unknown 1, short drop, split by file, step 3, task multi-class
    read 2 classes
    read 9 records
    read 37 bases
    dropped 2 records shorter than 4 bases
    digest 3b8a2259d850ef652e1ff3ce215b8006b1401e6a62d6df2d1ab9f2eb9b7f79e3

                            train        valid         test
    ");
}

#[test]
fn short_records_can_be_filled_and_rows_of_unknown_bases_left_out() {
    let folder = Folder::new();
    let options = FastaOptions {
        length: Some(5),
        short: Short::Fill,
        rows: RowOptions { max_unknown: 0.3, ..RowOptions::default() },
        ..folder.options(GOOD)
    };
    let (store, info) = imported(&options);
    let train = store.train();
    let rows: Vec<String> = (0..u32::try_from(train.len()).unwrap()).map(|row| letters(&train, row)).collect();
    // The record of three bases would have two unknown ones of five, as would the one that holds one itself.
    assert_eq!(rows, ["AACCG", "GTTAC", "TTTTN", "CAGTN"]);
    assert_eq!(info.rows.valid, 1);
    assert!(info.import.dropped.contains(&Count::new("windows with more than 1 of 5 bases unknown", 2)), "{info}");
    assert!(info.import.warnings.iter().any(|text| text.starts_with("7 records have fewer than 5")), "{info}");
}

#[test]
fn without_a_length_all_records_must_have_the_same() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.refused(&folder.options(GOOD)), @r#"train/a.fa: record "r2" has 4 bases, and the first one has 10: give a length, to cut records into windows of it"#);
    let equal = [[">r\nAACC\n", ">s\nCAGT\n"], GOOD[1], GOOD[2]];
    assert_eq!(imported(&folder.options(equal)).1.shape.length, 4);
}

#[test]
fn an_equal_row_of_two_classes_has_both_labels_in_a_multi_label_task() {
    let folder = Folder::new();
    let splits = [[">r\nACGT\n>r2\nAAAA\n>r3\nAAAA\n", ">s\nCCCC\n>s2\nACGT\n"], GOOD[1], GOOD[2]];
    let (store, info) = imported(&FastaOptions { task: Task::MultiLabel, ..folder.options(splits) });
    let train = store.train();
    let rows: Vec<_> = (0..3).map(|row| (letters(&train, row), train.packed(row).unwrap().labels[0])).collect();
    assert_eq!(rows, [("ACGT".into(), 0b11), ("AAAA".into(), 0b01), ("CCCC".into(), 0b10)]);
    assert_eq!((train.len(), info.rows.valid), (3, 2));
    assert!(
        info.import.dropped[0].what.starts_with("windows equal to another one") && info.import.dropped[0].count == 2
    );
}

#[test]
fn the_rows_of_a_background_have_no_label() {
    let folder = Folder::new();
    let splits = [[">r\nACGT\n", ">s\nCCCC\n>s2\nACGT\n"], GOOD[1], GOOD[2]];
    let options = FastaOptions { task: Task::MultiLabel, background: Some("b".into()), ..folder.options(splits) };
    let (store, info) = imported(&options);
    assert_eq!(info.shape.labels, ["a"]);
    let train = store.train();
    let rows: Vec<_> = (0..2).map(|row| (letters(&train, row), train.packed(row).unwrap().labels[0])).collect();
    assert_eq!(rows, [("ACGT".into(), 1), ("CCCC".into(), 0)]);
}

#[test]
fn a_class_is_a_folder_a_compressed_file_or_has_a_name_of_its_own() {
    let folder = Folder::new();
    let mut options = folder.options(GOOD);
    let (_, plain) = imported(&FastaOptions { length: Some(4), ..options.clone() });
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(b">r2\nTTTT\n>r3\nACG\n").unwrap();
    folder.file("a/2.fna.gz", gzip.finish().unwrap());
    folder.file("a/1.fa", b">r1\nAACCGGTTAC\n");
    folder.file("a/notes.txt", b"not a sequence");
    let text = format!("b={}", folder.file("other.fa", GOOD[0][1]).display());
    options.paths = vec![ClassPath { name: None, path: folder.0.path().join("a") }, text.parse().unwrap()];
    let (_, other) = imported(&FastaOptions { length: Some(4), overwrite: true, ..options });
    assert_eq!(plain.digest, other.digest);
}

#[test]
fn the_same_import_gives_the_same_bytes() {
    let folder = Folder::new();
    let options = FastaOptions { length: Some(4), overwrite: true, ..folder.options(GOOD) };
    imported(&options);
    let first = std::fs::read(&options.output).unwrap();
    imported(&options);
    assert_eq!(std::fs::read(&options.output).unwrap(), first);
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_written() {
    let folder = Folder::new();
    let good = FastaOptions { length: Some(4), ..folder.options(GOOD) };
    let refused = |change: &dyn Fn(&mut FastaOptions)| {
        let mut options = good.clone();
        change(&mut options);
        folder.refused(&options)
    };
    insta::assert_snapshot!(refused(&|options| options.paths.truncate(1)), @r#"class "b" of valid is not a class of train, whose classes are a"#);
    insta::assert_snapshot!(refused(&|options| options.test_paths.clear()), @"files of train and of one other split, and none of test: give those of test, or take a share of train for it (--test 0.1)");
    insta::assert_snapshot!(refused(&|options| options.background = Some("a".into())), @"a background is of a multi-label task: choose that task, or let the background be a class like the others");
    insta::assert_snapshot!(refused(&|options| {
        options.task = Task::MultiLabel;
        options.background = Some("c".into());
    }), @r#"the background "c" is not one of the classes, which are a, b"#);
    insta::assert_snapshot!(refused(&|options| options.task = Task::Regression), @"files of sequences have no regression task: expected multi-class or multi-label");
    insta::assert_snapshot!(refused(&|options| options.length = Some(100)), @"no row of 100 bases: 9 records are shorter and 0 windows have too many unknown bases");
    insta::assert_snapshot!(refused(&|options| options.length = Some(usize::MAX)), @"rows of 18446744073709551615 bases: expected 1 to 16777216");
    insta::assert_snapshot!(refused(&|options| options.step = Some(0)), @"windows of 0 bases or a step of 0: give at least 1");
    insta::assert_snapshot!(refused(&|options| options.paths.push(options.paths[0].clone())), @r#"two paths are named "a", and the name is the class: give train/a.fa as NAME=PATH"#);
    insta::assert_snapshot!(refused(&|options| options.paths[1].path = folder.file("train/b.fa", ">x\nAC-T\n")), @"train/b.fa, line 2: '-' is not a letter of a DNA sequence (A, C, G, T, N and the IUPAC letters are)");
    insta::assert_snapshot!(refused(&|options| options.paths[1] = folder.class("b.fna", "ACGT\n")), @"b.fna holds no sequences: expected FASTA text (plain, gzip or bgzip), whose first letter is '>' or a .2bit file, and it starts with 'A'");
    insta::assert_snapshot!(refused(&|options| {
        options.paths[1].path = folder.0.path().join("b");
        std::fs::create_dir_all(&options.paths[1].path).unwrap();
    }), @"b: there is no file in this folder whose name ends in .fa, .fasta, .fna, or the same with .gz");
    assert!("=x".parse::<ClassPath>().is_err());
}

#[test]
fn cut_and_random_files_never_panic_and_leave_nothing() {
    let folder = Folder::new();
    let good = FastaOptions { length: Some(4), ..folder.options(GOOD) };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(GOOD[0][0].as_bytes()).unwrap();
    let zipped = gzip.finish().unwrap();
    for length in 0..zipped.len() {
        folder.file("train/a.fa", &zipped[..length]);
        folder.refused(&good);
    }
    let options = FastaOptions { overwrite: true, ..good };
    for place in 0..zipped.len() {
        for flip in [0x01, 0xFF] {
            let mut bytes = zipped.clone();
            bytes[place] ^= flip;
            folder.file("train/a.fa", &bytes);
            if let Err(error) = import(&options, &mut |_| {}) {
                assert_eq!(error.exit_code(), 2);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn windows_of_one_record_and_equal_windows_on_either_strand_share_a_split(
        seed: u64, records in prop::collection::vec(("[ACGT]{12,40}", any::<bool>()), 60..90),
    ) {
        let folder = Folder::new();
        let mut text = [String::new(), String::new()];
        for (number, (record, other)) in records.iter().enumerate() {
            text[usize::from(number % 2 == 1)].extend([format!(">{number}\n{record}\n")]);
            if *other {
                // A longer record of the other class, which begins with the opposite strand of this one's first window.
                let opposite: String = record[..12].chars().rev().map(|base| match base { 'A' => 'T', 'C' => 'G', 'G' => 'C', _ => 'A' }).collect();
                text[usize::from(number % 2 == 0)].extend([format!(">{number}o\n{opposite}{record}\n")]);
            }
        }
        let paths = vec![folder.class("a.fa", &text[0]), folder.class("b.fa", &text[1])];
        let options = FastaOptions {
            length: Some(12), shares: Shares::new(0.3, 0.3, seed),
            ..FastaOptions::new(paths, folder.0.path().join("store"))
        };
        let Ok(info) = import(&options, &mut |_| {}) else {
            // So few rows, tied together, may leave a split without any.
            return Ok(());
        };
        prop_assert!(info.leakage.unwrap().is_none(), "{info}");
        let store = Store::open(&options.output).unwrap();
        let mut of: BTreeMap<Vec<u8>, Split> = BTreeMap::new();
        for rows in [store.train(), store.valid(), test_rows(&store)] {
            for row in 0..u32::try_from(rows.len()).unwrap() {
                of.insert(rows.packed(row).unwrap().codes.to_vec(), rows.split());
            }
        }
        for (record, _) in &records {
            let splits: Vec<Split> = record.as_bytes().chunks_exact(12)
                .map(|window| of[Packed::from_letters(window).unwrap().codes()]).collect();
            prop_assert!(splits.iter().all(|split| *split == splits[0]), "{record}: {splits:?}");
        }
    }
}
