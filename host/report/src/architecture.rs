//! An architecture or a supernet as a table of layers, for terminals and pages.

use genomenas_data::error::Result;
use genomenas_plugin::space::{
    Architecture, EdgeActivation, Form, Function, HighwayCell, HighwayEdge, Layer, LayerOp, Layers, Op, Source,
};

use crate::drawings;
use crate::model::{ArchitectureSummary, DecisionMade, LayerRow};

/// The layers of `architecture` and its hash.
pub fn summary(architecture: &Architecture) -> Result<ArchitectureSummary> {
    let all = architecture.layers()?;
    Ok(ArchitectureSummary {
        hash: architecture.canonical_hash()?,
        drawings: drawings::of(&architecture.graph, &all),
        layers: layers(&all),
    })
}

/// The option chosen for each decision; empty where the architecture does not come from a space.
pub fn decisions(architecture: &Architecture) -> Vec<DecisionMade> {
    let made = architecture.selection.iter().flat_map(|selection| &selection.0);
    made.map(|(decision, option)| DecisionMade { decision: decision.clone(), option: option.clone() }).collect()
}

/// One row per layer, from the input to the output.
pub fn layers(layers: &Layers) -> Vec<LayerRow> {
    layers.layers.iter().map(|layer| row(layer, layers)).collect()
}

/// As [`layers`], with each mixture and the layers of all its options in one row.
pub fn folded(layers: &Layers) -> Vec<LayerRow> {
    let mut rows: Vec<LayerRow> = Vec::new();
    for layer in &layers.layers {
        let mut own = row(layer, layers);
        if matches!(layer.op, LayerOp::Mix { .. }) {
            // The layers of its options come right before it, and their names begin with its name.
            let of_options = format!("{}.", layer.name);
            while let Some(option) = rows.pop_if(|row| row.name.starts_with(&of_options)) {
                own.parameters += option.parameters;
                own.multiply_adds += option.multiply_adds;
            }
        }
        rows.push(own);
    }
    rows
}

fn row(layer: &Layer, layers: &Layers) -> LayerRow {
    let shape_of = |source: &Source| match source {
        Source::Input => Some(&layers.input),
        Source::Layer(at) => layers.layers.get(*at).map(|layer| &layer.shape),
    };
    LayerRow {
        name: layer.name.clone(),
        op: match &layer.op {
            LayerOp::Op(op) => op_text(op, layer.inputs.first().and_then(shape_of), &layer.shape, layers.form),
            LayerOp::Mix { decision, options } => {
                let plural = if options.len() == 1 { "" } else { "s" };
                format!("mixture of {} option{plural} of {decision}", options.len())
            }
        },
        shape: layer.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × "),
        parameters: layer.parameters,
        multiply_adds: layer.multiply_adds,
    }
}

/// An operation in a few words: "conv1d 4→32, kernel 8".
fn op_text(op: &Op, input: Option<&Vec<usize>>, output: &[usize], form: Form) -> String {
    let width =
        |shape: Option<&[usize]>| shape.and_then(<[usize]>::first).map_or_else(|| "?".to_owned(), ToString::to_string);
    let change = format!("{}→{}", width(input.map(Vec::as_slice)), width(Some(output)));
    let unless = |name: &str, value: usize, usual: usize| {
        if value == usual { String::new() } else { format!(", {name} {value}") }
    };
    match op {
        Op::Conv1d { kernel, stride, padding, dilation, depthwise, groups, bias, .. } => format!(
            "{}conv1d {change}, kernel {kernel}{}{}{}{}{}",
            if *depthwise { "depthwise " } else { "" },
            unless("stride", *stride, 1),
            unless("padding", *padding, 0),
            unless("dilation", *dilation, 1),
            unless("groups", *groups, 1),
            if *bias { "" } else { ", no bias" },
        ),
        Op::MaxPool { kernel, stride, padding } => {
            format!("max pool, kernel {kernel}, stride {stride}{}", unless("padding", *padding, 0))
        }
        Op::AvgPool { kernel, stride, padding } => {
            format!("average pool, kernel {kernel}, stride {stride}{}", unless("padding", *padding, 0))
        }
        Op::BatchNorm { .. } => {
            if op.is_unscaled_norm(form) { "batch norm, not learned" } else { "batch norm" }.to_owned()
        }
        Op::Zero { stride } => format!("zeros{}", unless("stride", *stride, 1)),
        Op::SkipDropout {} => "identity, with the plan's skip dropout".to_owned(),
        Op::Linear { bias, .. } => format!("linear {change}{}", if *bias { "" } else { ", no bias" }),
        Op::Highway(cell) => highway_text(cell),
        Op::Lstm { bidirectional, .. } | Op::Gru { bidirectional, .. } => {
            format!("{} {change}{}", op.type_name(), if *bidirectional { ", bidirectional" } else { "" })
        }
        Op::Activation { function } => function_name(*function),
        other => plain(other),
    }
}

/// The edges of a decided cell, and the numbers of an open one.
fn highway_text(cell: &HighwayCell) -> String {
    let decided = |edge: &HighwayEdge| match &edge.activation {
        EdgeActivation::Activation(function) => {
            Some(format!("{}→{} {}", edge.input, edge.node + 1, function_name(*function)))
        }
        EdgeActivation::Decision(_) => None,
    };
    match cell.edges.iter().map(decided).collect::<Option<Vec<_>>>() {
        Some(edges) => format!("highway cell: {}", edges.join(", ")),
        None => format!("highway cell, {} nodes, mixtures on {} edges", cell.nodes, cell.edges.len()),
    }
}

fn function_name(function: Function) -> String {
    format!("{function:?}").to_lowercase()
}

/// An operation by its tag and its settings, as its JSON has them.
fn plain(op: &Op) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(op) else {
        return format!("{op:?}");
    };
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let name = fields.get("type").map(&text).unwrap_or_default().replace('_', " ");
    let settings = fields.iter().filter(|(key, _)| *key != "type");
    let settings = settings.map(|(key, value)| format!(", {} {}", key.replace('_', " "), text(value)));
    name + &settings.collect::<String>()
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::space::{ArchitectureBuilder, GenomeNas};

    use super::*;

    fn lines(layers: &[LayerRow]) -> String {
        let line = |layer: &LayerRow| {
            let LayerRow { name, op, shape, parameters, multiply_adds } = layer;
            format!("{name} | {op} | {shape} | {parameters} | {multiply_adds}")
        };
        layers.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn small_supernet() -> Layers {
        let operations = ["none", "skip_connect", "max_pool_3", "conv_3"].map(str::to_owned).to_vec();
        let sizes = GenomeNas { operations, cells: 1, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(50, 2) };
        sizes.space().unwrap().supernet_layers().unwrap()
    }

    #[test]
    fn the_layers_of_a_supernet_are_told_in_its_search_form() {
        let all = layers(&small_supernet());
        let of_edge: Vec<_> = all.into_iter().filter(|layer| layer.name.starts_with("cell0.n0_0")).collect();
        insta::assert_snapshot!(lines(&of_edge), @"
        cell0.n0_0.conv_3.relu1 | relu | 8 × 50 | 0 | 0
        cell0.n0_0.conv_3.conv1 | conv1d 8→8, kernel 3, padding 1, no bias | 8 × 50 | 192 | 9600
        cell0.n0_0.conv_3.norm1 | batch norm, not learned | 8 × 50 | 0 | 0
        cell0.n0_0.conv_3.relu2 | relu | 8 × 50 | 0 | 0
        cell0.n0_0.conv_3.conv2 | conv1d 8→8, kernel 3, padding 1, no bias | 8 × 50 | 192 | 9600
        cell0.n0_0.conv_3.norm2 | batch norm, not learned | 8 × 50 | 0 | 0
        cell0.n0_0.max_pool_3.pool | max pool, kernel 3, stride 1, padding 1 | 8 × 50 | 0 | 0
        cell0.n0_0.max_pool_3.norm | batch norm, not learned | 8 × 50 | 0 | 0
        cell0.n0_0.none | zeros | 8 × 50 | 0 | 0
        cell0.n0_0.skip_connect.dropout | identity, with the plan's skip dropout | 8 × 50 | 0 | 0
        cell0.n0_0 | mixture of 4 options of normal.0.0 | 8 × 50 | 0 | 0
        ");
    }

    #[test]
    fn a_folded_supernet_has_a_line_a_mixture_and_the_same_sums() {
        let supernet = small_supernet();
        let (folded, all) = (folded(&supernet), layers(&supernet));
        let sums = |layers: &[LayerRow]| {
            (layers.iter().map(|l| l.parameters).sum::<u64>(), layers.iter().map(|l| l.multiply_adds).sum::<u64>())
        };
        assert_eq!(sums(&folded), sums(&all));
        insta::assert_snapshot!(lines(&folded), @"
        stem_conv | conv1d 4→24, kernel 13, padding 6, no bias | 24 × 50 | 1248 | 62400
        stem_norm | batch norm | 24 × 50 | 48 | 0
        cell0_pre0_relu | relu | 24 × 50 | 0 | 0
        cell0_pre0_conv | conv1d 24→8, kernel 1, no bias | 8 × 50 | 192 | 9600
        cell0_pre0_norm | batch norm, not learned | 8 × 50 | 0 | 0
        cell0_pre1_relu | relu | 24 × 50 | 0 | 0
        cell0_pre1_conv | conv1d 24→8, kernel 1, no bias | 8 × 50 | 192 | 9600
        cell0_pre1_norm | batch norm, not learned | 8 × 50 | 0 | 0
        cell0.n0_0 | mixture of 4 options of normal.0.0 | 8 × 50 | 384 | 19200
        cell0.n0_1 | mixture of 4 options of normal.0.1 | 8 × 50 | 384 | 19200
        cell0.n0 | add | 8 × 50 | 0 | 0
        cell0.out | concat | 8 × 50 | 0 | 0
        rnn | highway cell, 2 nodes, mixtures on 3 edges | 8 × 50 | 512 | 32000
        by_position | transpose | 50 × 8 | 0 | 0
        flat | flatten | 400 | 0 | 0
        dropout | dropout, p 0.1 | 400 | 0 | 0
        decoder | linear 400→925 | 925 | 370925 | 370000
        decoder_relu | relu | 925 | 0 | 0
        classifier | linear 925→2 | 2 | 1852 | 1850
        ");
    }

    #[test]
    fn layers_are_told_in_words_with_shapes_and_counts() {
        let mut net = ArchitectureBuilder::new("tiny", 100);
        net.then("conv", Op::conv1d(8, 5)).then("relu", Op::relu()).then("drop", Op::Dropout { p: 0.2 });
        net.then("pool", Op::MaxPool { kernel: 4, stride: 4, padding: 0 }).then("flat", Op::Flatten {});
        net.then("out", Op::linear(3));
        let table = summary(&net.finish().unwrap()).unwrap();
        insta::assert_snapshot!(lines(&table.layers), @"
        conv | conv1d 4→8, kernel 5 | 8 × 96 | 168 | 15360
        relu | relu | 8 × 96 | 0 | 0
        drop | dropout, p 0.2 | 8 × 96 | 0 | 0
        pool | max pool, kernel 4, stride 4 | 8 × 24 | 0 | 0
        flat | flatten | 192 | 0 | 0
        out | linear 192→3 | 3 | 579 | 576
        ");
    }
}
