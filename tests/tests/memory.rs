//! Networks that no memory holds fail before anything is allocated, in words, and the search goes on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::path::Path;

use genomenas_plugin::message::{Network, Plan, Proposal, Trial};
use genomenas_plugin::space::{Architecture, ArchitectureBuilder, Op};
use genomenas_tests::runs::{journal, motif_store, of_type, quietly, result, space};
use genomenas_tests::{Outcome, scripted_plugin};

use super::protocol::script::Script;

/// An architecture of one layer between a window of 60 bases and its two labels.
fn of(name: &str, op: Op, pool: Op) -> Architecture {
    let mut net = ArchitectureBuilder::new(name, 60);
    net.then(name, op).then("pool", pool).then("out", Op::linear(2));
    net.finish().unwrap()
}

fn conv(out_channels: usize, padding: usize) -> Op {
    Op::Conv1d {
        out_channels: Some(out_channels),
        kernel: 3,
        stride: 1,
        padding,
        dilation: 1,
        depthwise: false,
        groups: 1,
        bias: true,
    }
}

/// A search that trains these architectures, one after the other, with so many bytes of memory.
fn search(folder: &Path, trained: Vec<Architecture>, memory: &str) -> Outcome {
    let plan = Plan { epochs: 1, batch: 16, steps_per_epoch: Some(1), validation_batches: Some(1), ..Plan::default() };
    let network = |architecture| Network::Architecture { architecture: Box::new(architecture) };
    let best = network(of("small", conv(2, 1), Op::GlobalMaxPool {}));
    let trials = trained.into_iter().map(|of| Proposal::trial(Trial::train(network(of), plan.clone())));
    let script = Script::new(trials.collect(), best);
    let text = serde_json::to_string(&script.to_json()).unwrap();
    let mut search = quietly("search", "--strategy scripted --budget 100000samples");
    search.arg("--set").arg(format!("script={text}")).arg("--plugins").arg(scripted_plugin());
    search
        .arg("--space")
        .arg(space(folder))
        .arg("--data")
        .arg(motif_store(folder))
        .arg("--out")
        .arg(folder.join("out"));
    Outcome::of(search.env("GENOMENAS_MEMORY", memory))
}

#[test]
fn a_value_that_nothing_keeps_fails_its_trial_before_it_is_allocated_and_names_its_layer() {
    let folder = tempfile::tempdir().unwrap();
    let trained = vec![
        of("wide", Op::linear(2_000_000), Op::GlobalAvgPool {}),
        of("padded", conv(8, 40_000_000), Op::GlobalAvgPool {}),
        of("small", conv(4, 1), Op::GlobalMaxPool {}),
    ];
    let ended = search(folder.path(), trained, "3000000000");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let out = folder.path().join("out");
    assert_eq!(result(&out)["trials"], 3);
    let journal = journal(&out);
    let ends = of_type(&journal, "end", None);
    let reason = |at: usize| ends[at]["report"]["end"]["outcome"]["reason"].as_str().unwrap_or_default().to_owned();
    for (at, layer, least) in [(0, "pool", 7_000), (1, "padded", 90_000)] {
        let reason = reason(at);
        let needs: u64 =
            reason.strip_prefix("the network needs about ").unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!(needs > least && reason.contains(&format!("MB at layer '{layer}'")), "{reason}");
        assert!(reason.contains("its share of the machine (GENOMENAS_MEMORY) leaves"), "{reason}");
        assert!(reason.ends_with("take a smaller batch or network"), "{reason}");
    }
    assert_eq!(ends[2]["report"]["end"]["outcome"]["type"], "completed");
}

#[test]
fn a_share_that_is_no_number_stops_the_run_and_fails_no_trial() {
    let folder = tempfile::tempdir().unwrap();
    let ended = search(folder.path(), vec![of("small", conv(4, 1), Op::GlobalMaxPool {})], "8 GB");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("GENOMENAS_MEMORY is '8 GB': expected a number of bytes"), "{ended:?}");
    assert!(!folder.path().join("out/result.json").exists());
}
