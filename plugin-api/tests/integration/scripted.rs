//! What the tests of the simulated host share: a small space, and a strategy that does what it is told.

use std::collections::BTreeMap;

use genomenas_plugin::message::{
    Ask, Candidate, Discard, Initialisation, Mixing, Network, Outcome, Plan, Proposal, Report, Stopped, Trial, TrialId,
    Work,
};
use genomenas_plugin::simulate::{Simulated, Simulation};
use genomenas_plugin::space::{GenomeNas, Selection, Space};
use genomenas_plugin::{Instance, Result};

pub(crate) fn space() -> Space {
    GenomeNas { cells: 1, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(50, 2) }.space().unwrap()
}

pub(crate) fn simulation() -> Simulation {
    Simulation::new(space()).unwrap().budget("40000samples".parse().unwrap())
}

pub(crate) fn selection(at: u64) -> Selection {
    space().sample(&mut genomenas_plugin::seed::stream(at, "test", 0))
}

pub(crate) fn draw(at: u64) -> Network {
    Network::Selection { selection: selection(at) }
}

/// A training of the architecture that is drawn `at`.
pub(crate) fn train(at: u64, plan: Plan) -> Trial {
    Trial::train(draw(at), plan)
}

/// The same training from other weights.
pub(crate) fn from(init: Initialisation, trial: Trial) -> Trial {
    let Work::Train { network, plan, .. } = trial.work else { panic!("expected a training, not {trial:?}") };
    Trial { work: Work::Train { network, plan, init }, ..trial }
}

/// A training of the supernet of what remains.
pub(crate) fn supernet(mixing: Mixing, plan: Plan) -> Trial {
    Trial::train(Network::Supernet { mask: None, mixing }, plan)
}

pub(crate) fn epochs(epochs: u32) -> Plan {
    Plan { epochs, ..Plan::default() }
}

/// A plan of small epochs: `steps` steps of 100 samples, and 100 samples of the validation split.
pub(crate) fn steps(steps: u32, epochs: u32) -> Plan {
    Plan { epochs, steps_per_epoch: Some(steps), validation_batches: Some(1), ..Plan::default() }
}

pub(crate) fn trials(trials: Vec<Trial>) -> Proposal {
    Proposal::Trials { trials }
}

/// Proposes what it was given, one after the other; then it waits for what is under way, and finishes. Drops what it was
/// given after the reports of these numbers.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) discards: BTreeMap<usize, Vec<Discard>>,
    /// Whether it finishes once the budget is spent, as it must.
    pub(crate) thrifty: bool,
    pub(crate) asked: Vec<Ask>,
    /// After how many reports each of them was asked.
    pub(crate) asked_after: Vec<usize>,
    /// Reports so far.
    pub(crate) reports: usize,
}

impl Scripted {
    pub(crate) fn new(proposals: Vec<Proposal>) -> Self {
        Self { proposals, ..Self::default() }
    }

    /// Drops trials after the report of this number, counted from 0.
    pub(crate) fn dropping(mut self, report: usize, trials: &[u64]) -> Self {
        let drop = |&trial: &u64| Discard::Trial { trial: TrialId(trial) };
        self.discards.insert(report, trials.iter().map(drop).collect());
        self
    }
}

impl Instance for Scripted {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.asked.push(ask.clone());
        self.asked_after.push(self.reports);
        if self.thrifty && ask.remaining == 0 {
            self.proposals.clear();
        }
        Ok(match self.proposals.is_empty() {
            false => self.proposals.remove(0),
            true if ask.in_flight.is_empty() => Proposal::finish(Candidate { network: draw(0), trial: None }),
            true => Proposal::Wait,
        })
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        self.reports += 1;
        Ok(self.discards.remove(&(self.reports - 1)).unwrap_or_default())
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn load(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
}

/// The run of these proposals.
pub(crate) fn run_on(simulation: &Simulation, proposals: Vec<Proposal>) -> Result<Simulated> {
    simulation.run(&mut Scripted::new(proposals))
}

/// The run of these proposals on [`simulation`].
pub(crate) fn run(proposals: Vec<Proposal>) -> Result<Simulated> {
    run_on(&simulation(), proposals)
}

/// Why a run was refused, or what the strategy did wrong in one that went on.
pub(super) fn refusal(run: Result<Simulated>) -> String {
    run.map_or_else(|refused| refused.message, |simulated| simulated.mistakes.join(", "))
}

/// How each trial ended, in the order of the ends.
pub(crate) fn ends(simulated: &Simulated) -> Vec<(u64, Outcome)> {
    let end = |report: &Report| Some((report.trial.0, report.end.as_ref()?.outcome.clone()));
    simulated.reports.iter().filter_map(end).collect()
}

pub(crate) fn completed(stopped: Stopped) -> Outcome {
    Outcome::Completed { stopped }
}

/// Why a trial failed.
pub(crate) fn reason(simulated: &Simulated, trial: u64) -> String {
    match ends(simulated).into_iter().find(|(id, _)| *id == trial).unwrap().1 {
        Outcome::Failed { reason } => reason,
        other => panic!("expected trial {trial} to fail, not {other:?}"),
    }
}

/// The last report of a trial.
pub(crate) fn last(simulated: &Simulated, trial: u64) -> &Report {
    simulated.reports.iter().rfind(|report| report.trial.0 == trial).unwrap()
}
