//! Where a search stands: a fold over its journal, so that a run that was killed knows what it knew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use genomenas_plugin::message::{
    Cost, Discard, Epoch, Finding, Initialisation, Mixing, Network, Outcome, Proposal, Report, Trial, TrialId, Work,
};
use genomenas_plugin::space::Mask;

use super::journal::{Phase, Record};

/// Where a search stands.
#[derive(Debug)]
pub(super) struct State {
    /// How many trials are under way at once.
    slots: usize,
    /// Trials that take turns, in the order in which they began.
    pub(super) under_way: Vec<UnderWay>,
    /// Trials that were proposed and have not begun, in order.
    pub(super) queue: VecDeque<(TrialId, Trial)>,
    /// Whether the strategy waits for the end of a trial.
    pub(super) waits: bool,
    /// What ended trials and the strategy's own thinking have cost.
    used: Cost,
    /// The id of the next trial.
    pub(super) next: u64,
    /// Trials that the strategy dropped.
    pub(super) discarded: BTreeSet<TrialId>,
    /// Options and edges that the strategy dropped, in order.
    pub(super) discards: Vec<Discard>,
    /// Trainings that completed: what they trained, where it was a supernet.
    pub(super) trained: BTreeMap<TrialId, Option<Supernet>>,
    /// Trials in a row that did nothing.
    pub(super) idle: u32,
    /// Trials in a row that trained on no sample.
    pub(super) unpaid: u32,
    /// What the strategy found; then the search is over.
    pub(super) finding: Option<Finding>,
    /// Epochs of the final training that are in the journal.
    pub(super) final_epochs: u32,
}

/// A trial that began and has not ended.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) id: TrialId,
    pub(super) trial: Trial,
    /// How many options and edges had been dropped when it began: these are not in its supernet.
    pub(super) settled: usize,
    /// Whether the trial whose weights it needs had lost them when it began.
    pub(super) orphaned: bool,
    /// Epochs, or masks, that the strategy was told of.
    pub(super) told: u32,
    /// Whether the last of them was the last of all.
    pub(super) over: bool,
    /// What they cost.
    pub(super) cost: Cost,
    /// The epoch with the lowest validation loss.
    pub(super) best: Option<Epoch>,
}

/// What a supernet trial trained.
#[derive(Clone, Debug)]
pub(super) struct Supernet {
    pub(super) mask: Option<Mask>,
    pub(super) mixing: Mixing,
    /// How many options and edges had been dropped when it began.
    pub(super) settled: usize,
}

impl Supernet {
    /// As it was proposed.
    pub(super) fn network(&self) -> Network {
        Network::Supernet { mask: self.mask.clone(), mixing: self.mixing.clone() }
    }
}

impl State {
    /// The state after these records, of a run with so many trials at once.
    pub(super) fn after(slots: u32, records: &[Record]) -> Self {
        let mut state = Self {
            slots: slots.max(1) as usize,
            under_way: Vec::new(),
            queue: VecDeque::new(),
            waits: false,
            used: Cost::default(),
            next: 0,
            discarded: BTreeSet::new(),
            discards: Vec::new(),
            trained: BTreeMap::new(),
            idle: 0,
            unpaid: 0,
            finding: None,
            final_epochs: 0,
        };
        for record in records {
            state.apply(record);
        }
        state
    }

    /// The state after one more record.
    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Propose { proposal, seconds, .. } => {
                self.used.seconds += seconds;
                match proposal {
                    Proposal::Trials { trials } => {
                        for trial in trials {
                            self.queue.push_back((TrialId(self.next), trial.clone()));
                            self.next += 1;
                        }
                    }
                    Proposal::Finish { finding } => self.finding = Some(finding.clone()),
                    Proposal::Wait => self.waits = true,
                    _ => {}
                }
            }
            Record::Epoch { phase: Phase::Final, epoch, .. } => self.final_epochs = epoch.number,
            Record::Epoch { phase: Phase::Search, trial, epoch, report, discards, last, .. } => {
                if let Some(trial) = trial.and_then(|id| self.find(id)) {
                    trial.told = epoch.number;
                    trial.over = *last;
                    trial.cost = report.as_ref().map_or(trial.cost, |report| report.cost);
                    if trial.best.as_ref().is_none_or(|best| epoch.valid_loss < best.valid_loss) {
                        trial.best = Some(epoch.clone());
                    }
                }
                self.drop(discards);
            }
            Record::Score { report, discards, .. } => {
                if let Some(trial) = self.find(report.trial) {
                    trial.told += 1;
                    trial.cost = report.cost;
                    trial.over =
                        matches!(&trial.trial.work, Work::Score { masks, .. } if trial.told as usize == masks.len());
                }
                self.drop(discards);
            }
            Record::End { report, discards, .. } => {
                self.end(report);
                self.drop(discards);
            }
        }
        self.begin();
    }

    /// What the search has cost so far.
    pub(super) fn spent(&self) -> Cost {
        self.under_way.iter().fold(self.used, |sum, trial| sum + trial.cost)
    }

    /// What it has cost when the trial `id` has cost `cost`.
    pub(super) fn spent_with(&self, id: TrialId, cost: Cost) -> Cost {
        let others = self.under_way.iter().filter(|trial| trial.id != id);
        others.fold(self.used, |sum, trial| sum + trial.cost) + cost
    }

    /// Whether another trial could begin at once.
    pub(super) fn has_room(&self) -> bool {
        self.queue.is_empty() && self.under_way.len() < self.slots
    }

    /// Whether several trials may take turns.
    pub(super) const fn takes_turns(&self) -> bool {
        self.slots > 1
    }

    /// The trial whose turn it is: one that is over, else the one that has had the fewest multiply-adds.
    pub(super) fn turn(&self) -> Option<&UnderWay> {
        self.under_way.iter().min_by_key(|trial| (!trial.over, trial.cost.multiply_adds, trial.id))
    }

    /// Trials whose weights may still be needed: those that have not ended, and those that they begin from.
    pub(super) fn needed(&self) -> BTreeSet<TrialId> {
        let unfinished = self.under_way.iter().map(|trial| (trial.id, &trial.trial));
        let unfinished = unfinished.chain(self.queue.iter().map(|(id, trial)| (*id, trial)));
        unfinished.flat_map(|(id, trial)| [Some(id), source(trial)]).flatten().collect()
    }

    fn find(&mut self, id: TrialId) -> Option<&mut UnderWay> {
        self.under_way.iter_mut().find(|trial| trial.id == id)
    }

    /// Lets as many trials of the queue begin as there is room for.
    fn begin(&mut self) {
        while self.under_way.len() < self.slots
            && let Some((id, trial)) = self.queue.pop_front()
        {
            let orphaned = source(&trial).is_some_and(|source| self.discarded.contains(&source));
            self.under_way.push(UnderWay {
                id,
                trial,
                settled: self.discards.len(),
                orphaned,
                told: 0,
                over: false,
                cost: Cost::default(),
                best: None,
            });
        }
    }

    fn end(&mut self, report: &Report) {
        let ended =
            self.under_way.iter().position(|trial| trial.id == report.trial).map(|at| self.under_way.remove(at));
        let completed = matches!(&report.end, Some(end) if matches!(end.outcome, Outcome::Completed { .. }));
        if let Some(UnderWay { id, trial: Trial { work: Work::Train { network, .. }, .. }, settled, .. }) = ended
            && completed
        {
            let supernet = match network {
                Network::Supernet { mask, mixing } => Some(Supernet { mask, mixing, settled }),
                _ => None,
            };
            self.trained.insert(id, supernet);
        }
        self.waits = false;
        self.used += report.cost;
        self.idle = if report.cost.multiply_adds == 0 { self.idle + 1 } else { 0 };
        self.unpaid = if report.cost.samples == 0 { self.unpaid + 1 } else { 0 };
    }

    fn drop(&mut self, discards: &[Discard]) {
        for discard in discards {
            match discard {
                Discard::Trial { trial } => _ = self.discarded.insert(*trial),
                other => self.discards.push(other.clone()),
            }
        }
    }
}

/// The trial whose weights a trial needs.
pub(super) fn source(trial: &Trial) -> Option<TrialId> {
    match &trial.work {
        Work::Train { init: Initialisation::Inherit { trial } | Initialisation::Continue { trial }, .. } => {
            Some(*trial)
        }
        Work::Score { weights_of, .. } => Some(*weights_of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::{Alphas, Ask, Budget, Plan, Report, Unit};
    use genomenas_plugin::space::Selection;

    use super::*;

    fn train(init: Initialisation) -> Trial {
        let network = Network::Selection { selection: Selection::default() };
        Trial::of(Work::Train { network, plan: Plan::default(), init })
    }

    fn proposed(proposal: Proposal) -> Record {
        let budget = Budget { amount: 100, unit: Unit::Samples };
        let ask = Ask {
            budget,
            remaining: 100,
            used: Cost::default(),
            next_trial: TrialId(0),
            in_flight: Vec::new(),
            slots: 2,
        };
        Record::Propose { ask, proposal, seconds: 0.0 }
    }

    fn report(id: u64, multiply_adds: u64) -> Report {
        let cost = Cost { samples: 1, multiply_adds, ..Cost::default() };
        let trial = TrialId(id);
        Report { trial, cost, remaining: 0, epoch: None, score: None, alphas: Alphas::default(), end: None }
    }

    fn epoch(id: u64, number: u32, multiply_adds: u64, last: bool) -> Record {
        let epoch = Epoch { number, ..Epoch::default() };
        let report = Report { epoch: Some(epoch.clone()), ..report(id, multiply_adds) };
        let (phase, trial, used) = (Phase::Search, Some(TrialId(id)), Cost::default());
        Record::Epoch { phase, trial, epoch, used, report: Some(report), discards: Vec::new(), last }
    }

    fn ended(id: u64, discards: Vec<Discard>) -> Record {
        Record::End { trial: TrialId(id), report: report(id, 9), discards, used: Cost::default() }
    }

    fn turn(state: &State) -> Option<u64> {
        state.turn().map(|trial| trial.id.0)
    }

    fn three() -> Record {
        let fresh = || train(Initialisation::Fresh);
        proposed(Proposal::Trials { trials: vec![fresh(), fresh(), fresh()] })
    }

    #[test]
    fn the_trial_that_has_had_the_fewest_multiply_adds_is_next() {
        let mut state = State::after(2, &[three()]);
        assert_eq!((turn(&state), state.queue.len()), (Some(0), 1));
        state.apply(&epoch(0, 1, 5, false));
        assert_eq!(turn(&state), Some(1));
        state.apply(&epoch(1, 1, 7, false));
        assert_eq!(turn(&state), Some(0));
    }

    #[test]
    fn a_trial_that_is_over_ends_before_others_go_on_and_the_next_of_the_queue_begins() {
        let mut state = State::after(2, &[three(), epoch(0, 1, 5, true)]);
        assert_eq!(turn(&state), Some(0));
        state.apply(&ended(0, Vec::new()));
        let under_way: Vec<_> = state.under_way.iter().map(|trial| trial.id.0).collect();
        assert_eq!((under_way, state.has_room()), (vec![1, 2], false));
    }

    #[test]
    fn a_strategy_that_waits_does_so_until_a_trial_ends() {
        let mut state = State::after(4, &[three(), proposed(Proposal::Wait)]);
        assert!(state.waits && state.has_room());
        state.apply(&epoch(0, 1, 5, false));
        assert!(state.waits);
        state.apply(&ended(0, Vec::new()));
        assert!(!state.waits);
    }

    #[test]
    fn a_source_dropped_before_a_trial_begins_is_lost_to_it_and_one_dropped_later_is_kept_until_it_ends() {
        let go_on = || proposed(Proposal::trial(train(Initialisation::Continue { trial: TrialId(0) })));
        let drop = || vec![Discard::Trial { trial: TrialId(0) }];
        let first = || proposed(Proposal::trial(train(Initialisation::Fresh)));
        let late = State::after(1, &[first(), ended(0, drop()), go_on()]);
        assert!(late.under_way[0].orphaned);
        let mut epoch = epoch(1, 1, 5, false);
        if let Record::Epoch { discards, .. } = &mut epoch {
            *discards = drop();
        }
        let state = State::after(1, &[first(), ended(0, Vec::new()), go_on(), epoch]);
        assert!(!state.under_way[0].orphaned);
        assert!(state.needed().contains(&TrialId(0)) && state.discarded.contains(&TrialId(0)));
    }

    #[test]
    fn what_is_spent_counts_the_trials_under_way() {
        let state = State::after(2, &[three(), epoch(0, 1, 5, false), epoch(1, 1, 7, false)]);
        assert_eq!(state.spent().multiply_adds, 12);
        assert_eq!(state.spent_with(TrialId(0), Cost { multiply_adds: 6, ..Cost::default() }).multiply_adds, 13);
    }
}
