//! The network of a trial or a finding, checked against the space, what remains of it, and the data.

use super::naming::Naming;
use super::rows::Data;
use crate::message::{Discard, Mixing, Network};
use crate::space::{Architecture, Layers, Mask, Space};
use crate::{Error, Result};

/// The network of a trial.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Its layers.
    pub layers: Layers,
    /// How it mixes, where it is a supernet.
    pub mixing: Mixing,
    /// The part of the space that it is, where it is a supernet.
    pub part: Option<Part>,
    /// How its weights are matched with those that it begins with.
    pub naming: Naming,
}

/// A part of a space.
#[derive(Clone, Debug)]
pub struct Part {
    /// The mask that leaves it.
    pub mask: Mask,
    /// What the mask leaves.
    pub space: Space,
}

/// The size of a trial's network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    /// Weights.
    pub parameters: u64,
    /// Multiply-adds of one sample's forward pass.
    pub multiply_adds: u64,
    /// Values that a pass keeps for one sample.
    pub activations: u64,
}

impl Size {
    pub(super) fn of(layers: &Layers) -> Self {
        Self {
            parameters: layers.parameters(),
            multiply_adds: layers.multiply_adds(),
            activations: layers.activations(),
        }
    }
}

/// Resolves networks over the space of a search.
#[derive(Clone, Copy, Debug)]
pub struct Networks<'a> {
    /// The space.
    pub space: &'a Space,
    /// The data.
    pub data: &'a Data,
}

impl Networks<'_> {
    /// The network of a trial that begins while `remaining` remains.
    pub(super) fn of_trial(&self, network: &Network, remaining: &Mask) -> Result<Resolved> {
        match network {
            Network::Supernet { mask, mixing } => self.of_supernet(mask.as_ref(), mixing, remaining),
            network => {
                let layers = self.architecture(network)?.layers()?;
                self.check(&layers)?;
                Ok(Resolved { layers, mixing: Mixing::Softmax, part: None, naming: Naming::default() })
            }
        }
    }

    /// The supernet of a trial that begins while `remaining` remains.
    pub(super) fn of_supernet(&self, mask: Option<&Mask>, mixing: &Mixing, remaining: &Mask) -> Result<Resolved> {
        let space = self.space.of_supernet(mask, remaining, mixing)?;
        let layers = space.supernet_layers()?;
        self.check(&layers)?;
        let part = Part { mask: mask.unwrap_or(remaining).clone(), space };
        Ok(Resolved { layers, mixing: mixing.clone(), part: Some(part), naming: Naming::default() })
    }

    /// The supernet of a mask within the one that a supernet was `trained` on.
    ///
    /// # Errors
    ///
    /// The mask is not within it, leaves no architecture, or does not fit the data.
    pub fn of_mask(&self, mask: &Mask, trained: &Mask, mixing: &Mixing) -> Result<Resolved> {
        let stray = mask.0.iter().flat_map(|(id, options)| options.iter().map(move |option| (id, option)));
        if let Some((id, option)) = stray.into_iter().find(|(id, option)| !trained.has(id, option)) {
            return Err(Error::invalid(format!("it has option '{option}' of decision '{id}', which was not trained")));
        }
        self.of_supernet(Some(mask), mixing, trained)
    }

    /// The architecture of a finding.
    ///
    /// # Errors
    ///
    /// It is a supernet, not of the space, or does not fit the data.
    pub fn of_finding(&self, network: &Network) -> Result<Architecture> {
        let architecture = self.architecture(network)?;
        self.check(&architecture.layers()?)?;
        Ok(architecture)
    }

    fn architecture(&self, network: &Network) -> Result<Architecture> {
        match network {
            Network::Architecture { architecture } => Ok(architecture.as_ref().clone()),
            Network::Selection { selection } => self.space.architecture(selection),
            Network::Supernet { .. } => {
                Err(Error::invalid("a supernet is not an architecture: select one option for each decision"))
            }
        }
    }

    fn check(&self, layers: &Layers) -> Result<()> {
        layers.expect_io(self.data.info.length, self.data.info.labels)
    }
}

/// How the options of a mask count in a score: as in the supernet's training, where that computed more than
/// sub-networks.
pub fn scoring_mixing(trained: &Mixing) -> Mixing {
    match trained {
        Mixing::Sum => Mixing::Sum,
        mixing if mixing.learns() => Mixing::Softmax,
        _ => Mixing::Uniform { options: u32::MAX },
    }
}

/// What remains of a space after each of its discards.
#[derive(Debug)]
pub(super) struct Remaining<'a> {
    space: &'a Space,
    /// After so many discards as the position in this list.
    masks: Vec<Mask>,
}

impl<'a> Remaining<'a> {
    pub(super) fn new(space: &'a Space) -> Self {
        Self { space, masks: vec![space.mask()] }
    }

    /// What remains after `discards`, of which the first are those that were given before.
    ///
    /// # Errors
    ///
    /// One of them names what the space does not have, or leaves no architecture.
    pub(super) fn after(&mut self, discards: &[Discard]) -> Result<&Mask> {
        while let Some(discard) = discards.get(self.masks.len() - 1) {
            let mut mask = self.masks[self.masks.len() - 1].clone();
            mask.discard(self.space, discard)?;
            self.masks.push(mask);
        }
        Ok(&self.masks[discards.len()])
    }
}
