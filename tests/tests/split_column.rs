//! Data as it is published: a column named split, train and test only, and what is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::{self, draws, write};
use genomenas_tests::project::{self, shared_data};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::{Value, json};

/// The command of an import into `store.arrow` of the folder.
fn import(folder: &Path, importer: &str, arguments: &str) -> Command {
    let mut command = genomenas();
    command.args(["data", "import", importer]).args(arguments.split_whitespace());
    command.args(["--json", "--overwrite", "--out", "store.arrow"]).current_dir(folder);
    command
}

/// A table whose rows name their splits in turn, under a heading.
fn table(heading: &str, splits: &[&str], rows: usize) -> String {
    let mut draw = draws(3);
    let rows = (0..rows).map(|row| {
        let sequence: String = (0..24).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect();
        format!("{sequence}\t{}\t{}\n", ["a", "b"][row % 2], splits[row / 2 % splits.len()])
    });
    format!("sequence\tlabel\t{heading}\n{}", rows.collect::<String>())
}

fn rows(store: &Value) -> [u64; 3] {
    ["train", "valid", "test"].map(|split| store["rows"][split].as_u64().unwrap())
}

/// A folder with `t.tsv`.
fn desk(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "t.tsv", text);
    folder
}

#[test]
fn a_column_named_split_decides_without_being_asked_for_by_any_of_its_names() {
    let named = |heading: &str, splits: &[&str], arguments: &str| {
        let desk = desk(&table(heading, splits, 80));
        Outcome::json(&mut import(desk.path(), "table", &format!("t.tsv {arguments}")))
    };
    let expected = named("part", &["train", "train", "valid", "test"], "--split part");
    assert_eq!(rows(&expected), [40, 20, 20]);
    for valid in ["val", "dev", "validation", "Valid", "VALIDATION", "Dev"] {
        let store = named("split", &["train", "Train", valid, "TEST"], "");
        assert_eq!(store["digest"], expected["digest"], "{valid}");
        assert_eq!(store["import"]["settings"]["split"], "column split");
    }
    for heading in ["Split", "SPLIT"] {
        assert_eq!(named(heading, &["train", "train", "dev", "test"], "")["digest"], expected["digest"]);
    }
    // A share of train where there is none of valid, and no row of the test moves.
    let shared = named("split", &["train", "train", "train", "test"], "--valid 0.25");
    assert_eq!((rows(&shared)[0] + rows(&shared)[1], rows(&shared)[2]), (60, 20));
    assert!(rows(&shared)[1] > 0);
    // Whoever wants other splits says so.
    let other = named("split", &["train", "train", "valid", "test"], "--ignore-split --valid 0.2 --test 0.2");
    assert_ne!(other["digest"], expected["digest"]);
    assert_eq!(other["import"]["settings"]["split"], "by share: valid 0.2, test 0.2, seed 0");
}

#[test]
fn a_column_named_split_that_is_not_used_is_told() {
    let text = "sequence\tlabel\tsplit\tpart\nACGT\ta\t1\ttrain\nACGA\tb\t2\tval\nACGG\ta\t3\ttest\n";
    let desk = desk(text);
    let store = Outcome::json(&mut import(desk.path(), "table", "t.tsv --split part"));
    assert_eq!(rows(&store), [1, 1, 1]);
    assert_eq!(store["import"]["warnings"][0], r#"the column "split" was passed over: the split is that of "part""#);
}

#[test]
fn what_a_column_named_split_cannot_say_is_refused_with_the_way_on() {
    let refused = |heading: &str, splits: &[&str], arguments: &str| {
        let desk = desk(&table(heading, splits, 40));
        let told = Outcome::refusal(&mut import(desk.path(), "table", &format!("t.tsv {arguments}")), 2);
        assert_eq!(listing(desk.path()), ["t.tsv"]);
        told
    };
    let all = ["train", "train", "valid", "test"];
    let halves = ["train", "test"];
    let share = |share: &str| format!("a share of {share} of train for valid: give a number above 0 and below 1");
    let not_a_split = |name: &str| {
        format!(
            "{name:?} is not a split: expected train, valid (or validation, val, dev) or test; --ignore-split passes over"
        )
    };
    for (heading, splits, arguments, expected) in [
        (
            "split",
            ["train", "fold2", "test", "valid"].as_slice(),
            "",
            format!("t.tsv, line 4: {}", not_a_split("fold2")),
        ),
        ("split", &["train", "", "test", "valid"], "", not_a_split("")),
        ("split", &halves, "", "no rows in valid: train has 20, valid 0 and test 20".into()),
        ("split", &halves, "", "(--valid 0.1 or --test 0.1), or split all rows by share (--ignore-split)".into()),
        ("split", &["train"], "", "no rows in valid and test".into()),
        ("split", &all, "--valid 0.1", "10 rows are of valid already, and a share of train is to make it, too".into()),
        ("split", &all, "--valid 0.1 --test 0.1", "each row says its split, and shares of valid and of test".into()),
        ("split", &all, "--test-table t.tsv", "the splits are decided twice".into()),
        ("split", &all, "--seed 1", "no share needs a seed".into()),
        ("split", &halves, "--valid 0", share("0")),
        ("split", &halves, "--valid 1", share("1")),
        ("split", &halves, "--valid nan", share("NaN")),
        ("split", &halves, "--valid 0.0000001", "no rows in valid: train has 20".into()),
        ("split", &halves, "--valid 0.9999999", "no rows in train: train has 0, valid 20".into()),
        (
            "split\tSplit",
            &["train\ttrain", "test\ttest"],
            "",
            r#"two columns may hold the split, "split" and "Split""#.into(),
        ),
        ("split", &all, "--split split --ignore-split", "cannot be used with".into()),
    ] {
        let told = refused(heading, splits, arguments);
        assert!(told.contains(&expected), "{arguments} {splits:?}: {told}");
    }
}

#[test]
fn every_importer_takes_a_share_of_train_for_validation() {
    let folder = tempfile::tempdir().unwrap();
    let genome = made_up::genome();
    let at = |name: &str| folder.path().join(name).display().to_string();
    made_up::store(folder.path());
    for (name, sequence) in &genome {
        write(folder.path(), &format!("{name}.txt"), sequence.as_bytes());
    }
    let data = |name: &str| project::path("tests/data/deepsea").join(name).display().to_string();
    let windows = format!(
        "--genome {} --labels {} --bin 100 --context 50 --block 300 --test three",
        at("genome.fa"),
        at("labels.bed")
    );
    let next = "one.txt two.txt --test-paths three.txt --length 99 --step 100 --block 500".to_owned();
    let bundle = format!("--train {} --test {}", data("train.mat"), data("test.mat"));
    for (importer, arguments) in [("windows", windows), ("next", next), ("deepsea", bundle)] {
        let with = |more: &str| import(folder.path(), importer, &format!("{arguments} {more}"));
        let store = Outcome::json(&mut with("--valid 0.2"));
        let [train, valid, test] = rows(&store);
        assert!(train > 2 * valid && valid > 2 && test > 20, "{importer}: {:?}", rows(&store));
        let none = json!({"valid_in_train": 0, "test_in_train": 0, "test_in_valid": 0});
        let found = &store["straddling"];
        // Places where there are some; sequences where there are none.
        let of = if importer == "deepsea" {
            &found["equal_sequences"]["valid_in_train"]
        } else {
            &found["overlapping_windows"]
        };
        assert_eq!(of, if importer == "deepsea" { &none["valid_in_train"] } else { &none }, "{importer}");
        assert_eq!(Outcome::json(&mut with("--valid 0.2"))["digest"], store["digest"]);
        assert_ne!(Outcome::json(&mut with("--valid 0.2 --seed 9"))["digest"], store["digest"], "{importer}");
        std::fs::remove_file(folder.path().join("store.arrow")).unwrap();
        let before = listing(folder.path());
        let missing = Outcome::refusal(&mut with(""), 2);
        assert!(missing.contains("valid") && missing.contains("(--valid 0.1)"), "{importer}: {missing}");
        for share in ["0", "1.5", "nan"] {
            let told = Outcome::refusal(&mut with(&format!("--valid {share}")), 2);
            assert!(told.contains("above 0 and below 1"), "{importer} {share}: {told}");
        }
        assert_eq!(listing(folder.path()), before, "{importer}");
    }
}

#[test]
fn both_strands_of_the_deepsea_bundle_stay_together_in_a_share_of_train() {
    let folder = tempfile::tempdir().unwrap();
    let data = |name: &str| project::path("tests/data/deepsea").join(name).display().to_string();
    let arguments = format!("--train {} --test {} --valid 0.2 --strands both", data("train.mat"), data("test.mat"));
    let store = Outcome::json(&mut import(folder.path(), "deepsea", &arguments));
    assert_eq!(store["import"]["both_strands"], json!({"train": true, "valid": true, "test": true}));
    assert!(rows(&store).iter().all(|rows| rows % 2 == 0), "{:?}", rows(&store));
    assert_eq!(rows(&store)[0] + rows(&store)[1], 200);
}

#[test]
fn the_small_published_sets_keep_their_splits() {
    for (name, expected) in [("5hmc_mouse", None), ("ienhancer", Some("--valid 0.1")), ("tia1_clip", None)] {
        let Some(path): Option<PathBuf> = shared_data(&format!("small/{name}.tsv.gz")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let table = path.display().to_string();
        let plain = import(folder.path(), "table", &table).output().unwrap();
        let store = match expected {
            None => serde_json::from_slice(&plain.stdout).unwrap(),
            Some(share) => {
                assert_eq!(plain.status.code(), Some(2));
                Outcome::json(&mut import(folder.path(), "table", &format!("{table} {share}")))
            }
        };
        assert!(rows(&store).iter().all(|rows| *rows > 0), "{name}: {:?}", rows(&store));
        let said = store["import"]["settings"]["split"].as_str().unwrap();
        assert!(said.starts_with("column split"), "{said}");
    }
}
