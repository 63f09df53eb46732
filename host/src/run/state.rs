//! Where a search stands: a fold over its journal, so that a run that was killed knows what it knew.

use std::collections::{BTreeSet, VecDeque};

use genomenas_plugin::message::{Cost, Discard, Epoch, Finding, Proposal, Trial, TrialId};

use super::journal::{Phase, Record};

/// Where a search stands.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Trials that were proposed and have not ended, in order. Only the first is under way.
    pub(super) queue: VecDeque<(TrialId, Trial)>,
    /// What the first trial of the queue has done so far.
    pub(super) current: Current,
    /// What ended trials and the strategy's own thinking have cost.
    pub(super) used: Cost,
    /// The id of the next trial.
    pub(super) next: u64,
    /// Trials that the strategy dropped.
    pub(super) discarded: BTreeSet<TrialId>,
    /// Options and edges that the strategy dropped, in order.
    pub(super) discards: Vec<Discard>,
    /// How many of them it had dropped when the first trial of the queue began: these are not in its supernet.
    pub(super) settled: usize,
    /// Trials in a row that failed without training a single sample.
    pub(super) idle_failures: u32,
    /// What the strategy found; then the search is over.
    pub(super) finding: Option<Finding>,
    /// Epochs of the final training that are in the journal.
    pub(super) final_epochs: u32,
}

/// What a trial has done so far.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// Epochs that the strategy was told of.
    pub(super) epochs: u32,
    /// What they cost.
    pub(super) cost: Cost,
    /// The one with the lowest validation loss.
    pub(super) best: Option<Epoch>,
}

impl State {
    /// The state after these records.
    pub(super) fn after(records: &[Record]) -> Self {
        let mut state = Self::default();
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
                self.settled = self.discards.len();
                match proposal {
                    Proposal::Trials { trials } => {
                        for trial in trials {
                            self.queue.push_back((TrialId(self.next), trial.clone()));
                            self.next += 1;
                        }
                    }
                    Proposal::Finish { finding } => self.finding = Some(finding.clone()),
                    _ => {}
                }
            }
            Record::Epoch { phase: Phase::Final, epoch, .. } => self.final_epochs = epoch.number,
            Record::Epoch { phase: Phase::Search, epoch, report, discards, .. } => {
                self.current.epochs = epoch.number;
                self.current.cost = report.as_ref().map_or(self.current.cost, |report| report.cost);
                if self.current.best.as_ref().is_none_or(|best| epoch.valid_loss < best.valid_loss) {
                    self.current.best = Some(epoch.clone());
                }
                self.drop(discards);
            }
            Record::End { trial, report, discards, .. } => {
                self.queue.retain(|(id, _)| id != trial);
                self.used += report.cost;
                self.idle_failures = if report.cost.samples == 0 { self.idle_failures + 1 } else { 0 };
                self.current = Current::default();
                self.drop(discards);
                self.settled = self.discards.len();
            }
        }
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
