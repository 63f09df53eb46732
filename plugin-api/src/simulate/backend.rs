//! The backend of a simulated search: trainings and scores that take no time.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Simulation;
use super::curves::Truth;
use super::landscape::Landscape;
use super::scoring::Scoring;
use super::supernet::Supernet;
use super::training::{Network, Training, TrainingJob, Weights};
use crate::engine::{
    self, Data, Event, Naming, Networks, PlanRows, Resolved, RunningTrial, Size, StepOutcome, TrialError, Turn,
    scoring_mixing,
};
use crate::message::{self, Cost, DrawnAnew, Initialisation, Proposal, Trial, TrialId, Work};
use crate::space::Shape;
use crate::{Error, Result};

/// What trains and scores in a simulation.
#[derive(Debug)]
pub(super) struct Backend<'a> {
    simulation: &'a Simulation,
    networks: Networks<'a>,
    pub(super) truth: Truth<'a>,
    /// What trainings have saved: the only thing that outlives the process of a real host.
    pub(super) saved: BTreeMap<TrialId, Training>,
    /// Trials that were proposed and train supernets.
    supernets: Vec<TrialId>,
    /// Trials that the simulation let fail.
    pub(super) let_fail: Vec<TrialId>,
}

/// The work of one trial.
#[derive(Debug)]
pub(super) enum Job {
    Training(Training),
    Scoring(Scoring),
}

impl<'a> Backend<'a> {
    pub(super) fn new(simulation: &'a Simulation, data: &'a Data) -> Self {
        let Simulation { setup, curves, .. } = simulation;
        let truth = Truth { space: &setup.space, landscape: Landscape { seed: setup.seed }, curves: curves.as_deref() };
        let networks = Networks { space: &setup.space, data };
        Self { simulation, networks, truth, saved: BTreeMap::new(), supernets: Vec::new(), let_fail: Vec::new() }
    }

    /// The weights that a trial left.
    fn weights_of(&self, trial: TrialId) -> Result<Weights> {
        let saved = self.saved.get(&trial).map(Training::weights);
        saved.ok_or_else(|| Error::new(format!("trial {trial} left no weights: please report it")))
    }

    fn training(&self, trial: &RunningTrial, network: Resolved) -> Result<Training> {
        let Work::Train { network: named, plan, init } = &trial.trial.work else {
            return Err(Error::new(format!("trial {} trains nothing: please report it", trial.id)));
        };
        let weights = match init {
            Initialisation::Fresh => Weights::default(),
            Initialisation::Inherit { trial } => self.weights_of(*trial)?.inherited(),
            Initialisation::Continue { trial } => self.weights_of(*trial)?,
        };
        let forward = network.layers.multiply_adds();
        let own: Vec<(String, Shape)> = network.layers.weights().collect();
        let drawn_anew = match init {
            Initialisation::Fresh => None,
            Initialisation::Inherit { trial } | Initialisation::Continue { trial } => {
                self.saved.get(trial).and_then(|parent| not_found(&own, parent.names(), &network.naming))
            }
        };
        let network = match network.part {
            Some(part) => Network::Supernet(Supernet::new(part.space, network.mixing, self.truth.landscape)),
            None => Network::Architecture(self.truth.of_network(named)?),
        };
        let supernets_before = self.supernets.iter().filter(|supernet| **supernet < trial.id).count();
        let job = TrainingJob {
            trial: trial.id,
            network,
            forward,
            plan: plan.clone(),
            rows: PlanRows::new(plan, self.networks.data)?,
            data: self.networks.data.clone(),
            dictated: self.simulation.alphas.map(|alpha| (supernets_before, alpha)),
            weights: own,
            drawn_anew,
        };
        Ok(Training::new(Rc::new(job), &weights, self.truth.landscape))
    }

    fn scoring(&self, trial: &RunningTrial, network: Resolved) -> Result<Scoring> {
        let (Work::Score { weights_of, .. }, Some(part)) = (&trial.trial.work, network.part) else {
            return Err(Error::new(format!("trial {} scores nothing: please report it", trial.id)));
        };
        Ok(Scoring {
            trained: part.mask,
            mixing: scoring_mixing(&network.mixing),
            weights: self.weights_of(*weights_of)?,
            spent: trial.cost,
        })
    }
}

impl engine::Backend for Backend<'_> {
    type Job = Job;
    type Error = Error;

    fn is_saved(&self, trial: TrialId) -> bool {
        self.saved.contains_key(&trial)
    }

    fn begin(&mut self, trial: &RunningTrial, network: Resolved) -> Result<Job, TrialError<Error>> {
        if self.simulation.fails.is(trial.id) {
            self.let_fail.push(trial.id);
            return Err(TrialError::Failed("the simulation lets this trial fail".to_owned()));
        }
        let job = match (&trial.trial.work, self.saved.get(&trial.id)) {
            (Work::Train { .. }, Some(saved)) => Ok(Job::Training(saved.clone())),
            (Work::Train { .. }, None) => self.training(trial, network).map(Job::Training),
            (Work::Score { .. }, _) => self.scoring(trial, network).map(Job::Scoring),
        };
        // The checks let the trial begin, so it is the simulation that lacks something: a curve, for instance.
        job.map_err(|error| TrialError::Stop(error.context(format!("trial {}", trial.id))))
    }

    fn step(&mut self, job: &mut Job, turn: &Turn<'_>) -> Result<StepOutcome, TrialError<Error>> {
        match job {
            Job::Training(training) => {
                let outcome = training.step(turn, &self.truth);
                self.saved.insert(turn.trial.id, training.clone());
                Ok(outcome)
            }
            Job::Scoring(scoring) => Ok(scoring.step(turn, &self.networks, &self.truth)?),
        }
    }

    fn cost(&mut self, job: &mut Job) -> Cost {
        match job {
            Job::Training(training) => training.cost(),
            Job::Scoring(scoring) => scoring.spent,
        }
    }

    fn drawn_anew(&self, job: &Job) -> Option<DrawnAnew> {
        match job {
            Job::Training(training) => training.drawn_anew(),
            Job::Scoring(_) => None,
        }
    }

    fn free(&mut self, trial: TrialId) {
        self.saved.remove(&trial);
    }

    /// Weights with their gradients and one moment, and the activations of a batch, 4 bytes each.
    fn peak_memory(&self, trial: &Trial, size: &Size) -> u64 {
        let batch = match &trial.work {
            Work::Train { plan, .. } => plan.batch,
            Work::Score { batch, .. } => *batch,
        };
        let held = size.activations.saturating_mul(batch.into()).saturating_add(3 * size.parameters);
        held.saturating_mul(4)
    }

    /// No time passes.
    fn seconds(&self) -> f64 {
        0.0
    }

    fn event(&mut self, event: &Event<'_>) {
        if let Event::Answered(ask, Proposal::Trials { trials }) = event {
            let ids = (ask.next_trial.0..).map(TrialId).zip(trials);
            self.supernets.extend(ids.filter(|(_, trial)| trains_supernet(trial)).map(|(id, _)| id));
        }
    }
}

/// The weights among `own` that the trial which one begins with does not have, or has in another shape.
fn not_found(own: &[(String, Shape)], parents: &[(String, Shape)], naming: &Naming) -> Option<DrawnAnew> {
    let given: BTreeMap<_, _> = parents.iter().map(|(name, shape)| (naming.parents(name), shape)).collect();
    let mut drawn_anew = DrawnAnew::default();
    for (name, shape) in own {
        match given.get(&naming.own(name)) {
            Some(&other) if other == shape => {}
            other => drawn_anew.add(name, other.is_some()),
        }
    }
    drawn_anew.some()
}

/// Whether a trial trains a supernet.
const fn trains_supernet(trial: &Trial) -> bool {
    matches!(trial.work, Work::Train { network: message::Network::Supernet { .. }, .. })
}
