//! Comparisons that are extended after they began, entries that are hidden and shown again, and locks that a stranger can
//! keep to.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::comparisons::{
    ENTRIES, compare, content, copy, done_comparison, go_on, report, run_folder, run_folders, same_results, unfinish,
};
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{bytes, result, timeless};
use genomenas_tests::{Outcome, listing};
use serde_json::Value;

const ADDED: &str = "random-search batch=16 trials=3";

fn add(out: &Path, strategy: &str) -> Command {
    let mut command = go_on(out, "--add");
    command.arg(strategy);
    command
}

fn drop(out: &Path, entry: &str) -> Command {
    let mut command = go_on(out, "--drop");
    command.arg(entry);
    command
}

/// The folders of the runs of [`ADDED`].
fn added(out: &Path) -> [PathBuf; 2] {
    [1, 2].map(|seed| out.join(format!("runs/random-search-batch=16-trials=3/seed-{seed}")))
}

fn comparison(out: &Path) -> Value {
    serde_json::from_slice(&bytes(out, "comparison.json")).unwrap()
}

fn text(folder: &Path, name: &str) -> String {
    String::from_utf8(bytes(folder, name)).unwrap()
}

/// The names on the leaderboard, and what the terminal and the page show of them.
fn shown(out: &Path) -> Vec<String> {
    let entries = comparison(out)["entries"].as_array().unwrap().clone();
    entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_entry_that_is_added_has_the_terms_of_the_others_and_nothing_that_was_done_is_repeated() {
    let home = tempfile::tempdir().unwrap();
    let (store, out) = done_comparison(home.path());
    let before: Vec<_> = run_folders(&out).iter().map(|run| content(run)).collect();
    let said = Outcome::text(&mut add(&out, ADDED));
    assert!(said.contains("(added later)"), "{said}");
    assert!(run_folders(&out).iter().map(|run| content(run)).eq(before.iter().cloned()), "a finished run changed");

    // As if it had been there from the beginning.
    let together = home.path().join("together");
    let mut all = compare(&store, &together, "");
    Outcome::text(all.args(["--strategy", ADDED]));
    for (one, other) in added(&out).iter().zip(added(&together)) {
        assert_eq!(text(one, "run.toml"), text(&other, "run.toml"));
        assert_eq!(timeless(result(one)), timeless(result(&other)));
        assert!(bytes(one, "weights.safetensors") == bytes(&other, "weights.safetensors"));
    }
    let entry = &comparison(&out)["entries"][2];
    let day = entry["added"].as_str().unwrap();
    assert!(entry["name"] == ADDED && day.len() == 10, "{entry}");
    let page = text(&out, "report.html");
    assert!(page.contains(&format!("added {day}")) && page.contains("on the same terms"), "the page says so");
    assert_eq!(comparison(&together)["entries"][2].get("added"), None);

    // However it goes on.
    let now: Vec<_> = run_folders(&out).iter().chain(&added(&out)).map(|run| content(run)).collect();
    for again in
        [&mut go_on(&out, ""), &mut compare(&store, &out, ""), compare(&store, &out, "").args(["--strategy", ADDED])]
    {
        Outcome::text(again);
        assert_eq!(shown(&out).len(), 3);
    }
    assert!(run_folders(&out).iter().chain(&added(&out)).map(|run| content(run)).eq(now), "a finished run changed");
    let told = Outcome::refusal(&mut add(&out, ADDED), 2);
    assert!(told.contains("is in the comparison in") && told.contains("already"), "{told}");
}

#[test]
fn a_comparison_that_was_interrupted_is_extended_and_ended_at_once() {
    let home = tempfile::tempdir().unwrap();
    let (_, done) = done_comparison(home.path());
    let out = home.path().join("open");
    copy(&done, &out);
    unfinish(&run_folder(&out, 1, 2));
    Outcome::text(&mut add(&out, ADDED));
    same_results(&out, &done);
    assert!(added(&out).iter().all(|run| result(run)["state"] == "done"));
}

#[test]
fn a_hidden_entry_is_shown_nowhere_loses_nothing_and_comes_back_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let (_, out) = done_comparison(home.path());
    let (hidden, kept) = ("random-search batch=16 trials=2", "random-search batch=16 trials=1");
    let (runs, board) = (content(&out.join("runs")), bytes(&out, "leaderboard.csv"));
    let said = Outcome::text(&mut drop(&out, hidden));
    assert!(!said.contains(hidden) && said.contains("1 entry of this comparison is hidden"), "{said}");
    assert_eq!(shown(&out), [kept]);
    assert_eq!(comparison(&out)["hidden"], 1);
    let page = text(&out, "report.html");
    // The command that began the comparison is shown as it was.
    assert!(!page.rsplit_once("How to repeat").unwrap().0.contains(hidden), "{page}");
    assert!(!text(&out, "leaderboard.csv").contains(hidden));
    assert!(!Outcome::text(&mut report(&out)).contains(hidden), "it stays hidden");
    assert!(content(&out.join("runs")) == runs, "nothing is removed");

    let told = Outcome::refusal(&mut drop(&out, hidden), 2);
    assert!(told.contains("is hidden already"), "{told}");
    let told = Outcome::refusal(&mut drop(&out, "nobody"), 2);
    assert!(told.contains("has no entry 'nobody': its entries are") && told.contains(kept), "{told}");
    let told = Outcome::refusal(&mut drop(&out, kept), 2);
    assert!(told.contains("no entry of the comparison in") && told.contains("would be left"), "{told}");

    Outcome::text(&mut add(&out, hidden));
    assert!(bytes(&out, "leaderboard.csv") == board && content(&out.join("runs")) == runs);
    assert_eq!(comparison(&out).get("hidden"), None);

    // By its folder, and nothing of what is open is done while it is hidden.
    unfinish(&run_folder(&out, 1, 1));
    Outcome::text(&mut drop(&out, ENTRIES[1]));
    assert!(!run_folder(&out, 1, 1).join("result.json").exists());
    Outcome::text(&mut add(&out, hidden));
    assert_eq!(result(&run_folder(&out, 1, 1))["state"], "done");
}

#[test]
fn what_cannot_be_extended_is_refused_and_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let (store, out) = done_comparison(home.path());
    let none = home.path().join("none");
    let told = Outcome::refusal(&mut add(&none, ADDED), 2);
    assert!(told.contains("there is no comparison to change") && !none.exists(), "{told}");
    let before = content(&out);
    let told = Outcome::refusal(&mut add(&out, "no-such-strategy"), 2);
    assert!(told.contains("there is no strategy `no-such-strategy`"), "{told}");
    let told = Outcome::refusal(&mut add(&out, "random-search batch=100000"), 2);
    assert!(told.contains("batch"), "what cannot be trained on the data is not added: {told}");
    let told = Outcome::refusal(&mut compare(&store, &out, "--budget 65samples --add kmer-lr"), 2);
    assert!(told.contains("--strategy"), "{told}");
    let mut other = add(&out, ADDED);
    let told = Outcome::refusal(other.args(["--budget", "65samples"]), 2);
    assert!(told.contains("budget.amount is 64 there and 65 here"), "{told}");
    assert!(content(&out) == before);

    // A comparison of another version.
    let plan = text(&out, "comparison.toml");
    let version = plan.lines().find(|line| line.starts_with("genomenas = ")).unwrap().to_owned();
    let lines = plan.lines().filter(|line| !line.starts_with('#'));
    let older: String = lines.map(|line| line.replace(&version, "genomenas = \"0.0.1\"") + "\n").collect();
    for run in run_folders(&out) {
        fs::remove_dir_all(run).unwrap();
    }
    write(&out, "comparison.toml", older);
    let told = Outcome::refusal(&mut add(&out, ADDED), 2);
    assert!(told.contains("was begun by genomenas 0.0.1, and this is"), "{told}");
}

#[test]
fn a_lock_beside_the_file_says_what_to_fetch_and_refuses_what_differs() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let store = genomenas_tests::runs::motif_store(home);
    let file = write(home, "mine.toml", "title = 'Mine'\n");
    let (lock, out) = (home.join("mine.lock"), home.join("out"));
    let of = |out: &str, options: &str| {
        let mut command = compare(&store, &home.join(out), options);
        command.arg(&file);
        command
    };
    let told = Outcome::refusal(&mut of("out", "--locked"), 2);
    assert!(told.contains("mine.lock") && told.contains("--lock") && !out.exists(), "{told}");
    write(home, "mine.lock", "mine");
    let told = Outcome::refusal(&mut of("out", "--lock"), 2);
    assert!(told.contains("mine.lock: it exists and is no lock") && !out.exists(), "{told}");
    fs::remove_file(&lock).unwrap();

    Outcome::text(&mut of("out", "--lock"));
    let locked = fs::read_to_string(&lock).unwrap();
    assert_eq!(locked, text(&out, "comparison.lock"));
    assert!(!listing(&out).contains(&"plugins.lock".to_owned()));
    let document: toml::Table = locked.parse().unwrap();
    for key in ["genomenas", "target", "libtorch"] {
        assert!(document[key].as_str().is_some_and(|value| !value.is_empty()), "{key}: {locked}");
    }
    assert_eq!(document["data"][0]["sources"][0]["name"].as_str(), Some("table.tsv"));
    let entry = &document["entry"][0];
    assert_eq!(entry["parameters"]["trials"].as_integer(), Some(1));
    assert!(entry["parameters"].as_table().unwrap().len() > 2, "with all defaults: {locked}");

    // The same again, in another folder and in the same one.
    Outcome::text(&mut of("again", "--locked"));
    same_results(&home.join("again"), &out);
    Outcome::text(&mut go_on(&out, "--locked"));
    for (options, part) in [
        ("--budget 65samples", "budget is \"64 samples\" there and \"65 samples\" here"),
        ("--epochs 2", "final.epochs is 1 there and 2 here"),
        ("--strategy kmer-lr", "entry 'random-search batch=16 trials=1' is not here"),
    ] {
        let mut command = of("other", options);
        let told = Outcome::refusal(command.arg("--locked"), 2);
        assert!(told.contains("is not the comparison that") && told.contains(part), "{part}: {told}");
        assert!(!home.join("other").exists());
    }
    for (from, to, part) in [
        ("libtorch = \"", "libtorch = \"0.", "libtorch is 0."),
        ("digest = \"", "digest = \"0", "imported by `data import table` from table.tsv"),
        ("sha256 = \"", "sha256 = \"0", "has SHA-256 0"),
    ] {
        write(home, "mine.lock", locked.replace(from, to));
        let told = Outcome::refusal(&mut of("other", "--locked"), 2);
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_comparison_of_an_earlier_version_gets_its_lock_under_its_name_of_now() {
    let home = tempfile::tempdir().unwrap();
    let (_, out) = done_comparison(home.path());
    let lock: toml::Table = text(&out, "comparison.lock").parse().unwrap();
    let mut former = toml::Table::new();
    former.insert("version".to_owned(), 1.into());
    let mut plugin = lock["plugin"][0].as_table().unwrap().clone();
    plugin.remove("rustc");
    former.insert("plugin".to_owned(), vec![plugin].into());
    fs::remove_file(out.join("comparison.lock")).unwrap();
    write(&out, "plugins.lock", toml::to_string(&former).unwrap());
    Outcome::text(&mut go_on(&out, "--locked"));
    let names = listing(&out);
    assert!(names.contains(&"comparison.lock".to_owned()) && !names.contains(&"plugins.lock".to_owned()), "{names:?}");
    assert!(!text(&out, "comparison.lock").contains("libtorch = "), "nobody knows what it began with");
}

#[test]
fn the_ceiling_is_the_best_that_anyone_found_trained_again_and_is_not_ranked() {
    let home = tempfile::tempdir().unwrap();
    let (store, out) = done_comparison(home.path());
    let before: Vec<_> = run_folders(&out).iter().map(|run| content(run)).collect();
    let said = Outcome::text(&mut go_on(&out, "--ceiling"));
    assert!(run_folders(&out).iter().map(|run| content(run)).eq(before), "a finished run changed");
    assert!(said.contains("ceiling: the best architecture that anyone found (random-search"), "{said}");
    let ceiling = &comparison(&out)["ceiling"];
    assert_eq!(shown(&out).len(), 2, "it is no entry");
    let runs = ceiling["entry"]["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    let found_by = ceiling["found_by"][0].as_str().unwrap();
    for (run, seed) in runs.iter().zip([1, 2]) {
        assert_eq!((&run["state"]["state"], run["seed"].as_u64()), (&"done".into(), Some(seed)), "{run}");
        let folder = out.join(run["folder"].as_str().unwrap());
        let settings = text(&folder, "run.toml");
        assert!(!settings.contains("[search]") && settings.contains("architecture_sha256"), "{settings}");
    }
    // The best on the validation split.
    let all = comparison(&out)["entries"].as_array().unwrap().clone();
    let scores = all.iter().flat_map(|entry| {
        entry["runs"].as_array().unwrap().clone().into_iter().map(move |run| {
            let name = format!("{}, seed {}", entry["name"].as_str().unwrap(), run["seed"]);
            (run["valid"]["auroc"]["mean"].as_f64().unwrap(), name, run["architecture"]["hash"].clone())
        })
    });
    let best = scores.reduce(|best, other| if other.0 > best.0 { other } else { best }).unwrap();
    assert_eq!(found_by, best.1);
    assert!(runs.iter().all(|run| run["architecture"]["hash"] == best.2));
    let csv = text(&out, "leaderboard.csv");
    assert!(csv.lines().last().unwrap().starts_with(",ceiling,ceiling,"), "{csv}");
    assert!(text(&out, "report.html").contains("not ranked"));

    // It is asked for once, reported from the folders, and the same from the beginning.
    let written = bytes(&out, "comparison.json");
    Outcome::text(&mut go_on(&out, ""));
    Outcome::text(&mut report(&out));
    assert!(bytes(&out, "comparison.json") == written);
    let together = home.path().join("together");
    Outcome::text(&mut compare(&store, &together, "--ceiling"));
    for run in runs {
        let of = |out: &Path| timeless(result(&out.join(run["folder"].as_str().unwrap())));
        assert_eq!(of(&out), of(&together));
    }
    let told = Outcome::refusal(&mut compare(&store, &home.path().join("own"), "--ceiling --recipe own"), 2);
    assert!(told.contains("a ceiling is trained by the common recipe"), "{told}");
}
