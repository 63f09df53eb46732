//! The hook loop: ask the strategy, run its trials, tell it what came of them.
//!
//! Every answer is journaled before anything is done with it, and what is done next depends on the journal alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use genomenas_plugin::message::{
    Alphas, Ask, Budget, Candidate, Cost, Discard, End, Epoch, Initialisation, Outcome, Proposal, Report, Stopped,
    Trial, TrialId, Unit, Work,
};
use genomenas_plugin::seed;
use genomenas_plugin::space::{Architecture, Form, Layers, Space};

use super::journal::{Journal, Phase, Record};
use super::network::{Networks, Resolved};
use super::observe::{Event, Observer, Steps};
use super::result::RunResult;
use super::settings::Search;
use super::state::State;
use super::{Context, hooks};
use crate::error::{Error, Result};
use crate::plugins::PluginInstance;
use crate::train::meter::Bound;
use crate::train::{self, Job, Training, memory};

/// A checkpoint younger than this is not written again after an epoch: what it lacks is trained again, to the same
/// result.
const CHECKPOINT_AGE: Duration = Duration::from_secs(5);
/// Trials in a row that cost nothing before the run gives up on the strategy.
const IDLE_FAILURES: u32 = 100;

/// A search under way.
pub(super) struct Searching<'a> {
    pub(super) context: &'a Context,
    pub(super) search: &'a Search,
    pub(super) space: &'a Space,
    pub(super) hooks: PluginInstance,
    pub(super) journal: &'a mut Journal,
    pub(super) state: State,
    pub(super) observer: &'a mut dyn Observer,
    pub(super) span: (f64, f64),
}

/// What a search came to.
#[derive(Debug)]
pub(super) struct Searched {
    pub(super) architecture: Architecture,
    pub(super) cost: Cost,
    pub(super) trials: u64,
}

impl Searching<'_> {
    /// Runs the loop to its end.
    pub(super) fn run(mut self, result: &mut RunResult) -> Result<Searched> {
        loop {
            result.trials = self.state.next;
            result.search = Some(self.state.used);
            if let Some(finding) = self.state.finding.take() {
                let architecture = self.networks().of_finding(&finding.best.network).map_err(|error| {
                    Error::failed(format!(
                        "strategy {} finished with an architecture that cannot be used: {error}",
                        self.search.strategy
                    ))
                })?;
                return Ok(Searched { architecture, cost: self.state.used, trials: self.state.next });
            }
            match self.state.queue.front().cloned() {
                Some((id, trial)) => self.run_trial(id, &trial)?,
                None => self.ask()?,
            }
        }
    }

    fn remaining(&self, cost: &Cost) -> u64 {
        self.search.budget.remaining(&(self.state.used + *cost))
    }

    fn record(&mut self, record: &Record) -> Result<()> {
        self.journal.append(record)?;
        self.state.apply(record);
        Ok(())
    }

    /// Asks for trials or for the finding.
    fn ask(&mut self) -> Result<()> {
        let strategy = &self.search.strategy;
        if self.state.idle_failures >= IDLE_FAILURES {
            return Err(Error::failed(format!(
                "the last {IDLE_FAILURES} trials of strategy {strategy} failed before their first step: see the journal for the reasons"
            )));
        }
        let ask = Ask {
            budget: self.search.budget,
            remaining: self.remaining(&Cost::default()),
            used: self.state.used,
            next_trial: TrialId(self.state.next),
            in_flight: Vec::new(),
        };
        let asked = Instant::now();
        let proposal = self.hooks.propose(&ask)?;
        let seconds = asked.elapsed().as_secs_f64();
        match &proposal {
            Proposal::Finish { finding } => {
                self.observer.event(&Event::Message(format!("{strategy} finished: {}", describe(&finding.best))));
            }
            Proposal::Trials { .. } if ask.remaining == 0 => {
                return Err(Error::failed(format!(
                    "strategy {strategy} proposed trials after its budget was spent: it must finish when asked with nothing remaining"
                )));
            }
            Proposal::Trials { trials } if trials.is_empty() => {
                return Err(Error::failed(format!("strategy {strategy} proposed an empty list of trials")));
            }
            Proposal::Trials { .. } => {}
            _ => {
                return Err(Error::failed(format!("strategy {strategy} waits, and nothing is under way")));
            }
        }
        self.record(&Record::Propose { ask, proposal, seconds })
    }

    fn run_trial(&mut self, id: TrialId, trial: &Trial) -> Result<()> {
        if self.state.discarded.contains(&id) && self.state.current.epochs == 0 {
            return self.end(id, Outcome::Discarded, Tally::default());
        }
        if self.remaining(&Cost::default()) == 0 {
            return self.end(id, Outcome::Completed { stopped: Stopped::Budget }, Tally::default());
        }
        let Work::Train { network, .. } = &trial.work else {
            let reason = "this genomenas does not know this kind of work: update it".to_owned();
            return self.end(id, Outcome::Failed { reason }, Tally::default());
        };
        let remaining = self.networks().remaining(&self.state.discards[..self.state.settled])?;
        match self.networks().of_trial(network, &remaining) {
            Ok(resolved) => {
                self.observer.event(&Event::Phase(format!("trial {id} ({})", size(&resolved.layers))));
                let (outcome, tally) = self.train(id, trial, &resolved)?;
                self.end(id, outcome, tally)
            }
            Err(error) => self.end(id, Outcome::Failed { reason: error.to_string() }, Tally::default()),
        }
    }

    /// Trains a trial to its end, telling the strategy of every epoch it has not heard of.
    fn train(&mut self, id: TrialId, trial: &Trial, resolved: &Resolved) -> Result<(Outcome, Tally)> {
        let Work::Train { plan, init, .. } = &trial.work else {
            return Err(Error::failed("a trial that does not train was trained: please report it"));
        };
        let Resolved { layers, mixing } = resolved;
        let Budget { amount, unit } = self.search.budget;
        // A strategy is told of whole seconds; a trial may have the last part of one.
        let remaining = match unit {
            Unit::Seconds => amount as f64 - self.state.used.seconds,
            _ => self.remaining(&Cost::default()) as f64,
        };
        let bound = match trial.limit {
            Some(limit) if limit as f64 <= remaining => (limit as f64, Stopped::Limit),
            _ => (remaining, Stopped::Budget),
        };
        let mut tally =
            Tally { parameters: layers.parameters(), multiply_adds: layers.multiply_adds(), ..Tally::default() };
        let failed = |error: &Error| Outcome::Failed { reason: error.to_string() };
        let context = self.context;
        let job = Job {
            layers,
            mixing,
            plan,
            seed: seed::derive(context.settings.seed, "trial", id.0),
            data_seed: context.settings.seed,
            device: context.device,
            threads: context.settings.threads as usize,
            train: &context.train,
            valid: &context.valid,
            bound: Some(Bound { unit, amount: bound.0, stopped: bound.1 }),
            keep_best: false,
            checkpoint: checkpoint_of(&context.folder, id),
        };
        let inherited = match init {
            Initialisation::Inherit { trial } => match train::inherited(&checkpoint_of(&context.folder, *trial)) {
                Ok(tensors) => Some(tensors),
                Err(error) => {
                    let reason = format!("the weights of trial {trial} cannot be inherited: {error}");
                    return Ok((Outcome::Failed { reason }, tally));
                }
            },
            _ => None,
        };
        let resumes = job.checkpoint.exists();
        let mut training = match Training::resume_or_start(job, inherited.as_ref()) {
            Ok(training) => training,
            // It began once, so this says nothing of the trial: the checkpoint is damaged.
            Err(error) if resumes => return Err(error),
            Err(error) => return Ok((failed(&error), tally)),
        };
        // A kill may have come after an epoch was saved and before the strategy was told of it.
        if let Some(untold) = training.last().filter(|last| last.number > self.state.current.epochs).cloned() {
            let cost = training.cost();
            let alphas = training.alphas()?;
            self.tell_epoch(id, untold, cost, alphas)?;
        }
        let outcome = loop {
            if self.state.discarded.contains(&id) {
                break Outcome::Discarded;
            }
            let span = self.trial_span(bound.0);
            match training.next_epoch(&mut Steps::new(self.observer, span)) {
                Ok(Some(epoch)) if epoch.number <= self.state.current.epochs => {}
                Ok(Some(epoch)) => {
                    if !training.saved_within(CHECKPOINT_AGE) {
                        training.save()?;
                    }
                    let cost = training.cost();
                    let alphas = training.alphas()?;
                    self.tell_epoch(id, epoch, cost, alphas)?;
                }
                Ok(None) => match training.stopped() {
                    Some(stopped) => break Outcome::Completed { stopped },
                    None => return Err(Error::failed("a training ended without a reason: please report it")),
                },
                Err(error @ Error::Failed(_)) => break failed(&error),
                // A full disk, say: not of the trial's making.
                Err(error) => return Err(error),
            }
        };
        tally.cost = training.cost();
        tally.best = training.best().cloned();
        if self.state.discarded.contains(&id) {
            tally.cost = self.state.current.cost;
            tally.best.clone_from(&self.state.current.best);
        } else if matches!(outcome, Outcome::Completed { .. }) {
            tally.alphas = training.alphas()?;
            // Another trial may inherit these weights.
            training.save()?;
        }
        Ok((outcome, tally))
    }

    /// The part of the run that a trial under this bound is.
    fn trial_span(&self, amount: f64) -> (f64, f64) {
        let (begin, part) = self.span;
        let budget = self.search.budget;
        let spent = self.state.used.in_unit(budget.unit) as f64 / budget.amount as f64;
        (begin + part * spent.min(1.0), part * amount / budget.amount as f64)
    }

    fn tell_epoch(&mut self, id: TrialId, epoch: Epoch, cost: Cost, alphas: Alphas) -> Result<()> {
        self.observer.event(&Event::Epoch { trial: Some(id.0), epoch: epoch.clone() });
        let report =
            Report { trial: id, cost, remaining: self.remaining(&cost), epoch: Some(epoch.clone()), alphas, end: None };
        let discards = self.tell(&report)?;
        let used = self.state.used + cost;
        self.record(&Record::Epoch {
            phase: Phase::Search,
            trial: Some(id),
            epoch,
            used,
            report: Some(report),
            discards,
        })
    }

    fn tell(&mut self, report: &Report) -> Result<Vec<Discard>> {
        self.hooks.update(report)?;
        let discards = self.hooks.discard(report)?;
        let dropped: Vec<Discard> =
            discards.iter().filter(|discard| !matches!(discard, Discard::Trial { .. })).cloned().collect();
        if !dropped.is_empty() {
            let strategy = &self.search.strategy;
            let all = [self.state.discards.as_slice(), &dropped].concat();
            self.networks()
                .remaining(&all)
                .map_err(|error| Error::failed(format!("strategy {strategy} drops what it may not: {error}")))?;
            let edges = dropped.iter().filter(|discard| matches!(discard, Discard::Edge { .. })).count();
            let text = format!("{strategy} drops {} options and {edges} edges", dropped.len() - edges);
            self.observer.event(&Event::Message(text));
        }
        Ok(discards)
    }

    fn end(&mut self, id: TrialId, outcome: Outcome, tally: Tally) -> Result<()> {
        match &outcome {
            Outcome::Failed { reason } => self.observer.event(&Event::Message(format!("trial {id} failed: {reason}"))),
            Outcome::Discarded => self.observer.event(&Event::Message(format!("trial {id} was discarded"))),
            _ => {}
        }
        let gone = !matches!(outcome, Outcome::Completed { .. });
        let Tally { cost, best, alphas, parameters, multiply_adds } = tally;
        let end = End { outcome, best, parameters, multiply_adds, peak_memory: memory::peak_memory() };
        let report = Report { trial: id, cost, remaining: self.remaining(&cost), epoch: None, alphas, end: Some(end) };
        let discards = self.tell(&report)?;
        let used = self.state.used + cost;
        self.record(&Record::End { trial: id, report, discards, used })?;
        hooks::save(&self.context.folder, &mut self.hooks, self.journal.records())?;
        if gone {
            remove_checkpoint(&checkpoint_of(&self.context.folder, id));
        }
        // Trials dropped after they ended have weights to free, too.
        let kept: std::collections::BTreeSet<TrialId> = self.state.queue.iter().map(|(id, _)| *id).collect();
        for id in self.state.discarded.difference(&kept) {
            remove_checkpoint(&checkpoint_of(&self.context.folder, *id));
        }
        Ok(())
    }

    fn networks(&self) -> Networks<'_> {
        Networks { space: self.space, data: self.context.train.info() }
    }
}

/// A network's size, for a person.
fn size(layers: &Layers) -> String {
    let weights = layers.parameters();
    match layers.form {
        Form::Search => format!("a supernet of {} options, {weights} weights", layers.alphas()),
        _ => format!("{weights} weights"),
    }
}

/// What a trial came to.
#[derive(Debug, Default)]
struct Tally {
    cost: Cost,
    best: Option<Epoch>,
    alphas: Alphas,
    parameters: u64,
    multiply_adds: u64,
}

fn checkpoint_of(folder: &Path, id: TrialId) -> PathBuf {
    folder.join(super::settings::files::CHECKPOINTS).join(format!("trial-{id}.safetensors"))
}

/// A checkpoint that is not there is as good as one that was removed.
fn remove_checkpoint(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        log::warn!("cannot remove {}: {error}", path.display());
    }
}

fn describe(candidate: &Candidate) -> String {
    candidate
        .trial
        .map_or_else(|| "an architecture of no trial".to_owned(), |trial| format!("the architecture of trial {trial}"))
}
