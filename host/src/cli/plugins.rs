//! Strategies by name, and a look at what one proposes first.

use std::path::PathBuf;

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::{Ask, Budget, Cost, DataInfo, Network, Proposal, Setup, TrialId, Unit, Work};
use genomenas_plugin::space::{Architecture, Space};

use super::options::PluginOptions;
use crate::compare::named::Named;
use crate::compare::resolve::{Found, Strategies};
use crate::plugins::folders::Reach;
use crate::plugins::{Catalog, Folder, Limits, PluginInstance, search_path};

/// The plugins that were found.
#[derive(Debug)]
pub(crate) struct Shelf(pub(crate) Catalog);

/// The first network of a strategy.
#[derive(Debug)]
pub(crate) enum First {
    /// An architecture.
    Architecture(Box<Architecture>),
    /// The supernet of this space: all of the run's space, or what a mask leaves of it.
    Supernet(Box<Space>),
}

impl Shelf {
    /// Looks into the plugin folders. Nothing of any plugin runs.
    pub(crate) fn open(options: &PluginOptions) -> Result<Self> {
        Self::open_with(options, &[])
    }

    /// As [`Self::open`], and takes what is not found there from `files`.
    pub(crate) fn open_with(options: &PluginOptions, files: &[PathBuf]) -> Result<Self> {
        let mut folders = search_path(&options.folders)?;
        folders.extend(files.iter().map(|path| Folder { path: path.clone(), reach: Reach::Beside }));
        Ok(Self(Catalog::scan(&folders)))
    }

    /// Makes an instance of a strategy and ends it: whether it takes its parameters is known before anything begins.
    pub(crate) fn try_out(&self, strategy: &Named, space: &Space, data: &DataInfo, budget: Budget) -> Result<()> {
        self.start(strategy, space, data, budget, 0).map(|_| ())
    }

    /// The first architecture that a strategy proposes; that of a baseline is the only one it has.
    pub(crate) fn first_architecture(
        &self,
        strategy: &Named,
        space: &Space,
        data: &DataInfo,
        seed: u64,
    ) -> Result<Architecture> {
        match self.first_network(strategy, space, data, seed)? {
            First::Architecture(architecture) => Ok(*architecture),
            First::Supernet(_) => Err(Error::input(format!(
                "strategy '{}' begins with a supernet and finds its architecture by searching: run `genomenas search --strategy {}`, and then `genomenas train --run` with the folder of that search",
                strategy.id, strategy.id
            ))),
        }
    }

    /// The first network that a strategy proposes.
    pub(crate) fn first_network(&self, strategy: &Named, space: &Space, data: &DataInfo, seed: u64) -> Result<First> {
        // Large enough for any strategy to begin; nothing of it is spent.
        let budget = Budget { amount: 1_000_000_000, unit: Unit::Samples };
        let mut instance = self.start(strategy, space, data, budget, seed)?;
        let ask = Ask {
            budget,
            remaining: budget.amount,
            used: Cost::default(),
            next_trial: TrialId(0),
            in_flight: Vec::new(),
            slots: 1,
        };
        let nothing = || Error::failed(format!("strategy '{}' proposes no network to begin with", strategy.id));
        let network = match instance.propose(&ask)? {
            Proposal::Trials { trials } => match trials.into_iter().next().ok_or_else(nothing)?.work {
                Work::Train { network, .. } => network,
                _ => return Err(nothing()),
            },
            Proposal::Finish { finding } => finding.best.network,
            _ => return Err(nothing()),
        };
        match network {
            Network::Architecture { architecture } => Ok(First::Architecture(architecture)),
            Network::Selection { selection } => Ok(First::Architecture(Box::new(space.architecture(&selection)?))),
            Network::Supernet { mask: None, .. } => Ok(First::Supernet(Box::new(space.clone()))),
            Network::Supernet { mask: Some(mask), .. } => Ok(First::Supernet(Box::new(space.masked(&mask)?))),
            _ => Err(nothing()),
        }
    }

    fn start(
        &self,
        strategy: &Named,
        space: &Space,
        data: &DataInfo,
        budget: Budget,
        seed: u64,
    ) -> Result<PluginInstance> {
        let setup = Setup {
            protocol: genomenas_plugin::message::PROTOCOL.to_owned(),
            seed,
            parameters: strategy.parameters.clone(),
            space: space.clone(),
            data: data.clone(),
            budget,
            threads: 1,
        };
        PluginInstance::start(&self.0.strategy(&strategy.id)?, &setup, Limits::default())
    }
}

impl Strategies for Shelf {
    fn find(&self, strategy: &Named) -> Result<Found> {
        let choice = self.0.strategy(&strategy.id)?;
        let path = &choice.found.path;
        Ok(Found {
            strategy: choice.strategy.id.clone(),
            plugin: choice.manifest.id.clone(),
            version: choice.manifest.version.clone(),
            sha256: choice.found.sha256.clone(),
            file: path.canonicalize().map_err(|error| Error::io("open", path, error))?,
            parameters: strategy.parameters.clone(),
        })
    }

    fn has(&self, id: &str) -> bool {
        self.0.strategy(id).is_ok()
    }
}
