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

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn trials_are_told_from_their_proposal_to_their_end() {
        let epoch = |trial: u32, number: u32, loss: f64, seconds: f64| {
            record(&format!(
                r#"{{"type":"epoch","phase":"search","trial":{trial},"epoch":{{"number":{number},"train_loss":0.7,"valid_loss":{loss},"auroc":0.8}},
                "used":{{"samples":{number}0,"seconds":{seconds}}},"report":{{"trial":{trial},"cost":{{"samples":5,"seconds":1.5}},"remaining":9,
                "alphas":{{"edge":{{"skip":{{"alpha":0.5,"probability":0.25}}}}}}}}}}"#
            ))
        };
        let end = |trial: u32, outcome: &str| {
            record(&format!(
                r#"{{"type":"end","trial":{trial},"report":{{"trial":{trial},"cost":{{"samples":7,"seconds":2.5}},"remaining":9,"end":{{"outcome":{outcome},"parameters":12}}}},"used":{{"samples":70,"seconds":9.0}}}}"#
            ))
        };
        let plan = serde_json::to_string(&genomenas_plugin::message::Plan::default()).unwrap();
        let propose = record(&format!(
            r#"{{"type":"propose","ask":{{"budget":{{"unit":"samples","amount":99}},"remaining":99,"next_trial":3}},"proposal":{{"type":"trials","trials":[
            {{"work":"train","network":{{"type":"selection","selection":{{"edge":"skip"}}}},"plan":{plan}}},
            {{"work":"train","network":{{"type":"supernet"}},"plan":{plan},"init":{{"type":"inherit","trial":3}}}},
            {{"work":"score","weights_of":4,"masks":[],"batch":8}}]}},"seconds":0.1}}"#
        ));
        let score = record(
            r#"{"type":"score","report":{"trial":5,"cost":{},"remaining":1,"score":{"mask":1,"auroc":0.9}},"used":{"samples":15}}"#,
        );
        let details = of_records(vec![
            propose,
            epoch(3, 1, 0.6, 2.0),
            epoch(3, 2, 0.7, 4.0),
            end(3, r#"{"type":"completed","stopped":"epochs"}"#),
            epoch(4, 1, 0.5, 6.0),
            end(4, r#"{"type":"failed","reason":"the loss is NaN"}"#),
            score,
        ]);
        let [first, supernet, scored] = details.trials.as_slice() else { panic!("{details:?}") };
        assert_eq!((first.trial, first.network, &first.outcome), (3, "selection", &TrialOutcome::Completed));
        assert_eq!((first.points.len(), first.best.map(|best| best.number)), (2, Some(1)));
        assert_eq!((first.seconds, first.cost.samples, first.parameters), ((0.5, 9.0), 7, Some(12)));
        assert_eq!(first.decisions, [DecisionMade { decision: "edge".to_owned(), option: "skip".to_owned() }]);
        assert_eq!((supernet.network, supernet.weights_of), ("supernet", Some(3)));
        assert_eq!(supernet.outcome, TrialOutcome::Failed { reason: "the loss is NaN".to_owned() });
        assert_eq!((scored.work, scored.weights_of, &scored.outcome), ("score", Some(4), &TrialOutcome::Open));
        assert_eq!(scored.best.and_then(|best| best.auroc), Some(0.9));
        assert_eq!(details.options.len(), 3);
        assert_eq!((details.options[2].trial, details.options[2].samples), (4, 10));
    }
}
