//! The hook calls of a run as a person reads them, from its journal.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use genomenas_tests::made_up::write;
use genomenas_tests::runs::{motif_store, search};
use genomenas_tests::{Outcome, genomenas};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with a run in it, which ended.
fn searched() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    Outcome::text(&mut search(&motif_store(folder.path()), &out, ""));
    (folder, out)
}

fn trace(run: &Path, more: &[&str]) -> Command {
    let mut command = genomenas();
    command.args(["plugin", "trace"]).arg(run).args(more);
    command
}

/// The same run with other records in its journal, as one of the first version has it: without chains.
fn with_journal(run: &Path, text: &str) {
    fs::remove_file(run.join("result.json")).unwrap();
    write(run, "journal.jsonl", text);
}

/// A record of a strategy that is asked, and proposes one trial.
fn asked(next: u64, plan: &str) -> String {
    format!(
        r#"{{"type":"propose","ask":{{"budget":{{"amount":20000,"unit":"samples"}},"remaining":{},"next_trial":{next},"in_flight":[]}},"proposal":{{"type":"trials","trials":[{{"work":"train","network":{{"type":"selection","selection":{{"kernel":"9"}}}},"plan":{plan}}}]}},"seconds":0.25}}"#,
        20000 - next
    )
}

fn ended(trial: u64, outcome: &str) -> String {
    format!(
        r#"{{"type":"end","trial":{trial},"report":{{"trial":{trial},"cost":{{"samples":1}},"remaining":{},"end":{{"outcome":{outcome}}}}},"discards":[{{"type":"trial","trial":{trial}}}],"used":{{"samples":1}}}}"#,
        19999 - trial
    )
}

#[test]
fn a_run_is_shown_as_what_was_asked_told_dropped_and_answered() {
    let (folder, run) = searched();
    with_journal(
        &run,
        &[
            asked(0, r#"{"epochs":2}"#),
            r#"{"type":"epoch","phase":"search","trial":0,"epoch":{"number":1,"train_loss":0.7,"valid_loss":0.6,"auroc":0.8},"used":{"samples":240},"report":{"trial":0,"cost":{"samples":240},"remaining":19760,"epoch":{"number":1,"train_loss":0.7,"valid_loss":0.6,"auroc":0.8}}}"#.to_owned(),
            ended(0, r#"{"type":"failed","reason":"the loss is not a number"}"#),
            r#"{"type":"propose","ask":{"budget":{"amount":20000,"unit":"samples"},"remaining":19000,"next_trial":1,"in_flight":[]},"proposal":{"type":"finish","finding":{"best":{"network":{"type":"selection","selection":{"kernel":"9","function":"relu"}},"trial":0}}},"seconds":0.5}"#.to_owned(),
            r#"{"type":"epoch","phase":"final","epoch":{"number":1,"train_loss":0.7,"valid_loss":0.6},"used":{"samples":240}}"#.to_owned(),
            String::new(),
        ]
        .join("\n"),
    );
    let text = Outcome::text(&mut trace(&run, &[]));
    insta::assert_snapshot!(text.replace(&folder.path().display().to_string(), "[FOLDER]"));
}

#[test]
fn a_real_run_is_shown_whole_by_trial_and_by_its_end() {
    let (_folder, run) = searched();
    let all = Outcome::json(&mut trace(&run, &["--json"]));
    let calls = all["calls"].as_array().unwrap();
    assert_eq!(all["number_of_calls"], calls.len());
    assert_eq!(
        (&calls[0]["call"], &calls[0]["ask"]["remaining"]),
        (&json!("ask"), &all["calls"][0]["ask"]["budget"]["amount"])
    );
    let finish = calls.last().unwrap();
    assert_eq!(finish["answer"]["type"], "finish");
    let told: u64 =
        finish["reports_since"].as_array().unwrap().iter().map(|since| since["reports"].as_u64().unwrap()).sum();
    assert!(told > 0, "{finish}");

    let last = Outcome::json(&mut trace(&run, &["--json", "--last", "2"]));
    assert_eq!(last["calls"], json!(calls[calls.len() - 2..]));
    let first = Outcome::json(&mut trace(&run, &["--json", "--trial", "0"]));
    let names = |call: &Value| {
        let proposed = call["answer"]["type"] == "trials" && call["ask"]["next_trial"] == 0;
        proposed || call["report"]["trial"] == 0 || call["answer"]["finding"]["best"]["trial"] == 0
    };
    let expected: Vec<_> = calls.iter().filter(|call| names(call)).cloned().collect();
    assert_eq!(first["calls"], json!(expected));
    let text = Outcome::text(&mut trace(&run, &["--trial", "0", "--last", "1"]));
    assert!(text.lines().next().unwrap().contains(": 1 of "), "{text}");
}

#[test]
fn ten_thousand_records_are_shown_and_a_reader_that_leaves_is_no_error() {
    let (_folder, run) = searched();
    let lines = (0..5_000).fold(String::new(), |mut text, trial| {
        let completed = r#"{"type":"completed","stopped":"limit"}"#;
        writeln!(text, "{}\n{}", asked(trial, "{}"), ended(trial, completed)).unwrap();
        text
    });
    with_journal(&run, &lines);
    let text = Outcome::text(&mut trace(&run, &[]));
    assert!(text.contains("10,000 calls") && text.contains("trial 4999 ended: its limit"));
    let mut shown = trace(&run, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(shown.stdout.take());
    let ended = shown.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn nothing_of_a_journal_makes_a_terminal_do_something() {
    let (_folder, run) = searched();
    let outcome = r#"{"type":"failed","reason":"\u001b[2J\u202egone\nline"}"#;
    with_journal(
        &run,
        &format!("{}\n{}\n", asked(0, "{}").replace("kernel", "ker\\u001b]0;x\\u0007nel"), ended(0, outcome)),
    );
    for more in [&[][..], &["--json"]] {
        let text = Outcome::text(&mut trace(&run, more));
        assert!(!text.chars().any(|letter| letter != '\n' && letter.is_control() || letter == '\u{202e}'), "{text:?}");
    }
}

#[test]
fn what_is_not_a_run_or_was_damaged_is_refused_in_words() {
    let (folder, run) = searched();
    let refusal = |run: &Path, more: &[&str]| Outcome::refusal(&mut trace(run, more), 2);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(refusal(&empty, &[]).contains("is not a run: it has no run.toml"));
    assert!(refusal(&folder.path().join("gone"), &[]).contains("is not a run"));
    assert!(refusal(&run, &["--trial", "99"]).contains("names trial 99"));
    assert!(refusal(&run, &["--last", "0"]).contains("0 is not in 1.."));
    assert!(refusal(&run, &["--trial", "first"]).contains("invalid value 'first'"));

    let journal = run.join("journal.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    write(&run, "journal.jsonl", whole.replacen("\"remaining\"", "\"remainder\"", 1));
    assert!(refusal(&run, &[]).contains("line 1 is not"));
    let (first, _) = whole.split_once('\n').unwrap();
    write(&run, "journal.jsonl", format!("{first}\n"));
    assert!(refusal(&run, &[]).contains("does not end as result.json says that it did"));
    fs::remove_file(&journal).unwrap();
    assert!(refusal(&run, &[]).contains("journal.jsonl"));
    fs::create_dir(&journal).unwrap();
    assert!(refusal(&run, &["--json"]).contains("it is not a file"));
}
