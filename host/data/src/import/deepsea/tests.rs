//! The importer on the real layout, on every form of the same samples, and on bundles that do not fit.

mod damaged;
mod written;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::bases::{bit_at, code_at};
use crate::import::row_options::RowOptions;
use crate::store::{FinalEvaluation, Rows, Store};
use written::{Form, Matrix, mat5};

/// A folder of the test data.
pub(super) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/deepsea").join(name)
}

/// The samples of the variants, as text: sequence and labels.
pub(super) fn samples() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(data("variants/samples.txt")).unwrap();
    let pair = |line: &str| line.split_once('\t').map(|(bases, labels)| (bases.to_owned(), labels.to_owned()));
    text.lines().map(|line| pair(line).unwrap()).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }

    /// The options for a train.mat beside the valid and test files of the variants.
    fn with_train(&self, train: impl Into<PathBuf>) -> DeepseaOptions {
        let output = self.0.path().join("out.arrow");
        let options = DeepseaOptions::new(train, data("variants/valid.mat"), data("variants/test.mat"), output);
        DeepseaOptions { overwrite: true, ..options }
    }

    fn refused(&self, options: &DeepseaOptions) -> String {
        let error = import(options, &mut |_| {}).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{error}");
        let left = self.0.path().read_dir().unwrap().any(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            !Path::new(&name).extension().is_some_and(|ending| ending == "mat" || ending == "txt")
        });
        assert!(!left, "something was left behind");
        let told = error.to_string().replace(&format!("{}/", self.0.path().display()), "");
        told.replace(&format!("{}/", data("").display()).replace("//", "/"), "")
    }
}

fn real(train: &str, valid: &str, folder: &Folder) -> DeepseaOptions {
    DeepseaOptions::new(data(train), data(valid), data("test.mat"), folder.0.path().join("out.arrow"))
}

fn imported(options: &DeepseaOptions) -> (Store, StoreInfo) {
    let info = import(options, &mut |_| {}).unwrap();
    let store = Store::open(&options.output).unwrap();
    store.verify(&mut |_| {}).unwrap();
    (store, info)
}

fn splits(store: &Store) -> [Rows; 3] {
    [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))]
}

fn row(rows: &Rows, index: u32) -> (String, String) {
    let info = rows.info();
    let packed = rows.packed(index).unwrap();
    let letter = |base| match packed.unknown {
        Some(mask) if bit_at(mask, base) => 'N',
        _ => char::from(b"ACGT"[usize::from(code_at(packed.codes, base))]),
    };
    let mark = |label| if bit_at(packed.labels, label) { '1' } else { '0' };
    ((0..info.shape.length).map(letter).collect(), (0..info.shape.labels.len()).map(mark).collect())
}

fn rows(rows: &Rows) -> Vec<(String, String)> {
    (0..u32::try_from(rows.len()).unwrap()).map(|index| row(rows, index)).collect()
}

#[test]
fn the_real_layout_has_its_first_sequences_its_labels_and_both_strands() {
    let folder = Folder::new();
    let options = DeepseaOptions { labels: Some(data("label_names.txt")), ..real("train.mat", "valid.mat", &folder) };
    let (store, info) = imported(&options);
    assert_eq!((info.shape.length, info.shape.labels.len()), (1000, 15));
    assert_eq!((info.shape.labels[0].as_str(), info.shape.labels[14].as_str()), ("CDS", "overlapping_ORFs"));
    let known = std::fs::read_to_string(data("first_sequences.txt")).unwrap();
    for (line, rows) in known.lines().zip(splits(&store)) {
        let (name, sequence) = line.split_once('\t').unwrap();
        assert!(name.starts_with(rows.split().name()));
        assert_eq!(row(&rows, 0).0, sequence);
    }
    assert_eq!(known.lines().count(), 3);
    insta::assert_snapshot!(info.to_string());
}

#[test]
fn valid_is_the_same_compressed_and_not_and_the_first_forty_of_train_in_one_piece() {
    let folder = Folder::new();
    let digest = |train, valid| {
        let (store, _) = imported(&DeepseaOptions { overwrite: true, ..real(train, valid, &folder) });
        (store.info().digest.clone(), rows(&store.train()))
    };
    let (chunked, all) = digest("train.mat", "valid.mat");
    assert_eq!(digest("train.mat", "valid_uncompressed.mat").0, chunked);
    let (_, some) = digest("train_contiguous.mat", "valid.mat");
    assert_eq!((some[..20].to_vec(), some.len(), all.len()), (all[..20].to_vec(), 40, 200));
}

#[test]
fn every_form_of_hdf5_gives_the_same_rows() {
    let folder = Folder::new();
    let mut forms = 0;
    let mut digests = std::collections::BTreeSet::new();
    for entry in data("variants").read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if matches!(name, "samples.txt" | "valid.mat" | "test.mat") {
            continue;
        }
        let (store, info) = imported(&folder.with_train(&path));
        for split in splits(&store) {
            assert_eq!(rows(&split), samples(), "{name}, {}", split.split().name());
        }
        digests.insert(info.digest);
        forms += 1;
    }
    assert_eq!((forms, digests.len()), (15, 1));
}

#[test]
fn every_form_of_matlab_5_gives_the_same_rows() {
    let folder = Folder::new();
    let samples = samples();
    for little in [true, false] {
        for deflated in [true, false] {
            for kind in [1, 2, 3, 4, 5, 6, 7, 9, 12, 13] {
                for disorder in [true, false] {
                    let form = Form { little, deflated, kind, disorder };
                    let bytes = mat5(form, &Matrix::bundle("train", &samples));
                    let (store, _) = imported(&folder.with_train(folder.write("t.mat", &bytes)));
                    assert_eq!(rows(&store.train()), samples, "{form:?}");
                }
            }
        }
    }
}

#[test]
fn numbers_that_stand_in_their_tag_are_read() {
    let folder = Folder::new();
    let samples = vec![("ACGTNA".to_owned(), "101".to_owned())];
    let form = Form { little: true, deflated: false, kind: 2, disorder: true };
    let files = ["train", "valid", "test"].map(|split| {
        let bytes = mat5(form, &Matrix::bundle(split, &samples));
        folder.write(&format!("{split}.mat"), &bytes)
    });
    let [train, valid, test] = files;
    let (store, info) = imported(&DeepseaOptions::new(train, valid, test, folder.0.path().join("out")));
    assert_eq!(splits(&store).map(|split| rows(&split)), [samples.clone(), samples.clone(), samples]);
    assert_eq!(info.import.read[0].what, "rows of train, not both strands: its number of rows is odd");
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let folder = Folder::new();
    let options = real("train.mat", "valid.mat", &folder);
    let bytes = || {
        imported(&DeepseaOptions { overwrite: true, ..options.clone() });
        std::fs::read(&options.output).unwrap()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn blocks_of_every_size_give_the_same_rows() {
    for name in ["variants/deflate_u8.mat", "variants/contiguous_i8.mat", "variants/chunked_u8.mat"] {
        let bundle = Bundle::open(&data(name), Split::Train).unwrap();
        let letters = |step: u64| {
            let mut found = Vec::new();
            let mut read = 0;
            for start in (0..bundle.samples).step_by(usize::try_from(step).unwrap()) {
                let range = start..(start + step).min(bundle.samples);
                let block = blocks::read(&bundle, &range, &mut read, &mut |_| {}).unwrap();
                block
                    .rows(|row| {
                        found.push(row.clone());
                        Ok::<_, ()>(())
                    })
                    .unwrap();
            }
            found
        };
        let whole = letters(12);
        assert_eq!(whole.len(), 12);
        for step in 1..12 {
            assert_eq!(letters(step), whole, "{name}, {step}");
        }
    }
}

#[test]
fn strands_are_found_demanded_or_left_alone() {
    let folder = Folder::new();
    let mut swapped = samples();
    swapped.swap(7, 8);
    let form = Form { little: true, deflated: true, kind: 2, disorder: false };
    let both = data("variants/deflate_u8.mat");
    let other = folder.write("t.mat", &mat5(form, &Matrix::bundle("train", &swapped)));
    let read = |train: &Path, strands| {
        let (store, info) = imported(&DeepseaOptions { strands, ..folder.with_train(train) });
        assert_eq!(store.info().import.both_strands, info.import.both_strands);
        std::fs::remove_file(folder.0.path().join("out.arrow")).unwrap();
        let told = info.import.warnings.iter().find(|told| told.contains("both strands")).cloned();
        (info.import.both_strands.train, info.import.read[0].what.clone(), told)
    };
    assert_eq!(read(&both, StrandsFrom::Auto), (true, "rows of train".into(), None));
    assert_eq!(read(&both, StrandsFrom::Both), (true, "rows of train".into(), None));
    assert_eq!(read(&both, StrandsFrom::One), (false, "rows of train".into(), None));
    let (found, read, told) = read(&other, StrandsFrom::Auto);
    assert!(!found);
    insta::assert_snapshot!(read, @"rows of train, not both strands: 2 of the 6 rows of its second half are not reverse complements of the first half in its order, the first of them row 7");
    insta::assert_snapshot!(told.unwrap(), @"train looks as if it held both strands, but 2 of the 6 rows of its second half are not reverse complements of the first half in its order, the first of them row 7: its strands are not used in pairs");
    let demanded = DeepseaOptions { strands: StrandsFrom::Both, ..folder.with_train(&other) };
    insta::assert_snapshot!(folder.refused(&demanded), @"t.mat: expected both strands in train, and 2 of the 6 rows of its second half are not reverse complements of the first half in its order, the first of them row 7; import with strands auto to take it as it is");
}

#[test]
fn rows_with_too_many_unknown_bases_are_left_out_on_both_strands_and_counted() {
    let folder = Folder::new();
    let read = |max_unknown: f64| {
        let rows = RowOptions { max_unknown, ..RowOptions::default() };
        let train = folder.with_train(data("variants/deflate_u8.mat"));
        let (store, info) = imported(&DeepseaOptions { rows, ..train });
        let dropped: u64 = info.import.dropped.iter().map(|count| count.count).sum();
        (splits(&store).map(|rows| self::rows(&rows)), dropped, info.import.both_strands.train)
    };
    let unknown = |(sequence, _): &(String, String)| sequence.matches('N').count();
    let (all, none_dropped, _) = read(1.0);
    assert_eq!((none_dropped, all[0].len()), (0, samples().len()));
    for (share, most) in [(0.1, 3), (0.05, 1), (0.0, 0)] {
        let (kept, dropped, both) = read(share);
        let expected = all.clone().map(|rows| rows.into_iter().filter(|row| unknown(row) <= most).collect::<Vec<_>>());
        let left_out = all.iter().flatten().filter(|row| unknown(row) > most).count();
        assert_eq!((kept, dropped), (expected, left_out as u64), "{share}");
        assert!(both, "both strands of a window go or stay together");
    }
    // Two rows of train have three unknown bases of 30.
    assert_eq!(read(0.05).0[0].len() + 2, samples().len());
    let rows = RowOptions { max_unknown: f64::NAN, ..RowOptions::default() };
    let empty = Folder::new();
    let refused = empty.refused(&DeepseaOptions { rows, ..empty.with_train(data("variants/deflate_u8.mat")) });
    assert!(refused.contains("--max-unknown NaN: expected a share"), "{refused}");
}

#[test]
fn other_labels_of_a_reverse_complement_are_noticed() {
    let folder = Folder::new();
    let mut samples = samples();
    samples[9].1 = samples[10].1.clone();
    let form = Form { little: true, deflated: false, kind: 2, disorder: false };
    let path = folder.write("t.mat", &mat5(form, &Matrix::bundle("train", &samples)));
    let (_, info) = imported(&folder.with_train(path));
    assert!(info.import.read[0].what.contains("1 of the 6 rows of its second half"), "{info}");
}

/// The refusal of a train.mat that differs in one number or name.
fn refusal_of(change: impl FnOnce(&mut Vec<Matrix>)) -> String {
    let folder = Folder::new();
    let mut matrices = Matrix::bundle("train", &samples());
    change(&mut matrices);
    let form = Form { little: true, deflated: true, kind: 2, disorder: false };
    folder.refused(&folder.with_train(folder.write("train.mat", &mat5(form, &matrices))))
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let folder = Folder::new();
    insta::assert_snapshot!(refusal_of(|matrices| matrices[0].values[17] = 2), @"train.mat: trainxdata: sample 5, position 0, channel G: the value 2; expected 0 or 1 (counting from 0)");
    insta::assert_snapshot!(refusal_of(|matrices| matrices[0].values[3..9].fill(1)), @"train.mat: trainxdata: sample 5, position 0: G is set beside another base; expected one base, or none for an unknown one (counting from 0)");
    insta::assert_snapshot!(refusal_of(|matrices| matrices[1].values[30] = 9), @"train.mat: traindata: sample 6, label 2: the value 9; expected 0 or 1 (counting from 0)");
    insta::assert_snapshot!(refusal_of(|matrices| matrices[0].name = "xdata".into()), @r#"train.mat: there is no variable "trainxdata" in it; it holds xdata, traindata"#);
    insta::assert_snapshot!(refusal_of(|matrices| matrices[1].axes = vec![6, 10]), @"train.mat: trainxdata has 12 samples and traindata has 6: expected as many, as the first axis in MATLAB and the last in HDF5");
    insta::assert_snapshot!(refusal_of(|matrices| matrices[0].axes = vec![12, 3, 40]), @"train.mat: trainxdata is 12 x 3 x 40 (as MATLAB shows it): expected samples x 4 x positions, with channels in the order A, G, C, T");
    insta::assert_snapshot!(refusal_of(|matrices| matrices[0].axes = vec![12, 120]), @"train.mat: trainxdata is 12 x 120 (as MATLAB shows it): expected samples x 4 x positions");
    insta::assert_snapshot!(refusal_of(|matrices| matrices[1].axes = vec![12, 5, 1, 1]), @"train.mat: traindata is 12 x 5 x 1 x 1 (as MATLAB shows it): expected samples x labels");
    let valid = folder.with_train(data("variants/valid.mat"));
    insta::assert_snapshot!(folder.refused(&valid), @r#"variants/valid.mat: there is no variable "trainxdata" in it; it holds validxdata, validdata"#);
    let longer = DeepseaOptions {
        valid: Some(ValidFrom::File(data("valid.mat"))),
        ..folder.with_train(data("variants/deflate_u8.mat"))
    };
    insta::assert_snapshot!(folder.refused(&longer), @"variants/deflate_u8.mat has 30 positions and valid.mat has 1000: expected files of one bundle");
    let text = folder.with_train(data("variants/samples.txt"));
    insta::assert_snapshot!(folder.refused(&text), @"variants/samples.txt: it is neither an HDF5 (MATLAB 7.3) nor a MATLAB 5 file; expected a .mat file of the DeepSEA bundle");
    let names = Some(data("label_names.txt"));
    let names = DeepseaOptions { labels: names, ..folder.with_train(data("variants/deflate_u8.mat")) };
    insta::assert_snapshot!(folder.refused(&names), @"label_names.txt names 15 labels and the data has 5: expected one name a line, in the order of the data");
}
