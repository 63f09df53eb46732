//! A strategy of a plugin in a simulated search: the process of a run, and no training.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::{Ask, Discard, Proposal, Report};
use genomenas_plugin::simulate::{Simulated, Simulation};
use genomenas_plugin::{Error as PluginError, Instance};

use super::in_process::{Failure, InProcess};
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
    let failure = Failure::default();
    let mut watched = Watched {
        strategy: InProcess::new(instance, &failure),
        follower: Follower::default(),
        watch,
        failure: &failure,
    };
    let ended = simulation.run(&mut watched);
    match failure.into_error() {
        Some(failure) => Err(failure),
        None => ended.map_err(|error| {
            let what = error.message.replacen("the strategy", &format!("strategy {}", strategy.strategy.id), 1);
            Error::plugin(what)
        }),
    }
}

/// A strategy whose calls are watched.
struct Watched<'a> {
    strategy: InProcess<'a>,
    follower: Follower,
    watch: &'a mut (dyn FnMut(&Call) -> Result<()> + Send),
    failure: &'a Failure,
}

impl Watched<'_> {
    fn show(&mut self, call: &Call) -> Result<(), PluginError> {
        (self.watch)(call).map_err(|error| self.failure.keep(error))
    }
}

impl Instance for Watched<'_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal, PluginError> {
        let answer = self.strategy.propose(ask)?;
        let call = self.follower.asked(ask.clone(), answer.clone(), None);
        self.show(&call)?;
        Ok(answer)
    }

    fn update(&mut self, report: &Report) -> Result<(), PluginError> {
        self.strategy.update(report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>, PluginError> {
        let discards = self.strategy.discard(report)?;
        let call = self.follower.reported(report.clone(), discards.clone());
        self.show(&call)?;
        Ok(discards)
    }

    fn save(&self) -> Result<Vec<u8>, PluginError> {
        self.strategy.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<(), PluginError> {
        self.strategy.load(state)
    }
}
