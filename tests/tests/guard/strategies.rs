//! Every strategy comes to the bytes that it came to then, from the beginning and from the state that it saved then.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use genomenas_tests::digests::{Digests, sha256};
use genomenas_tests::frozen::{fill, reproducibly, unpack};
use genomenas_tests::leaderboard::leaderboard;
use genomenas_tests::runs::{bytes, run};
use genomenas_tests::{Outcome, built_plugin, genomenas};
use serde_json::Value;

use super::{Comparison, DAY, assert_same, difference, golden, text};

/// What every comparison was asked for, besides its strategies and its data.
const TERMS: &str = "--no-control --device cpu --threads 2 --jobs 2 --seeds 1 --epochs 2 --batch 16 --learning-rate 0.01 \
                     --budget 1600samples";
/// The sizes of the space.
const SPACE: &str =
    "cells=1 channels=2 nodes=3 rnn_nodes=2 decoder_features=8 operations=none,skip_connect,max_pool_3,conv_3";
/// Runs at once.
const JOBS: usize = 2;

fn compare(comparison: &Comparison, home: &Path, out: &Path) -> Command {
    let mut command = genomenas();
    command.arg("compare").args(TERMS.split_whitespace());
    command.args(["--in-flight", &comparison.in_flight.to_string()]);
    command.args(SPACE.split_whitespace().flat_map(|size| ["--space-set", size]));
    command.args(comparison.runs.iter().flat_map(|run| ["--strategy", &run.strategy]));
    command.arg("--data").arg(home.join(&comparison.store)).arg("--out").arg(out);
    reproducibly(command)
}

#[test]
fn every_strategy_comes_to_its_frozen_bytes() {
    let home = tempfile::tempdir().unwrap();
    unpack(DAY, "strategies", home.path());
    let mut found = Vec::new();
    for comparison in golden().comparisons {
        let out = home.path().join(format!("{}-now", comparison.name));
        Outcome::text(&mut compare(&comparison, home.path(), &out));
        let space = |folder: &Path, name: &str| sha256(&bytes(folder, name));
        let then = space(home.path(), &format!("{}.space.toml", comparison.name));
        found.push((comparison.name.clone(), difference("space.toml", &space(&out, "space.toml"), &then)));
        for run in &comparison.runs {
            let name = format!("{} ({} in flight)", run.strategy, comparison.in_flight);
            found.push((name, Digests::of(&out.join(&run.folder)).differences(&run.digests)));
        }
        let rows: String = leaderboard(&out).iter().map(|row| row.join("\t") + "\n").collect();
        let differs = difference("leaderboard.csv", &sha256(rows.as_bytes()), &comparison.leaderboard);
        found.push((comparison.name, differs));
    }
    assert_same(found);
}

#[test]
fn the_frozen_runs_are_of_all_sixteen_strategies_of_then() {
    let mut strategies: Vec<String> = golden()
        .comparisons
        .iter()
        .flat_map(|comparison| &comparison.runs)
        .map(|run| run.strategy.split(' ').next().unwrap().to_owned())
        .collect();
    strategies.sort();
    strategies.dedup();
    let manifests: Value = serde_json::from_str(&text("manifests.json")).unwrap();
    let known: Vec<String> = manifests.as_object().unwrap().keys().cloned().collect();
    assert_eq!(strategies, known);
    assert_eq!(strategies.len(), 16);
}

/// Hands a run of then to the plugin of today. A run takes no other plugin than the one that it began with, and what is
/// looked at here is whether today's understands the state that the one of then saved.
fn hand_over(folder: &Path) {
    let settings = fs::read_to_string(folder.join("run.toml")).unwrap();
    let plugin = settings.lines().find_map(|line| line.strip_prefix("plugin = ")).unwrap().trim_matches('"');
    let library = built_plugin(plugin);
    let digest = sha256(&fs::read(&library).unwrap());
    fill(folder, &[("@PLUGIN@", library.to_str().unwrap()), ("@SHA256@", &digest)]);
}

#[test]
fn every_strategy_goes_on_from_the_state_that_it_saved_then_to_its_frozen_bytes() {
    let home = tempfile::tempdir().unwrap();
    unpack(DAY, "strategies", home.path());
    let mut killed: Vec<(String, PathBuf, Digests)> = Vec::new();
    for comparison in golden().comparisons {
        let space = home.path().join(format!("{}.space.toml", comparison.name));
        for run in comparison.runs {
            let name = Path::new(&run.folder).parent().unwrap().file_name().unwrap();
            let folder = home.path().join(&comparison.name).join(name);
            fs::copy(&space, folder.join("space.toml")).unwrap();
            hand_over(&folder);
            assert!(folder.join("checkpoints/strategy.state").exists() && !folder.join("result.json").exists());
            killed.push((format!("{} ({} in flight)", run.strategy, comparison.in_flight), folder, run.digests));
        }
    }
    let (left, found) = (Mutex::new(killed), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let next = left.lock().unwrap().pop();
            let Some((name, folder, then)) = next else { return };
            let outcome = Outcome::of(&mut reproducibly(run(&folder)));
            let differences = match outcome.code {
                Some(0) => Digests::of(&folder).differences(&then),
                _ => vec![format!("it does not go on: {}", outcome.stderr)],
            };
            found.lock().unwrap().push((name, differences));
        }
    };
    std::thread::scope(|scope| (0..JOBS).for_each(|_| _ = scope.spawn(work)));
    assert_same(found.into_inner().unwrap());
}
