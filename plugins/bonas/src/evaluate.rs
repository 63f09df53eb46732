//! How the architectures of a round are measured: the supernet that holds them all and the scores of its parts, or a
//! network each.

use genomenas_plugin::message::Mixing;
use genomenas_plugin::prelude::*;
use genomenas_plugin::space::Mask;

use crate::rounds::Scoring;

/// A supernet of all that the selections use, of which each step trains the part of one.
pub fn supernet(selections: Vec<Selection>, plan: Plan, cycle: bool, limit: u64) -> Trial {
    let mask = union(&selections);
    let mixing = if cycle { Mixing::Cycle { selections } } else { Mixing::Sample { selections } };
    Trial::train(Network::Supernet { mask: Some(mask), mixing }, plan).with_limit(limit)
}

/// The score of each selection with the weights of that supernet.
pub fn score(weights_of: TrialId, selections: &[Selection], scoring: Scoring) -> Trial {
    Trial::of(Work::Score {
        weights_of,
        masks: selections.iter().map(Mask::from).collect(),
        recalibrate_batch_norm: scoring.recalibrate,
        batch: scoring.batch,
        validation_batches: Some(scoring.validation_batches),
    })
}

/// A network by itself.
pub fn alone(selection: Selection, plan: Plan, limit: u64) -> Trial {
    Trial::train(Network::Selection { selection }, plan).with_limit(limit)
}

/// A score in (0, 1), of one that is more where it is better.
pub fn normalised(metric: Metric, score: f64) -> f64 {
    if metric == Metric::Loss { score.exp() } else { score }
}

/// Every option that one of the selections takes.
fn union(selections: &[Selection]) -> Mask {
    let mut mask = Mask::default();
    for (decision, option) in selections.iter().flat_map(|selection| &selection.0) {
        mask.0.entry(decision.clone()).or_default().insert(option.clone());
    }
    mask
}
