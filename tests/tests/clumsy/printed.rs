//! What is printed: nothing in a file makes a terminal do something, hides a letter or fills a screen. And what is not
//! a file is not waited for.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use genomenas_tests::{Outcome, genomenas};

use super::{Desk, sequences};

/// A screen is cleared, a colour set, a bell rung, a title set; text is turned and letters are hidden.
const EVIL: &str =
    "x\u{1b}[2J\u{1b}[31m\u{7}\u{9b}2J\u{1b}]0;title\u{7}\u{202e}desrever\u{200b}\u{feff}\u{2028}\u{7f}y";

/// Neither output has a letter that a terminal obeys or does not show.
fn said(command: &mut Command) -> String {
    let outcome = Outcome::of(command);
    let text = outcome.stdout + &outcome.stderr;
    let hidden = |letter: &char| {
        letter.is_control() && *letter != '\n'
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let found: Vec<_> = text.chars().filter(hidden).collect();
    assert!(found.is_empty(), "{command:?}: {found:?} in {text:?}");
    assert!(text.len() < 30_000, "{command:?}: {} bytes", text.len());
    text
}

fn table(label: &str, heading: &str) -> String {
    let mut text = format!("sequence\tlabel\t{heading}\n");
    for (row, sequence) in sequences(60).iter().enumerate() {
        writeln!(text, "{sequence}\t{}\t{}", if row % 2 == 0 { label } else { "b" }, row % 2).unwrap();
    }
    text
}

#[test]
fn names_in_data_reach_the_terminal_without_what_it_obeys() {
    let desk = Desk::new();
    let file = desk.write("t.tsv", table(EVIL, EVIL));
    let import = |arguments: &str| desk.import("table", &[&file], arguments);
    // As a class, as the heading of a label, in a refusal that names columns, as the name of a file.
    assert!(said(&mut import("")).contains("x [2J [31m"));
    said(import("-v --task multi-label").args(["--labels", EVIL]));
    assert!(said(&mut import("--labels lable")).contains("no column"));
    let evil = desk.write(&EVIL.replace('/', ""), table("a", "z"));
    assert!(said(&mut desk.import("table", &[&evil], "--labels lable")).starts_with("error: "));
    said(&mut desk.import("table", &[&evil], "-vv"));
    said(&mut import(""));
    let store = desk.path("store.arrow");
    assert!(said(genomenas().args(["data", "info"]).arg(&store)).contains("multi-class"));
    // JSON keeps the name, with escapes.
    let json = said(genomenas().args(["data", "info", "--json"]).arg(&store));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["labels"][1].as_str(), Some(EVIL));
    let fasta = desk.write("g.fa", format!(">{}\nACGTACGTACGT\n", EVIL.replace('\u{2028}', "")));
    said(&mut desk.import("next", &[&fasta], "--length 4 --valid no --test no"));
    said(&mut desk.import("fasta", &[&fasta, &evil], "--length 40"));
    said(genomenas().args(["data", EVIL]));
}

/// An architecture, the first node of which has this name.
fn architecture(name: &str) -> String {
    serde_json::json!({
        "version": 1, "name": name, "input": [4, 100], "output": "out",
        "nodes": [
            {"name": name, "inputs": ["input"], "op": {"type": "conv1d", "out_channels": 8, "kernel": 5}},
            {"name": "pool", "inputs": [name], "op": {"type": "global_max_pool"}},
            {"name": "out", "inputs": ["pool"], "op": {"type": "linear", "out_features": 3}}
        ]
    })
    .to_string()
}

#[test]
fn names_in_documents_reach_the_terminal_without_what_it_obeys() {
    let desk = Desk::new();
    let describe = |flag: &str, path: &Path| {
        let mut command = genomenas();
        command.args(["describe", flag]).arg(path);
        command
    };
    let good = desk.write("a.json", architecture(EVIL));
    said(&mut describe("--architecture", &good));
    said(describe("--architecture", &good).arg("--json"));
    let broken = desk.write("b.json", architecture(EVIL).replace("\"pool\"]", "\"nothing\"]").replace("[\"x", "[\"no"));
    assert!(said(&mut describe("--architecture", &broken)).contains("error: "));
    let space = desk.write("s.toml", format!("name = \"{EVIL}\"\nversion = 1\n"));
    assert!(said(describe("--space", &space).args(["--length", "100", "--labels", "3"])).contains("error: "));
}

#[test]
fn names_without_end_fill_no_screen() {
    let desk = Desk::new();
    let long = "long ".repeat(200_000);
    let file = desk.write("t.tsv", table(long.trim(), "z"));
    insta::assert_snapshot!(said(&mut desk.import("table", &[&file], "")).replace(&desk.0.path().display().to_string(), "[FOLDER]"), @r#"error: [FOLDER]/t.tsv, line 2: a label of 999,999 bytes ("long long long long long long long long long long long long …"): is this the label column?"#);
    let file = desk.write("h.tsv", table("a", long.trim()));
    let import = |labels: &str| desk.import("table", &[&file], &format!("--task multi-label --labels {labels}"));
    assert!(said(&mut import("3")).contains("the name of a label has 999,999 bytes"));
    said(&mut import("lable"));
    let fasta = desk.write("g.fa", format!(">{}\nACGTACGTACGT\n", "x".repeat(1_000_000)));
    said(&mut desk.import("next", &[&fasta], "--length 4 --valid no --test no"));
    let document = desk.write("a.json", architecture(&long));
    said(genomenas().args(["describe", "--architecture"]).arg(&document));
}

/// The command, ended after some seconds.
fn within(command: &Command) -> Command {
    let mut limited = Command::new("timeout");
    limited.arg("20").arg(command.get_program()).args(command.get_args());
    limited
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let desk = Desk::new();
    let pipe = desk.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut told = String::new();
    for path in [pipe.as_path(), Path::new("/dev/zero"), desk.0.path()] {
        for arguments in [
            &["data", "info"][..],
            &["describe", "--architecture"],
            &["describe", "--length", "100", "--labels", "2", "--space"],
            &["data", "import", "table", "--out", "none.arrow"],
            &["data", "import", "npz", "--out", "none.arrow"],
            &["data", "import", "fasta", "--task", "multi-label", "--out", "none.arrow"],
        ] {
            let error = Outcome::refusal(&mut within(genomenas().args(arguments).arg(path)), 2);
            told += &(error.replace(&desk.0.path().display().to_string(), "[FOLDER]") + "\n");
        }
    }
    insta::assert_snapshot!(told, @"
[FOLDER]/pipe: it is not a file; expected a store made by `genomenas data import`
cannot read [FOLDER]/pipe: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read [FOLDER]/pipe: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read [FOLDER]/pipe: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read [FOLDER]/pipe: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read [FOLDER]/pipe: it is a pipe, a socket or a device; expected a file: write what it holds to one first
/dev/zero: it is not a file; expected a store made by `genomenas data import`
cannot read /dev/zero: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read /dev/zero: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read /dev/zero: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read /dev/zero: it is a pipe, a socket or a device; expected a file: write what it holds to one first
cannot read /dev/zero: it is a pipe, a socket or a device; expected a file: write what it holds to one first
[FOLDER]: it is not a file; expected a store made by `genomenas data import`
cannot read [FOLDER]: it is a folder, expected a file
cannot read [FOLDER]: it is a folder, expected a file
cannot read [FOLDER]: it is a folder, expected a file
cannot read [FOLDER]: it is a folder, expected a file
[FOLDER]: there is no file in this folder whose name ends in .fa, .fasta, .fna, or the same with .gz
");
    let endless = fs::File::create(desk.path("endless.json")).unwrap();
    endless.set_len(1 << 32).unwrap();
    let error = Outcome::refusal(genomenas().args(["describe", "--architecture"]).arg(desk.path("endless.json")), 2);
    assert!(error.contains("more than 64 MiB"), "{error}");
}

#[test]
fn a_working_folder_that_was_removed_is_named() {
    let desk = Desk::new();
    let file = desk.write("t.tsv", table("a", "z"));
    let gone = desk.path("gone");
    for arguments in [
        vec!["data", "import", "table"],
        vec!["data", "info", "store.arrow"],
        vec!["describe", "--architecture", "a.json"],
    ] {
        fs::create_dir(&gone).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "rmdir \"$PWD\" && exec \"$0\" \"$@\""]).arg(genomenas().get_program()).args(&arguments);
        if arguments.len() == 3 && arguments[2] == "table" {
            shell.arg(&file).args(["--out", "out.arrow"]);
        }
        let error = Outcome::refusal(shell.current_dir(&gone), 2);
        assert!(error.starts_with("the working folder was removed or moved away"), "{error}");
    }
}
