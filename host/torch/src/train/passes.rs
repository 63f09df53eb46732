//! Passes through a network whose gradients architecture steps take.

use genomenas_plugin::seed;
use tch::Tensor;

use super::objective::Objective;
use crate::error::Result;
use crate::net::weights::{Part, WEIGHTS};
use crate::net::{Mode, Net};
use crate::precision;
use crate::tensor::loader::Batch;

/// Passes forward and backward through a network in training mode, each with the same dropout masks. They leave running
/// statistics as they are, and their loss has no regularisers.
#[derive(Debug)]
pub(super) struct Passes<'a> {
    /// The network.
    pub(super) net: &'a mut Net,
    objective: &'a Objective,
    mode: Mode,
    seed: i64,
    /// The number of passes so far.
    pub(super) count: u64,
}

/// What a pass takes the gradient of.
#[derive(Clone, Copy, Debug)]
pub(super) struct GradientTargets {
    pub(super) weights: bool,
    pub(super) alphas: bool,
}

impl<'a> Passes<'a> {
    /// The passes of architecture step `number` of a training of this seed.
    pub(super) fn new(net: &'a mut Net, objective: &'a Objective, mode: &Mode, job_seed: u64, number: u64) -> Self {
        let seed = i64::try_from(seed::derive(job_seed, "architecture step", number)).unwrap_or(i64::MAX);
        let mode = Mode { train: true, track: false, keep_hidden: false, ..mode.clone() };
        Self { net, objective, mode, seed, count: 0 }
    }

    /// Leaves the gradients of the mean loss of a batch with the network's weights.
    pub(super) fn backward(&mut self, (inputs, targets): &Batch, of: GradientTargets) -> Result<()> {
        for part in WEIGHTS {
            self.net.weights.require_gradients(part, of.weights)?;
        }
        self.mode.learn_alphas = of.alphas;
        tch::manual_seed(self.seed);
        let logits = precision::forward(self.net, inputs, &self.mode)?.logits;
        let loss = self.objective.mean(&logits, targets)?;
        // Where nothing that is asked for has a part in the loss, its gradient is zero.
        if loss.requires_grad() {
            loss.f_backward()?;
        }
        for part in WEIGHTS {
            self.net.weights.require_gradients(part, true)?;
        }
        self.count += 1;
        Ok(())
    }

    /// Takes the gradient that a pass left with the alphas.
    pub(super) fn take_alphas(&mut self) -> Result<Tensor> {
        self.net.weights.take_gradients(Part::Arch)
    }
}
