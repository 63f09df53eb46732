//! What a strategy did wrong in a run that went on nevertheless.

use super::Simulation;
use crate::engine::{Data, Networks, Record};
use crate::message::{Discard, Finding, Outcome, Proposal, Trial, TrialId};
use crate::{Error, Result};

/// The mistakes in these records; what the simulation `let_fail` is none.
pub(super) fn mistakes(simulation: &Simulation, data: &Data, records: &[Record], let_fail: &[TrialId]) -> Vec<String> {
    let mut found = Vec::new();
    let mut known = 0;
    for record in records {
        match record {
            Record::Propose { proposal: Proposal::Trials { trials }, .. } => {
                for trial in trials {
                    found.extend(check_limit(trial).err().map(|error| format!("trial {known}: {error}")));
                    known += 1;
                }
            }
            Record::Propose { proposal: Proposal::Finish { finding }, .. } => {
                found.extend(check_finding(simulation, data, finding, known).err().map(|error| error.message));
            }
            _ => {}
        }
        if let Some((report, discards)) = record.reported() {
            if let Some(Outcome::Failed { reason }) = report.end.as_ref().map(|end| &end.outcome)
                && !let_fail.contains(&report.trial)
            {
                found.push(format!("trial {}: {reason}", report.trial));
            }
            found.extend(discards.iter().filter_map(|discard| match discard {
                Discard::Trial { trial } if trial.0 >= known => {
                    Some(format!("it drops trial {trial}, which was never proposed"))
                }
                _ => None,
            }));
        }
    }
    found
}

fn check_limit(trial: &Trial) -> Result<()> {
    if trial.limit == Some(0) {
        return Err(Error::invalid("its limit is 0: expected at least 1, or none"));
    }
    if trial.limit.is_none() && trial.limit_unit.is_some() {
        return Err(Error::invalid("it has a limit_unit and no limit: give the limit, too"));
    }
    Ok(())
}

/// Checks all of a finding, where `known` trials were proposed.
fn check_finding(simulation: &Simulation, data: &Data, finding: &Finding, known: u64) -> Result<()> {
    let networks = Networks { space: &simulation.setup.space, data };
    for candidate in std::iter::once(&finding.best).chain(&finding.others) {
        networks.of_finding(&candidate.network).map_err(|error| error.context("the finding"))?;
        if let Some(trial) = candidate.trial.filter(|trial| trial.0 >= known) {
            return Err(Error::invalid(format!("the finding names trial {trial}, which was never proposed")));
        }
    }
    Ok(())
}
