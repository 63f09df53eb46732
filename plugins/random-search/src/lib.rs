//! Random search: trains architectures drawn uniformly from the space and keeps the best on the validation split.

use genomenas_plugin::prelude::*;
use serde::{Deserialize, Serialize};

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Architectures to train, each for an equal share of the budget.
    #[parameter(default = 8, minimum = 1, maximum = 10_000)]
    pub trials: usize,
    /// What they are ranked by, on the validation split.
    #[parameter(default = "auprc", one_of = ["loss", "auroc", "auprc", "f1"])]
    pub metric: String,
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub batch: u32,
    /// Learning rate of Adam at the start; it falls to 0 along a cosine.
    #[parameter(default = 0.001, minimum = 0, maximum = 10, acts_on = "training")]
    pub learning_rate: f64,
    /// Epochs a trial at most, if its share of the budget lasts that long.
    #[parameter(default = 100, minimum = 1, acts_on = "training")]
    pub epochs: u32,
}

/// The strategy: what follows from the setup and the settings.
#[derive(Debug)]
pub struct RandomSearch {
    /// The architectures to train, one in each trial.
    architectures: Vec<Selection>,
    plan: Plan,
    /// What each trial may spend.
    share: u64,
    metric: Metric,
}

/// What changes during a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// The first trial, once all of them are proposed. Their ids follow each other.
    first: Option<TrialId>,
    best: Option<Best>,
}

/// The best trial so far.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Best {
    score: f64,
    /// The position of its architecture.
    architecture: usize,
}

impl RandomSearch {
    /// A search as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// The metric is unknown.
    pub fn new(setup: &Setup, settings: &Settings) -> Result<Self> {
        let architectures = setup.space.sample_distinct(settings.trials, setup.seed);
        let plan = Plan {
            epochs: settings.epochs,
            batch: settings.batch,
            cnn: Optimizer::adam(settings.learning_rate),
            clip: Clip::All { norm: 1.0 },
            ..Plan::default()
        };
        let share = setup.budget.amount.div_ceil(architectures.len() as u64);
        Ok(Self { architectures, plan, share, metric: settings.metric.parse()? })
    }

    /// One trial for each architecture.
    fn trials(&self) -> Vec<Trial> {
        let train = |architecture: &Selection| Trial::train(architecture.clone(), self.plan.clone());
        self.architectures.iter().map(|architecture| train(architecture).with_limit(self.share)).collect()
    }

    /// The position of the architecture that a trial trains, if it is one of ours.
    fn architecture_of(&self, state: &State, trial: TrialId) -> Option<usize> {
        let position = usize::try_from(trial.0.checked_sub(state.first?.0)?).ok()?;
        (position < self.architectures.len()).then_some(position)
    }

    /// The end of the search, with the architecture at this position.
    fn finish(&self, architecture: usize, trial: Option<TrialId>) -> Proposal {
        let selection = self.architectures.get(architecture).cloned().unwrap_or_default();
        Proposal::finish(Candidate { network: selection.into(), trial })
    }
}

impl Strategy for RandomSearch {
    type State = State;

    fn propose(&self, state: &mut State, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 && state.first.is_none() {
            state.first = Some(ask.next_trial);
            return Ok(Proposal::Trials { trials: self.trials() });
        }
        if ask.remaining > 0 && !ask.in_flight.is_empty() {
            return Ok(Proposal::Wait);
        }
        match (state.first, state.best) {
            (Some(first), Some(Best { architecture, .. })) => {
                Ok(self.finish(architecture, Some(TrialId(first.0 + architecture as u64))))
            }
            // The budget ended before any trial had a score: every architecture is as good a guess.
            _ if ask.remaining == 0 => Ok(self.finish(0, None)),
            _ => Err(Error::new(format!("no trial completed with a defined {} to rank by", self.metric))),
        }
    }

    fn update(&self, state: &mut State, report: &Report) -> Result<()> {
        if let Some(architecture) = self.architecture_of(state, report.trial)
            && let Some(score) = report.final_score(self.metric)
            && state.best.is_none_or(|best| score > best.score)
        {
            state.best = Some(Best { score, architecture });
        }
        Ok(())
    }
}

register! {
    RandomSearch,
    id = "random-search",
    kind = search,
    about = "Trains architectures drawn uniformly from the space, each for an equal share of the budget; keeps the best.",
    parameters = Settings,
    build = |setup, settings| RandomSearch::new(setup, &settings),
}

export_plugin!();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_the_first_version_saved_is_read() {
        let state: State = serde_json::from_str("[4,[0.75,2]]").unwrap();
        assert_eq!(state.first, Some(TrialId(4)));
        assert!(matches!(state.best, Some(Best { score: 0.75, architecture: 2 })));
    }
}
