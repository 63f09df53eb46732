//! Regression on counts of k-mers: what a window is made of, and nothing of where in it.

use genomenas_plugin::baseline::LinearSettings;
use genomenas_plugin::message::DataInfo;
use genomenas_plugin::prelude::*;

/// Bases a word where nothing else is set.
const USUAL: usize = 6;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Bases a word; 6 where not set, or all bases of windows that have fewer.
    #[parameter(minimum = 1, maximum = 8)]
    pub k: Option<usize>,
    /// Counts a word and its reverse complement as one; where not set, where windows have the same labels on both strands, as
    /// for every task but classes.
    pub both_strands: Option<bool>,
    /// How the penalty is chosen, and how much it reads.
    #[parameter(flatten)]
    pub training: LinearSettings,
}

/// The network for this data.
///
/// # Errors
///
/// The windows are shorter than a word, or both strands are to be counted of windows whose labels are those of one.
pub fn architecture(settings: &Settings, data: &DataInfo) -> Result<Architecture> {
    let k = settings.k.unwrap_or_else(|| USUAL.min(data.length));
    Baseline::expect_length(&format!("kmer-lr with words of {k} bases (k)"), k, data.length)?;
    let both_strands = settings.both_strands.unwrap_or(data.reversible && data.task != Task::MultiClass);
    if both_strands && !data.reversible {
        return Err(Error::invalid(
            "kmer-lr is to count both strands (both_strands), and the labels of this data are those of one strand: leave it out",
        ));
    }
    let mut net = ArchitectureBuilder::new("kmer-lr", data.length);
    net.then("kmers", Op::KmerSpectrum { k, both_strands }).then("out", Op::linear(data.labels));
    net.finish()
}

register! {
    Baseline,
    id = "kmer-lr",
    kind = baseline,
    about = "Control: regression on counts of 6-mers, trained to its optimum with the L2 penalty chosen on the validation split.",
    parameters = Settings,
    needs = ["kmer_spectrum", "optimum"],
    build = |setup, settings| {
        Ok(Baseline::new(architecture(&settings, &setup.data)?, settings.training.plan(&setup.data)))
    },
}

export_plugin!();
