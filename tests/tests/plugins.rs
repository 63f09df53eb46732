//! Plugin files as a user meets them: dropped into a folder, listed, asked about, and refused with a reason.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::{Installation, Outcome, built_plugin, hostile_plugin};
use serde_json::Value;

/// Puts a built plugin into a folder, which is made where it is not there.
fn drop_into(folder: &Path, package: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let file = folder.join(format!("lib{package}.so"));
    fs::copy(built_plugin(package), &file).unwrap();
    file
}

/// `bytes` with a text in it replaced, everywhere, by one of the same length.
fn patched(mut bytes: Vec<u8>, old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<_> = bytes.windows(old.len()).enumerate().filter(|(_, part)| *part == old.as_bytes()).collect();
    assert!(!places.is_empty(), "{old} is not in the file");
    let places: Vec<_> = places.into_iter().map(|(at, _)| at).collect();
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
    bytes
}

fn danq() -> Vec<u8> {
    fs::read(built_plugin("danq")).unwrap()
}

fn write(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

fn list(installation: &Installation) -> Command {
    let mut command = installation.genomenas();
    command.args(["plugin", "list"]);
    command
}

/// Strategy (or `refused`) and file of every line of the list.
fn rows(command: &mut Command) -> Vec<(String, PathBuf)> {
    let rows = Outcome::json(command.arg("--json"));
    let row = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        (if text("kind") == "refused" { text("kind") } else { text("strategy") }, PathBuf::from(text("path")))
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

fn one_row(strategy: &str, path: PathBuf) -> Vec<(String, PathBuf)> {
    vec![(strategy.to_owned(), path)]
}

/// Compares with a snapshot in which nothing is of this machine.
fn snapshot(name: &str, text: &str, folders: &[&Path]) {
    let mut settings = insta::Settings::clone_current();
    for folder in folders {
        settings.add_filter(&folder.display().to_string().replace('.', r"\."), "[FOLDER]");
    }
    // Columns are as wide as the paths in them.
    settings.add_filter(" {2,}", "  ");
    settings.add_filter("[0-9a-f]{64}", "[SHA256]");
    settings.add_filter(r"rustc [^,]*\)", "rustc [VERSION]");
    settings.add_filter(r"for \w+-linux-\w+", "for [TARGET]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn the_list_shows_every_strategy_with_its_file() {
    let installation = Installation::new();
    for package in ["danq", "deepsea", "random_search"] {
        drop_into(installation.folder(), package);
    }
    snapshot("the_list", &Outcome::text(&mut list(&installation)), &[installation.folder()]);
}

#[test]
fn the_details_of_a_strategy_are_its_origin_and_its_parameters() {
    let installation = Installation::new();
    drop_into(installation.folder(), "danq");
    let info = |arguments: &[&str]| {
        let mut command = installation.genomenas();
        // What the machine protects is not a part of what is shown here.
        command.args(["plugin", "info"]).args(arguments).env("GENOMENAS_WITHOUT", "landlock,seccomp");
        command
    };
    snapshot("the_details", &Outcome::text(&mut info(&["danq"])), &[installation.folder()]);
    let json = Outcome::json(&mut info(&["danq/danq", "--json"]));
    assert_eq!(json["schema"]["properties"]["dropout"]["default"], 0.2);
    assert_eq!(json["schema"]["properties"]["width"]["minimum"], 0.001);
}

#[test]
fn a_file_is_asked_about_without_being_in_any_folder() {
    let installation = Installation::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = drop_into(elsewhere.path(), "deepsea");
    let text = Outcome::text(installation.genomenas().args(["plugin", "info"]).arg(file));
    assert!(text.starts_with("strategy     deepsea\n"), "{text}");
}

#[test]
fn a_plugin_is_found_wherever_it_may_be_dropped() {
    let installation = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(rows(&mut list(&installation)), []);

    let named = drop_into(&folder.path().join("named/deep/below"), "danq");
    let mut command = list(&installation);
    command.arg("--plugins").arg(folder.path().join("named"));
    assert_eq!(rows(&mut command), one_row("danq", named.clone()));
    // A folder of plugins or one plugin's file.
    assert_eq!(rows(list(&installation).arg("--plugins").arg(&named)), one_row("danq", named));

    let variable = drop_into(&folder.path().join("variable"), "danq");
    let mut command = list(&installation);
    command.env("GENOMENAS_PLUGINS", format!("/nonexistent:{}", folder.path().join("variable").display()));
    assert_eq!(rows(&mut command), one_row("danq", variable));

    let data = drop_into(&folder.path().join("data/genomenas/plugins"), "danq");
    assert_eq!(rows(list(&installation).env("XDG_DATA_HOME", folder.path().join("data"))), one_row("danq", data));

    let beside = drop_into(installation.folder(), "danq");
    assert_eq!(rows(&mut list(&installation)), one_row("danq", beside.clone()));
    fs::remove_file(beside).unwrap();
    let below = drop_into(&installation.folder().join("plugins"), "danq");
    assert_eq!(rows(&mut list(&installation)), one_row("danq", below));
}

#[test]
fn the_most_explicit_of_equal_plugins_wins_and_the_others_are_shown_as_refused() {
    let installation = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    let beside = drop_into(installation.folder(), "danq");
    let variable = drop_into(&folder.path().join("variable"), "danq");
    let named = folder.path().join("libmine.so");
    write(&named, &patched(danq(), "DanQ (Quang & Xie 2016)", "My own DanQ, improved. "));

    let mut command = list(&installation);
    command.arg("--plugins").arg(&named).env("GENOMENAS_PLUGINS", folder.path().join("variable"));
    let text = Outcome::text(&mut command);
    snapshot("equal_plugins", &text, &[folder.path(), installation.folder()]);
    assert_eq!(
        rows(&mut command),
        [("danq".to_owned(), named), ("refused".to_owned(), variable), ("refused".to_owned(), beside)]
    );
}

#[test]
fn strategies_of_one_name_are_told_apart_by_their_plugins() {
    let installation = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(hostile_plugin()).unwrap();
    write(&folder.path().join("a.so"), &bytes);
    write(&folder.path().join("b.so"), &patched(bytes, "\"id\":\"genomenas-tests\"", "\"id\":\"genomenas-other\""));
    let mut command = list(&installation);
    command.arg("--plugins").arg(folder.path());
    let strategies: Vec<_> = rows(&mut command).into_iter().map(|(strategy, _)| strategy).collect();
    assert_eq!(
        strategies,
        [
            "another-hostile",
            "hostile",
            "reaching",
            "genomenas-other/another-hostile",
            "genomenas-other/hostile",
            "genomenas-other/reaching",
        ]
    );
}

#[test]
fn every_file_that_is_no_plugin_is_listed_with_a_reason_in_one_line() {
    let installation = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| write(&folder.path().join(name), bytes);
    let random: Vec<u8> = (0..5000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    file("empty.so", b"");
    file("notes.so", b"# Notes\n");
    file("random.so", &random);
    file("windows.dll", b"MZ\x90\0");
    file("truncated.so", &danq()[..danq().len() / 2]);
    file("cut-in-the-header.so", &danq()[..40]);
    file("old.so", &patched(danq(), "\"abi\":1", "\"abi\":0"));
    file("new.so", &patched(danq(), "\"abi\":1", "\"abi\":2"));
    file("stripped.so", &patched(danq(), ".genomenas\0", ".genomanas\0"));
    file("half-a-manifest.so", &patched(danq(), "\"record\":\"plugin\"", "\"record\":\"plughh\""));
    file("no-json.so", &patched(danq(), "{\"record\":\"plugin\"", "<\"record\":\"plugin\""));
    file("with-torch.so", &patched(danq(), "libgcc_s.so.1", "libtorch.so.9"));
    fs::copy(built_plugin("genomenas_plugin_macros"), folder.path().join("foreign.so")).unwrap();
    let mut command = list(&installation);
    command.arg("--plugins").arg(folder.path());
    snapshot("no_plugins", &Outcome::text(&mut command), &[folder.path()]);
    assert!(rows(&mut command).iter().all(|(kind, _)| kind == "refused"));

    let error =
        Outcome::refusal(installation.genomenas().args(["plugin", "info"]).arg(folder.path().join("old.so")), 2);
    assert!(error.contains("old.so is not a plugin: it is built for generation 0 of the binary interface"), "{error}");
}

#[test]
fn libraries_beside_the_program_that_mean_to_be_something_else_are_passed_over() {
    let installation = Installation::new();
    fs::copy(built_plugin("genomenas_plugin_macros"), installation.folder().join("libother.so")).unwrap();
    assert_eq!(rows(&mut list(&installation)), []);
}

#[test]
fn a_plugin_is_listed_without_being_loaded() {
    let installation = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = danq();
    // The program headers, without which no part of the library can be mapped; the manifest is found without them.
    let headers = usize::from(u16::from_le_bytes([bytes[56], bytes[57]])) * 56;
    for header in bytes[64..64 + headers].chunks_exact_mut(56) {
        header[..4].copy_from_slice(&1_u32.to_le_bytes());
        header[8..16].fill(0xff);
    }
    write(&folder.path().join("libdanq.so"), &bytes);
    let found = rows(list(&installation).arg("--plugins").arg(folder.path()));
    assert_eq!(found.len(), 1);
    // Asked to run, it fails in a process of its own.
    let mut command = installation.genomenas();
    command.args(["describe", "--strategy", "danq", "--length", "200", "--labels", "2", "--plugins"]);
    let outcome = Outcome::of(command.arg(folder.path()));
    assert!(matches!(outcome.code, Some(1 | 2)), "{outcome:?}");
    assert!(outcome.stderr.starts_with("error: "), "{outcome:?}");
}

#[test]
fn without_any_plugin_the_program_says_where_to_put_them() {
    let installation = Installation::new();
    let outcome = Outcome::of(&mut list(&installation));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""));
    assert!(outcome.stderr.contains("--plugins"), "{outcome:?}");
    let error = Outcome::refusal(&mut describe(&installation, "danq", &[]), 2);
    assert!(error.contains("no plugin was found"), "{error}");
}

#[test]
fn a_plugin_folder_that_is_not_there_is_refused() {
    let error = Outcome::refusal(list(&Installation::new()).args(["--plugins", "/no/such/folder"]), 2);
    assert!(error.contains("/no/such/folder"), "{error}");
}

fn describe(installation: &Installation, strategy: &str, set: &[&str]) -> Command {
    let mut command = installation.genomenas();
    command.args(["describe", "--length", "1000", "--labels", "15", "--strategy", strategy]);
    command.args(set.iter().flat_map(|set| ["--set", set]));
    command
}

#[test]
fn a_strategy_that_does_not_exist_is_answered_with_those_that_do() {
    let installation = Installation::new();
    drop_into(installation.folder(), "danq");
    drop_into(installation.folder(), "deepsea");
    assert_eq!(
        Outcome::refusal(&mut describe(&installation, "depsea", &[]), 2),
        "there is no strategy `depsea` (did you mean `deepsea`?); the plugins found have danq, deepsea"
    );
    let info = Outcome::refusal(installation.genomenas().args(["plugin", "info", "dank"]), 2);
    assert!(info.contains("did you mean `danq`?"), "{info}");
}

#[test]
fn a_parameter_is_refused_with_its_name_its_bounds_and_what_came() {
    let installation = Installation::new();
    drop_into(installation.folder(), "deepsea");
    drop_into(installation.folder(), "random_search");
    let mut said = String::new();
    for (strategy, set) in [
        ("deepsea", "width=-1"),
        ("deepsea", "width=wide"),
        ("deepsea", "widht=0.5"),
        ("deepsea", "batch=0"),
        ("deepsea", "batch=1.5"),
        ("deepsea", "dropout=[0.1]"),
        ("deepsea", "width=1e400"),
        ("deepsea", "width"),
        ("random-search", "trials=-5"),
    ] {
        let error = Outcome::refusal(&mut describe(&installation, strategy, &[set]), 2);
        writeln!(said, "{strategy} {set}\n    {error}").unwrap();
    }
    said += &Outcome::refusal(&mut describe(&installation, "deepsea", &["width=1", "width=2"]), 2);
    snapshot("parameters", &said, &[]);
}

#[test]
fn a_strategy_of_a_library_with_two_is_chosen_by_its_name() {
    let installation = Installation::new();
    let mut command = installation.genomenas();
    command.args(["plugin", "info", "another-hostile", "--json", "--plugins"]).arg(hostile_plugin());
    let info = Outcome::json(&mut command);
    assert!(info["parameters"].as_array().unwrap().is_empty(), "{info}");
}
