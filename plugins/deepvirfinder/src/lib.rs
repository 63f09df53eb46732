//! DeepVirFinder (Ren et al. 2020, Quantitative Biology 8:64): a convolution, a maximum and two dense layers.

use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::prelude::*;

/// Bases under the filters.
const KERNEL: usize = 10;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// The network: as published, with the maximum of each filter over the whole window; or as in genomeNAS, with maxima of
    /// 2 positions, which has a dense layer as large as the windows are long.
    #[parameter(default = "published", one_of = ["published", "fixed_length"])]
    pub form: String,
    /// Factor of the 1000 filters and 1000 hidden units.
    #[parameter(default = 1.0, minimum = 0.001, maximum = 100)]
    pub width: f64,
    /// Dropout before both dense layers.
    #[parameter(default = 0.1, minimum = 0, maximum = 0.99)]
    pub dropout: f64,
    /// Learning rate of Adam.
    #[parameter(default = 0.001, minimum = 0, maximum = 100, acts_on = "training")]
    pub learning_rate: f64,
    /// How long it is trained, and on which strands.
    #[parameter(
        flatten,
        batch = 150,
        epochs = 30,
        both_strands(
            about = "Trains on a random strand of each window and scores the mean of both; where not set, in the \
            published form and where a window has the same labels on both."
        )
    )]
    pub training: BaselineSettings,
}

impl Settings {
    fn is_published(&self) -> bool {
        self.form != "fixed_length"
    }

    /// The shortest windows that the form can read: the kernel, and the pool of 2 where there is one.
    pub fn shortest(&self) -> usize {
        if self.is_published() { KERNEL } else { KERNEL + 1 }
    }
}

/// The network for windows of `length` bases and `labels` outputs.
///
/// # Errors
///
/// The windows are shorter than [`Settings::shortest`].
pub fn architecture(settings: &Settings, length: usize, labels: usize) -> Result<Architecture> {
    Baseline::expect_length("DeepVirFinder", settings.shortest(), length)?;
    let units = Baseline::scaled(1000, settings.width);
    let dropout = || Op::Dropout { p: settings.dropout };
    let mut net = ArchitectureBuilder::new("deepvirfinder", length);
    net.then("conv", Op::conv1d(units, KERNEL)).then("relu1", Op::relu());
    if settings.is_published() {
        net.then("pool", Op::GlobalMaxPool {});
    } else {
        net.then("pool", Op::max_pool(2)).then("flat", Op::Flatten {});
    }
    net.then("dropout1", dropout()).then("dense", Op::linear(units)).then("relu2", Op::relu());
    net.then("dropout2", dropout()).then("out", Op::linear(labels));
    net.finish()
}

/// How it is trained: Adam, as published; see the README for the size of a batch. Data is `reversible` whose windows have
/// the same labels on both strands.
pub fn plan(settings: &Settings, reversible: bool) -> Plan {
    let both_strands = settings.training.both_strands.unwrap_or_else(|| settings.is_published() && reversible);
    let cnn = Optimizer { learning_rate: settings.learning_rate, ..Optimizer::default() };
    Plan { cnn, ..settings.training.plan(5, both_strands) }
}

register! {
    Baseline,
    id = "deepvirfinder",
    kind = baseline,
    about = "DeepVirFinder (Ren et al. 2020): a convolution, its maximum over the window and two dense layers.",
    parameters = Settings,
    build = |setup, settings| {
        let architecture = architecture(&settings, setup.data.length, setup.data.labels)?;
        Ok(Baseline::new(architecture, plan(&settings, setup.data.reversible)))
    },
}

export_plugin!();
