//! The course of a simulated run: what a strategy answered, how it ended, and what was done to it on the way.

use std::collections::BTreeMap;

use rand::RngExt as _;

use super::damage::damaged;
use super::reach::{Reach, Wired, is_lost};
use crate::engine::{Call, calls};
use crate::message::{Ask, Discard, Outcome, Proposal, Report, Setup, TrialId};
use crate::simulate::{Simulation, run};
use crate::{Error, Instance, Result, seed};

/// What is done to a strategy during a run, which a sound one does not mind.
#[derive(Clone, Debug, Default)]
pub(in crate::simulate) struct Treatment {
    /// Before which of its hooks, counted from 0, a fresh instance that loads its state takes its place.
    pub(in crate::simulate) reload: Reload,
    /// Whether each end of a trial is followed by reports that were on their way.
    pub(in crate::simulate) late: bool,
    /// Lets the reports of several trials arrive in another order, each trial's own in theirs, drawn from this seed.
    pub(in crate::simulate) shuffled: Option<u64>,
    /// Before which of its hooks it is sent a damaged message, drawn from this seed; what it stood at before is loaded
    /// after that.
    pub(in crate::simulate) damage: BTreeMap<usize, u64>,
    /// Whether the calls are told in words.
    pub(in crate::simulate) told: bool,
}

/// When a strategy is replaced by a fresh instance that loads its state.
#[derive(Clone, Debug, Default)]
pub(in crate::simulate) enum Reload {
    /// Never.
    #[default]
    Never,
    /// Before every hook; where instances cost something to make, before the first twelve and every eleventh.
    Often,
    /// Before these hooks.
    Before(Vec<usize>),
}

/// What came of a run.
#[derive(Clone, Debug)]
pub(in crate::simulate) struct Course {
    /// Every proposal, and every list of discards that is not empty; last the words in which a hook failed.
    pub(in crate::simulate) answers: Vec<String>,
    /// What the strategy did wrong, though the run went on.
    pub(in crate::simulate) mistakes: Vec<String>,
    /// Why the run ended, where that was not with a finding.
    pub(in crate::simulate) ended: Option<Error>,
    /// Whether that is the strategy's own word and not the host's.
    pub(in crate::simulate) own_word: bool,
    /// The calls of the run.
    pub(in crate::simulate) calls: Vec<Call>,
    /// The calls in words, where they are wanted.
    pub(in crate::simulate) told: Vec<String>,
    /// That the strategy was lost, which ended the run.
    pub(in crate::simulate) lost: Option<Error>,
}

impl Course {
    /// Runs a strategy.
    ///
    /// # Errors
    ///
    /// It refuses the setup, or was lost.
    pub(in crate::simulate) fn of(reach: &dyn Reach, simulation: &Simulation, treatment: &Treatment) -> Result<Self> {
        let course = Self::to_the_end(reach, simulation, treatment)?;
        match course.lost {
            Some(error) => Err(error),
            None => Ok(course),
        }
    }

    /// As [`of`](Self::of), and shows a run in which the strategy was lost, too.
    ///
    /// # Errors
    ///
    /// It refuses the setup, or was lost with it.
    pub(in crate::simulate) fn to_the_end(
        reach: &dyn Reach,
        simulation: &Simulation,
        treatment: &Treatment,
    ) -> Result<Self> {
        let mut watched = Watched::new(reach, &simulation.setup, treatment)?;
        let mut late = Late { inner: &mut watched, latest: BTreeMap::new(), on: treatment.late };
        let mut queue = Queue { inner: &mut late, held: Vec::new(), discards: Vec::new(), seed: treatment.shuffled };
        let searched = run::search(simulation, &mut queue);
        let Watched { mut answers, error, told, .. } = watched;
        let (mistakes, calls) = (searched.mistakes, calls(&searched.records));
        let (own_word, ended) = (error.is_some(), searched.found.err().or_else(|| error.clone()));
        answers.extend(error.as_ref().map(|error| format!("the error '{}'", error.message)));
        // It may be lost while it is saved, too, which is not a hook of the run.
        let lost = error.or_else(|| ended.clone()).filter(is_lost);
        Ok(Self { answers, mistakes, ended, own_word, calls, told, lost })
    }

    /// Refuses a run with a mistake, or without a finding.
    ///
    /// # Errors
    ///
    /// The first mistake, or why it ended.
    pub(in crate::simulate) fn sound(&self) -> Result<()> {
        match (self.mistakes.first(), &self.ended) {
            (Some(mistake), _) => Err(Error::invalid(mistake)),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(()),
        }
    }
}

/// Refuses answers that differ.
///
/// # Errors
///
/// The first that does.
pub(in crate::simulate) fn equal(first: &[String], second: &[String]) -> Result<()> {
    let differs = first.iter().zip(second).position(|(first, second)| first != second);
    match differs {
        Some(at) => Err(Error::new(format!(
            "answer {} differs: first {}, then {}",
            at + 1,
            shown(&first[at]),
            shown(&second[at])
        ))),
        None if first.len() != second.len() => {
            Err(Error::new(format!("first there were {} proposals and discards, then {}", first.len(), second.len())))
        }
        None => Ok(()),
    }
}

fn shown(text: &str) -> String {
    if text.chars().count() > 300 { text.chars().take(300).chain(" …".chars()).collect() } else { text.to_owned() }
}

/// A strategy that is watched, and treated, while it runs.
struct Watched<'a> {
    reach: &'a dyn Reach,
    setup: Vec<u8>,
    treatment: &'a Treatment,
    inner: Wired,
    /// How many hooks were called.
    at: usize,
    answers: Vec<String>,
    /// The last error of a hook.
    error: Option<Error>,
    told: Vec<String>,
}

impl<'a> Watched<'a> {
    fn new(reach: &'a dyn Reach, setup: &Setup, treatment: &'a Treatment) -> Result<Self> {
        let setup = serde_json::to_vec(setup)?;
        let inner = Wired::new(reach.open(&setup)?);
        Ok(Self { reach, setup, treatment, inner, at: 0, answers: Vec::new(), error: None, told: Vec::new() })
    }

    fn hook<T>(&mut self, message: &[u8], call: impl FnOnce(&mut Wired) -> Result<T>) -> Result<T> {
        let at = self.at;
        self.at += 1;
        let answer = self.treat(at, message).and_then(|()| call(&mut self.inner));
        self.error = answer.as_ref().err().cloned().or(self.error.take());
        answer
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.treatment.told {
            self.told.push(what());
        }
    }

    /// Tells a call and what came of it.
    fn tell_call<T>(&mut self, call: impl FnOnce() -> String, answer: &Result<T>, in_words: impl FnOnce(&T) -> String) {
        self.tell(|| match answer {
            Ok(answer) => call() + &in_words(answer),
            Err(error) => format!("{} → {}", call(), error.message),
        });
    }

    fn treat(&mut self, at: usize, message: &[u8]) -> Result<()> {
        let reload = match &self.treatment.reload {
            Reload::Never => false,
            Reload::Often => self.reach.is_near() || at < 12 || at.is_multiple_of(11),
            Reload::Before(hooks) => hooks.contains(&at),
        };
        if reload {
            self.tell(|| "save, and load into a fresh instance".to_owned());
            let state = self.inner.save()?;
            self.inner = Wired::new(self.reach.open(&self.setup)?);
            self.inner.load(&state).map_err(|error| error.context("its own saved state"))?;
        }
        if let Some(seed) = self.treatment.damage.get(&at) {
            let state = self.inner.save()?;
            let (hook, message) = damaged(message, *seed);
            self.tell(|| {
                format!("save, then {hook:?} with the damaged message {}", shown(&message.escape_ascii().to_string()))
            });
            match self.inner.call(hook, &message) {
                Err(error) if is_lost(&error) => {
                    return Err(error.context(format!("a damaged message ({})", message.escape_ascii())));
                }
                Ok(_) | Err(_) => self.inner.load(&state).map_err(|error| error.context("its own saved state"))?,
            }
        }
        Ok(())
    }
}

impl Instance for Watched<'_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let message = serde_json::to_vec(ask)?;
        let answer = self.hook(&message, |inner| inner.propose(ask));
        self.tell_call(
            || format!("propose, with {} left and {} trials under way", ask.remaining, ask.in_flight.len()),
            &answer,
            |proposal| match proposal {
                Proposal::Trials { trials } => format!(" → {} trials from {} on", trials.len(), ask.next_trial),
                Proposal::Wait => " → wait".to_owned(),
                Proposal::Finish { .. } => " → finish".to_owned(),
            },
        );
        let proposal = answer?;
        self.answers.push(serde_json::to_string(&proposal)?);
        Ok(proposal)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let message = serde_json::to_vec(report)?;
        let answer = self.hook(&message, |inner| inner.update(report));
        self.tell_call(|| format!("update, {}", in_words(report)), &answer, |()| String::new());
        answer
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let message = serde_json::to_vec(report)?;
        let answer = self.hook(&message, |inner| inner.discard(report));
        self.tell_call(
            || format!("discard, {}", in_words(report)),
            &answer,
            |discards| match discards.len() {
                0 => String::new(),
                count => format!(" → drops {count}"),
            },
        );
        let discards = answer?;
        if !discards.is_empty() {
            self.answers.push(serde_json::to_string(&discards)?);
        }
        Ok(discards)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }
}

fn in_words(report: &Report) -> String {
    let what = match (&report.end, &report.epoch, &report.score) {
        (Some(end), ..) => match &end.outcome {
            Outcome::Failed { reason } => format!("failed ({})", shown(reason)),
            Outcome::Completed { stopped } => format!("ended ({stopped:?})"),
            Outcome::Discarded => "ended (dropped)".to_owned(),
        },
        (None, Some(epoch), _) => format!("epoch {}", epoch.number),
        (None, None, Some(score)) => format!("score of mask {}", score.mask),
        (None, None, None) => "nothing".to_owned(),
    };
    format!("trial {}: {what}", report.trial)
}

/// Sends the last report of a trial before its end, and that end, once more after it.
struct Late<'a, 'b> {
    inner: &'a mut Watched<'b>,
    latest: BTreeMap<TrialId, Report>,
    on: bool,
}

impl Instance for Late<'_, '_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.inner.propose(ask)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.inner.update(report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let mut discards = self.inner.discard(report)?;
        if !self.on {
            return Ok(discards);
        }
        if report.end.is_none() {
            self.latest.insert(report.trial, report.clone());
            return Ok(discards);
        }
        let before = self.latest.remove(&report.trial);
        for again in before.into_iter().chain([report.clone()]) {
            let again = Report { remaining: report.remaining, ..again };
            self.inner.update(&again)?;
            discards.extend(self.inner.discard(&again)?);
        }
        Ok(discards)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }
}

/// So many reports are held back at most.
const MOST_HELD: usize = 8;

/// Holds reports back until the strategy is asked, and hands them on in another order.
struct Queue<'a, 'b, 'c> {
    inner: &'a mut Late<'b, 'c>,
    held: Vec<Report>,
    /// What was dropped when the host did not listen.
    discards: Vec<Discard>,
    /// Whether, and by which draws.
    seed: Option<u64>,
}

impl Queue<'_, '_, '_> {
    /// Hands on all that is held.
    fn flush(&mut self) -> Result<()> {
        let Some(number) = self.seed else { return Ok(()) };
        let mut draws = seed::stream(number, "order", self.inner.inner.at as u64);
        // Not the remaining of then: what is left never grows.
        let remaining = self.held.last().map_or(0, |report| report.remaining);
        while !self.held.is_empty() {
            let trial = self.held[draws.random_range(0..self.held.len())].trial;
            let Some(first) = self.held.iter().position(|report| report.trial == trial) else { break };
            let report = Report { remaining, ..self.held.remove(first) };
            self.inner.update(&report)?;
            self.discards.extend(self.inner.discard(&report)?);
        }
        Ok(())
    }
}

impl Instance for Queue<'_, '_, '_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.flush()?;
        self.inner.propose(ask)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        if self.seed.is_some() {
            self.held.push(report.clone());
            return Ok(());
        }
        self.inner.update(report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        if self.seed.is_none() {
            return self.inner.discard(report);
        }
        if self.held.len() > MOST_HELD {
            self.flush()?;
        }
        Ok(std::mem::take(&mut self.discards))
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }
}
