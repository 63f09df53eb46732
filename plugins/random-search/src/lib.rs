//! Random search: trains architectures drawn uniformly from the space and keeps the best on the validation split.

use std::collections::BTreeSet;

use genomenas_plugin::prelude::*;

/// Draws that must all repeat earlier architectures before the space counts as drawn out.
const REDRAWS: u64 = 1000;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Architectures to train, each for an equal share of the budget.
    #[parameter(default = 8, minimum = 1, maximum = 100_000)]
    pub trials: u32,
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
    setup: Setup,
    settings: Settings,
    metric: Metric,
    state: State,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(crate = "genomenas_plugin::serde")]
struct State {
    /// The first trial, once they are proposed.
    first: Option<TrialId>,
    /// The architectures, in the order of the trials.
    drawn: Vec<Selection>,
    /// The best score so far, and whose it is.
    best: Option<(f64, usize)>,
    /// Why the last trial that failed did.
    failed: Option<String>,
}

impl RandomSearch {
    /// A search as `setup` and `settings` say.
    pub fn new(setup: &Setup, settings: Settings) -> Result<Self> {
        let metric = genomenas_plugin::serde_json::from_value(settings.metric.clone().into())?;
        Ok(Self { setup: setup.clone(), settings, metric, state: State::default() })
    }

    /// Distinct architectures: as many as are wanted, or as the space has.
    fn draw(&self) -> Vec<Selection> {
        let (mut drawn, mut known, mut repeated) = (Vec::new(), BTreeSet::new(), 0);
        for index in 0.. {
            if drawn.len() as u64 >= self.settings.trials.into() || repeated == REDRAWS {
                break;
            }
            let selection = self.setup.space.sample(&mut seed::stream(self.setup.seed, "architecture", index));
            repeated = if known.insert(selection.clone()) { 0 } else { repeated + 1 };
            drawn.extend((repeated == 0).then_some(selection));
        }
        drawn
    }

    fn trials(&self) -> Vec<Trial> {
        let schedule = Schedule::Cosine { minimum: 0.0, every_step: true };
        let cnn = Optimizer { learning_rate: self.settings.learning_rate, schedule, ..Optimizer::default() };
        let Settings { batch, epochs, .. } = self.settings;
        let plan = Plan { epochs, batch, cnn, clip: Clip::All { norm: 1.0 }, ..Plan::default() };
        let share = (self.setup.budget.amount / self.state.drawn.len().max(1) as u64).max(1);
        let network = |selection: &Selection| Network::Selection { selection: selection.clone() };
        self.state.drawn.iter().map(|one| Trial::train(network(one), plan.clone()).with_limit(share)).collect()
    }
}

impl Strategy for RandomSearch {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if self.state.drawn.is_empty() {
            self.state.drawn = self.draw();
        }
        let finish = |at: usize, trial| match self.state.drawn.get(at).cloned() {
            Some(selection) => Ok(Proposal::finish(Candidate { network: Network::Selection { selection }, trial })),
            None => Err(Error::new("nothing was drawn from the space")),
        };
        match (self.state.first, self.state.best) {
            (None, _) if ask.remaining > 0 => {
                self.state.first = Some(ask.next_trial);
                Ok(Proposal::Trials { trials: self.trials() })
            }
            (Some(_), _) if ask.remaining > 0 && !ask.in_flight.is_empty() => Ok(Proposal::Wait),
            (Some(first), Some((_, at))) => finish(at, Some(TrialId(first.0 + at as u64))),
            // The budget ended before any trial had a score: every architecture is as good a guess.
            _ if ask.remaining == 0 => finish(0, None),
            _ => Err(Error::new(match &self.state.failed {
                Some(reason) => format!("no trial has a score to rank by; the last that failed: {reason}"),
                None => format!("{} is defined for no trial: rank by another metric", self.settings.metric),
            })),
        }
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let (Some(first), Some(end)) = (self.state.first, &report.end) else { return Ok(()) };
        let at = report.trial.0.checked_sub(first.0).and_then(|at| usize::try_from(at).ok());
        let Some(at) = at.filter(|&at| at < self.state.drawn.len()) else { return Ok(()) };
        match &end.outcome {
            Outcome::Failed { reason } => self.state.failed = Some(reason.clone()),
            _ => {
                let score = end.best.as_ref().and_then(|best| best.score(self.metric));
                if let Some(score) = score.filter(|&score| self.state.best.is_none_or(|(best, _)| score > best)) {
                    self.state.best = Some((score, at));
                }
            }
        }
        Ok(())
    }

    fn save(&self) -> Result<Vec<u8>> {
        genomenas_plugin::state::save(&self.state)
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.state = genomenas_plugin::state::load(state)?;
        Ok(())
    }
}

register! {
    RandomSearch,
    id = "random-search",
    kind = search,
    about = "Trains architectures drawn uniformly from the space, each for an equal share of the budget, and keeps the best.",
    parameters = Settings,
    build = |setup, settings| RandomSearch::new(setup, settings),
}

export_plugin!();
