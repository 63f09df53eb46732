//! Masks: what discards leave of a space, and what it then weighs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use genomenas_plugin::message::Discard;
use genomenas_plugin::rand::seq::IndexedRandom;
use genomenas_plugin::rand::{Rng, RngExt};
use genomenas_plugin::seed;
use genomenas_plugin::space::{GenomeNas, LayerOp, Layers, Mask, Selection, Space};
use proptest::prelude::*;

/// Weights of the supernet of 1000 bases and 919 outputs beside its edges and alphas, as published.
const WITHOUT_EDGES: u64 = 26_063_327;

fn published() -> Space {
    GenomeNas::new(1000, 919).space().unwrap()
}

/// Three cells of three nodes, and a highway cell of three.
fn small() -> Space {
    GenomeNas { cells: 3, channels: 2, nodes: 3, rnn_nodes: 3, decoder_features: 5, ..GenomeNas::new(60, 2) }
        .space()
        .unwrap()
}

fn option(decision: &str, option: &str) -> Discard {
    Discard::Option { decision: decision.to_owned(), option: option.to_owned() }
}

fn edge(decision: &str) -> Discard {
    Discard::Edge { decision: decision.to_owned() }
}

/// The mask after these discards, all of which must be possible.
fn after(space: &Space, discards: impl IntoIterator<Item = Discard>) -> Mask {
    let mut mask = space.mask();
    for discard in discards {
        mask.discard(space, &discard).unwrap_or_else(|error| panic!("{discard:?}: {error}"));
    }
    mask
}

fn supernet(space: &Space, mask: &Mask) -> Layers {
    space.masked(mask).unwrap().supernet_layers().unwrap()
}

/// A discard of any option or edge of `space`, possible or not.
fn any_discard(space: &Space, draws: &mut impl Rng) -> Discard {
    let decision = space.decisions.choose(draws).unwrap();
    if draws.random_bool(0.3) {
        edge(&decision.id)
    } else {
        option(&decision.id, decision.options.choose(draws).unwrap())
    }
}

/// What a sequence of discards leaves; those that would leave too little are passed over.
fn any_mask(space: &Space, discards: usize, seed: u64) -> Mask {
    let mut draws = seed::stream(seed, "mask", 0);
    let mut mask = space.mask();
    for _ in 0..discards {
        let _ = mask.discard(space, &any_discard(space, &mut draws));
    }
    mask
}

/// Weights of one operation without scale and shift, as published.
fn weights_of(option: &str, channels: u64, stride: u64) -> u64 {
    let c = channels;
    match option {
        "none" | "max_pool_5" | "avg_pool_5" => 0,
        "skip_connect" => {
            if stride == 1 {
                0
            } else {
                c * c
            }
        }
        "sep_conv_15" => 2 * (15 * c + c * c),
        "sep_conv_9" => 2 * (9 * c + c * c),
        "dil_conv_15" => 15 * c + c * c,
        "dil_conv_9" => 9 * c + c * c,
        "conv_15" => 30 * c * c,
        other => panic!("no operation {other}"),
    }
}

/// Weights of the edges of the six cells that `mask` leaves, and their alphas.
fn expected_parameters(mask: &Mask) -> u64 {
    let cells: [(&str, u64, u64); 6] = [
        ("normal", 8, 1),
        ("reduction", 16, 2),
        ("reduction", 32, 2),
        ("normal", 32, 1),
        ("reduction", 64, 2),
        ("reduction", 128, 3),
    ];
    let alphas: usize = mask.0.values().map(BTreeSet::len).sum();
    let mut total = WITHOUT_EDGES + alphas as u64;
    for (id, options) in &mask.0 {
        let parts: Vec<&str> = id.split('.').collect();
        for &(_, channels, stride) in cells.iter().filter(|cell| cell.0 == parts[0]) {
            let stride = if parts[2] < "2" { stride } else { 1 };
            total += options.iter().map(|option| weights_of(option, channels, stride)).sum::<u64>();
        }
    }
    total
}

/// How many decisions of each kind a supernet has, and how many options each of them: "14×9 14×9 36×5".
fn alphas(layers: &Layers) -> String {
    let of = |kind: &str| {
        let decisions: Vec<_> = layers.decisions.iter().filter(|decision| decision.id.starts_with(kind)).collect();
        let options: BTreeSet<usize> = decisions.iter().map(|decision| decision.options.len()).collect();
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        format!("{}×{}", decisions.len(), options.join("/"))
    };
    format!("{} {} {}", of("normal."), of("reduction."), of("rnn."))
}

/// Keeps the first options of every decision, so many of an operation's and of an activation's, and drops edges
/// from the last input on until a node has at most so many.
fn stage(space: &Space, keep: (usize, usize), inputs: (usize, usize)) -> Mask {
    let mut mask = space.mask();
    for rule in &space.rules {
        let rnn = rule.of[0].starts_with("rnn.");
        let (keep, inputs) = if rnn { (keep.1, inputs.1) } else { (keep.0, inputs.0) };
        for id in rule.of.iter().skip(inputs) {
            mask.discard(space, &edge(id)).unwrap();
        }
        for id in rule.of.iter().take(inputs) {
            let decision = space.decision(id).unwrap();
            // From the end: the options after `none` remain.
            for dropped in &decision.options[keep..] {
                mask.discard(space, &option(id, dropped)).unwrap();
            }
        }
    }
    mask
}

#[test]
fn the_stages_of_p_darts_and_dep_darts_have_the_published_numbers_of_alphas() {
    let space = published();
    for (keep, inputs, published) in [
        ((9, 5), (5, 8), "14×9 14×9 36×5"),
        ((6, 3), (5, 8), "14×6 14×6 36×3"),
        ((3, 2), (5, 8), "14×3 14×3 36×2"),
        ((6, 3), (4, 5), "13×6 13×6 30×3"),
        ((3, 2), (3, 3), "11×3 11×3 21×2"),
    ] {
        assert_eq!(alphas(&supernet(&space, &stage(&space, keep, inputs))), published);
    }
}

#[test]
fn a_supernet_has_the_weights_of_the_options_that_remain_and_no_others() {
    let space = published();
    assert_eq!(expected_parameters(&space.mask()), 38_035_471);
    for (keep, inputs) in [((9, 5), (5, 8)), ((6, 3), (5, 8)), ((3, 2), (5, 8)), ((6, 3), (4, 5)), ((3, 2), (3, 3))] {
        let mask = stage(&space, keep, inputs);
        assert_eq!(supernet(&space, &mask).parameters(), expected_parameters(&mask), "{keep:?} {inputs:?}");
    }
    for seed in 0..4 {
        let mask = any_mask(&space, 150, seed);
        assert_eq!(supernet(&space, &mask).parameters(), expected_parameters(&mask), "seed {seed}");
    }
}

#[test]
fn nothing_dropped_is_the_whole_space() {
    let space = published();
    assert_eq!(space.masked(&space.mask()).unwrap(), space);
}

#[test]
fn what_remains_keeps_its_names_shapes_and_order() {
    let space = small();
    let whole = space.supernet_layers().unwrap();
    let shapes: BTreeMap<_, _> = whole.layers.iter().map(|layer| (&layer.name, &layer.shape)).collect();
    for seed in 0..10 {
        let left = supernet(&space, &any_mask(&space, 60, seed));
        for layer in &left.layers {
            assert_eq!(shapes.get(&layer.name), Some(&&layer.shape), "{}", layer.name);
        }
        for decision in &left.decisions {
            let whole = &space.decision(&decision.id).unwrap().options;
            let columns: Vec<_> =
                decision.options.iter().map(|option| whole.iter().position(|o| o == option)).collect();
            assert!(columns.is_sorted(), "{}", decision.id);
        }
    }
}

#[test]
fn a_dropped_option_or_edge_is_in_no_layer() {
    let space = small();
    let left = supernet(&space, &after(&space, [option("normal.0.0", "conv_15"), edge("normal.1.2"), edge("rnn.2.1")]));
    let gone = |layer: &&str| layer.contains("n0_0.conv_15") || layer.contains("n1_2");
    let normal = |layers: &Layers| -> Vec<String> {
        layers.layers.iter().map(|layer| layer.name.clone()).filter(|name| name.starts_with("cell0.")).collect()
    };
    // Two convolutions; none, two pools, an identity, two separable and two dilated convolutions, the same, and the mix.
    let (convolution, edge_layers) = (6, 1 + 2 * 2 + 1 + 2 * 8 + 2 * 4 + 6 + 1);
    let whole = normal(&space.supernet_layers().unwrap());
    assert_eq!(whole.iter().filter(|name| gone(&name.as_str())).count(), convolution + edge_layers);
    assert_eq!(normal(&left).iter().filter(|name| gone(&name.as_str())).count(), 0);
    let LayerOp::Op(genomenas_plugin::space::Op::Highway(cell)) =
        &left.layers.iter().find(|layer| layer.name == "rnn").unwrap().op
    else {
        panic!("no highway cell")
    };
    assert_eq!(cell.edges.len(), 5);
}

#[test]
fn the_masked_published_space_survives_toml_and_json() {
    let space = published().masked(&any_mask(&published(), 150, 3)).unwrap();
    assert_eq!(Space::from_text(&space.to_toml().unwrap()).unwrap(), space);
    assert_eq!(Space::from_text(&space.to_json().unwrap()).unwrap(), space);
}

#[test]
fn a_discard_of_what_is_gone_changes_nothing() {
    let space = small();
    let discards = [option("normal.0.0", "none"), edge("rnn.1.0")];
    let once = after(&space, discards.clone());
    assert_eq!(after(&space, discards.iter().chain(&discards).cloned()), once);
    // An option of an edge that is gone is gone too.
    assert_eq!(after(&space, discards.into_iter().chain([option("rnn.1.0", "tanh")])), once);
}

#[test]
fn discards_that_cannot_be_are_refused_and_change_nothing() {
    let space = small();
    let almost = |kept: &str| {
        let options = &space.decision("rnn.1.1").unwrap().options;
        options.iter().filter(|other| *other != kept).map(|other| option("rnn.1.1", other)).collect::<Vec<_>>()
    };
    let mut text = String::new();
    for (what, before, refused) in [
        ("an unknown decision", vec![], option("normal.9.9", "none")),
        ("an unknown edge", vec![], edge("normal.9.9")),
        ("an unknown option", vec![], option("normal.0.0", "conv_17")),
        ("an edge that the rule of its node needs", vec![], edge("normal.0.0")),
        ("the last edge of a node", vec![edge("rnn.2.0"), edge("rnn.2.2")], edge("rnn.2.1")),
        (
            "all but none",
            vec![option("rnn.0.0", "tanh"), option("rnn.0.0", "relu"), option("rnn.0.0", "sigmoid")],
            option("rnn.0.0", "identity"),
        ),
        ("the last option", almost("relu"), option("rnn.1.1", "relu")),
    ] {
        let mut mask = after(&space, before);
        let was = mask.clone();
        let error = mask.discard(&space, &refused).unwrap_err();
        assert_eq!(mask, was, "{what}");
        writeln!(text, "{what}\n    {error}").unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn an_edge_that_a_node_needs_is_kept_even_where_a_rule_spans_several_nodes() {
    let space = Space::from_text(
        r#"
version = 1
name = "two sums"
input = [4, 30]
output = "out"
decisions = [{ id = "a", options = ["x"] }, { id = "b", options = ["x"] }, { id = "c", options = ["x"] }]
rules = [{ of = ["a", "b", "c"], keep = 2 }]
nodes = [
    { name = "a", inputs = ["input"], op = { type = "choice", decision = "a", options = { x = { type = "identity" } } } },
    { name = "b", inputs = ["input"], op = { type = "choice", decision = "b", options = { x = { type = "identity" } } } },
    { name = "c", inputs = ["input"], op = { type = "choice", decision = "c", options = { x = { type = "identity" } } } },
    { name = "sum", inputs = ["b", "c"], op = { type = "add" } },
    { name = "late", inputs = ["a"], op = { type = "add" } },
    { name = "total", inputs = ["sum", "late"], op = { type = "add" } },
    { name = "flat", inputs = ["total"], op = { type = "flatten" } },
    { name = "out", inputs = ["flat"], op = { type = "linear", out_features = 2 } },
]
"#,
    )
    .unwrap();
    let error = space.mask().discard(&space, &edge("a")).unwrap_err();
    insta::assert_snapshot!(
        error.message,
        @"space 'two sums': node 'late': nothing to add: expected at least one input"
    );
}

#[test]
fn masks_that_leave_no_architecture_are_refused() {
    let space = small();
    let masked = |change: &dyn Fn(&mut Mask)| {
        let mut mask = space.mask();
        change(&mut mask);
        space.masked(&mask).unwrap_err().message
    };
    let set = |options: &[&str]| options.iter().map(|&option| option.to_owned()).collect::<BTreeSet<_>>();
    let mut text = String::new();
    for (what, message) in [
        ("nothing", space.masked(&Mask::default()).unwrap_err().message),
        ("one edge of a node that keeps two", masked(&|mask| _ = mask.0.remove("normal.0.1"))),
        ("an edge without options", masked(&|mask| _ = mask.0.insert("normal.0.1".to_owned(), set(&[])))),
        ("only none", masked(&|mask| _ = mask.0.insert("normal.0.1".to_owned(), set(&["none"])))),
        ("an unknown option", masked(&|mask| _ = mask.0.insert("rnn.0.0".to_owned(), set(&["tanh", "swish"])))),
        ("an unknown decision", masked(&|mask| _ = mask.0.insert("rnn.7.0".to_owned(), set(&["tanh"])))),
    ] {
        writeln!(text, "{what}\n    {message}").unwrap();
    }
    insta::assert_snapshot!(text);
}

/// Two of three edges, a free decision, and an option in a block in an option: every architecture can be listed.
const LISTED: &str = r#"
version = 1
name = "listed"
input = [4, 30]
output = "out"
decisions = [
    { id = "a", options = ["none", "x", "y"], search_only = ["none"] },
    { id = "b", options = ["x", "y", "deep"] },
    { id = "c", options = ["z", "y", "x"] },
    { id = "end", options = ["max", "mean"] },
]
rules = [{ of = ["a", "b", "c"], keep = 2 }]
nodes = [
    { name = "a", inputs = ["input"], op = { type = "choice", decision = "a", options = { none = { type = "zero" }, x = { type = "identity" }, y = { type = "conv1d", kernel = 1 } } } },
    { name = "b", inputs = ["input"], op = { type = "choice", decision = "b", options = { x = { type = "identity" }, y = { type = "conv1d", kernel = 3, padding = 1 }, deep = { type = "block", block = "deep" } } } },
    { name = "c", inputs = ["input"], op = { type = "choice", decision = "c", options = { x = { type = "identity" }, y = { type = "batch_norm" }, z = { type = "activation", function = "tanh" } } } },
    { name = "sum", inputs = ["a", "b", "c"], op = { type = "add" } },
    { name = "pool", inputs = ["sum"], op = { type = "choice", decision = "end", options = { max = { type = "global_max_pool" }, mean = { type = "global_avg_pool" } } } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
[blocks.deep]
inputs = ["x"]
output = "conv"
nodes = [{ name = "conv", inputs = ["x"], op = { type = "conv1d", kernel = 5, padding = 2 } }]
"#;

fn all_of(space: &Space) -> BTreeSet<Selection> {
    let drawn = space.sample_distinct(1000, 1);
    #[expect(clippy::float_cmp, reason = "small whole numbers")]
    let all = drawn.len() as f64 == space.architectures();
    assert!(all, "{} of {}", drawn.len(), space.architectures());
    drawn.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_architectures_of_a_masked_space_are_those_of_the_space_within_the_mask(seed in any::<u64>(), discards in 0_usize..8) {
        let space = Space::from_text(LISTED).unwrap();
        let mask = any_mask(&space, discards, seed);
        let masked = space.masked(&mask).unwrap();
        let within = |selection: &Selection| selection.0.iter().all(|(decision, option)| mask.has(decision, option));
        let expected: BTreeSet<Selection> = all_of(&space).into_iter().filter(within).collect();
        let left = all_of(&masked);
        prop_assert_eq!(&left, &expected);
        for selection in left {
            let (of_masked, of_space) = (masked.architecture(&selection).unwrap(), space.architecture(&selection).unwrap());
            prop_assert_eq!(of_masked.layers().unwrap(), of_space.layers().unwrap());
        }
    }

    #[test]
    fn no_discard_raises_parameters_multiply_adds_or_activations(seed in any::<u64>()) {
        let space = small();
        let mut draws = seed::stream(seed, "discards", 0);
        let counts = |mask: &Mask| {
            let layers = supernet(&space, mask);
            [layers.parameters(), layers.multiply_adds(), layers.activations(), layers.alphas()]
        };
        let mut mask = space.mask();
        let mut before = counts(&mask);
        for _ in 0..40 {
            let discard = any_discard(&space, &mut draws);
            let was = mask.clone();
            if mask.discard(&space, &discard).is_err() || mask == was {
                continue;
            }
            let after = counts(&mask);
            for (after, before) in after.iter().zip(&before) {
                prop_assert!(after <= before, "{:?}", discard);
            }
            prop_assert!(after[3] < before[3], "{:?}", discard);
            prop_assert!(mask.is_within(&was) && !was.is_within(&mask));
            before = after;
        }
    }

    #[test]
    fn a_mask_of_a_masked_space_is_a_mask_of_the_space(seed in any::<u64>()) {
        let space = small();
        let first = any_mask(&space, 30, seed);
        let once = space.masked(&first).unwrap();
        let second = any_mask(&once, 30, seed ^ 1);
        prop_assert!(second.is_within(&first));
        prop_assert_eq!(once.masked(&second).unwrap(), space.masked(&second).unwrap());
        let json = serde_json::to_string(&second).unwrap();
        prop_assert_eq!(serde_json::from_str::<Mask>(&json).unwrap(), second);
    }
}
