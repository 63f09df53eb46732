//! The layers of a graph: its operations in order, each with its shape and exact counts.

use super::expand::{Flat, expand};
use super::infer::{Inferred, infer, infer_mix};
use super::layer::shown;
use super::{Decision, Form, Graph, Layer, LayerOp, Op, Peak, Shape, Source, activation_memory, live_memory, sharing};
use crate::{Error, Result};

/// The most weights, positions or multiply-adds that any layer may have: beyond every machine, within every integer.
const MAX_COUNT: u64 = 1 << 50;

/// All layers of a graph, each after those it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// The form of the network: [`Form::Search`] for a supernet, [`Form::Final`] for an architecture.
    pub form: Form,
    /// Shape of the graph's input.
    pub input: Shape,
    /// The layers.
    pub layers: Vec<Layer>,
    /// Which of them is the output.
    pub output: Source,
    /// The decisions of a supernet, each with an alpha an option; none for an architecture.
    pub decisions: Vec<Decision>,
}

impl Layers {
    pub(super) fn of_architecture(graph: &Graph) -> Result<Self> {
        Self::infer(graph, Form::Final, expand(graph, Form::Final, false)?, Vec::new())
    }

    pub(super) fn of_supernet(graph: &Graph, decisions: &[Decision]) -> Result<Self> {
        let expanded = expand(graph, Form::Search, true)?;
        Self::infer(graph, Form::Search, expanded, decisions.to_vec())
    }

    fn infer(graph: &Graph, form: Form, (flat, output): (Vec<Flat>, Source), decisions: Vec<Decision>) -> Result<Self> {
        if graph.input.contains(&0) || graph.input.iter().any(|&size| size > 1 << 30) {
            return Err(Error::invalid(format!(
                "the input is {} channels × {} bases: expected at least 1 of each",
                graph.input[0], graph.input[1]
            )));
        }
        let input = graph.input.to_vec();
        let mut layers: Vec<Layer> = Vec::with_capacity(flat.len());
        for Flat { name, op, inputs } in flat {
            let shapes: Vec<&Shape> = inputs
                .iter()
                .map(|source| match source {
                    Source::Input => &input,
                    Source::Layer(at) => &layers[*at].shape,
                })
                .collect();
            if matches!(op, LayerOp::Op(Op::KmerSpectrum { .. })) && inputs != [Source::Input] {
                return Err(Error::invalid(format!(
                    "node '{name}': kmer_spectrum counts words of bases: expected that it reads the input, and nothing else"
                )));
            }
            let Inferred { shape, parameters, multiply_adds } = match &op {
                LayerOp::Op(op) => infer(op, &shapes, form),
                LayerOp::Mix { .. } => infer_mix(&shapes),
            }
            .map_err(|error| error.context(format!("node '{name}'")))?;
            let size = shape.iter().try_fold(1_u64, |size, &n| size.checked_mul(n as u64));
            if size.is_none_or(|size| size > MAX_COUNT) || parameters > MAX_COUNT || multiply_adds > MAX_COUNT {
                return Err(Error::invalid(format!(
                    "node '{name}' is too large: shape {}, {parameters} weights",
                    shown(&shape)
                )));
            }
            layers.push(Layer { name, op, inputs, shape, parameters, multiply_adds, activations: 0, live: 0 });
        }
        activation_memory::count(&input, &mut layers, output, &decisions, form);
        live_memory::count(&input, &mut layers, output);
        let all = Self { form, input, layers, output, decisions };
        let total = |count: fn(&Layer) -> u64| all.layers.iter().map(count).fold(0, u64::saturating_add);
        if total(|l| l.parameters) > MAX_COUNT || total(|l| l.multiply_adds) > MAX_COUNT {
            return Err(Error::invalid("the graph is too large: more than 2^50 weights or multiply-adds"));
        }
        Ok(all)
    }

    /// For each layer the first one that computes the same: itself, or one with an equal operation on the same value
    /// where that has no weights, draws nothing and keeps nothing. The options of an edge, and the edges from a state,
    /// mostly begin with the same activation or pool.
    pub fn firsts(&self) -> Vec<usize> {
        sharing::firsts(&self.layers)
    }

    /// Which layers multiply their value by the share of an option: a batch norm that has no scale of its own, where an
    /// option ends in it and nothing but the mixture reads it.
    pub fn scaled(&self) -> Vec<bool> {
        sharing::scaled(&self.layers, self.output, self.form)
    }

    /// The shape of the layer of this name.
    pub fn shape_of(&self, name: &str) -> Option<&Shape> {
        self.layers.iter().find(|layer| layer.name == name).map(|layer| &layer.shape)
    }

    /// The shape of the graph's value.
    pub fn output_shape(&self) -> &Shape {
        match self.output {
            Source::Input => &self.input,
            Source::Layer(at) => &self.layers[at].shape,
        }
    }

    /// Refuses a graph that does not end in one value for each of `labels` outputs, or reads another length.
    pub fn expect_io(&self, length: usize, labels: usize) -> Result<()> {
        if self.input != [4, length] {
            return Err(Error::invalid(format!(
                "the network reads {}, the data has windows of [4, {length}]: rebuild it for that length",
                shown(&self.input)
            )));
        }
        if self.output_shape() != &[labels] {
            return Err(Error::invalid(format!(
                "the network ends in shape {}, the data has {labels} labels: expected [{labels}]",
                shown(self.output_shape())
            )));
        }
        Ok(())
    }

    /// Trained weights of all layers, and the alphas.
    pub fn parameters(&self) -> u64 {
        self.layers.iter().map(|layer| layer.parameters).sum::<u64>() + self.alphas()
    }

    /// Alphas of a supernet: one an option of a decision; 0 for an architecture.
    pub fn alphas(&self) -> u64 {
        self.decisions.iter().map(|decision| decision.options.len() as u64).sum()
    }

    /// Multiply-adds of one sample's forward pass.
    pub fn multiply_adds(&self) -> u64 {
        self.layers.iter().map(|layer| layer.multiply_adds).sum()
    }

    /// Values that a training step keeps for the backward pass, a sample of the batch: an estimate.
    pub fn activations(&self) -> u64 {
        self.layers.iter().map(|layer| layer.activations).fold(0, u64::saturating_add)
    }

    /// The most values of one sample that a training step over all options holds at once: those that layers up to one keep
    /// for the backward pass, and what is live there. An estimate.
    pub fn peak(&self) -> Peak {
        let mut kept = 0_u64;
        let at = |layer: &Layer| {
            kept = kept.saturating_add(layer.activations);
            Peak { values: kept.saturating_add(layer.live), live: layer.live, layer: layer.name.clone() }
        };
        self.layers.iter().map(at).max_by_key(|peak| peak.values).unwrap_or_default()
    }

    /// The same of a step over some of the options, which keeps `activations` values: at most.
    pub fn peak_of_parts(&self, activations: u64) -> Peak {
        let most = self.layers.iter().max_by_key(|layer| layer.live);
        let at = |layer: &Layer| Peak {
            values: activations.saturating_add(layer.live),
            live: layer.live,
            layer: layer.name.clone(),
        };
        most.map(at).unwrap_or_default()
    }
}
