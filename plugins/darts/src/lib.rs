//! DARTS (Liu, Simonyan & Yang 2019): one supernet of all options, mixed by softmax; its weights and its alphas are
//! trained in turn, and the strongest edges and options make the architecture.

use genomenas_plugin::differentiable::{StageSettings, StagedSearch, SupernetSettings};
use genomenas_plugin::message::Order;
use genomenas_plugin::prelude::*;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Epochs: a list of one, because there is one stage. A smaller budget shortens the whole schedule.
    #[parameter(default = [25], minimum = 1, maximum = 100_000, acts_on = "training")]
    pub epochs: Vec<u32>,
    /// Epochs at the beginning that train weights only: a list of one.
    #[parameter(default = [5], minimum = 0)]
    pub warm_up: Vec<u32>,
    /// How the gradient of the alphas is approximated: 1 takes the weights as they are, 2 unrolls one step of them.
    #[parameter(default = 1, minimum = 1, maximum = 2)]
    pub order: u8,
    /// L2 penalty of the unrolled step.
    #[parameter(default = 5e-7, minimum = 0, maximum = 1000)]
    pub unrolled_weight_decay: f64,
    /// Largest norm of the gradient of all alphas; nothing for no clipping.
    #[parameter(minimum = 1e-9)]
    pub arch_clip: Option<f64>,
    /// How the supernet is trained.
    #[parameter(flatten, learning_rate_min = 1e-3, arch_learning_rate = 3e-3, arch_beta1 = 0.9)]
    pub supernet: SupernetSettings,
}

/// The search: one stage, after which nothing is left to drop.
///
/// # Errors
///
/// The space has no decisions, or the settings contradict each other.
pub fn search(setup: &Setup, settings: &Settings) -> Result<StagedSearch> {
    let epochs = StageSettings::of_stage("epochs", &settings.epochs, 0, 1)?;
    let warm_up = StageSettings::of_stage("warm_up", &settings.warm_up, 0, 1)?;
    if warm_up >= epochs {
        return Err(Error::invalid(format!(
            "weights alone train for {warm_up} of {epochs} epochs, so nothing would be learned about the options: set `warm_up` below `epochs`"
        )));
    }
    let order = match settings.order {
        2 => Order::Second { weight_decay: settings.unrolled_weight_decay },
        _ => Order::First,
    };
    StagedSearch::new(setup, vec![settings.supernet.plan(epochs, warm_up, order, settings.arch_clip)])
}

register! {
    StagedSearch,
    id = "darts",
    kind = search,
    about = "DARTS (Liu et al. 2019): one supernet whose option probabilities are learned by gradient descent.",
    parameters = Settings,
    needs = ["supernet"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
