//! P-DARTS (Chen, Xie, Wu & Tian 2019): a fresh supernet a stage, each with fewer options an edge than the one before,
//! dropout on skips, and a limit to the skips of what is found.

use genomenas_plugin::differentiable::{Staged, Stages, Training};
use genomenas_plugin::{prelude::*, staged_settings};

staged_settings! {
    /// What a user can set.
    pub struct Settings {
        epochs = [25],
        warm_up = [10],
        dropout_rate = [0.1, 0.2, 0.3];
    }
}

/// The search.
pub fn search(setup: &Setup, settings: &Settings) -> Result<Stages> {
    Staged::from(settings).search(setup, &Training::from(settings))
}

register! {
    Stages,
    id = "p-darts",
    kind = search,
    about = "P-DARTS (Chen et al. 2019): DARTS in stages, each with fewer options an edge, and few skips.",
    parameters = Settings,
    needs = ["supernet"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
