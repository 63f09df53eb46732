//! A random search that breaks a promise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use genomenas_plugin::message::{
    Ask, Candidate, ClassWeights, Discard, Metric, Outcome, Plan, Proposal, Report, Setup, Trial, TrialId,
};
use genomenas_plugin::space::Selection;
use genomenas_plugin::{Error, Instance, Result, seed, serde_json};
use serde::{Deserialize, Serialize};

use super::Orders;

/// Samples of each trial.
const SHARE: u64 = 20_000;

/// The instances that live in this process.
static ALIVE: AtomicU32 = AtomicU32::new(0);

/// All that changes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    tried: Vec<Selection>,
    ended: BTreeSet<u64>,
    failed: u64,
    epochs: BTreeMap<u64, u32>,
    best: Option<(f64, u64)>,
}

struct Search {
    setup: Setup,
    orders: Orders,
    state: State,
    second: bool,
    calls: u64,
}

#[expect(clippy::unnecessary_wraps, reason = "what a registration builds by returns a `Result`")]
pub(crate) fn build(setup: &Setup, orders: Orders) -> Result<Box<dyn Instance>> {
    let second = ALIVE.fetch_add(1, Ordering::Relaxed) > 0;
    Ok(Box::new(Search { setup: setup.clone(), orders, state: State::default(), second, calls: 0 }))
}

impl Drop for Search {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Search {
    fn breaks(&self, promise: &str) -> bool {
        self.orders.breaks == promise
    }

    fn draw(&self, number: u64) -> Selection {
        let seed = match self.orders.breaks.as_str() {
            "same-seed" => u64::from(std::process::id()),
            "other-seed" => 7,
            "side-by-side" if self.second => self.setup.seed + 1,
            _ => self.setup.seed,
        };
        let number = if self.breaks("shuffled-reports") { 0 } else { number };
        self.setup.space.sample(&mut seed::stream(seed, "architecture", number))
    }

    fn trials(&self) -> u64 {
        let most =
            if self.breaks("parameters") && !self.setup.parameters.contains_key("most") { 1 } else { self.orders.most };
        self.setup.budget.amount.div_ceil(SHARE).clamp(1, most)
    }

    /// What a call costs beside its work.
    #[expect(clippy::print_stdout, reason = "the misdeed")]
    fn misbehave(&mut self) {
        self.calls += 1;
        match self.orders.breaks.as_str() {
            // The compiler would leave out what nobody reads.
            "memory" => _ = std::hint::black_box(Box::leak(vec![1_u8; 16 << 10].into_boxed_slice())),
            "latency" if self.calls == 3000 => std::thread::sleep(Duration::from_millis(900)),
            "silence" => println!("call {}", self.calls),
            _ => {}
        }
    }

    fn finish(&self) -> Proposal {
        // What depends on no seed must not depend on reports, which do.
        let trial = self.state.best.map(|(_, trial)| trial).filter(|_| !self.breaks("other-seed"));
        let tried = trial.and_then(|trial| self.state.tried.get(usize::try_from(trial).ok()?)).cloned();
        // The trial of a stray report has none.
        let named = trial.filter(|_| tried.is_some());
        let found = match trial {
            Some(trial) if self.breaks("counts") => self.draw(trial + 100),
            Some(trial) => tried.unwrap_or_else(|| self.draw(trial)),
            None => self.draw(0),
        };
        Proposal::finish(Candidate { network: found.into(), trial: named.map(TrialId) })
    }

    #[expect(clippy::panic, reason = "the misdeed")]
    fn before_an_answer(&self, ask: &Ask) -> Result<()> {
        let amount = self.setup.budget.amount;
        let tried = self.state.tried.len() as u64;
        let few = self.setup.space.architectures();
        match self.orders.breaks.as_str() {
            "budget-of-one" if amount == 1 && ask.remaining == 0 => Err(Error::new("the first trial was cut off")),
            "any-budget" if amount == 2 && ask.remaining == 0 => Err(Error::new("nothing can be found with so little")),
            "several-at-once" if ask.in_flight.len() > 1 => Err(Error::new("another trial is under way")),
            // Small spaces with a budget that does not run out before.
            "finite-space" if amount > 1_000_000 && few <= 4.0 && tried as f64 >= few => {
                Err(Error::new("every architecture was tried"))
            }
            "every-space" if self.setup.data.length >= 1000 && tried > 0 => {
                Err(Error::new("these windows are too long"))
            }
            "failed-trials" if self.state.failed > 0 && self.state.failed == tried => panic!("no trial has a score"),
            _ => Ok(()),
        }
    }
}

impl Instance for Search {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.misbehave();
        if self.breaks("no-budget") && ask.remaining == 0 && ask.used.samples == 0 {
            return Ok(Proposal::Wait);
        }
        self.before_an_answer(ask)?;
        let step = self.state.tried.len() as u64;
        if ask.remaining == 0 {
            return Ok(self.finish());
        }
        if step == self.trials() {
            return Ok(if ask.in_flight.is_empty() { self.finish() } else { Proposal::Wait });
        }
        let selection = self.draw(step);
        self.state.tried.push(selection.clone());
        let class_weights = match self.orders.breaks.as_str() {
            "every-task" => ClassWeights::Balanced { maximum: 10.0 },
            _ => ClassWeights::None,
        };
        let plan = Plan { epochs: 2, class_weights, ..Plan::default() };
        Ok(Proposal::trial(Trial::train(selection, plan).with_limit(SHARE)))
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.misbehave();
        let trial = report.trial.0;
        let ours = trial < self.state.tried.len() as u64;
        if self.breaks("late-reports") && self.state.ended.contains(&trial) {
            return Err(Error::new(format!("trial {trial} has ended")));
        }
        if let Some(epoch) = report.epoch.as_ref().filter(|_| ours) {
            let behind = |other: u64| {
                !self.state.ended.contains(&other)
                    && self.state.epochs.get(&other).is_none_or(|seen| *seen < epoch.number)
            };
            if self.breaks("shuffled-reports") && (0..trial).any(behind) {
                return Err(Error::new(format!("trial {trial} has overtaken another")));
            }
            self.state.epochs.insert(trial, epoch.number);
        }
        let Some(end) = &report.end else { return Ok(()) };
        if ours && self.state.ended.insert(trial) && matches!(end.outcome, Outcome::Failed { .. }) {
            self.state.failed += 1;
        }
        if let Some(score) = report.final_score(Metric::Auroc).filter(|_| ours || self.breaks("stray-reports"))
            && self.state.best.is_none_or(|(best, _)| score > best)
        {
            self.state.best = Some((score, trial));
        }
        Ok(())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        self.misbehave();
        let ours = report.trial.0 < self.state.tried.len() as u64;
        let stranger = self.breaks("no-mistakes") && ours && report.end.is_some();
        Ok(stranger.then(|| Discard::trial(TrialId(1_000_000))).into_iter().collect())
    }

    fn save(&self) -> Result<Vec<u8>> {
        let mut state = self.state.clone();
        if self.breaks("save-and-load") {
            state.best = None;
        }
        Ok(serde_json::to_vec(&state)?)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        match serde_json::from_slice(bytes) {
            Ok(state) => self.state = state,
            Err(_) if self.breaks("foreign-state") => {}
            Err(error) => return Err(Error::invalid(error)),
        }
        Ok(())
    }
}
