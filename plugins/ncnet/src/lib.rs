//! NCNet (Zhang et al. 2019, Frontiers in Genetics 10:432): residual convolutions in front of the second half of DanQ.
//!
//! Two strategies: `ncnet-rr` with two residual blocks, `ncnet-brr` with eight bottleneck blocks.

mod blocks;

use genomenas_plugin::prelude::*;

use blocks::{bottleneck, normalised, residual};

/// The shortest windows for which the pool has an output: a kernel of 26 and a pool of 13.
pub const SHORTEST: usize = 38;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Factor of all filters and hidden units.
    #[parameter(default = 1.0, minimum = 0.001, maximum = 100)]
    pub width: f64,
    /// Dropout after the convolutions.
    #[parameter(default = 0.2, minimum = 0, maximum = 0.99)]
    pub dropout: f64,
    /// Dropout after the LSTM.
    #[parameter(default = 0.5, minimum = 0, maximum = 0.99)]
    pub last_dropout: f64,
    /// Learning rate of RMSprop.
    #[parameter(default = 0.001, minimum = 0, maximum = 100)]
    pub learning_rate: f64,
    /// Samples a step.
    #[parameter(default = 100, minimum = 1)]
    pub batch: u32,
    /// Epochs at most; training also stops after 5 epochs without a new best validation loss.
    #[parameter(default = 60, minimum = 1)]
    pub epochs: u32,
    /// Trains on a random strand of each window and scores the mean of both; where not set, for every task but classes.
    pub both_strands: Option<bool>,
}

impl Settings {
    fn wide(&self, published: usize) -> usize {
        Baseline::scaled(published, self.width)
    }

    /// The first convolution with its normalisation, as the beginning of a network.
    fn begin(&self, name: &str, length: usize, filters: usize) -> Result<ArchitectureBuilder> {
        Baseline::expect_length("NCNet", SHORTEST, length)?;
        let mut net = ArchitectureBuilder::new(name, length);
        normalised(&mut net, "conv", Op::conv1d(self.wide(filters), 26));
        net.then("relu", Op::relu());
        Ok(net)
    }

    /// The second half, that of DanQ.
    fn end(&self, mut net: ArchitectureBuilder, labels: usize) -> Result<Architecture> {
        let head = DanqHead {
            hidden: self.wide(320),
            dense: self.wide(925),
            dropout: self.dropout,
            last_dropout: self.last_dropout,
        };
        head.add_to(&mut net, labels);
        net.finish()
    }
}

/// NCNet-RR for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows are shorter than [`SHORTEST`].
pub fn rr(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    let mut net = settings.begin("ncnet-rr", length, 320)?;
    for block in 1..=2 {
        residual(&mut net, &format!("block{block}"), settings.wide(320));
    }
    settings.end(net, labels)
}

/// NCNet-bRR for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows are shorter than [`SHORTEST`].
pub fn brr(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    let mut net = settings.begin("ncnet-brr", length, 160)?;
    for block in 1..=8 {
        let (inner, filters) = if block <= 4 { (40, 160) } else { (80, 320) };
        bottleneck(&mut net, &format!("block{block}"), settings.wide(inner), settings.wide(filters), block == 5);
    }
    settings.end(net, labels)
}

/// How both are trained: RMSprop, as genomeNAS trains them; see the README.
pub fn plan(settings: &Settings, task: Task) -> Plan {
    let both_strands = Baseline::both_strands(settings.both_strands, task);
    let cnn = Optimizer::rms_prop(settings.learning_rate, 1e-8);
    Plan { cnn, ..Baseline::plan(settings.epochs, 5, settings.batch, both_strands) }
}

register! {
    Baseline,
    id = "ncnet-rr",
    kind = baseline,
    about = "NCNet-RR (Zhang et al. 2019): two residual blocks, a bidirectional LSTM and two dense layers.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = rr(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task)))
    },
}

register! {
    Baseline,
    id = "ncnet-brr",
    kind = baseline,
    about = "NCNet-bRR (Zhang et al. 2019): eight bottleneck blocks, a bidirectional LSTM and two dense layers.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = brr(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task)))
    },
}

export_plugin!();
