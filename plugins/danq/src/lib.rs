//! DanQ (Quang & Xie 2016, Nucleic Acids Research 44:e107): a convolution, a bidirectional LSTM and two dense layers.

use genomenas_plugin::prelude::*;

/// The shortest windows for which the pool has an output: a kernel of 26 and a pool of 13.
pub const SHORTEST: usize = 38;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Factor of all filters and hidden units.
    #[parameter(default = 1.0, minimum = 0.001, maximum = 100)]
    pub width: f64,
    /// Dropout after the convolution.
    #[parameter(default = 0.2, minimum = 0, maximum = 0.99)]
    pub dropout: f64,
    /// Dropout after the LSTM.
    #[parameter(default = 0.5, minimum = 0, maximum = 0.99)]
    pub last_dropout: f64,
    /// Learning rate of RMSprop.
    #[parameter(default = 0.001, minimum = 0, maximum = 100)]
    pub learning_rate: f64,
    /// What is added to RMSprop's root of the mean square.
    #[parameter(default = 0.001, minimum = 0, maximum = 0.1)]
    pub epsilon: f64,
    /// Samples a step.
    #[parameter(default = 100, minimum = 1)]
    pub batch: u32,
    /// Epochs at most; training also stops after 5 epochs without a new best validation loss.
    #[parameter(default = 60, minimum = 1)]
    pub epochs: u32,
    /// Trains on a random strand of each window and scores the mean of both; where not set, for every task but classes.
    pub both_strands: Option<bool>,
}

/// The network for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows are shorter than [`SHORTEST`].
pub fn architecture(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    Baseline::expect_length("DanQ", SHORTEST, length)?;
    let wide = |published| Baseline::scaled(published, settings.width);
    let mut net = ArchitectureBuilder::new("danq", length);
    net.then("conv", Op::conv1d(wide(320), 26)).then("relu1", Op::relu());
    let (dropout, last_dropout) = (settings.dropout, settings.last_dropout);
    DanqHead { hidden: wide(320), dense: wide(925), dropout, last_dropout }.add_to(&mut net, labels);
    net.finish()
}

/// How it is trained: as published; see the README for ε.
pub fn plan(settings: &Settings, task: Task) -> Plan {
    let both_strands = Baseline::both_strands(settings.both_strands, task);
    let cnn = Optimizer::rms_prop(settings.learning_rate, settings.epsilon);
    Plan { cnn, ..Baseline::plan(settings.epochs, 5, settings.batch, both_strands) }
}

register! {
    Baseline,
    id = "danq",
    kind = baseline,
    about = "DanQ (Quang & Xie 2016): a convolution, a bidirectional LSTM and two dense layers.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = architecture(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task)))
    },
}

export_plugin!();
