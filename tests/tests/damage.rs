//! Every file of a run, damaged in every way between a kill and what reads it again: the run goes on to the same bytes, or
//! the file is refused by its name. There is never another result.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::{draws, write};
use genomenas_tests::runs::{
    bytes, journal, killed, motif_store, of_type, quietly, result, run, search, space, timeless, timeless_journal,
    train,
};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;
use tempfile::TempDir;

/// Bits that are flipped in each file, one at a time, at places drawn anew.
const FLIPS: u64 = 4;

/// A file, what was done to it, and what it holds then; `None` where it was removed.
struct Damage {
    file: String,
    what: String,
    content: Option<Vec<u8>>,
}

/// What may happen to the files of a folder.
fn damages(folder: &Path) -> Vec<Damage> {
    let mut all = Vec::new();
    for (number, file) in listing(folder).into_iter().filter(|name| folder.join(name).is_file()).enumerate() {
        let whole = bytes(folder, &file);
        let mut damage =
            |what: String, content: Option<Vec<u8>>| all.push(Damage { file: file.clone(), what, content });
        damage("removed".into(), None);
        damage("emptied".into(), Some(Vec::new()));
        damage("half".into(), Some(whole[..whole.len() / 2].to_vec()));
        damage("without its last byte".into(), Some(whole[..whole.len().saturating_sub(1)].to_vec()));
        // Whole lines are missing at the end.
        if let Some(end) = whole[..whole.len() / 2].iter().rposition(|&byte| byte == b'\n') {
            damage("cut off at a line".into(), Some(whole[..=end].to_vec()));
        }
        if whole.is_empty() {
            continue;
        }
        let mut draw = draws(number as u64 + 1);
        for _ in 0..FLIPS {
            let (at, bit) = (draw(whole.len() as u64), draw(8));
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            damage(format!("bit {bit} of byte {at} flipped"), Some(flipped));
        }
        // A digit that becomes another one leaves a document that can be read.
        let digits: Vec<usize> = (0..whole.len()).filter(|&at| whole[at].is_ascii_digit()).collect();
        if !digits.is_empty() {
            let at = digits[draw(digits.len() as u64)];
            let mut changed = whole.clone();
            changed[at] = if changed[at] == b'9' { b'1' } else { changed[at] + 1 };
            damage(format!("digit at byte {at} changed"), Some(changed));
        }
    }
    all
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}

impl Damage {
    /// A copy of a folder with this damage.
    fn done_to(&self, folder: &Path, copies: &TempDir) -> PathBuf {
        let path = copies.path().join(folder.file_name().unwrap());
        let _ = fs::remove_dir_all(&path);
        copy(folder, &path);
        match &self.content {
            Some(content) => _ = write(&path, &self.file, content),
            None => fs::remove_file(path.join(&self.file)).unwrap(),
        }
        path
    }

    fn name(&self) -> &str {
        Path::new(&self.file).file_name().unwrap().to_str().unwrap()
    }

    fn told(&self, outcome: &Outcome) -> String {
        format!("{} {}: {outcome:?}", self.file, self.what)
    }
}

/// What a finished run came to.
fn came_to(folder: &Path) -> (Vec<Vec<u8>>, Vec<Value>, Value) {
    let files = ["architecture.json", "weights.safetensors"].map(|name| folder.join(name));
    let files = files.iter().filter(|path| path.exists()).map(|path| fs::read(path).unwrap()).collect();
    (files, timeless_journal(folder), timeless(result(folder)))
}

/// Damages every file of a killed run in turn and lets it go on. Returns how often it ended and how often it was refused.
fn goes_on_or_names_the_file(folder: &Path, undisturbed: &Path) -> (usize, usize) {
    let copies = tempfile::tempdir().unwrap();
    let expected = came_to(undisturbed);
    let (mut ended, mut refused) = (0, 0);
    for damage in damages(folder) {
        let path = damage.done_to(folder, &copies);
        let outcome = Outcome::of(&mut run(&path));
        if outcome.code == Some(0) {
            assert!(came_to(&path) == expected, "another result: {}", damage.told(&outcome));
            ended += 1;
        } else {
            assert_eq!(outcome.code, Some(2), "{}", damage.told(&outcome));
            let error = outcome.stderr.lines().last().unwrap();
            assert!(error.starts_with("error: ") && error.contains(damage.name()), "{}", damage.told(&outcome));
            assert!(!path.join("result.json").exists());
            refused += 1;
        }
    }
    (ended, refused)
}

/// A comparison with one run: a search of three trials in turns, then the final training.
fn comparison(store: &Path, out: &Path) -> Command {
    let options =
        "--no-control --seeds 1 --budget 2400samples --epochs 12 --batch 16 --learning-rate 0.01 --concurrent-trials 3";
    let mut command = quietly("compare", options);
    command.args(["--strategy", "random-search batch=16 trials=3"]);
    command.arg("--space").arg(space(store.parent().unwrap())).arg("--data").arg(store).arg("--out").arg(out);
    command
}

const RUN: &str = "runs/random-search-batch=16-trials=3/seed-1";

#[test]
fn every_damage_to_a_search_that_was_killed_in_a_trial_is_found_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    let (undisturbed, half) = (folder.path().join("undisturbed"), folder.path().join("half"));
    // A trial that takes turns saves itself after every epoch.
    let of = |out: &Path| search(&store, out, "--budget 12000samples --set trials=4 --in-flight 3");
    Outcome::text(&mut of(&undisturbed));
    let in_the_middle = || {
        let records = journal(&half);
        let ended = of_type(&records, "end", None).len();
        ended == 2 && records.last().is_some_and(|last| last["type"] == "epoch")
    };
    assert!(killed(&mut of(&half), in_the_middle), "the search ended too early to be killed in a trial");
    assert!(half.join("checkpoints/strategy.state").exists());
    assert!(listing(&half).iter().any(|name| name.contains("trial-")), "{:?}", listing(&half));
    let (ended, refused) = goes_on_or_names_the_file(&half, &undisturbed);
    assert!(ended > 5 && refused > 20, "{ended} ended, {refused} were refused");
}

#[test]
fn every_damage_to_a_final_training_that_was_killed_is_found_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    let (undisturbed, half) = (folder.path().join("undisturbed"), folder.path().join("half"));
    Outcome::text(&mut comparison(&store, &undisturbed));
    let in_the_end = || of_type(&journal(&half.join(RUN)), "epoch", Some("final")).len() >= 3;
    assert!(killed(&mut comparison(&store, &half), in_the_end));
    let killed = half.join(RUN);
    // The run ends a moment after its comparison.
    genomenas_tests::runs::wait_until("the run had ended", || {
        let lock = fs::File::open(killed.join("run.lock")).unwrap();
        lock.try_lock().is_ok()
    });
    assert!(!killed.join("result.json").exists() && killed.join("checkpoints/final.safetensors").exists());
    let (ended, refused) = goes_on_or_names_the_file(&killed, &undisturbed.join(RUN));
    assert!(ended > 5 && refused > 20, "{ended} ended, {refused} were refused");
}

#[test]
fn every_damage_to_a_training_that_was_killed_is_found_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    let (undisturbed, half) = (folder.path().join("undisturbed"), folder.path().join("half"));
    Outcome::text(&mut train(&store, &undisturbed, "--epochs 12"));
    assert!(killed(&mut train(&store, &half, "--epochs 12"), || journal(&half).len() >= 3));
    let (ended, refused) = goes_on_or_names_the_file(&half, &undisturbed);
    assert!(ended > 3 && refused > 15, "{ended} ended, {refused} were refused");
}

/// What reads the folder of a finished comparison.
type Verb<'a> = &'a dyn Fn(&Path) -> Command;

#[test]
fn every_damage_to_a_finished_run_is_named_or_changes_nothing_of_what_is_read_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    let (done, copies) = (folder.path().join("done"), tempfile::tempdir().unwrap());
    Outcome::text(&mut comparison(&store, &done));
    let evaluate = |out: &Path| {
        let mut command = quietly("evaluate", "--split test --json");
        command.arg("--run").arg(out.join(RUN));
        command
    };
    let report = |out: &Path| {
        let mut command = genomenas();
        command.arg("report").arg(out.join(RUN)).arg("--json");
        command
    };
    let compare = |out: &Path| {
        let mut command = genomenas();
        command.args(["compare", "--json", "--out"]).arg(out);
        command
    };
    // What a path says is another one in a copy.
    let read = |outcome: &Outcome, out: &Path| -> Value {
        let text = outcome.stdout.replace(out.to_str().unwrap(), "OUT");
        timeless(serde_json::from_str(&text).unwrap())
    };
    let copied = copies.path().join("done");
    copy(&done, &copied);
    let verbs: [(&str, Verb<'_>); 3] = [("evaluate", &evaluate), ("report", &report), ("compare", &compare)];
    let expected: Vec<Value> = verbs.iter().map(|(_, verb)| read(&Outcome::of(&mut verb(&copied)), &copied)).collect();
    let (mut same, mut named, mut unnamed) = (0, 0, Vec::new());
    for damage in damages(&done).into_iter().filter(|damage| damage.file.starts_with("runs/")) {
        for ((verb, command), expected) in verbs.iter().zip(&expected) {
            // A folder without settings is not a run: what becomes of it is told in the tests of comparisons.
            if *verb == "compare" && damage.name() == "run.toml" {
                continue;
            }
            let out = damage.done_to(&done, &copies);
            let outcome = Outcome::of(&mut command(&out));
            let equal = outcome.code == Some(0) && read(&outcome, &out) == *expected;
            // A run without a result is not over, and that is how it is shown.
            let is_shown_as_open = || {
                let files = ["result.json", "crash.txt"].map(|name| out.join(RUN).join(name).exists());
                files == [false, false] && read(&outcome, &out)["run"]["state"]["state"] == "running"
            };
            let told = outcome.stderr.contains(damage.name())
                || outcome.stdout.contains(damage.name())
                || *verb == "report" && outcome.code == Some(0) && is_shown_as_open();
            if !equal && !told {
                let said: String = damage.told(&outcome).chars().take(300).collect();
                unnamed.push(format!("{verb}: {said}"));
            }
            same += usize::from(equal);
            named += usize::from(!equal);
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
    assert!(same > 50 && named > 20, "{same} were the same, {named} were named");
}

/// A killed search with an edit to one of its files: what is said of it.
fn told_of_an_edit(file: &str, edit: impl Fn(&str) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("run"));
    assert!(killed(&mut search(&store, &out, "--budget 100000samples"), || journal(&out).len() >= 3));
    let before = String::from_utf8(bytes(&out, file)).unwrap();
    let after = edit(&before);
    assert_ne!(before, after);
    write(&out, file, after);
    let told = Outcome::refusal(&mut run(&out), 2);
    // The verb that made the run blames the same file.
    let again = Outcome::refusal(&mut search(&store, &out, "--budget 100000samples"), 2);
    assert!(again.contains(file), "{again}");
    told
}

#[test]
fn a_result_that_ends_the_journal_otherwise_is_named_beside_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("run"));
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let chain = result(&out)["chain"].as_str().unwrap().to_owned();
    let other = chain.replacen(&chain[..1], if chain.starts_with('0') { "8" } else { "0" }, 1);
    let text = String::from_utf8(bytes(&out, "result.json")).unwrap();
    write(&out, "result.json", text.replacen(&chain, &other, 1));
    let outcome = Outcome::of(genomenas().arg("report").arg(&out));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for file in ["journal.jsonl", "result.json"] {
        assert!(outcome.stderr.contains(file), "{outcome:?}");
    }
}

#[test]
fn a_space_that_was_edited_since_the_run_began_is_blamed_itself() {
    let told = told_of_an_edit("space.toml", |text| text.replacen("out_channels = 16", "out_channels = 17", 1));
    assert!(told.contains("space.toml: it was changed since the run began: expected the SHA-256"), "{told}");
}

#[test]
fn settings_that_were_edited_since_the_run_began_are_blamed_themselves() {
    for (before, after) in [("seed = 1", "seed = 2"), ("amount = 100000", "amount = 100001")] {
        let told = told_of_an_edit("run.toml", |text| text.replacen(before, after, 1));
        assert!(told.contains("run.toml: it was changed since the run was made"), "{told}");
    }
}

#[test]
fn settings_that_were_edited_and_lost_their_digest_do_not_go_on_with_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("run"));
    assert!(killed(&mut search(&store, &out, "--budget 100000samples"), || journal(&out).len() >= 3));
    let text = String::from_utf8(bytes(&out, "run.toml")).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    write(&out, "run.toml", rest.replacen("seed = 1", "seed = 2", 1));
    let told = Outcome::refusal(&mut run(&out), 2);
    assert!(told.contains("journal.jsonl: line 1 is not what was written"), "{told}");
    // Without its digest alone it is a run of an earlier version, and goes on.
    write(&out, "run.toml", rest);
    assert!(killed(&mut run(&out), || journal(&out).len() >= 6));
}

#[test]
fn a_journal_that_lost_its_end_is_blamed_and_not_the_state_that_was_saved_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("run"));
    let undisturbed = folder.path().join("undisturbed");
    Outcome::text(&mut search(&store, &undisturbed, "--set trials=8 --budget 6000samples"));
    let mut command = search(&store, &out, "--set trials=8 --budget 6000samples");
    assert!(killed(&mut command, || of_type(&journal(&out), "end", None).len() >= 2));
    let text = String::from_utf8(bytes(&out, "journal.jsonl")).unwrap();
    let two: String = text.split_inclusive('\n').take(2).collect();
    for cut in [two.as_str(), ""] {
        write(&out, "journal.jsonl", cut);
        let told = Outcome::refusal(&mut run(&out), 2);
        assert!(
            told.contains("journal.jsonl: records are missing at its end") && told.contains("strategy.state"),
            "{told}"
        );
    }
    // What the message says can be done; trials whose records are missing are blamed in the same way.
    fs::remove_file(out.join("checkpoints/strategy.state")).unwrap();
    let told = Outcome::refusal(&mut run(&out), 2);
    assert!(
        told.contains("journal.jsonl: records are missing at its end") && told.contains("trial-0.safetensors"),
        "{told}"
    );
    fs::remove_dir_all(out.join("checkpoints")).unwrap();
    Outcome::text(&mut run(&out));
    assert!(came_to(&out) == came_to(&undisturbed));
}

#[test]
fn another_architecture_does_not_go_on_with_a_training() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(folder.path()), folder.path().join("run"));
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let text = String::from_utf8(bytes(&out, "architecture.json")).unwrap();
    let other = write(folder.path(), "other.json", text.replacen("\"kernel\": 9", "\"kernel\": 7", 1));
    let mut again = quietly("train", "--batch 16 --learning-rate 0.01 --epochs 1");
    again.arg("--architecture").arg(other).arg("--data").arg(&store).arg("--out").arg(&out);
    let told = Outcome::refusal(&mut again, 2);
    assert!(told.contains("holds another run: architecture_sha256"), "{told}");
}
