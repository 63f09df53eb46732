//! A kit for the tests of strategies: runs of registered strategies, small spaces, and what a simulated run did, in few
//! words. Like assertions, its functions panic where something fails, at the line of the test.
//!
//! ```
//! use genomenas_plugin::simulate::kit;
//! # use genomenas_plugin::prelude::*;
//! # struct First(Space);
//! # impl Strategy for First {
//! #     type State = ();
//! #     fn propose(&self, _: &mut (), _: &Ask) -> Result<Proposal> {
//! #         let selection = self.0.sample(&mut seed::stream(1, "architecture", 0));
//! #         Ok(Proposal::finish(Candidate { network: selection.into(), trial: None }))
//! #     }
//! #     fn update(&self, _: &mut (), _: &Report) -> Result<()> { Ok(()) }
//! # }
//! # register! {
//! #     First, id = "draws-one", kind = search, about = "Draws one.",
//! #     build = |setup, _| Ok(First(setup.space.clone())),
//! # }
//! # fn main() {
//! let simulated = kit::run("draws-one", &kit::four_architectures().seed(7));
//! assert_eq!(kit::found(&simulated).len(), 1);
//! assert!(kit::mean_quality("draws-one", &kit::four_architectures(), 1..=5) <= 1.0);
//! # }
//! ```
//!
//! * Here: for every strategy. [`laboratory`] ranks one beside those of this project.
//! * [`supernets`]: stages, discards and alphas of strategies of the DARTS family.
//! * [`rungs`]: dictated scores and promotions of strategies that halve.

mod judged;
pub mod rungs;
pub(crate) mod spaces;
pub mod supernets;

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::laboratory::{Laboratory, Ranking};
use super::{Simulated, Simulation};
use crate::message::{Discard, Network, Trial, TrialId, Work};
use crate::space::Selection;
use crate::{Error, Result, strategy};

pub use judged::judged;
pub use spaces::{
    four_architectures, genomenas, no_decisions, on, small_genomenas, three_convolutions, tiny_genomenas, two_cells,
};

/// Runs the strategy that is registered in this binary under `id`.
///
/// # Panics
///
/// There is no such strategy, it refuses its parameters, or the run ends with an error.
#[track_caller]
pub fn run(id: &str, simulation: &Simulation) -> Simulated {
    good(try_run(id, simulation))
}

/// Why the run of a registered strategy ended, or was not begun.
///
/// # Panics
///
/// It ended with a finding.
#[track_caller]
pub fn refusal(id: &str, simulation: &Simulation) -> String {
    match try_run(id, simulation) {
        Err(error) => error.message,
        Ok(_) => fail("the run ended with a finding: expected an error"),
    }
}

fn try_run(id: &str, simulation: &Simulation) -> Result<Simulated> {
    let mut instance = strategy(id)?.build(simulation.setup())?;
    simulation.run(instance.as_mut())
}

/// The laboratory: searches on a table of 240 architectures that were really trained, beside those of this project.
///
/// ```standalone_crate
/// use genomenas_plugin::simulate::kit;
/// use genomenas_plugin::serde_json::json;
/// # use genomenas_plugin::prelude::*;
/// # #[derive(Parameters)]
/// # struct Settings {
/// #     /// Architectures to try.
/// #     #[parameter(default = 10, minimum = 1)]
/// #     steps: u64,
/// # }
/// # struct First(Space);
/// # impl Strategy for First {
/// #     type State = ();
/// #     fn propose(&self, _: &mut (), _: &Ask) -> Result<Proposal> {
/// #         let selection = self.0.sample(&mut seed::stream(1, "architecture", 0));
/// #         Ok(Proposal::finish(Candidate { network: selection.into(), trial: None }))
/// #     }
/// #     fn update(&self, _: &mut (), _: &Report) -> Result<()> { Ok(()) }
/// # }
/// # register! {
/// #     First, id = "my-nas", kind = search, about = "Draws one.", parameters = Settings,
/// #     build = |setup, _| Ok(First(setup.space.clone())),
/// # }
/// # fn main() {
/// // The budget is that of forty whole trainings.
/// let ranking = kit::laboratory().rank("my-nas", json!({ "steps": 40 }));
/// println!("{ranking}");
/// let (mine, random) = (ranking.of("my-nas").unwrap(), ranking.of("random-search").unwrap());
/// assert!(mine.never > random.never); // this one finds nothing, so it never needs fewer samples
/// # }
/// ```
///
/// # Panics
///
/// Never: its files are tested.
#[track_caller]
pub fn laboratory() -> Laboratory {
    good(Laboratory::new())
}

impl Laboratory {
    /// The strategy that is registered in this binary under `id`, with these parameters (a JSON object), beside the
    /// searches of this project.
    ///
    /// # Panics
    ///
    /// There is no such strategy, it refuses its parameters, a run ends with an error, or one finds what is not an
    /// architecture of the space.
    #[track_caller]
    pub fn rank(&self, id: &str, parameters: Value) -> Ranking {
        let Value::Object(parameters) = parameters else { fail("the parameters are not a JSON object") };
        let set = |simulation, (name, value): (&String, &Value)| Simulation::parameter(simulation, name, value.clone());
        let runs = self.runs(id, |simulation| try_run(id, &parameters.iter().fold(simulation, set)));
        self.ranking_beside_known(&[good(runs)])
    }
}

/// The mean [quality](Simulated::quality) of what a registered strategy finds with each of these seeds.
///
/// # Panics
///
/// As [`run`].
#[track_caller]
pub fn mean_quality(id: &str, simulation: &Simulation, seeds: RangeInclusive<u64>) -> f64 {
    let mut qualities = Vec::new();
    for seed in seeds {
        qualities.push(run(id, &simulation.clone().seed(seed)).quality);
    }
    qualities.iter().sum::<f64>() / qualities.len() as f64
}

/// The architectures that were found, the best first.
///
/// # Panics
///
/// One of them is not a selection of the space.
#[track_caller]
pub fn found(simulated: &Simulated) -> Vec<&Selection> {
    let all = std::iter::once(&simulated.finding.best).chain(&simulated.finding.others);
    let selections = all.map(|candidate| {
        candidate.selection().ok_or_else(|| Error::new("it found a network that is not a selection of the space"))
    });
    good(selections.collect())
}

/// The architectures that were trained, in the order in which their trials were proposed.
///
/// # Panics
///
/// A trial is not the training of a selection.
#[track_caller]
pub fn trained(simulated: &Simulated) -> Vec<&Selection> {
    fn selection(trial: &Trial) -> Result<&Selection> {
        match &trial.work {
            Work::Train { network: Network::Selection { selection }, .. } => Ok(selection),
            _ => Err(Error::new("it proposed a trial that is not the training of a selection")),
        }
    }
    good(simulated.trials.iter().map(selection).collect())
}

/// The ids of the trials that were dropped, each with that of the trial whose report was answered so:
/// `(answered, dropped)`.
///
/// # Panics
///
/// Something else was dropped, too.
#[track_caller]
pub fn dropped_trials(simulated: &Simulated) -> Vec<(u64, u64)> {
    let trial = |(after, discard): &(TrialId, Discard)| match discard {
        Discard::Trial { trial } => Ok((after.0, trial.0)),
        _ => Err(Error::new(format!("after trial {after} it dropped something other than a trial"))),
    };
    good(simulated.discards.iter().map(trial).collect())
}

/// The value; or the test fails with the error.
#[track_caller]
fn good<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(error),
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a test fails by panicking")]
fn fail(why: impl Display) -> ! {
    panic!("{why}")
}
