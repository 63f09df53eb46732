//! The network of a trial or a finding, checked against the run's space, what remains of it, and the data.

use genomenas_plugin::message::{Discard, Mixing, Network};
use genomenas_plugin::space::{Architecture, Layers, Mask, Space};

use genomenas_data::StoreInfo;
use genomenas_data::error::{Error, Result};

/// The network of a trial.
#[derive(Debug)]
pub(super) struct Resolved {
    /// Its layers.
    pub(super) layers: Layers,
    /// How it mixes, where it is a supernet.
    pub(super) mixing: Mixing,
    /// What of the space it is, where it is a supernet.
    pub(super) mask: Option<Mask>,
}

/// Resolves networks over the space of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Networks<'a> {
    /// The space.
    pub(super) space: &'a Space,
    /// The data.
    pub(super) data: &'a StoreInfo,
}

impl Networks<'_> {
    /// What remains of the space after `discards`.
    ///
    /// # Errors
    ///
    /// One of them names what the space does not have, or leaves no architecture.
    pub(super) fn remaining(&self, discards: &[Discard]) -> Result<Mask> {
        let mut mask = self.space.mask();
        discards.iter().try_for_each(|discard| mask.discard(self.space, discard))?;
        Ok(mask)
    }

    /// The network of a trial that begins while `remaining` remains.
    pub(super) fn of_trial(&self, network: &Network, remaining: &Mask) -> Result<Resolved> {
        let (layers, mixing, mask) = match network {
            Network::Supernet { mask, mixing } => {
                let space = self.space.of_supernet(mask.as_ref(), remaining, mixing)?;
                (space.supernet_layers()?, mixing.clone(), Some(mask.as_ref().unwrap_or(remaining).clone()))
            }
            network => (self.architecture(network)?.layers()?, Mixing::Softmax, None),
        };
        self.check(&layers)?;
        Ok(Resolved { layers, mixing, mask })
    }

    /// The supernet of a mask within the one that a supernet was `trained` on.
    pub(super) fn of_mask(&self, mask: &Mask, trained: &Mask, mixing: &Mixing) -> Result<Layers> {
        let stray = mask.0.iter().flat_map(|(id, options)| options.iter().map(move |option| (id, option)));
        if let Some((id, option)) = stray.into_iter().find(|(id, option)| !trained.has(id, option)) {
            return Err(Error::input(format!("it has option '{option}' of decision '{id}', which was not trained")));
        }
        let layers = self.space.of_supernet(Some(mask), trained, mixing)?.supernet_layers()?;
        self.check(&layers)?;
        Ok(layers)
    }

    /// The architecture of a finding.
    pub(super) fn of_finding(&self, network: &Network) -> Result<Architecture> {
        let architecture = self.architecture(network)?;
        self.check(&architecture.layers()?)?;
        Ok(architecture)
    }

    fn architecture(&self, network: &Network) -> Result<Architecture> {
        match network {
            Network::Architecture { architecture } => Ok(architecture.as_ref().clone()),
            Network::Selection { selection } => Ok(self.space.architecture(selection)?),
            Network::Supernet { .. } => {
                Err(Error::input("a supernet is no architecture: select one option for each decision"))
            }
            _ => Err(Error::input("this genomenas does not know this kind of network: update it")),
        }
    }

    fn check(&self, layers: &Layers) -> Result<()> {
        Ok(layers.expect_io(self.data.shape.length, self.data.shape.labels.len())?)
    }
}
