//! P-DARTS (Chen, Xie, Wu & Tian 2019): a fresh supernet a stage, each with fewer options an edge than the one before,
//! dropout on skips, and a limit to the skips of what is found.

use genomenas_plugin::differentiable::{StageSettings, StagedSearch};
use genomenas_plugin::prelude::*;

register! {
    StagedSearch,
    id = "p-darts",
    kind = search,
    about = "P-DARTS (Chen et al. 2019): DARTS in stages, each with fewer options an edge, and few skips.",
    parameters = StageSettings,
    needs = ["supernet"],
    build = |setup, settings| settings.search(setup),
}

export_plugin!();
