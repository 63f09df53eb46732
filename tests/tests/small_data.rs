//! What can be known of a comparison before it begins is told before anything is made.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::draws;
use genomenas_tests::runs::store_of;
use genomenas_tests::{Outcome, genomenas};

/// A store of 60, 20 and 20 rows, whose one label is `class` of the split and the row's number.
fn small_store(folder: &Path, class: fn(&str, usize) -> usize) -> PathBuf {
    let mut text = "sequence\tmotif\tsplit\n".to_owned();
    let mut draw = draws(5);
    for (split, rows) in [("train", 60), ("valid", 20), ("test", 20)] {
        for row in 0..rows {
            let sequence: String = (0..60).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect();
            writeln!(text, "{sequence}\t{}\t{split}", class(split, row)).unwrap();
        }
    }
    store_of(folder, &text, "motif")
}

fn compare(store: &Path, out: &Path, options: &str) -> Command {
    let mut command = genomenas();
    command.args(["compare", "--device", "cpu", "--threads", "1", "--budget", "100samples", "--data"]);
    command.arg(store).arg("--out").arg(out).args(options.split_whitespace());
    command
}

#[test]
fn strategies_and_the_final_training_whose_batch_the_data_cannot_fill_are_refused_with_one_that_fits() {
    let home = tempfile::tempdir().unwrap();
    let store = small_store(home.path(), |_, row| row % 2);
    let out = home.path().join("out");
    let told = Outcome::refusal(&mut compare(&store, &out, "--strategies deepvirfinder,lstm"), 2);
    for part in [
        "the final training ([final], --batch and others): a batch of 64 is larger than the training split of 60 rows",
        "deepvirfinder: a batch of 150 is larger than the training split of 60 rows",
        "for instance 'deepvirfinder batch=32'",
        "for instance 'lstm batch=32'",
        "for instance 'random-search batch=32'",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // The rows of a supernet are shared between its weights and its architecture.
    let told = Outcome::refusal(&mut compare(&store, &out, "--strategies darts --no-control --batch 16"), 2);
    assert!(told.contains("for instance 'darts batch=16'"), "{told}");
    let mut search = genomenas();
    search
        .args(["search", "--strategy", "lstm", "--budget", "100samples", "--data"])
        .arg(&store)
        .arg("--out")
        .arg(&out);
    let told = Outcome::refusal(&mut search, 2);
    assert!(told.contains("for instance 'lstm batch=32'"), "{told}");
    assert!(!out.exists(), "nothing was made");
    let mut fits = compare(&store, &out, "--no-control --batch 16 --epochs 1 --seeds 1 --strategy");
    Outcome::text(fits.args(["lstm batch=32 epochs=1"]));
}

#[test]
fn data_on_which_nothing_can_be_ranked_are_refused_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let constant = small_store(home.path(), |split, row| if split == "test" { 1 } else { row % 2 });
    let told = Outcome::refusal(&mut compare(&constant, &out, "--strategies lstm"), 2);
    assert!(told.contains("in the test split of 20 rows every label is the same in all rows"), "{told}");
    assert!(!out.exists(), "nothing was made");
}
