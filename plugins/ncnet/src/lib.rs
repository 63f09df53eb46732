//! NCNet (Zhang et al. 2019, Frontiers in Genetics 10:432): residual convolutions in front of the second half of DanQ.
//!
//! Two strategies: `ncnet-rr` with two residual blocks, `ncnet-brr` with eight bottleneck blocks.

mod blocks;

use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::baseline::blocks::DanqHead;
use genomenas_plugin::prelude::*;

use blocks::{bottleneck, normalised, residual};

/// The shortest windows for which the pool has an output: a kernel of 26 and a pool of 13.
pub const SHORTEST: usize = 38;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// The width, and the second half of the network.
    #[parameter(flatten, dropout(about = "Dropout after the convolutions."))]
    pub head: DanqHead,
    /// Learning rate of RMSprop.
    #[parameter(default = 0.001, minimum = 0, maximum = 100, acts_on = "training")]
    pub learning_rate: f64,
    /// How long it is trained, and on which strands.
    #[parameter(flatten)]
    pub training: BaselineSettings,
}

impl Settings {
    /// The first convolution with its normalisation, as the beginning of a network.
    fn begin(&self, name: &str, length: usize, filters: usize) -> Result<ArchitectureBuilder> {
        Baseline::expect_length("NCNet", SHORTEST, length)?;
        let mut net = ArchitectureBuilder::new(name, length);
        normalised(&mut net, "conv", Op::conv1d(self.head.scaled(filters), 26));
        net.then("relu", Op::relu());
        Ok(net)
    }

    /// The second half, that of DanQ.
    fn end(&self, mut net: ArchitectureBuilder, labels: usize) -> Result<Architecture> {
        self.head.add_to(&mut net, labels);
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
        residual(&mut net, &format!("block{block}"), settings.head.scaled(320));
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
        bottleneck(
            &mut net,
            &format!("block{block}"),
            settings.head.scaled(inner),
            settings.head.scaled(filters),
            block == 5,
        );
    }
    settings.end(net, labels)
}

/// How both are trained: RMSprop, as genomeNAS trains them; see the README.
pub fn plan(settings: &Settings, task: Task, reversible: bool) -> Plan {
    let both_strands = settings.training.sees_both_strands(task, reversible);
    let cnn = Optimizer::rms_prop(settings.learning_rate, 1e-8);
    Plan { cnn, ..settings.training.plan(5, both_strands) }
}

register! {
    Baseline,
    id = "ncnet-rr",
    kind = baseline,
    about = "NCNet-RR (Zhang et al. 2019): two residual blocks, a bidirectional LSTM and two dense layers.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = rr(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task, setup.data.reversible)))
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
        Ok(Baseline::new(architecture, plan(&settings, setup.data.task, setup.data.reversible)))
    },
}

export_plugin!();
