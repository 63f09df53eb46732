//! Which rows an import takes, of which strand they are, what it makes of them, and which of them stay together: what the
//! flags of the importers say, and what a store then says of itself.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use genomenas_data::{FinalEvaluation, Rows, Store};
use genomenas_tests::made_up::{self, draws, write};
use genomenas_tests::{Outcome, genomenas};
use serde_json::{Value, json};

/// A folder of files, and imports of them to `out.arrow`.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        write(self.0.path(), name, text);
    }

    fn import(&self, importer: &str, file: &str, arguments: &str) -> Command {
        let mut command = genomenas();
        command.args(["data", "import", importer, "--json", "--overwrite"]).arg(self.path(file));
        command.arg("--out").arg(self.path("out.arrow")).args(arguments.split_whitespace());
        command
    }

    fn table(&self, arguments: &str) -> Value {
        Outcome::json(&mut self.import("table", "rows.tsv", arguments))
    }

    fn refusal(&self, importer: &str, file: &str, arguments: &str) -> String {
        let error = Outcome::refusal(&mut self.import(importer, file, arguments), 2);
        error.replace(&format!("{}/", self.0.path().display()), "")
    }

    /// Sequences and classes of the rows of each split.
    fn rows(&self) -> [Vec<(String, String)>; 3] {
        let store = Store::open(&self.path("out.arrow")).unwrap();
        [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))].map(|rows| of_split(&rows))
    }

    fn summary(&self) -> String {
        Outcome::text(genomenas().args(["data", "info"]).arg(self.path("out.arrow")))
    }
}

fn of_split(rows: &Rows) -> Vec<(String, String)> {
    let shape = &rows.info().shape;
    let row = |number| {
        let packed = rows.packed(number).unwrap();
        let base = |place: usize| {
            let unknown = packed.unknown.is_some_and(|mask| mask[place / 8] >> (place % 8) & 1 == 1);
            if unknown {
                'N'
            } else {
                ['A', 'C', 'G', 'T'][usize::from(packed.codes[place / 4] >> (2 * (place % 4)) & 3)]
            }
        };
        let class = u32::from_le_bytes(*packed.labels.first_chunk().unwrap());
        ((0..shape.length).map(base).collect(), shape.labels[class as usize].clone())
    };
    (0..u32::try_from(rows.len()).unwrap()).map(row).collect()
}

fn opposite(text: &str) -> String {
    let complement = |base| match base {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        'T' => 'A',
        other => other,
    };
    text.chars().rev().map(complement).collect()
}

/// Sequences of chance.
fn sequences(seed: u64, rows: usize, length: usize) -> Vec<String> {
    let mut draw = draws(seed);
    (0..rows).map(|_| (0..length).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect()).collect()
}

/// A table of these sequences, classes and splits.
fn table(rows: impl IntoIterator<Item = (String, &'static str, &'static str)>) -> String {
    rows.into_iter().fold("sequence\tlabel\tpart\n".to_owned(), |mut text, (sequence, class, split)| {
        writeln!(text, "{sequence}\t{class}\t{split}").unwrap();
        text
    })
}

/// Rows of two classes by turns: 60 of train, 20 each of valid and test.
fn plain_rows(length: usize) -> Vec<(String, &'static str, &'static str)> {
    let split = |row: usize| ["train", "valid", "test"][if row < 60 { 0 } else { 1 + (row - 60) / 20 }];
    let rows = sequences(3, 100, length).into_iter().enumerate();
    rows.map(|(row, sequence)| (sequence, ["a", "b"][row % 2], split(row))).collect()
}

#[test]
fn the_other_strand_of_rows_of_one_strand_is_shown_averaged_and_compared_by_nothing() {
    let scene = Scene::new();
    let mut rows = plain_rows(60);
    rows.push((opposite(&rows[0].0), "b", "test"));
    scene.file("rows.tsv", table(rows));
    let both = scene.table("--split part");
    assert_eq!(both["straddling"]["equal_sequences"]["test_in_train"], 1);
    let one = scene.table("--split part --single-strand");
    assert_eq!(one["straddling"]["equal_sequences"]["test_in_train"], 0);
    assert_eq!(one["straddling"]["similar_sequences"]["rows"]["test_in_train"], 0);
    assert_eq!((&one["single_strand"], &both["single_strand"]), (&json!(true), &Value::Null));
    assert_ne!(one["digest"], both["digest"]);
    assert!(scene.summary().contains("rows are of one strand"));

    let store = scene.path("out.arrow");
    for (flag, name) in [("--reverse-complement", "reverse_complement"), ("--average-strands", "average_strands")] {
        let out = scene.path("made");
        let mut train = genomenas();
        train.args(["train", "--strategy", "lstm", "--batch", "16", "--device", "cpu", flag]);
        let mut compare = genomenas();
        compare.args([
            "compare",
            "--device",
            "cpu",
            "--strategies",
            "random-search",
            "--budget",
            "100samples",
            "--batch",
            "16",
            flag,
        ]);
        for command in [&mut train, &mut compare] {
            let told = Outcome::refusal(command.arg("--data").arg(&store).arg("--out").arg(&out), 2);
            assert!(told.contains(name) && told.contains("the rows of the data are of one strand"), "{told}");
            assert!(!out.exists(), "nothing was made");
        }
    }
    // A baseline that shows both strands of other labels does not of these, unless it is told to.
    let mut search = genomenas();
    search.args([
        "search",
        "--strategy",
        "lstm",
        "--set",
        "both_strands=true",
        "--set",
        "batch=16",
        "--budget",
        "100samples",
    ]);
    let told = Outcome::refusal(search.arg("--data").arg(&store).arg("--out").arg(scene.path("made")), 2);
    assert!(told.contains("the rows of the data are of one strand"), "{told}");
}

#[test]
fn rows_of_unknown_bases_are_told_and_left_out_where_that_is_asked_for() {
    let scene = Scene::new();
    let mut rows = plain_rows(20);
    rows.push(("N".repeat(20), "a", "train"));
    rows.push((format!("{}ACGTACGTAC", "N".repeat(10)), "a", "train"));
    scene.file("rows.tsv", table(rows));
    assert_eq!(scene.table("--split part")["rows"]["train"], 62);
    assert!(scene.summary().contains("warning: 1 rows have no known base"), "{}", scene.summary());
    assert_eq!(scene.table("--split part --max-unknown 0.5")["rows"]["train"], 61);
    let info = scene.table("--split part --max-unknown 0.45");
    assert_eq!(info["rows"]["train"], 60);
    assert_eq!(info["import"]["dropped"], json!([{"what": "rows with more than 9 of 20 bases unknown", "count": 2}]));
    assert_eq!(info["import"]["warnings"], json!([]));
    let wrong = scene.refusal("table", "rows.tsv", "--max-unknown 1.5");
    assert!(wrong.contains("--max-unknown 1.5: expected a share of the bases of a row, from 0 to 1"), "{wrong}");
    scene.file("unknown.tsv", "sequence\tlabel\nNNNN\ta\nNNNN\tb\n");
    let none = scene.refusal("table", "unknown.tsv", "--max-unknown 0.5");
    assert!(none.contains("each of 2 rows has a larger share of unknown bases than 0.5"), "{none}");
}

#[test]
fn headings_name_the_classes_of_records() {
    let scene = Scene::new();
    let mut text = String::new();
    for (row, sequence) in sequences(5, 200, 30).iter().enumerate() {
        writeln!(text, ">r{row} class={} of a set\n{sequence}", ["forward", "reverse"][row % 2]).unwrap();
    }
    scene.file("all.fa", &text);
    let info = Outcome::json(&mut scene.import("fasta", "all.fa", "--class-from-header class=(\\w+)"));
    assert_eq!(info["labels"], json!(["forward", "reverse"]));
    assert_eq!(info["import"]["settings"]["class-from-header"], "class=(\\w+)");
    let total = |label: usize| -> u64 {
        ["train", "valid", "test"].iter().map(|split| info["positives"][split][label].as_u64().unwrap()).sum()
    };
    assert_eq!((total(0), total(1)), (100, 100));

    let refused = |arguments: &str| scene.refusal("fasta", "all.fa", arguments);
    let unclosed = refused("--class-from-header class=(");
    assert!(unclosed.contains("is no regular expression"), "{unclosed}");
    let unmatched = refused("--class-from-header kind=(\\w+)");
    assert!(unmatched.contains("no class in the heading \"r0 class=forward of a set\""), "{unmatched}");
    let one = refused("--class-from-header of");
    assert!(one.contains("a multi-class task needs 2 or more classes, named by headings; 1 came"), "{one}");
}

#[test]
fn columns_of_a_table_without_a_header_have_names() {
    let scene = Scene::new();
    let lines = sequences(7, 60, 20).into_iter().enumerate();
    let text = lines.fold(String::new(), |mut text, (row, sequence)| {
        writeln!(text, "g{row}\t{sequence}\t{}\t{}", row % 7, row % 5).unwrap();
        text
    });
    scene.file("rows.tsv", text);
    let named = "--no-header --sequence column2 --labels column3,column4 --task regression";
    assert_eq!(scene.table(named)["labels"], json!(["column3", "column4"]));
    let numbered = "--no-header --sequence 2 --labels 3,4 --task regression";
    assert_eq!(scene.table(numbered)["labels"], json!(["column3", "column4"]));
    let unnamed = scene.refusal("table", "rows.tsv", "--no-header");
    assert!(unnamed.contains("no column \"label\": the columns are column1, column2, column3, column4"), "{unnamed}");
}

#[test]
fn sequences_of_other_lengths_are_cut_or_filled_where_the_anchor_says() {
    let scene = Scene::new();
    let rows = [("AACCGGTT", "a", "train"), ("ACG", "b", "train"), ("ACGT", "a", "valid"), ("TTTTT", "b", "test")];
    scene.file("rows.tsv", table(rows.map(|(sequence, class, split)| (sequence.to_owned(), class, split))));
    for (anchor, expected) in [
        ("", ["ACCGG", "NACGN", "ACGTN", "TTTTT"]),
        ("--anchor start", ["AACCG", "ACGNN", "ACGTN", "TTTTT"]),
        ("--anchor end", ["CGGTT", "NNACG", "NACGT", "TTTTT"]),
    ] {
        scene.table(&format!("--split part --length 5 {anchor}"));
        let rows: Vec<String> = scene.rows().concat().into_iter().map(|(sequence, _)| sequence).collect();
        assert_eq!(rows, expected);
    }
    let anchor = scene.refusal("table", "rows.tsv", "--split part --anchor end");
    assert!(anchor.contains("an anchor is of rows of one length"), "{anchor}");
    let lengths = scene.refusal("table", "rows.tsv", "--split part");
    assert!(lengths.contains("give a length to cut or fill all sequences to"), "{lengths}");
}

#[test]
fn scores_of_rows_of_one_strand_are_not_averaged_over_both() {
    let scene = Scene::new();
    scene.file("rows.tsv", table(plain_rows(60)));
    scene.table("--split part --single-strand");
    let (store, run) = (scene.path("out.arrow"), scene.path("trained"));
    let mut train = genomenas();
    train.args("train --strategy lstm --set hidden=2 --epochs 1 --batch 16 --device cpu --threads 1".split(' '));
    Outcome::text(train.arg("--data").arg(&store).arg("--out").arg(&run));
    let evaluate = |strands: &str| {
        let mut command = genomenas();
        command.args(["evaluate", "--split", "valid", "--device", "cpu", "--threads", "1", strands]);
        command.arg("--run").arg(&run);
        command
    };
    let told = Outcome::refusal(&mut evaluate("--average-strands"), 2);
    assert!(told.contains("its rows are of one strand (data import --single-strand)"), "{told}");
    assert!(told.contains("give --average-strands=false"), "{told}");
    Outcome::text(&mut evaluate("--average-strands=false"));
}

/// How many of the rows are of this class.
fn by_class(rows: &[(String, String)], class: &str) -> usize {
    rows.iter().filter(|(_, of_row)| of_row == class).count()
}

#[test]
fn a_negative_is_left_out_with_the_positive_that_is_a_repeat() {
    let scene = Scene::new();
    let mut rows: Vec<_> = plain_rows(40).into_iter().map(|(sequence, _, split)| (sequence, "bound", split)).collect();
    let (first, second) = (rows[0].0.clone(), rows[1].0.clone());
    rows.push((first.clone(), "bound", "test"));
    rows.push((opposite(&second), "bound", "test"));
    scene.file("rows.tsv", table(rows));
    let info = scene.table("--split part --negatives shuffle --drop-repeats train");
    assert_eq!(info["rows"], json!({"train": 116, "valid": 40, "test": 44}));
    let [train, valid, test] = scene.rows();
    for (rows, count) in [(&train, 58), (&valid, 20), (&test, 22)] {
        assert_eq!((by_class(rows, "bound"), by_class(rows, "shuffled")), (count, count));
    }
    for pair in train.chunks_exact(2) {
        let [(positive, _), (negative, _)] = pair else { unreachable!() };
        assert!(*positive != first && *positive != second);
        assert_eq!(pairs(positive), pairs(negative));
    }
    let dropped = info["import"]["dropped"].to_string();
    assert!(dropped.contains("rows of train that repeat rows of valid or test"), "{dropped}");
    assert!(dropped.contains("rows of train whose negative, or whose positive, is such a row"), "{dropped}");
    let info = scene.table("--split part --negatives shuffle --drop-repeats test");
    assert_eq!(info["rows"], json!({"train": 120, "valid": 40, "test": 40}));

    let fasta = |sequences: &[String]| sequences.iter().map(|row| format!(">r\n{row}\n")).collect::<Vec<_>>().concat();
    let (peaks, held) = (sequences(9, 20, 40), sequences(8, 4, 40));
    scene.file("peaks.fa", fasta(&peaks));
    scene.file("valid.fa", fasta(&held));
    scene.file("test.fa", fasta(&peaks[..3]));
    let path = |name: &str| format!("peaks={}", scene.path(name).display());
    let splits = format!("--valid-paths {} --test-paths {}", path("valid.fa"), path("test.fa"));
    let arguments = format!("{splits} --negatives shuffle --drop-repeats train");
    let info = Outcome::json(&mut scene.import("fasta", "peaks.fa", &arguments));
    assert_eq!(info["rows"], json!({"train": 34, "valid": 8, "test": 6}));
    assert_eq!(info["positives"]["train"], json!([17, 17]));
}

fn pairs(text: &str) -> Vec<&str> {
    let mut pairs: Vec<&str> = (1..text.len()).map(|place| &text[place - 1..=place]).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn shuffled_negatives_have_the_pairs_of_their_positives_and_their_split() {
    let scene = Scene::new();
    let mut rows: Vec<_> = plain_rows(40).into_iter().map(|(sequence, _, split)| (sequence, "bound", split)).collect();
    rows.push(("A".repeat(40), "bound", "train"));
    scene.file("rows.tsv", table(rows));
    let info = scene.table("--split part --negatives shuffle");
    assert_eq!(info["labels"], json!(["bound", "shuffled"]));
    assert_eq!(info["rows"], json!({"train": 121, "valid": 40, "test": 40}));
    assert_eq!(info["import"]["settings"]["negatives"], "shuffle, seed 0, rows 100");
    assert!(info["import"]["warnings"][0].as_str().unwrap().contains("1 rows have no negative"), "{info}");
    assert!(scene.summary().contains("negatives shuffle, seed 0, rows 100"), "{}", scene.summary());
    let first = scene.rows();
    for rows in &first {
        for pair in rows.chunks_exact(2).take(20) {
            let [(positive, bound), (negative, shuffled)] = pair else { unreachable!() };
            assert_eq!((bound.as_str(), shuffled.as_str()), ("bound", "shuffled"));
            assert_ne!(positive, negative);
            assert_eq!(pairs(positive), pairs(negative));
            assert_eq!((&positive[..1], &positive[39..]), (&negative[..1], &negative[39..]));
        }
    }
    scene.table("--split part --negatives shuffle --negatives-seed 1");
    assert_ne!(scene.rows(), first);

    let records: Vec<_> = sequences(9, 100, 40).iter().map(|sequence| format!(">r\n{sequence}\n")).collect();
    scene.file("peaks.fa", records.concat());
    let info = Outcome::json(&mut scene.import("fasta", "peaks.fa", "--negatives shuffle"));
    assert_eq!(info["labels"], json!(["peaks", "shuffled"]));
    let info = Outcome::json(&mut scene.import("fasta", "peaks.fa", "--negatives shuffle --task multi-label"));
    assert_eq!(info["labels"], json!(["peaks"]));
    let of_train =
        |info: &Value| (info["rows"]["train"].as_u64().unwrap(), info["positives"]["train"][0].as_u64().unwrap());
    let (rows, positives) = of_train(&info);
    assert_eq!(rows, 2 * positives);
}

#[test]
fn negatives_of_what_has_some_already_or_cannot_have_any_are_refused() {
    let scene = Scene::new();
    scene.file("rows.tsv", table(plain_rows(20)));
    let two = scene.refusal("table", "rows.tsv", "--split part --negatives shuffle");
    assert!(two.contains("its rows are of the classes a, b"), "{two}");
    scene.file("same.tsv", "sequence\tpart\nAAAA\ttrain\nACAC\tvalid\nGGGG\ttest\n");
    let none = scene.refusal("table", "same.tsv", "--split part --negatives shuffle");
    assert!(none.contains("no row can be shuffled: of each of 3 no other order"), "{none}");
    let task = scene.refusal("table", "rows.tsv", "--split part --negatives shuffle --task regression");
    assert!(task.contains("negatives are made for positives alone"), "{task}");
    let seed = scene.refusal("table", "rows.tsv", "--negatives-seed 1");
    assert!(seed.contains("--negatives"), "{seed}");
}

/// A genome whose chromosomes turn every 1,000 bases from poor in GC to rich, some of it in lower case.
fn genome() -> (String, String) {
    let mut draw = draws(11);
    let (mut fasta, mut bed) = (String::new(), String::new());
    for (chromosome, bases) in [("one", 60_000_u32), ("two", 20_000), ("three", 20_000)] {
        writeln!(fasta, ">{chromosome}").unwrap();
        for place in 0..bases {
            let rich = place / 1000 % 2 == 1;
            let base = if draw(10) < if rich { 7 } else { 3 } { ['C', 'G'][draw(2)] } else { ['A', 'T'][draw(2)] };
            fasta.push(if place / 2000 % 3 == 0 { base.to_ascii_lowercase() } else { base });
        }
        fasta.push('\n');
        for start in (5_100..bases - 1000).step_by(10_000) {
            writeln!(bed, "{chromosome}\t{start}\t{}\tpeak", start + 100).unwrap();
        }
    }
    (fasta, bed)
}

#[test]
fn negatives_over_a_genome_are_like_the_positives_and_away_from_them() {
    let scene = Scene::new();
    let (fasta, bed) = genome();
    scene.file("genome.fa", fasta);
    scene.file("peaks.bed", bed);
    let import = |arguments: &str| {
        let mut command = genomenas();
        command.args(["data", "import", "windows", "--json", "--overwrite", "--bin", "100", "--context", "50"]);
        command.args(["--valid", "two", "--test", "three", "--genome"]).arg(scene.path("genome.fa"));
        command.arg("--labels").arg(scene.path("peaks.bed")).arg("--out").arg(scene.path("out.arrow"));
        command.args(arguments.split_whitespace());
        command
    };
    let info = Outcome::json(&mut import("--negatives gc"));
    assert_eq!(info["rows"], json!({"train": 12, "valid": 4, "test": 4}));
    assert_eq!(info["positives"], json!({"train": [6], "valid": [2], "test": [2]}));
    assert_eq!(info["import"]["settings"]["negatives"], "gc, seed 0, away 200, rows 10");
    let store = Store::open(&scene.path("out.arrow")).unwrap();
    let rows = store.train();
    let gc = |row: u32| {
        let packed = rows.packed(row).unwrap();
        packed.codes.iter().map(|byte| ((byte ^ byte >> 1) & 0x55).count_ones()).sum::<u32>()
    };
    let numbers: Vec<u32> = (0..12).collect();
    let places = rows.positions(&numbers).unwrap().unwrap();
    let labelled = |row: &u32| rows.packed(*row).unwrap().labels[0] == 1;
    let (positive, negative): (Vec<u32>, Vec<u32>) = numbers.iter().partition(|row| labelled(row));
    let mut apart: Vec<u32> = Vec::new();
    for (one, other) in [(&positive, &negative), (&negative, &positive)] {
        apart.extend(one.iter().map(|row| other.iter().map(|other| gc(*row).abs_diff(gc(*other))).min().unwrap()));
    }
    assert!(apart.iter().all(|bases| *bases < 8), "{apart:?} of 200 bases");
    for row in &negative {
        let start = places[*row as usize].start;
        for peak in (5_100..59_000).step_by(10_000) {
            assert!(start + 200 + 200 <= peak || peak + 100 + 200 <= start, "{start} {peak}");
        }
    }
    let none = Outcome::refusal(&mut import("--negatives gc --negatives-away 1000000"), 2);
    assert!(none.contains("come nearer with --negatives-away"), "{none}");
    let alone = Outcome::refusal(&mut import("--negatives-away 5"), 2);
    assert!(alone.contains("--negatives"), "{alone}");
}

/// Families of four rows, copies of one with a tenth of their bases changed, the third turned and the fourth shifted.
fn families(families: usize) -> Vec<(String, &'static str, &'static str)> {
    let (mut draw, mut rows) = (draws(13), Vec::new());
    for (family, first) in sequences(17, families, 100).into_iter().enumerate() {
        for copy in 0..4 {
            let mut text: Vec<char> = first.chars().collect();
            if copy > 0 {
                (0..10).for_each(|_| text[draw(100)] = ['A', 'C', 'G', 'T'][draw(4)]);
            }
            let mut text: String = text.into_iter().collect();
            match copy {
                2 => text = opposite(&text),
                3 => text = format!("{}{}", &text[5..], "ACGTA"),
                _ => {}
            }
            rows.push((text, ["a", "b"][family % 2], "train"));
        }
    }
    rows
}

#[test]
fn similar_rows_stay_in_one_split_with_cluster_and_are_told_without() {
    let scene = Scene::new();
    scene.file("rows.tsv", table(families(200)));
    let similar = |info: &Value| info["straddling"]["similar_sequences"].clone();
    let apart = scene.table("--seed 1");
    assert_eq!(similar(&apart)["permille"], 800);
    assert!(similar(&apart)["rows"]["test_in_train"].as_u64().unwrap() > 20, "{apart}");
    assert!(
        scene
            .summary()
            .contains("are similar to rows of train (identity 0.8 or more): scores on them tell less of new data"),
        "{}",
        scene.summary()
    );
    let together = scene.table("--seed 1 --cluster 0.8");
    let nothing = json!({"valid_in_train": 0, "test_in_train": 0, "test_in_valid": 0});
    assert_eq!(similar(&together), json!({"permille": 800, "rows": nothing}));
    assert_eq!(together["import"]["settings"]["cluster"], "0.8");
    assert!(scene.summary().contains("no row is similar to one of another split (identity 0.8 or more)"));
    let rows = scene.rows();
    assert!(rows.iter().all(|rows| rows.len() % 4 == 0), "{:?}", rows.map(|rows| rows.len()));

    for (arguments, part) in [
        ("--cluster 0.2", "from 0.5 to 1"),
        ("--cluster 80", "from 0.5 to 1"),
        ("--split part --cluster 0.8", "here the data does"),
    ] {
        let told = scene.refusal("table", "rows.tsv", arguments);
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn stores_of_a_genome_and_of_one_strand_say_what_they_are() {
    let scene = Scene::new();
    let genome = made_up::genome();
    scene.file("genome.fa", made_up::fasta(&genome));
    scene.file("labels.bed", made_up::labels(&genome));
    let mut command =
        made_up::import_windows(&scene.path("genome.fa"), &scene.path("labels.bed"), &scene.path("out.arrow"));
    Outcome::text(command.arg("--single-strand"));
    let info = Outcome::json(genomenas().args(["data", "info", "--json"]).arg(scene.path("out.arrow")));
    assert_eq!(info["single_strand"], true);
    assert_eq!(info["import"]["settings"]["single-strand"], "yes");
}
