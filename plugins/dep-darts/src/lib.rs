//! DEP-DARTS (genomeNAS): P-DARTS that discards edges too. After every stage but the last, a node that has more inputs
//! than the next stage allows loses the weakest ones.

use std::collections::BTreeSet;

use genomenas_plugin::differentiable::{StageSettings, StagedSearch};
use genomenas_plugin::prelude::*;
use genomenas_plugin::space::{EdgeActivation, Rule};

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Inputs that a convolutional node may have after each stage but the last, one for all or one for each; never
    /// fewer than an architecture keeps.
    #[parameter(default = [4, 3], minimum = 1)]
    pub cnn_inputs: Vec<usize>,
    /// The same of the nodes of highway cells.
    #[parameter(default = [5, 3], minimum = 1)]
    pub rnn_inputs: Vec<usize>,
    /// The stages and their supernets.
    #[parameter(flatten)]
    pub stages: StageSettings,
}

/// P-DARTS that drops edges, too.
///
/// # Errors
///
/// The space has no decisions, or the settings contradict each other.
pub fn search(setup: &Setup, settings: &Settings) -> Result<StagedSearch> {
    let followed = settings.stages.stages.saturating_sub(1);
    let each = |name, values: &[usize]| {
        (0..followed).map(|stage| StageSettings::of_stage(name, values, stage, followed)).collect::<Result<Vec<_>>>()
    };
    let (cnn, rnn) = (each("cnn_inputs", &settings.cnn_inputs)?, each("rnn_inputs", &settings.rnn_inputs)?);
    let highway = highway_decisions(&setup.space);
    let search = settings.stages.search(setup)?;
    Ok(search.dropping(move |stage, learned| {
        let inputs = |rule: &Rule| if rule.of.iter().all(|id| highway.contains(id)) { &rnn } else { &cnn };
        learned.drop_edges(|rule| inputs(rule).get(stage).copied().unwrap_or(usize::MAX))
    }))
}

/// The decisions about edges of highway cells.
fn highway_decisions(space: &Space) -> BTreeSet<String> {
    let blocks = space.graph.blocks.values().flat_map(|block| &block.nodes);
    let edges = space.graph.nodes.iter().chain(blocks).flat_map(|node| match &node.op {
        Op::Highway(cell) => cell.edges.as_slice(),
        _ => &[],
    });
    let decided = edges.filter_map(|edge| match &edge.activation {
        EdgeActivation::Decision(id) => Some(id.clone()),
        EdgeActivation::Activation(_) => None,
    });
    decided.collect()
}

register! {
    StagedSearch,
    id = "dep-darts",
    kind = search,
    about = "DEP-DARTS (genomeNAS): P-DARTS that also discards the weakest edges of every node between stages.",
    parameters = Settings,
    needs = ["supernet"],
    build = |setup, settings| search(setup, &settings),
}

export_plugin!();
