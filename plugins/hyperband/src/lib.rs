//! Hyperband (Li et al. 2018): brackets of successive halving, from one with many architectures and short first rungs
//! to one with few architectures that are all trained to the end.

use genomenas_plugin::halving::{Bracket, Brackets, HalvingSettings, RungScheduler, floor_log};
use genomenas_plugin::prelude::*;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Of so many architectures one goes on to the next rung (η of the paper).
    #[parameter(default = 3, minimum = 2, maximum = 1000)]
    pub eta: u64,
    /// The most of the resource that an architecture is given, in multiples of `minimum` (R of the paper).
    #[parameter(default = 27, minimum = 1, maximum = 10_000)]
    pub maximum: u64,
    /// How architectures are trained and ranked.
    #[parameter(flatten)]
    pub halving: HalvingSettings,
}

/// The search.
///
/// # Errors
///
/// The settings contradict each other, or cannot be used.
pub fn search(setup: &Setup, settings: &Settings) -> Result<Brackets> {
    let Settings { eta, maximum, .. } = *settings;
    let scheduler = RungScheduler::new(setup, &settings.halving)?;
    let budget = *scheduler.budget();
    let survivors = usize::try_from(eta).map_err(Error::invalid)?;
    // The largest R within the budget.
    let fitted = |longest| {
        budget.fit(maximum, |top| {
            let brackets = brackets(&scheduler, eta, longest, top);
            brackets.iter().map(|bracket| bracket.cost(survivors)).sum()
        })
    };
    // Fewer rungs where the first of them would be too short.
    let mut longest = floor_log(maximum, eta);
    let mut top = fitted(longest);
    while longest > 1 && !budget.is_long_enough(budget.divided(top, eta.pow(longest))) {
        longest -= 1;
        top = fitted(longest);
    }
    let brackets = brackets(&scheduler, eta, longest, top);
    let search = Brackets::new(scheduler, survivors, brackets)?;
    Ok(if budget.is_scaled() { search } else { search.again() })
}

/// Algorithm 1 of the paper: the bracket of each s from S (`longest`) down to 0 has n = ⌈(S + 1)/(s + 1) · η^s⌉
/// architectures, of which rung i trains ⌊n/η^i⌋ up to R/η^(s−i) each, where R is `top`. A small space has fewer.
fn brackets(scheduler: &RungScheduler, eta: u64, longest: u32, top: u64) -> Vec<Bracket> {
    let mut drawn = 0;
    let bracket = |s: u32| {
        let architectures = (u64::from(longest + 1) * eta.pow(s)).div_ceil(u64::from(s + 1));
        let wanted = drawn + usize::try_from(architectures).unwrap_or(usize::MAX);
        let architectures = scheduler.at_most(wanted) - drawn;
        drawn += architectures;
        let amounts = (0..=s).map(|rung| scheduler.budget().divided(top, eta.pow(s - rung)));
        Bracket { architectures, amounts: amounts.collect() }
    };
    (0..=longest).rev().map(bracket).filter(|bracket| bracket.architectures > 0).collect()
}

register! {
    Brackets,
    id = "hyperband",
    kind = search,
    about = "Hyperband: brackets of successive halving, from many short trainings to few long ones.",
    parameters = Settings,
    needs = ["continue"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
