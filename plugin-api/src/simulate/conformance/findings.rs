//! What a strategy proposes and finds: nothing that is not there, and what it stands for.

use super::check::{Verdict, first_mend, kept};
use super::subject::Subject;
use crate::engine::Call;
use crate::message::{Candidate, Network, Outcome, Proposal, Report, Trial, Work};
use crate::space::Selection;
use crate::{Error, Result};

pub(super) fn no_mistakes(subject: &Subject<'_>) -> Result<Verdict> {
    let course = subject.plain()?;
    course.sound()?;
    kept(format!("on the space '{}' it finished after {} answers", subject.home.setup.space.name, course.answers.len()))
}

/// What a finding names is what it says.
pub(super) fn counts(subject: &Subject<'_>) -> Result<Verdict> {
    let course = subject.plain()?;
    if course.sound().is_err() {
        return first_mend("no-mistakes");
    }
    let proposals = course.calls.iter().filter_map(|call| match call {
        Call::Propose { proposal, .. } => Some(proposal),
        _ => None,
    });
    let reports = course.calls.iter().filter_map(|call| match call {
        Call::Update { report } => Some(report),
        _ => None,
    });
    let reports: Vec<&Report> = reports.collect();
    let mut trials: Vec<&Trial> = Vec::new();
    for proposal in proposals {
        match proposal {
            Proposal::Trials { trials: more } => trials.extend(more),
            Proposal::Finish { finding } => {
                for candidate in std::iter::once(&finding.best).chain(&finding.others) {
                    check_candidate(candidate, &trials, &reports)?;
                }
            }
            Proposal::Wait => {}
        }
    }
    let ends = reports.iter().filter_map(|report| report.end.as_ref());
    let largest = ends.map(|end| end.parameters).max().unwrap_or_default();
    kept(format!("{} trials, of at most {largest} parameters; what it found is what it trained", trials.len()))
}

/// Refuses a candidate whose trial trained another architecture, or did not complete.
fn check_candidate(candidate: &Candidate, trials: &[&Trial], reports: &[&Report]) -> Result<()> {
    let Some(id) = candidate.trial else { return Ok(()) };
    let trial = usize::try_from(id.0).ok().and_then(|at| trials.get(at));
    let Some(Trial { work: Work::Train { network, .. }, .. }) = trial else { return Ok(()) };
    let ended = reports.iter().rev().find(|report| report.trial == id).and_then(|report| report.end.as_ref());
    if let Some(Outcome::Failed { reason }) = ended.map(|end| &end.outcome) {
        return Err(Error::new(format!("the finding names trial {id}, which failed: {reason}")));
    }
    let differs = match (network, &candidate.network) {
        (Network::Supernet { .. }, _) => false,
        (trained, found) => match (selection(trained), selection(found)) {
            (Some(trained), Some(found)) => trained != found,
            _ => trained != found,
        },
    };
    if differs {
        return Err(Error::new(format!("the finding names trial {id}, which trained another architecture")));
    }
    Ok(())
}

fn selection(network: &Network) -> Option<&Selection> {
    match network {
        Network::Selection { selection } => Some(selection),
        Network::Architecture { architecture } => architecture.selection.as_ref(),
        Network::Supernet { .. } => None,
    }
}
