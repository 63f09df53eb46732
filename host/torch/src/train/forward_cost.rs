//! The cost of a forward pass through a supernet: of all of it, or only of the options that its blend chose.

use genomenas_plugin::message::Mixing;
use genomenas_plugin::space::{EdgeActivation, Layer, LayerOp, Layers, Op, Peak, Source};

use crate::error::Result;
use crate::net::{Blend, Mixer};

/// Counts of one sample's forward pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ForwardCost {
    /// Multiply-adds.
    pub(super) multiply_adds: u64,
    /// Values that training keeps for the backward pass.
    pub(super) activations: u64,
}

impl ForwardCost {
    /// The cost of every layer.
    pub(super) fn whole(layers: &Layers) -> Self {
        Self { multiply_adds: layers.multiply_adds(), activations: layers.activations() }
    }

    /// The cost of a pass under `blend`.
    pub(super) fn under(layers: &Layers, blend: &Blend) -> Self {
        match blend {
            Blend::Chosen(chosen) => Self::with(layers, |decision, option| {
                chosen.get(decision).is_some_and(|chosen| option.map_or(!chosen.is_empty(), |at| chosen.contains(&at)))
            }),
            _ => Self::whole(layers),
        }
    }

    /// The most values of one sample that a step under `mixing` holds at once: an upper bound.
    ///
    /// # Errors
    ///
    /// The mixing names what the supernet does not have.
    pub(super) fn peak(layers: &Layers, mixing: &Mixing) -> Result<Peak> {
        Ok(match mixing {
            Mixing::Cycle { .. } | Mixing::Sample { .. } | Mixing::Uniform { .. } => {
                layers.peak_of_parts(Self::most(layers, mixing)?.activations)
            }
            _ => layers.peak(),
        })
    }

    /// An upper bound of the cost of a pass under `mixing`.
    ///
    /// # Errors
    ///
    /// The mixing names what the supernet does not have.
    pub(super) fn most(layers: &Layers, mixing: &Mixing) -> Result<Self> {
        let whole = Self::whole(layers);
        match mixing {
            Mixing::Cycle { selections } | Mixing::Sample { selections } => {
                let in_turn = Mixer::new(&Mixing::Cycle { selections: selections.clone() }, layers)?;
                let passes = (0..selections.len() as u64).map(|at| Self::under(layers, &in_turn.training(0, at, 0.0)));
                Ok(passes.fold(Self::default(), |most, pass| Self {
                    multiply_adds: most.multiply_adds.max(pass.multiply_adds),
                    activations: most.activations.max(pass.activations),
                }))
            }
            Mixing::Uniform { options } => {
                // What a single option needs is not computed where that option is not chosen. In the worst case the
                // options that are not chosen are those that need least.
                let mut saved = Self::default();
                for (decision, of) in layers.decisions.iter().enumerate() {
                    let idle = of.options.len().saturating_sub(*options as usize);
                    let without =
                        |at: usize| Self::with(layers, |other, option| (other, option) != (decision, Some(at)));
                    let own = |count: fn(&Self) -> u64| {
                        let each = (0..of.options.len()).map(|at| count(&whole).saturating_sub(count(&without(at))));
                        let mut each: Vec<u64> = each.collect();
                        each.sort_unstable();
                        each.iter().take(idle).sum::<u64>()
                    };
                    saved.multiply_adds += own(|counts| counts.multiply_adds);
                    saved.activations += own(|counts| counts.activations);
                }
                Ok(Self {
                    multiply_adds: whole.multiply_adds.saturating_sub(saved.multiply_adds),
                    activations: whole.activations.saturating_sub(saved.activations),
                })
            }
            _ => Ok(whole),
        }
    }

    /// The cost of the layers that are reached from the output through the options that `takes` takes. Its arguments
    /// are the positions of the decision and of the option; without an option it returns whether any is taken.
    fn with(layers: &Layers, takes: impl Fn(usize, Option<usize>) -> bool) -> Self {
        let takes_of = |id: &str, option: Option<&str>| {
            let at = layers.decisions.iter().position(|decision| decision.id == id);
            at.is_some_and(|at| match option {
                None => takes(at, None),
                Some(name) => {
                    let option = layers.decisions[at].options.iter().position(|other| other == name);
                    option.is_some_and(|option| takes(at, Some(option)))
                }
            })
        };
        let mut reached = vec![false; layers.layers.len()];
        let mark = |reached: &mut [bool], source: &Source| {
            if let Source::Layer(at) = source
                && let Some(reached) = reached.get_mut(*at)
            {
                *reached = true;
            }
        };
        mark(&mut reached, &layers.output);
        let mut counts = Self::default();
        // Every layer stands after those it reads.
        for (at, layer) in layers.layers.iter().enumerate().rev() {
            if !reached[at] {
                continue;
            }
            match &layer.op {
                LayerOp::Op(_) => layer.inputs.iter().for_each(|source| mark(&mut reached, source)),
                LayerOp::Mix { decision, options } => {
                    let taken =
                        options.iter().zip(&layer.inputs).filter(|(option, _)| takes_of(decision, Some(option)));
                    taken.for_each(|(_, source)| mark(&mut reached, source));
                }
            }
            counts.activations = counts.activations.saturating_add(layer.activations);
            let idle = idle_products(layer, |id| takes_of(id, None));
            counts.multiply_adds = counts.multiply_adds.saturating_add(layer.multiply_adds.saturating_sub(idle));
        }
        counts
    }
}

/// The multiply-adds of a highway cell's edges of which no option is taken.
fn idle_products(layer: &Layer, takes: impl Fn(&str) -> bool) -> u64 {
    let (LayerOp::Op(Op::Highway(cell)), &[hidden, positions]) = (&layer.op, layer.shape.as_slice()) else {
        return 0;
    };
    let idle = cell.edges.iter().filter(|edge| match &edge.activation {
        EdgeActivation::Activation(_) => false,
        EdgeActivation::Decision(id) => !takes(id),
    });
    // A node's matrix meets the state of each of its edges: H × 2H products a position.
    [hidden, 2 * hidden, positions].iter().fold(idle.count() as u64, |product, &n| product.saturating_mul(n as u64))
}
