//! The loop of hooks: ask, run the trials, report, take what is dropped; as the real host does it.

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cost::check_batch;
use super::landscape::Landscape;
use super::network::{Networks, Resolved};
use super::training::Weights;
use super::trial::Ready;
use super::{Simulated, Simulation};
use crate::message::{
    Ask, Cost, Discard, Epoch, Finding, Initialisation, OptionWeight, Outcome, Proposal, Report, Trial, TrialId, Work,
};
use crate::space::Mask;
use crate::{Error, Result, Strategy};

/// Failed trials in a row after which a run is given up: they cost nothing, so no budget would end it.
const MAX_FAILURES: usize = 1000;

/// Runs `strategy` to its end.
pub(super) fn drive(simulation: &Simulation, strategy: &mut dyn Strategy) -> Result<Simulated> {
    let landscape = Landscape { seed: simulation.setup.seed };
    let mut host = Host {
        simulation,
        networks: Networks { setup: &simulation.setup, landscape },
        used: Cost::default(),
        trials: Vec::new(),
        weights: Vec::new(),
        reports: Vec::new(),
        remaining: simulation.setup.space.mask(),
        discards: Vec::new(),
        dropped: BTreeSet::new(),
        failures: 0,
    };
    loop {
        let proposal: Proposal = through_json("proposal", &strategy.propose(&host.ask())?)?;
        match proposal {
            Proposal::Finish { finding } => {
                let good = host.check_finding(&finding)?;
                let quality = landscape.percentile(good, &simulation.setup.space);
                let Host { used, trials, reports, remaining, discards, .. } = host;
                return Ok(Simulated { finding, reports, trials, remaining, discards, used, quality });
            }
            _ if host.left() == 0 => {
                return Err(refused("the budget is spent: expected the proposal to finish with what was found so far"));
            }
            Proposal::Wait => return Err(refused("the proposal is to wait, and no trial is in flight")),
            Proposal::Trials { trials } => host.run_all(trials, strategy)?,
        }
    }
}

/// The host of one run.
pub(super) struct Host<'a> {
    pub(super) simulation: &'a Simulation,
    pub(super) networks: Networks<'a>,
    pub(super) used: Cost,
    pub(super) trials: Vec<Trial>,
    /// What each trial leaves to those that inherit; none before its end, or if it failed or was dropped.
    pub(super) weights: Vec<Option<Weights>>,
    reports: Vec<Report>,
    /// What the discards so far leave of the space.
    pub(super) remaining: Mask,
    discards: Vec<(TrialId, Discard)>,
    pub(super) dropped: BTreeSet<TrialId>,
    failures: usize,
}

impl Host<'_> {
    /// What is left of the budget.
    pub(super) fn left(&self) -> u64 {
        self.simulation.setup.budget.remaining(&self.used)
    }

    fn ask(&self) -> Ask {
        Ask {
            budget: self.simulation.setup.budget,
            remaining: self.left(),
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
            let network = self.check(&trial).map_err(|error| error.context(format!("trial {id}")))?;
            self.trials.push(trial.clone());
            self.weights.push(None);
            queue.push_back(Ready { id, trial, network, remaining: self.remaining.clone() });
        }
        while let Some(ready) = queue.pop_front() {
            let outcome = self.run(ready, strategy)?;
            self.failures = if matches!(outcome, Outcome::Failed { .. }) { self.failures + 1 } else { 0 };
            if self.failures == MAX_FAILURES {
                return Err(refused(format!("{MAX_FAILURES} trials in a row failed and the strategy goes on")));
            }
        }
        Ok(())
    }

    /// Checks a trial as the host does.
    fn check(&self, trial: &Trial) -> Result<Resolved> {
        if trial.limit == Some(0) {
            return Err(refused("its limit is 0: expected at least 1, or none"));
        }
        let Work::Train { network, plan, init } = &trial.work;
        plan.validate()?;
        check_batch(plan, &self.simulation.setup.data)?;
        if let Initialisation::Inherit { trial } = init {
            let known = trial.0 < self.trials.len() as u64;
            if !known || self.dropped.contains(trial) {
                return Err(refused(format!("it inherits the weights of trial {trial}, which has none")));
            }
        }
        self.networks.of_trial(network, plan, &self.remaining)
    }

    /// Checks what was found, and gives how good the best is.
    fn check_finding(&self, finding: &Finding) -> Result<f64> {
        for candidate in std::iter::once(&finding.best).chain(&finding.others) {
            self.networks.of_finding(&candidate.network).map_err(|error| error.context("the finding"))?;
            if let Some(trial) = candidate.trial.filter(|trial| trial.0 >= self.trials.len() as u64) {
                return Err(refused(format!("the finding names trial {trial}, which was never proposed")));
            }
        }
        self.networks.of_finding(&finding.best.network)
    }

    /// Reports, and takes what the strategy drops.
    pub(super) fn tell(&mut self, report: &Report, strategy: &mut dyn Strategy) -> Result<()> {
        let report: Report = through_json("report", report)?;
        let stray = self.simulation.stray_reports.then(|| stray(&report));
        let tell_stray = |strategy: &mut dyn Strategy| {
            stray.iter().try_for_each(|stray| {
                strategy.update(stray)?;
                strategy.discard(stray).map(|_| ())
            })
        };
        tell_stray(strategy)?;
        strategy.update(&report)?;
        for discard in strategy.discard(&report)? {
            self.drop(&discard)?;
            self.discards.push((report.trial, discard));
        }
        tell_stray(strategy)?;
        self.reports.push(report);
        Ok(())
    }

    fn drop(&mut self, discard: &Discard) -> Result<()> {
        let Discard::Trial { trial } = discard else {
            return self.remaining.discard(&self.simulation.setup.space, discard);
        };
        let weights = usize::try_from(trial.0).ok().and_then(|id| self.weights.get_mut(id));
        let weights = weights.ok_or_else(|| refused(format!("it drops trial {trial}, which was never proposed")))?;
        *weights = None;
        self.dropped.insert(*trial);
        Ok(())
    }
}

/// What the host says to a strategy that does what it may not.
pub(super) fn refused(why: impl std::fmt::Display) -> Error {
    Error::invalid(why)
}

/// A report of a trial that was never proposed, and that would be the best of all.
fn stray(report: &Report) -> Report {
    let mut stray = Report { trial: TrialId(u64::MAX - report.trial.0), ..report.clone() };
    let best = stray.end.as_mut().and_then(|end| end.best.as_mut());
    for epoch in stray.epoch.iter_mut().chain(best) {
        *epoch = Epoch { number: epoch.number, auroc: Some(1.0), auprc: Some(1.0), f1: Some(1.0), ..Epoch::default() };
    }
    for weight in stray.alphas.0.values_mut().flat_map(|options| options.values_mut()) {
        *weight = OptionWeight { alpha: -weight.alpha, probability: 1.0 - weight.probability };
    }
    stray
}

/// The message as it arrives on the other side of the boundary.
fn through_json<T: Serialize + DeserializeOwned>(what: &str, message: &T) -> Result<T> {
    let through = || serde_json::from_slice(&serde_json::to_vec(message)?);
    through().map_err(|error: serde_json::Error| Error::invalid(format!("the {what} does not survive JSON: {error}")))
}
