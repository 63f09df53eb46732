//! A strategy of a plugin in a simulated search: the process of a run, and no training.

use std::cell::RefCell;

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::{Ask, Discard, Proposal, Report};
use genomenas_plugin::simulate::{Simulated, Simulation};
use genomenas_plugin::{Error as PluginError, Instance};

use super::{Limits, PluginInstance, StrategyRef};
use crate::trace::{Call, Follower};

/// Runs a strategy in a simulation. `watch` sees each call with its answer, as it happens.
///
/// # Errors
///
/// The plugin cannot be loaded or refuses the setup, a hook failed, the strategy broke the protocol, or `watch` fails.
pub fn simulate(
    strategy: &StrategyRef<'_>,
    simulation: &Simulation,
    limits: Limits,
    watch: &mut (dyn FnMut(&Call) -> Result<()> + Send),
) -> Result<Simulated> {
    run(strategy, simulation, limits, true, watch)
}

/// As [`simulate`], for those who only want to know what comes of it: nobody is told how the plugin is kept.
///
/// # Errors
///
/// As of [`simulate`].
pub(super) fn look(
    strategy: &StrategyRef<'_>,
    simulation: &Simulation,
    limits: Limits,
    watch: &mut (dyn FnMut(&Call) -> Result<()> + Send),
) -> Result<Simulated> {
    run(strategy, simulation, limits, false, watch)
}

fn run(
    strategy: &StrategyRef<'_>,
    simulation: &Simulation,
    limits: Limits,
    tell: bool,
    watch: &mut (dyn FnMut(&Call) -> Result<()> + Send),
) -> Result<Simulated> {
    if let Some(record) = strategy.plugin.record.as_ref().filter(|_| !limits.debugger) {
        record.check(&strategy.manifest.id)?;
    }
    let instance = PluginInstance::try_out(strategy, simulation.setup(), limits)?;
    if tell {
        instance.tell_protections();
    }
    let mut watched =
        Watched { instance: RefCell::new(instance), follower: Follower::default(), watch, failure: RefCell::new(None) };
    let ended = simulation.run(&mut watched);
    match (watched.failure.into_inner(), ended) {
        (Some(failure), _) => Err(failure),
        (None, ended) => ended.map_err(|error| {
            let what = error.message.replacen("the strategy", &format!("strategy {}", strategy.strategy.id), 1);
            Error::plugin(what)
        }),
    }
}

/// The strategy, as a simulation holds it.
struct Watched<'a> {
    instance: RefCell<PluginInstance>,
    follower: Follower,
    watch: &'a mut (dyn FnMut(&Call) -> Result<()> + Send),
    /// What ended the simulation, as the host says it: a simulation knows the errors of strategies only.
    failure: RefCell<Option<Error>>,
}

impl Watched<'_> {
    fn kept<T>(&self, result: Result<T>) -> Result<T, PluginError> {
        result.map_err(|error| {
            let said = PluginError::new(&error);
            self.failure.replace(Some(error));
            said
        })
    }
}

impl Instance for Watched<'_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal, PluginError> {
        let answer = self.instance.get_mut().propose(ask);
        let answer = self.kept(answer)?;
        let seen = (self.watch)(&self.follower.asked(ask.clone(), answer.clone(), None));
        self.kept(seen)?;
        Ok(answer)
    }

    fn update(&mut self, report: &Report) -> Result<(), PluginError> {
        let done = self.instance.get_mut().update(report);
        self.kept(done)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>, PluginError> {
        let discards = self.instance.get_mut().discard(report);
        let discards = self.kept(discards)?;
        let seen = (self.watch)(&self.follower.reported(report.clone(), discards.clone()));
        self.kept(seen)?;
        Ok(discards)
    }

    fn save(&self) -> Result<Vec<u8>, PluginError> {
        let state = self.instance.borrow_mut().save();
        self.kept(state)
    }

    fn load(&mut self, _: &[u8]) -> Result<(), PluginError> {
        Err(PluginError::new("a simulation loads no state"))
    }
}
