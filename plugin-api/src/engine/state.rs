//! Where a search stands: a fold over its records, so that a run that was killed knows what it knew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::record::{Phase, Record, Tuned};
use crate::message::{
    Cost, Discard, Epoch, Finding, Initialisation, Mixing, Network, Outcome, Plan, Proposal, Report, Trial, TrialId,
    Work,
};
use crate::space::{Mask, Selection};

/// Where a search stands.
#[derive(Clone, Debug)]
pub struct SearchState {
    /// The most trials that run at once.
    slots: usize,
    /// Trials that take turns, in the order in which they began.
    pub(super) running: Vec<RunningTrial>,
    /// Trials that were proposed and have not begun, in order.
    queue: VecDeque<(TrialId, Trial)>,
    /// Whether the strategy waits for the end of a trial.
    pub(super) waits: bool,
    /// What ended trials and the proposals have cost.
    used: Cost,
    /// The id of the next trial.
    pub next: u64,
    /// Trials that the strategy dropped.
    pub(super) discarded: BTreeSet<TrialId>,
    /// Those of them that it had not proposed yet.
    dropped_ahead: BTreeSet<TrialId>,
    /// Options and edges that the strategy dropped, in order.
    pub discards: Vec<Discard>,
    /// Options and edges that the strategy dropped, by name: an option of a decision, or its edge.
    dropped: BTreeSet<(String, Option<String>)>,
    /// Trainings that completed: what they trained.
    pub(super) trained: BTreeMap<TrialId, Trained>,
    /// Trials in a row that did nothing.
    pub(super) idle_streak: u32,
    /// Trials in a row that trained on no sample.
    pub(super) zero_cost_streak: u32,
    /// The plans of trials that trained to an optimum.
    optima: BTreeMap<TrialId, Plan>,
    /// What the strategy found; then the search is over.
    pub finding: Option<Finding>,
    /// Epochs of the final training that are in the journal; of several, of the one under way.
    pub final_epochs: u32,
    /// The final trainings that ended, of several.
    pub tuned: Vec<Tuned>,
}

/// A trial that began and has not ended.
#[derive(Clone, Debug)]
pub struct RunningTrial {
    /// Its id.
    pub id: TrialId,
    /// As it was proposed.
    pub trial: Trial,
    /// How many options and edges had been dropped when it began: these are not in its supernet.
    pub discards_at_start: usize,
    /// Whether the trial whose weights it needs had lost them when it began.
    pub parent_discarded: bool,
    /// Epochs, or masks, that were reported.
    pub reported: u32,
    /// Whether the last of them was the last of all.
    pub over: bool,
    /// What they cost.
    pub cost: Cost,
    /// The epoch with the lowest validation loss.
    pub best: Option<Epoch>,
}

/// What a trial trained.
#[derive(Clone, Debug)]
pub(super) enum Trained {
    /// A part of the space.
    Supernet(TrainedSupernet),
    /// An architecture, with the selection that it is, where it is known.
    Architecture(Option<Selection>),
}

/// What a supernet trial trained.
#[derive(Clone, Debug)]
pub(super) struct TrainedSupernet {
    /// The mask that it was proposed with.
    pub(super) mask: Option<Mask>,
    /// How it mixed.
    pub(super) mixing: Mixing,
    /// How many options and edges had been dropped when it began.
    pub(super) discards_at_start: usize,
}

impl SearchState {
    /// The state after these records, of a search that runs at most `slots` trials at once.
    pub fn after(slots: u32, records: &[Record]) -> Self {
        let mut state = Self {
            slots: slots.max(1) as usize,
            running: Vec::new(),
            queue: VecDeque::new(),
            waits: false,
            used: Cost::default(),
            next: 0,
            discarded: BTreeSet::new(),
            discards: Vec::new(),
            dropped: BTreeSet::new(),
            dropped_ahead: BTreeSet::new(),
            trained: BTreeMap::new(),
            idle_streak: 0,
            zero_cost_streak: 0,
            optima: BTreeMap::new(),
            finding: None,
            final_epochs: 0,
            tuned: Vec::new(),
        };
        for record in records {
            state.apply(record);
        }
        state
    }

    /// The state after one more record.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Propose { proposal, seconds, .. } => {
                self.used.seconds += seconds;
                match proposal {
                    Proposal::Trials { trials } => {
                        for trial in trials {
                            if let Work::Train { plan, .. } = &trial.work
                                && plan.optimum.is_some()
                            {
                                self.optima.insert(TrialId(self.next), plan.clone());
                            }
                            self.queue.push_back((TrialId(self.next), trial.clone()));
                            self.next += 1;
                        }
                    }
                    Proposal::Finish { finding } => self.finding = Some(finding.clone()),
                    Proposal::Wait => self.waits = true,
                }
            }
            Record::Epoch { phase: Phase::Final, epoch, .. } => self.final_epochs = epoch.number,
            Record::Epoch { phase: Phase::Search, trial, epoch, report, discards, last, .. } => {
                if let Some(trial) = trial.and_then(|id| self.find(id)) {
                    trial.reported = epoch.number;
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
                    trial.reported += 1;
                    trial.cost = report.cost;
                    trial.over = matches!(&trial.trial.work, Work::Score { masks, .. } if trial.reported as usize == masks.len());
                }
                self.drop(discards);
            }
            Record::End { report, discards, .. } => {
                self.end(report);
                self.drop(discards);
            }
            Record::Tuned(tuned) => {
                self.tuned.push(tuned.clone());
                self.final_epochs = 0;
            }
        }
        self.begin();
    }

    /// The plan of the final training, where what was found comes from a trial that trained to an optimum: that is then a
    /// part of the model, and the recipe of the run would leave another one.
    pub fn own_final_plan(&self) -> Option<&Plan> {
        self.optima.get(&self.finding.as_ref()?.best.trial?)
    }

    /// What the search has cost so far.
    pub fn spent(&self) -> Cost {
        self.running.iter().fold(self.used, |sum, trial| sum + trial.cost)
    }

    /// What it has cost when the trial `id` has cost `cost`.
    pub(super) fn spent_with(&self, id: TrialId, cost: Cost) -> Cost {
        let others = self.running.iter().filter(|trial| trial.id != id);
        others.fold(self.used, |sum, trial| sum + trial.cost) + cost
    }

    /// Whether another trial could begin at once.
    pub(super) fn has_room(&self) -> bool {
        self.queue.is_empty() && self.running.len() < self.slots
    }

    /// Whether several trials may take turns.
    pub(super) const fn takes_turns(&self) -> bool {
        self.slots > 1
    }

    /// Trials whose weights may still be needed: those that have not ended, and those that they begin from.
    pub(super) fn needed(&self) -> BTreeSet<TrialId> {
        let unfinished = self.running.iter().map(|trial| (trial.id, &trial.trial));
        let unfinished = unfinished.chain(self.queue.iter().map(|(id, trial)| (*id, trial)));
        unfinished.flat_map(|(id, trial)| [Some(id), parent_of(trial)]).flatten().collect()
    }

    /// A trial that runs.
    pub(super) fn running(&self, id: TrialId) -> Option<&RunningTrial> {
        self.running.iter().find(|trial| trial.id == id)
    }

    fn find(&mut self, id: TrialId) -> Option<&mut RunningTrial> {
        self.running.iter_mut().find(|trial| trial.id == id)
    }

    /// Lets as many trials of the queue begin as there is room for.
    fn begin(&mut self) {
        while self.running.len() < self.slots
            && let Some((id, trial)) = self.queue.pop_front()
        {
            let parent_discarded = parent_of(&trial).is_some_and(|parent| self.discarded.contains(&parent));
            self.running.push(RunningTrial {
                id,
                trial,
                discards_at_start: self.discards.len(),
                parent_discarded,
                reported: 0,
                over: false,
                cost: Cost::default(),
                best: None,
            });
        }
    }

    fn end(&mut self, report: &Report) {
        let ended = self.running.iter().position(|trial| trial.id == report.trial).map(|at| self.running.remove(at));
        let completed = matches!(&report.end, Some(end) if matches!(end.outcome, Outcome::Completed { .. }));
        if let Some(RunningTrial {
            id, trial: Trial { work: Work::Train { network, .. }, .. }, discards_at_start, ..
        }) = ended
            && completed
        {
            let trained = match network {
                Network::Supernet { mask, mixing } => {
                    Trained::Supernet(TrainedSupernet { mask, mixing, discards_at_start })
                }
                network => Trained::Architecture(selection_of(&network).cloned()),
            };
            self.trained.insert(id, trained);
        }
        self.waits = false;
        self.used += report.cost;
        let dropped = matches!(&report.end, Some(end) if end.outcome == Outcome::Discarded);
        // A strategy may drop what it proposed before it begins; what it dropped before it proposed it is for nothing.
        if dropped && report.cost == Cost::default() && !self.dropped_ahead.contains(&report.trial) {
            return;
        }
        self.idle_streak = if report.cost.multiply_adds == 0 { self.idle_streak + 1 } else { 0 };
        self.zero_cost_streak = if report.cost.samples == 0 { self.zero_cost_streak + 1 } else { 0 };
    }

    fn drop(&mut self, discards: &[Discard]) {
        let trials = discards.iter().filter_map(|discard| match discard {
            Discard::Trial { trial } => Some(*trial),
            _ => None,
        });
        for trial in trials {
            self.discarded.insert(trial);
            if trial.0 >= self.next {
                self.dropped_ahead.insert(trial);
            }
        }
        let new = self.new_discards(discards);
        self.dropped.extend(new.iter().filter_map(name_of));
        self.discards.extend(new);
    }

    /// The options and edges among `discards` that were not dropped before, each once.
    pub(super) fn new_discards(&self, discards: &[Discard]) -> Vec<Discard> {
        let mut seen = BTreeSet::new();
        let is_new = |discard: &&Discard| {
            name_of(discard).is_some_and(|name| !self.dropped.contains(&name) && seen.insert(name))
        };
        discards.iter().filter(is_new).cloned().collect()
    }
}

/// The option or edge that is dropped; a trial is neither.
fn name_of(discard: &Discard) -> Option<(String, Option<String>)> {
    match discard {
        Discard::Option { decision, option } => Some((decision.clone(), Some(option.clone()))),
        Discard::Edge { decision } => Some((decision.clone(), None)),
        Discard::Trial { .. } => None,
    }
}

/// The selection that an architecture is.
pub(super) const fn selection_of(network: &Network) -> Option<&Selection> {
    match network {
        Network::Selection { selection } => Some(selection),
        Network::Architecture { architecture } => architecture.selection.as_ref(),
        Network::Supernet { .. } => None,
    }
}

/// The trial whose weights a trial needs.
pub(super) const fn parent_of(trial: &Trial) -> Option<TrialId> {
    match &trial.work {
        Work::Train { init: Initialisation::Inherit { trial } | Initialisation::Continue { trial }, .. } => {
            Some(*trial)
        }
        Work::Train { init: Initialisation::Fresh, .. } => None,
        Work::Score { weights_of, .. } => Some(*weights_of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::made_up::{cost, epoch, proposed, report};
    use crate::message::Plan;

    fn train(init: Initialisation) -> Trial {
        let network = Network::Selection { selection: Selection::default() };
        Trial::of(Work::Train { network, plan: Plan::default(), init })
    }

    fn ended(id: u64, discards: Vec<Discard>) -> Record {
        Record::End { trial: TrialId(id), report: report(id, cost(9)), discards, used: Cost::default() }
    }

    fn three() -> Record {
        let fresh = || train(Initialisation::Fresh);
        proposed(Proposal::Trials { trials: vec![fresh(), fresh(), fresh()] })
    }

    #[test]
    fn a_strategy_that_waits_does_so_until_a_trial_ends() {
        let mut state = SearchState::after(4, &[three(), proposed(Proposal::Wait)]);
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
        let late = SearchState::after(1, &[first(), ended(0, drop()), go_on()]);
        assert!(late.running[0].parent_discarded);
        let mut epoch = epoch(1, 1, 5, false);
        if let Record::Epoch { discards, .. } = &mut epoch {
            *discards = drop();
        }
        let state = SearchState::after(1, &[first(), ended(0, Vec::new()), go_on(), epoch]);
        assert!(!state.running[0].parent_discarded);
        assert!(state.needed().contains(&TrialId(0)) && state.discarded.contains(&TrialId(0)));
    }

    #[test]
    fn what_is_spent_counts_the_trials_running() {
        let state = SearchState::after(2, &[three(), epoch(0, 1, 5, false), epoch(1, 1, 7, false)]);
        assert_eq!(state.spent().multiply_adds, 12);
        assert_eq!(state.spent_with(TrialId(0), Cost { multiply_adds: 6, ..Cost::default() }).multiply_adds, 13);
    }
}
