//! What is exported: the layers of an architecture with their weights, and what goes into the network and comes out of it.

use genomenas_data::Task;
use genomenas_data::error::{Error, Result};
use genomenas_plugin::space::{
    Architecture, EdgeActivation, Form, Function, HighwayCell, Layer, LayerOp, Layers, Op, Shape, Source,
};

use crate::weights::Weights;

/// A trained network.
#[derive(Debug)]
pub struct Network {
    pub(crate) layers: Layers,
    pub(crate) weights: Weights,
    /// Whether the output needs each layer.
    computed: Vec<bool>,
}

/// What goes into a network and comes out of it.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// What a person calls the network.
    pub name: String,
    /// What its outputs are.
    pub task: Task,
    /// The name of each output.
    pub labels: Vec<String>,
    /// Whether the prediction for a window is the mean of those for its two strands.
    pub both_strands: bool,
    /// The canonical hash of the architecture.
    pub architecture_hash: String,
    /// The version of genomenas that writes it.
    pub version: String,
}

impl Network {
    /// The network of an architecture with the weights of a safetensors file.
    ///
    /// # Errors
    ///
    /// The architecture is not valid, or the file is not one of its weights.
    pub fn new(architecture: &Architecture, weights: &[u8]) -> Result<Self> {
        let layers = architecture.layers()?;
        if layers.form != Form::Final {
            return Err(Error::bug("the layers of an architecture are those of a supernet"));
        }
        let weights = Weights::read(weights, &layers)?;
        let computed = computed(&layers);
        Ok(Self { layers, weights, computed })
    }

    /// Shape of a window: channels and bases.
    pub fn window(&self) -> &Shape {
        &self.layers.input
    }

    /// The number of outputs.
    ///
    /// # Errors
    ///
    /// The network does not end in one value an output.
    pub(crate) fn outputs(&self, meaning: &Meaning) -> Result<usize> {
        match (self.layers.output_shape().as_slice(), self.layers.input.as_slice()) {
            (&[outputs], &[4, _]) if outputs == meaning.labels.len() => Ok(outputs),
            (shape, input) => Err(Error::input(format!(
                "the network leads from shape {input:?} to {shape:?}: expected [4, length] and a value for each of {} labels",
                meaning.labels.len()
            ))),
        }
    }

    /// The layers that the output needs, in order, with their places.
    pub(crate) fn computed(&self) -> impl Iterator<Item = (usize, &Layer)> {
        self.layers.layers.iter().enumerate().filter(|(at, _)| self.computed.get(*at) == Some(&true))
    }

    /// Shape of what a layer reads first.
    pub(crate) fn input_of(&self, layer: &Layer) -> &Shape {
        match layer.inputs.first() {
            Some(Source::Layer(at)) => self.layers.layers.get(*at).map_or(&self.layers.input, |layer| &layer.shape),
            _ => &self.layers.input,
        }
    }
}

/// What a layer of an architecture does.
///
/// # Errors
///
/// It mixes options, which only a supernet does.
pub(crate) fn op_of(layer: &Layer) -> Result<&Op> {
    match &layer.op {
        LayerOp::Op(op) => Ok(op),
        LayerOp::Mix { decision, .. } => Err(Error::bug(format!("an architecture leaves decision '{decision}' open"))),
    }
}

/// The state that each node reads and its activation, in order.
pub(crate) fn nodes(cell: &HighwayCell, name: &str) -> Result<Vec<(usize, Function)>> {
    let node = |node: usize| {
        let edge = cell.edges.iter().find(|edge| edge.node == node);
        match edge.map(|edge| (edge.input, &edge.activation)) {
            Some((input, &EdgeActivation::Activation(function))) => Ok((input, function)),
            _ => Err(Error::bug(format!("node {node} of '{name}' is an open choice"))),
        }
    };
    (0..cell.nodes).map(node).collect()
}

/// Said of an operation that a later version of the interface has.
pub(crate) fn unknown(layer: &Layer, op: &Op) -> Error {
    Error::input(format!("node '{}': this genomenas cannot export {}", layer.name, op.type_name()))
}

/// Whether the output of the network needs each layer.
fn computed(layers: &Layers) -> Vec<bool> {
    let mut computed = vec![false; layers.layers.len()];
    let mut pending = vec![layers.output];
    while let Some(source) = pending.pop() {
        let Source::Layer(at) = source else { continue };
        let Some(mark) = computed.get_mut(at).filter(|mark| !**mark) else { continue };
        *mark = true;
        // Zeros do not depend on what they are zeros of.
        if let Some(layer) = layers.layers.get(at).filter(|layer| !matches!(layer.op, LayerOp::Op(Op::Zero { .. }))) {
            pending.extend(&layer.inputs);
        }
    }
    computed
}
