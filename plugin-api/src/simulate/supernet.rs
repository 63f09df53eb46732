//! Simulated supernets: alphas that move towards the hidden utilities of their options.

use super::landscape::Landscape;
use crate::message::{Alphas, Mixing, OptionWeight, TrialId};
use crate::space::{Decision, Selection, Space};

/// Standard deviation of fresh alphas, as the host draws them.
const FRESH: f64 = 1e-3;
/// Standard deviation of what a trial learns of an option around what is true.
const NOISE: f64 = 0.1;

/// One alpha that [`Simulation::alphas`](super::Simulation::alphas) gives a value.
#[derive(Clone, Copy, Debug)]
pub struct AlphaOf<'a> {
    /// The trial.
    pub trial: TrialId,
    /// Supernet trials before this one.
    pub supernet: usize,
    /// What the trial's mask leaves of the space.
    pub space: &'a Space,
    /// The decision, by its position in the space's decisions.
    pub decision: usize,
    /// The option, by its position in the decision's options.
    pub option: usize,
}

/// A supernet.
#[derive(Debug)]
pub(super) struct Supernet {
    /// What its mask leaves.
    pub(super) space: Space,
    mixing: Mixing,
    /// The hidden utilities, by decision and option.
    utilities: Vec<Vec<f64>>,
}

impl Supernet {
    /// The supernet of what a mask leaves of a space.
    pub(super) fn new(space: Space, mixing: Mixing, landscape: Landscape) -> Self {
        let utilities = values(&space, |decision, option| {
            let decision = &space.decisions[decision];
            landscape.of_option(decision, &decision.options[option])
        });
        Self { space, mixing, utilities }
    }

    /// Whether it has alphas.
    pub(super) const fn learns(&self) -> bool {
        self.mixing.learns()
    }

    /// The alphas that a trial begins with: by name those that it inherits, the others fresh; none where it has none.
    pub(super) fn fresh(&self, trial: TrialId, inherited: &Alphas, landscape: Landscape) -> Vec<Vec<f64>> {
        if !self.learns() {
            return Vec::new();
        }
        self.named(|decision, option| {
            let inherited = inherited.get(decision, option).map(|weight| weight.alpha);
            inherited.unwrap_or_else(|| FRESH * landscape.normal(&format!("alpha {decision}={option}"), trial.0))
        })
    }

    /// The alphas after a trial that began with `start` has learned this part of what there is to learn.
    pub(super) fn learned(&self, trial: TrialId, start: &[Vec<f64>], part: f64, landscape: Landscape) -> Vec<Vec<f64>> {
        let mut alphas = start.to_vec();
        for ((row, utilities), decision) in alphas.iter_mut().zip(&self.utilities).zip(&self.space.decisions) {
            for ((alpha, utility), option) in row.iter_mut().zip(utilities).zip(&decision.options) {
                let seen = utility + NOISE * landscape.normal(&format!("seen {}={option}", decision.id), trial.0);
                *alpha += (seen - *alpha) * part;
            }
        }
        alphas
    }

    /// The alphas that a test dictates.
    pub(super) fn dictated(&self, trial: TrialId, supernet: usize, alpha: fn(&AlphaOf<'_>) -> f64) -> Vec<Vec<f64>> {
        if !self.learns() {
            return Vec::new();
        }
        let space = &self.space;
        values(space, |decision, option| alpha(&AlphaOf { trial, supernet, space, decision, option }))
    }

    /// The alphas as they are reported.
    pub(super) fn report(&self, alphas: &[Vec<f64>]) -> Alphas {
        let rows = self.space.decisions.iter().zip(alphas).map(|(decision, row)| {
            let weights = row.iter().zip(softmax(row)).map(|(&alpha, probability)| OptionWeight { alpha, probability });
            (decision.id.clone(), decision.options.iter().cloned().zip(weights).collect())
        });
        Alphas(rows.collect())
    }

    /// How good it is, mixed by these alphas.
    pub(super) fn good(&self, alphas: &[Vec<f64>], landscape: Landscape) -> f64 {
        if let Mixing::Cycle { selections } | Mixing::Sample { selections } = &self.mixing {
            let total: f64 = selections.iter().map(|selection| landscape.of_selection(selection)).sum();
            return total / selections.len().max(1) as f64;
        }
        let mean = |(at, utilities): (usize, &Vec<f64>)| -> f64 {
            let even = vec![0.0; utilities.len()];
            let row = alphas.get(at).unwrap_or(&even);
            utilities.iter().zip(softmax(row)).map(|(utility, probability)| utility * probability).sum()
        };
        let total: f64 = self.utilities.iter().enumerate().map(mean).sum();
        total / (self.utilities.len().max(1) as f64).sqrt()
    }

    /// How good it is as a part of a supernet that has learned these alphas: where one option of each decision is left,
    /// the architecture that this is.
    pub(super) fn good_part(&self, alphas: &Alphas, landscape: Landscape) -> f64 {
        let only = |decision: &Decision| match decision.options.as_slice() {
            [option] => Some((decision.id.clone(), option.clone())),
            _ => None,
        };
        let selection = self.space.decisions.iter().map(only).collect::<Option<_>>().map(Selection);
        match selection.filter(|selection| self.space.check_selection(selection).is_ok()) {
            Some(selection) => landscape.of_selection(&selection),
            None => self.good(&self.fresh(TrialId(0), alphas, landscape), landscape),
        }
    }

    fn named(&self, of: impl Fn(&str, &str) -> f64) -> Vec<Vec<f64>> {
        values(&self.space, |decision, option| {
            let decision = &self.space.decisions[decision];
            of(&decision.id, &decision.options[option])
        })
    }
}

/// A value for each option of each decision, given by their positions.
fn values(space: &Space, of: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    let row = |(at, decision): (usize, &Decision)| (0..decision.options.len()).map(|option| of(at, option)).collect();
    space.decisions.iter().enumerate().map(row).collect()
}

fn softmax(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row.iter().map(|alpha| (alpha - most).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|power| power / total).collect()
}
