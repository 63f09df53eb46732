//! ASHA, the asynchronous successive halving algorithm (Li et al. 2020): whenever there is room for a trial, it
//! promotes an architecture that is among the best of its rung so far, or begins with a new one.

mod rungs;

use genomenas_plugin::halving::{Bracket, Ladder, Resource, Running, UnderWay, floor_log};
use genomenas_plugin::{halving_settings, prelude::*, state};

pub use rungs::Rungs;

/// Failed trials in a row after which no new architectures are begun with: they cost nothing, so no budget would end it.
const MAX_FAILURES: usize = 50;

halving_settings! {
    /// What a user can set.
    pub struct Settings {
        /// Of so many architectures that ended on a rung one goes on to the next (η of the paper).
        #[parameter(default = 3, minimum = 2, maximum = 1000)]
        pub eta: u64,
        /// The most of the resource that an architecture is given, in multiples of `minimum` (R of the paper).
        #[parameter(default = 27, minimum = 1, maximum = 10000)]
        pub maximum: u64,
        /// How many of the lowest rungs are left out (s of the paper).
        #[parameter(default = 0, minimum = 0, maximum = 20)]
        pub early_stopping_rate: u32,
        /// Architectures to begin with at most; with 0 as many as the budget lasts for.
        #[parameter(default = 0, minimum = 0, maximum = 1000000)]
        pub trials: usize,
    }
}

/// The strategy.
#[derive(Debug)]
pub struct Asha {
    ladder: Ladder,
    /// Of so many architectures that ended on a rung one goes on.
    eta: usize,
    /// How much of the resource an architecture has had in all at the end of each rung.
    amounts: Vec<u64>,
    /// Architectures to begin with at most.
    most: usize,
    /// Whether the resource is what the budget is measured in.
    is_budget: bool,
    state: State,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(crate = "genomenas_plugin::serde")]
struct State {
    /// Architectures that were begun with.
    begun: usize,
    rungs: Rungs,
    under_way: UnderWay,
    /// Still to be handed to the host.
    freed: Vec<TrialId>,
    /// Failed trials in a row, and why the last one did.
    failures: usize,
    failure: Option<String>,
}

impl Asha {
    /// A search as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// The settings contradict each other, or cannot be used.
    pub fn new(setup: &Setup, settings: &Settings) -> Result<Self> {
        let ladder = Ladder::new(setup, &settings.into())?;
        let Settings { eta, maximum, early_stopping_rate: lowest, trials, .. } = *settings;
        let survivors = usize::try_from(eta).map_err(Error::invalid)?;
        let mut highest = floor_log(maximum, eta);
        if lowest > highest {
            return Err(Error::invalid(format!(
                "parameter `early_stopping_rate` is {lowest}: with `maximum` {maximum} and `eta` {eta} there are rungs 0 to {highest}, so expected at most {highest}"
            )));
        }
        let amounts = loop {
            let amounts = |minimum: u64| -> Vec<u64> {
                (lowest..=highest).map(|rung| minimum.saturating_mul(eta.saturating_pow(rung))).collect()
            };
            let wanted = usize::try_from(eta.saturating_pow(highest - lowest + 1)).unwrap_or(usize::MAX);
            let begun = ladder.at_most(if trials > 0 { trials } else { wanted });
            // What it costs where exactly one of `eta` is promoted each time.
            let cost = |minimum| Bracket { architectures: begun, amounts: amounts(minimum) }.cost(survivors);
            let fitted = amounts(ladder.ration().fit(1, cost));
            if highest <= lowest + 1 || fitted.first().is_none_or(|&first| ladder.ration().is_long_enough(first)) {
                break fitted;
            }
            highest -= 1;
        };
        let top = amounts.last().copied().unwrap_or(1);
        let rungs = Rungs::new(amounts.len());
        Ok(Self {
            is_budget: ladder.ration().resource == Resource::Cost { unit: setup.budget.unit },
            ladder: ladder.ending_at(top),
            eta: survivors,
            amounts,
            most: if trials > 0 { trials } else { usize::MAX },
            state: State {
                begun: 0,
                rungs,
                under_way: UnderWay::default(),
                freed: Vec::new(),
                failures: 0,
                failure: None,
            },
        })
    }

    /// How much of the resource an architecture has had in all at the end of each rung.
    pub fn amounts(&self) -> &[u64] {
        &self.amounts
    }

    /// The paper's `get_job`: a promotion, or else a new architecture for the lowest rung.
    fn job(&mut self, trial: TrialId) -> Option<Trial> {
        let (architecture, from, rung) = match self.state.rungs.promote(self.eta) {
            Some((architecture, trial, rung)) => (architecture, Some(trial), rung),
            None => (self.fresh()?, None, 0),
        };
        self.state.under_way.begin(Running { trial, architecture, rung, from, score: None });
        Some(self.ladder.trial(architecture, from, self.had(rung), self.amounts.get(rung).copied().unwrap_or(0)))
    }

    /// The next new architecture, if one may and can be begun with.
    fn fresh(&mut self) -> Option<usize> {
        let next = self.state.begun;
        let may = next < self.most && self.state.failures < MAX_FAILURES && self.ladder.has(next);
        may.then(|| self.state.begun += 1).map(|()| next)
    }

    /// What an architecture has had when it begins a rung.
    fn had(&self, rung: usize) -> u64 {
        rung.checked_sub(1).and_then(|below| self.amounts.get(below).copied()).unwrap_or(0)
    }

    /// How many trials will have ended on a rung at most, if `remaining` is left of the budget.
    fn most_on(&self, rung: usize, remaining: u64) -> usize {
        let under_way = self.state.under_way.iter().filter(|trial| trial.rung == rung).count();
        let more = self.amounts.get(rung).map_or(0, |&amount| remaining.div_ceil((amount - self.had(rung)).max(1)));
        let more = if self.is_budget { usize::try_from(more).unwrap_or(usize::MAX) } else { usize::MAX };
        self.state.rungs.ended(rung).saturating_add(under_way).saturating_add(more).min(self.most)
    }
}

impl Strategy for Asha {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 {
            if let Some(trial) = self.job(ask.next_trial) {
                return Ok(Proposal::trial(trial));
            }
            if !self.state.under_way.is_empty() {
                return Ok(Proposal::Wait);
            }
        }
        self.ladder.finish(self.state.rungs.standings(), ask.remaining, self.state.failure.as_deref())
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let Some(ended) = self.state.under_way.hear(report, self.ladder.metric()) else {
            return Ok(());
        };
        let freed = self.state.rungs.end(&ended);
        self.state.freed.extend(freed);
        self.state.failures = if ended.failure.is_some() { self.state.failures + 1 } else { 0 };
        self.state.failure = ended.failure.or(self.state.failure.take());
        let most: Vec<usize> = (0..self.amounts.len()).map(|rung| self.most_on(rung, report.remaining)).collect();
        let freed = self.state.rungs.never(self.eta, |rung| most.get(rung).copied().unwrap_or(usize::MAX));
        self.state.freed.extend(freed);
        Ok(())
    }

    fn discard(&mut self, _report: &Report) -> Result<Vec<Discard>> {
        let freed = std::mem::take(&mut self.state.freed);
        Ok(freed.into_iter().map(|trial| Discard::Trial { trial }).collect())
    }

    fn save(&self) -> Result<Vec<u8>> {
        state::save(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        state::load(bytes).map(|state| self.state = state)
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
