//! The table importer on Parquet files, good and damaged.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use arrow_array::builder::{
    BooleanBuilder, FixedSizeListBuilder, Float32Builder, ListBuilder, StringBuilder, UInt8Builder,
};
use arrow_array::types::{Float16Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};

use super::*;
use crate::store::Store;

/// Rows of the good file; the first are train, then valid, then test.
const ROWS: usize = 2000;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, batch: &RecordBatch, compression: Compression) -> PathBuf {
        let path = self.0.path().join("t.parquet");
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(700))
            .set_data_page_row_count_limit(100)
            .build();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        path
    }

    fn options(&self, columns: Vec<(&str, ArrayRef)>) -> TableOptions {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
        self.of(self.write(&batch.unwrap(), Compression::SNAPPY))
    }

    fn of(&self, table: PathBuf) -> TableOptions {
        let output = self.0.path().join("store");
        TableOptions { split: Some("split".into()), overwrite: true, ..TableOptions::new(table, output) }
    }

    fn refused(&self, options: &TableOptions) -> String {
        let error = import(options, &mut |_| {}).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(self.0.path().read_dir().unwrap().count(), 1, "something was left behind");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn imported(options: &TableOptions) -> (Store, StoreInfo) {
    let info = import(options, &mut |_| {}).unwrap();
    (Store::open(&options.output).unwrap(), info)
}

fn sequences(rows: usize) -> Vec<String> {
    let base = |row: usize, base: usize| char::from(b"ACGT"[row >> (2 * (base % 6)) & 3]);
    (0..rows).map(|row| (0..12).map(|place| base(row, place)).collect()).collect()
}

fn strings(texts: impl IntoIterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts))
}

fn split_names(rows: usize) -> ArrayRef {
    strings((0..rows).map(|row| ["train", "train", "valid", "test"][row * 4 / rows].to_owned()))
}

fn good() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("sequence", strings(sequences(ROWS))),
        ("label", strings((0..ROWS).map(|row| format!("class{}", row % 3)))),
        ("split", split_names(ROWS)),
    ]
}

#[test]
fn a_parquet_file_gives_the_rows_of_the_same_text_whatever_its_compression() {
    let folder = Folder::new();
    let batch = RecordBatch::try_from_iter(good()).unwrap();
    let mut digests = BTreeSet::new();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let (_, info) = imported(&folder.of(folder.write(&batch, compression)));
        assert_eq!((info.rows.train, info.rows.valid, info.rows.test), (1000, 500, 500), "{compression}");
        digests.insert(info.digest);
    }
    let mut text = String::from("sequence\tlabel\tsplit\n");
    for (row, sequence) in sequences(ROWS).iter().enumerate() {
        writeln!(text, "{sequence}\tclass{}\t{}", row % 3, ["train", "train", "valid", "test"][row * 4 / ROWS])
            .unwrap();
    }
    let path = folder.0.path().join("t.tsv");
    std::io::Write::write_all(&mut File::create(&path).unwrap(), text.as_bytes()).unwrap();
    digests.insert(imported(&folder.of(path)).1.digest);
    assert_eq!(digests.len(), 1);
}

#[test]
fn texts_in_every_encoding_give_the_same_rows() {
    let folder = Folder::new();
    let batch = RecordBatch::try_from_iter(good()).unwrap();
    let mut digests = BTreeSet::new();
    for encoding in [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let path = folder.0.path().join("t.parquet");
            let properties = WriterProperties::builder().set_dictionary_enabled(false).set_encoding(encoding);
            let properties = properties.set_writer_version(version).set_data_page_row_count_limit(300).build();
            let mut writer =
                ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            digests.insert(imported(&folder.of(path)).1.digest);
        }
    }
    assert_eq!(digests.len(), 1);
}

#[test]
fn a_parquet_file_is_known_by_its_first_bytes() {
    let folder = Folder::new();
    let options = folder.options(good());
    let renamed = folder.0.path().join("table.tsv");
    std::fs::rename(&options.table, &renamed).unwrap();
    assert_eq!(imported(&folder.of(renamed)).1.total_rows(), ROWS as u64);
}

#[test]
fn labels_may_be_lists_truths_numbers_or_dictionaries() {
    let folder = Folder::new();
    let rows = 8;
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in 0..rows {
        for (label, name) in ["b", "a", "c"].iter().enumerate() {
            if row >> label & 1 == 1 {
                lists.values().append_value(name);
            }
        }
        lists.append(row != 0);
    }
    let dictionary: DictionaryArray<Int32Type> = (0..rows).map(|row| Some(["x", "y"][row % 2])).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("sequence", strings(sequences(rows))),
        ("split", split_names(rows)),
        ("lists", Arc::new(lists.finish())),
        ("truth", Arc::new((0..rows).map(|row| Some(row % 2 == 1)).collect::<BooleanArray>())),
        ("count", Arc::new(Int64Array::from_iter_values((0..8).map(|row| row % 2)))),
        ("class", Arc::new(dictionary)),
        ("signal", Arc::new(Float32Array::from_iter_values((0..8_u8).map(|row| f32::from(row) * 0.1)))),
    ];
    let options = |label: &str| TableOptions { labels: vec![label.into()], ..folder.options(columns.clone()) };
    let (store, info) = imported(&options("lists"));
    assert_eq!((info.shape.task, info.shape.labels.join(" ")), (Task::MultiLabel, "a b c".to_owned()));
    let labels = |store: &Store, row| store.train().packed(row).unwrap().labels.to_vec();
    assert_eq!([labels(&store, 0), labels(&store, 1), labels(&store, 3)], [[0], [0b010], [0b011]]);
    let (store, info) = imported(&options("class"));
    assert_eq!((info.shape.labels.join(" "), store.train().classes(&[0, 1]).unwrap()), ("x y".into(), vec![0, 1]));
    let both = TableOptions { labels: vec!["truth".into(), "count".into()], ..options("lists") };
    let (store, _) = imported(&both);
    assert_eq!([labels(&store, 0), labels(&store, 1)], [[0b00], [0b11]]);
    let (_, info) = imported(&TableOptions { task: Some(Task::Regression), ..options("signal") });
    // Three tenths as a float32 are what was written, not three times a tenth.
    assert_eq!((info.values.train[0].most, info.values.test[0].least), (3.0 * 0.1_f32, 6.0 * 0.1_f32));
    std::fs::remove_file(folder.0.path().join("store")).unwrap();
    insta::assert_snapshot!(folder.refused(&TableOptions { task: Some(Task::MultiClass), ..options("lists") }), @"a row of a multi-class task has one class, and the cells of the label column are lists");
    insta::assert_snapshot!(folder.refused(&TableOptions { label_separator: Some(';'), ..options("lists") }), @"the cells of the label column are lists already: leave out the separator");
    insta::assert_snapshot!(folder.refused(&TableOptions { task: Some(Task::MultiLabel), labels: vec!["lists".into(), "count".into()], ..options("lists") }), @"t.parquet, row 1: column 3 holds lists: expected one value a row");
}

/// A column of lists of three numbers, bit by bit those of the row's; `longer` names a row of four.
fn bits(rows: usize, longer: Option<usize>) -> ArrayRef {
    let mut lists = ListBuilder::new(UInt8Builder::new());
    for row in 0..rows {
        let width = if longer == Some(row) { 4 } else { 3 };
        (0..width).for_each(|bit| lists.values().append_value(u8::from(row >> bit & 1 == 1)));
        lists.append(true);
    }
    Arc::new(lists.finish())
}

#[test]
fn a_column_with_lists_of_numbers_is_a_set_of_labels() {
    let folder = Folder::new();
    let rows = 8_u8;
    let mut fixed = FixedSizeListBuilder::new(Float32Builder::new(), 3);
    let mut truths = ListBuilder::new(BooleanBuilder::new());
    for row in 0..rows {
        for bit in 0..3 {
            fixed.values().append_value(f32::from(row >> bit & 1));
            truths.values().append_value(row >> bit & 1 == 1);
        }
        fixed.append(true);
        truths.append(true);
    }
    let lists = [bits(rows.into(), None), Arc::new(fixed.finish()), Arc::new(truths.finish())];
    let options = |lists: &ArrayRef, task: Option<Task>| {
        let rows = rows.into();
        let columns =
            vec![("sequence", strings(sequences(rows))), ("split", split_names(rows)), ("hits", Arc::clone(lists))];
        TableOptions { labels: vec!["hits".into()], task, ..folder.options(columns) }
    };
    let mut digests = BTreeSet::new();
    for lists in &lists {
        let (store, info) = imported(&options(lists, None));
        assert_eq!(
            (info.shape.task, info.shape.labels.join(" ")),
            (Task::MultiLabel, "hits_0 hits_1 hits_2".to_owned())
        );
        assert_eq!(store.train().packed(3).unwrap().labels, [0b011]);
        digests.insert(info.digest);
        let (_, info) = imported(&options(lists, Some(Task::Regression)));
        assert_eq!((info.values.test[1].most, info.values.test[0].mean), (1.0, 0.5));
    }
    assert_eq!(digests.len(), 1);
    std::fs::remove_file(folder.0.path().join("store")).unwrap();
    insta::assert_snapshot!(folder.refused(&options(&bits(rows.into(), Some(5)), None)), @"t.parquet, row 6: a list of 4 labels, and that of row 1 has 3: a row has a number for each label");
    insta::assert_snapshot!(folder.refused(&options(&lists[0], Some(Task::MultiClass))), @"t.parquet, row 1: 0 of the labels are 1: a row of a multi-class task has one class");
    let mut numbers = ListBuilder::new(Float32Builder::new());
    for row in 0..rows {
        let third = if row == 2 { Some(0.5) } else { (row != 6).then_some(0.0) };
        for value in [Some(1.0), Some(0.0), third] {
            numbers.values().append_option(value);
        }
        numbers.append(true);
    }
    let numbers: ArrayRef = Arc::new(numbers.finish());
    insta::assert_snapshot!(folder.refused(&options(&numbers, None)), @"t.parquet, row 3: number 3 of the list of labels is 0.5: expected 0 or 1 (for other numbers, --task regression or poisson-regression)");
    insta::assert_snapshot!(folder.refused(&options(&numbers, Some(Task::Regression))), @r#"t.parquet, row 7: expected numbers in column "hits", found "NaN", which means that it is missing; 1 of 8 rows lack a sequence or a label: fill them in, rename a class of that name, or leave such rows out with --missing drop"#);
    let (_, info) = imported(&TableOptions { missing: Missing::Drop, ..options(&numbers, Some(Task::Regression)) });
    assert_eq!((info.total_rows(), info.import.dropped[0].count), (7, 1));
}

#[test]
fn floats_of_sixteen_bits_are_numbers() {
    let folder = Folder::new();
    let halves: arrow_array::PrimitiveArray<Float16Type> =
        (0..8_u8).map(|row| Some(half::f16::from_f32(f32::from(row) * 0.25))).collect();
    let columns =
        vec![("sequence", strings(sequences(8))), ("split", split_names(8)), ("label", Arc::new(halves) as ArrayRef)];
    let (_, info) = imported(&TableOptions { task: Some(Task::Regression), ..folder.options(columns) });
    assert_eq!((info.values.train[0].most, info.values.test[0].most), (0.75, 1.75));
}

#[test]
fn what_is_wrong_with_a_parquet_file_is_said_with_its_row() {
    let folder = Folder::new();
    let with = |name: &'static str, array: ArrayRef| {
        let mut columns = good();
        columns.retain(|(other, _)| *other != name);
        columns.push((name, array));
        folder.options(columns)
    };
    let changed = |place: usize, text: &str| {
        strings(
            sequences(ROWS)
                .into_iter()
                .enumerate()
                .map(|(row, sequence)| if row == place { text.to_owned() } else { sequence }),
        )
    };
    insta::assert_snapshot!(folder.refused(&with("sequence", changed(1500, "ACGTACGTACGQ"))), @"t.parquet, row 1501: 'Q' at place 12 of the sequence is not a letter of DNA (A, C, G, T, N and the IUPAC letters are)");
    insta::assert_snapshot!(folder.refused(&with("sequence", changed(3, "ACGT"))), @"t.parquet, row 4: a sequence of 4 bases, and the one of row 1 has 12: give a length to cut or fill all sequences to");
    let missing = (0..ROWS).map(|row| (row != 9).then_some("a")).collect::<StringArray>();
    insta::assert_snapshot!(folder.refused(&with("label", Arc::new(missing))), @r#"t.parquet, row 10: expected a class in column "label", found nothing; 1 of 2,000 rows lack a sequence or a label: fill them in, rename a class of that name, or leave such rows out with --missing drop"#);
    insta::assert_snapshot!(folder.refused(&with("label", Arc::new(TimestampMillisecondArray::from(vec![1; ROWS])))), @r#"t.parquet: column "label" is of type Timestamp(ms): expected text, numbers, true and false, or lists of them"#);
    let nothing = (0..ROWS).map(|row| (row != 9).then_some(1.0)).collect::<Float64Array>();
    insta::assert_snapshot!(folder.refused(&TableOptions { task: Some(Task::PoissonRegression), ..with("label", Arc::new(nothing)) }), @r#"t.parquet, row 10: expected a number in column "label", found nothing; 1 of 2,000 rows lack a sequence or a label: fill them in, rename a class of that name, or leave such rows out with --missing drop"#);
    let options = folder.options(good());
    insta::assert_snapshot!(folder.refused(&TableOptions { labels: vec!["lable".into()], ..options.clone() }), @r#"t.parquet: no column "lable": the columns are sequence, label, split"#);
    insta::assert_snapshot!(folder.refused(&TableOptions { delimiter: Some(b';'), ..options.clone() }), @"t.parquet: a Parquet file has columns with names: leave out what says how a text is divided");
    let empty = RecordBatch::try_from_iter(good()).unwrap().slice(0, 0);
    insta::assert_snapshot!(folder.refused(&folder.of(folder.write(&empty, Compression::SNAPPY))), @"t.parquet: there is no row in it");
    std::io::Write::write_all(&mut File::create(&options.table).unwrap(), b"sequence\tlabel\nACGT\ta\n").unwrap();
    insta::assert_snapshot!(folder.refused(&options), @"cannot read t.parquet: it is not a whole Parquet file (Invalid Parquet file. Corrupt footer); copy or download it again");
}

#[test]
fn cut_and_changed_parquet_files_never_panic_and_leave_nothing() {
    let folder = Folder::new();
    let batch = RecordBatch::try_from_iter(good()).unwrap().slice(900, 700);
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())] {
        let path = folder.write(&batch, compression);
        let bytes = std::fs::read(&path).unwrap();
        let write = |bytes: &[u8]| std::io::Write::write_all(&mut File::create(&path).unwrap(), bytes).unwrap();
        for length in (0..bytes.len()).step_by(bytes.len() / 100) {
            write(&bytes[..length]);
            folder.refused(&folder.of(path.clone()));
        }
        // The format has no checksum that every writer sets, so a changed base may pass.
        for place in (0..bytes.len()).step_by(bytes.len() / 300) {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            write(&changed);
            if import(&folder.of(path.clone()), &mut |_| {}).is_ok() {
                std::fs::remove_file(folder.0.path().join("store")).unwrap();
            }
            assert_eq!(folder.0.path().read_dir().unwrap().count(), 1, "byte {place}");
        }
    }
}
