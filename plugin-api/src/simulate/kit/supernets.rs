//! What a run of a strategy of the DARTS family did.

use super::good;
use crate::Error;
use crate::message::{Discard, Initialisation, Network, Plan, Trial, TrialId, Work};
use crate::simulate::{AlphaOf, Simulated};
use crate::space::Selection;

/// A supernet trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// How it is trained.
    pub plan: Plan,
    /// The weights it begins with.
    pub init: Initialisation,
    /// What it may spend.
    pub limit: Option<u64>,
    /// How many options its alphas have, by decision in the order of the ids.
    pub options: Vec<(String, usize)>,
}

impl Stage {
    /// The number of options of each decision whose id begins with `kind`, in the order of the ids.
    pub fn counts(&self, kind: &str) -> Vec<usize> {
        self.options.iter().filter(|(id, _)| id.starts_with(kind)).map(|(_, count)| *count).collect()
    }

    /// The number of edges of each of the `nodes` nodes of a cell type.
    pub fn inputs(&self, kind: &str, nodes: usize) -> Vec<usize> {
        (0..nodes).map(|node| self.counts(&format!("{kind}.{node}.")).len()).collect()
    }
}

/// The trials of a run in which every trial trains the supernet of what remains.
///
/// # Panics
///
/// A trial does something else, or was never reported.
#[track_caller]
pub fn stages(simulated: &Simulated) -> Vec<Stage> {
    let stage = |(id, trial): (u64, &Trial)| {
        let Work::Train { network: Network::Supernet { mask: None, .. }, plan, init } = &trial.work else {
            return Err(Error::new(format!("trial {id} does not train the supernet of what remains")));
        };
        let report = simulated.reports.iter().rfind(|report| report.trial == TrialId(id));
        let report = report.ok_or_else(|| Error::new(format!("there is no report of trial {id}")))?;
        let options = report.alphas.0.iter().map(|(id, options)| (id.clone(), options.len())).collect();
        Ok(Stage { plan: plan.clone(), init: *init, limit: trial.limit, options })
    };
    good((0..).zip(&simulated.trials).map(stage).collect())
}

/// What was dropped after the reports of a trial: options as `decision option`, edges as `decision`, trials as
/// `trial id`.
pub fn dropped_after(simulated: &Simulated, trial: u64) -> Vec<String> {
    let words = |discard: &Discard| match discard {
        Discard::Option { decision, option } => format!("{decision} {option}"),
        Discard::Edge { decision } => decision.clone(),
        Discard::Trial { trial } => format!("trial {trial}"),
    };
    simulated.discards.iter().filter(|(after, _)| after.0 == trial).map(|(_, discard)| words(discard)).collect()
}

/// Alphas for [`Simulation::alphas`](crate::simulate::Simulation::alphas) on a genomeNAS space, which a script in another
/// language can repeat: sin(1 + 3r + 7c + 11s + 13k) for the option in column c of the r-th edge that is left of cell type
/// k (normal, reduction, rnn), in the s-th supernet.
pub fn sine_alphas(of: &AlphaOf<'_>) -> f64 {
    let decisions = &of.space.decisions;
    let kind = |at: usize| {
        let id = decisions.get(at).map_or("", |decision| decision.id.as_str());
        ["normal.", "reduction.", "rnn."].iter().position(|kind| id.starts_with(kind))
    };
    let row = (0..of.decision).filter(|&before| kind(before) == kind(of.decision)).count();
    let sum = 1 + 3 * row + 7 * of.option + 11 * of.supernet + 13 * kind(of.decision).unwrap_or(0);
    (sum as f64).sin()
}

/// A selection of the published genomeNAS space as the papers write it: for each cell type the options and inputs of
/// each node, one line each.
pub fn genotype(selection: &Selection) -> String {
    [("normal", 4), ("reduction", 4), ("rnn", 8)].map(|(kind, nodes)| genotype_of(selection, kind, nodes)).join("\n")
}

/// The line of [`genotype`] for a cell type with this number of nodes.
pub fn genotype_of(selection: &Selection, kind: &str, nodes: usize) -> String {
    let node = |node: usize| {
        let edges = (0..=node + 1).filter_map(|input| {
            let option = selection.0.get(&format!("{kind}.{node}.{input}"))?;
            Some(format!("{option}/{input}"))
        });
        edges.collect::<Vec<_>>().join(" ")
    };
    (0..nodes).map(node).collect::<Vec<_>>().join(" | ")
}
