//! What a run computes with: kernels and precision. What cannot be is refused before anything is made.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::Path;
use std::process::Command;

use genomenas_tests::comparisons::{compare, run_folder};
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{bytes, motif_store, result, search, timeless, train};
use genomenas_tests::{Outcome, listing};

/// The commands that make a folder, each for a folder of its own in `home`, by their verbs.
fn makers(home: &Path, store: &Path, options: &str) -> [(&'static str, Command); 3] {
    [
        ("search", search(store, &home.join("search"), options)),
        ("train", train(store, &home.join("train"), options)),
        ("compare", compare(store, &home.join("compare"), options)),
    ]
}

#[test]
fn kernels_that_there_are_not_are_refused_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let before = listing(home.path());
    for (verb, mut command) in makers(home.path(), &store, "") {
        let refused = Outcome::refusal(command.env("GENOMENAS_KERNELS", "quick"), 2);
        assert_eq!(refused, "GENOMENAS_KERNELS is 'quick': expected plain or fused, or leave it out", "{verb}");
    }
    assert_eq!(added(&before, home.path()), [""; 0]);
}

#[test]
fn the_log_of_a_run_begins_with_what_it_computes_on() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let said = Outcome::of(train(&store, &home.path().join("train"), "--epochs 1").env("GENOMENAS_KERNELS", "plain"));
    assert!(said.stderr.contains("device cpu, threads 1, precision fp32, kernels plain"), "{}", said.stderr);
    let out = home.path().join("compared");
    Outcome::text(&mut compare(&store, &out, ""));
    let log = String::from_utf8(bytes(&run_folder(&out, 0, 1), "run.log")).unwrap();
    assert!(log.contains("device cpu, threads 1, precision fp32, kernels fused"), "{log}");
}

#[test]
fn a_precision_that_the_processor_lacks_is_refused_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let before = listing(home.path());
    for precision in ["tf32", "bf16"] {
        for (verb, mut command) in makers(home.path(), &store, &format!("--precision {precision}")) {
            let refused = Outcome::refusal(&mut command, 2);
            let expected =
                format!("precision '{precision}' is for CUDA devices, and this would compute on the processor");
            assert!(refused.starts_with(&expected), "{verb}: {refused}");
        }
    }
    for (verb, mut command) in makers(home.path(), &store, "--precision fp16") {
        let refused = Outcome::refusal(&mut command, 2);
        assert!(refused.contains("precision 'fp16' is unknown: expected fp32, tf32 or bf16"), "{verb}: {refused}");
    }
    assert_eq!(added(&before, home.path()), [""; 0]);
}

#[test]
fn a_precision_in_a_comparison_file_is_held_to_the_same() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let file = write(home.path(), "mine.toml", "precision = 'bf16'\n");
    let out = home.path().join("out");
    let refused = Outcome::refusal(compare(&store, &out, "").arg(&file), 2);
    assert!(refused.starts_with("precision 'bf16' is for CUDA devices"), "{refused}");
    assert!(!out.exists());
    // What is given as an option wins.
    Outcome::text(compare(&store, &out, "--precision fp32").arg(&file));
}

#[test]
fn float32_by_name_leaves_the_bytes_that_no_precision_leaves() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let (unsaid, said) = (home.path().join("unsaid"), home.path().join("said"));
    Outcome::text(&mut train(&store, &unsaid, "--epochs 1"));
    Outcome::text(&mut train(&store, &said, "--epochs 1 --precision fp32"));
    for name in ["run.toml", "architecture.json", "weights.safetensors"] {
        assert!(bytes(&unsaid, name) == bytes(&said, name), "{name}");
    }
    assert_eq!(timeless(result(&unsaid)), timeless(result(&said)));
    let settings = String::from_utf8(bytes(&unsaid, "run.toml")).unwrap();
    assert!(!settings.contains("precision") && result(&unsaid)["precision"].is_null(), "{settings}");
    // A run keeps its precision.
    let refused = Outcome::refusal(&mut train(&store, &said, "--epochs 1 --precision bf16"), 2);
    assert!(refused.contains("holds another run: precision is absent there and \"bf16\" here"), "{refused}");
}

/// What is in a folder now and was not before, but for the files of spaces and architectures that helpers write.
fn added(before: &[String], folder: &Path) -> Vec<String> {
    let helpers = |name: &str| name == "motifs.toml" || name.starts_with("by-hand");
    listing(folder).into_iter().filter(|name| !before.contains(name) && !helpers(name)).collect()
}
