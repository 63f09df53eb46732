//! The importer of NumPy's archives on good and bad ones.

use std::io::Write;
use std::path::PathBuf;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::bases::{bit_at, code_at};
use crate::import::row_options::RowOptions;
use crate::store::{FinalEvaluation, Rows as StoreRows, Store, Task};

const TRAIN: [&str; 5] = ["ACGTNA", "AAAAAA", "CCGGTT", "NNNNNN", "GATTAC"];
const VALID: [&str; 2] = ["TTTTTT", "ACACAC"];
const TEST: [&str; 3] = ["GGGGGG", "CATCAT", "TACGTA"];

/// An array as it is written.
#[derive(Clone)]
struct Made {
    name: &'static str,
    kind: &'static str,
    fortran: bool,
    version: u8,
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Made {
    fn bytes(&self) -> Vec<u8> {
        let order = if self.fortran { "True" } else { "False" };
        let axes = self.shape.iter().fold(String::new(), |axes, axis| axes + &axis.to_string() + ", ");
        let text = format!("{{'descr': '{}', 'fortran_order': {order}, 'shape': ({axes}), }}\n", self.kind);
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([self.version, 0]);
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        bytes.extend_from_slice(if self.version == 1 { &length[..2] } else { &length });
        bytes.extend_from_slice(text.as_bytes());
        for place in 0..self.values.len() {
            let value = self.values[if self.fortran { self.in_c_order(place) } else { place }];
            bytes.extend(number(self.kind, value));
        }
        bytes
    }

    /// The place in C order of what stands at `place` in Fortran order.
    fn in_c_order(&self, mut place: usize) -> usize {
        let mut index = 0;
        let strides: Vec<usize> = (0..self.shape.len()).map(|axis| self.shape[axis + 1..].iter().product()).collect();
        for (axis, stride) in self.shape.iter().zip(strides) {
            index += place % axis * stride;
            place /= axis;
        }
        index
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the numbers of these tests are small")]
fn number(kind: &str, value: f64) -> Vec<u8> {
    let whole = value as i64;
    let mut bytes = match &kind[1..] {
        "b1" | "u1" | "i1" => vec![whole.to_le_bytes()[0]],
        "i2" => whole.to_le_bytes()[..2].to_vec(),
        "i4" | "u4" => whole.to_le_bytes()[..4].to_vec(),
        "i8" => whole.to_le_bytes().to_vec(),
        "f4" => (value as f32).to_le_bytes().to_vec(),
        _ => value.to_le_bytes().to_vec(),
    };
    if kind.starts_with('>') {
        bytes.reverse();
    }
    bytes
}

/// One-hot sequences, (rows, length, 4) or (rows, 4, length).
fn one_hot(name: &'static str, sequences: &[&str], channels: &str, last: bool) -> Made {
    let length = sequences[0].len();
    let mut values = Vec::new();
    for sequence in sequences {
        let bases: Vec<char> = sequence.chars().collect();
        let order: Vec<char> = channels.chars().collect();
        let (outer, inner) = if last { (length, 4) } else { (4, length) };
        for first in 0..outer {
            for second in 0..inner {
                let (base, channel) = if last { (first, second) } else { (second, first) };
                values.push(f64::from(u8::from(bases[base] == order[channel])));
            }
        }
    }
    let shape = if last { vec![sequences.len(), length, 4] } else { vec![sequences.len(), 4, length] };
    Made { name, kind: "|u1", fortran: false, version: 1, shape, values }
}

fn labels(name: &'static str, shape: &[usize], values: &[f64]) -> Made {
    Made { name, kind: "<f8", fortran: false, version: 1, shape: shape.to_vec(), values: values.to_vec() }
}

/// Three labels a row: bit `label` of the row's number.
fn bits(name: &'static str, rows: usize) -> Made {
    let values: Vec<f64> =
        (0..rows * 3).map(|place| f64::from(u8::from((place / 3) >> (place % 3) & 1 == 1))).collect();
    Made { kind: "|u1", ..labels(name, &[rows, 3], &values) }
}

fn good() -> Vec<Made> {
    vec![
        one_hot("x_train", &TRAIN, "AGCT", true),
        bits("y_train", 5),
        one_hot("x_val", &VALID, "AGCT", true),
        bits("y_val", 2),
        one_hot("x_test", &TEST, "AGCT", true),
        bits("y_test", 3),
    ]
}

/// Good inputs with these labels, one after the other over train, valid and test.
fn with_labels(kind: &'static str, width: Option<usize>, values: &[f64]) -> Vec<Made> {
    let mut arrays = good();
    let mut from = 0;
    for (index, rows) in [(1, 5), (3, 2), (5, 3)] {
        let shape = width.map_or_else(|| vec![rows], |width| vec![rows, width]);
        let count = rows * width.unwrap_or(1);
        arrays[index] = Made { kind, ..labels(arrays[index].name, &shape, &values[from..from + count]) };
        from += count;
    }
    arrays
}

fn archive(arrays: &[Made], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for array in arrays {
        writer
            .start_file(format!("{}.npy", array.name), SimpleFileOptions::default().compression_method(method))
            .unwrap();
        writer.write_all(&array.bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }

    fn options(&self, arrays: &[Made]) -> NpzOptions {
        let npz = self.write("a.npz", &archive(arrays, CompressionMethod::Stored));
        NpzOptions { overwrite: true, ..NpzOptions::new(npz, self.0.path().join("store")) }
    }

    fn refused(&self, options: &NpzOptions) -> String {
        let before = self.0.path().read_dir().unwrap().count();
        let error = import(options, &mut |_| {}).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(self.0.path().read_dir().unwrap().count(), before, "something was left behind");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn imported(options: &NpzOptions) -> (Store, StoreInfo) {
    let info = import(options, &mut |_| {}).unwrap();
    (Store::open(&options.output).unwrap(), info)
}

fn sequences(rows: &StoreRows) -> Vec<String> {
    (0..rows.len())
        .map(|row| {
            let row = rows.packed(u32::try_from(row).unwrap()).unwrap();
            let base = |base| {
                if row.unknown.is_some_and(|mask| bit_at(mask, base)) {
                    'N'
                } else {
                    char::from(b"ACGT"[usize::from(code_at(row.codes, base))])
                }
            };
            (0..TRAIN[0].len()).map(base).collect()
        })
        .collect()
}

#[test]
fn every_form_of_the_arrays_gives_the_same_rows() {
    let folder = Folder::new();
    let mut digests = std::collections::BTreeSet::new();
    let kinds = ["|b1", "|u1", "|i1", "<i2", "<i4", ">i4", "<i8", "<f4", ">f4", "<f8"];
    for (number, kind) in kinds.into_iter().enumerate() {
        for fortran in [false, true] {
            for last in [true, false] {
                let mut arrays = good();
                if !last {
                    arrays[0] = one_hot("x_train", &TRAIN, "AGCT", false);
                    arrays[2] = one_hot("x_valid", &VALID, "AGCT", false);
                    arrays[4] = one_hot("x_test", &TEST, "AGCT", false);
                }
                let version = u8::try_from(number % 3).unwrap() + 1;
                let arrays: Vec<Made> =
                    arrays.into_iter().map(|array| Made { kind, fortran, version, ..array }).collect();
                let method = if number % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
                let npz = folder.write("a.npz", &archive(&arrays, method));
                let options = NpzOptions { overwrite: true, ..NpzOptions::new(npz, folder.0.path().join("store")) };
                let (store, info) = imported(&options);
                assert_eq!(sequences(&store.train()), TRAIN, "{kind} {fortran} {last}");
                assert_eq!(sequences(&store.valid()), VALID);
                let test = store.test().unseal(&FinalEvaluation::of("a test"));
                assert_eq!(sequences(&test), TEST);
                assert_eq!((test.packed(1).unwrap().labels, info.shape.labels.len()), ([1].as_slice(), 3));
                assert_eq!(info.positives.train, [2, 2, 1]);
                digests.insert(info.digest);
            }
        }
    }
    assert_eq!(digests.len(), 1);
}

#[test]
fn rows_with_too_many_unknown_bases_are_left_out_and_counted() {
    let folder = Folder::new();
    let with = |max_unknown: f64| {
        let rows = RowOptions { max_unknown, ..RowOptions::default() };
        let (store, info) = imported(&NpzOptions { rows, ..folder.options(&good()) });
        let dropped: u64 = info.import.dropped.iter().map(|count| count.count).sum();
        (sequences(&store.train()), store.valid().len(), dropped, info.positives.train)
    };
    let all = TRAIN.map(str::to_owned).to_vec();
    let without = |left_out: &[usize]| {
        let kept = all.iter().enumerate().filter(|(row, _)| !left_out.contains(row));
        kept.map(|(_, sequence)| sequence.clone()).collect::<Vec<_>>()
    };
    assert_eq!(with(1.0), (all.clone(), 2, 0, vec![2, 2, 1]));
    // Row 3 has the labels 1 and 1 of three; those of the others stay with their rows.
    assert_eq!(with(0.2), (without(&[3]), 2, 1, vec![1, 1, 1]));
    assert_eq!(with(0.0), (without(&[0, 3]), 2, 2, vec![1, 1, 1]));
    let rows = RowOptions { max_unknown: -0.5, ..RowOptions::default() };
    let refused = folder.refused(&NpzOptions { rows, ..folder.options(&good()) });
    assert!(refused.contains("--max-unknown -0.5: expected a share"), "{refused}");
    let unknown = ["NNNNNN"; 5];
    let mut arrays = good();
    for (place, name, rows) in [(0, "x_train", 5), (2, "x_val", 2), (4, "x_test", 3)] {
        arrays[place] = one_hot(name, &unknown[..rows], "AGCT", true);
    }
    let rows = RowOptions { max_unknown: 0.5, ..RowOptions::default() };
    let refused = folder.refused(&NpzOptions { rows, ..folder.options(&arrays) });
    assert!(refused.contains("each of 10 rows has a larger share of unknown bases than 0.5"), "{refused}");
}

#[test]
fn the_order_of_the_channels_is_the_one_that_is_said() {
    let folder = Folder::new();
    let (store, _) = imported(&NpzOptions { channels: "acgt".into(), ..folder.options(&good()) });
    assert_eq!(sequences(&store.train())[2], "GGCCTT");
    insta::assert_snapshot!(folder.refused(&NpzOptions { channels: "ACGG".into(), ..folder.options(&good()) }), @r#"channels "ACGG": expected A, C, G and T in the order of the channels, such as AGCT"#);
}

#[test]
fn channels_in_another_order_are_noticed_where_cg_is_rare() {
    let folder = Folder::new();
    let train: Vec<String> = (0..60).map(|row| format!("{}{}", "GCATGCTGCA".repeat(60), ["A", "T"][row % 2])).collect();
    let train: Vec<&str> = train.iter().map(String::as_str).collect();
    let arrays: Vec<Made> = [("x_train", "y_train"), ("x_val", "y_val"), ("x_test", "y_test")]
        .into_iter()
        .flat_map(|(x, y)| [one_hot(x, &train, "ACGT", true), bits(y, 60)])
        .collect();
    let warned = |options: &NpzOptions| {
        imported(options).1.import.warnings.into_iter().find(|warning| warning.contains("channels"))
    };
    assert_eq!(warned(&NpzOptions { channels: "ACGT".into(), ..folder.options(&arrays) }), None);
    insta::assert_snapshot!(warned(&folder.options(&arrays)).unwrap(), @"CG occurs 32400 times and GC 0 times, and genomes have less CG: are the channels really in the order AGCT?");
}

#[test]
fn what_is_predicted_follows_from_the_labels_or_from_what_is_said() {
    let folder = Folder::new();
    let classes = [2, 0, 1, 1, 0, 2, 1, 0, 1, 2_u8];
    let numbers = classes.map(f64::from);
    let (store, info) = imported(&folder.options(&with_labels("<i8", None, &numbers)));
    assert_eq!((info.shape.task, info.shape.labels.len()), (Task::MultiClass, 3));
    assert_eq!(store.train().classes(&[0, 1, 2]).unwrap(), [2, 0, 1]);

    let one_hot: Vec<f64> =
        classes.iter().flat_map(|class| [0, 1, 2].map(|other| f64::from(u8::from(*class == other)))).collect();
    let arrays = with_labels("<f4", Some(3), &one_hot);
    let (_, info) = imported(&folder.options(&arrays));
    assert_eq!(info.shape.task, Task::MultiLabel);
    insta::assert_snapshot!(info.import.warnings[0], @"every row has exactly one label: if labels exclude each other, import with --task multi-class");
    let (store, info) = imported(&NpzOptions { task: Some(Task::MultiClass), ..folder.options(&arrays) });
    assert_eq!((info.shape.task, store.train().classes(&[0, 1]).unwrap()), (Task::MultiClass, vec![2, 0]));

    let values: Vec<f64> = (0..10).map(|row| f64::from(row) * 0.25 - 1.0).collect();
    let arrays = with_labels("<f4", None, &values);
    let regression = NpzOptions { task: Some(Task::Regression), ..folder.options(&arrays) };
    let (_, info) = imported(&regression);
    assert_eq!((info.shape.task, info.shape.labels), (Task::Regression, vec!["label_0".to_owned()]));
    assert_eq!((info.values.train[0].least, info.values.train[0].most), (-1.0, 0.0));
    insta::assert_snapshot!(folder.refused(&NpzOptions { task: Some(Task::PoissonRegression), ..regression.clone() }), @"a.npz, array y_train: row 0: label 0 is -1.0: expected a number of 0 or more in the range of float32");
    insta::assert_snapshot!(folder.refused(&NpzOptions { task: None, ..regression.clone() }), @"a.npz, array y_train: a row has one number of a type with fractions: say what is predicted (--task regression, poisson-regression or multi-class)");
    insta::assert_snapshot!(folder.refused(&NpzOptions { task: Some(Task::MultiClass), ..regression.clone() }), @"a.npz, array y_train: row 0: the class is -1.0: expected a whole number from 0 to 19999");
    insta::assert_snapshot!(folder.refused(&NpzOptions { task: Some(Task::MultiLabel), ..regression.clone() }), @"a.npz, array y_train: row 0: label 0 is -1.0: expected 0 or 1 (for numbers, --task regression or poisson-regression)");
    insta::assert_snapshot!(folder.refused(&NpzOptions { task: Some(Task::NextNucleotide), ..regression }), @"the next nucleotide is predicted from windows of a genome, not from arrays");
    let unlabelled = NpzOptions { task: Some(Task::MultiClass), ..folder.options(&good()) };
    insta::assert_snapshot!(folder.refused(&unlabelled), @"a.npz, array y_train: row 0: it has no class, and a row of a multi-class task has one");
}

#[test]
fn values_that_are_no_numbers_are_refused_with_their_row() {
    let folder = Folder::new();
    let mut values = vec![1.0; 10];
    values[6] = f64::NAN;
    let options = |kind, values: &[f64]| NpzOptions {
        task: Some(Task::Regression),
        ..folder.options(&with_labels(kind, None, values))
    };
    insta::assert_snapshot!(folder.refused(&options("<f8", &values)), @"a.npz, array y_val: row 1: label 0 is NaN: expected a number in the range of float32");
    values[6] = 1e300;
    insta::assert_snapshot!(folder.refused(&options("<f8", &values)), @"a.npz, array y_val: row 1: label 0 is 1e300: expected a number in the range of float32");
}

#[test]
fn labels_have_the_names_and_groups_of_a_file() {
    let folder = Folder::new();
    let file = folder.write("names", b"ctcf\ttf\npol2\ttf\ndnase\taccessibility\n");
    let (_, info) = imported(&NpzOptions { labels: Some(file), ..folder.options(&good()) });
    assert_eq!(info.shape.labels, ["ctcf", "pol2", "dnase"]);
    assert_eq!(info.shape.groups, ["tf", "tf", "accessibility"]);
    let file = folder.write("names", b"ctcf\npol2\n");
    insta::assert_snapshot!(folder.refused(&NpzOptions { labels: Some(file), ..folder.options(&good()) }), @"names: it names 2 labels, and a.npz has 3: name each, one a line");
}

#[test]
fn arrays_that_do_not_fit_are_refused_in_words() {
    let folder = Folder::new();
    let changed = |index: usize, array: Made| {
        let mut arrays = good();
        arrays[index] = array;
        folder.refused(&folder.options(&arrays))
    };
    let mut missing = good();
    missing.truncate(4);
    insta::assert_snapshot!(folder.refused(&folder.options(&missing)), @"a.npz: there is no array x_test: expected x_train, y_train, x_val, y_val, x_test and y_test, found x_train, y_train, x_val, y_val; without it, --test 0.1 takes such a share of train");
    insta::assert_snapshot!(changed(2, one_hot("x_val", &["ACG", "ACG"], "AGCT", true)), @"a.npz, array x_val: its shape is [2, 3, 4] and that of train [5, 6, 4]: rows of all splits must look the same");
    insta::assert_snapshot!(changed(2, one_hot("x_val", &["ACGTAC"], "AGCT", true)), @"a.npz, array x_val: it has 1 rows and its labels have 2");
    insta::assert_snapshot!(changed(1, labels("y_train", &[5, 3, 1], &[0.0; 15])), @"a.npz, array y_train: its shape is [5, 3, 1]: expected (rows,) or (rows, labels)");
    insta::assert_snapshot!(changed(0, labels("x_train", &[5, 6, 5], &[0.0; 150])), @"a.npz, array x_train: its shape is [5, 6, 5]: expected (rows, length, 4) or (rows, 4, length)");
    insta::assert_snapshot!(changed(0, Made { shape: vec![5, 6, 40], ..one_hot("x_train", &TRAIN, "AGCT", true) }), @"a.npz, array x_train: its shape is [5, 6, 40], which takes 1276 bytes, and it has 196");
    insta::assert_snapshot!(changed(0, Made { shape: vec![usize::MAX, 6, 4], ..one_hot("x_train", &TRAIN, "AGCT", true) }), @"a.npz, array x_train: its shape is [18446744073709551615, 6, 4], which no file can hold");
    insta::assert_snapshot!(changed(0, Made { kind: "|O", ..one_hot("x_train", &TRAIN, "AGCT", true) }), @r#"a.npz, array x_train: its elements are of type "|O", which is objects of Python: expected bool, whole numbers, float16, float32 or float64 (write it with astype)"#);
    let mut half = one_hot("x_test", &TEST, "AGCT", true);
    half.kind = "<f8";
    half.values[25] = 0.5;
    insta::assert_snapshot!(changed(4, half.clone()), @"a.npz, array x_test: row 1: base 0 is 0 0.5 1 0: a number is neither 0 nor 1: expected one-hot sequences, a 1 and zeros, or four equal numbers where a base is unknown");
    half.values[25] = 1.0;
    half.values[26] = 1.0;
    insta::assert_snapshot!(changed(4, half), @"a.npz, array x_test: row 1: base 0 is 0 1 1 0: it has a 1 in several channels: expected one-hot sequences, a 1 and zeros, or four equal numbers where a base is unknown");
    let short: Vec<Made> = good()
        .into_iter()
        .map(|array| {
            if array.name.starts_with('x') {
                one_hot(array.name, &vec!["ACGT"; array.shape[0]], "AGCT", true)
            } else {
                array
            }
        })
        .collect();
    insta::assert_snapshot!(folder.refused(&folder.options(&short)), @"a.npz, array x_train: rows of 4 × 4: it is unclear which axis holds the channels; give longer sequences");
}

#[test]
fn an_array_that_is_compressed_in_a_way_that_is_not_known_is_refused() {
    let folder = Folder::new();
    let mut bytes = archive(&good(), CompressionMethod::Deflated);
    let entry = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[entry + 11] = 1;
    let npz = folder.write("a.npz", &bytes);
    insta::assert_snapshot!(folder.refused(&NpzOptions::new(npz, folder.0.path().join("store"))), @"a.npz, array y_test: it cannot be read: compression method not supported: 264; write it with numpy.savez or numpy.savez_compressed");
}

#[test]
fn the_same_archive_gives_the_same_bytes() {
    let folder = Folder::new();
    let options = folder.options(&good());
    imported(&options);
    let first = std::fs::read(&options.output).unwrap();
    imported(&options);
    assert_eq!(std::fs::read(&options.output).unwrap(), first);
}

#[test]
fn cut_and_changed_archives_never_panic_and_leave_nothing() {
    let folder = Folder::new();
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let bytes = archive(&good(), method);
        for length in (0..bytes.len()).step_by(7) {
            let npz = folder.write("a.npz", &bytes[..length]);
            folder.refused(&NpzOptions::new(npz, folder.0.path().join("store")));
        }
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            let npz = folder.write("a.npz", &changed);
            let options = NpzOptions { overwrite: true, ..NpzOptions::new(npz, folder.0.path().join("store")) };
            // What the archive says beside the arrays, such as a date, may change; the rows may not.
            match import(&options, &mut |_| {}) {
                Ok(info) => {
                    let store = Store::open(&options.output).unwrap();
                    assert_eq!(
                        (sequences(&store.train()), info.total_rows()),
                        (TRAIN.map(String::from).to_vec(), 10),
                        "byte {place}"
                    );
                    std::fs::remove_file(&options.output).unwrap();
                }
                Err(error) => assert_eq!(error.exit_code(), 2, "byte {place}: {error}"),
            }
            assert_eq!(folder.0.path().read_dir().unwrap().count(), 1, "byte {place}");
        }
    }
}
