//! Drawing architectures from a space, counting them, and applying selections.

use std::collections::BTreeMap;

use genomenas_plugin::seed;
use genomenas_plugin::space::{Architecture, GenomeNas, Op, Selection, Space};
use proptest::prelude::*;

fn published() -> Space {
    GenomeNas::new(1000, 919).space().unwrap()
}

/// Two of three edges of 1, 2 and 3 options, and a free decision of 2: 2·(1·2 + 1·3 + 2·3) = 22 architectures.
const UNEVEN: &str = r#"
version = 1
name = "uneven"
input = [4, 30]
output = "out"
decisions = [
    { id = "a", options = ["none", "x"], search_only = ["none"] },
    { id = "b", options = ["x", "y"] },
    { id = "c", options = ["x", "y", "z"] },
    { id = "end", options = ["max", "mean"] },
]
rules = [{ of = ["a", "b", "c"], keep = 2 }]
nodes = [
    { name = "a", inputs = ["input"], op = { type = "choice", decision = "a", options = { none = { type = "zero" }, x = { type = "identity" } } } },
    { name = "b", inputs = ["input"], op = { type = "choice", decision = "b", options = { x = { type = "identity" }, y = { type = "activation", function = "relu" } } } },
    { name = "c", inputs = ["input"], op = { type = "choice", decision = "c", options = { x = { type = "identity" }, y = { type = "activation", function = "relu" }, z = { type = "activation", function = "tanh" } } } },
    { name = "sum", inputs = ["a", "b", "c"], op = { type = "add" } },
    { name = "pool", inputs = ["sum"], op = { type = "choice", decision = "end", options = { max = { type = "global_max_pool" }, mean = { type = "global_avg_pool" } } } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

pub(crate) fn uneven() -> Space {
    Space::from_text(UNEVEN).unwrap()
}

#[test]
#[expect(clippy::float_cmp, reason = "the products are exact to the last bit that a f64 has")]
fn the_published_space_has_the_published_number_of_architectures() {
    assert_eq!(published().architectures(), 3_019_898_880.0 * 3_019_898_880.0 * 2_642_411_520.0);
    assert_eq!(uneven().architectures(), 22.0);
}

#[test]
fn every_architecture_is_equally_likely() {
    let space = uneven();
    let draws = 22 * 500;
    let mut counts: BTreeMap<Selection, u32> = BTreeMap::new();
    for index in 0..draws {
        *counts.entry(space.sample(&mut seed::stream(11, "uniform", index))).or_default() += 1;
    }
    assert_eq!(counts.len(), 22);
    let chi_square: f64 = counts.values().map(|&count| (f64::from(count) - 500.0).powi(2) / 500.0).sum();
    // The 99.9 % quantile of χ² with 21 degrees of freedom.
    assert!(chi_square < 46.8, "{chi_square}");
}

#[test]
fn distinct_draws_exhaust_a_small_space_and_then_stop() {
    let drawn = uneven().sample_distinct(100, 5);
    assert_eq!(drawn.len(), 22);
    assert_eq!(drawn, uneven().sample_distinct(22, 5));
    assert_eq!(drawn[..7], uneven().sample_distinct(7, 5));
}

#[test]
fn dropped_choices_leave_no_trace_in_the_architecture() {
    let choose = |choices: &[(&str, &str)]| {
        Selection(choices.iter().map(|&(id, option)| (id.to_owned(), option.to_owned())).collect())
    };
    let chosen = uneven().architecture(&choose(&[("a", "x"), ("c", "z"), ("end", "mean")])).unwrap();
    let names: Vec<&str> = chosen.graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["a", "c", "sum", "pool", "out"]);
    assert_eq!(chosen.graph.nodes[2].inputs, ["a", "c"]);
}

#[test]
fn selections_that_break_a_rule_or_name_the_unknown_are_refused() {
    let refusals: Vec<String> = [
        vec![("a", "x"), ("end", "max")],
        vec![("a", "x"), ("b", "x"), ("c", "x"), ("end", "max")],
        vec![("a", "x"), ("b", "x")],
        vec![("a", "none"), ("b", "x"), ("end", "max")],
        vec![("a", "x"), ("b", "w"), ("end", "max")],
        vec![("a", "x"), ("b", "x"), ("end", "max"), ("d", "x")],
    ]
    .into_iter()
    .map(|choices| choices.into_iter().map(|(id, option)| (id.to_owned(), option.to_owned())).collect())
    .map(|choices| uneven().architecture(&Selection(choices)).unwrap_err().message)
    .collect();
    let text = refusals.join("\n");
    insta::assert_snapshot!(text);
}

#[test]
fn a_space_survives_toml_and_json() {
    for space in [uneven(), published(), GenomeNas { cells: 2, ..GenomeNas::new(60, 3) }.space().unwrap()] {
        assert_eq!(Space::from_text(&space.to_toml().unwrap()).unwrap(), space);
        assert_eq!(Space::from_text(&space.to_json().unwrap()).unwrap(), space);
    }
}

#[test]
fn a_space_is_written_as_a_person_would_write_it() {
    let toml = uneven().to_toml().unwrap();
    insta::assert_snapshot!(toml);
}

#[test]
fn names_that_toml_does_not_take_bare_survive() {
    let text = UNEVEN.replace("\"uneven\"", r#""un\"even\\ \t ü""#);
    let space = Space::from_text(&text).unwrap();
    assert_eq!(space.name, "un\"even\\ \t ü");
    assert_eq!(Space::from_text(&space.to_toml().unwrap()).unwrap(), space);
    let mut odd = GenomeNas { cells: 1, nodes: 1, rnn_nodes: 1, ..GenomeNas::new(9, 1) }.space().unwrap();
    let block = odd.graph.blocks.remove("normal_cell").unwrap();
    odd.graph.blocks.insert("a cell.\"1\"".to_owned(), block);
    for node in &mut odd.graph.nodes {
        if let Op::Block { block } = &mut node.op {
            "a cell.\"1\"".clone_into(block);
        }
    }
    assert_eq!(Space::from_text(&odd.to_toml().unwrap()).unwrap(), odd);
}

#[test]
#[expect(clippy::float_cmp, reason = "small whole numbers")]
fn the_space_of_the_readme_is_a_space() {
    let readme = include_str!("../../README.md");
    let (_, text) = readme.rsplit_once("```toml\n").unwrap();
    let space = Space::from_text(text.split("```").next().unwrap()).unwrap();
    assert_eq!(space.architectures(), 4.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_drawn_architecture_is_valid_survives_json_and_keeps_two_edges_a_node(seed in any::<u64>()) {
        let space = GenomeNas::new(120, 4).space().unwrap();
        let selection = space.sample(&mut seed::stream(seed, "draw", 0));
        prop_assert!(selection.0.values().all(|option| option != "none"));
        for cell in ["normal", "reduction"] {
            for node in 0..4 {
                let edges = format!("{cell}.{node}.");
                prop_assert_eq!(selection.0.keys().filter(|id| id.starts_with(&edges)).count(), 2);
            }
        }
        for node in 0..8 {
            let edges = format!("rnn.{node}.");
            prop_assert_eq!(selection.0.keys().filter(|id| id.starts_with(&edges)).count(), 1);
        }
        let architecture = space.architecture(&selection).unwrap();
        architecture.layers().unwrap().expect_io(120, 4).unwrap();
        prop_assert_eq!(&Architecture::from_json(&architecture.to_json().unwrap()).unwrap(), &architecture);
        prop_assert_eq!(architecture.selection, Some(selection));
    }
}
