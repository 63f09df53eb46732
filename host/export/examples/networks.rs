//! Writes `weights.safetensors` with random weights, `model.onnx` and `model.py` beside each `architecture.json`, for
//! tests in Python: `networks FOLDER/*/`. Without `architecture.json` in a folder it draws one from the genomeNAS space.
//!
//! The name of a folder begins with the task: `multi-label.lstm`.

use std::path::Path;

use genomenas_data::Task;
use genomenas_data::error::{Error, Result};
use genomenas_data::files::{read_text, write_atomically};
use genomenas_export::{Meaning, Network, model_py, onnx};
use genomenas_plugin::rand::RngExt as _;
use genomenas_plugin::seed;
use genomenas_plugin::space::{Architecture, GenomeNas};
use safetensors::tensor::{Dtype, TensorView};

fn main() -> Result<()> {
    for (number, folder) in (0..).zip(std::env::args_os().skip(1)) {
        write(Path::new(&folder), number)?;
    }
    Ok(())
}

fn write(folder: &Path, number: u64) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let tasks = [Task::MultiLabel, Task::MultiClass, Task::Regression, Task::PoissonRegression, Task::NextNucleotide];
    let task = tasks.into_iter().find(|task| name.split('.').next() == Some(task.name()));
    let task = task.ok_or_else(|| Error::input(format!("{name} begins with no task")))?;
    let path = folder.join("architecture.json");
    let architecture = if path.exists() {
        Architecture::from_json(&read_text(&path)?)?
    } else {
        let space = GenomeNas::new(60, 3).space()?;
        let selections = space.sample_distinct(1, number);
        let selection = selections.first().ok_or_else(|| Error::bug("a space has no architecture"))?;
        space.architecture(selection)?
    };
    let weights = random(&architecture, number)?;
    let network = Network::new(&architecture, &weights)?;
    let labels = architecture.layers()?.output_shape().iter().product();
    let meaning = Meaning {
        name,
        task,
        labels: (0..labels).map(|label| format!("label {label}")).collect(),
        both_strands: number % 2 == 1,
        architecture_hash: architecture.canonical_hash()?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    write_atomically(&path, architecture.to_json()?.as_bytes())?;
    write_atomically(&folder.join("weights.safetensors"), &weights)?;
    write_atomically(&folder.join("model.onnx"), &onnx(&network, &meaning)?)?;
    write_atomically(&folder.join("model.py"), model_py(&network, &meaning)?.as_bytes())
}

/// A safetensors file of random weights: of either sign where they are weights, positive where they are variances.
fn random(architecture: &Architecture, number: u64) -> Result<Vec<u8>> {
    let mut tensors = Vec::new();
    for (name, shape) in architecture.layers()?.weights() {
        let mut draws = seed::stream(number, &name, 0);
        let size: usize = shape.iter().product();
        let inputs: usize = shape.iter().skip(1).product();
        let range = if shape.len() > 1 { (3.0 / inputs as f32).sqrt() } else { 0.5 };
        let mut value = || (2.0 * draws.random::<f32>() - 1.0) * range;
        let positive = name.ends_with("running_var");
        let bytes: Vec<u8> =
            (0..size).flat_map(|_| if positive { value() + 1.0 } else { value() }.to_le_bytes()).collect();
        tensors.push((name, shape, bytes));
    }
    let unwritable = |error: safetensors::SafeTensorError| Error::failed(error.to_string());
    let mut views = Vec::new();
    for (name, shape, bytes) in &tensors {
        views.push((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(unwritable)?));
    }
    safetensors::serialize(views, None).map_err(unwritable)
}
