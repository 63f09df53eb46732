//! The loop of hooks: ask, let the trials take turns, report, take what is dropped; as the real host does it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::curves::Truth;
use super::landscape::Landscape;
use super::network::Networks;
use super::trial::{Left, Ready, UnderWay};
use super::{Simulated, Simulation};
use crate::message::{Ask, Cost, Discard, Finding, Proposal, Report, Trial, TrialId};
use crate::space::Mask;
use crate::{Error, Instance, Result};

/// Trials in a row that did nothing before the run gives up on the strategy.
const MOST_IDLE: u32 = 100;
/// Trials in a row that trained on no sample: scores cost none, so no budget in samples would end them.
const MOST_UNPAID: u32 = 1000;

/// Runs `strategy` to its end.
pub(super) fn drive(simulation: &Simulation, strategy: &mut dyn Instance) -> Result<Simulated> {
    let mut host = Host::new(simulation);
    loop {
        let dropped = host.under_way.iter().position(|trial| host.dropped.contains(&trial.ready.id));
        let asks = host.has_room() && !host.waits && host.left() > 0;
        match (dropped, host.whose_turn()) {
            (Some(dropped), _) => host.end_dropped(dropped, strategy)?,
            (None, Some(turn)) if !asks => host.turn(turn, strategy)?,
            _ => {
                if let Some(finding) = host.ask(strategy)? {
                    return host.finish(finding);
                }
            }
        }
        host.begin_what_fits();
    }
}

/// The host of one run.
#[derive(Debug)]
pub(super) struct Host<'a> {
    pub(super) simulation: &'a Simulation,
    pub(super) networks: Networks<'a>,
    /// What ended trials have cost.
    used: Cost,
    /// Every trial that was proposed.
    pub(super) trials: Vec<Trial>,
    /// Trials that wait to begin, in order.
    queue: VecDeque<Ready>,
    /// Trials that take turns, in the order in which they began.
    pub(super) under_way: Vec<UnderWay>,
    /// What completed trainings leave to other trials.
    pub(super) left_by: BTreeMap<TrialId, Left>,
    pub(super) reports: Vec<Report>,
    /// What the discards so far leave of the space.
    pub(super) remaining: Mask,
    pub(super) discards: Vec<(TrialId, Discard)>,
    pub(super) dropped: BTreeSet<TrialId>,
    /// Whether the strategy waits for the end of a trial.
    waits: bool,
    /// Trials in a row that did nothing, and that trained nothing.
    idle: u32,
    unpaid: u32,
}

impl<'a> Host<'a> {
    fn new(simulation: &'a Simulation) -> Self {
        let Simulation { setup, curves, .. } = simulation;
        let truth = Truth { space: &setup.space, landscape: Landscape { seed: setup.seed }, curves: curves.as_deref() };
        Self {
            simulation,
            networks: Networks { setup, truth },
            used: Cost::default(),
            trials: Vec::new(),
            queue: VecDeque::new(),
            under_way: Vec::new(),
            left_by: BTreeMap::new(),
            reports: Vec::new(),
            remaining: setup.space.mask(),
            discards: Vec::new(),
            dropped: BTreeSet::new(),
            waits: false,
            idle: 0,
            unpaid: 0,
        }
    }

    /// What the run has cost so far.
    pub(super) fn spent(&self) -> Cost {
        self.under_way.iter().fold(self.used, |sum, trial| sum + trial.cost)
    }

    /// What is left of the budget.
    pub(super) fn left(&self) -> u64 {
        self.simulation.setup.budget.remaining(&self.spent())
    }

    fn has_room(&self) -> bool {
        self.queue.is_empty() && self.under_way.len() < self.simulation.slots as usize
    }

    /// The trial whose turn it is: one that is over, else the one that has had the fewest multiply-adds.
    fn whose_turn(&self) -> Option<usize> {
        let order = |(_, trial): &(usize, &UnderWay)| (!trial.over, trial.cost.multiply_adds, trial.ready.id);
        self.under_way.iter().enumerate().min_by_key(order).map(|(at, _)| at)
    }

    fn begin_what_fits(&mut self) {
        while self.under_way.len() < self.simulation.slots as usize
            && let Some(ready) = self.queue.pop_front()
        {
            self.under_way.push(self.begin(ready));
        }
    }

    /// Asks for trials or for the finding.
    fn ask(&mut self, strategy: &mut dyn Instance) -> Result<Option<Finding>> {
        for (count, most, did) in
            [(self.idle, MOST_IDLE, "ended before their first step"), (self.unpaid, MOST_UNPAID, "trained nothing")]
        {
            if count >= most && self.left() > 0 {
                return Err(refused(format!("the last {most} trials of the strategy {did}")));
            }
        }
        let ask = Ask {
            budget: self.simulation.setup.budget,
            remaining: self.left(),
            used: self.spent(),
            next_trial: TrialId(self.trials.len() as u64),
            in_flight: self.under_way.iter().map(|trial| trial.ready.id).collect(),
            slots: self.simulation.slots,
        };
        match through_json("proposal", &strategy.propose(&ask)?)? {
            Proposal::Finish { finding } => return Ok(Some(finding)),
            _ if ask.remaining == 0 => {
                return Err(refused("the budget is spent: expected the proposal to finish with what was found so far"));
            }
            Proposal::Wait if ask.in_flight.is_empty() => {
                return Err(refused("the proposal is to wait, and no trial is in flight"));
            }
            Proposal::Wait => self.waits = true,
            Proposal::Trials { trials } => self.queue_all(trials)?,
        }
        Ok(None)
    }

    /// Checks all trials of a proposal before the first starts.
    fn queue_all(&mut self, trials: Vec<Trial>) -> Result<()> {
        if trials.is_empty() {
            return Err(refused("the proposal has no trials: expected at least one"));
        }
        for trial in trials {
            let id = TrialId(self.trials.len() as u64);
            let network = self.check(&trial).map_err(|error| error.context(format!("trial {id}")))?;
            self.trials.push(trial.clone());
            self.queue.push_back(Ready { id, trial, network });
        }
        Ok(())
    }

    /// Counts a trial that ended.
    pub(super) fn count_end(&mut self, cost: &Cost) {
        self.used += *cost;
        self.waits = false;
        self.idle = if cost.multiply_adds == 0 { self.idle + 1 } else { 0 };
        self.unpaid = if cost.samples == 0 { self.unpaid + 1 } else { 0 };
    }

    fn finish(self, finding: Finding) -> Result<Simulated> {
        let good = self.check_finding(&finding)?;
        let (used, quality) = (self.spent(), self.networks.truth.percentile(&good));
        let Self { trials, reports, remaining, discards, .. } = self;
        Ok(Simulated { finding, reports, trials, remaining, discards, used, quality })
    }
}

/// What the host says to a strategy that does what it may not.
pub(super) fn refused(why: impl std::fmt::Display) -> Error {
    Error::invalid(why)
}

/// The message as it arrives on the other side of the boundary.
pub(super) fn through_json<T: Serialize + DeserializeOwned>(what: &str, message: &T) -> Result<T> {
    let through = || serde_json::from_slice(&serde_json::to_vec(message)?);
    through().map_err(|error: serde_json::Error| Error::invalid(format!("the {what} does not survive JSON: {error}")))
}
