//! DanQ (Quang & Xie 2016, Nucleic Acids Research 44:e107): a convolution, a bidirectional LSTM and two dense layers.

use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::baseline::blocks::DanqHead;
use genomenas_plugin::prelude::*;

/// The shortest windows for which the pool has an output: a kernel of 26 and a pool of 13.
pub const SHORTEST: usize = 38;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// The width, and the second half of the network.
    #[parameter(flatten)]
    pub head: DanqHead,
    /// Learning rate of RMSprop.
    #[parameter(default = 0.001, minimum = 0, maximum = 100, acts_on = "training")]
    pub learning_rate: f64,
    /// What is added to RMSprop's root of the mean square.
    #[parameter(default = 0.001, minimum = 0, maximum = 0.1, acts_on = "training")]
    pub epsilon: f64,
    /// How long it is trained, and on which strands.
    #[parameter(flatten)]
    pub training: BaselineSettings,
}

/// The network for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows are shorter than [`SHORTEST`].
pub fn architecture(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    Baseline::expect_length("DanQ", SHORTEST, length)?;
    let mut net = ArchitectureBuilder::new("danq", length);
    net.then("conv", Op::conv1d(settings.head.scaled(320), 26)).then("relu1", Op::relu());
    settings.head.add_to(&mut net, labels);
    net.finish()
}

/// How it is trained: as published; see the README for ε.
pub fn plan(settings: &Settings, task: Task, reversible: bool) -> Plan {
    let both_strands = settings.training.sees_both_strands(task, reversible);
    let cnn = Optimizer::rms_prop(settings.learning_rate, settings.epsilon);
    Plan { cnn, ..settings.training.plan(5, both_strands) }
}

register! {
    Baseline,
    id = "danq",
    kind = baseline,
    about = "DanQ (Quang & Xie 2016): a convolution, a bidirectional LSTM and two dense layers.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = architecture(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task, setup.data.reversible)))
    },
}

export_plugin!();
