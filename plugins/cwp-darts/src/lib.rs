//! CWP-DARTS (genomeNAS): P-DARTS that does not begin anew in every stage. The options that remain keep their weights
//! and their alphas, so the later stages are shorter.

use genomenas_plugin::differentiable::{Staged, Stages, Training};
use genomenas_plugin::{prelude::*, staged_settings};

staged_settings! {
    /// What a user can set.
    pub struct Settings {
        epochs = [25, 15, 15],
        warm_up = [15, 3, 3],
        dropout_rate = [0.1];
    }
}

/// The search.
pub fn search(setup: &Setup, settings: &Settings) -> Result<Stages> {
    Ok(Staged::from(settings).search(setup, &Training::from(settings))?.inheriting())
}

register! {
    Stages,
    id = "cwp-darts",
    kind = search,
    about = "CWP-DARTS (genomeNAS): P-DARTS whose stages go on with the weights and alphas of the stage before.",
    parameters = Settings,
    needs = ["supernet"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
