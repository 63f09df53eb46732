//! A strategy's first network, before anything is trained: what `describe` shows and `train --strategy` trains, and
//! whether a strategy accepts its parameters at all.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::{Ask, Budget, Cost, DataInfo, Network, PROTOCOL, Proposal, Setup, TrialId, Unit, Work};
use genomenas_plugin::space::{Architecture, Space};

use super::{Limits, PluginInstance, StrategyRegistry};
use crate::spec::Spec;

/// The first network of a strategy.
#[derive(Debug)]
pub enum FirstNetwork {
    /// An architecture.
    Architecture(Box<Architecture>),
    /// The supernet of this space: the whole space of the run, or what a mask leaves of it.
    Supernet(Box<Space>),
}

/// Makes an instance of a strategy and ends it, so that refused parameters are reported before anything begins.
///
/// # Errors
///
/// There is no such strategy, or it refuses its parameters or the setup.
pub fn try_out(
    registry: &StrategyRegistry,
    strategy: &Spec,
    space: &Space,
    data: &DataInfo,
    budget: Budget,
) -> Result<()> {
    start(registry, strategy, space, data, budget, 0).map(|_| ())
}

/// The first architecture that a strategy proposes; for a baseline, its only one.
///
/// # Errors
///
/// As of [`first_network`], or the strategy begins with a supernet.
pub fn first_architecture(
    registry: &StrategyRegistry,
    strategy: &Spec,
    space: &Space,
    data: &DataInfo,
    seed: u64,
) -> Result<Architecture> {
    match first_network(registry, strategy, space, data, seed)? {
        FirstNetwork::Architecture(architecture) => Ok(*architecture),
        FirstNetwork::Supernet(_) => Err(Error::input(format!(
            "strategy '{}' begins with a supernet and finds its architecture by searching: run `genomenas search --strategy {}`, and then `genomenas train --run` with the folder of that search",
            strategy.id, strategy.id
        ))),
    }
}

/// The first network that a strategy proposes.
///
/// # Errors
///
/// There is no such strategy, it refuses its parameters or the setup, or its first proposal has no network.
pub fn first_network(
    registry: &StrategyRegistry,
    strategy: &Spec,
    space: &Space,
    data: &DataInfo,
    seed: u64,
) -> Result<FirstNetwork> {
    // Large enough for any strategy to begin; nothing of it is spent.
    let budget = Budget { amount: 1_000_000_000, unit: Unit::Samples };
    let mut instance = start(registry, strategy, space, data, budget, seed)?;
    let ask = Ask {
        budget,
        remaining: budget.amount,
        used: Cost::default(),
        next_trial: TrialId(0),
        in_flight: Vec::new(),
        slots: 1,
    };
    let no_network = || Error::plugin(format!("strategy '{}' proposes no network to begin with", strategy.id));
    let network = match instance.propose(&ask)? {
        Proposal::Trials { trials } => match trials.into_iter().next().ok_or_else(no_network)?.work {
            Work::Train { network, .. } => network,
            _ => return Err(no_network()),
        },
        Proposal::Finish { finding } => finding.best.network,
        _ => return Err(no_network()),
    };
    match network {
        Network::Architecture { architecture } => Ok(FirstNetwork::Architecture(architecture)),
        Network::Selection { selection } => Ok(FirstNetwork::Architecture(Box::new(space.architecture(&selection)?))),
        Network::Supernet { mask: None, .. } => Ok(FirstNetwork::Supernet(Box::new(space.clone()))),
        Network::Supernet { mask: Some(mask), .. } => Ok(FirstNetwork::Supernet(Box::new(space.masked(&mask)?))),
        _ => Err(no_network()),
    }
}

fn start(
    registry: &StrategyRegistry,
    strategy: &Spec,
    space: &Space,
    data: &DataInfo,
    budget: Budget,
    seed: u64,
) -> Result<PluginInstance> {
    let setup = Setup {
        protocol: PROTOCOL.to_owned(),
        seed,
        parameters: strategy.parameters.clone(),
        space: space.clone(),
        data: data.clone(),
        budget,
        threads: 1,
    };
    PluginInstance::start(&registry.strategy(&strategy.id)?, &setup, Limits::default())
}
