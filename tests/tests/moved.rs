//! Folders and data that were moved: data are known by their digest, and a new path can be given wherever one is noted.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::comparisons::{copy, done_comparison, go_on, report, run_folder, same_results, unfinish};
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{bytes, motif_store, motif_table, quietly, result, run, search, space, store_of, train};
use genomenas_tests::{Outcome, built_plugin};

/// Another store of the same shape.
fn other_store(home: &Path) -> PathBuf {
    let folder = home.join("other");
    fs::create_dir(&folder).unwrap();
    store_of(&folder, &motif_table(60, 9), "motif,noise")
}

/// The digest of a store, as a run's settings note it.
fn digest(run: &Path) -> String {
    let text = String::from_utf8(bytes(run, "run.toml")).unwrap();
    text.lines().find_map(|line| line.strip_prefix("digest = ")).unwrap().trim_matches('"').to_owned()
}

#[test]
fn a_comparison_goes_on_after_it_its_data_or_both_were_moved() {
    let home = tempfile::tempdir().unwrap();
    let (store, done) = done_comparison(home.path());
    let at = |name: &str| home.path().join(name);
    let open = |out: &Path| {
        copy(&done, out);
        unfinish(&run_folder(out, 0, 1));
    };
    // Both together: they are found without a word.
    open(&at("out"));
    fs::create_dir(at("elsewhere")).unwrap();
    copy(&store, &at("elsewhere/store.arrow"));
    fs::rename(at("out"), at("elsewhere/out")).unwrap();
    fs::rename(&store, at("kept.arrow")).unwrap();
    Outcome::text(&mut go_on(&at("elsewhere/out"), ""));
    same_results(&at("elsewhere/out"), &done);
    // The data alone: their new place is asked for, and noted for every later command.
    let out = at("renamed");
    open(&out);
    let told = Outcome::refusal(&mut go_on(&out, ""), 2);
    assert!(told.contains("store.arrow") && told.contains("--data"), "{told}");
    let link = at("link.arrow");
    std::os::unix::fs::symlink(at("kept.arrow"), &link).unwrap();
    Outcome::text(go_on(&out, "--data").arg(&link));
    same_results(&out, &done);
    unfinish(&run_folder(&out, 1, 1));
    Outcome::text(&mut go_on(&out, ""));
    same_results(&out, &done);
    unfinish(&run_folder(&out, 1, 2));
    Outcome::text(&mut run(&run_folder(&out, 1, 2)));
    same_results(&out, &done);
    Outcome::text(quietly("evaluate", "").arg("--run").arg(run_folder(&out, 1, 2)));
    // By a link to the folder.
    let folder = at("folder");
    std::os::unix::fs::symlink(&out, &folder).unwrap();
    Outcome::text(&mut go_on(&folder, ""));
    Outcome::text(&mut report(&folder));
}

#[test]
fn data_of_another_content_are_refused_with_both_digests_wherever_they_are_named() {
    let home = tempfile::tempdir().unwrap();
    let (store, done) = done_comparison(home.path());
    let other = other_store(home.path());
    let one = run_folder(&done, 0, 1);
    let run_of_other = home.path().join("of-other");
    Outcome::text(&mut train(&other, &run_of_other, "--epochs 1"));
    let digests = [digest(&one), digest(&run_of_other)];
    unfinish(&one);
    let settings = bytes(&done, "comparison.toml");
    let refused = |command: &mut Command| {
        let told = Outcome::refusal(command, 2);
        assert!(digests.iter().all(|digest| told.contains(digest)), "{told}");
    };
    refused(go_on(&done, "--data").arg(&other));
    refused(run(&one).arg("--data").arg(&other));
    // The same where another store lies at the noted path.
    fs::rename(&store, home.path().join("kept.arrow")).unwrap();
    fs::copy(&other, &store).unwrap();
    refused(&mut go_on(&done, ""));
    refused(&mut run(&one));
    refused(quietly("evaluate", "").arg("--run").arg(run_folder(&done, 1, 1)));
    assert!(bytes(&done, "comparison.toml") == settings);
    // Other data can be scored where that is asked for.
    Outcome::text(quietly("evaluate", "").arg("--run").arg(run_folder(&done, 1, 1)).arg("--data").arg(&other));
    Outcome::text(run(&one).arg("--data").arg(home.path().join("kept.arrow")));
    fs::remove_file(&store).unwrap();
    unfinish(&one);
    Outcome::text(&mut run(&one));
}

#[test]
fn a_search_and_a_training_go_on_with_data_space_and_plugin_at_other_places() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let at = |name: &str| home.path().join(name);
    let (found, trained) = (at("found"), at("trained"));
    let plugin = at("librandom_search.so");
    fs::copy(built_plugin("random-search"), &plugin).unwrap();
    let mut first = search(&store, &found, "");
    Outcome::text(first.arg("--plugins").arg(&plugin));
    let before = result(&found);
    // All three lie elsewhere, and the run is made to go on.
    fs::create_dir(at("new")).unwrap();
    for name in ["store.arrow", "librandom_search.so"] {
        fs::rename(at(name), at("new").join(name)).unwrap();
    }
    fs::copy(space(home.path()), at("new/motifs.toml")).unwrap();
    fs::remove_file(found.join("result.json")).unwrap();
    let training = || {
        let mut train = quietly("train", "--epochs 1 --batch 16");
        train.arg("--run").arg(&found).arg("--out").arg(&trained);
        train
    };
    let told = Outcome::refusal(&mut training(), 2);
    assert!(told.contains("--data"), "{told}");
    assert!(!trained.exists());
    let mut again = search(&at("new/store.arrow"), &found, "");
    Outcome::text(again.arg("--plugins").arg(at("new/librandom_search.so")));
    assert_eq!(result(&found)["architecture_hash"], before["architecture_hash"]);
    // The new place is noted.
    Outcome::text(&mut training());
    fs::rename(at("new/store.arrow"), at("kept.arrow")).unwrap();
    Outcome::text(training().arg("--data").arg(at("kept.arrow")));
    let told = Outcome::refusal(&mut search(&other_store(home.path()), &found, ""), 2);
    assert!(told.contains("holds another run: data.digest is"), "{told}");
}

#[test]
fn a_plan_that_changed_is_blamed_by_its_own_name_by_every_verb() {
    let home = tempfile::tempdir().unwrap();
    let (_, done) = done_comparison(home.path());
    let text = String::from_utf8(bytes(&done, "comparison.toml")).unwrap();
    let at = text.find("plugin_sha256 = ").unwrap() + 20;
    let mut flipped = text.clone().into_bytes();
    flipped[at] ^= 1;
    let flipped = String::from_utf8(flipped).unwrap();
    // As an earlier version wrote it.
    let bare = |text: &str| text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let budget = text.replace("amount = 64", "amount = 65");
    assert_ne!(budget, text);
    let damages = [
        flipped.clone(),
        bare(&flipped),
        budget.clone(),
        bare(&budget),
        text[..text.len() / 2].to_owned(),
        bare(&text.replace("seeds = [1, 2]", "seeds = [1, 3]")),
        String::new(),
    ];
    for damaged in damages {
        write(&done, "comparison.toml", &damaged);
        for command in [&mut go_on(&done, ""), &mut go_on(&done, "--retry-failed"), &mut report(&done)] {
            let told = Outcome::refusal(command, 2);
            assert!(told.contains("comparison.toml") && !told.contains("Give the same settings"), "{told}");
        }
    }
    write(&done, "comparison.toml", bare(&text));
    let before = bytes(&run_folder(&done, 0, 1), "result.json");
    Outcome::text(&mut report(&done));
    Outcome::text(&mut go_on(&done, ""));
    assert!(bytes(&run_folder(&done, 0, 1), "result.json") == before);
    assert!(bytes(&done, "comparison.toml") == text.as_bytes(), "it has its SHA-256 again");
    // The space beside it.
    let space = String::from_utf8(bytes(&done, "space.toml")).unwrap();
    write(&done, "space.toml", space.replace("out_channels = 16", "out_channels = 17"));
    let told = Outcome::refusal(&mut go_on(&done, ""), 2);
    assert!(told.contains("space.toml: it was changed since the comparison began"), "{told}");
    fs::remove_file(done.join("space.toml")).unwrap();
    Outcome::text(&mut go_on(&done, ""));
    assert!(bytes(&done, "space.toml") == space.as_bytes());
}
