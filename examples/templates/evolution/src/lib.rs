//! Regularised evolution (Real et al. 2019, AAAI): mutates the best of a few, and lets the oldest die.

use genomenas_plugin::prelude::*;
use genomenas_plugin::rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

/// What a user can set, with `--set trials=50`.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Architectures to train, each for an equal share of the budget.
    #[parameter(default = 24, minimum = 1, maximum = 100_000)]
    pub trials: u64,
    /// Architectures that are alive; the first so many are drawn uniformly.
    #[parameter(default = 8, minimum = 1, maximum = 10_000)]
    pub population: usize,
    /// Of how many, drawn from the living, the best becomes the parent.
    #[parameter(default = 3, minimum = 1, maximum = 10_000)]
    pub tournament: usize,
    /// Learning rate of Adam at the start of a trial; it falls to 0 along a cosine.
    #[parameter(default = 0.001, minimum = 0, maximum = 10)]
    pub learning_rate: f64,
}

/// The strategy: what follows from the setup and the settings.
#[derive(Debug)]
pub struct MyEvolution {
    setup: Setup,
    settings: Settings,
    founders: Vec<Selection>,
}

/// Everything that changes during a run. It is saved, and a run that was killed continues from it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    proposed: u64,
    running: Option<(TrialId, Selection)>,
    living: Vec<Member>,
    best: Option<Member>,
    /// Still to be handed to the host.
    #[serde(default, skip_serializing_if = "Discards::is_empty")]
    discards: Discards,
}

/// An architecture that was trained.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Member {
    trial: TrialId,
    score: f64,
    selection: Selection,
}

impl MyEvolution {
    /// An evolution as `setup` and `settings` say.
    pub fn new(setup: &Setup, settings: Settings) -> Self {
        let founders = setup.space.sample_distinct(settings.population, setup.seed);
        Self { setup: setup.clone(), settings, founders }
    }

    /// A founder, or the child of the best of a few.
    fn next(&self, state: &State) -> Selection {
        let number = state.proposed;
        if let Some(founder) = usize::try_from(number).ok().and_then(|number| self.founders.get(number)) {
            return founder.clone();
        }
        // A function of the seed and the trial's number, so that the state of no generator needs saving.
        let mut rng = seed::stream(self.setup.seed, "child", number);
        let rivals = (0..self.settings.tournament).filter_map(|_| state.living.choose(&mut rng));
        let rivals: Vec<&Member> = rivals.collect();
        match rivals.into_iter().max_by(|a, b| a.score.total_cmp(&b.score)) {
            Some(parent) => self.setup.space.neighbour(&parent.selection, &mut rng),
            None => self.setup.space.sample(&mut rng), // Every founder failed.
        }
    }
}

impl Strategy for MyEvolution {
    type State = State;

    fn propose(&self, state: &mut State, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 && !ask.in_flight.is_empty() {
            return Ok(Proposal::Wait);
        }
        if ask.remaining > 0 && state.proposed < self.settings.trials {
            let selection = self.next(state);
            state.proposed += 1;
            state.running = Some((ask.next_trial, selection.clone()));
            let plan = Plan { epochs: 100, cnn: Optimizer::adam(self.settings.learning_rate), ..Plan::default() };
            let share = self.setup.budget.amount.div_ceil(self.settings.trials);
            return Ok(Proposal::trial(Trial::train(selection, plan).with_limit(share)));
        }
        let (selection, trial) = match (&state.best, self.founders.first()) {
            (Some(best), _) => (best.selection.clone(), Some(best.trial)),
            // The budget ended before any trial had a score: every architecture is as good a guess.
            (None, Some(founder)) if ask.remaining == 0 => (founder.clone(), None),
            _ => return Err(Error::new("no trial completed with a defined AUPRC to choose by")),
        };
        Ok(Proposal::finish(Candidate { network: selection.into(), trial }))
    }

    fn update(&self, state: &mut State, report: &Report) -> Result<()> {
        if report.end.is_none() {
            return Ok(());
        }
        let ours = state.running.take_if(|(trial, _)| *trial == report.trial);
        let (Some((trial, selection)), Some(score)) = (ours, report.final_score(Metric::Auprc)) else {
            return Ok(());
        };
        let member = Member { trial, score, selection };
        if state.best.as_ref().is_none_or(|best| score > best.score) {
            state.best = Some(member.clone());
        }
        state.living.push(member);
        // Regularised: the oldest dies, however good it is. No child inherits weights, so its own need not be kept.
        if state.living.len() > self.settings.population {
            let oldest = state.living.remove(0);
            state.discards.push(Discard::trial(oldest.trial));
        }
        Ok(())
    }

    fn discard(&self, state: &mut State, _: &Report) -> Result<Vec<Discard>> {
        Ok(state.discards.hand_over())
    }
}

register! {
    MyEvolution,
    id = "my-evolution",
    kind = search,
    about = "Regularised evolution (Real et al. 2019): mutates the best of a few, and lets the oldest die.",
    parameters = Settings,
    build = |setup, settings| Ok(MyEvolution::new(setup, settings)),
}

export_plugin!();
