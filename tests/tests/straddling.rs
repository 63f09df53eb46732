//! What is in two splits travels with the data, from the import to the page, and may be left out.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::comparisons::{compare, go_on, report, run_folders};
use genomenas_tests::made_up::{draws, write};
use genomenas_tests::project::shared_data;
use genomenas_tests::runs::{result, search, train};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::{Value, json};

/// The first half of the test repeats train, every other row of it on the other strand; and so do two rows of valid.
fn table() -> String {
    let mut draw = draws(9);
    let mut sequence = || -> String { (0..60).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect() };
    let train: Vec<String> = (0..64).map(|_| sequence()).collect();
    let other = |sequence: &String| -> String {
        let turned = sequence.chars().rev();
        turned
            .map(|base| match base {
                'A' => 'T',
                'C' => 'G',
                'G' => 'C',
                _ => 'A',
            })
            .collect()
    };
    let test: Vec<String> = (0..20)
        .map(|row| {
            if row >= 10 {
                sequence()
            } else if row % 2 == 0 {
                train[row].clone()
            } else {
                other(&train[row])
            }
        })
        .collect();
    let valid: Vec<String> = (0..20).map(|row| if row < 2 { train[60 + row].clone() } else { sequence() }).collect();
    let mut text = "sequence\tmotif\tnoise\tsplit\n".to_owned();
    for (split, sequences) in [("train", train), ("valid", valid), ("test", test)] {
        for (row, sequence) in sequences.iter().enumerate() {
            writeln!(text, "{sequence}\t{}\t{}\t{split}", row % 2, row / 2 % 2).unwrap();
        }
    }
    text
}

fn import(folder: &Path, arguments: &str) -> Command {
    let table = write(folder, "leaky.tsv", table());
    let mut command = genomenas();
    command.args(["data", "import", "table"]).arg(table).args([
        "--labels",
        "motif,noise",
        "--task",
        "multi-label",
        "--overwrite",
    ]);
    command.args(arguments.split_whitespace()).arg("--out").arg(folder.join("store.arrow"));
    command
}

fn scene() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    Outcome::text(&mut import(folder.path(), ""));
    let store = folder.path().join("store.arrow");
    (folder, store)
}

const TEST: &str = "10 of 20 test rows (50.0 %) repeat rows of train, on the same or the other strand";
const VALID: &str = "2 of 20 valid rows (10.0 %) repeat rows of train, on the same or the other strand";

/// What a command said on both channels.
fn said(command: &mut Command) -> String {
    let output = command.env("RUST_LOG", "info").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn counts() -> Value {
    let rows = json!({"valid_in_train": 2, "test_in_train": 10, "test_in_valid": 0});
    json!({"equal_sequences": rows, "similar_sequences": {"permille": 800, "rows": rows}})
}

#[test]
fn the_import_and_the_description_of_a_store_say_what_is_in_two_splits() {
    let (folder, store) = scene();
    let told = Outcome::text(&mut import(folder.path(), ""));
    let described = Outcome::text(genomenas().args(["data", "info"]).arg(&store));
    for text in [&told, &described] {
        assert!(text.contains(TEST) && text.contains(VALID), "{text}");
        assert!(!text.contains("no base") && !text.contains("no sequence"), "{text}");
    }
    let info = Outcome::json(genomenas().args(["data", "info", "--json"]).arg(&store));
    // Nothing is claimed of bases of a genome, where rows have no places.
    assert_eq!(info["straddling"], counts());
}

#[test]
fn repeats_are_left_out_on_the_side_that_is_asked_for() {
    let (folder, store) = scene();
    for (side, rows, dropped) in [
        (
            "train",
            json!({"train": 52, "valid": 20, "test": 20}),
            "dropped 12 rows of train that repeat rows of valid or test",
        ),
        (
            "test",
            json!({"train": 64, "valid": 18, "test": 10}),
            "dropped 10 rows of test that repeat rows of train or valid",
        ),
    ] {
        let told = Outcome::text(&mut import(folder.path(), &format!("--drop-repeats {side}")));
        assert!(told.contains(dropped), "{told}");
        let nothing =
            "no sequence is in two splits; whether rows share bases of a genome is not known without their places";
        assert!(told.contains(nothing), "{told}");
        let info = Outcome::json(genomenas().args(["data", "info", "--verify", "--json"]).arg(&store));
        assert_eq!(info["rows"], rows);
        assert_eq!(info["import"]["settings"]["drop-repeats"], side);
    }
    let told = Outcome::refusal(&mut import(folder.path(), "--drop-repeats both"), 2);
    assert!(told.contains("train") && told.contains("test"), "{told}");
}

#[test]
fn the_other_strand_of_a_row_of_one_strand_is_no_repeat() {
    let (folder, store) = scene();
    let told = Outcome::text(&mut import(folder.path(), "--single-strand"));
    assert!(told.contains("5 of 20 test rows (25.0 %) repeat rows of train: scores on them"), "{told}");
    assert!(!told.contains(", on the same or the other strand"), "{told}");
    let told = said(&mut train(&store, &folder.path().join("trained"), "--epochs 1"));
    assert!(told.contains("5 of 20 test rows (25.0 %) repeat rows of train: scores on them"), "{told}");
    let told = Outcome::text(&mut import(folder.path(), "--single-strand --drop-repeats test"));
    assert!(told.contains("dropped 5 rows of test that repeat rows of train or valid"), "{told}");
    let info = Outcome::json(genomenas().args(["data", "info", "--verify", "--json"]).arg(&store));
    assert_eq!(info["rows"], json!({"train": 64, "valid": 18, "test": 15}));
}

#[test]
fn a_split_of_repeats_alone_is_not_left_empty() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "AACC\ta\ttrain\nAAAC\tb\ttrain\nACAC\ta\tvalid\nGGTT\ta\ttest\n";
    let table = write(folder.path(), "t.tsv", format!("sequence\tlabel\tsplit\n{rows}"));
    let mut command = genomenas();
    command.args(["data", "import", "table"]).arg(&table).args(["--drop-repeats", "test", "--out"]);
    let told = Outcome::refusal(command.arg(folder.path().join("store.arrow")), 2);
    assert!(told.contains("all 1 rows of test repeat rows of other splits"), "{told}");
    assert_eq!(listing(folder.path()), ["t.tsv"]);
}

#[test]
fn a_quarter_of_the_test_of_ienhancer_is_in_its_train() {
    let Some(path) = shared_data("small/ienhancer.tsv.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("store.arrow");
    let import = |arguments: &str| {
        let mut command = genomenas();
        command.args(["data", "import", "table", "--json", "--overwrite"]).arg(&path).arg("--out").arg(&out);
        Outcome::json(command.args(arguments.split_whitespace()))
    };
    let counted = |info: &Value| {
        let found = &info["straddling"]["equal_sequences"];
        ["test_in_train", "test_in_valid", "valid_in_train"].map(|pair| found[pair].as_u64().unwrap())
    };
    let all = import("--valid 0.1");
    let [in_train, in_valid, between] = counted(&all);
    assert_eq!((in_train + in_valid, between, &all["rows"]["test"]), (100, 0, &json!(400)));
    let without = import("--valid 0.1 --drop-repeats train");
    assert_eq!((counted(&without), &without["rows"]["test"]), ([0; 3], &json!(400)));
    let without = import("--valid 0.1 --drop-repeats test");
    assert_eq!((counted(&without), &without["rows"]["test"]), ([0; 3], &json!(300)));
}

#[test]
fn a_comparison_says_it_at_its_start_on_its_leaderboard_and_under_its_headline() {
    let (folder, store) = scene();
    let out = folder.path().join("results");
    let told = said(&mut compare(&store, &out, ""));
    let (start, end) = told.split_at(told.find("report:").unwrap());
    assert!(start.contains(TEST) && end.contains(TEST), "{told}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    let (_, after) = page.split_once("<p class=\"lead\">").unwrap();
    let (under, _) = after.split_once("</header>").unwrap();
    assert!(under.contains(&format!("<p class=\"straddling\">{TEST}; {VALID}. Scores")), "{under}");
    assert!(!page.contains("no base"));
    for run in run_folders(&out) {
        assert_eq!(result(&run)["straddling"], counts());
        assert!(fs::read_to_string(run.join("report.html")).unwrap().contains(TEST));
    }
    let again = Outcome::json(report(&out).arg("--json"));
    assert_eq!(again["data"]["straddling"], counts());
    assert!(Outcome::text(&mut report(&out)).contains(TEST));
    assert!(said(&mut go_on(&out, "")).contains(TEST));
}

#[test]
fn a_search_and_a_training_say_it_before_they_begin_and_in_their_results() {
    let (folder, store) = scene();
    for (name, mut command) in [
        ("found", search(&store, &folder.path().join("found"), "")),
        ("trained", train(&store, &folder.path().join("trained"), "--epochs 1")),
    ] {
        let told = said(&mut command);
        assert!(told.contains(TEST) && told.contains(VALID), "{told}");
        assert_eq!(result(&folder.path().join(name))["straddling"], counts());
        let page = fs::read_to_string(folder.path().join(name).join("report.html")).unwrap();
        assert!(page.contains(&format!("<p class=\"straddling\">{TEST}")), "{name}");
    }
}

#[test]
fn nothing_is_said_of_data_in_which_nothing_is_in_two_splits() {
    let (folder, store) = scene();
    Outcome::text(&mut import(folder.path(), "--drop-repeats train"));
    let out = folder.path().join("trained");
    let told = said(&mut train(&store, &out, "--epochs 1"));
    assert!(!told.contains("repeat"), "{told}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(!page.contains("<p class=\"straddling\">"));
    assert!(page.contains("whether rows share bases of a genome is not known"), "the terms say what is known");
}
