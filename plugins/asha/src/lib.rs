//! ASHA, the asynchronous successive halving algorithm (Li et al. 2020): whenever there is room for a trial, it
//! promotes an architecture that is among the best of its rung so far, or begins with a new one.

mod amounts;
mod rungs;
mod settings;

use genomenas_plugin::halving::{Resource, RungScheduler, RungTrial, RunningTrials};
use genomenas_plugin::prelude::*;
use serde::{Deserialize, Serialize};

use amounts::Amounts;
pub use rungs::Rungs;
pub use settings::Settings;

/// Failed trials in a row after which no new architectures are begun with: they cost nothing, so no budget would end it.
const MAX_FAILURES: usize = 50;

/// The strategy: what follows from the setup and the settings.
#[derive(Debug)]
pub struct Asha {
    scheduler: RungScheduler,
    /// One of this number of architectures that ended on a rung goes on.
    eta: usize,
    amounts: Amounts,
    /// Architectures to begin with at most.
    most: usize,
    /// Whether the resource is what the budget is measured in.
    is_budget: bool,
}

/// What changes during a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Architectures that were begun with.
    begun: usize,
    rungs: Rungs,
    #[serde(rename = "under_way")]
    running: RunningTrials,
    /// Failed trials in a row, and why the last one did.
    failures: usize,
    failure: Option<String>,
    /// Still to be handed to the host.
    #[serde(default, skip_serializing_if = "Discards::is_empty")]
    discards: Discards,
}

impl Asha {
    /// A search as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// The settings contradict each other, or cannot be used.
    pub fn new(setup: &Setup, settings: &Settings) -> Result<Self> {
        let scheduler = RungScheduler::new(setup, &settings.halving)?;
        let amounts = Amounts::new(&scheduler, settings)?;
        Ok(Self {
            is_budget: scheduler.budget().resource == Resource::Cost { unit: setup.budget.unit },
            scheduler: scheduler.ending_at(amounts.top()),
            eta: usize::try_from(settings.eta).map_err(Error::invalid)?,
            amounts,
            most: if settings.trials > 0 { settings.trials } else { usize::MAX },
        })
    }

    /// How much of the resource an architecture has had in total at the end of each rung.
    pub fn amounts(&self) -> &[u64] {
        self.amounts.all()
    }

    /// The paper's `get_job`: a promotion, or else a new architecture for the lowest rung.
    fn job(&self, state: &mut State, trial: TrialId) -> Option<Trial> {
        let (architecture, from, rung) = match state.rungs.promote(self.eta) {
            Some((architecture, trial, rung)) => (architecture, Some(trial), rung),
            None => (self.new_architecture(state)?, None, 0),
        };
        state.running.begin(RungTrial { trial, architecture, rung, from, score: None });
        Some(self.scheduler.trial(architecture, from, self.amounts.before(rung), self.amounts.after(rung)))
    }

    /// The next new architecture, if one may be begun with and the space has one.
    fn new_architecture(&self, state: &mut State) -> Option<usize> {
        let next = state.begun;
        if next >= self.most || state.failures >= MAX_FAILURES || !self.scheduler.has(next) {
            return None;
        }
        state.begun += 1;
        Some(next)
    }

    /// How many trials will have ended on a rung at most, if `remaining` is left of the budget.
    fn most_on(&self, state: &State, rung: usize, remaining: u64) -> usize {
        let running = state.running.iter().filter(|trial| trial.rung == rung).count();
        let more = if self.is_budget {
            usize::try_from(remaining.div_ceil(self.amounts.of(rung).max(1))).unwrap_or(usize::MAX)
        } else {
            usize::MAX
        };
        state.rungs.ended(rung).saturating_add(running).saturating_add(more).min(self.most)
    }
}

impl Strategy for Asha {
    type State = State;

    fn start(&self) -> State {
        State { rungs: Rungs::new(self.amounts().len()), ..State::default() }
    }

    fn propose(&self, state: &mut State, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 {
            if let Some(trial) = self.job(state, ask.next_trial) {
                return Ok(Proposal::trial(trial));
            }
            if !state.running.is_empty() {
                return Ok(Proposal::Wait);
            }
        }
        self.scheduler.finish(state.rungs.results(), ask.remaining, state.failure.as_deref())
    }

    fn update(&self, state: &mut State, report: &Report) -> Result<()> {
        let Some(ended) = state.running.update(report, self.scheduler.metric()) else {
            return Ok(());
        };
        let mut freed = state.rungs.end(&ended);
        state.failures = if ended.failure.is_some() { state.failures + 1 } else { 0 };
        state.failure = ended.failure.or(state.failure.take());
        let rungs = 0..self.amounts().len();
        let most: Vec<usize> = rungs.map(|rung| self.most_on(state, rung, report.remaining)).collect();
        freed.extend(state.rungs.never(self.eta, |rung| most.get(rung).copied().unwrap_or(usize::MAX)));
        state.discards.extend(freed.into_iter().map(Discard::trial));
        Ok(())
    }

    fn discard(&self, state: &mut State, _: &Report) -> Result<Vec<Discard>> {
        Ok(state.discards.hand_over())
    }
}

register! {
    Asha,
    id = "asha",
    kind = search,
    about = "Asynchronous successive halving: promotes whoever is among the best of a rung, or begins anew.",
    parameters = Settings,
    needs = ["continue"],
    build = |setup, settings| Asha::new(setup, &settings),
}

export_plugin!();
