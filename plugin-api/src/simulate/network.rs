//! The network of a trial or a finding, checked against the space, what remains of it, and the data.

use super::curves::{Good, Truth};
use super::drive::refused;
use super::supernet::Supernet;
use crate::Result;
use crate::message::{Network, Plan, Setup};
use crate::space::{Layer, LayerOp, Layers, Mask, Op};

/// The network of a trial that the host has checked.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) layers: Layers,
    pub(super) kind: Kind,
}

/// What a network is to the landscape.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// An architecture, and how good it is.
    Architecture(Good),
    /// A supernet, which is as good as its alphas make it.
    Supernet(Box<Supernet>),
}

impl Resolved {
    /// Refuses a regulariser of what enters the last dense layer of a network that has none.
    fn check_hidden(&self) -> Result<()> {
        let dense = |layer: &Layer| matches!(layer.op, LayerOp::Op(Op::Linear { .. }));
        if self.layers.layers.iter().any(dense) {
            return Ok(());
        }
        Err(refused(
            "the plan regularises what enters the last dense layer (hidden_l1), and the network has no dense layer: leave it out",
        ))
    }

    /// Refuses architecture steps of a network without alphas.
    fn check_learns(&self) -> Result<()> {
        if self.layers.decisions.is_empty() {
            return Err(refused(
                "the plan has architecture steps (arch), and the network has no open decision: leave them out",
            ));
        }
        match &self.kind {
            Kind::Supernet(supernet) if !supernet.learns() => Err(refused(
                "the plan has architecture steps (arch), and the supernet's mixing has no alphas: mix by softmax or gumbel, or leave them out",
            )),
            _ => Ok(()),
        }
    }
}

/// Resolves networks over the space of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Networks<'a> {
    pub(super) setup: &'a Setup,
    pub(super) truth: Truth<'a>,
}

impl Networks<'_> {
    /// The network of a trial that begins while `remaining` remains.
    pub(super) fn of_trial(&self, network: &Network, plan: &Plan, remaining: &Mask) -> Result<Resolved> {
        let resolved = match network {
            Network::Supernet { mask, mixing } => {
                let space = &self.setup.space;
                let supernet = Supernet::new(space, remaining, mask.as_ref(), mixing, self.truth.landscape)?;
                Resolved { layers: supernet.space.supernet_layers()?, kind: Kind::Supernet(Box::new(supernet)) }
            }
            network => self.architecture(network)?,
        };
        self.check(&resolved.layers)?;
        if plan.arch.is_some() {
            resolved.check_learns()?;
        }
        if plan.hidden_l1 > 0.0 {
            resolved.check_hidden()?;
        }
        Ok(resolved)
    }

    /// How good the architecture of a finding is.
    pub(super) fn of_finding(&self, network: &Network) -> Result<Good> {
        let Resolved { layers, kind } = self.architecture(network)?;
        self.check(&layers)?;
        match kind {
            Kind::Architecture(good) => Ok(good),
            Kind::Supernet(_) => Err(no_architecture()),
        }
    }

    fn architecture(&self, network: &Network) -> Result<Resolved> {
        let space = &self.setup.space;
        let (layers, good) = match network {
            Network::Architecture { architecture } => {
                (architecture.layers()?, self.truth.of_architecture(architecture)?)
            }
            Network::Selection { selection } => {
                (space.architecture(selection)?.layers()?, self.truth.of_selection(selection)?)
            }
            Network::Supernet { .. } => return Err(no_architecture()),
        };
        Ok(Resolved { layers, kind: Kind::Architecture(good) })
    }

    fn check(&self, layers: &Layers) -> Result<()> {
        layers.expect_io(self.setup.data.length, self.setup.data.labels)
    }
}

fn no_architecture() -> crate::Error {
    refused("a supernet is no architecture: select one option for each decision")
}
