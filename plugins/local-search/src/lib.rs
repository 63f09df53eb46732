//! Local search (White et al. 2021, UAI): climbs from an architecture to a better neighbour until there is none, and then
//! begins elsewhere.

use genomenas_plugin::history::{Evaluated, History, TrialScheduler, TrialSettings};
use genomenas_plugin::prelude::*;
use genomenas_plugin::rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// How architectures are trained and ranked.
    #[parameter(flatten)]
    pub trials: TrialSettings,
    /// Architectures that are drawn uniformly before each climb, which begins at the best of them.
    #[parameter(default = 10, minimum = 1, maximum = 10_000)]
    pub initial: u64,
    /// Whether all neighbours are trained before it moves to the best of them; otherwise it moves to the first that is
    /// better.
    #[parameter(default = false)]
    pub whole_neighbourhood: bool,
    /// Neighbours in a row that are no better, after which it begins elsewhere; where absent, all that are new.
    #[parameter(minimum = 1, maximum = 10_000)]
    pub patience: Option<u64>,
}

/// The strategy: what follows from the setup and the settings.
#[derive(Debug)]
pub struct LocalSearch {
    scheduler: TrialScheduler,
    initial: u64,
    whole_neighbourhood: bool,
    patience: u64,
}

/// All that changes during a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    history: History,
    climb: Climb,
}

/// The way up from one beginning.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Climb {
    /// Its first trial: those before belong to earlier climbs.
    first: Option<TrialId>,
    /// Architectures that were drawn for its beginning.
    drawn: u64,
    /// Whether these have all ended.
    climbing: bool,
    /// Where it stands.
    top: Option<Evaluated>,
    /// The best neighbour so far, where the whole neighbourhood is trained.
    better: Option<Evaluated>,
    /// Neighbours in a row that were no better than the top.
    misses: u64,
}

impl LocalSearch {
    /// A search as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// The space has no decisions, or the settings cannot be used.
    pub fn new(setup: &Setup, settings: &Settings) -> Result<Self> {
        Ok(Self {
            scheduler: TrialScheduler::new(setup, &settings.trials)?,
            initial: settings.initial,
            whole_neighbourhood: settings.whole_neighbourhood,
            patience: settings.patience.unwrap_or(u64::MAX),
        })
    }

    /// What `trial` trains: a beginning, or a neighbour of the top. None while it depends on what is being trained, and
    /// where the space is drawn out.
    fn next(&self, history: &mut History, climb: &mut Climb, trial: TrialId) -> Option<Selection> {
        loop {
            if climb.drawn < self.initial
                && let Some(drawn) = self.scheduler.draw(history)
            {
                climb.first.get_or_insert(trial);
                climb.drawn += 1;
                return Some(drawn);
            }
            if climb.drawn == 0 {
                return None;
            }
            // In a small space there may be fewer than were wanted.
            climb.drawn = self.initial;
            let running = history.running().any(|(running, _)| Some(running) >= climb.first);
            if running && !climb.climbing {
                return None;
            }
            climb.climbing = true;
            let patient = climb.misses < self.patience;
            if let Some(top) = climb.top.as_ref().filter(|_| patient) {
                if let Some(neighbour) = self.neighbour(history, top) {
                    return Some(neighbour);
                }
                if running {
                    return None;
                }
            }
            match climb.better.take() {
                Some(better) => *climb = Climb { top: Some(better), misses: 0, ..std::mem::take(climb) },
                // Nothing near is better, or nothing had a score.
                None => *climb = Climb::default(),
            }
        }
    }

    /// A neighbour that is new. Their order follows from the trial of `top`, so it need not be saved.
    fn neighbour(&self, history: &mut History, top: &Evaluated) -> Option<Selection> {
        let mut neighbours = self.scheduler.space().neighbours(&top.selection);
        neighbours.shuffle(&mut seed::stream(self.scheduler.seed(), "neighbours", top.trial.0));
        neighbours.into_iter().find(|neighbour| self.scheduler.claim(history, neighbour))
    }
}

impl Climb {
    /// Learns from a trial that ended.
    fn update(&mut self, ended: Evaluated, whole_neighbourhood: bool) {
        if self.first.is_none_or(|first| ended.trial < first) {
            return;
        }
        let beats = |other: &Option<Evaluated>| {
            ended.score.is_some() && other.as_ref().is_none_or(|other| ended.score > other.score)
        };
        if !beats(&self.top) {
            self.misses += u64::from(self.climbing);
        } else if self.climbing && whole_neighbourhood {
            self.misses = 0;
            if beats(&self.better) {
                self.better = Some(ended);
            }
        } else {
            self.misses = 0;
            self.top = Some(ended);
        }
    }
}

impl Strategy for LocalSearch {
    type State = State;

    fn propose(&self, State { history, climb }: &mut State, ask: &Ask) -> Result<Proposal> {
        self.scheduler.propose(history, ask, |history| self.next(history, climb, ask.next_trial))
    }

    fn update(&self, State { history, climb }: &mut State, report: &Report) -> Result<()> {
        if let Some(ended) = self.scheduler.update(history, report) {
            climb.update(ended, self.whole_neighbourhood);
        }
        Ok(())
    }

    fn discard(&self, state: &mut State, _: &Report) -> Result<Vec<Discard>> {
        Ok(state.history.discards())
    }
}

register! {
    LocalSearch,
    id = "local-search",
    kind = search,
    about = "Local search (White et al. 2021): climbs from neighbour to better neighbour, and begins elsewhere where there is none.",
    parameters = Settings,
    build = |setup, settings| LocalSearch::new(setup, &settings),
}

export_plugin!();
