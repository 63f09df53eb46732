//! What the tests of the DARTS family share: runs with dictated alphas, and a space of a user's own.
#![allow(dead_code, unreachable_pub, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use genomenas_plugin::message::{Discard, Initialisation, Network, Plan, Work};
use genomenas_plugin::simulate::{AlphaOf, Simulated, Simulation};
use genomenas_plugin::space::{GenomeNas, Selection, Space};
use genomenas_plugin::strategy;

/// Two cells of three and four options without a highway cell. The first cell is always there, of the two edges of the
/// second one is kept; `none` is only in a supernet.
pub const TWO_CELLS: &str = r#"
version = 1
name = "two cells"
input = [4, 50]
output = "out"
decisions = [
    { id = "first", options = ["narrow", "middle", "wide"] },
    { id = "second.0", options = ["none", "skip_connect", "narrow", "wide"], search_only = ["none"] },
    { id = "second.1", options = ["none", "skip_connect", "narrow", "wide"], search_only = ["none"] },
]
rules = [{ of = ["second.0", "second.1"], keep = 1 }]

[[nodes]]
name = "stem"
inputs = ["input"]
op = { type = "conv1d", out_channels = 6, kernel = 5, padding = 2 }

[[nodes]]
name = "cell1"
inputs = ["stem"]
op = { type = "choice", decision = "first", options = { narrow = { type = "conv1d", kernel = 3, padding = 1 }, middle = { type = "conv1d", kernel = 7, padding = 3 }, wide = { type = "conv1d", kernel = 15, padding = 7 } } }

[[nodes]]
name = "from_stem"
inputs = ["stem"]
op = { type = "choice", decision = "second.0", options = { none = { type = "zero" }, skip_connect = { type = "skip_dropout" }, narrow = { type = "conv1d", kernel = 3, padding = 1 }, wide = { type = "conv1d", kernel = 15, padding = 7 } } }

[[nodes]]
name = "from_cell1"
inputs = ["cell1"]
op = { type = "choice", decision = "second.1", options = { none = { type = "zero" }, skip_connect = { type = "skip_dropout" }, narrow = { type = "conv1d", kernel = 3, padding = 1 }, wide = { type = "conv1d", kernel = 15, padding = 7 } } }

[[nodes]]
name = "cell2"
inputs = ["from_stem", "from_cell1"]
op = { type = "add" }

[[nodes]]
name = "both"
inputs = ["cell1", "cell2"]
op = { type = "concat" }

[[nodes]]
name = "pool"
inputs = ["both"]
op = { type = "global_max_pool" }

[[nodes]]
name = "out"
inputs = ["pool"]
op = { type = "linear", out_features = 2 }
"#;

/// A network without a choice.
const FIXED: &str = r#"
version = 1
name = "nothing to decide"
input = [4, 50]
output = "out"
decisions = []
nodes = [
    { name = "pool", inputs = ["input"], op = { type = "global_max_pool" } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

/// A run on the published space, at a length that is quick to check.
pub fn genomenas() -> Simulation {
    Simulation::new(GenomeNas::new(100, 3).space().unwrap()).unwrap()
}

/// A run on a small genomeNAS space.
pub fn small() -> Simulation {
    Simulation::new(GenomeNas { cells: 2, nodes: 2, rnn_nodes: 3, ..GenomeNas::new(60, 2) }.space().unwrap()).unwrap()
}

/// A run on [`TWO_CELLS`].
pub fn two_cells() -> Simulation {
    Simulation::new(Space::from_text(TWO_CELLS).unwrap()).unwrap()
}

/// A run on a space without decisions.
pub fn fixed() -> Simulation {
    Simulation::new(Space::from_text(FIXED).unwrap()).unwrap()
}

/// The alphas of the golden values: sin(1 + 3r + 7c + 11s + 13k) for the option in column c of the r-th edge left of
/// cell type k, in the s-th stage.
pub fn sines(of: &AlphaOf<'_>) -> f64 {
    let decisions = &of.space.decisions;
    let kind = |at: usize| ["normal.", "reduction.", "rnn."].iter().position(|kind| decisions[at].id.starts_with(kind));
    let row = (0..of.decision).filter(|&before| kind(before) == kind(of.decision)).count();
    let sum = 1 + 3 * row + 7 * of.option + 11 * of.supernet + 13 * kind(of.decision).unwrap_or(0);
    (sum as f64).sin()
}

/// The run of a registered strategy.
pub fn run(id: &str, simulation: &Simulation) -> Simulated {
    let mut search = strategy(id).unwrap().build(simulation.setup()).unwrap();
    simulation.run(search.as_mut()).unwrap()
}

/// The mean quality of what a strategy finds in [`small`] spaces, over five seeds.
pub fn mean_quality(id: &str) -> f64 {
    let simulation = small().parameter("batch", 20).budget("400000samples".parse().unwrap());
    (1..=5).map(|seed| run(id, &simulation.clone().seed(seed)).quality).sum::<f64>() / 5.0
}

/// Why the run of a registered strategy ended, or was not begun.
pub fn refusal(id: &str, simulation: &Simulation) -> String {
    let run = || simulation.run(strategy(id)?.build(simulation.setup())?.as_mut());
    run().unwrap_err().message
}

/// The architectures found, the best first.
pub fn found(simulated: &Simulated) -> Vec<&Selection> {
    let all = std::iter::once(&simulated.finding.best).chain(&simulated.finding.others);
    let selections = all.map(|candidate| match &candidate.network {
        Network::Selection { selection } => selection,
        other => panic!("expected a selection, not {other:?}"),
    });
    selections.collect()
}

/// A selection as the papers write it, a line a cell type: options and inputs of each node.
pub fn genotype(selection: &Selection) -> String {
    [("normal", 4), ("reduction", 4), ("rnn", 8)].map(|(kind, nodes)| genotype_of(selection, kind, nodes)).join("\n")
}

/// One line of [`genotype`].
pub fn genotype_of(selection: &Selection, kind: &str, nodes: usize) -> String {
    let node = |node: usize| {
        let edges = (0..=node + 1).filter_map(|input| {
            let option = selection.0.get(&format!("{kind}.{node}.{input}"))?;
            Some(format!("{option}/{input}"))
        });
        edges.collect::<Vec<_>>().join(" ")
    };
    (0..nodes).map(node).collect::<Vec<_>>().join(" | ")
}

/// Of each supernet trial its plan, its beginning, its limit, and how many options its alphas have, by decision in the
/// order of the ids.
pub struct Stage {
    pub plan: Plan,
    pub init: Initialisation,
    pub limit: Option<u64>,
    pub options: Vec<(String, usize)>,
}

impl Stage {
    /// Decisions whose ids begin with `kind` in their order of the ids, with the number of their options.
    pub fn counts(&self, kind: &str) -> Vec<usize> {
        self.options.iter().filter(|(id, _)| id.starts_with(kind)).map(|(_, count)| *count).collect()
    }

    /// How many edges each of `nodes` nodes of a cell type has.
    pub fn inputs(&self, kind: &str, nodes: usize) -> Vec<usize> {
        let of = |node| self.counts(&format!("{kind}.{node}.")).len();
        (0..nodes).map(of).collect()
    }
}

/// The stages of a run.
pub fn stages(simulated: &Simulated) -> Vec<Stage> {
    let stage = |(id, trial): (usize, &genomenas_plugin::message::Trial)| {
        let Work::Train { network: Network::Supernet { mask: None, .. }, plan, init } = &trial.work else {
            panic!("expected a supernet of what remains, not {trial:?}");
        };
        let report = simulated.reports.iter().rfind(|report| report.trial.0 == id as u64).unwrap();
        let options = report.alphas.0.iter().map(|(id, options)| (id.clone(), options.len())).collect();
        Stage { plan: plan.clone(), init: *init, limit: trial.limit, options }
    };
    simulated.trials.iter().enumerate().map(stage).collect()
}

/// What was dropped after a stage: options, then edges, as `decision` or `decision option`.
pub fn dropped(simulated: &Simulated, stage: u64) -> Vec<String> {
    let of = simulated.discards.iter().filter(|(trial, _)| trial.0 == stage);
    let words = of.map(|(_, discard)| match discard {
        Discard::Option { decision, option } => format!("{decision} {option}"),
        Discard::Edge { decision } => decision.clone(),
        other => panic!("expected an option or an edge, not {other:?}"),
    });
    words.collect()
}
