//! How the weights of a trial are matched by name with those of the trial that it begins with.
//!
//! A selection names its weights without the options that it chose: `edge.conv.weight` is what a supernet calls
//! `edge.conv_3.conv.weight`. So both names are written out with their options before they are compared: an option keeps
//! its weights from a supernet to a selection, and between two selections it is not taken for another option whose
//! weights are called alike. An architecture that says nothing of options has only the names that it has.

use std::borrow::Cow;

use super::state::{SearchState, Trained, selection_of};
use crate::message::{Initialisation, Network, Trial, Work};
use crate::space::{OptionNames, Selection, Space};

/// How the weights of a trial are matched with those that it begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    own: OptionNames,
    parents: OptionNames,
}

impl Naming {
    /// The naming of a network with its options `own`, which begins with the weights of one with the options `parents`;
    /// a supernet has none.
    pub const fn new(own: OptionNames, parents: OptionNames) -> Self {
        Self { own, parents }
    }

    /// A name of the trial's own network, as it is compared.
    pub fn own<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.own.written_out(name)
    }

    /// A name of the network that it begins with, as it is compared.
    pub fn parents<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.parents.written_out(name)
    }

    /// The naming of a trial.
    pub(super) fn of(trial: &Trial, state: &SearchState, space: &Space) -> Self {
        let Work::Train {
            network, init: Initialisation::Inherit { trial } | Initialisation::Continue { trial }, ..
        } = &trial.work
        else {
            return Self::default();
        };
        let parents = match state.trained.get(trial) {
            Some(Trained::Supernet(_)) => Some(OptionNames::default()),
            Some(Trained::Architecture(selection)) => selection.as_ref().and_then(|of| names(space, of)),
            None => None,
        };
        let own = match network {
            Network::Supernet { .. } => Some(OptionNames::default()),
            network => selection_of(network).and_then(|of| names(space, of)),
        };
        // Names with options and names that may or may not have them cannot be compared.
        own.zip(parents).map(|(own, parents)| Self { own, parents }).unwrap_or_default()
    }
}

/// Where the options of a selection stand; none where it is not of this space.
fn names(space: &Space, selection: &Selection) -> Option<OptionNames> {
    space.check_selection(selection).ok().map(|()| space.option_names(selection))
}
