//! Hyperband (Li et al. 2018): brackets of successive halving, from one with many architectures and short first rungs
//! to one with few architectures that are all trained to the end.

use genomenas_plugin::halving::{Bracket, Brackets, Ladder, floor_log};
use genomenas_plugin::{halving_settings, prelude::*};

halving_settings! {
    /// What a user can set.
    pub struct Settings {
        /// Of so many architectures one goes on to the next rung (η of the paper).
        #[parameter(default = 3, minimum = 2, maximum = 1000)]
        pub eta: u64,
        /// The most of the resource that an architecture is given, in multiples of `minimum` (R of the paper).
        #[parameter(default = 27, minimum = 1, maximum = 10000)]
        pub maximum: u64,
    }
}

/// The search.
///
/// # Errors
///
/// The settings contradict each other, or cannot be used.
pub fn search(setup: &Setup, settings: &Settings) -> Result<Brackets> {
    let ladder = Ladder::new(setup, &settings.into())?;
    let Settings { eta, maximum, .. } = *settings;
    let survivors = usize::try_from(eta).map_err(Error::invalid)?;
    let mut longest = floor_log(maximum, eta);
    let brackets = loop {
        let of = |top| brackets(&ladder, eta, longest, top);
        let top = ladder.ration().fit(maximum, |top| of(top).iter().map(|bracket| bracket.cost(survivors)).sum());
        if longest <= 1 || ladder.ration().is_long_enough(ladder.ration().divided(top, eta.pow(longest))) {
            break of(top);
        }
        longest -= 1;
    };
    let is_scaled = ladder.ration().is_scaled();
    let search = Brackets::new(ladder, survivors, brackets)?;
    Ok(if is_scaled { search } else { search.again() })
}

/// Algorithm 1 of the paper: for s from S (`longest`) down to 0 there are n = ⌈(S + 1)/(s + 1) · η^s⌉ architectures, of
/// which rung i trains ⌊n/η^i⌋ up to R/η^(s−i) each, where R is `top`. A small space has fewer.
fn brackets(ladder: &Ladder, eta: u64, longest: u32, top: u64) -> Vec<Bracket> {
    let mut drawn = 0;
    let bracket = |s: u32| {
        let architectures = (u64::from(longest + 1) * eta.pow(s)).div_ceil(u64::from(s + 1));
        let wanted = drawn + usize::try_from(architectures).unwrap_or(usize::MAX);
        let architectures = ladder.at_most(wanted) - drawn;
        drawn += architectures;
        let amounts = (0..=s).map(|rung| ladder.ration().divided(top, eta.pow(s - rung)));
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
