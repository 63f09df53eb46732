//! `genomenas plugin fuzz`: a sound plugin survives, and what goes wrong is shown with the shortest sequence that repeats
//! it.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::process::Command;

use genomenas_tests::made_up::write;
use genomenas_tests::{Outcome, bad_plugin, built_plugin, genomenas};

fn fuzz() -> Command {
    let mut command = genomenas();
    command.args(["plugin", "fuzz"]);
    command
}

/// The bad search under an order.
fn bad(breaks: &str) -> Command {
    let mut command = fuzz();
    command.arg(bad_plugin()).args(["--strategy", "bad-search", "--set", &format!("breaks={breaks}")]);
    command
}

#[test]
fn sound_plugins_survive() {
    for plugin in ["random_search", "asha", "darts", "danq"] {
        let said = Outcome::text(fuzz().arg(built_plugin(plugin)).args(["--seed", "3", "--cases", "30"]));
        assert!(said.contains(" 30 runs, ") && said.contains("nothing went wrong"), "{said}");
    }
}

#[test]
fn what_goes_wrong_is_shown_with_the_shortest_sequence_and_the_command_that_repeats_it() {
    for (breaks, wrong) in [
        ("garbage", "it was lost: "),
        ("save-and-load", "it answered otherwise after its state was saved and loaded: "),
        ("no-mistakes", "it made a mistake: "),
        ("failed-trials", "it was lost: "),
    ] {
        let outcome = Outcome::of(bad(breaks).args(["--seed", "5", "--cases", "400", "--minutes", "3"]));
        assert_eq!(outcome.code, Some(1), "{breaks}: {outcome:?}");
        assert_eq!(outcome.stderr, "error: something went wrong in bad-search\n");
        assert!(outcome.stdout.contains(wrong) && outcome.stdout.contains("of seed 5"), "{breaks}: {outcome:?}");
        let (_, command) = outcome.stdout.split_once("again:\n  genomenas ").unwrap();
        let words = shlexed(command.trim());
        let again = Outcome::of(genomenas().args(&words));
        assert_eq!(again.code, Some(1), "{breaks}: {words:?} {again:?}");
        assert!(again.stdout.contains(wrong), "{breaks}: {again:?}");
        let calls = again.stdout.lines().filter(|line| line.trim_start().starts_with(char::is_numeric)).count();
        // A trial, its reports and a finding are about a dozen calls.
        assert!((1..=16).contains(&calls), "{breaks}: {again:?}");
    }
}

/// The words of a command line as a shell reads them.
fn shlexed(command: &str) -> Vec<String> {
    let printed = Command::new("sh").args(["-c", &format!("printf '%s\\n' {command}")]).output().unwrap();
    String::from_utf8(printed.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_same_seed_finds_the_same() {
    let find = || Outcome::of(bad("save-and-load").args(["--seed", "9", "--cases", "200", "--minutes", "3"])).stdout;
    let case = |said: String| said.split_once("again:").unwrap().1.to_owned();
    assert_eq!(case(find()), case(find()));
}

#[test]
fn what_cannot_be_tried_is_refused_with_the_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |command: &mut Command| Outcome::refusal(command, 2);
    let missing = refusal(fuzz().arg(folder.path().join("none.so")));
    assert!(missing.contains("none.so cannot be read: No such file"), "{missing}");
    let text = refusal(fuzz().arg(write(folder.path(), "notes.so", "# Notes\n")));
    assert!(text.contains("notes.so is not a plugin: it is not a library"), "{text}");
    let library = refusal(fuzz().arg(built_plugin("genomenas_plugin_macros")));
    assert!(library.contains("it has no .genomenas section"), "{library}");
    let minutes = refusal(fuzz().arg(bad_plugin()).args(["--minutes", "0"]));
    assert!(minutes.contains("expected a number of minutes above 0"), "{minutes}");
    let case = refusal(fuzz().arg(bad_plugin()).args(["--case", "space=moon"]));
    assert!(case.contains("space=two-cells") && case.contains("four-architectures"), "{case}");
}
