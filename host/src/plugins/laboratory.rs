//! Strategies of plugin files in the laboratory of `genomenas_plugin`, each instance in a process of its own.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use genomenas_data::error::{Error, Result};
use genomenas_plugin::Instance;
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::{Ask, Discard, Proposal, Report, StrategyKind};
use genomenas_plugin::simulate::Simulation;
use genomenas_plugin::simulate::laboratory::{Laboratory, LaboratoryRuns};

use super::{Limits, PluginInstance, StrategyRef, preview};
use crate::spec::Spec;

/// A strategy in its process, as a simulation calls it. What goes wrong there is kept, with its kind.
struct InProcess<'a> {
    process: RefCell<PluginInstance>,
    wrong: &'a Mutex<Option<Error>>,
}

impl InProcess<'_> {
    fn call<T>(&self, hook: impl FnOnce(&mut PluginInstance) -> Result<T>) -> genomenas_plugin::Result<T> {
        hook(&mut self.process.borrow_mut()).map_err(|error| keep(self.wrong, error))
    }
}

fn keep(wrong: &Mutex<Option<Error>>, error: Error) -> genomenas_plugin::Error {
    let told = genomenas_plugin::Error::new(&error);
    *wrong.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    told
}

impl Instance for InProcess<'_> {
    fn propose(&mut self, ask: &Ask) -> genomenas_plugin::Result<Proposal> {
        self.call(|process| process.propose(ask))
    }

    fn update(&mut self, report: &Report) -> genomenas_plugin::Result<()> {
        self.call(|process| process.update(report))
    }

    fn discard(&mut self, report: &Report) -> genomenas_plugin::Result<Vec<Discard>> {
        self.call(|process| process.discard(report))
    }

    fn save(&self) -> genomenas_plugin::Result<Vec<u8>> {
        self.call(PluginInstance::save)
    }

    /// A simulation begins anew each time: nothing is loaded.
    fn load(&mut self, _state: &[u8]) -> genomenas_plugin::Result<()> {
        Err(genomenas_plugin::Error::new("a strategy in the laboratory loads no state"))
    }
}

/// What a strategy comes to in the laboratory. It is called as `name` says.
///
/// # Errors
///
/// It is a baseline, refuses its parameters, crashes too often, or ends a run with an error.
pub fn runs(laboratory: &Laboratory, choice: &StrategyRef<'_>, name: &Spec, limits: Limits) -> Result<LaboratoryRuns> {
    if choice.strategy.kind != StrategyKind::Search {
        return Err(Error::input(format!(
            "'{}' is a baseline: it proposes one network of its own and searches no space, so there is nothing to rank; expected a search",
            name.id
        )));
    }
    let wrong = Mutex::new(None);
    let run = |simulation: Simulation| {
        let setup = simulation.setup();
        let budget = (setup.budget, setup.seed);
        let process = preview::start(choice, &name.parameters, &setup.space, &setup.data, budget, limits)
            .map_err(|error| keep(&wrong, error))?;
        simulation.run(&mut InProcess { process: RefCell::new(process), wrong: &wrong })
    };
    let runs = laboratory.runs(&name.to_string(), run);
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    runs.map_err(|error| wrong.unwrap_or_else(|| Error::plugin(error.message)))
}
