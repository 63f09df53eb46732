//! A network as a file of plain PyTorch: `model.py`, which needs nothing but PyTorch and the weights beside it.
//!
//! One line a layer in the constructor, where it has a module, and one where it is computed. What PyTorch lacks (the
//! highway cell, spectra) is a class in `parts/`, which a file holds where it needs it.

mod layers;
mod names;
#[cfg(test)]
mod tests;
mod values;

use std::fmt::Write as _;

use genomenas_data::Task;
use genomenas_data::error::Result;
use serde_json::json;

use crate::network::{Meaning, Network};
use layers::{Lines, Part};

const HIGHWAY: &str = include_str!("parts/highway.py");
const SPECTRUM: &str = include_str!("parts/spectrum.py");
const DROP_PATH: &str = include_str!("parts/drop_path.py");
const BY_POSITION: &str = include_str!("parts/by_position.py");
const TAIL: &str = include_str!("parts/tail.py");

/// The text of a `model.py`.
///
/// # Errors
///
/// The network does not end in one value a label, or has an operation of a later version.
pub fn model_py(network: &Network, meaning: &Meaning) -> Result<String> {
    network.outputs(meaning)?;
    let lines = Lines::of(network)?;
    let mut sections = vec![head(network, meaning)];
    let parts = [
        (Part::Highway, HIGHWAY),
        (Part::Spectrum, SPECTRUM),
        (Part::DropPath, DROP_PATH),
        (Part::ByPosition, BY_POSITION),
    ];
    sections.extend(parts.iter().filter(|(part, _)| lines.parts.contains(part)).map(|(_, text)| (*text).to_owned()));
    sections.push(class(&lines));
    sections.push(weights_of(&lines));
    sections.push(predictions(meaning.task));
    sections.push(TAIL.to_owned());
    Ok(sections.join("\n\n"))
}

fn head(network: &Network, meaning: &Meaning) -> String {
    let length = network.window().get(1).copied().unwrap_or_default();
    let both = if meaning.both_strands { "True" } else { "False" };
    // A string of JSON is one of Python.
    format!(
        "\"\"\"A network over windows of {length} bases in plain PyTorch, written by genomenas {version}.\n\n\
         \x20   network = load()                                  # with the weights beside this file\n\
         \x20   scores = predict(network, one_hot(\"ACGT...\")[None])  # [1, labels], in the order of LABELS\n\n\
         It needs PyTorch, and the file weights.safetensors.\"\"\"\n\n\
         import json\nimport struct\nfrom pathlib import Path\n\n\
         import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n\
         NAME = {name}\nTASK = {task}\nLENGTH = {length}\nBOTH_STRANDS = {both}\n{labels}",
        version = meaning.version,
        name = json!(meaning.name),
        task = json!(meaning.task.name()),
        labels = list("LABELS", &meaning.labels),
    )
}

/// A list of texts in lines of a usual length.
fn list(name: &str, texts: &[String]) -> String {
    /// Characters of a line.
    const WIDTH: usize = 110;
    let mut text = format!("{name} = [\n");
    let mut line = String::new();
    for item in texts.iter().map(|text| json!(text).to_string()) {
        if !line.is_empty() && line.len() + item.len() > WIDTH {
            let _ = writeln!(text, "   {line}");
            line.clear();
        }
        let _ = write!(line, " {item},");
    }
    if !line.is_empty() {
        let _ = writeln!(text, "   {line}");
    }
    text + "]\n"
}

fn class(lines: &Lines) -> String {
    let mut text = "class Network(nn.Module):\n    \"\"\"From windows, [batch, 4, LENGTH], to raw outputs, [batch, labels].\"\"\"\n\n    \
                    def __init__(self):\n        super().__init__()\n"
        .to_owned();
    for line in &lines.modules {
        let _ = writeln!(text, "        {line}");
    }
    text += "\n    def forward(self, x):\n";
    for line in &lines.forward {
        let _ = writeln!(text, "        {line}");
    }
    text
}

fn weights_of(lines: &Lines) -> String {
    let mut text = "# The name in weights.safetensors of each module that has weights.\nWEIGHTS_OF = {\n".to_owned();
    for (attribute, name) in &lines.weights_of {
        let _ = writeln!(text, "    \"{attribute}\": \"{name}\",");
    }
    text + "}\n"
}

fn predictions(task: Task) -> String {
    let (what, code) = match task {
        Task::MultiLabel => ("the probability of each label", "torch.sigmoid(logits)"),
        Task::MultiClass => ("the probability of each class", "torch.softmax(logits, dim=1)"),
        Task::NextNucleotide => ("the probability of each base", "torch.softmax(logits, dim=1)"),
        Task::Regression => ("the values themselves", "logits"),
        Task::PoissonRegression => ("rates, of which they are the logarithms", "torch.exp(logits)"),
    };
    format!("def predictions(logits):\n    \"\"\"What raw outputs stand for: {what}.\"\"\"\n    return {code}\n")
}
