//! A network as ONNX: one protobuf that holds its weights, with a batch of any size.
//!
//! The operators are those of opset 17 (ONNX 1.12, of 2022), which every runtime in use has. A layer's nodes are named
//! after it, its weights are called as in the safetensors file, and what else a layer needs stands behind a stroke.

mod builder;
mod proto;
mod recurrent;
mod simple;
mod spectrum;
#[cfg(test)]
mod tests;
mod zeros;

use genomenas_data::Task;
use genomenas_data::error::{Error, Result};
use genomenas_plugin::space::{Op, Source};
use prost::Message as _;
use serde_json::json;

use crate::network::{Meaning, Network, op_of, unknown};
use builder::{Builder, size_of};
use proto::{Entry, Held, Model, OperatorSet, batch_of};
use simple::{Place, simple};
use zeros::zeros;

/// The version of the operator set.
pub const OPSET: i64 = 17;
/// The version of the file format that came with it.
const IR_VERSION: i64 = 8;
/// The name of the input: windows one-hot encoded, \[batch, 4, length\].
pub const INPUT: &str = "sequence";
/// No protobuf is longer.
const MOST_BYTES: usize = i32::MAX as usize;

/// The names of the outputs, \[batch, labels\] each: raw values, and the predictions that they stand for.
pub const fn outputs(task: Task) -> [&'static str; 2] {
    match task {
        Task::MultiLabel | Task::MultiClass | Task::NextNucleotide => ["logits", "probabilities"],
        Task::Regression | Task::PoissonRegression => ["logits", "predictions"],
    }
}

/// The bytes of an ONNX file.
///
/// # Errors
///
/// The network does not end in one value a label, is too large for a protobuf, or has an operation of a later version.
pub fn onnx(network: &Network, meaning: &Meaning) -> Result<Vec<u8>> {
    let labels = size_of(network.outputs(meaning)?);
    let mut builder = Builder::default();
    let last = layers(&mut builder, network)?;
    let [raw, predictions] = outputs(meaning.task);
    builder.node("Identity", &[&last], raw, vec![]);
    let (kind, attributes) = match meaning.task {
        Task::MultiLabel => ("Sigmoid", vec![]),
        Task::MultiClass | Task::NextNucleotide => ("Softmax", vec![("axis", Held::Int(1))]),
        Task::Regression => ("Identity", vec![]),
        Task::PoissonRegression => ("Exp", vec![]),
    };
    builder.node(kind, &[raw], predictions, attributes);
    let window: Vec<i64> = network.window().iter().map(|&size| size_of(size)).collect();
    let graph = builder.finish(
        "network",
        vec![batch_of(INPUT, &window)],
        [raw, predictions].map(|name| batch_of(name, &[labels])).to_vec(),
    );
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "genomenas".to_owned(),
        producer_version: meaning.version.clone(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: metadata(meaning),
    };
    let size = model.encoded_len();
    if size > MOST_BYTES {
        return Err(Error::input(format!(
            "the network takes {size} bytes as ONNX: expected at most {MOST_BYTES}, which is the limit of the format"
        )));
    }
    Ok(model.encode_to_vec())
}

/// What a reader of the file alone needs to know.
fn metadata(meaning: &Meaning) -> Vec<Entry> {
    let entry = |key: &str, value: String| Entry { key: format!("genomenas.{key}"), value };
    vec![
        entry("name", meaning.name.clone()),
        entry("task", meaning.task.name().to_owned()),
        entry("labels", json!(meaning.labels).to_string()),
        entry("channels", "ACGT".to_owned()),
        entry("both_strands", meaning.both_strands.to_string()),
        entry("architecture", meaning.architecture_hash.clone()),
    ]
}

/// Adds the nodes of all layers that are computed. Returns the name of the network's value.
fn layers(builder: &mut Builder, network: &Network) -> Result<String> {
    let mut values: Vec<String> = vec![String::new(); network.layers.layers.len()];
    let value_of = |source: &Source, values: &[String]| match source {
        Source::Input => INPUT.to_owned(),
        Source::Layer(at) => values.get(*at).cloned().unwrap_or_default(),
    };
    for (at, layer) in network.computed() {
        let inputs: Vec<String> = layer.inputs.iter().map(|source| value_of(source, &values)).collect();
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let place = Place { name: &layer.name, inputs: &inputs, read: network.input_of(layer), shape: &layer.shape };
        let op = op_of(layer)?;
        let value = match op {
            Op::Zero { .. } => Some(zeros(builder, INPUT, &place.value(), &layer.shape)),
            Op::Lstm { .. } | Op::Gru { .. } | Op::Highway(_) => {
                recurrent::recurrent(builder, op, &place, &network.weights)?
            }
            Op::KmerSpectrum { .. } => spectrum::spectrum(builder, op, &place),
            _ => simple(builder, op, &place, &network.weights)?,
        };
        let value = value.ok_or_else(|| unknown(layer, op))?;
        if let Some(own) = values.get_mut(at) {
            *own = value;
        }
    }
    Ok(value_of(&network.layers.output, &values))
}
