//! Networks with made-up weights.

use genomenas_data::Task;
use genomenas_plugin::space::Architecture;
use safetensors::tensor::{Dtype, TensorView};

use crate::network::{Meaning, Network};

/// The network of an architecture, with weights that are a function of their place.
pub(crate) fn network(architecture: &Architecture) -> Network {
    Network::new(architecture, &weights(architecture)).unwrap()
}

/// A safetensors file of the weights of an architecture.
pub(crate) fn weights(architecture: &Architecture) -> Vec<u8> {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = architecture
        .layers()
        .unwrap()
        .weights()
        .map(|(name, shape)| {
            let size: usize = shape.iter().product();
            let value = |at: usize| ((at * 37 % 101) as f32 - 50.0) / 100.0;
            (name, shape, (0..size).flat_map(|at| value(at).abs().to_le_bytes()).collect())
        })
        .collect();
    let view = |(name, shape, bytes): &'_ (String, Vec<usize>, Vec<u8>)| (name.clone(), shape.clone(), bytes.clone());
    let owned: Vec<_> = tensors.iter().map(view).collect();
    let views = owned
        .iter()
        .map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// What goes into a network of `labels` labels and comes out of it.
pub(crate) fn meaning(task: Task, labels: usize) -> Meaning {
    Meaning {
        name: "made \"up\"".to_owned(),
        task,
        labels: (0..labels).map(|label| format!("label {label}")).collect(),
        both_strands: true,
        architecture_hash: "ab".to_owned(),
        version: "0.1.0".to_owned(),
    }
}
