//! CWP-DARTS (genomeNAS): P-DARTS that does not begin anew in every stage. The options that remain keep their weights
//! and their alphas, so the later stages are shorter.

use genomenas_plugin::differentiable::{StageSettings, StagedSearch};
use genomenas_plugin::prelude::*;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// The stages and their supernets.
    #[parameter(flatten, epochs = [25, 15, 15], warm_up = [15, 3, 3], dropout_rate = [0.1])]
    pub stages: StageSettings,
}

register! {
    StagedSearch,
    id = "cwp-darts",
    kind = search,
    about = "CWP-DARTS (genomeNAS): P-DARTS whose stages go on with the weights and alphas of the stage before.",
    parameters = Settings,
    needs = ["supernet"],
    build = |setup, settings| Ok(settings.stages.search(setup)?.inheriting()),
}

export_plugin!();
