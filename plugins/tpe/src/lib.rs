//! Multivariate TPE, the tree-structured Parzen estimator (Bergstra et al. 2011, `NeurIPS`; the joint form of Optuna): draws
//! architectures near the good ones, and trains the one that is the least likely among the others.

mod parzen;
mod rows;

use genomenas_plugin::halving::best_first;
use genomenas_plugin::history::{Evaluated, History, TrialScheduler, TrialSettings};
use genomenas_plugin::prelude::*;

pub use parzen::{Parzen, age_weights};
pub use rows::Rows;

/// Rounds of candidates that are all known, after which an architecture is drawn uniformly.
const MAX_ROUNDS: usize = 20;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// How architectures are trained and ranked.
    #[parameter(flatten)]
    pub trials: TrialSettings,
    /// Architectures that are drawn uniformly before the first that is chosen.
    #[parameter(default = 10, minimum = 1, maximum = 10_000)]
    pub startup: u64,
    /// The share of the trials that counts as good (γ), rounded up.
    #[parameter(default = 0.1, minimum = 0.001, maximum = 1)]
    pub good_share: f64,
    /// The most trials that count as good.
    #[parameter(default = 25, minimum = 1, maximum = 10_000)]
    pub most_good: usize,
    /// Architectures that are drawn near the good ones, of which one is chosen.
    #[parameter(default = 24, minimum = 1, maximum = 1000)]
    pub candidates: usize,
    /// How much the uniform distribution counts beside each trial; with more of it, draws lie further from the good ones.
    #[parameter(default = 1, minimum = 0.001, maximum = 1000)]
    pub prior_weight: f64,
}

/// The strategy: what follows from the setup and the settings.
#[derive(Debug)]
pub struct Tpe {
    scheduler: TrialScheduler,
    rows: Rows,
    settings: Settings,
}

impl Tpe {
    /// A search as `setup` and `settings` say.
    ///
    /// # Errors
    ///
    /// The space has no decisions, or the settings cannot be used.
    pub fn new(setup: &Setup, settings: Settings) -> Result<Self> {
        let scheduler = TrialScheduler::new(setup, &settings.trials)?;
        let rows = Rows::new(scheduler.space());
        Ok(Self { scheduler, rows, settings })
    }

    /// An architecture that is likely among the good ones and unlikely among the others.
    fn next(&self, history: &mut History) -> Option<Selection> {
        let (good, bad) = self.split(history);
        if history.begun() < self.settings.startup || good.is_empty() {
            return self.scheduler.draw(history);
        }
        let model = |of: &[&Selection]| {
            let rows = of.iter().map(|selection| self.rows.of(selection)).collect();
            Parzen::new(rows, self.rows.sizes(), self.settings.prior_weight)
        };
        let (good, bad) = (model(&good), model(&bad));
        let mut rng = seed::stream(self.scheduler.seed(), "candidates", history.begun());
        for _ in 0..MAX_ROUNDS {
            let drawn = (0..self.settings.candidates).map(|_| self.rows.repaired(good.sample(&mut rng), &good, &bad));
            let ratio = |row: Vec<usize>| (good.log_probability(&row) - bad.log_probability(&row), row);
            let mut candidates: Vec<(f64, Vec<usize>)> = drawn.map(ratio).collect();
            // Stable: of equal ones the first that was drawn.
            candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut selections = candidates.iter().map(|(_, row)| self.rows.selection(row));
            if let Some(new) = selections.find(|selection| self.scheduler.claim(history, selection)) {
                return Some(new);
            }
        }
        self.scheduler.draw(history)
    }

    /// The good trials, and the others: those that ended with worse scores, those that failed, and those that are being
    /// trained, so that several at once are not all alike. Each in the order in which they ended.
    fn split<'a>(&self, history: &'a History) -> (Vec<&'a Selection>, Vec<&'a Selection>) {
        let ended = history.ended();
        let mut ranked: Vec<Evaluated> = history.scored().cloned().collect();
        best_first(&mut ranked);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the trials")]
        let share = (self.settings.good_share * ended.len() as f64).ceil() as usize;
        ranked.truncate(share.min(self.settings.most_good));
        let is_good = |one: &&Evaluated| ranked.iter().any(|good| good.trial == one.trial);
        let (good, bad): (Vec<_>, Vec<_>) = ended.iter().partition(is_good);
        let of = |some: Vec<&'a Evaluated>| some.into_iter().map(|one| &one.selection);
        (of(good).collect(), of(bad).chain(history.running().map(|(_, selection)| selection)).collect())
    }
}

impl Strategy for Tpe {
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
    Tpe,
    id = "tpe",
    kind = search,
    about = "Multivariate TPE (Bergstra et al. 2011): trains what is likely among the good trials and unlikely among the others.",
    parameters = Settings,
    build = |setup, settings| Tpe::new(setup, settings),
}

export_plugin!();
