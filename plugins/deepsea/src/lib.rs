//! DeepSEA (Zhou & Troyanskaya 2015, Nature Methods 12:931): three convolutions and two dense layers.

use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::message::Schedule;
use genomenas_plugin::prelude::*;

/// The shortest windows for which the third convolution has an output.
pub const SHORTEST: usize = 163;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Factor of all filters and hidden units.
    #[parameter(default = 1.0, minimum = 0.001, maximum = 100)]
    pub width: f64,
    /// Dropout after the first two convolutions.
    #[parameter(default = 0.2, minimum = 0, maximum = 0.99)]
    pub dropout: f64,
    /// Dropout after the last convolution.
    #[parameter(default = 0.5, minimum = 0, maximum = 0.99)]
    pub last_dropout: f64,
    /// Learning rate of SGD with momentum 0.9, at the start.
    #[parameter(default = 0.1, minimum = 0, maximum = 100, acts_on = "training")]
    pub learning_rate: f64,
    /// How long it is trained, and on which strands.
    #[parameter(
        flatten,
        batch = 16,
        epochs(about = "Epochs at most; training also stops after 8 epochs without a new best validation loss.")
    )]
    pub training: BaselineSettings,
}

/// The network for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows are shorter than [`SHORTEST`].
pub fn architecture(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    Baseline::expect_length("DeepSEA", SHORTEST, length)?;
    let wide = |published| Baseline::scaled(published, settings.width);
    let mut net = ArchitectureBuilder::new("deepsea", length);
    net.then("conv1", Op::conv1d(wide(320), 8)).then("relu1", Op::relu()).then("pool1", Op::max_pool(4));
    net.then("dropout1", Op::Dropout { p: settings.dropout });
    net.then("conv2", Op::conv1d(wide(480), 8)).then("relu2", Op::relu()).then("pool2", Op::max_pool(4));
    net.then("dropout2", Op::Dropout { p: settings.dropout });
    net.then("conv3", Op::conv1d(wide(960), 8)).then("relu3", Op::relu());
    net.then("dropout3", Op::Dropout { p: settings.last_dropout }).then("flat", Op::Flatten {});
    net.then("dense", Op::linear(wide(925))).then("relu4", Op::relu()).then("out", Op::linear(labels));
    net.finish()
}

/// How it is trained: as published; see the README for how its numbers read in another library.
pub fn plan(settings: &Settings, task: Task, reversible: bool) -> Plan {
    let sgd = Optimizer::sgd(settings.learning_rate, 0.9);
    let cnn = Optimizer { weight_decay: 1e-6, schedule: Schedule::Inverse { decay: 8e-7 }, ..sgd };
    let both_strands = settings.training.sees_both_strands(task, reversible);
    // 300 evaluations of 110 000 samples each are 7.5 epochs of 4.4 million.
    let plan = settings.training.plan(8, both_strands);
    Plan { cnn, max_norm: Some(0.9), hidden_l1: 1e-8, ..plan }
}

register! {
    Baseline,
    id = "deepsea",
    kind = baseline,
    about = "DeepSEA (Zhou & Troyanskaya 2015): three convolutions and two dense layers.",
    parameters = Settings,
    needs = ["max_norm"],
    build = |setup, settings| {
        let architecture = architecture(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task, setup.data.reversible)))
    },
}

export_plugin!();
