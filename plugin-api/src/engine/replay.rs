//! The calls of a search, made again: a strategy stands where another instance stood once it has answered them alike.

use serde::{Deserialize, Serialize};

use super::backend::Hooks;
use super::record::Record;
use crate::message::{Ask, Discard, Proposal, Report};

/// A call of a hook and its reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "hook", rename_all = "snake_case")]
pub enum Call {
    /// What to do next.
    Propose {
        /// What was asked.
        ask: Ask,
        /// What was answered.
        proposal: Proposal,
    },
    /// What happened.
    Update {
        /// What was reported.
        report: Report,
    },
    /// What to drop.
    Discard {
        /// What was reported.
        report: Report,
        /// What was dropped.
        discards: Vec<Discard>,
    },
}

/// Why a strategy does not stand where another one stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayError<E> {
    /// A hook failed.
    Hook(E),
    /// A call was answered otherwise than before.
    Differs {
        /// Its number, from 1.
        number: usize,
        /// The hook.
        hook: &'static str,
    },
}

impl<E> From<E> for ReplayError<E> {
    fn from(error: E) -> Self {
        Self::Hook(error)
    }
}

/// The calls that were made for these records.
pub fn calls(records: &[Record]) -> Vec<Call> {
    let mut calls = Vec::new();
    for record in records {
        if let Record::Propose { ask, proposal, .. } = record {
            calls.push(Call::Propose { ask: ask.clone(), proposal: proposal.clone() });
        }
        if let Some((report, discards)) = record.reported() {
            calls.push(Call::Update { report: report.clone() });
            calls.push(Call::Discard { report: report.clone(), discards: discards.to_vec() });
        }
    }
    calls
}

/// Makes calls again.
///
/// # Errors
///
/// A hook failed, or answered otherwise than before: a search by such a strategy could not be repeated.
pub fn replay<H: Hooks + ?Sized>(hooks: &mut H, calls: &[Call]) -> Result<(), ReplayError<H::Error>> {
    for (at, call) in calls.iter().enumerate() {
        let (hook, same) = match call {
            Call::Propose { ask, proposal } => ("propose", hooks.propose(ask)? == *proposal),
            Call::Update { report } => {
                hooks.update(report)?;
                ("update", true)
            }
            Call::Discard { report, discards } => ("discard", hooks.discard(report)? == *discards),
        };
        if !same {
            return Err(ReplayError::Differs { number: at + 1, hook });
        }
    }
    Ok(())
}
