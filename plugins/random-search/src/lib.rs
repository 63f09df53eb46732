//! Random search: trains architectures drawn uniformly from the space and keeps the best on the validation split.

use genomenas_plugin::{prelude::*, serde_json, state};

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
    #[parameter(default = 100, minimum = 1)]
    pub batch: u32,
    /// Learning rate of Adam at the start; it falls to 0 along a cosine.
    #[parameter(default = 0.001, minimum = 0, maximum = 10)]
    pub learning_rate: f64,
    /// Epochs a trial at most, if its share of the budget lasts that long.
    #[parameter(default = 100, minimum = 1)]
    pub epochs: u32,
}

/// The strategy.
#[derive(Debug)]
pub struct RandomSearch {
    metric: Metric,
    plan: Plan,
    share: u64,
    drawn: Vec<Selection>,
    state: State,
}

/// The first trial, once they are proposed, and the best score so far with the position of its trial.
type State = (Option<TrialId>, Option<(f64, usize)>);

impl RandomSearch {
    /// A search as `setup` and `settings` say.
    pub fn new(setup: &Setup, Settings { trials, metric, batch, learning_rate, epochs }: Settings) -> Result<Self> {
        let drawn = setup.space.sample_distinct(trials, setup.seed);
        let (cnn, clip) = (Optimizer::adam(learning_rate), Clip::All { norm: 1.0 });
        let plan = Plan { epochs, batch, cnn, clip, ..Plan::default() };
        let share = setup.budget.amount.div_ceil(drawn.len() as u64);
        Ok(Self { metric: serde_json::from_value(metric.into())?, plan, share, drawn, state: (None, None) })
    }
}

impl Strategy for RandomSearch {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let network = |at: usize| Network::Selection { selection: self.drawn.get(at).cloned().unwrap_or_default() };
        let trial = |at| Trial::train(network(at), self.plan.clone()).with_limit(self.share);
        let finish = |at, trial| Proposal::finish(Candidate { network: network(at), trial });
        Ok(match self.state {
            (None, _) if ask.remaining > 0 => {
                self.state.0 = Some(ask.next_trial);
                Proposal::Trials { trials: (0..self.drawn.len()).map(trial).collect() }
            }
            _ if ask.remaining > 0 && !ask.in_flight.is_empty() => Proposal::Wait,
            (Some(first), Some((_, at))) => finish(at, Some(TrialId(first.0 + at as u64))),
            // The budget ended before any trial had a score: every architecture is as good a guess.
            _ if ask.remaining == 0 => finish(0, None),
            _ => return Err(Error::new(format!("no trial completed with a defined {:?} to rank by", self.metric))),
        })
    }

    fn update(&mut self, Report { trial, end, .. }: &Report) -> Result<()> {
        let (first, best_so_far) = self.state;
        let at = first.and_then(|first| usize::try_from(trial.0.checked_sub(first.0)?).ok());
        if let (Some(at), Some(end)) = (at.filter(|&at| at < self.drawn.len()), end)
            && let (Outcome::Completed { .. }, Some(best)) = (&end.outcome, &end.best)
            && let Some(score) = best.score(self.metric)
        {
            self.state.1 = best_so_far.filter(|&(best, _)| best >= score).or(Some((score, at)));
        }
        Ok(())
    }

    fn save(&self) -> Result<Vec<u8>> {
        state::save(&self.state)
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        state::load(state).map(|state| self.state = state)
    }
}

register! {
    RandomSearch,
    id = "random-search",
    kind = search,
    about = "Trains architectures drawn uniformly from the space, each for an equal share of the budget; keeps the best.",
    parameters = Settings,
    build = RandomSearch::new,
}

export_plugin!();
