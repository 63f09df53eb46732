//! The loop of hooks: ask, run the trials, report, take what is dropped; as the real host does it.

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::landscape::Landscape;
use super::{Simulated, Simulation};
use crate::message::{
    Alphas, Ask, Cost, Discard, End, Epoch, Finding, Initialisation, Network, Outcome, Plan, Proposal, Report, Stopped,
    Trial, TrialId, Unit, Work,
};
use crate::space::Layers;
use crate::{Error, Result, Strategy};

/// Failed trials in a row after which a run is given up: they cost nothing, so no budget would end it.
const MAX_FAILURES: usize = 1000;
/// Multiply-adds of a simulated second.
const SPEED: f64 = 1e9;

/// Runs `strategy` to its end.
pub(super) fn drive(simulation: &Simulation, strategy: &mut dyn Strategy) -> Result<Simulated> {
    let mut host = Host {
        simulation,
        landscape: Landscape { seed: simulation.setup.seed },
        used: Cost::default(),
        trials: Vec::new(),
        trained: Vec::new(),
        reports: Vec::new(),
        dropped: BTreeSet::new(),
        failures: 0,
    };
    loop {
        let proposal: Proposal = through_json("proposal", &strategy.propose(&host.ask())?)?;
        match proposal {
            Proposal::Finish { finding } => {
                let good = host.check_finding(&finding)?;
                let quality = host.landscape.percentile(good, &simulation.setup.space);
                let Host { used, trials, reports, .. } = host;
                return Ok(Simulated { finding, reports, trials, used, quality });
            }
            _ if host.remaining() == 0 => {
                return Err(refused("the budget is spent: expected the proposal to finish with what was found so far"));
            }
            Proposal::Wait => return Err(refused("the proposal is to wait, and no trial is in flight")),
            Proposal::Trials { trials } => host.run_all(trials, strategy)?,
        }
    }
}

struct Host<'a> {
    simulation: &'a Simulation,
    landscape: Landscape,
    used: Cost,
    trials: Vec<Trial>,
    /// Samples each trial that ended has seen, inherited ones included.
    trained: Vec<f64>,
    reports: Vec<Report>,
    dropped: BTreeSet<TrialId>,
    failures: usize,
}

/// A trial that the host has checked.
struct Ready {
    id: TrialId,
    trial: Trial,
    layers: Layers,
    good: f64,
}

impl Host<'_> {
    fn remaining(&self) -> u64 {
        self.simulation.setup.budget.remaining(&self.used)
    }

    fn ask(&self) -> Ask {
        Ask {
            budget: self.simulation.setup.budget,
            remaining: self.remaining(),
            used: self.used,
            next_trial: TrialId(self.trials.len() as u64),
            in_flight: Vec::new(),
        }
    }

    /// Checks all trials of a proposal before the first starts, then runs them in order.
    fn run_all(&mut self, trials: Vec<Trial>, strategy: &mut dyn Strategy) -> Result<()> {
        if trials.is_empty() {
            return Err(refused("the proposal has no trials: expected at least one"));
        }
        let mut queue = VecDeque::with_capacity(trials.len());
        for trial in trials {
            let id = TrialId(self.trials.len() as u64);
            let (layers, good) = self.check(&trial).map_err(|error| error.context(format!("trial {id}")))?;
            self.trials.push(trial.clone());
            self.trained.push(0.0);
            queue.push_back(Ready { id, trial, layers, good });
        }
        while let Some(ready) = queue.pop_front() {
            let outcome = self.run(&ready, strategy)?;
            self.failures = if matches!(outcome, Outcome::Failed { .. }) { self.failures + 1 } else { 0 };
            if self.failures == MAX_FAILURES {
                return Err(refused(format!("{MAX_FAILURES} trials in a row failed and the strategy goes on")));
            }
        }
        Ok(())
    }

    /// Checks a trial as the host does, and gives its layers and how good it is.
    fn check(&self, trial: &Trial) -> Result<(Layers, f64)> {
        if trial.limit == Some(0) {
            return Err(refused("its limit is 0: expected at least 1, or none"));
        }
        let Work::Train { network, plan, init } = &trial.work;
        plan.validate()?;
        if let Initialisation::Inherit { trial } = init {
            let known = usize::try_from(trial.0).is_ok_and(|id| id < self.trials.len());
            if !known || self.dropped.contains(trial) {
                return Err(refused(format!("it inherits the weights of trial {trial}, which has none")));
            }
        }
        self.check_network(network)
    }

    fn check_network(&self, network: &Network) -> Result<(Layers, f64)> {
        let setup = &self.simulation.setup;
        let (layers, good) = match network {
            Network::Architecture { architecture } => {
                let layers = architecture.layers()?;
                (layers, self.landscape.of_architecture(architecture, &setup.space)?)
            }
            Network::Supernet { .. } => return Err(refused("the simulation knows no supernets yet")),
            Network::Selection { selection } => {
                (setup.space.architecture(selection)?.layers()?, self.landscape.of_selection(selection))
            }
        };
        layers.expect_io(setup.data.length, setup.data.labels)?;
        Ok((layers, good))
    }

    /// Checks what was found, and gives how good the best is.
    fn check_finding(&self, finding: &Finding) -> Result<f64> {
        for candidate in std::iter::once(&finding.best).chain(&finding.others) {
            self.check_network(&candidate.network).map_err(|error| error.context("the finding"))?;
            if let Some(trial) = candidate.trial.filter(|trial| trial.0 >= self.trials.len() as u64) {
                return Err(refused(format!("the finding names trial {trial}, which was never proposed")));
            }
        }
        Ok(self.check_network(&finding.best.network)?.1)
    }

    fn run(&mut self, ready: &Ready, strategy: &mut dyn Strategy) -> Result<Outcome> {
        let Work::Train { plan, init, .. } = &ready.trial.work;
        let mut spent = Cost::default();
        let mut samples = match init {
            Initialisation::Fresh => 0.0,
            // Weights learned elsewhere are worth half of their training.
            Initialisation::Inherit { trial } => {
                let trained = usize::try_from(trial.0).ok().and_then(|id| self.trained.get(id));
                trained.map_or(0.0, |trained| trained / 2.0)
            }
        };
        let mut best: Option<Epoch> = None;
        let (mut number, mut without_improvement) = (0, 0);
        let outcome = loop {
            if self.dropped.contains(&ready.id) {
                break Outcome::Discarded;
            }
            if (self.simulation.fails)(ready.id) {
                break Outcome::Failed { reason: "the simulation lets this trial fail".to_owned() };
            }
            if let Some(stopped) = self.stopped(ready, plan, spent, number, without_improvement) {
                break Outcome::Completed { stopped };
            }
            number += 1;
            let cost = self.epoch_cost(ready, plan, spent);
            samples += cost.samples as f64;
            spent += cost;
            self.used += cost;
            let rows = self.simulation.setup.data.train_rows;
            let epoch = self.landscape.epoch(ready.good, samples, rows, ready.id, number);
            let to_beat = plan.early_stopping.map_or(0.0, |early| early.minimum_improvement);
            if best.as_ref().is_none_or(|best| epoch.valid_loss < best.valid_loss - to_beat) {
                without_improvement = 0;
            } else {
                without_improvement += 1;
            }
            if best.as_ref().is_none_or(|best| epoch.valid_loss < best.valid_loss) {
                best = Some(epoch.clone());
            }
            let remaining = self.remaining();
            self.tell(
                &Report {
                    trial: ready.id,
                    cost: spent,
                    remaining,
                    epoch: Some(epoch),
                    alphas: Alphas::default(),
                    end: None,
                },
                strategy,
            )?;
        };
        if let Some(trained) = usize::try_from(ready.id.0).ok().and_then(|id| self.trained.get_mut(id)) {
            *trained = samples;
        }
        let parameters = ready.layers.parameters();
        let held = ready.layers.activations().saturating_mul(plan.batch.into()).saturating_add(3 * parameters);
        let end = End {
            outcome: outcome.clone(),
            best,
            parameters,
            multiply_adds: ready.layers.multiply_adds(),
            peak_memory: held.saturating_mul(4),
        };
        let remaining = self.remaining();
        self.tell(
            &Report { trial: ready.id, cost: spent, remaining, epoch: None, alphas: Alphas::default(), end: Some(end) },
            strategy,
        )?;
        Ok(outcome)
    }

    /// The end that a trial has come to, if any. One that finds the budget spent ends without an epoch.
    fn stopped(
        &self,
        ready: &Ready,
        plan: &Plan,
        spent: Cost,
        epochs: u32,
        without_improvement: u32,
    ) -> Option<Stopped> {
        let unit = self.simulation.setup.budget.unit;
        if epochs == plan.epochs {
            Some(Stopped::Epochs)
        } else if plan.early_stopping.is_some_and(|early| without_improvement >= early.patience) {
            Some(Stopped::EarlyStopping)
        } else if ready.trial.limit.is_some_and(|limit| spent.in_unit(unit) >= limit) {
            Some(Stopped::Limit)
        } else {
            (self.remaining() == 0).then_some(Stopped::Budget)
        }
    }

    /// The cost of the next epoch: as many steps as the plan has, or as fit; the last one may go beyond the limit.
    fn epoch_cost(&self, ready: &Ready, plan: &Plan, spent: Cost) -> Cost {
        let setup = &self.simulation.setup;
        let batch = u64::from(plan.batch);
        let rows = setup.data.train_rows.max(1);
        let samples = plan.steps_per_epoch.map_or(rows, |steps| u64::from(steps).saturating_mul(batch));
        let forward = ready.layers.multiply_adds();
        let cost_of = |samples: u64, scored: u64| {
            let multiply_adds = forward.saturating_mul(samples.saturating_mul(3).saturating_add(scored));
            Cost { samples, seconds: multiply_adds as f64 / SPEED, multiply_adds }
        };
        let room = ready.trial.limit.map_or(u64::MAX, |limit| limit.saturating_sub(spent.in_unit(setup.budget.unit)));
        let room = room.min(self.remaining()).max(1);
        let a_step = cost_of(batch, 0);
        let steps = match setup.budget.unit {
            Unit::Samples => room.div_ceil(batch),
            Unit::MultiplyAdds => room.div_ceil(a_step.multiply_adds.max(1)),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates")]
            Unit::Seconds => (room as f64 / a_step.seconds).ceil() as u64,
        };
        let samples = samples.min(steps.max(1).saturating_mul(batch));
        let scored = plan.validation_batches.map_or(u64::MAX, |batches| u64::from(batches).saturating_mul(batch));
        cost_of(samples, scored.min(setup.data.valid_rows))
    }

    /// Reports, and takes what the strategy drops.
    fn tell(&mut self, report: &Report, strategy: &mut dyn Strategy) -> Result<()> {
        if self.simulation.stray_reports {
            let stray = Report { trial: TrialId(u64::MAX - report.trial.0), ..report.clone() };
            strategy.update(&stray)?;
            strategy.discard(&stray)?;
        }
        let report: Report = through_json("report", report)?;
        strategy.update(&report)?;
        for discard in strategy.discard(&report)? {
            self.drop(&discard)?;
        }
        self.reports.push(report);
        Ok(())
    }

    fn drop(&mut self, discard: &Discard) -> Result<()> {
        let known = |id: &String| {
            let decision = self.simulation.setup.space.decision(id);
            decision.ok_or_else(|| refused(format!("it drops of decision '{id}', which the space does not have")))
        };
        match discard {
            Discard::Option { decision, option } => {
                if !known(decision)?.options.contains(option) {
                    return Err(refused(format!(
                        "it drops option '{option}', which decision '{decision}' does not have"
                    )));
                }
            }
            Discard::Edge { decision } => _ = known(decision)?,
            Discard::Trial { trial } if trial.0 >= self.trials.len() as u64 => {
                return Err(refused(format!("it drops trial {trial}, which was never proposed")));
            }
            Discard::Trial { trial } => _ = self.dropped.insert(*trial),
        }
        Ok(())
    }
}

/// What the host says to a strategy that does what it may not.
fn refused(why: impl std::fmt::Display) -> Error {
    Error::invalid(why)
}

/// The message as it arrives on the other side of the boundary.
fn through_json<T: Serialize + DeserializeOwned>(what: &str, message: &T) -> Result<T> {
    let through = || serde_json::from_slice(&serde_json::to_vec(message)?);
    through().map_err(|error: serde_json::Error| Error::invalid(format!("the {what} does not survive JSON: {error}")))
}
