//! Regression on the bases of a window by their position: no motif may move.

use genomenas_plugin::baseline::LinearSettings;
use genomenas_plugin::prelude::*;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// How the penalty is chosen, and how much it reads.
    #[parameter(flatten)]
    pub training: LinearSettings,
}

/// The network for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows have no base, or the sizes are beyond every machine.
pub fn architecture(length: usize, labels: usize) -> Result<Architecture> {
    let mut net = ArchitectureBuilder::new("positional-lr", length);
    net.then("bases", Op::Flatten {}).then("out", Op::linear(labels));
    net.finish()
}

register! {
    Baseline,
    id = "positional-lr",
    kind = baseline,
    about = "Control: regression on the bases by position, trained to its optimum with the L2 penalty chosen on the validation split.",
    parameters = Settings,
    needs = ["optimum"],
    build = |setup, settings| {
        let architecture = architecture(setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, settings.training.plan(&setup.data)))
    },
}

export_plugin!();
