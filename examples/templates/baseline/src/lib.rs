//! A baseline: one convolution and a global maximum. Does the data hold more than motifs?
//!
//! A baseline searches nothing: it has an architecture of its own, whatever the space, and how it is trained.

use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::prelude::*;

/// What a user can set, with `--set kernels=64`.
#[derive(Clone, Debug, Parameters)]
pub struct Settings {
    /// Kernels of the convolution.
    #[parameter(default = 32, minimum = 1, maximum = 65_536)]
    pub kernels: usize,
    /// Bases that a kernel reads.
    #[parameter(default = 19, minimum = 1, maximum = 10_000)]
    pub width: usize,
    /// Learning rate of Adam.
    #[parameter(default = 0.001, minimum = 0, maximum = 10)]
    pub learning_rate: f64,
    /// How long it is trained, and on which strands.
    #[parameter(flatten)]
    pub training: BaselineSettings,
}

/// The network for windows of `length` bases and `labels` outputs.
pub fn architecture(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    Baseline::expect_length("my-baseline", settings.width, length)?;
    let mut net = ArchitectureBuilder::new("my-baseline", length);
    net.then("conv", Op::conv1d(settings.kernels, settings.width)).then("relu", Op::relu());
    net.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(labels));
    net.finish()
}

/// How it is trained: Adam, until the validation loss has not fallen for five epochs.
pub fn plan(settings: &Settings, task: Task, reversible: bool) -> Plan {
    let both_strands = settings.training.sees_both_strands(task, reversible);
    Plan { cnn: Optimizer::adam(settings.learning_rate), ..settings.training.plan(5, both_strands) }
}

register! {
    Baseline,
    id = "my-baseline",
    kind = baseline,
    about = "One convolution and a global maximum.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = architecture(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task, setup.data.reversible)))
    },
}

export_plugin!();
