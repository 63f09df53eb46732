//! The guard: what genomenas did before its house was rebuilt, it still does, to the byte.
//!
//! `tests/fixtures/part-e` was made by the program of then, and is never made again: its README says what it holds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

mod folders;
mod stores;
mod strategies;
mod surface;

use std::collections::BTreeMap;
use std::fs;

use genomenas_tests::digests::Digests;
use genomenas_tests::frozen::{OTHER_CAUSES, fixture};
use serde::Deserialize;
use serde_json::Value;

/// The fixture of this guard.
const DAY: &str = "part-e";

/// What the program of then came to.
#[derive(Deserialize)]
struct Golden {
    comparisons: Vec<Comparison>,
    folders: Vec<Run>,
    leaderboards: BTreeMap<String, String>,
    stores: Vec<Training>,
}

/// A comparison of strategies, each with one seed.
#[derive(Deserialize)]
struct Comparison {
    name: String,
    store: String,
    in_flight: u32,
    leaderboard: String,
    runs: Vec<Run>,
}

/// A run that ended.
#[derive(Deserialize)]
struct Run {
    /// The strategy with its parameters, where it is not that of the folder.
    #[serde(default)]
    strategy: String,
    folder: String,
    #[serde(flatten)]
    digests: Digests,
}

/// A training on a store, and what `data info` printed of the store.
#[derive(Deserialize)]
struct Training {
    store: String,
    options: String,
    info: Value,
    #[serde(flatten)]
    digests: Digests,
}

fn golden() -> Golden {
    serde_json::from_str(&text("golden.json")).unwrap()
}

/// The text of a file of the fixture.
fn text(file: &str) -> String {
    fs::read_to_string(fixture(DAY, file)).unwrap()
}

/// Fails where anything differs: `found` are names, each with its differences.
fn assert_same(found: impl IntoIterator<Item = (String, Vec<String>)>) {
    let lines: Vec<String> = found
        .into_iter()
        .filter(|(_, differences)| !differences.is_empty())
        .map(|(name, differences)| format!("{name}\n    {}", differences.join("\n    ")))
        .collect();
    assert!(lines.is_empty(), "other bytes than those that were frozen:\n{}\n{OTHER_CAUSES}", lines.join("\n"));
}

/// What differs of a digest that stands alone.
fn difference(what: &str, now: &str, then: &str) -> Vec<String> {
    if now == then { Vec::new() } else { vec![format!("{what} is {now}, frozen is {then}")] }
}
