//! The hook calls of a search, one after the other: what the strategy was asked and told, and what it answered.
//!
//! They come from the journal of a run, or from a strategy that is being simulated.

pub mod words;

use std::collections::BTreeMap;

use genomenas_plugin::engine::Record;
use genomenas_plugin::message::{Ask, Discard, Finding, Initialisation, Proposal, Report, Trial, TrialId, Work};
use serde::Serialize;

/// A call and its answer. A report is two calls: it is told, and what to drop is asked with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// Its number, from 1.
    pub number: usize,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What a strategy is called for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum What {
    /// It was asked what to do next.
    Ask {
        /// What it was asked.
        ask: Ask,
        /// What it was told since it was asked before, by trial.
        reports_since: Vec<Since>,
        /// What it answered.
        answer: Proposal,
        /// How long it took, where that was measured.
        #[serde(skip_serializing_if = "Option::is_none")]
        seconds: Option<f64>,
    },
    /// It was told what happened, and asked what to drop.
    Report {
        /// What it was told.
        report: Report,
        /// What it dropped.
        discards: Vec<Discard>,
    },
}

/// The reports of one trial since the strategy was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Since {
    /// The trial.
    pub trial: TrialId,
    /// How many they were.
    pub reports: u32,
    /// Whether the last of them was its end.
    pub ended: bool,
}

/// Follows a strategy from its first call on.
#[derive(Debug, Default)]
pub struct Follower {
    calls: usize,
    since: BTreeMap<TrialId, Since>,
}

impl Follower {
    /// The strategy was asked and answered.
    pub fn asked(&mut self, ask: Ask, answer: Proposal, seconds: Option<f64>) -> Call {
        let reports_since = std::mem::take(&mut self.since).into_values().collect();
        self.call(What::Ask { ask, reports_since, answer, seconds })
    }

    /// The strategy was told and dropped something, or nothing.
    pub fn reported(&mut self, report: Report, discards: Vec<Discard>) -> Call {
        let trial = report.trial;
        let since = self.since.entry(trial).or_insert(Since { trial, reports: 0, ended: false });
        since.reports = since.reports.saturating_add(1);
        since.ended |= report.end.is_some();
        self.call(What::Report { report, discards })
    }

    /// The call of a journal's record; `None` for what a final training came to, of which no strategy is told.
    pub fn recorded(&mut self, record: Record) -> Option<Call> {
        Some(match record {
            Record::Propose { ask, proposal, seconds } => self.asked(ask, proposal, Some(seconds)),
            Record::Epoch { report, discards, .. } => self.reported(report?, discards),
            Record::Score { report, discards, .. } | Record::End { report, discards, .. } => {
                self.reported(report, discards)
            }
            Record::Tuned(_) => return None,
        })
    }

    fn call(&mut self, what: What) -> Call {
        self.calls += 1;
        Call { number: self.calls, what }
    }
}

impl Call {
    /// Whether a trial is what this call is about: it is proposed, begun from, reported, dropped or found.
    pub fn names(&self, trial: TrialId) -> bool {
        match &self.what {
            What::Ask { ask, answer, .. } => match answer {
                Proposal::Trials { trials } => {
                    let position = trial.0.checked_sub(ask.next_trial.0);
                    position.is_some_and(|position| position < trials.len() as u64)
                        || trials.iter().any(|other| source(other) == Some(trial))
                }
                Proposal::Finish { finding: Finding { best, others } } => {
                    std::iter::once(best).chain(others).any(|candidate| candidate.trial == Some(trial))
                }
                _ => false,
            },
            What::Report { report, discards } => {
                report.trial == trial
                    || discards
                        .iter()
                        .any(|discard| matches!(discard, Discard::Trial { trial: other } if *other == trial))
            }
        }
    }
}

/// The trial whose weights a trial begins with.
const fn source(trial: &Trial) -> Option<TrialId> {
    match &trial.work {
        Work::Train { init: Initialisation::Inherit { trial } | Initialisation::Continue { trial }, .. } => {
            Some(*trial)
        }
        Work::Score { weights_of, .. } => Some(*weights_of),
        _ => None,
    }
}
