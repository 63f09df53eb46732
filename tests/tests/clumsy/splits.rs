//! Data that comes as train and test only: a share of train becomes the validation split.

use std::path::PathBuf;

use flate2::Crc;
use genomenas_tests::Outcome;
use serde_json::Value;

use super::{Desk, rows, sequences};

/// Sequences, each twice, with a label.
fn table(sequences: &[String]) -> String {
    let rows = sequences.iter().enumerate().flat_map(|(row, sequence)| {
        let label = ["a", "b"][row % 2];
        [format!("{sequence}\t{label}\n"), format!("{sequence}\t{label}\n")]
    });
    "sequence\tlabel\n".to_owned() + &rows.collect::<String>()
}

/// Rows of each split, of which the twins of one lie in the same.
fn checked(store: &Value, all: u64) -> [u64; 3] {
    assert_eq!(rows(store), all);
    assert_eq!(
        store["straddling"]["equal_sequences"],
        serde_json::json!({"valid_in_train": 0, "test_in_train": 0, "test_in_valid": 0})
    );
    ["train", "valid", "test"].map(|split| store["rows"][split].as_u64().unwrap())
}

fn is_a_share([train, valid, test]: [u64; 3], rest: u64) {
    assert!((10..60).contains(&valid), "{valid}");
    assert_eq!((train + valid, test), (120, rest));
}

#[test]
fn a_share_of_train_is_for_validation_in_tables() {
    let desk = Desk::new();
    let all = sequences(80);
    let (train, test) = (table(&all[..60]), table(&all[60..]));
    desk.write("test.tsv", &test);
    let of_tables = format!("--test-table {} --valid 0.25", desk.path("test.tsv").display());
    is_a_share(checked(&desk.table("train.tsv", &train, &of_tables), 160), 40);
    // The same rows, whatever says what is train.
    let column = |text: &str, split: &str| {
        let rows: Vec<_> = text.lines().skip(1).map(|line| format!("{line}\t{split}\n")).collect();
        rows.concat()
    };
    let both = format!("sequence\tlabel\tsplit\n{}{}", column(&train, "train"), column(&test, "test"));
    let of_column = desk.table("both.tsv", &both, "--split split --valid 0.25");
    is_a_share(checked(&of_column, 160), 40);
    assert_eq!(of_column["digest"], desk.table("train.tsv", &train, &of_tables)["digest"]);
    let other = desk.table("both.tsv", &both, "--split split --valid 0.25 --seed 4");
    assert_ne!(other["digest"], of_column["digest"]);
    assert_eq!(other["import"]["settings"]["split"], "column split, and valid by share of train: 0.25, seed 4");
    let said = [
        desk.refused("train.tsv", &train, of_tables.trim_end_matches("--valid 0.25")),
        desk.refused("both.tsv", &both, "--split split"),
        desk.refused("both.tsv", &both, "--split split --valid 1.5"),
        desk.refused("both.tsv", &both, "--split split --test 0.1"),
        desk.refused("all.tsv", both.replacen("train", "valid", 2), "--split split --valid 0.1"),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
tables of train and of one other split, and none of valid: give those of valid, or take a share of train for it (--valid 0.1)
no rows in valid: train has 120, valid 0 and test 40, and each needs some; the split column decides; give rows of every split, take a share of train for the one that is lacking (--valid 0.1 or --test 0.1), or split all rows by share (--ignore-split)
a share of 1.5 of train for valid: give a number above 0 and below 1
40 rows are of test already, and a share of train is to make it, too: leave out --test
2 rows are of valid already, and a share of train is to make it, too: leave out --valid
");
}

#[test]
fn a_share_of_train_is_for_validation_in_files_of_sequences() {
    let desk = Desk::new();
    let fasta = |sequences: &[String]| {
        let records = sequences.iter().enumerate();
        let records: Vec<_> =
            records.map(|(row, sequence)| format!(">{row}\n{sequence}\n>{row}b\n{sequence}\n")).collect();
        records.concat()
    };
    let all = sequences(80);
    let files = [("a.fa", 0..30), ("b.fa", 30..60), ("test/a.fa", 60..70), ("test/b.fa", 70..80)];
    std::fs::create_dir(desk.path("test")).unwrap();
    let [a, b, test_a, test_b] = files.map(|(name, range)| desk.write(name, fasta(&all[range])));
    let arguments = format!("--test-paths {} {}", test_a.display(), test_b.display());
    let import = |more: &str| desk.import("fasta", &[&a, &b], &format!("{more} {arguments}"));
    is_a_share(checked(&Outcome::json(import("--valid 0.25").arg("--json")), 160), 40);
    insta::assert_snapshot!(desk.refusal(&mut import("")), @"files of train and of one other split, and none of valid: give those of valid, or take a share of train for it (--valid 0.1)");
}

/// An array as NumPy writes it, in a member of an archive.
fn member(name: &str, kind: &str, shape: &str, numbers: &[u8]) -> (String, Vec<u8>) {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(numbers);
    (format!("{name}.npy"), bytes)
}

/// An archive whose members are stored as they are.
fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let mut crc = Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        about.extend(crc.sum().to_le_bytes());
        about.extend([size, size].concat());
        about.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        about.extend([0, 0]);
        let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        directory.extend([b"PK\x01\x02\x14\0".as_slice(), &about, &[0; 10], &offset, name.as_bytes()].concat());
        bytes.extend([b"PK\x03\x04".as_slice(), &about, name.as_bytes(), content].concat());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let [size, start] = [directory.len(), bytes.len()].map(|number| u32::try_from(number).unwrap().to_le_bytes());
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &start, &[0, 0]].concat());
    bytes
}

/// Arrays of the sequences, each twice, whose numbers `write` writes. An unknown base has `unknown` in all channels.
fn arrays(
    name: &str,
    sequences: &[String],
    kind: &str,
    unknown: f32,
    write: fn(f32) -> Vec<u8>,
) -> [(String, Vec<u8>); 2] {
    let twice: Vec<&String> = sequences.iter().flat_map(|sequence| [sequence, sequence]).collect();
    let number = |base: u8, channel: u8| match base {
        b'N' => unknown,
        base => f32::from(u8::from(base == channel)),
    };
    let numbers: Vec<u8> = twice
        .iter()
        .flat_map(|sequence| sequence.bytes())
        .flat_map(|base| b"ACGT".iter().flat_map(move |channel| write(number(base, *channel))))
        .collect();
    let classes: Vec<u8> = (0..twice.len()).map(|row| u8::from(row % 4 > 1)).collect();
    let (rows, length) = (twice.len(), sequences[0].len());
    [
        member(&format!("x_{name}"), kind, &format!("{rows}, {length}, 4"), &numbers),
        member(&format!("y_{name}"), "|u1", &format!("{rows},"), &classes),
    ]
}

/// 0, 0.25 and 1 as a number of 16 bits.
fn half(value: f32) -> Vec<u8> {
    let bits: u16 = match value {
        0.25 => 0x3400,
        1.0 => 0x3C00,
        _ => 0,
    };
    bits.to_le_bytes().into()
}

#[test]
fn a_share_of_train_is_for_validation_in_arrays() {
    let desk = Desk::new();
    let all = sequences(80);
    let of = |name: &str, range: std::ops::Range<usize>| {
        arrays(name, &all[range], "|u1", 0.0, |value| vec![u8::from(value > 0.5)])
    };
    let file = desk.write("a.npz", archive(&[of("train", 0..60), of("test", 60..80)].concat()));
    let import = |more: &str| desk.import("npz", &[&file], &format!("--channels ACGT {more}"));
    is_a_share(checked(&Outcome::json(import("--valid 0.25").arg("--json")), 160), 40);
    insta::assert_snapshot!(desk.refusal(&mut import("")), @"a.npz: there is no array x_val or x_valid or x_validation or x_dev: expected x_train, y_train, x_val, y_val, x_test and y_test, found x_train, y_train, x_test, y_test; without it, --valid 0.1 takes such a share of train");
}

#[test]
fn a_base_with_equal_numbers_in_all_channels_is_unknown_in_floats_of_every_width() {
    let desk = Desk::new();
    let mut all = sequences(80);
    all[3].replace_range(5..9, "NNNN");
    let store = |kind: &str, unknown: f32, write: fn(f32) -> Vec<u8>| {
        let parts = [("train", 0..40), ("val", 40..60), ("test", 60..80)];
        let members: Vec<_> =
            parts.into_iter().flat_map(|(name, range)| arrays(name, &all[range], kind, unknown, write)).collect();
        let file: PathBuf = desk.write("a.npz", archive(&members));
        let store = Outcome::json(desk.import("npz", &[&file], "--channels ACGT").arg("--json"));
        assert_eq!(store["rows_with_unknown"]["train"], 2, "{kind} {unknown}");
        store["digest"].clone()
    };
    let expected = store("<f4", 0.0, |value| value.to_le_bytes().into());
    assert_eq!(store("<f4", 0.25, |value| value.to_le_bytes().into()), expected);
    assert_eq!(store(">f8", 0.25, |value| f64::from(value).to_be_bytes().into()), expected);
    assert_eq!(store("<f2", 0.25, half), expected);
    assert_eq!(store("|u1", 1.0, |value| vec![u8::from(value > 0.5)]), expected);
    assert_eq!(store("|b1", 0.0, |value| vec![u8::from(value > 0.5)]), expected);
}
