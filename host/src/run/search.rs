//! The hook loop: ask the strategy, let its trials take turns, tell it what came of them.
//!
//! Every answer is journaled before anything is done with it, and what is done next depends on the journal alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::{
    Alphas, Ask, Candidate, Cost, Discard, End, Epoch, MaskScore, Outcome, Proposal, Report, Stopped, TrialId, Unit,
};
use genomenas_plugin::space::{Architecture, Form, Space};
use genomenas_torch::train::memory;
use genomenas_torch::train::meter::Bound;

use super::journal::{Journal, Phase, Record};
use super::network::{Networks, Resolved};
use super::observe::{Event, Observer, Steps};
use super::result::RunResult;
use super::settings::Search;
use super::state::{State, UnderWay};
use super::turn::Turn;
use super::work::{self, Doing, Size, Works};
use super::{Context, hooks};
use crate::plugins::PluginInstance;

/// Trials in a row that did nothing before the run gives up on the strategy.
const MOST_IDLE: u32 = 100;
/// Trials in a row that trained on no sample: scores cost none, so no budget in samples would end them.
const MOST_UNPAID: u32 = 1000;

/// A search under way.
pub(super) struct Searching<'a> {
    pub(super) context: &'a Context,
    pub(super) search: &'a Search,
    pub(super) space: &'a Space,
    pub(super) hooks: PluginInstance,
    pub(super) journal: &'a mut Journal,
    pub(super) state: State,
    /// The work of the trials under way; a trial that is not here begins, or goes on from its checkpoint.
    pub(super) works: BTreeMap<TrialId, (Doing, Size)>,
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

/// What a trial came to.
#[derive(Debug, Default)]
struct Tally {
    cost: Cost,
    best: Option<Epoch>,
    alphas: Alphas,
    size: Size,
}

impl<'a> Searching<'a> {
    /// Runs the loop to its end.
    pub(super) fn run(mut self, result: &mut RunResult) -> Result<Searched> {
        loop {
            result.trials = self.state.next;
            result.search = Some(self.state.spent());
            if let Some(finding) = self.state.finding.take() {
                let architecture = self.networks().of_finding(&finding.best.network).map_err(|error| {
                    Error::failed(format!(
                        "strategy {} finished with an architecture that cannot be used: {error}",
                        self.search.strategy
                    ))
                })?;
                return Ok(Searched { architecture, cost: self.state.spent(), trials: self.state.next });
            }
            let under_way = &self.state.under_way;
            let dropped = under_way.iter().find(|trial| self.state.discarded.contains(&trial.id)).map(|trial| trial.id);
            let asks = self.state.has_room() && !self.state.waits && self.remaining(&self.state.spent()) > 0;
            match dropped.or(self.state.turn().map(|trial| trial.id)) {
                Some(id) if dropped.is_some() => self.end_dropped(id)?,
                Some(id) if !asks => self.turn(id)?,
                _ => self.ask()?,
            }
        }
    }

    fn remaining(&self, spent: &Cost) -> u64 {
        self.search.budget.remaining(spent)
    }

    fn record(&mut self, record: &Record) -> Result<()> {
        self.journal.append(record)?;
        self.state.apply(record);
        Ok(())
    }

    /// Asks for trials or for the finding.
    fn ask(&mut self) -> Result<()> {
        let strategy = &self.search.strategy;
        let in_a_row = |count: u32, what: &str| {
            Error::failed(format!(
                "the last {count} trials of strategy {strategy} {what}: see the journal for the reasons"
            ))
        };
        let spent = self.state.spent();
        // With nothing left, trials of the queue end before they begin, and the strategy has yet to finish.
        let remaining = self.remaining(&spent);
        if remaining > 0 && self.state.idle >= MOST_IDLE {
            return Err(in_a_row(MOST_IDLE, "ended before their first step"));
        }
        if remaining > 0 && self.state.unpaid >= MOST_UNPAID {
            return Err(in_a_row(MOST_UNPAID, "trained nothing"));
        }
        let ask = Ask {
            budget: self.search.budget,
            remaining,
            used: spent,
            next_trial: TrialId(self.state.next),
            in_flight: self.state.under_way.iter().map(|trial| trial.id).collect(),
            slots: self.search.in_flight,
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
            Proposal::Wait if !ask.in_flight.is_empty() => {}
            Proposal::Wait => {
                return Err(Error::failed(format!("strategy {strategy} waits, and nothing is under way")));
            }
            _ => {
                return Err(Error::failed(format!(
                    "strategy {strategy} answered what this genomenas does not know: update it"
                )));
            }
        }
        self.record(&Record::Propose { ask, proposal, seconds })
    }

    /// Gives a trial its turn: an epoch, a mask, or its end.
    fn turn(&mut self, id: TrialId) -> Result<()> {
        let Some(trial) = self.state.under_way.iter().find(|trial| trial.id == id) else {
            return Err(Error::bug(format!("trial {id} is not under way")));
        };
        let (told, bounds) = (trial.told, self.bounds(trial));
        if told == 0
            && self.remaining(&self.state.spent()) == 0
            && !work::checkpoint_of(&self.context.folder, id).exists()
        {
            return self.end(id, Outcome::Completed { stopped: Stopped::Budget }, Tally::default());
        }
        let works = Works { context: self.context, networks: self.networks(), state: &self.state };
        if !self.works.contains_key(&id) {
            let failed = |error: &Error| Outcome::Failed { reason: error.to_string() };
            let resolved = match works.resolve(trial) {
                Ok(resolved) => resolved,
                Err(error) => return self.end(id, failed(&error), Tally::default()),
            };
            let size = Size::of(&resolved);
            self.observer.event(&Event::Phase(format!("trial {id} ({})", describe_size(&resolved))));
            let resumes = work::checkpoint_of(&self.context.folder, id).exists();
            match works.begin(trial, resolved) {
                Ok(doing) => _ = self.works.insert(id, (doing, size)),
                // It began once, so this says nothing of the trial: the checkpoint is damaged.
                Err(error) if resumes => return Err(error),
                Err(error) => return self.end(id, failed(&error), Tally { size, ..Tally::default() }),
            }
        }
        let (span, networks) = (self.span_of(&bounds, trial), self.networks());
        let Some((doing, size)) = self.works.get_mut(&id) else {
            return Err(Error::bug(format!("trial {id} has no work")));
        };
        let size = *size;
        doing.bound_by(bounds);
        let came = doing.turn(told, self.state.takes_turns(), &networks, &mut Steps::new(self.observer, span))?;
        match came {
            Turn::Epoch { epoch, cost, alphas, last } => self.tell_epoch(id, epoch, cost, alphas, last)?,
            Turn::Score { score, cost } => self.tell_score(id, score, cost)?,
            Turn::End { outcome, cost, best, alphas } => {
                return self.end(id, outcome, Tally { cost, best, alphas, size });
            }
        }
        if let Some((doing, _)) = self.works.get_mut(&id) {
            doing.pause();
        }
        Ok(())
    }

    /// What a trial may spend from its beginning on: its own limit, and what the run has left.
    fn bounds(&self, trial: &UnderWay) -> Vec<Bound> {
        let budget = self.search.budget;
        let limit_unit = trial.trial.limit_unit.unwrap_or(budget.unit);
        let limit =
            trial.trial.limit.map(|limit| Bound { unit: limit_unit, amount: limit as f64, stopped: Stopped::Limit });
        let others = self.state.spent_with(trial.id, Cost::default());
        // A strategy is told of whole seconds; a trial may have the last part of one.
        let amount = match budget.unit {
            Unit::Seconds => budget.amount as f64 - others.seconds,
            unit => budget.amount.saturating_sub(others.in_unit(unit)) as f64,
        };
        limit.into_iter().chain([Bound { unit: budget.unit, amount, stopped: Stopped::Budget }]).collect()
    }

    /// The part of the run that a trial under these bounds is.
    fn span_of(&self, bounds: &[Bound], trial: &UnderWay) -> (f64, f64) {
        let (begin, part) = self.span;
        let budget = self.search.budget;
        let share = |amount: f64| (amount / budget.amount as f64).min(1.0);
        let before = self.state.spent_with(trial.id, Cost::default()).in_unit(budget.unit) as f64;
        let own = bounds.iter().filter(|bound| bound.unit == budget.unit).map(|bound| bound.amount);
        (begin + part * share(before), part * share(own.fold(f64::INFINITY, f64::min)))
    }

    fn tell_epoch(&mut self, id: TrialId, epoch: Epoch, cost: Cost, alphas: Alphas, last: bool) -> Result<()> {
        self.observer.event(&Event::Epoch { trial: Some(id.0), epoch: epoch.clone() });
        let report = Report { epoch: Some(epoch.clone()), alphas, ..self.report(id, cost) };
        let discards = self.tell(&report)?;
        let (phase, used) = (Phase::Search, self.state.spent_with(id, cost));
        self.record(&Record::Epoch { phase, trial: Some(id), epoch, used, report: Some(report), discards, last })
    }

    fn tell_score(&mut self, id: TrialId, score: MaskScore, cost: Cost) -> Result<()> {
        self.observer.event(&Event::Score { trial: id.0, score });
        let report = Report { score: Some(score), ..self.report(id, cost) };
        let discards = self.tell(&report)?;
        let used = self.state.spent_with(id, cost);
        self.record(&Record::Score { report, discards, used })
    }

    /// A report that says only what was spent.
    fn report(&self, id: TrialId, cost: Cost) -> Report {
        let remaining = self.remaining(&self.state.spent_with(id, cost));
        Report { trial: id, cost, remaining, epoch: None, score: None, alphas: Alphas::default(), end: None }
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

    /// Ends a trial that the strategy dropped, with what it was told of.
    fn end_dropped(&mut self, id: TrialId) -> Result<()> {
        let trial = self.state.under_way.iter().find(|trial| trial.id == id).filter(|trial| trial.told > 0);
        let tally = trial.map_or_else(Tally::default, |trial| {
            let works = Works { context: self.context, networks: self.networks(), state: &self.state };
            let size = works.resolve(trial).map_or_else(|_| Size::default(), |resolved| Size::of(&resolved));
            Tally { cost: trial.cost, best: trial.best.clone(), alphas: Alphas::default(), size }
        });
        self.end(id, Outcome::Discarded, tally)
    }

    fn end(&mut self, id: TrialId, outcome: Outcome, tally: Tally) -> Result<()> {
        match &outcome {
            Outcome::Failed { reason } => self.observer.event(&Event::Message(format!("trial {id} failed: {reason}"))),
            Outcome::Discarded => self.observer.event(&Event::Message(format!("trial {id} was discarded"))),
            _ => {}
        }
        let gone = !matches!(outcome, Outcome::Completed { .. });
        self.works.remove(&id);
        let Tally { cost, best, alphas, size: Size { parameters, multiply_adds } } = tally;
        let end = End { outcome, best, parameters, multiply_adds, peak_memory: memory::peak_memory() };
        let report = Report { alphas, end: Some(end), ..self.report(id, cost) };
        let discards = self.tell(&report)?;
        let used = self.state.spent_with(id, cost);
        self.record(&Record::End { trial: id, report, discards, used })?;
        let folder = &self.context.folder;
        hooks::save(folder, &mut self.hooks, self.journal.records())?;
        if gone {
            work::remove_checkpoint(folder, id);
        }
        // Trials dropped after they ended have weights to free, too.
        let needed: BTreeSet<TrialId> = self.state.needed();
        for id in self.state.discarded.difference(&needed) {
            work::remove_checkpoint(folder, *id);
        }
        Ok(())
    }

    fn networks(&self) -> Networks<'a> {
        Networks { space: self.space, data: self.context.train.info() }
    }
}

/// A network's size, for a person.
fn describe_size(resolved: &Resolved) -> String {
    let weights = resolved.layers.parameters();
    match resolved.layers.form {
        Form::Search => format!("a supernet of {} options, {weights} weights", resolved.layers.alphas()),
        _ => format!("{weights} weights"),
    }
}

fn describe(candidate: &Candidate) -> String {
    candidate
        .trial
        .map_or_else(|| "an architecture of no trial".to_owned(), |trial| format!("the architecture of trial {trial}"))
}
