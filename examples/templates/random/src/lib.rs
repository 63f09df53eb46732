//! Random search: trains architectures drawn uniformly from the space, and keeps the best.

use std::collections::BTreeMap;

use genomenas_plugin::prelude::*;
use serde::{Deserialize, Serialize};

/// What a user can set, with `--set trials=20`.
#[derive(Clone, Debug, Parameters)]
pub struct Settings {
    /// Architectures to train, each for an equal share of the budget.
    #[parameter(default = 8, minimum = 1, maximum = 100_000)]
    pub trials: u64,
    /// Learning rate of Adam at the start of a trial; it falls to 0 along a cosine.
    #[parameter(default = 0.001, minimum = 0, maximum = 10)]
    pub learning_rate: f64,
}

/// The strategy: what follows from the setup and the settings, and never changes.
#[derive(Debug)]
pub struct MyRandom {
    setup: Setup,
    settings: Settings,
}

/// Everything that changes during a run. It is saved, and a run that was killed continues from it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    proposed: u64,
    running: BTreeMap<TrialId, Selection>,
    best: Option<Best>,
}

/// The best trial so far.
#[derive(Debug, Serialize, Deserialize)]
struct Best {
    trial: TrialId,
    score: f64,
    selection: Selection,
}

impl MyRandom {
    /// A search as `setup` and `settings` say.
    pub fn new(setup: &Setup, settings: Settings) -> Self {
        Self { setup: setup.clone(), settings }
    }

    /// The architecture with this number: a function of the seed, so that a run can be repeated.
    fn draw(&self, number: u64) -> Selection {
        self.setup.space.sample(&mut seed::stream(self.setup.seed, "architecture", number))
    }
}

impl Strategy for MyRandom {
    type State = State;

    fn propose(&self, state: &mut State, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 && state.proposed < self.settings.trials {
            let selection = self.draw(state.proposed);
            state.proposed += 1;
            state.running.insert(ask.next_trial, selection.clone());
            let plan = Plan { epochs: 100, cnn: Optimizer::adam(self.settings.learning_rate), ..Plan::default() };
            let share = self.setup.budget.amount.div_ceil(self.settings.trials);
            return Ok(Proposal::trial(Trial::train(selection, plan).with_limit(share)));
        }
        if ask.remaining > 0 && !ask.in_flight.is_empty() {
            return Ok(Proposal::Wait);
        }
        let (selection, trial) = match &state.best {
            Some(best) => (best.selection.clone(), Some(best.trial)),
            // The budget ended before any trial had a score: every architecture is as good a guess.
            None if ask.remaining == 0 => (self.draw(0), None),
            None => return Err(Error::new("no trial completed with a defined AUPRC to choose by")),
        };
        Ok(Proposal::finish(Candidate { network: selection.into(), trial }))
    }

    fn update(&self, state: &mut State, report: &Report) -> Result<()> {
        if report.end.is_none() {
            return Ok(());
        }
        // Absent where the trial is none of ours; the score is absent where it failed or was cut off at once.
        if let Some(selection) = state.running.remove(&report.trial)
            && let Some(score) = report.final_score(Metric::Auprc)
            && state.best.as_ref().is_none_or(|best| score > best.score)
        {
            state.best = Some(Best { trial: report.trial, score, selection });
        }
        Ok(())
    }
}

register! {
    MyRandom,
    id = "my-random",
    kind = search,
    about = "Trains architectures drawn uniformly from the space, and keeps the best.",
    parameters = Settings,
    build = |setup, settings| Ok(MyRandom::new(setup, settings)),
}

export_plugin!();
