//! The table importer on good and bad tables.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::bases::Packed;
use crate::splits::Shares;
use crate::store::{FinalEvaluation, Pairs, Rows, Store};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn options(&self, name: &str, bytes: impl AsRef<[u8]>) -> TableOptions {
        let table = self.0.path().join(name);
        std::fs::File::create(&table).unwrap().write_all(bytes.as_ref()).unwrap();
        TableOptions::new(table, self.0.path().join("store"))
    }

    fn refused(&self, options: &TableOptions) -> String {
        self.refused_beside(options, 1)
    }

    /// Refused in a folder of so many files, which has as many afterwards.
    fn refused_beside(&self, options: &TableOptions, files: usize) -> String {
        let error = import(options, &mut |_| {}).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(self.0.path().read_dir().unwrap().count(), files, "something was left behind");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn imported(options: &TableOptions) -> (Store, StoreInfo) {
    let info = import(options, &mut |_| {}).unwrap();
    (Store::open(&options.output).unwrap(), info)
}

fn splits(store: &Store) -> [Rows; 3] {
    [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))]
}

const GOOD: &str = "split\tlabel\tsequence\ntrain\tb\tACGT\nval\ta\tACGN\ntest\tb\tTTTT\ntrain\ta\tGGGG\n";

#[test]
fn classes_are_in_alphabetical_order_and_rows_in_their_split() {
    let folder = Folder::new();
    let (store, info) = imported(&folder.options("t.tsv", GOOD));
    assert_eq!(
        (info.shape.task, info.shape.labels.as_slice()),
        (Task::MultiClass, ["a".to_owned(), "b".to_owned()].as_slice())
    );
    assert_eq!(store.train().classes(&[0, 1]).unwrap(), [1, 0]);
    assert_eq!(store.valid().packed(0).unwrap().unknown, Some([0b1000].as_slice()));
    assert_eq!((store.train().len(), store.valid().len(), store.test().len()), (2, 1, 1));
}

#[test]
fn labels_may_be_listed_in_a_cell_or_stand_in_columns() {
    let folder = Folder::new();
    let listed = "split,label,sequence\ntrain,a;c,ACGT\nvalid,,ACGA\ntest,b,TTTT\n";
    let (store, info) = imported(&TableOptions { label_separator: Some(';'), ..folder.options("t.csv", listed) });
    assert_eq!(info.shape.labels, ["a", "b", "c"]);
    assert_eq!(
        (store.train().packed(0).unwrap().labels, store.valid().packed(0).unwrap().labels),
        ([0b101].as_slice(), [0].as_slice())
    );
    let columns = "split,c,a,sequence\ntrain,1,0,ACGT\nvalid,1,1,ACGA\ntest,0,0,TTTT\n";
    let options =
        TableOptions { labels: vec!["c".into(), "3".into()], overwrite: true, ..folder.options("t.csv", columns) };
    let (store, info) = imported(&options);
    assert_eq!(info.shape.labels, ["c", "a"]);
    assert_eq!(
        (store.train().packed(0).unwrap().labels, store.valid().packed(0).unwrap().labels),
        ([0b01].as_slice(), [0b11].as_slice())
    );
}

#[test]
fn columns_are_found_by_number_where_there_is_no_header() {
    let folder = Folder::new();
    let table = "train\t0\tACGT\nvalid\t10\tACGA\ntest\t2\tTTTT\n";
    let options = folder.options("t.tsv", table);
    let options = TableOptions {
        no_header: true,
        sequence: "3".into(),
        labels: vec!["2".into()],
        split: Some("1".into()),
        ..options
    };
    assert_eq!(imported(&options).1.shape.labels, ["0", "2", "10"]);
}

#[test]
fn sequences_of_other_lengths_are_cut_or_filled_where_a_length_is_given() {
    let folder = Folder::new();
    let table = "split\tlabel\tsequence\ntrain\ta\tACGTACGT\nvalid\tb\tAC\ntest\ta\tACGT\n";
    let (store, info) = imported(&TableOptions { length: Some(4), ..folder.options("t.tsv", table) });
    assert_eq!(store.train().packed(0).unwrap().codes, [0b0100_1110]);
    assert_eq!(store.valid().packed(0).unwrap().unknown, Some([0b1001].as_slice()));
    assert!(info.import.warnings[0].starts_with("2 sequences have another length than 4"), "{info}");
}

#[test]
fn what_is_wrong_with_a_table_is_said_with_its_line() {
    let folder = Folder::new();
    let refused = |table: &str| folder.refused(&folder.options("t.tsv", table));
    insta::assert_snapshot!(refused("split\tlabel\tsequence\ntrain\ta\tACGT\nvalid\tb\tACG\n"), @"t.tsv, line 3: a sequence of 3 bases, and the one of line 2 has 4: give a length to cut or fill all sequences to");
    insta::assert_snapshot!(refused("split\tlabel\tsequence\ntrain\ta\tAC-T\n"), @"t.tsv, line 2: '-' at place 3 of the sequence is not a letter of DNA (A, C, G, T, N and the IUPAC letters are)");
    insta::assert_snapshot!(refused("split\tlabel\tsequence\ntrain\ta\n"), @"t.tsv, line 2: expected 3 columns as in the first line, found 2: is it cut off, or the delimiter wrong?");
    insta::assert_snapshot!(refused("split\tlabel\tsequence\nother\ta\tACGT\n"), @r#"t.tsv, line 2: "other" is not a split: expected train, valid (or validation, val, dev) or test; --ignore-split passes over this column"#);
    insta::assert_snapshot!(refused("split\tlabel\tsequence\ntrain\t\tACGT\n"), @r#"t.tsv, line 2: expected a class in column "label", found nothing; 1 of 1 rows lack a sequence or a label: fill them in, rename a class of that name, or leave such rows out with --missing drop"#);
    insta::assert_snapshot!(refused("split\tclass\tsequence\ntrain\ta\tACGT\n"), @r#"t.tsv, line 1: no column "label": the columns are split, class, sequence"#);
    insta::assert_snapshot!(refused("split\tlabel\tsequence\n"), @"t.tsv: there is no row in it");
    insta::assert_snapshot!(refused(""), @"t.tsv is empty: expected a line that names the columns, and rows");
    insta::assert_snapshot!(refused("split\tlabel\tsequence\ntrain\ta\tACGT\ntrain\tb\tACGA\n"), @"no rows in valid and test: train has 2, valid 0 and test 0, and each needs some; the split column decides; give rows of every split, take a share of train for the one that is lacking (--valid 0.1 or --test 0.1), or split all rows by share (--ignore-split)");
    insta::assert_snapshot!(refused("split\tlabel\tsequence\ntrain\ta\tACGT\ntest\ta\tACGA\n"), @r#"t.tsv: every row has the class "a": a multi-class task needs two or more"#);
}

#[test]
fn a_column_named_split_is_used_unless_it_is_something_else_or_passed_over() {
    let folder = Folder::new();
    let rows = |heading: &str| format!("{heading}\tlabel\tsequence\ntrain\ta\tACGT\nDev\tb\tACGA\nTest\ta\tACGG\n");
    for heading in ["split", "Split", " SPLIT "] {
        let (_, info) = imported(&TableOptions { overwrite: true, ..folder.options("t.tsv", rows(heading)) });
        assert_eq!([info.rows.train, info.rows.valid, info.rows.test], [1, 1, 1], "{heading:?}");
    }
    std::fs::remove_file(folder.0.path().join("store")).unwrap();
    let as_class = TableOptions { labels: vec!["split".into()], ..folder.options("t.tsv", rows("split")) };
    assert_eq!(split_column::find(&as_class).unwrap().options, as_class);
    let passed = TableOptions { ignore_split: true, ..folder.options("t.tsv", rows("split")) };
    let found = split_column::find(&passed).unwrap();
    assert_eq!(
        (found.options.split, found.warning.as_deref()),
        (None, Some("the column \"split\" was passed over, as was asked for"))
    );
    insta::assert_snapshot!(folder.refused(&folder.options("t.tsv", rows("split\tSPLIT").replace('\n', "\ta\n"))), @r#"t.tsv, line 1: two columns may hold the split, "split" and "SPLIT": name one with --split, or pass over both with --ignore-split"#);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let folder = Folder::new();
    let good = folder.options("t.tsv", GOOD);
    let two = TableOptions { labels: vec!["label".into(), "split".into()], ..good.clone() };
    insta::assert_snapshot!(folder.refused(&two), @r#"t.tsv, line 2: expected 0 or 1 in column "label", found "b""#);
    insta::assert_snapshot!(folder.refused(&TableOptions { task: Some(Task::MultiClass), ..two.clone() }), @"a multi-class task has one label column, with the name of the class; name one");
    insta::assert_snapshot!(folder.refused(&TableOptions { label_separator: Some(','), ..two }), @"several label columns hold 0 or 1 each: give a separator only with one label column");
    insta::assert_snapshot!(folder.refused(&TableOptions { ignore_split: true, shares: Shares::new(0.5, 0.5, 0), ..good.clone() }), @"shares of 0.5 for valid and 0.5 for test: give two numbers above 0 whose sum is below 1, train gets the rest");
    insta::assert_snapshot!(folder.refused(&TableOptions { length: Some(0), ..good }), @"cannot write store: rows of 0 bases: expected 1 to 16777216");
}

#[test]
fn cut_and_random_tables_never_panic_and_leave_nothing() {
    let folder = Folder::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(GOOD.as_bytes()).unwrap();
    let zipped = gzip.finish().unwrap();
    for length in 0..zipped.len() {
        folder.refused(&folder.options("t.tsv", &zipped[..length]));
    }
    for seed in 0..200_u8 {
        let noise: Vec<u8> = (0..300_u32)
            .map(|index| (index.wrapping_mul(2_654_435_761) >> 9).to_le_bytes()[0] ^ seed.wrapping_mul(31))
            .collect();
        folder.refused(&folder.options("t.tsv", &noise));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn equal_sequences_and_opposite_strands_are_in_one_split(seed: u64, sequences in prop::collection::vec("[ACGT]{12}", 60..80)) {
        let folder = Folder::new();
        let mut table = String::from("label\tsequence\n");
        for sequence in &sequences {
            let opposite: String = sequence.chars().rev().map(|base| match base { 'A' => 'T', 'C' => 'G', 'G' => 'C', _ => 'A' }).collect();
            table.extend(["a\t", sequence, "\nb\t", &opposite, "\nb\t", sequence, "\n"]);
        }
        let options = TableOptions { shares: Shares::new(0.3, 0.3, seed), ..folder.options("t.tsv", table) };
        let (store, _) = imported(&options);
        let mut seen: BTreeMap<Vec<u8>, Split> = BTreeMap::new();
        for rows in splits(&store) {
            for row in 0..u32::try_from(rows.len()).unwrap() {
                let codes = rows.packed(row).unwrap().codes.to_vec();
                let opposite: Vec<u8> = {
                    let bases: Vec<u8> = (0..12).rev().map(|index| b"TGCA"[usize::from(crate::bases::code_at(&codes, index))]).collect();
                    Packed::from_letters(&bases).unwrap().codes().to_vec()
                };
                for strand in [codes, opposite] {
                    prop_assert_eq!(*seen.entry(strand).or_insert(rows.split()), rows.split());
                }
            }
        }
    }
}

#[test]
fn numbers_become_the_labels_of_a_regression() {
    let folder = Folder::new();
    let table = "split\tk562\thepg2\tsequence\ntrain\t0.1\t-2\tACGT\ntrain\t3\t0\tACGC\nvalid\t1e-3\t0\tACGA\ntest\t7\t1\tTTTT\n";
    let columns = |task, table: &str| TableOptions {
        labels: vec!["k562".into(), "hepg2".into()],
        task: Some(task),
        overwrite: true,
        ..folder.options("t.tsv", table)
    };
    let (_, info) = imported(&columns(Task::Regression, table));
    assert_eq!((info.shape.task, info.shape.labels.join(" ")), (Task::Regression, "k562 hepg2".to_owned()));
    let values = |split| info.values.get(split)[0];
    assert_eq!((values(Split::Train).least, values(Split::Train).most, values(Split::Valid).most), (0.1, 3.0, 1e-3));
    std::fs::remove_file(folder.0.path().join("store")).unwrap();
    insta::assert_snapshot!(folder.refused(&columns(Task::PoissonRegression, table)), @r#"t.tsv, line 2: expected a count or rate of 0 or more in column "hepg2", found "-2""#);
    for missing in ["", "NaN", "inf", "1e50", "many"] {
        let error = folder.refused(&columns(Task::Regression, &table.replace("1e-3", missing)));
        assert!(error.starts_with("t.tsv, line 4: expected a number in column \"k562\", found"), "{error}");
    }
    insta::assert_snapshot!(folder.refused(&TableOptions { label_separator: Some(','), ..columns(Task::Regression, table) }), @"label columns of a regression hold one number a row: leave out the separator");
    insta::assert_snapshot!(folder.refused(&columns(Task::NextNucleotide, table)), @"the next nucleotide is predicted from windows of a genome, not from the rows of a table");
}

#[test]
fn labels_have_groups_where_a_file_gives_some() {
    let folder = Folder::new();
    let groups = |text: &str| {
        let file = folder.0.path().join("groups.tsv");
        std::fs::File::create(&file).unwrap().write_all(text.as_bytes()).unwrap();
        TableOptions { groups: Some(file), ..folder.options("t.tsv", GOOD) }
    };
    assert_eq!(imported(&groups("b\tdnase\n")).1.shape.groups, ["", "dnase"]);
    std::fs::remove_file(folder.0.path().join("store")).unwrap();
    let refused = |text: &str| folder.refused_beside(&groups(text), 2);
    insta::assert_snapshot!(refused("b\tdnase\nc\ttf\n"), @r#"groups.tsv: no label is named "c" in t.tsv"#);
    insta::assert_snapshot!(refused("a\nb\n"), @"groups.tsv: no label has a group: expected label, tab and group, one a line");
}

/// Rows of 10 bases, four of them 20 bases apart, then a gap, on three chromosomes.
fn placed(rows: usize) -> String {
    let mut table = String::from("chrom\tstart\tdonor\tlabel\tsequence\n");
    for row in 0..rows {
        let sequence: String = (0..6).map(|base| char::from(b"ACGT"[row >> (2 * base) & 3])).collect();
        let start = 100 + row / 12 * 200 + row / 3 % 4 * 20;
        writeln!(table, "chr{}\t{start}\td{}\t{}\tAAAA{sequence}", row % 3 + 1, row % 7, row % 2).unwrap();
    }
    table
}

#[test]
fn chromosomes_decide_the_split_and_places_are_kept_where_the_table_has_them() {
    let folder = Folder::new();
    let options = TableOptions {
        chromosome: Some("chrom".into()),
        valid_chromosomes: vec!["chr2".into()],
        test_chromosomes: vec!["chr3".into()],
        overwrite: true,
        ..folder.options("t.tsv", placed(12))
    };
    let (store, info) = imported(&options);
    assert_eq!([store.train().len(), store.valid().len(), store.test().len()], [4, 4, 4]);
    assert!(info.shape.chromosomes.is_empty());
    let (store, info) = imported(&TableOptions { start: Some("start".into()), ..options.clone() });
    assert_eq!(info.shape.chromosomes, ["chr1", "chr2", "chr3"]);
    let position = |store: &Store| store.valid().positions(&[2]).unwrap().unwrap().remove(0);
    assert_eq!((position(&store).chromosome, position(&store).start), ("chr2".to_owned(), 140));
    let longer = TableOptions { start: Some("start".into()), length: Some(6), ..options.clone() };
    let (store, _) = imported(&longer);
    assert_eq!(position(&store).start, 142);
    std::fs::remove_file(folder.0.path().join("store")).unwrap();
    insta::assert_snapshot!(folder.refused(&TableOptions { length: Some(300), ..longer }), @"t.tsv, line 2: the row of 300 bases around the sequence at 100 leaves the chromosome");
    insta::assert_snapshot!(folder.refused(&TableOptions { valid_chromosomes: vec!["chrX".into()], ..options.clone() }), @r#"no row has the chromosome "chrX" of valid: the table has chr1, chr2, chr3"#);
    insta::assert_snapshot!(folder.refused(&TableOptions { start: Some("donor".into()), ..options.clone() }), @r#"t.tsv, line 2: the start is "d0": expected the first base of the sequence, counted from 0"#);
    let all = TableOptions { valid_chromosomes: vec!["chr1".into(), "chr2".into()], ..options };
    insta::assert_snapshot!(folder.refused(&all), @"no rows in train: train has 0, valid 8 and test 4, and each needs some; chromosomes decide; leave some for train");
}

#[test]
fn rows_of_one_group_and_rows_that_overlap_are_in_one_split() {
    let folder = Folder::new();
    let shares =
        TableOptions { shares: Shares::new(0.3, 0.3, 0), overwrite: true, ..folder.options("t.tsv", placed(600)) };
    let grouped = TableOptions {
        group: Some("donor".into()),
        labels: vec!["donor".into()],
        shares: Shares::new(0.3, 0.3, 3),
        ..shares.clone()
    };
    let (store, _) = imported(&grouped);
    let mut of: BTreeMap<u32, Split> = BTreeMap::new();
    for rows in splits(&store) {
        let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
        for class in rows.classes(&all).unwrap() {
            assert_eq!(*of.entry(u32::try_from(class).unwrap()).or_insert(rows.split()), rows.split());
        }
    }
    assert_eq!(of.len(), 7);

    // Filled to 24 bases, those 20 bases apart overlap.
    let places = TableOptions {
        chromosome: Some("chrom".into()),
        start: Some("start".into()),
        length: Some(24),
        ..shares.clone()
    };
    let overlapping = |options: &TableOptions| imported(options).1.leakage.unwrap().overlapping_windows;
    assert_eq!(overlapping(&places), Some(Pairs::default()));
    // By their sequences alone they are torn apart.
    let torn = placed(600)
        .lines()
        .skip(1)
        .zip(0..)
        .fold(String::from("split\tchrom\tstart\tdonor\tlabel\tsequence\n"), |table, (line, row)| {
            table + ["train", "valid", "test"][row / 3 % 3] + "\t" + line + "\n"
        });
    let torn = TableOptions {
        shares: Shares::default(),
        ..TableOptions { table: folder.options("t.tsv", torn).table, ..places }
    };
    assert!(overlapping(&torn).unwrap().valid_in_train > 0);
}

#[test]
fn each_split_may_have_its_table() {
    let folder = Folder::new();
    let table = |name: &str, text: &str| folder.options(name, text).table;
    let valid = table("valid.csv", "label,sequence\nb,ACGA\n");
    let test = table("test.tsv", "sequence\tlabel\nTTTT\tc\nTTTA\ta\n");
    let options = TableOptions {
        valid_table: Some(valid),
        test_table: Some(test),
        ..folder.options("t.tsv", "sequence\tlabel\nACGT\ta\n")
    };
    let (store, info) = imported(&options);
    assert_eq!([store.train().len(), store.valid().len(), store.test().len()], [1, 1, 2]);
    assert_eq!((info.shape.labels.join(" "), info.import.sources.len()), ("a b c".to_owned(), 3));
    assert_eq!(info.import.read[2], Count::new("rows for test", 2));
    std::fs::remove_file(folder.0.path().join("store")).unwrap();
    let refused = |options: &TableOptions| folder.refused_beside(options, 3);
    table("valid.csv", "label,sequence\nb,ACGAA\n");
    insta::assert_snapshot!(refused(&options), @"valid.csv, line 2: a sequence of 5 bases, and the one of line 2 of t.tsv has 4: give a length to cut or fill all sequences to");
    table("valid.csv", "label,sequence\n");
    insta::assert_snapshot!(refused(&options), @"valid.csv: there is no row in it");
    insta::assert_snapshot!(refused(&TableOptions { test_table: None, ..options }), @"tables of train and of one other split, and none of test: give those of test, or take a share of train for it (--test 0.1)");
}

#[test]
fn splits_that_are_told_twice_or_by_half_are_refused() {
    let folder = Folder::new();
    let good = folder.options("t.tsv", GOOD);
    let column = |name: &str| Some(name.to_owned());
    let chromosomes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let shares = TableOptions { ignore_split: true, ..good.clone() };
    insta::assert_snapshot!(folder.refused(&TableOptions { valid_chromosomes: chromosomes(&["a"]), test_chromosomes: chromosomes(&["b"]), ..good.clone() }), @"the splits are decided twice: give a split column, or chromosomes of valid and test, or a table each for valid and test (--ignore-split passes over a column named split)");
    insta::assert_snapshot!(folder.refused(&TableOptions { valid_chromosomes: chromosomes(&["a"]), ..shares.clone() }), @"chromosomes decide the split: say which column has the chromosome");
    insta::assert_snapshot!(folder.refused(&TableOptions { valid_chromosomes: chromosomes(&["a"]), test_chromosomes: chromosomes(&["b"]), ..shares.clone() }), @"chromosomes decide the split: say which column has the chromosome");
    insta::assert_snapshot!(folder.refused(&TableOptions { chromosome: column("label"), valid_chromosomes: chromosomes(&["a"]), test_chromosomes: chromosomes(&["b", "a"]), ..shares.clone() }), @r#"chromosome "a" is given for valid and for test: name each once"#);
    insta::assert_snapshot!(folder.refused(&TableOptions { start: column("label"), ..shares.clone() }), @"a start column without a chromosome column: give both, or neither");
    insta::assert_snapshot!(folder.refused(&TableOptions { chromosome: column("label"), ..shares }), @"a chromosome column without a start column: give the start too, so that overlapping rows are known, or chromosomes for valid and test");
    insta::assert_snapshot!(folder.refused(&TableOptions { group: column("label"), ..good }), @"groups stay together where shares decide the split: leave out the group column");
}

#[test]
fn splice_junctions_import_with_their_classes_and_splits() {
    let table: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/uci_splice/splice.tsv.gz");
    if !table.exists() {
        std::io::stderr().write_all(format!("skipped: no {}\n", table.display()).as_bytes()).unwrap();
        return;
    }
    let folder = Folder::new();
    let options = TableOptions::new(table, folder.0.path().join("store"));
    let (store, info) = imported(&options);
    assert_eq!((info.shape.length, info.total_rows()), (60, 3_186));
    assert_eq!(info.shape.labels, ["ei", "ie", "n"]);
    store.verify(&mut |_| {}).unwrap();
}
