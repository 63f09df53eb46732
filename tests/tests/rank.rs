//! `plugin rank`: plugin files in the laboratory, through their processes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::process::Command;

use genomenas_plugin::simulate::laboratory::Laboratory;
use genomenas_tests::{Outcome, built_plugin, genomenas};
use serde_json::Value;

/// As the laboratory knows it.
const RANDOM: &str = "trials=40 epochs=27 batch=40";

fn rank(arguments: &[&str]) -> Command {
    let mut command = genomenas();
    command.args(["plugin", "rank"]).args(arguments);
    command
}

#[test]
fn a_plugin_file_comes_to_what_its_strategy_comes_to_in_a_test() {
    let laboratory = Laboratory::new().unwrap();
    let known = laboratory.ranking(laboratory.known());
    let expected = serde_json::to_value(known.of("random-search").unwrap()).unwrap();
    let file = built_plugin("random-search");
    let by_file = format!("{} {RANDOM}", file.display());
    for search in [by_file, format!("random-search {RANDOM}")] {
        let mut told = Outcome::json(&mut rank(&[&search, "--alone", "--json"]));
        let name = told[0]["search"].take();
        assert!(name.as_str().unwrap().starts_with("random-search ") && told.as_array().unwrap().len() == 1, "{name}");
        told[0]["search"] = Value::from("random-search");
        assert_eq!(told[0], expected);
    }
}

#[test]
fn it_stands_in_one_table_with_the_searches_of_genomenas_and_the_table_is_always_the_same() {
    let table = || Outcome::text(&mut rank(&["tpe trials=12 startup=4"]));
    let first = table();
    let laboratory = Laboratory::new().unwrap();
    for search in laboratory.known().iter().map(|known| known.search.as_str()).chain(["tpe startup=4 trials=12"]) {
        assert!(first.lines().any(|line| line.starts_with(&format!("{search} "))), "no {search} in\n{first}");
    }
    assert_eq!(table(), first);
}

#[test]
fn what_cannot_be_ranked_is_refused_in_words() {
    for (search, expected) in [
        ("danq", "'danq' is a baseline: it proposes one network of its own and searches no space"),
        ("random-search trails=40", "unknown parameter `trails`"),
        ("random-search trials=0", "parameter `trials`: expected "),
        ("no-such-search", "no-such-search"),
        ("no-such-file.so", "no-such-file.so"),
    ] {
        let told = Outcome::refusal(&mut rank(&[search]), 2);
        assert!(told.contains(expected), "{told}");
    }
}
