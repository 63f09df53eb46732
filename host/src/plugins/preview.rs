//! A strategy's first network, before anything is trained: what `describe` shows and `train --strategy` trains, and
//! whether a strategy accepts its parameters at all.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::{
    Ask, Budget, Cost, DataInfo, Network, PROTOCOL, Plan, Proposal, Setup, TrialId, Unit, Work,
};
use genomenas_plugin::space::{Architecture, Space};
use serde_json::{Map, Value};

use super::{Limits, PluginInstance, StrategyRef, StrategyRegistry};
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
/// It refuses its parameters or the setup, or its library crashed too often.
pub fn try_out(
    strategy: &StrategyRef<'_>,
    parameters: &Map<String, Value>,
    space: &Space,
    data: &DataInfo,
    budget: Budget,
    limits: Limits,
) -> Result<()> {
    start(strategy, parameters, space, data, (budget, 0), limits).map(|_| ())
}

/// The first architecture that a strategy proposes, for a baseline its only one, and the plan by which it would be trained.
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
    limits: Limits,
) -> Result<(Architecture, Option<Plan>)> {
    match first_network(registry, strategy, space, data, seed, limits)? {
        (FirstNetwork::Architecture(architecture), plan) => Ok((*architecture, plan)),
        (FirstNetwork::Supernet(_), _) => Err(Error::input(format!(
            "strategy '{}' begins with a supernet and finds its architecture by searching: run `genomenas search --strategy {}`, and then `genomenas train --run` with the folder of that search",
            strategy.id, strategy.id
        ))),
    }
}

/// The first network that a strategy proposes, and the plan of that trial; none where it finishes at once.
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
    limits: Limits,
) -> Result<(FirstNetwork, Option<Plan>)> {
    // Large enough for any strategy to begin; nothing of it is spent.
    let budget = Budget { amount: 1_000_000_000, unit: Unit::Samples };
    let choice = registry.strategy(&strategy.id)?;
    let no_network = || Error::plugin(format!("strategy '{}' proposes no network to begin with", strategy.id));
    let answer = first_answer(&choice, &strategy.parameters, space, data, (budget, seed), limits)?;
    let (network, plan) = match answer {
        Proposal::Trials { trials } => match trials.into_iter().next().ok_or_else(no_network)?.work {
            Work::Train { network, plan, .. } => (network, Some(plan)),
            _ => return Err(no_network()),
        },
        Proposal::Finish { finding } => (finding.best.network, None),
        _ => return Err(no_network()),
    };
    let first = match network {
        Network::Architecture { architecture } => FirstNetwork::Architecture(architecture),
        Network::Selection { selection } => FirstNetwork::Architecture(Box::new(space.architecture(&selection)?)),
        Network::Supernet { mask: None, .. } => FirstNetwork::Supernet(Box::new(space.clone())),
        Network::Supernet { mask: Some(mask), .. } => FirstNetwork::Supernet(Box::new(space.masked(&mask)?)),
        _ => return Err(no_network()),
    };
    Ok((first, plan))
}

/// The first answer of a strategy.
///
/// # Errors
///
/// As of [`try_out`], or it fails to answer.
pub(super) fn first_answer(
    choice: &StrategyRef<'_>,
    parameters: &Map<String, Value>,
    space: &Space,
    data: &DataInfo,
    (budget, seed): (Budget, u64),
    limits: Limits,
) -> Result<Proposal> {
    let mut instance = start(choice, parameters, space, data, (budget, seed), limits)?;
    instance.propose(&Ask {
        budget,
        remaining: budget.amount,
        used: Cost::default(),
        next_trial: TrialId(0),
        in_flight: Vec::new(),
        slots: 1,
    })
}

/// Makes an instance of a strategy where there is no run.
///
/// # Errors
///
/// As of [`try_out`].
pub(super) fn start(
    choice: &StrategyRef<'_>,
    parameters: &Map<String, Value>,
    space: &Space,
    data: &DataInfo,
    (budget, seed): (Budget, u64),
    limits: Limits,
) -> Result<PluginInstance> {
    let setup = Setup {
        protocol: PROTOCOL.to_owned(),
        seed,
        parameters: parameters.clone(),
        space: space.clone(),
        data: data.clone(),
        budget,
        threads: 1,
    };
    if let Some(record) = &choice.plugin.record {
        record.check(&choice.manifest.id)?;
    }
    PluginInstance::try_out(choice, &setup, limits)
}
