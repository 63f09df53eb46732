//! Successive halving (Jamieson & Talwalkar 2016; the "Hyperband" of genomeNAS): many architectures are trained
//! briefly, the better half goes on, again and again.

use genomenas_plugin::halving::{Bracket, Brackets, HalvingSettings, RungScheduler};
use genomenas_plugin::prelude::*;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Architectures to begin with.
    #[parameter(default = 25, minimum = 1, maximum = 10_000)]
    pub trials: usize,
    /// Of so many architectures one goes on to the next rung, rounded down.
    #[parameter(default = 2, minimum = 2, maximum = 1000)]
    pub eta: usize,
    /// Rungs, each as long as the others; the last one is that of an architecture that is alone.
    #[parameter(default = 4, minimum = 1, maximum = 20)]
    pub rungs: usize,
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
    let scheduler = RungScheduler::new(setup, &settings.halving)?;
    let (trials, eta) = (scheduler.at_most(settings.trials), settings.eta);
    let bracket = |amount: u64| {
        let amounts = (1..=settings.rungs as u64).map(|rung| amount.saturating_mul(rung));
        let mut bracket = Bracket { architectures: trials, amounts: amounts.collect() };
        let alone = bracket.sizes(eta).iter().position(|&size| size == 1);
        bracket.amounts.truncate(alone.map_or(settings.rungs, |rung| rung + 1));
        bracket
    };
    let amount = scheduler.budget().fit(1, |amount| bracket(amount).cost(eta));
    Brackets::new(scheduler, eta, vec![bracket(amount)])
}

register! {
    Brackets,
    id = "successive-halving",
    kind = search,
    about = "Successive halving: many architectures are trained briefly, the better half goes on, again and again.",
    parameters = Settings,
    needs = ["continue"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
