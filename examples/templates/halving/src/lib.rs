//! Successive halving (Jamieson & Talwalkar 2016): many architectures are trained briefly, the better half goes on, again
//! and again.
//!
//! `genomenas_plugin::halving` has the rungs, the promotions and the freeing of weights. What is said here is how many
//! architectures begin and how long each rung is.

use genomenas_plugin::halving::{Bracket, Brackets, HalvingSettings, RungScheduler};
use genomenas_plugin::prelude::*;

/// What a user can set, with `--set trials=32`.
#[derive(Clone, Debug, Parameters)]
pub struct Settings {
    /// Architectures to begin with.
    #[parameter(default = 8, minimum = 1, maximum = 10_000)]
    pub trials: usize,
    /// Of so many architectures one goes on to the next rung.
    #[parameter(default = 2, minimum = 2, maximum = 1000)]
    pub eta: usize,
    /// Rungs; each trains an architecture as long again as all before it.
    #[parameter(default = 3, minimum = 1, maximum = 20)]
    pub rungs: u32,
    /// How architectures are trained and ranked.
    #[parameter(flatten)]
    pub halving: HalvingSettings,
}

/// The search that `setup` and `settings` describe.
pub fn search(setup: &Setup, settings: &Settings) -> Result<Brackets> {
    let scheduler = RungScheduler::new(setup, &settings.halving)?;
    let architectures = scheduler.at_most(settings.trials);
    let bracket = |amount: u64| {
        let amounts = (0..settings.rungs).map(|rung| amount.saturating_mul(1 << rung)).collect();
        Bracket { architectures, amounts }
    };
    // The longest first rung with which the whole bracket fits into the budget.
    let amount = scheduler.budget().fit(1, |amount| bracket(amount).cost(settings.eta));
    Brackets::new(scheduler, settings.eta, vec![bracket(amount)])
}

register! {
    Brackets,
    id = "my-halving",
    kind = search,
    about = "Successive halving: many architectures are trained briefly, the better half goes on.",
    parameters = Settings,
    needs = ["continue"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
