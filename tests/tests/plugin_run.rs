//! A strategy in a simulated search from the command line, and under a debugger.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use genomenas_tests::made_up::write;
use genomenas_tests::{Outcome, built_plugin, genomenas, hostile_plugin, project};
use serde_json::json;

/// A space with one decision, of windows of 60 bases and 2 labels.
const SPACE: &str = r#"
version = 1
name = "pools"
input = [4, 60]
output = "out"
decisions = [{ id = "pool", options = ["max", "mean"] }]
nodes = [
    { name = "conv", inputs = ["input"], op = { type = "conv1d", out_channels = 8, kernel = 9 } },
    { name = "pool", inputs = ["conv"], op = { type = "choice", decision = "pool", options = { max = { type = "global_max_pool" }, mean = { type = "global_avg_pool" } } } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

fn run(plugin: &Path, more: &str) -> Command {
    let mut command = genomenas();
    command.args(["plugin", "run"]).arg(plugin).args(more.split_whitespace());
    command
}

#[test]
fn a_search_is_shown_call_by_call_and_is_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let space = write(folder.path(), "space.toml", SPACE);
    let search = || {
        let mut command =
            run(&built_plugin("random-search"), "--budget 20000samples --seed 3 --set trials=2 --set epochs=1");
        Outcome::text(command.arg("--space").arg(&space))
    };
    let shown = search();
    insta::assert_snapshot!(shown);
    assert_eq!(search(), shown);
}

#[test]
fn a_search_as_json_has_every_call_and_what_was_found() {
    let ended = Outcome::json(&mut run(
        &built_plugin("asha"),
        "--json --task regression --labels 1 --length 120 --space-set cells=1 --concurrent-trials 3 --budget 60000samples",
    ));
    let calls = ended["calls"].as_array().unwrap();
    assert_eq!((&calls[0]["call"], &calls[0]["ask"]["slots"]), (&json!("ask"), &json!(3)));
    assert_eq!(calls.last().unwrap()["answer"]["finding"], ended["finding"]);
    assert_eq!(ended["mistakes"], json!([]));
    assert!((0.0..=1.0).contains(&ended["quality"].as_f64().unwrap()));
}

#[test]
fn a_plugin_that_fails_is_shown_up_to_there_and_fails_the_command() {
    let ended = Outcome::of(&mut run(&hostile_plugin(), "--strategy hostile --set misbehave=panic"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("error: ") && ended.stderr.contains("panic"), "{ended:?}");
}

#[test]
fn wrong_use_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let space = write(folder.path(), "space.toml", SPACE);
    let text = write(folder.path(), "notes.so", "notes");
    let random = built_plugin("random-search");
    let space = format!("--space {}", space.display());
    for (plugin, more, expected) in [
        (text.as_path(), String::new(), "is not a plugin"),
        (Path::new("no-such.so"), String::new(), "no-such.so"),
        (&hostile_plugin(), String::new(), "choose one with --strategy"),
        (&random, "--set tries=3".to_owned(), "unknown parameter `tries`"),
        (&random, "--set trials".to_owned(), "is not an assignment"),
        (&random, "--budget 5parsecs".to_owned(), "unknown unit"),
        (&random, "--budget 0samples".to_owned(), "is not between 1 and"),
        (&random, "--task dancing".to_owned(), "invalid value 'dancing'"),
        (&random, "--task multi-class --labels 1".to_owned(), "--labels 2 or more"),
        (&random, "--space no-such.toml".to_owned(), "there is no space 'no-such.toml'"),
        (&random, format!("{space} --labels 3"), "space.toml"),
        (&random, format!("{space} --space-set cells=2"), "cannot be set for the space of the file"),
        (&random, "--attach --hook-deadline 5s".to_owned(), "cannot be used with"),
    ] {
        let refused = Outcome::refusal(&mut run(plugin, &more), 2);
        assert!(refused.contains(expected), "{more}: {refused}");
    }
}

/// The command under way, and the process that it says waits for a debugger.
fn waiting(more: &str) -> (Child, u32) {
    let mut command = run(
        &built_plugin("random-search"),
        &format!("--attach --budget 20000samples --set trials=2 --space-set cells=1 {more}"),
    );
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|line| line.contains("waits for a debugger")).unwrap();
    let pid = said.split("gdb -p ").nth(1).and_then(|rest| rest.split(',').next()).unwrap().parse().unwrap();
    // What is said later must have somewhere to go.
    std::thread::spawn(move || lines.for_each(drop));
    (child, pid)
}

#[test]
fn without_a_debugger_enter_begins_the_search() {
    let (mut child, _) = waiting("");
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(String::from_utf8(ended.stdout).unwrap().contains("random architectures"));
}

#[test]
fn a_debugger_stops_the_plugin_in_its_hook_and_the_search_goes_on_when_it_lets_it() {
    if Command::new("gdb").arg("--version").output().is_err() {
        return project::skip("there is no gdb to attach with");
    }
    let (mut child, pid) = waiting("");
    // Standard input ends, which is not Enter.
    drop(child.stdin.take());
    let mut gdb = Command::new("gdb");
    gdb.args(["--batch", "--nx", "-iex", "set debuginfod enabled off", "-ex", "set breakpoint pending on"]);
    gdb.args([
        "-ex",
        "rbreak RandomSearch.*propose",
        "-ex",
        "continue",
        "-ex",
        "backtrace 3",
        "-ex",
        "delete",
        "-ex",
        "detach",
    ]);
    let said = Outcome::of(gdb.args(["-p", &pid.to_string()]));
    let ended = child.wait_with_output().unwrap();
    assert!(said.stdout.contains("Breakpoint 1, ") && said.stdout.contains("propose"), "{said:?}");
    assert_eq!(ended.status.code(), Some(0), "{said:?}");
}
