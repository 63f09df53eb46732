//! A differentiable search in the manner of P-DARTS (Chen et al. 2019): a supernet learns how much each option counts, the
//! worse half of the options is dropped, a second supernet learns about the rest, and the most probable options are found.
//!
//! `genomenas_plugin::differentiable` has the stages, the reading of alphas and the deriving of an architecture. What is
//! said here is how long each stage is and what is dropped between them.

use genomenas_plugin::differentiable::{StagedSearch, SupernetSettings};
use genomenas_plugin::message::Order;
use genomenas_plugin::prelude::*;

/// Supernets that are trained, one after the other.
const STAGES: u32 = 2;

/// What a user can set, with `--set epochs=20`.
#[derive(Clone, Debug, Parameters)]
pub struct Settings {
    /// Epochs of each supernet; a smaller budget shortens both alike.
    #[parameter(default = 10, minimum = 1, maximum = 100_000)]
    pub epochs: u32,
    /// Epochs at the beginning of each that train weights only.
    #[parameter(default = 2, minimum = 0)]
    pub warm_up: u32,
    /// How the supernets are trained.
    #[parameter(flatten, batch = 32)]
    pub supernet: SupernetSettings,
}

/// The search that `setup` and `settings` describe.
pub fn search(setup: &Setup, settings: &Settings) -> Result<StagedSearch> {
    let Settings { epochs, warm_up, ref supernet } = *settings;
    if warm_up >= epochs {
        return Err(Error::invalid(format!(
            "weights alone train for {warm_up} of {epochs} epochs, so nothing would be learned about the options: \
             set `warm_up` below `epochs`"
        )));
    }
    let plan = |_stage| supernet.plan(epochs, warm_up, Order::First, Some(1.0));
    let search = StagedSearch::new(setup, (0..STAGES).map(plan).collect())?;
    Ok(search.dropping(|_stage, learned| learned.drop_options(|decision| decision.options.len().div_ceil(2))))
}

register! {
    StagedSearch,
    id = "my-differentiable",
    kind = search,
    about = "Two supernets: after the first one, the less probable half of the options is dropped.",
    parameters = Settings,
    needs = ["supernet"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
