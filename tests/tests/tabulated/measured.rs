//! That the table is what real runs measure, and what searches that share weights find of it in real runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use genomenas_plugin::simulate::Curves as _;
use genomenas_plugin::simulate::laboratory::{Laboratory, MEASURED, Point, Table};
use genomenas_plugin::space::{Selection, Space};
use genomenas_tests::Outcome;
use genomenas_tests::runs::{bytes, journal, of_type};
use genomenas_tests::tiny::{self, TRAINING, WHOLE};
use serde_json::Value;

use super::save;

fn kept() -> Table {
    Laboratory::new().unwrap().table().clone()
}

/// Where what a real search finds stands among all architectures of the table, for each seed.
fn found(id: &str, parameters: &[(&str, &str)], budget: u64) -> Vec<f64> {
    let (folder, table) = (tempfile::tempdir().unwrap(), kept());
    let store = tiny::store(folder.path());
    let of = |seed: u64| {
        let out = folder.path().join(seed.to_string());
        Outcome::text(&mut tiny::search(id, budget, seed, parameters, &store, &out));
        let architecture: Value = serde_json::from_slice(&bytes(&out, "architecture.json")).unwrap();
        let selection: Selection = serde_json::from_value(architecture["selection"].clone()).unwrap();
        table.percentile(table.quality(&selection).unwrap())
    };
    let percentiles: Vec<f64> = (1..=3).map(of).collect();
    println!("{id} finds, with {budget} samples, architectures at {percentiles:.3?} of all");
    percentiles
}

#[test]
fn a_search_that_shrinks_a_supernet_finds_better_than_the_median_architecture() {
    let percentiles = found("osp-nas", &[("batch", "40")], 5 * WHOLE);
    assert!(percentiles.iter().sum::<f64>() / 3.0 > 0.5, "{percentiles:?}");
}

#[test]
fn a_search_by_a_graph_network_over_shared_weights_finds_better_than_the_median_architecture() {
    let percentiles = found("bonas", &[("batch", "40")], 5 * WHOLE);
    assert!(percentiles.iter().sum::<f64>() / 3.0 > 0.5, "{percentiles:?}");
}

fn tiny_space() -> Space {
    Space::from_text(&fs::read_to_string(tiny::space()).unwrap()).unwrap()
}

/// How many architectures the space has.
fn all() -> u64 {
    tiny_space().sample_distinct(1000, 1).len() as u64
}

/// The learning curves of all trials of a search in the folder `run`.
fn of_run(run: &Path) -> Table {
    let journal = journal(run);
    let proposals = of_type(&journal, "propose", None);
    let trials =
        proposals.iter().flat_map(|record| record["proposal"]["trials"].as_array().cloned().unwrap_or_default());
    let selection =
        |trial: Value| -> Selection { serde_json::from_value(trial["network"]["selection"].clone()).unwrap() };
    let trained: Vec<Selection> = trials.map(selection).collect();
    let mut curves: BTreeMap<Selection, Vec<Point>> = BTreeMap::new();
    for record in of_type(&journal, "epoch", None) {
        let trial = usize::try_from(record["trial"].as_u64().unwrap()).unwrap();
        let of = |name: &str| record["epoch"][name].as_f64().unwrap();
        let samples = record["report"]["cost"]["samples"].as_f64().unwrap();
        let point = Point { samples, values: [of("valid_loss"), of("auroc"), of("auprc")] };
        curves.entry(trained[trial].clone()).or_default().push(point);
    }
    Table::new(curves)
}

/// The table as text, with the decisions in the order of the space.
fn to_text(table: &Table) -> String {
    let decisions: Vec<String> = tiny_space().decisions.into_iter().map(|decision| decision.id).collect();
    let mut text = decisions.join("\t");
    for point in table.architectures().next().and_then(|first| table.curve(first)).into_iter().flatten() {
        for name in MEASURED {
            write!(text, "\t{name}@{}", point.samples).unwrap();
        }
    }
    text.push('\n');
    for selection in table.architectures() {
        text += &decisions.iter().map(|id| selection.0[id].as_str()).collect::<Vec<_>>().join("\t");
        for value in table.curve(selection).unwrap().iter().flat_map(|point| point.values) {
            write!(text, "\t{value:.4}").unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn what_is_written_is_read_again() {
    assert_eq!(Table::from_text(&to_text(&kept())).unwrap(), kept());
}

/// What `random-search` measures of so many networks of the space.
fn measured(networks: u64) -> Table {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (tiny::store(folder.path()), folder.path().join("run"));
    let (trials, epochs) = (networks.to_string(), tiny::EPOCHS.to_string());
    let parameters = [&[("trials", trials.as_str()), ("epochs", epochs.as_str())], &TRAINING[..]].concat();
    Outcome::text(&mut tiny::search("random-search", networks * WHOLE, 1, &parameters, &store, &out));
    let table = of_run(&out);
    assert_eq!(table.architectures().len() as u64, networks);
    table
}

fn expect_as_kept(measured: &Table) {
    let kept = kept();
    let apart = |options| (measured.quality(options).unwrap() - kept.quality(options).unwrap()).abs();
    let mean = measured.architectures().map(apart).sum::<f64>() / measured.architectures().len() as f64;
    assert!(mean < 0.02, "the scores are {mean} off in the mean, more than another machine explains");
}

#[test]
fn the_first_networks_of_the_table_are_measured_again_as_it_says() {
    expect_as_kept(&measured(5));
}

/// How `curves.tsv` of the laboratory was made. Name a file with `GENOMENAS_TINY_CURVES` to write the table anew.
#[test]
#[ignore = "trains 240 networks, which takes ten minutes; the test above trains five of them"]
fn the_table_is_what_random_search_measures_of_the_whole_space() {
    let table = measured(all());
    save("GENOMENAS_TINY_CURVES", &to_text(&table));
    expect_as_kept(&table);
}
