//! What is refused of a graph or a space, and what a person then reads.

use std::fmt::Write as _;

use genomenas_plugin::space::{Architecture, GenomeNas, Space};

/// A document with these nodes (name, inputs, operation) and blocks; the output is the last node.
fn document(nodes: &[(&str, &str, &str)], blocks: &str) -> String {
    let output = nodes.last().map_or("input", |node| node.0);
    format!(
        r#"{{"version": 1, "name": "bad", "input": [4, 100], "output": "{output}", "blocks": {{{blocks}}}, "nodes": {}}}"#,
        json(nodes)
    )
}

fn json(nodes: &[(&str, &str, &str)]) -> String {
    let nodes: Vec<String> = nodes
        .iter()
        .map(|(name, inputs, op)| {
            let inputs: Vec<String> = inputs.split_whitespace().map(|input| format!("{input:?}")).collect();
            format!(r#"{{"name": "{name}", "inputs": [{}], "op": {{"type": {op}}}}}"#, inputs.join(", "))
        })
        .collect();
    format!("[{}]", nodes.join(", "))
}

fn block(name: &str, inputs: &str, nodes: &[(&str, &str, &str)]) -> String {
    let output = nodes.last().map_or(inputs, |node| node.0);
    let inputs: Vec<String> = inputs.split_whitespace().map(|input| format!("{input:?}")).collect();
    format!(r#""{name}": {{"inputs": [{}], "nodes": {}, "output": "{output}"}}"#, inputs.join(", "), json(nodes))
}

fn refusal(text: &str) -> String {
    Architecture::from_json(text).map_or_else(|error| error.message, |_| "accepted".to_owned())
}

fn list(cases: &[(&str, String)]) -> String {
    cases.iter().fold(String::new(), |mut text, (what, message)| {
        let _ = writeln!(text, "{what}\n    {message}");
        text
    })
}

#[test]
fn graphs_that_make_no_network() {
    let relu = r#""activation", "function": "relu""#;
    let conv = r#""conv1d", "out_channels": 8, "kernel": 5"#;
    let uses = r#""block", "block": "b""#;
    let case = |nodes: &[(&str, &str, &str)]| refusal(&document(nodes, ""));
    let text = list(&[
        ("an unknown input", case(&[("a", "inptu", relu)])),
        ("a forward reference", case(&[("a", "b", relu), ("b", "input", relu)])),
        ("a node that reads itself", case(&[("a", "a", relu)])),
        ("two nodes of one name", case(&[("a", "input", relu), ("a", "a", relu)])),
        ("a node that nobody reads", case(&[("a", "input", relu), ("b", "input", relu)])),
        ("a name with a slash", case(&[("../a", "input", relu)])),
        ("a node called input", case(&[("input", "input", relu)])),
        (
            "an output that is not a node",
            refusal(&document(&[("a", "input", relu)], "").replace(r#""output": "a""#, r#""output": "z""#)),
        ),
        ("an unknown operation", case(&[("a", "input", r#""konv1d""#)])),
        ("an unknown field of an operation", case(&[("a", "input", r#""conv1d", "kernel": 5, "strides": 2"#)])),
        ("two inputs for an operation on one", case(&[("a", "input input", relu)])),
        ("no inputs", case(&[("a", "", relu)])),
        ("nothing to add", case(&[("a", "", r#""add""#)])),
        ("unequal shapes in an add", case(&[("a", "input", conv), ("b", "input a", r#""add""#)])),
        ("unequal lengths in a concat", case(&[("a", "input", conv), ("b", "input a", r#""concat""#)])),
        ("a window that is too short", case(&[("a", "input", r#""conv1d", "kernel": 101"#)])),
        (
            "groups that do not divide",
            case(&[("a", "input", r#""conv1d", "out_channels": 8, "kernel": 3, "groups": 3"#)]),
        ),
        ("a kernel of 0", case(&[("a", "input", r#""conv1d", "kernel": 0"#)])),
        ("a stride of 0", case(&[("a", "input", r#""max_pool", "kernel": 3, "stride": 0"#)])),
        (
            "a pool padded beyond half of its window",
            case(&[("a", "input", r#""max_pool", "kernel": 3, "stride": 1, "padding": 2"#)]),
        ),
        ("a dropout of everything", case(&[("a", "input", r#""dropout", "p": 1.0"#)])),
        ("a linear layer without outputs", case(&[("a", "input", r#""linear", "out_features": 0"#)])),
        ("a convolution of features", case(&[("a", "input", r#""flatten""#), ("b", "a", conv)])),
        (
            "a convolution beyond every machine",
            case(&[("a", "input", r#""conv1d", "out_channels": 18446744073709551615, "kernel": 5"#)]),
        ),
        (
            "an LSTM beyond every machine",
            case(&[("a", "input", r#""lstm", "hidden": 18446744073709551615, "bidirectional": true"#)]),
        ),
        (
            "a choice in an architecture",
            case(&[("a", "input", r#""choice", "decision": "d", "options": {"x": {"type": "identity"}}"#)]),
        ),
        ("a highway node without an edge", case(&[("a", "input", r#""highway", "nodes": 1, "edges": []"#)])),
        (
            "a highway edge from a later state",
            case(&[(
                "a",
                "input",
                r#""highway", "nodes": 1, "edges": [{"node": 0, "input": 1, "activation": "tanh"}]"#,
            )]),
        ),
        ("an unknown block", case(&[("a", "input", uses)])),
        (
            "a block that uses itself",
            refusal(&document(&[("a", "input", uses)], &block("b", "x", &[("n", "x", uses)]))),
        ),
        (
            "a block that nobody uses",
            refusal(&document(&[("a", "input", relu)], &block("b", "x", &[("n", "x", relu)]))),
        ),
        (
            "too many inputs of a block",
            refusal(&document(&[("a", "input input", uses)], &block("b", "x", &[("n", "x", relu)]))),
        ),
        (
            "two inputs of a block with one name",
            refusal(&document(&[("a", "input input", uses)], &block("b", "x x", &[("n", "x", relu)]))),
        ),
        (
            "another version",
            refusal(&document(&[("a", "input", relu)], "").replace(r#""version": 1"#, r#""version": 2"#)),
        ),
        (
            "another format",
            refusal(
                &document(&[("a", "input", relu)], "")
                    .replace(r#""version": 1"#, r#""version": 1, "format": "genomenas-space""#),
            ),
        ),
        ("no bases", refusal(&document(&[("a", "input", relu)], "").replace("[4, 100]", "[4, 0]"))),
        ("not JSON", refusal("version = 1")),
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn words_that_cannot_be_counted() {
    let relu = r#""activation", "function": "relu""#;
    let case = |nodes: &[(&str, &str, &str)]| refusal(&document(nodes, ""));
    let text = list(&[
        ("words of no base", case(&[("a", "input", r#""kmer_spectrum", "k": 0"#)])),
        ("words of nine bases", case(&[("a", "input", r#""kmer_spectrum", "k": 9"#)])),
        (
            "words of what is no base",
            case(&[("a", "input", relu), ("b", "a", r#""kmer_spectrum", "k": 2, "both_strands": true"#)]),
        ),
        (
            "words that are longer than the windows",
            refusal(&document(&[("a", "input", r#""kmer_spectrum", "k": 6"#)], "").replace("[4, 100]", "[4, 5]")),
        ),
        (
            "words of five bases to choose from",
            refusal(&document(&[("a", "input", r#""kmer_spectrum", "k": 6"#)], "").replace("[4, 100]", "[5, 100]")),
        ),
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn spaces_that_cannot_be_searched() {
    let space = r#"
version = 1
name = "bad"
input = [4, 30]
output = "out"
decisions = [{ id = "a", options = ["x", "y"] }, { id = "b", options = ["x", "y"] }]
rules = [{ of = ["a", "b"], keep = 1 }]
nodes = [
    { name = "a", inputs = ["input"], op = { type = "choice", decision = "a", options = { x = { type = "identity" }, y = { type = "activation", function = "relu" } } } },
    { name = "b", inputs = ["input"], op = { type = "choice", decision = "b", options = { x = { type = "identity" }, y = { type = "activation", function = "relu" } } } },
    { name = "sum", inputs = ["a", "b"], op = { type = "add" } },
    { name = "pool", inputs = ["sum"], op = { type = "global_max_pool" } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;
    Space::from_text(space).unwrap();
    let case = |from: &str, to: &str| {
        assert!(space.contains(from), "{from}");
        Space::from_text(&space.replace(from, to)).map_or_else(|error| error.message, |_| "accepted".to_owned())
    };
    let text = list(&[
        ("a rule that keeps more than it has", case("keep = 1", "keep = 3")),
        ("a rule that keeps nothing", case("keep = 1", "keep = 0")),
        ("a rule about an unknown decision", case(r#"of = ["a", "b"]"#, r#"of = ["a", "c"]"#)),
        ("a decision twice under a rule", case(r#"of = ["a", "b"]"#, r#"of = ["a", "a"]"#)),
        ("two decisions of one name", case(r#"id = "b""#, r#"id = "a""#)),
        ("an option twice", case(r#"id = "a", options = ["x", "y"]"#, r#"id = "a", options = ["x", "x"]"#)),
        (
            "options that are not those of the decision",
            case(r#"id = "a", options = ["x", "y"]"#, r#"id = "a", options = ["x", "z"]"#),
        ),
        ("an unknown decision", case(r#"decision = "a""#, r#"decision = "q""#)),
        (
            "no option for an architecture",
            case(r#"id = "a", options = ["x", "y"]"#, r#"id = "a", options = ["x", "y"], search_only = ["x", "y"]"#),
        ),
        (
            "a search_only that is not an option",
            case(r#"id = "a", options = ["x", "y"]"#, r#"id = "a", options = ["x", "y"], search_only = ["z"]"#),
        ),
        ("a droppable choice with another reader", case(r#"inputs = ["sum"]"#, r#"inputs = ["a"]"#)),
        (
            "options of unequal shapes",
            case(r#"x = { type = "identity" }"#, r#"x = { type = "max_pool", kernel = 2, stride = 2 }"#),
        ),
        (
            "a choice among choices",
            case(
                r#"x = { type = "identity" }"#,
                r#"x = { type = "choice", decision = "b", options = { x = { type = "identity" }, y = { type = "identity" } } }"#,
            ),
        ),
        ("an option with a slash", case(r#"x = { type = "identity" }"#, r#""../x" = { type = "identity" }"#)),
        (
            "a final form without shape",
            case(
                r#"{ name = "out", inputs = ["pool"],"#,
                r#"{ name = "late", form = "final", inputs = ["pool"], op = { type = "dropout", p = 2.0 } }, { name = "out", inputs = ["late"],"#,
            ),
        ),
        ("another version", case("version = 1", "version = 7")),
        ("not TOML", case("version = 1", "version 1")),
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn sizes_that_the_published_space_does_not_have() {
    let case = |change: fn(&mut GenomeNas)| {
        let mut sizes = GenomeNas::new(100, 2);
        change(&mut sizes);
        sizes.space().map_or_else(|error| error.message, |_| "accepted".to_owned())
    };
    let text = list(&[
        ("no cells", case(|sizes| sizes.cells = 0)),
        ("no length", case(|sizes| sizes.length = 0)),
        ("no channels", case(|sizes| sizes.channels = 0)),
        ("no stem", case(|sizes| sizes.stem_multiplier = 0)),
        ("more cells than channels can double", case(|sizes| sizes.cells = 25)),
        ("more nodes in a cell's value than the cell has", case(|sizes| sizes.multiplier = Some(5))),
        ("a cell's value of no nodes", case(|sizes| sizes.multiplier = Some(0))),
        ("the same operation twice", case(|sizes| sizes.operations.push("conv_15".to_owned()))),
        ("no operations", case(|sizes| sizes.operations.clear())),
        ("channels beyond every machine", case(|sizes| sizes.channels = usize::MAX)),
        ("an unknown operation", case(|sizes| sizes.operations.push("conv_fifteen".to_owned()))),
        ("an even kernel", case(|sizes| sizes.operations.push("conv_16".to_owned()))),
        ("only no connections", case(|sizes| sizes.operations = vec!["none".to_owned()])),
        ("an unknown activation", case(|sizes| sizes.activations.push("swish".to_owned()))),
        ("a dropout above 1", case(|sizes| sizes.dropout = 1.5)),
        ("a drop path that is not a number", case(|sizes| sizes.drop_path = f64::NAN)),
    ]);
    insta::assert_snapshot!(text);
}

/// Blocks of which each uses the one below `uses` times, `depth` deep.
fn bomb(depth: usize, uses: usize, bottom: &[(&str, &str, &str)]) -> String {
    let name = |level: usize| format!("b{level:02}");
    let mut blocks = vec![block(&name(0), "x", bottom)];
    for level in 1..depth {
        let op = format!(r#""block", "block": "{}""#, name(level - 1));
        let names: Vec<String> = std::iter::once("x".to_owned()).chain((0..uses).map(|at| format!("n{at}"))).collect();
        let nodes: Vec<(&str, &str, &str)> =
            (0..uses).map(|at| (names[at + 1].as_str(), names[at].as_str(), op.as_str())).collect();
        blocks.push(block(&name(level), "x", &nodes));
    }
    document(&[("a", "input", &format!(r#""block", "block": "{}""#, name(depth - 1)))], &blocks.join(", "))
}

#[test]
fn small_documents_that_unfold_into_huge_graphs_are_refused_before_they_do() {
    let relu = r#""activation", "function": "relu""#;
    let text = list(&[
        ("2^30 layers", refusal(&bomb(31, 2, &[("r", "x", relu)]))),
        ("10^30 uses of a block without a layer", refusal(&bomb(31, 10, &[]))),
        ("blocks 40 deep", refusal(&bomb(40, 1, &[("r", "x", relu)]))),
    ]);
    insta::assert_snapshot!(text);
}
