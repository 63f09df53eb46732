//! Strategies of plugin files in the laboratory of `genomenas_plugin`, each instance in a process of its own.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::StrategyKind;
use genomenas_plugin::simulate::Simulation;
use genomenas_plugin::simulate::laboratory::{Laboratory, LaboratoryRuns};

use super::in_process::{Failure, InProcess};
use super::{Limits, StrategyRef, preview};
use crate::spec::Spec;

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
    let failure = Failure::default();
    let run = |simulation: Simulation| {
        let setup = simulation.setup();
        let budget = (setup.budget, setup.seed);
        let process = preview::start(choice, &name.parameters, &setup.space, &setup.data, budget, limits)
            .map_err(|error| failure.keep(error))?;
        simulation.run(&mut InProcess::new(process, &failure))
    };
    let runs = laboratory.runs(&name.to_string(), run);
    runs.map_err(|error| failure.into_error().unwrap_or_else(|| Error::plugin(error.message)))
}
