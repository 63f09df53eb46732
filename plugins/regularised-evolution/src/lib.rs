//! Regularised evolution (Real et al. 2019, AAAI): mutates the best of a few, and lets the oldest die.

use genomenas_plugin::history::{Evaluated, History, TrialScheduler, TrialSettings};
use genomenas_plugin::prelude::*;
use genomenas_plugin::rand::seq::IndexedRandom;

/// Children of one proposal that are known, after which an architecture is drawn uniformly.
const MAX_KNOWN: usize = 100;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// How architectures are trained and ranked.
    #[parameter(flatten)]
    pub trials: TrialSettings,
    /// Architectures that are alive; the first so many are drawn uniformly. A quarter of the trials, and at least 2, where
    /// absent.
    #[parameter(minimum = 1, maximum = 10_000)]
    pub population: Option<usize>,
    /// Of how many, drawn from the living with replacement, the best becomes the parent. A third of the population, and at
    /// least 2, where absent.
    #[parameter(minimum = 1, maximum = 10_000)]
    pub tournament: Option<usize>,
}

/// The strategy: what follows from the setup and the settings.
#[derive(Debug)]
pub struct Evolution {
    scheduler: TrialScheduler,
    population: usize,
    tournament: usize,
}

impl Evolution {
    /// An evolution as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// The space has no decisions, or the settings cannot be used.
    pub fn new(setup: &Setup, settings: &Settings) -> Result<Self> {
        let scheduler = TrialScheduler::new(setup, &settings.trials)?;
        let quarter = usize::try_from(scheduler.trials().div_ceil(4)).map_err(Error::invalid)?;
        let population = settings.population.unwrap_or(quarter.max(2));
        let tournament = settings.tournament.unwrap_or(population.div_ceil(3).max(2));
        Ok(Self { scheduler, population, tournament })
    }

    /// How many are alive, and how many of them take part in a tournament.
    pub const fn sizes(&self) -> (usize, usize) {
        (self.population, self.tournament)
    }

    /// A founder, or the child of the best of a few.
    fn next(&self, history: &mut History) -> Option<Selection> {
        let living = self.living(history);
        if living.is_empty() || living.len() + history.running().count() < self.population {
            return self.scheduler.draw(history);
        }
        // A function of the seed and the trial's number, so that the state of no generator needs saving.
        let mut rng = seed::stream(self.scheduler.seed(), "child", history.begun());
        for _ in 0..MAX_KNOWN {
            let rivals = (0..self.tournament).filter_map(|_| living.choose(&mut rng));
            // The first of the best, as in the history.
            let parent = rivals.reduce(|best, next| if next.score > best.score { next } else { best })?;
            let child = self.scheduler.space().neighbour(&parent.selection, &mut rng);
            if self.scheduler.claim(history, &child) {
                return Some(child);
            }
        }
        self.scheduler.draw(history)
    }

    /// The youngest, as many as may live: age is the order in which trials ended. What failed was never alive.
    fn living(&self, history: &History) -> Vec<Evaluated> {
        history.scored().rev().take(self.population).cloned().collect()
    }
}

impl Strategy for Evolution {
    type State = History;

    fn propose(&self, history: &mut History, ask: &Ask) -> Result<Proposal> {
        self.scheduler.propose(history, ask, |history| self.next(history))
    }

    fn update(&self, history: &mut History, report: &Report) -> Result<()> {
        self.scheduler.update(history, report);
        Ok(())
    }

    fn discard(&self, history: &mut History, _: &Report) -> Result<Vec<Discard>> {
        Ok(history.discards())
    }
}

register! {
    Evolution,
    id = "regularised-evolution",
    kind = search,
    about = "Regularised evolution (Real et al. 2019): mutates the best of a few, and lets the oldest die.",
    parameters = Settings,
    build = |setup, settings| Evolution::new(setup, &settings),
}

export_plugin!();
