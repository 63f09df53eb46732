//! The plain recurrent baseline: bases as they are, an LSTM, its states pooled over positions, and one dense layer.
//!
//! It has no convolution that would find motifs for it, so it shows what the convolutions of the others are worth.

use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::prelude::*;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Units of a layer in each direction.
    #[parameter(default = 128, minimum = 1, maximum = 65536)]
    pub hidden: usize,
    /// LSTM layers, one on top of the other.
    #[parameter(default = 1, minimum = 1, maximum = 16)]
    pub layers: usize,
    /// Reads the window both ways.
    #[parameter(default = true)]
    pub bidirectional: bool,
    /// What the dense layer reads: the mean or the maximum of the states over all positions, or the states at both ends of
    /// the window, which are the last of either direction and the first.
    #[parameter(default = "mean", one_of = ["mean", "max", "ends"])]
    pub pooling: String,
    /// Dropout after every LSTM layer.
    #[parameter(default = 0.2, minimum = 0, maximum = 0.99)]
    pub dropout: f64,
    /// Learning rate of Adam.
    #[parameter(default = 0.001, minimum = 0, maximum = 100, acts_on = "training")]
    pub learning_rate: f64,
    /// How long it is trained, and on which strands.
    #[parameter(flatten)]
    pub training: BaselineSettings,
}

/// The network for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows have no base, or the sizes are beyond every machine.
pub fn architecture(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    let Settings { hidden, bidirectional, dropout, .. } = *settings;
    let mut net = ArchitectureBuilder::new("lstm", length);
    for layer in 1..=settings.layers {
        net.then(&format!("lstm{layer}"), Op::Lstm { hidden, bidirectional });
        if layer < settings.layers {
            net.then(&format!("dropout{layer}"), Op::Dropout { p: dropout });
        }
    }
    match settings.pooling.as_str() {
        "max" => net.then("pool", Op::GlobalMaxPool {}),
        // Two windows, each half outside: one holds the first position alone, the other the last.
        "ends" => net.then("ends", Op::MaxPool { kernel: 2, stride: length, padding: 1 }).then("pool", Op::Flatten {}),
        _ => net.then("pool", Op::GlobalAvgPool {}),
    };
    net.then("dropout", Op::Dropout { p: dropout }).then("out", Op::linear(labels));
    net.finish()
}

/// How it is trained: Adam, with gradients clipped at a norm of 1 because they pass through every position.
pub fn plan(settings: &Settings, task: Task, reversible: bool) -> Plan {
    let both_strands = settings.training.sees_both_strands(task, reversible);
    let cnn = Optimizer { learning_rate: settings.learning_rate, ..Optimizer::default() };
    let clip = Clip::All { norm: 1.0 };
    Plan { cnn, clip, ..settings.training.plan(5, both_strands) }
}

register! {
    Baseline,
    id = "lstm",
    kind = baseline,
    about = "A plain recurrent network: bases, an LSTM, its states pooled over positions, and one dense layer.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = architecture(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task, setup.data.reversible)))
    },
}

export_plugin!();
