//! The first answer of a strategy, before anything is made: whether its trials can be trained on the data at all.

use std::time::Duration;

use genomenas_data::error::Result;
use genomenas_plugin::engine::check;
use genomenas_plugin::engine::{Data, PlanRows};
use genomenas_plugin::message::{Budget, Network, Plan, Proposal, StrategyKind, Trial, Work};
use genomenas_plugin::space::Space;

use super::{Limits, StrategyRef, StrategyRegistry, preview};
use crate::spec::Spec;

/// How long the first answer may take here; a strategy that is slower is not looked at.
const PATIENCE: Duration = Duration::from_secs(5);
/// The parameter that sets the batch of a strategy's plans, where it has it.
const BATCH: &str = "batch";

/// What a first answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rehearsal {
    /// Its trials can be trained, in batches of at least so many samples.
    Fits {
        /// The smallest batch.
        batch: u32,
    },
    /// None of its trials can, for this reason; with the way on, if there is one.
    Unfit(String),
    /// Nothing: the strategy answers too late or not at all, which its run will say, or it may recover from failed trials.
    Unknown,
}

/// Asks a strategy for its first trials, and looks whether they can be trained on this data.
///
/// A strategy that searches may answer a failed trial with another one, so it is refused only where a parameter of its own
/// would make a difference. A baseline has one trial.
///
/// # Errors
///
/// There is no such strategy.
pub fn rehearse(
    registry: &StrategyRegistry,
    strategy: &Spec,
    space: &Space,
    data: &Data,
    budget: Budget,
    limits: Limits,
) -> Result<Rehearsal> {
    let known = registry.strategy(&strategy.id)?;
    let has_batch = known.strategy.parameters.pointer("/properties/batch").is_some();
    if known.strategy.kind != StrategyKind::Baseline && !has_batch {
        return Ok(Rehearsal::Unknown);
    }
    let trials = match first_trials(&known, strategy, space, data, budget, limits) {
        Ok(trials) => trials,
        Err(error) => {
            log::debug!("no rehearsal of {}: {error}", strategy.id);
            return Ok(Rehearsal::Unknown);
        }
    };
    let mut batch = None;
    let mut refused = None;
    for trial in &trials {
        let Work::Train { plan, network, .. } = &trial.work else { return Ok(Rehearsal::Unknown) };
        match fits(plan, network, data) {
            Ok(()) => batch = Some(batch.map_or(plan.batch, |least: u32| least.min(plan.batch))),
            Err(error) => _ = refused.get_or_insert((error, plan, network)),
        }
    }
    Ok(match (batch, refused) {
        (Some(batch), _) => Rehearsal::Fits { batch },
        (None, Some((error, plan, network))) => {
            let smaller = has_batch.then(|| smaller_batch(plan, network, data)).flatten();
            match (smaller, known.strategy.kind) {
                (Some(batch), _) => {
                    let mut mended = strategy.clone();
                    mended.parameters.insert(BATCH.to_owned(), batch.into());
                    Rehearsal::Unfit(format!("{error}, for instance '{mended}'"))
                }
                (None, StrategyKind::Baseline) => Rehearsal::Unfit(error.to_string()),
                (None, _) => Rehearsal::Unknown,
            }
        }
        (None, None) => Rehearsal::Unknown,
    })
}

fn first_trials(
    known: &StrategyRef<'_>,
    strategy: &Spec,
    space: &Space,
    data: &Data,
    budget: Budget,
    limits: Limits,
) -> Result<Vec<Trial>> {
    let mut limits = limits;
    limits.deadlines.propose = PATIENCE;
    Ok(match preview::first_answer(known, &strategy.parameters, space, &data.info, (budget, 0), limits)? {
        Proposal::Trials { trials } => trials,
        _ => Vec::new(),
    })
}

/// What can be checked without building a supernet.
fn fits(plan: &Plan, network: &Network, data: &Data) -> genomenas_plugin::Result<()> {
    plan.validate()?;
    check::plan(plan, data)?;
    PlanRows::new(plan, data)?;
    match network {
        Network::Architecture { architecture } => architecture.layers()?.expect_io(data.info.length, data.info.labels),
        _ => Ok(()),
    }
}

/// The largest power of two that fits as a batch, below the plan's.
fn smaller_batch(plan: &Plan, network: &Network, data: &Data) -> Option<u32> {
    let powers = (0..u32::BITS).rev().map(|power| 1 << power).filter(|batch| *batch < plan.batch);
    powers.into_iter().find(|batch| fits(&Plan { batch: *batch, ..plan.clone() }, network, data).is_ok())
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::{DataInfo, Task};
    use genomenas_plugin::space::Selection;

    use super::*;

    #[test]
    fn the_largest_batch_that_fits_is_a_power_of_two() {
        let info = DataInfo {
            length: 50,
            labels: 2,
            task: Task::MultiLabel,
            train_rows: 36,
            valid_rows: 12,
            reversible: true,
        };
        let data = Data { info, both_strands: false, next_nucleotide: false };
        let network = Network::Selection { selection: Selection::default() };
        let smaller = |plan: &Plan| smaller_batch(plan, &network, &data);
        let plan = Plan { batch: 100, ..Plan::default() };
        assert!(fits(&plan, &network, &data).is_err());
        assert_eq!(smaller(&plan), Some(32));
        assert_eq!(smaller(&Plan { subsample: Some(0.25), ..plan.clone() }), Some(8));
        // No batch mends what is not about the batch.
        assert_eq!(smaller(&Plan { shift: 50, ..plan }), None);
    }
}
