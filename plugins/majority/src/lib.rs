//! What is known without looking at a window: how frequent a label or class is, or the mean of a value.

use genomenas_plugin::baseline::LinearSettings;
use genomenas_plugin::message::DataInfo;
use genomenas_plugin::prelude::*;

/// The network for windows of `length` bases and `labels` outputs: one value that is always 0, and a dense layer on it, of
/// which the biases are all that counts.
///
/// # Errors
///
/// The windows have no base, or the sizes are beyond every machine.
pub fn architecture(length: usize, labels: usize) -> Result<Architecture> {
    let mut net = ArchitectureBuilder::new("majority", length);
    net.then("nothing", Op::Zero { stride: length }).then("by_base", Op::Transpose {});
    net.then("zero", Op::GlobalAvgPool {}).then("out", Op::linear(labels));
    net.finish()
}

/// To the biases at which the loss is lowest: the frequencies or means of the training split.
pub fn plan(data: &DataInfo) -> Plan {
    Plan { batch: LinearSettings::default().plan(data).batch, ..Plan::to_optimum(vec![0.0], 1) }
}

register! {
    Baseline,
    id = "majority",
    kind = baseline,
    about = "Control: the frequencies of labels and classes in the training split, or the means of values, for every window.",
    needs = ["optimum"],
    build = |setup, _| {
        Ok(Baseline::new(architecture(setup.data.length, setup.data.labels)?, plan(&setup.data)))
    },
}

export_plugin!();
