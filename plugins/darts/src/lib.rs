//! DARTS (Liu, Simonyan & Yang 2019): one supernet of all options, mixed by softmax; its weights and its alphas are
//! trained in turn, and the strongest edges and options make the architecture.

use genomenas_plugin::differentiable::{Staged, Stages, Training};
use genomenas_plugin::{differentiable_settings, prelude::*};

differentiable_settings! {
    /// What a user can set.
    pub struct Settings {
        learning_rate_min = 1e-3,
        arch_learning_rate = 3e-3,
        arch_beta1 = 0.9;
        /// Epochs: a list of one, because there is one stage. A smaller budget shortens the whole schedule.
        #[parameter(default = [25], minimum = 1, maximum = 100000)]
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
    }
}

/// The search: one stage, after which nothing is left to drop.
pub fn search(setup: &Setup, settings: &Settings) -> Result<Stages> {
    let epochs = Staged::of_stage("epochs", &settings.epochs, 0, 1)?;
    let warm_up = Staged::of_stage("warm_up", &settings.warm_up, 0, 1)?;
    if warm_up >= epochs {
        return Err(Error::invalid(format!(
            "weights alone train for {warm_up} of {epochs} epochs, so nothing would be learned of the options: set `warm_up` below `epochs`"
        )));
    }
    let second = Order::Second { weight_decay: settings.unrolled_weight_decay };
    let order = if settings.order == 2 { second } else { Order::First };
    Stages::new(setup, vec![Training::from(settings).plan(epochs, warm_up, order, settings.arch_clip)])
}

register! {
    Stages,
    id = "darts",
    kind = search,
    about = "DARTS (Liu et al. 2019): one supernet whose option probabilities are learned by gradient descent.",
    parameters = Settings,
    needs = ["supernet"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
