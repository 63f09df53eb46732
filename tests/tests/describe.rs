//! `genomenas describe`: layers, shapes and exact counts of networks, from the outside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use genomenas_tests::{Outcome, genomenas, made_up};
use serde_json::Value;

/// A convolution of 8 filters over 100 bases, the largest value of each, 3 outputs.
const BY_HAND: &str = r#"{
  "version": 1, "name": "by-hand", "input": [4, 100], "output": "out",
  "nodes": [
    {"name": "conv", "inputs": ["input"], "op": {"type": "conv1d", "out_channels": 8, "kernel": 5}},
    {"name": "relu", "inputs": ["conv"], "op": {"type": "activation", "function": "relu"}},
    {"name": "pool", "inputs": ["relu"], "op": {"type": "global_max_pool"}},
    {"name": "out", "inputs": ["pool"], "op": {"type": "linear", "out_features": 3}}
  ]
}"#;

/// The same as a space: the convolution has a kernel of 5 or of 9.
const SPACE_BY_HAND: &str = r#"
format = "genomenas-space"
version = 1
name = "two-kernels"
input = [4, 100]
output = "out"

[[decisions]]
id = "kernel"
options = ["5", "9"]

[[nodes]]
name = "conv"
inputs = ["input"]
[nodes.op]
type = "choice"
decision = "kernel"
[nodes.op.options]
5 = { type = "conv1d", out_channels = 8, kernel = 5, padding = 2 }
9 = { type = "conv1d", out_channels = 8, kernel = 9, padding = 4 }

[[nodes]]
name = "pool"
inputs = ["conv"]
op = { type = "global_max_pool" }

[[nodes]]
name = "out"
inputs = ["pool"]
op = { type = "linear", out_features = 3 }
"#;

fn describe(arguments: &str) -> Command {
    let mut command = genomenas();
    command.arg("describe").args(arguments.split_whitespace());
    command
}

fn described(arguments: &str) -> Value {
    Outcome::json(describe(arguments).arg("--json"))
}

fn parameters(arguments: &str) -> u64 {
    described(arguments)["parameters"].as_u64().unwrap()
}

fn describe_file(option: &str, path: &Path) -> Command {
    let mut command = describe(option);
    command.arg(path);
    command
}

#[test]
fn the_published_baselines_have_their_published_numbers_of_parameters() {
    assert_eq!(parameters("--strategy deepsea --length 1000 --labels 919"), 52_843_119);
    assert_eq!(parameters("--strategy danq --length 1000 --labels 919"), 46_929_039);
    assert_eq!(parameters("--strategy ncnet-rr --length 1000 --labels 919"), 57_583_119);
    assert_eq!(parameters("--strategy ncnet-brr --length 1000 --labels 919"), 47_693_359);
    let fixed = "--strategy deepvirfinder --set form=fixed_length --set width=0.1";
    assert_eq!(parameters(&format!("{fixed} --length 150 --labels 4")), 704_604);
}

#[test]
fn the_genomenas_space_is_described_by_its_supernet() {
    let space = described("--space genomenas --length 1000 --labels 919");
    assert_eq!(space["parameters"], 38_035_471);
    let decisions = space["decisions"].as_array().unwrap();
    let of = |prefix: &str, options: usize| {
        let edges = decisions.iter().filter(|decision| decision["id"].as_str().unwrap().starts_with(prefix));
        edges.inspect(|edge| assert_eq!(edge["options"].as_array().unwrap().len(), options, "{edge}")).count()
    };
    // 14 edges a type of cell with 9 operations each, 36 edges of the recurrent cell with 5 activations each.
    assert_eq!((of("normal.", 9), of("reduction.", 9), of("rnn.", 5)), (14, 14, 36));
}

#[test]
fn the_supernet_has_the_published_size_for_every_number_of_cells() {
    let published = [8_018_831, 8_228_367, 9_033_743, 9_588_239, 12_749_327, 22_880_271];
    for (cells, total) in (1..).zip(published) {
        let arguments = format!("--space genomenas --set cells={cells} --length 240 --labels 919");
        assert_eq!(parameters(&arguments), total, "{cells} cells");
    }
}

#[test]
fn the_file_of_a_space_describes_as_the_space_itself() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = "--length 240 --labels 9";
    for space in ["genomenas", "genomenas --set cells=2 --set nodes=3 --set multiplier=2 --set activations=none,gelu"] {
        let file = Outcome::text(&mut describe(&format!("--space {space} {sizes} --toml")));
        let path = made_up::write(folder.path(), "space.toml", &file);
        let from_file = Outcome::json(describe_file("--space", &path).args(format!("{sizes} --json").split(' ')));
        assert_eq!(from_file, described(&format!("--space {space} {sizes}")), "{space}");
        let again = Outcome::text(describe_file("--space", &path).args(format!("{sizes} --toml").split(' ')));
        assert_eq!(again, file);
    }
}

#[test]
fn a_person_is_shown_a_line_a_mixture_and_on_request_every_option() {
    let small = "--space genomenas --set cells=1 --set nodes=1 --set rnn_nodes=2 --set operations=none,skip_connect,max_pool_3,conv_3 --length 50 --labels 2";
    let text = Outcome::text(&mut describe(small));
    insta::assert_snapshot!(text);
    let all = Outcome::text(&mut describe(&format!("{small} --options")));
    insta::assert_snapshot!("options_in_full", all);
}

#[test]
fn a_strategy_that_begins_with_a_supernet_is_described_by_it() {
    let space = described("--space genomenas --length 1000 --labels 919");
    for strategy in ["darts", "p-darts", "cwp-darts", "dep-darts"] {
        let mut supernet = described(&format!("--strategy {strategy} --length 1000 --labels 919"));
        assert_eq!(supernet["name"], strategy);
        supernet["name"] = space["name"].clone();
        assert!(supernet == space, "{strategy} begins with less than all options");
    }
}

#[test]
fn the_layers_add_up_to_the_total() {
    for arguments in [
        "--strategy deepsea --length 1000 --labels 15",
        "--strategy random-search --length 1000 --labels 15",
        "--strategy darts --length 200 --labels 2",
        "--space genomenas --set cells=3 --length 200 --labels 2",
    ] {
        let network = described(arguments);
        for count in ["parameters", "multiply_adds"] {
            let layers = network["layers"].as_array().unwrap().iter();
            let sum: u64 = layers.map(|layer| layer[count].as_u64().unwrap()).sum();
            assert_eq!(network[count].as_u64().unwrap(), sum, "{count} of {arguments}");
        }
    }
}

#[test]
fn an_architecture_written_by_hand_is_counted_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = made_up::write(folder.path(), "by-hand.json", BY_HAND);
    let network = Outcome::json(describe_file("--architecture", &path).arg("--json"));
    // 8 · (4 · 5 + 1) weights at 96 positions, and 3 · (8 + 1).
    assert_eq!((&network["parameters"], &network["multiply_adds"]), (&195.into(), &(96 * 160 + 24).into()));
    insta::assert_snapshot!(Outcome::text(&mut describe_file("--architecture", &path)));
}

#[test]
fn a_space_written_by_hand_is_counted_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = made_up::write(folder.path(), "two-kernels.toml", SPACE_BY_HAND);
    let text = Outcome::text(describe_file("--space", &path).args(["--length", "100", "--labels", "3"]));
    insta::assert_snapshot!(text);
}

#[test]
fn length_and_labels_can_come_from_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = made_up::store(folder.path());
    let from_store = Outcome::json(describe("--strategy danq --json --data").arg(store));
    assert_eq!(from_store, described("--strategy danq --length 200 --labels 2"));
}

#[test]
fn a_strategys_first_network_follows_from_its_seed() {
    let hash = |seed: u64| {
        described(&format!("--strategy random-search --length 200 --labels 2 --seed {seed}"))["hash"].clone()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_wider_network_is_asked_for_with_a_parameter() {
    let width = |width: &str| parameters(&format!("--strategy danq --set width={width} --length 1000 --labels 15"));
    assert!(width("0.1") < width("0.5") && width("0.5") < width("1"));
}

#[test]
fn what_is_no_network_is_refused_with_what_to_do() {
    let sizes = "--length 1000 --labels 15";
    let mut said = String::new();
    for arguments in [
        "--strategy deepsea".to_owned(),
        "--strategy deepsea --length 1000".to_owned(),
        format!("{sizes} --json"),
        "--strategy deepsea --length 162 --labels 15".to_owned(),
        "--strategy deepsea --length 0 --labels 15".to_owned(),
        "--strategy deepsea --length 1000 --labels 0".to_owned(),
        "--strategy deepsea --length many --labels 15".to_owned(),
        format!("--space genomenas --set cells=0 {sizes}"),
        format!("--space genomenas --set cells=-3 {sizes}"),
        format!("--space genomenas --set cels=3 {sizes}"),
        format!("--space genomenas --set operations=conv_3,knov_5 {sizes}"),
        format!("--space genomenas --set operations=conv_4 {sizes}"),
        format!("--space genomenas --set dropout=1 {sizes}"),
        format!("--space genomenas --set cells {sizes}"),
        format!("--space no-such-space.toml {sizes}"),
        "--architecture no-such-file.json".to_owned(),
        format!("--architecture no-such-file.json {sizes}"),
        format!("--strategy deepsea --space genomenas {sizes}"),
        format!("--space genomenas --set nodes=2 --set multiplier=3 {sizes}"),
        format!("--strategy deepsea --toml {sizes}"),
        format!("--space genomenas --toml --json {sizes}"),
    ] {
        writeln!(said, "{arguments}\n    {}", Outcome::refusal(&mut describe(&arguments), 2)).unwrap();
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_document_with_a_mistake_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    let mut tell = |what: &str, error: &str| {
        writeln!(said, "{what}\n    {}", error.replace(&folder.path().display().to_string(), "[FOLDER]")).unwrap();
    };
    for (what, old, new) in [
        ("an unknown operation", "global_max_pool", "global_min_pool"),
        ("an unknown field", "\"kernel\"", "\"kernels\""),
        ("an unknown input", "[\"pool\"]", "[\"pol\"]"),
        ("a kernel longer than the input", "\"kernel\": 5", "\"kernel\": 101"),
        ("a version of the future", "\"version\": 1", "\"version\": 2"),
        ("a missing bracket", "]\n}", "}"),
    ] {
        assert!(BY_HAND.contains(old));
        let path = made_up::write(folder.path(), "a.json", BY_HAND.replace(old, new));
        let error = Outcome::refusal(&mut describe_file("--architecture", &path), 2);
        tell(what, &error);
    }
    let path = made_up::write(folder.path(), "space.toml", SPACE_BY_HAND);
    let error = Outcome::refusal(describe_file("--space", &path).args(["--length", "101", "--labels", "3"]), 2);
    tell("a space for another length", &error);
    insta::assert_snapshot!(said);
}
