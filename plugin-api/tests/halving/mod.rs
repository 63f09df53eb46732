//! What the tests of the halving family share: runs in which the scores of architectures are dictated, and what was
//! proposed, told in a few words.
#![allow(dead_code, unreachable_pub, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use genomenas_plugin::message::{Discard, Epoch, Initialisation, Network, Plan, Unit, Work};
use genomenas_plugin::simulate::{Curves, Simulated, Simulation};
use genomenas_plugin::space::{GenomeNas, Selection, Space};
use genomenas_plugin::strategy;

/// Four architectures.
const FOUR: &str = r#"
version = 1
name = "four"
input = [4, 50]
output = "out"
decisions = [{ id = "first", options = ["wide", "narrow"] }, { id = "second", options = ["max", "mean"] }]
nodes = [
    { name = "conv", inputs = ["input"], op = { type = "choice", decision = "first", options = { wide = { type = "conv1d", kernel = 9, padding = 4 }, narrow = { type = "conv1d", kernel = 3, padding = 1 } } } },
    { name = "pool", inputs = ["conv"], op = { type = "choice", decision = "second", options = { max = { type = "global_max_pool" }, mean = { type = "global_avg_pool" } } } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

/// More draws than any test makes.
const DRAWS: usize = 400;

/// Three convolutions of eight kernels: 512 architectures. The names of the options and the options follow.
const THREE: &str = r#"
version = 1
name = "three convolutions"
input = [4, 40]
output = "out"
decisions = [{ id = "a", options = [NAMES] }, { id = "b", options = [NAMES] }, { id = "c", options = [NAMES] }]
nodes = [
    { name = "a", inputs = ["input"], op = { type = "choice", decision = "a", options = { OPTIONS } } },
    { name = "b", inputs = ["a"], op = { type = "choice", decision = "b", options = { OPTIONS } } },
    { name = "c", inputs = ["b"], op = { type = "choice", decision = "c", options = { OPTIONS } } },
    { name = "pool", inputs = ["c"], op = { type = "global_max_pool" } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

/// A run on [`THREE`].
pub fn small() -> Simulation {
    let each = |write: fn(usize) -> String| (1..=8).map(write).collect::<Vec<_>>().join(", ");
    let names = each(|half| format!("\"k{half}\""));
    let options = each(|half| {
        format!("k{half} = {{ type = \"conv1d\", kernel = {}, padding = {half}, depthwise = true }}", 2 * half + 1)
    });
    Simulation::new(Space::from_text(&THREE.replace("NAMES", &names).replace("OPTIONS", &options)).unwrap()).unwrap()
}

/// A run on the space of genomeNAS, at a length that is quick to check.
pub fn genomenas() -> Simulation {
    Simulation::new(GenomeNas { cells: 2, ..GenomeNas::new(60, 2) }.space().unwrap()).unwrap()
}

/// A run on a space of four architectures.
pub fn four() -> Simulation {
    Simulation::new(Space::from_text(FOUR).unwrap()).unwrap()
}

/// The run of a registered strategy.
pub fn run(id: &str, simulation: &Simulation) -> Simulated {
    let mut search = strategy(id).unwrap().build(simulation.setup()).unwrap();
    simulation.run(search.as_mut()).unwrap()
}

/// Why the run of a registered strategy ended, or was not begun.
pub fn refusal(id: &str, simulation: &Simulation) -> String {
    let run = || simulation.run(strategy(id)?.build(simulation.setup())?.as_mut());
    run().unwrap_err().message
}

/// The mean quality of what a strategy finds in [`small`] spaces, over ten seeds.
pub fn mean_quality(id: &str) -> f64 {
    let simulation = small().parameter("batch", 20);
    (1..=10).map(|seed| run(id, &simulation.clone().seed(seed)).quality).sum::<f64>() / 10.0
}

/// What an epoch shows of the architecture at a position of the draws, after so many samples.
pub type Shown = fn(usize, f64) -> Epoch;

/// Dictates what epochs show.
pub fn showing(simulation: Simulation, shown: Shown) -> Simulation {
    let draws = draws(&simulation);
    simulation.curves(Dictated { draws, shown })
}

/// Dictates the AUPRC of the architecture at each position of the draws.
pub fn scoring(simulation: Simulation, score: fn(usize) -> f64) -> Simulation {
    let draws = draws(&simulation);
    simulation.curves(Scored { draws, score })
}

#[derive(Debug)]
struct Dictated {
    draws: Vec<Selection>,
    shown: Shown,
}

impl Curves for Dictated {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        Some(position(&self.draws, selection) as f64)
    }

    fn at(&self, selection: &Selection, samples: f64) -> Epoch {
        (self.shown)(position(&self.draws, selection), samples)
    }
}

#[derive(Debug)]
struct Scored {
    draws: Vec<Selection>,
    score: fn(usize) -> f64,
}

impl Curves for Scored {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        Some((self.score)(position(&self.draws, selection)))
    }

    fn at(&self, selection: &Selection, _samples: f64) -> Epoch {
        let score = (self.score)(position(&self.draws, selection));
        Epoch { auprc: Some(score), auroc: Some(score), valid_loss: 1.0 - score, ..Epoch::default() }
    }
}

fn draws(simulation: &Simulation) -> Vec<Selection> {
    simulation.setup().space.sample_distinct(DRAWS, simulation.setup().seed)
}

fn position(draws: &[Selection], selection: &Selection) -> usize {
    // The comparison of what was found with random architectures asks for others, too.
    draws.iter().position(|drawn| drawn == selection).unwrap_or(DRAWS)
}

/// A trial that was proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The architecture, by its position in the draws.
    pub architecture: usize,
    /// The trial that it continues.
    pub from: Option<u64>,
    /// How many trials it continues, one after the other.
    pub rung: usize,
    pub limit: Option<u64>,
    pub unit: Option<Unit>,
    pub plan: Plan,
}

/// Every trial that was proposed; its id is its position.
pub fn told(simulation: &Simulation, simulated: &Simulated) -> Vec<Told> {
    let draws = draws(simulation);
    let mut all: Vec<Told> = Vec::new();
    for trial in &simulated.trials {
        let Work::Train { network: Network::Selection { selection }, plan, init } = &trial.work else {
            panic!("expected the training of a selection, not {trial:?}");
        };
        let from = match init {
            Initialisation::Fresh => None,
            Initialisation::Continue { trial } => Some(trial.0),
            other => panic!("expected a beginning or a continuation, not {other:?}"),
        };
        let rung = from.map_or(0, |from| all[usize::try_from(from).unwrap()].rung + 1);
        let (limit, unit, plan) = (trial.limit, trial.limit_unit, plan.clone());
        all.push(Told { architecture: position(&draws, selection), from, rung, limit, unit, plan });
    }
    all
}

/// How many trials there were in each rung, from trial to trial.
pub fn sizes(told: &[Told]) -> Vec<(usize, usize)> {
    told.chunk_by(|a, b| a.rung == b.rung).map(|rung| (rung[0].rung, rung.len())).collect()
}

/// The trials that were dropped, each with the trial whose report was answered so.
pub fn dropped(simulated: &Simulated) -> Vec<(u64, u64)> {
    let trial = |(after, discard): &(genomenas_plugin::message::TrialId, Discard)| match discard {
        Discard::Trial { trial } => (after.0, trial.0),
        other => panic!("expected a trial, not {other:?}"),
    };
    simulated.discards.iter().map(trial).collect()
}

/// The architectures that were found, by their positions in the draws, the best first.
pub fn found(simulation: &Simulation, simulated: &Simulated) -> Vec<usize> {
    let draws = draws(simulation);
    let all = std::iter::once(&simulated.finding.best).chain(&simulated.finding.others);
    let positions = all.map(|candidate| match &candidate.network {
        Network::Selection { selection } => position(&draws, selection),
        other => panic!("expected a selection, not {other:?}"),
    });
    positions.collect()
}
