//! Next-nucleotide windows: exact rows, breaks, splits by name, share and file.

use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::splits::{Fractions, GenomeSplitOptions};
use crate::store::{FinalEvaluation, Rows, Store};
use crate::{bases, test_support};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        test_support::file(self.0.path(), name, bytes)
    }

    fn options(&self, paths: Vec<PathBuf>) -> NextOptions {
        NextOptions { length: 3, step: 1, ..NextOptions::new(paths, self.0.path().join("store")) }
    }

    fn refused(&self, options: &NextOptions) -> String {
        test_support::refusal(self.0.path(), import(options, &mut |_| {}))
    }
}

fn named(valid: &str, test: &str) -> GenomeSplitOptions {
    GenomeSplitOptions::named(vec![valid.into()], vec![test.into()])
}

fn imported(options: &NextOptions) -> (Store, StoreInfo) {
    let info = import(options, &mut |_| {}).unwrap();
    (Store::open(&options.output).unwrap(), info)
}

/// Place, letters and the next base of each row.
fn rows(rows: &Rows) -> Vec<String> {
    let row = |row: u32| {
        let packed = rows.packed(row).unwrap();
        assert_eq!(packed.unknown, None);
        let code = |code: u8| char::from(b"ACGT"[usize::from(code)]);
        let letters: String =
            (0..rows.info().shape.length).map(|index| code(bases::code_at(packed.codes, index))).collect();
        let place = &rows.positions(&[row]).unwrap().unwrap()[0];
        let next = code(u8::try_from(rows.classes(&[row]).unwrap()[0]).unwrap());
        format!("{}:{} {letters} {next}", place.chromosome, place.start)
    };
    (0..u32::try_from(rows.len()).unwrap()).map(row).collect()
}

fn all_rows(store: &Store) -> [Vec<String>; 3] {
    [rows(&store.train()), rows(&store.valid()), rows(&store.test().unseal(&FinalEvaluation::of("a test")))]
}

#[test]
fn a_row_is_a_window_of_known_bases_with_the_base_after_it() {
    let folder = Folder::new();
    let fasta =
        folder.file("g.fa", ">one a\nacgta\n;a comment\nCNGGRT\nTTTC\n>two\nACGTA\n>three\nCCCCG\n>four\nACG\n");
    let (store, info) = imported(&NextOptions { splits: named("two", "three"), ..folder.options(vec![fasta]) });
    let [train, valid, test] = all_rows(&store);
    assert_eq!(train, ["one:0 ACG T", "one:1 CGT A", "one:2 GTA C", "one:10 TTT T", "one:11 TTT C"]);
    assert_eq!(valid, ["two:0 ACG T", "two:1 CGT A"]);
    assert_eq!(test, ["three:0 CCC C", "three:1 CCC G"]);
    assert_eq!(info.shape.labels, ["A", "C", "G", "T"]);
    insta::assert_snapshot!(info.to_string(), @r#"
    next-nucleotide: 3 bases a row, 4 classes, 9 rows
      from g.fa (70 bytes, sha256 d2cd66dd9c1f6389…)
      by data import next: length 3, step 1, test three, train the rest, valid two
      read 4 records
      read 28 bases
      dropped 2 unknown bases, which no window may hold
      dropped 1 records without 4 known bases in a row
      digest d8f9f43b079877c647d664a5262f4773d229f6d310512cc98ebf676e1ccca5d5

                              train        valid         test
    rows                          5            2            2
    with unknown bases            0            0            0
    A                             1            1            0
    C                             2            0            1
    G                             0            0            1
    T                             2            1            0
    warning: 2 of 2 valid rows (100.0 %) repeat rows of train, on the same or the other strand: scores on them tell nothing of new data
    warning: class "A" never occurs in test: scores skip it there
    warning: class "C" never occurs in valid: scores skip it there
    warning: class "G" never occurs in train: it cannot be learned
    warning: class "T" never occurs in test: scores skip it there
    "#);
}

#[test]
fn windows_start_at_the_step_from_where_known_bases_begin() {
    let folder = Folder::new();
    let fasta = folder.file("g.fa", ">one\nNACGTACGT\n>two\nACGTA\n>three\nCCCCG\n");
    let options = NextOptions { step: 4, splits: named("two", "three"), ..folder.options(vec![fasta]) };
    assert_eq!(all_rows(&imported(&options).0)[0], ["one:1 ACG T", "one:5 ACG T"]);
}

#[test]
fn a_region_keeps_windows_and_the_base_after_them_apart() {
    let folder = Folder::new();
    let fasta = folder.file("g.fa", ">one\nAACCGGTTACGTTGCA\n>two\nACGTA\n");
    let (store, info) = imported(&NextOptions { splits: named("one:7-11", "two"), ..folder.options(vec![fasta]) });
    let [train, valid, _] = all_rows(&store);
    assert_eq!(train, ["one:0 AAC C", "one:1 ACC G", "one:2 CCG G", "one:11 TTG C", "one:12 TGC A"]);
    assert_eq!(valid, ["one:6 TTA C", "one:7 TAC G"]);
    assert_eq!(info.import.dropped.last().unwrap().count, 6);
}

#[test]
fn a_text_of_letters_is_one_record_named_after_its_file_and_files_are_never_joined() {
    let folder = Folder::new();
    folder.file("train/b.txt", "ACG\nTA\n");
    folder.file("train/a.txt", "GGGG");
    folder.file("train/c.fa", ">x\nTTTT\n");
    folder.file("train/notes.md", "no sequence");
    let valid = vec![folder.file("valid/c.fa", ">x\nCCCCC\n"), folder.file("v.txt", "ACGT")];
    let test_paths = vec![folder.file("t.txt", "AAAAA")];
    let options = folder.options(vec![folder.0.path().join("train")]);
    let (store, _) = imported(&NextOptions { valid_paths: valid[1..].to_vec(), test_paths, ..options.clone() });
    let [train, valid_rows, test] = all_rows(&store);
    assert_eq!(train, ["a:0 GGG G", "b:0 ACG T", "b:1 CGT A", "x:0 TTT T"]);
    assert_eq!((valid_rows.as_slice(), test.len()), (["v:0 ACG T".to_owned()].as_slice(), 2));
    let test_paths = vec![folder.file("t.txt", "AAAAA")];
    let (store, _) = imported(&NextOptions { valid_paths: valid, test_paths, overwrite: true, ..options });
    assert_eq!(store.info().shape.chromosomes, ["a", "b", "train/c:x", "valid/c:x", "v", "t"]);
}

#[test]
fn names_that_two_files_have_in_common_get_the_files_name_in_front() {
    let folder = Folder::new();
    let paths = vec![folder.file("k12.fa", ">c1\nACGTA\n>c2\nACGT\n"), folder.file("o157.fa", ">c1\nGGGGA\n")];
    let (store, _) = imported(&NextOptions { splits: named("c2", "o157:c1"), ..folder.options(paths) });
    assert_eq!(store.info().shape.chromosomes, ["k12:c1", "c2", "o157:c1"]);
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_written() {
    let folder = Folder::new();
    let fasta = folder.file("g.fa", ">one\nAACCGGTTACGTTGCA\n>two\nACGTA\n>three\nCCCCG\n");
    let good = NextOptions { splits: named("two", "three"), ..folder.options(vec![fasta.clone()]) };
    let refused = |change: &dyn Fn(&mut NextOptions)| {
        let mut options = good.clone();
        change(&mut options);
        folder.refused(&options)
    };
    insta::assert_snapshot!(refused(&|options| options.length = 100), @"no record has 101 known bases in a row, for a window and the base after it; the longest has 16 bases: give a smaller length");
    insta::assert_snapshot!(refused(&|options| options.length = 0), @"windows of 0 bases or a step of 0: give at least 1");
    insta::assert_snapshot!(refused(&|options| options.length = usize::MAX - 1), @"no record has 18446744073709551615 known bases in a row, for a window and the base after it; the longest has 16 bases: give a smaller length");
    insta::assert_snapshot!(refused(&|options| options.splits = named("two", "four")), @r#"chromosome "four" of test is not in the genome, which has one (16), two (5), three (5)"#);
    insta::assert_snapshot!(refused(&|options| options.splits = named("one:1-3", "three")), @"no rows in valid: train has 12, valid 0 and test 2, and each needs some; chromosomes and regions decide the split; the genome has one (16), two (5), three (5)");
    insta::assert_snapshot!(refused(&|options| options.splits = GenomeSplitOptions::named(vec![], vec![])), @"no chromosomes for valid: name some of one (16), two (5), three (5), take a share of train for it (--valid 0.1), or split by share");
    insta::assert_snapshot!(refused(&|options| options.valid_paths = vec![fasta.clone()]), @"both files and chromosomes, shares or folds are to decide the splits: give one of them; files of train and test may go with a share of train for valid, a number above 0 and below 1 (--valid 0.1)");
    insta::assert_snapshot!(refused(&|options| {
        options.splits = GenomeSplitOptions::named(vec![], vec![]);
        options.valid_paths = vec![fasta.clone()];
    }), @"files of train and of one other split, and none of test: give those of test");
    insta::assert_snapshot!(refused(&|options| {
        options.splits = GenomeSplitOptions::named(vec![], vec![]);
        options.test_paths = vec![fasta.clone()];
    }), @"files of train and of one other split, and none of valid: give those of valid, or take a share of train for it (--valid 0.1)");
    insta::assert_snapshot!(refused(&|options| options.paths.push(fasta.clone())), @"g.fa is given twice: give each file once");
    insta::assert_snapshot!(refused(&|options| options.paths = vec![folder.file("words.txt", "Hello\n")]), @"words.txt, line 1: 'e' is not a letter of a DNA sequence (A, C, G, T, N and the IUPAC letters are)");
    insta::assert_snapshot!(refused(&|options| options.paths = vec![folder.file("empty.txt", "")]), @"empty.txt holds no sequences: expected FASTA text (plain, gzip or bgzip), whose first letter is '>', a text of letters alone or a .2bit file, and it is empty");
    insta::assert_snapshot!(refused(&|options| options.paths = vec![folder.file("twice.fa", ">a\nACGT\n>a\nACGT\n")]), @r#"twice.fa: record "twice:a" occurs twice: give each a name of its own"#);
}

#[test]
fn cut_and_flipped_genomes_never_panic_and_leave_nothing_and_the_same_gives_the_same_bytes() {
    let folder = Folder::new();
    let good = crate::formats::genome::tests::two_bit(
        &[("one", "ACGTNNACGTACGGT"), ("two", "TTTTTGGGGG"), ("three", "ACCACACA")],
        false,
        0,
    );
    let genome = folder.file("genome.2bit", &good);
    let options = NextOptions { splits: named("two", "three"), overwrite: true, ..folder.options(vec![genome]) };
    imported(&options);
    let first = std::fs::read(&options.output).unwrap();
    imported(&options);
    assert_eq!(std::fs::read(&options.output).unwrap(), first);
    std::fs::remove_file(&options.output).unwrap();
    for length in 0..good.len() {
        folder.file("genome.2bit", &good[..length]);
        folder.refused(&options);
    }
    for place in 0..good.len() {
        let mut bytes = good.clone();
        bytes[place] ^= 0x81;
        folder.file("genome.2bit", &bytes);
        if let Err(error) = import(&options, &mut |_| {}) {
            assert_eq!(error.exit_code(), 2);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_base_is_in_two_splits_whether_shown_or_predicted(
        seed: u64, records in prop::collection::vec("[ACGTN]{1,200}", 3..6), length in 1usize..12, step in 1u64..8, block in 20u64..60,
    ) {
        let folder = Folder::new();
        let text: String = (0..).zip(&records).flat_map(|(index, bases)| [format!(">r{index}\n"), bases.clone(), "\n".into()]).collect();
        let splits = GenomeSplitOptions { block, ..GenomeSplitOptions::by_share(Fractions { valid: 0.25, test: 0.25 }, seed) };
        let options = NextOptions { length, step, splits, ..folder.options(vec![folder.file("g.fa", text)]) };
        let Ok(info) = import(&options, &mut |_| {}) else {
            // Small genomes may have no window in a split.
            return Ok(());
        };
        prop_assert_eq!(info.leakage.unwrap().overlapping_windows, Some(crate::store::Pairs::default()));
        let store = Store::open(&options.output).unwrap();
        let mut of = BTreeMap::new();
        let mut windows = 0;
        for (split, rows) in all_rows(&store).into_iter().enumerate() {
            for row in rows {
                let [place, letters, next] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
                let (record, start) = place.split_once(':').unwrap();
                let start: usize = start.parse().unwrap();
                let record: usize = record[1..].parse().unwrap();
                prop_assert_eq!(&records[record][start..=start + length], format!("{letters}{next}"));
                for base in start..=start + length {
                    prop_assert_eq!(*of.entry((record, base)).or_insert(split), split);
                }
                windows += 1;
            }
        }
        prop_assert_eq!(windows, info.total_rows());
    }
}

/// The whole yeast genome, where this checkout has it: every tenth of its windows.
#[test]
fn the_yeast_genome_has_the_windows_that_its_lengths_say() {
    let genome = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/yeast/R64-2-1.2bit");
    if !genome.exists() {
        std::io::stderr().write_all(format!("skipped: no {}\n", genome.display()).as_bytes()).unwrap();
        return;
    }
    let folder = Folder::new();
    let splits = GenomeSplitOptions::named(vec!["chr7".into()], vec!["chr8".into(), "chr9".into()]);
    let options = NextOptions { splits, ..NextOptions::new(vec![genome], folder.0.path().join("store")) };
    let (store, info) = imported(&options);
    let opened = crate::formats::genome::Genome::open(&options.paths[0], &mut |_| {}).unwrap();
    let mut expected = [0; 3];
    for record in opened.chromosomes() {
        let split = match record.name.as_str() {
            "chr7" => 1,
            "chr8" | "chr9" => 2,
            _ => 0,
        };
        expected[split] += (record.length - 1001) / 10 + 1;
    }
    assert_eq!([info.rows.train, info.rows.valid, info.rows.test], expected);
    assert!(info.leakage.unwrap().overlapping_windows == Some(crate::store::Pairs::default()));
    // A tenth of test's bases, as an order-0 model sees them: 1.3604 nats, accuracy 0.308, by hand from all of them.
    let counts = &info.positives.test;
    let total: u64 = counts.iter().sum();
    let most = *counts.iter().max().unwrap() as f64 / total as f64;
    assert!((most - 0.308).abs() < 0.003, "{most}");
    drop(store);
}

#[test]
fn a_share_of_the_files_of_train_is_for_validation_and_shares_no_base_with_the_rest() {
    let folder = Folder::new();
    let letters = |seed: usize| {
        (0..400).map(|base| ['A', 'C', 'G', 'T'][(base * base / 3 + base * seed) % 4]).collect::<String>()
    };
    let (train, test) = (folder.file("train.txt", letters(1)), folder.file("test.txt", letters(3)));
    let options = NextOptions {
        test_paths: vec![test],
        splits: GenomeSplitOptions { block: 50, ..GenomeSplitOptions::named(vec!["0.25".into()], vec![]) },
        ..folder.options(vec![train])
    };
    let info = import(&options, &mut |_| {}).unwrap();
    assert_eq!(info.rows.test, 397);
    assert!(info.rows.valid > 60 && info.rows.train > 200, "{:?}", info.rows);
    assert_eq!(info.leakage.unwrap().overlapping_windows, Some(crate::store::Pairs::default()));
    assert_eq!(info.import.settings["valid"], "0.25 of train in blocks of at most 50 bases, seed 0");
}
