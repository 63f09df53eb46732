//! Folds: dealt at the import, one of them the test of a run, all of them in a comparison.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_data::{FinalEvaluation, Rows, Store};
use genomenas_tests::comparisons::{ENTRIES, compare, go_on, report};
use genomenas_tests::leaderboard::leaderboard;
use genomenas_tests::made_up::{self, draws, write};
use genomenas_tests::runs::{bytes, motif_table, result, search, store_of, train};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;

/// Rows of [`motif_table`] without their splits.
fn table() -> String {
    motif_table(60, 3).lines().map(|line| line.rsplit_once('\t').unwrap().0.to_owned() + "\n").collect()
}

fn import(folder: &Path, table: &str, name: &str, arguments: &str) -> Command {
    let table = write(folder, "folds.tsv", table);
    let mut command = genomenas();
    command.args(["data", "import", "table", "--labels", "motif,noise", "--task", "multi-label", "--overwrite"]);
    command.arg(table).args(arguments.split_whitespace()).arg("--out").arg(folder.join(name));
    command
}

/// A folder with a store of 400 rows in four folds.
fn scene() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    Outcome::text(&mut import(folder.path(), &table(), "store.arrow", "--folds 4"));
    let store = folder.path().join("store.arrow");
    (folder, store)
}

fn info(store: &Path, options: &str) -> Value {
    let mut command = genomenas();
    Outcome::json(command.args(["data", "info", "--verify", "--json"]).arg(store).args(options.split_whitespace()))
}

/// The rows of each split with a fold as the test, as they are stored.
fn rows(store: &Path, fold: u32) -> [Vec<Vec<u8>>; 3] {
    let store = Store::open(store).unwrap().at(Some(fold)).unwrap();
    let all = |rows: Rows| -> Vec<Vec<u8>> {
        let row = |row: u32| rows.packed(row).unwrap();
        (0..u32::try_from(rows.len()).unwrap()).map(|number| [row(number).codes, row(number).labels].concat()).collect()
    };
    [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test of folds"))].map(all)
}

#[test]
fn every_row_is_the_test_of_one_run_validates_in_another_and_trains_in_the_others() {
    let (_folder, store) = scene();
    let splits: Vec<_> = (1..=4).map(|fold| rows(&store, fold)).collect();
    let all = |split: usize| {
        let mut all: Vec<_> = splits.iter().flat_map(|of| of[split].clone()).collect();
        all.sort();
        all
    };
    let tests = all(2);
    assert_eq!(tests.len(), 400);
    assert_eq!(all(1), tests);
    assert_eq!(all(0).len(), 800);
    for (fold, [train, valid, test]) in splits.iter().enumerate() {
        assert_eq!(train.len() + valid.len() + test.len(), 400);
        assert!((98..=102).contains(&test.len()), "{fold}: {}", test.len());
        assert_eq!(*valid, splits[(fold + 1) % 4][2], "the next fold validates");
        assert!(test.iter().chain(valid).all(|row| !train.contains(row)), "{fold}");
    }
}

#[test]
fn folds_have_equal_shares_of_every_label_and_the_same_seed_deals_the_same() {
    let (folder, store) = scene();
    let told = info(&store, "");
    for fold in told["folds"].as_array().unwrap() {
        assert!((98..=102).contains(&fold["rows"].as_u64().unwrap()), "{told}");
        for label in 0..2 {
            let (all, of) = (&told["positives"]["train"][label], &fold["positives"][label]);
            assert!(all.as_u64().unwrap().abs_diff(4 * of.as_u64().unwrap()) <= 8, "{told}");
        }
    }
    assert_eq!(told["import"]["settings"]["split"], "4 folds, seed 0");
    let again = folder.path().join("again.arrow");
    Outcome::text(&mut import(folder.path(), &table(), "again.arrow", "--folds 4 --seed 0"));
    assert!(fs::read(&again).unwrap() == fs::read(&store).unwrap(), "another store of the same rows and seed");
    Outcome::text(&mut import(folder.path(), &table(), "again.arrow", "--folds 4 --seed 1"));
    assert_ne!(info(&again, "")["digest"], told["digest"]);
    let at = info(&store, "--fold 4");
    assert_eq!((&at["fold"]["number"], &at["fold"]["of"]), (&4.into(), &4.into()));
    assert_eq!((&at["rows"]["test"], &at["rows"]["valid"]), (&told["folds"][3]["rows"], &told["folds"][0]["rows"]));
    let text = Outcome::text(genomenas().args(["data", "info"]).arg(&store));
    assert!(text.contains("fold 4   ") && text.contains("in run F, fold F is the test"), "{text}");
    let text = Outcome::text(genomenas().args(["data", "info", "--fold", "2"]).arg(&store));
    assert!(text.contains("fold 2 of 4 is the test"), "{text}");
}

#[test]
fn equal_rows_groups_and_similar_rows_are_never_in_two_folds() {
    let folder = tempfile::tempdir().unwrap();
    let mut draw = draws(11);
    let mut text = "sequence\tlabel\tgene\n".to_owned();
    // Every sequence, the same with one other base, and its gene; three sequences a gene.
    for number in 0..60 {
        let sequence: String = (0..40).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect();
        let other = if &sequence[20..21] == "A" { "C" } else { "A" };
        let near = format!("{}{other}{}", &sequence[..20], &sequence[21..]);
        for sequence in [&sequence, &near] {
            writeln!(text, "{sequence}\t{}\tgene{}", ["a", "b"][number % 2], number / 3).unwrap();
        }
    }
    let table = write(folder.path(), "genes.tsv", &text);
    let out = folder.path().join("genes.arrow");
    let import = |options: &str| {
        let mut command = genomenas();
        command.args(["data", "import", "table", "--overwrite", "--json"]).arg(&table).arg("--out").arg(&out);
        Outcome::json(command.args(options.split_whitespace()))
    };
    let near = |told: &Value| -> u64 {
        let of = |fold: &Value| fold["straddling"]["similar_sequences"]["rows"]["test_in_train"].as_u64().unwrap();
        told["folds"].as_array().unwrap().iter().map(of).sum()
    };
    assert!(near(&import("--folds 5")) > 0, "rows that differ in a base are in several folds, and counted");
    assert_eq!(near(&import("--folds 5 --cluster 0.9")), 0);
    assert_eq!(near(&import("--folds 5 --group gene")), 0);
    let gene: BTreeMap<String, String> = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|cells| (cells[0].to_owned(), cells[2].to_owned()))
        .collect();
    let mut fold_of: BTreeMap<&str, u32> = BTreeMap::new();
    for fold in 1..=5 {
        let store = Store::open(&out).unwrap().at(Some(fold)).unwrap();
        let test = store.test().unseal(&FinalEvaluation::of("a test of folds"));
        for row in 0..u32::try_from(test.len()).unwrap() {
            let packed = test.packed(row).unwrap();
            let base =
                |place: usize| ['A', 'C', 'G', 'T'][usize::from(packed.codes[place / 4] >> (2 * (place % 4)) & 3)];
            let sequence: String = (0..40).map(base).collect();
            assert_eq!(*fold_of.entry(gene[&sequence].as_str()).or_insert(fold), fold, "{sequence}");
        }
    }
    assert_eq!(fold_of.len(), 20);
}

#[test]
fn blocks_of_a_genome_are_dealt_and_no_base_is_in_two_folds() {
    let folder = tempfile::tempdir().unwrap();
    let genome = made_up::genome();
    let (fasta, labels) = (
        write(folder.path(), "genome.fa", made_up::fasta(&genome)),
        write(folder.path(), "labels.bed", made_up::labels(&genome)),
    );
    let out = folder.path().join("windows.arrow");
    let import = |options: &str| {
        let mut command = genomenas();
        command.args(["data", "import", "windows", "--overwrite", "--genome"]).arg(&fasta).arg("--labels").arg(&labels);
        command.arg("--out").arg(&out).args(options.split_whitespace());
        command
    };
    Outcome::text(&mut import("--folds 3 --block 2000 --bin 100 --context 50"));
    let told = info(&out, "");
    let folds = told["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 3);
    for fold in folds {
        let windows = &fold["straddling"]["overlapping_windows"];
        assert_eq!((&windows["test_in_train"], &windows["test_in_valid"]), (&0.into(), &0.into()), "{told}");
    }
    for (options, part) in [
        ("--folds 3 --valid chr1 --test chr2", "leave out --valid"),
        ("--folds 3 --valid-share 0.1 --test-share 0.1", "leave out --valid-share"),
        ("--folds 64 --block 1000000", "give"),
        ("--folds 2", "expected 3 to 64 folds"),
    ] {
        let told = Outcome::refusal(&mut import(options), 2);
        assert!(told.contains(part) && told.contains("--folds"), "{options}: {told}");
    }
}

#[test]
fn folds_that_cannot_be_or_contradict_other_flags_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let small = "sequence\tmotif\tnoise\nAACC\t1\t0\nAATC\t0\t1\nAACC\t1\t0\nACAC\t0\t1\nAGAC\t1\t1\n";
    for (table, options, part) in [
        (small, "--folds 1", "expected 3 to 64 folds"),
        (small, "--folds 2", "expected 3 to 64 folds"),
        (small, "--folds 0", "expected 3 to 64 folds"),
        (small, "--folds 65", "expected 3 to 64 folds"),
        (small, "--folds many", "--folds"),
        (small, "--folds 5", "there are 4 groups of rows that stay together"),
        (small, "--folds 3 --valid 0.2", "leave out --valid, or --folds"),
        (small, "--folds 3 --test 0.2", "leave out --test, or --folds"),
        (small, "--folds 3 --drop-repeats test", "--drop-repeats test"),
        (small, "--folds 3 --test-table other.tsv", "tables decide the splits"),
        (&motif_table(60, 3), "--folds 3", "--ignore-split"),
        (&motif_table(60, 3), "--folds 3 --split split", "a column says the split of each"),
    ] {
        let told = Outcome::refusal(&mut import(folder.path(), table, "store.arrow", options), 2);
        assert!(told.contains(part) && told.contains("--folds"), "{options}: {told}");
        assert_eq!(listing(folder.path()), ["folds.tsv"], "{options}");
    }
    Outcome::text(&mut import(folder.path(), small, "store.arrow", "--folds 4"));
    Outcome::text(&mut import(folder.path(), &motif_table(60, 3), "store.arrow", "--folds 3 --ignore-split"));
}

#[test]
fn a_run_names_its_fold_and_a_store_without_one_is_refused() {
    let (folder, store) = scene();
    let out = |name: &str| folder.path().join(name);
    for command in [
        &mut search(&store, &out("none"), ""),
        &mut train(&store, &out("none"), "--epochs 1"),
        genomenas().args(["describe", "--strategy", "lstm", "--data"]).arg(&store),
    ] {
        let told = Outcome::refusal(command, 2);
        assert!(told.contains("it has 4 folds") && told.contains("--fold 1 to --fold 4"), "{told}");
    }
    for fold in ["0", "5"] {
        let told = Outcome::refusal(&mut search(&store, &out("none"), &format!("--fold {fold}")), 2);
        assert!(told.contains(&format!("no fold {fold}: expected --fold 1 to --fold 4")), "{told}");
        let told = Outcome::refusal(genomenas().args(["data", "info", "--fold", fold]).arg(&store), 2);
        assert!(told.contains(&format!("no fold {fold}")), "{told}");
    }
    let other = tempfile::tempdir().unwrap();
    let plain = store_of(other.path(), &motif_table(60, 3), "motif,noise");
    let told = Outcome::refusal(&mut search(&plain, &out("none"), "--fold 1"), 2);
    assert!(told.contains("it has splits and no folds"), "{told}");
    assert!(!out("none").exists(), "nothing was made");
}

#[test]
fn what_was_found_on_a_fold_is_trained_and_scored_on_it_alone() {
    let (folder, store) = scene();
    let out = |name: &str| folder.path().join(name);
    Outcome::text(&mut search(&store, &out("found"), "--fold 2"));
    assert_eq!(result(&out("found"))["fold"], 2);
    let settings: toml::Table = fs::read_to_string(out("found/run.toml")).unwrap().parse().unwrap();
    assert_eq!(settings["data"]["fold"].as_integer(), Some(2));
    let told = Outcome::refusal(&mut search(&store, &out("found"), "--fold 3"), 2);
    assert!(told.contains("data.fold is 2 there and 3 here"), "{told}");
    let trains = |name: &str, options: &str| {
        let mut command = genomenas();
        command.args([
            "train",
            "--device",
            "cpu",
            "--threads",
            "1",
            "--epochs",
            "1",
            "--batch",
            "16",
            "--test",
            "--run",
        ]);
        command.arg(out("found")).arg("--out").arg(out(name)).args(options.split_whitespace());
        command
    };
    let told = Outcome::refusal(&mut trains("other", "--fold 3"), 2);
    assert!(told.contains("had fold 2 as its test and learned from rows of fold 3"), "{told}");
    Outcome::text(&mut trains("trained", ""));
    assert_eq!(result(&out("trained"))["fold"], 2);
    let evaluate = |options: &str| {
        let mut command = genomenas();
        command.args(["evaluate", "--device", "cpu", "--threads", "1", "--split", "test", "--json", "--run"]);
        command.arg(out("trained")).args(options.split_whitespace());
        command
    };
    let scores = Outcome::json(&mut evaluate(""));
    assert_eq!(scores["rows"], info(&store, "")["folds"][1]["rows"], "{scores}");
    assert!(scores["auroc"]["mean"].is_number(), "{scores}");
    assert_eq!(scores["auroc"], result(&out("trained"))["test"]["auroc"]);
    let told = Outcome::refusal(&mut evaluate("--fold 1"), 2);
    assert!(told.contains("the training in") && told.contains("had fold 2 as its test"), "{told}");
}

#[test]
fn a_comparison_runs_every_fold_with_every_seed_and_its_reports_name_the_folds() {
    let (folder, store) = scene();
    let out = folder.path().join("out");
    let described = info(&store, "");
    let folds = described["folds"].as_array().unwrap();
    let told = Outcome::text(&mut compare(&store, &out, ""));
    assert!(told.contains("mean ± sd over folds and seeds") && told.contains("8/8"), "{told}");
    for entry in ENTRIES {
        for (fold, seed) in (1..=4).flat_map(|fold| [(fold, 1), (fold, 2)]) {
            let run = out.join("runs").join(entry).join(format!("fold-{fold}-seed-{seed}"));
            assert_eq!((&result(&run)["fold"], &result(&run)["seed"]), (&fold.into(), &seed.into()));
            assert_eq!(result(&run)["test"]["rows"], folds[fold - 1]["rows"], "scored on its fold alone");
        }
    }
    let comparison: Value = serde_json::from_slice(&bytes(&out, "comparison.json")).unwrap();
    assert_eq!(comparison["entries"][0]["runs"].as_array().unwrap().len(), 8);
    assert_eq!(comparison["entries"][0]["runs"][1]["fold"], 2);
    assert_eq!(comparison["data"]["folds"].as_array().unwrap().len(), 4);
    // The mean is that of all runs.
    let runs = comparison["entries"][0]["runs"].as_array().unwrap();
    let auroc = |run: &Value| run["test"]["auroc"]["mean"].as_f64().unwrap();
    let mean = runs.iter().map(auroc).sum::<f64>() / 8.0;
    let csv = String::from_utf8(bytes(&out, "leaderboard.csv")).unwrap();
    let rows = leaderboard(&out);
    let column = |name: &str| rows[0].iter().position(|heading| heading == name).unwrap();
    let name = comparison["entries"][0]["name"].as_str().unwrap();
    let own = rows.iter().find(|row| row[column("name")] == name).unwrap();
    assert!((own[column("auroc_mean")].parse::<f64>().unwrap() - mean).abs() < 1e-12, "{csv}");
    assert!(csv.lines().next().unwrap().ends_with(",seeds,folds") && csv.contains(",1 2,1 2 3 4\n"), "{csv}");
    let page = String::from_utf8(bytes(&out, "report.html")).unwrap();
    for part in ["fold 3, seed 2", "8 runs: 4 folds, 2 seeds", "share training rows", "One dot per fold and seed"] {
        assert!(page.contains(part), "{part}");
    }
    // The same command, and the folder alone, go on with it; a run that is gone is done again.
    let run = out.join("runs").join(ENTRIES[1]).join("fold-3-seed-1");
    let before = result(&run)["test"].clone();
    fs::remove_dir_all(&run).unwrap();
    Outcome::text(&mut go_on(&out, ""));
    assert_eq!(result(&run)["test"], before);
    Outcome::text(&mut report(&out));
    Outcome::text(&mut report(&run));
    let page = String::from_utf8(bytes(&run, "report.html")).unwrap();
    assert!(
        page.contains("fold 3, seed 1") && page.contains("3 is the test, the next one validates"),
        "the page of a run"
    );

    // Another number of folds, and none, are another comparison.
    Outcome::text(&mut import(folder.path(), &table(), "three.arrow", "--folds 3"));
    let three = folder.path().join("three.arrow");
    let told = Outcome::refusal(&mut compare(&three, &out, ""), 2);
    assert!(told.contains("is over 4 folds") && told.contains("has 3 folds"), "{told}");
    let beside = tempfile::tempdir().unwrap();
    let plain = store_of(beside.path(), &motif_table(60, 3), "motif,noise");
    let told = Outcome::refusal(&mut compare(&plain, &out, ""), 2);
    assert!(told.contains("is over 4 folds") && told.contains("splits without folds"), "{told}");
}

#[test]
fn what_is_in_two_splits_is_told_of_every_fold() {
    let folder = tempfile::tempdir().unwrap();
    // Every sequence is similar to one other, so that some pairs are in two folds.
    let mut draw = draws(4);
    let mut text = "sequence\tmotif\tnoise\n".to_owned();
    for number in 0..90 {
        let sequence: String = (0..60).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect();
        let near = format!("{}{}", if &sequence[..1] == "A" { "C" } else { "A" }, &sequence[1..]);
        writeln!(text, "{sequence}\t{0}\t{1}\n{near}\t{0}\t{1}", number % 2, number / 2 % 2).unwrap();
    }
    let told = Outcome::text(&mut import(folder.path(), &text, "near.arrow", "--folds 3"));
    let line = |fold: u32| format!("fold {fold} as the test: ");
    assert!((1..=3).all(|fold| told.contains(&line(fold))), "{told}");
    let (store, out) = (folder.path().join("near.arrow"), folder.path().join("out"));
    let told = Outcome::text(&mut compare(&store, &out, ""));
    let page = String::from_utf8(bytes(&out, "report.html")).unwrap();
    for fold in 1..=3 {
        let part = format!("ith fold {fold} as the test, ");
        assert!(told.contains(&part) && page.contains(&part), "{told}");
    }
    assert!(result(&out.join("runs").join(ENTRIES[0]).join("fold-2-seed-1"))["straddling"].is_object());
}
