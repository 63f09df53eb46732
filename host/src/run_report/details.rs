//! What exports show of a run beside its summary, read from its folder: trials, options of supernets, scores of validation.

use std::collections::BTreeMap;
use std::path::Path;

use genomenas_data::error::Error;
use genomenas_data::files;
use genomenas_plugin::engine::{Phase, Record};
use genomenas_plugin::message::{
    Alphas, Cost, Epoch, Initialisation, MaskScore, Network, Outcome, Proposal, Report, Trial, TrialId, Work,
};
use genomenas_plugin::space::Space;
use genomenas_report::export::{OptionPoint, RunDetails, SpaceDecision, TrialDetails, TrialOutcome, TrialPoint};
use genomenas_report::model::DecisionMade;

use super::summary::{or_warn, records};
use crate::run::RunResult;
use crate::run::settings::files as names;

/// The details of the run in `folder`. What cannot be read is left out, with a warning.
pub(crate) fn details(folder: &Path) -> RunDetails {
    // A result that cannot be read is why the run failed, and told of there.
    let result = RunResult::read(folder).ok().flatten();
    let ended = result.as_ref().and_then(|result| result.chain.as_deref());
    let mut details = of_records(records(&folder.join(names::JOURNAL), ended));
    details.valid = result.and_then(|result| result.valid);
    details
}

/// The decisions of the space in the folder of a comparison or of a run; none where there is none.
pub(crate) fn space(folder: &Path) -> Vec<SpaceDecision> {
    let path = folder.join(names::SPACE);
    if !path.exists() {
        return Vec::new();
    }
    let text = or_warn(files::read_text(&path));
    let read = |text: String| or_warn(Space::from_text(&text).map_err(|error| Error::file("use", &path, error)));
    let decisions = text.and_then(read).map(|space| space.decisions).unwrap_or_default();
    let of = |decision: genomenas_plugin::space::Decision| SpaceDecision {
        options: decision.final_options().map(str::to_owned).collect(),
        id: decision.id,
    };
    decisions.into_iter().map(of).collect()
}

/// What the records of a journal tell of its trials.
fn of_records(records: Vec<Record>) -> RunDetails {
    let mut trials: BTreeMap<u64, TrialDetails> = BTreeMap::new();
    let mut options = Vec::new();
    for record in records {
        match record {
            Record::Propose { ask, proposal: Proposal::Trials { trials: proposed }, .. } => {
                let TrialId(first) = ask.next_trial;
                trials.extend((first..).zip(proposed).map(|(id, trial)| (id, proposed_as(id, trial))));
            }
            Record::Epoch { phase: Phase::Search, trial: Some(TrialId(id)), epoch, used, report, .. } => {
                let Some(trial) = trials.get_mut(&id) else { continue };
                trial.points.push(of_epoch(&epoch));
                if let Some(report) = &report {
                    heard(trial, report, used);
                    options.extend(of_alphas(&report.alphas, id, epoch.number, used));
                }
            }
            Record::Score { report, used, .. } => {
                let Some(trial) = trials.get_mut(&report.trial.0) else { continue };
                trial.points.extend(report.score.map(of_mask));
                heard(trial, &report, used);
            }
            Record::End { trial: TrialId(id), report, used, .. } => {
                let Some(trial) = trials.get_mut(&id) else { continue };
                heard(trial, &report, used);
                let Some(end) = report.end else { continue };
                trial.parameters = (end.parameters > 0).then_some(end.parameters);
                trial.multiply_adds = (end.multiply_adds > 0).then_some(end.multiply_adds);
                trial.best = end.best.as_ref().map(of_epoch).or(trial.best);
                trial.outcome = match end.outcome {
                    Outcome::Completed { .. } => TrialOutcome::Completed,
                    Outcome::Discarded => TrialOutcome::Discarded,
                    Outcome::Failed { reason } => TrialOutcome::Failed { reason },
                    _ => TrialOutcome::Failed { reason: "it ended in a way that came after this version".to_owned() },
                };
            }
            _ => {}
        }
    }
    let best = |mut trial: TrialDetails| {
        trial.best = trial.best.or_else(|| best(&trial.points));
        trial
    };
    RunDetails { trials: trials.into_values().map(best).collect(), options, ..RunDetails::default() }
}

/// A trial of which nothing but the proposal is known.
fn proposed_as(id: u64, trial: Trial) -> TrialDetails {
    let mut details = TrialDetails {
        trial: id,
        work: "train",
        network: "supernet",
        weights_of: None,
        outcome: TrialOutcome::Open,
        batch: 0,
        learning_rate: None,
        planned_epochs: None,
        cost: Cost::default(),
        seconds: (0.0, 0.0),
        parameters: None,
        multiply_adds: None,
        points: Vec::new(),
        best: None,
        decisions: Vec::new(),
    };
    match trial.work {
        Work::Train { network, plan, init } => {
            details.weights_of = match init {
                Initialisation::Inherit { trial } | Initialisation::Continue { trial } => Some(trial.0),
                _ => None,
            };
            details.batch = plan.batch.into();
            details.planned_epochs = Some(plan.epochs.into());
            details.learning_rate = plan.optimum.is_none().then_some(plan.cnn.learning_rate);
            let selection = match network {
                Network::Selection { selection } => {
                    details.network = "selection";
                    Some(selection)
                }
                Network::Architecture { architecture } => {
                    details.network = "architecture";
                    architecture.selection
                }
                _ => None,
            };
            let made = selection.into_iter().flat_map(|selection| selection.0);
            details.decisions = made.map(|(decision, option)| DecisionMade { decision, option }).collect();
        }
        Work::Score { weights_of, batch, .. } => {
            details.work = "score";
            details.weights_of = Some(weights_of.0);
            details.batch = batch.into();
        }
        // A kind that came after this version.
        _ => details.work = "other",
    }
    details
}

/// Takes over what a report says of a trial, after `used` was spent by all trials.
fn heard(trial: &mut TrialDetails, report: &Report, used: Cost) {
    let first = trial.seconds.1 == 0.0;
    trial.seconds.1 = used.seconds;
    if first {
        trial.seconds.0 = (used.seconds - report.cost.seconds).max(0.0);
    }
    trial.cost = report.cost;
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn of_epoch(epoch: &Epoch) -> TrialPoint {
    let measured = |value: Option<f64>| value.and_then(finite);
    TrialPoint {
        number: epoch.number,
        loss: finite(epoch.valid_loss),
        auroc: measured(epoch.auroc),
        auprc: measured(epoch.auprc),
        f1: measured(epoch.f1),
    }
}

fn of_mask(score: MaskScore) -> TrialPoint {
    let measured = |value: Option<f64>| value.and_then(finite);
    TrialPoint {
        number: score.mask.saturating_add(1),
        loss: measured(score.valid_loss),
        auroc: measured(score.auroc),
        auprc: measured(score.auprc),
        f1: measured(score.f1),
    }
}

/// The point with the lowest loss; where none has a loss, that with the highest AUROC.
fn best(points: &[TrialPoint]) -> Option<TrialPoint> {
    let by = |of: fn(&TrialPoint) -> Option<f64>| {
        let measured = points.iter().filter_map(move |point| Some((of(point)?, point)));
        measured.min_by(|(left, _), (right, _)| left.total_cmp(right)).map(|(_, point)| *point)
    };
    by(|point| point.loss).or_else(|| by(|point| point.auroc.map(|auroc| -auroc)))
}

fn of_alphas(alphas: &Alphas, trial: u64, epoch: u32, used: Cost) -> impl Iterator<Item = OptionPoint> {
    alphas.0.iter().flat_map(move |(decision, options)| {
        options.iter().map(move |(option, weight)| OptionPoint {
            trial,
            epoch,
            samples: used.samples,
            seconds: used.seconds,
            decision: decision.clone(),
            option: option.clone(),
            alpha: weight.alpha,
            probability: weight.probability,
        })
    })
}
