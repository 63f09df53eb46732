//! An architecture or a supernet as a table of layers, for the terminal and for the page.

use genomenas_plugin::space::{Architecture, EdgeActivation, Function, LayerOp, Layers, Op, Source};

use super::report::{ArchitectureSummary, DecisionMade, Layer};
use crate::error::Result;

/// The layers of `architecture` and its hash.
pub fn summary(architecture: &Architecture) -> Result<ArchitectureSummary> {
    Ok(ArchitectureSummary { hash: architecture.canonical_hash()?, layers: layers(&architecture.layers()?) })
}

/// What was chosen for each decision of the space, where the architecture comes from one.
pub fn decisions(architecture: &Architecture) -> Vec<DecisionMade> {
    let made = architecture.selection.iter().flat_map(|selection| &selection.0);
    made.map(|(decision, option)| DecisionMade { decision: decision.clone(), option: option.clone() }).collect()
}

/// One line a layer, from the input to the output.
pub fn layers(layers: &Layers) -> Vec<Layer> {
    let shape_of = |source: &Source| match source {
        Source::Input => Some(&layers.input),
        Source::Layer(at) => layers.layers.get(*at).map(|layer| &layer.shape),
    };
    let row = |layer: &genomenas_plugin::space::Layer| Layer {
        name: layer.name.clone(),
        op: match &layer.op {
            LayerOp::Op(op) => op_text(op, layer.inputs.first().and_then(shape_of), &layer.shape),
            LayerOp::Mix { decision, options } => format!("mixture of {} options of {decision}", options.len()),
        },
        shape: layer.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × "),
        parameters: layer.parameters,
        multiply_adds: layer.multiply_adds,
    };
    layers.layers.iter().map(row).collect()
}

/// An operation in a few words: "conv1d 4→32, kernel 8".
fn op_text(op: &Op, input: Option<&Vec<usize>>, output: &[usize]) -> String {
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
        Op::BatchNorm { affine, .. } => if *affine { "batch norm" } else { "batch norm, not learned" }.to_owned(),
        Op::Linear { bias, .. } => format!("linear {change}{}", if *bias { "" } else { ", no bias" }),
        Op::Highway(cell) => {
            let of = |activation: &EdgeActivation| match activation {
                EdgeActivation::Activation(function) => function_name(*function),
                EdgeActivation::Decision(id) => id.clone(),
            };
            let edges: Vec<_> = cell
                .edges
                .iter()
                .map(|edge| format!("{}→{} {}", edge.input, edge.node + 1, of(&edge.activation)))
                .collect();
            if edges.len() > cell.nodes {
                format!("highway cell, {} nodes, {} edges", cell.nodes, edges.len())
            } else {
                format!("highway cell: {}", edges.join(", "))
            }
        }
        Op::Lstm { bidirectional, .. } | Op::Gru { bidirectional, .. } => {
            format!("{} {change}{}", op.type_name(), if *bidirectional { ", bidirectional" } else { "" })
        }
        Op::Activation { function } => function_name(*function),
        other => plain(other),
    }
}

fn function_name(function: Function) -> String {
    format!("{function:?}").to_lowercase()
}

/// An operation by its tag and its settings, as its document has them.
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
    use genomenas_plugin::space::ArchitectureBuilder;

    use super::*;

    #[test]
    fn layers_are_told_in_words_with_shapes_and_counts() {
        let mut net = ArchitectureBuilder::new("tiny", 100);
        net.then("conv", Op::conv1d(8, 5)).then("relu", Op::relu()).then("drop", Op::Dropout { p: 0.2 });
        net.then("pool", Op::MaxPool { kernel: 4, stride: 4, padding: 0 }).then("flat", Op::Flatten {});
        net.then("out", Op::linear(3));
        let table = summary(&net.finish().unwrap()).unwrap();
        let lines: Vec<_> = table
            .layers
            .iter()
            .map(|layer| {
                format!(
                    "{} | {} | {} | {} | {}",
                    layer.name, layer.op, layer.shape, layer.parameters, layer.multiply_adds
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        conv | conv1d 4→8, kernel 5 | 8 × 96 | 168 | 15360
        relu | relu | 8 × 96 | 0 | 0
        drop | dropout, p 0.2 | 8 × 96 | 0 | 0
        pool | max pool, kernel 4, stride 4 | 8 × 24 | 0 | 0
        flat | flatten | 192 | 0 | 0
        out | linear 192→3 | 3 | 579 | 576
        ");
    }
}
