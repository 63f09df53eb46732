//! Stores whose rows are not those that were imported: before a run, and while it reads them.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use genomenas_tests::runs::{
    architecture, bytes, journal, motif_store, quietly, result, run, search, space, timeless, timeless_journal, train,
    wait_until,
};
use genomenas_tests::{Outcome, genomenas};

/// Changes bases in the file itself, as a failing disk or another program does.
fn change_bases(store: &Path) {
    let file = OpenOptions::new().read(true).write(true).open(store).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut bases = [0; 64];
    file.read_exact_at(&mut bases, middle).unwrap();
    file.write_all_at(&bases.map(|byte| !byte), middle).unwrap();
}

fn compare(store: &Path, out: &Path) -> Command {
    let mut command = quietly("compare", "--no-control --seeds 1,2 --budget 960samples --epochs 1 --batch 16");
    command.args(["--strategy", "random-search batch=16 trials=2", "--data"]).arg(store).arg("--out").arg(out);
    command.arg("--space").arg(space(store.parent().unwrap()));
    command
}

#[test]
fn rows_that_changed_since_the_import_are_found_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let (store, trained) = (motif_store(folder.path()), folder.path().join("trained"));
    Outcome::text(&mut train(&store, &trained, "--epochs 1"));
    let mut evaluate = quietly("evaluate", "--split valid");
    evaluate.arg("--run").arg(&trained);
    Outcome::text(&mut evaluate);
    change_bases(&store);
    let out = |name: &str| folder.path().join(name);
    for command in [
        &mut train(&store, &out("a"), "--epochs 1"),
        &mut search(&store, &out("b"), ""),
        &mut compare(&store, &out("c")),
        &mut evaluate,
    ] {
        let told = Outcome::refusal(command, 2);
        assert!(told.contains("store.arrow: it is damaged (its rows are not those that were written)"), "{told}");
    }
    assert!(!out("c").exists());
}

/// How often a store was read in full, by what `-v` says.
fn readings(log: &str) -> usize {
    log.matches("is as it was imported").count()
}

#[test]
fn a_store_is_verified_once_and_once_for_a_comparison_where_nothing_can_be_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    // What changed just now could change again unseen.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let cache = folder.path().join("cache");
    let said = |command: &mut Command, cache: &Path| {
        let outcome = Outcome::of(command.arg("-v").env("XDG_CACHE_HOME", cache));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.stderr
    };
    let of = |name: &str| train(&store, &folder.path().join(name), "--epochs 1");
    assert_eq!(readings(&said(&mut of("a"), &cache)), 1);
    let again = said(&mut of("b"), &cache);
    assert!(readings(&again) == 0 && again.contains("was verified before"), "{again}");
    // Its times change, so nobody knows what it holds.
    File::open(&store).unwrap().set_modified(old).unwrap();
    assert_eq!(readings(&said(&mut of("c"), &cache)), 1);
    // A file where the cache should be cannot be written into.
    let none = folder.path().join("none");
    File::create(&none).unwrap().write_all(b"").unwrap();
    assert_eq!(readings(&said(&mut of("d"), &none)), 1);
    let out = folder.path().join("compared");
    let log = said(&mut compare(&store, &out), &none);
    let of_runs: usize = ["seed-1", "seed-2"]
        .iter()
        .map(|seed| {
            fs::read_to_string(out.join("runs/random-search-batch=16-trials=2").join(seed).join("run.log")).unwrap()
        })
        .map(|log| readings(&log))
        .sum();
    assert_eq!((readings(&log), of_runs), (1, 0));
}

/// What is done to a store while a training reads it, the training's error then, and whether it goes on to the bytes of an
/// undisturbed one once the store is put back.
fn under_way(change: impl Fn(&Path)) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("run"));
    let (undisturbed, whole) = (folder.path().join("undisturbed"), fs::read(&store).unwrap());
    // Written before the store goes: the helper looks for its folder.
    architecture(folder.path(), 60, 2);
    let of = |out: &Path| train(&store, out, "--epochs 60 --patience 0");
    Outcome::text(&mut of(&undisturbed));
    let child = of(&out).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("an epoch was done", || journal(&out).len() >= 2);
    change(&store);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let error = said.lines().rfind(|line| line.starts_with("error: ")).map(str::to_owned);
    assert_eq!(output.status.code(), Some(if error.is_some() { 2 } else { 0 }), "{:?}: {said}", output.status);
    if error.is_some() {
        assert!(!out.join("result.json").exists());
        fs::remove_file(&store).unwrap();
        File::create(&store).unwrap().write_all(&whole).unwrap();
        Outcome::text(&mut run(&out));
    }
    assert!(bytes(&out, "weights.safetensors") == bytes(&undisturbed, "weights.safetensors"));
    assert_eq!(timeless_journal(&out), timeless_journal(&undisturbed));
    assert_eq!(timeless(result(&out)), timeless(result(&undisturbed)));
    error
}

#[test]
fn a_store_that_is_cut_off_under_way_ends_the_run_in_words_and_it_goes_on_once_the_store_is_back() {
    for length in [0, 5000] {
        let told = under_way(|store| OpenOptions::new().write(true).open(store).unwrap().set_len(length).unwrap());
        let told = told.unwrap();
        let cut =
            told.contains("was cut off while it was in use") || told.contains("it was changed while it was in use");
        assert!(told.contains("store.arrow") && cut, "{told}");
    }
}

#[test]
fn a_store_that_is_overwritten_under_way_ends_the_run_in_words() {
    let told = under_way(change_bases).unwrap();
    assert!(told.contains("store.arrow: it was changed while it was in use"), "{told}");
}

#[test]
fn a_store_that_is_replaced_or_removed_under_way_changes_nothing() {
    let replaced = under_way(|store| {
        let other = store.with_extension("other");
        fs::copy(store, &other).unwrap();
        change_bases(&other);
        fs::rename(&other, store).unwrap();
    });
    assert_eq!(replaced, None);
    assert_eq!(under_way(|store| fs::remove_file(store).unwrap()), None);
}

#[test]
fn what_data_info_verifies_is_what_a_run_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    let mut info = genomenas();
    info.args(["data", "info", "--verify"]).arg(&store);
    Outcome::text(&mut info);
    change_bases(&store);
    assert!(Outcome::refusal(&mut info, 2).contains("its rows are not those that were written"));
}
