//! A running strategy, as the run loop sees it: typed hooks, and a process that may die without the run noticing.
//!
//! Every call is kept with its reply until the state is saved. When the process dies, a new one loads the last saved
//! state and replays the calls since; since a strategy is deterministic, it is then where the old one was. Each reply
//! is compared with the earlier one: a strategy whose answers differ is refused, because its run could not be repeated.
//!
//! Three crashes in a row end it. What happened before the state was last saved, or before twenty calls that went well, does
//! not count any more: a search of weeks may lose its plugin now and then, to the memory of a busy machine for instance.

use std::path::PathBuf;
use std::sync::Arc;

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{LONGEST_MESSAGE, bounded, printable};
use genomenas_plugin::ErrorCode;
use genomenas_plugin::engine::{Call, Hooks, ReplayError, replay};
use genomenas_plugin::message::{Ask, Discard, Proposal, Report, Setup};
use genomenas_plugin_host::wire::{Kind, code};
use log::Level;
use serde::Serialize;

use super::child::{Child, Fault, Start};
use super::copy::{PluginCopy, copy};
use super::crashes::Record;
use super::launch;
use super::limits::{Limits, during};
use super::registry::StrategyRef;
use super::relay::Allowance;

/// After so many calls that went well, earlier crashes are forgotten.
const FORGIVEN: u32 = 20;

/// An instance of a strategy.
#[derive(Debug)]
pub struct PluginInstance {
    start: Start,
    child: Option<Child>,
    /// The last saved state, and the calls since.
    state: Option<Vec<u8>>,
    calls: Vec<Call>,
    crashes: u32,
    /// Crashes that are not forgotten, those of them that were the plugin's own doing, and the good calls since.
    in_a_row: u32,
    own: u32,
    good: u32,
    /// What follows where there are too many.
    consequence: &'static str,
    /// Keeps the library's file.
    copy: PluginCopy,
    /// Where it is noted that there were too many.
    record: Option<Record>,
    /// The library as its user knows it.
    file: PathBuf,
}

impl PluginInstance {
    /// Makes a new instance.
    ///
    /// # Errors
    ///
    /// The plugin cannot be loaded, or refuses the setup: wrong use. Its process dies again and again: failed work.
    pub fn start(strategy: &StrategyRef<'_>, setup: &Setup, limits: Limits) -> Result<Self> {
        Self::resume(strategy, setup, limits, None, Vec::new())
    }

    /// Makes a new instance where there is no run, to see what it is like.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn try_out(strategy: &StrategyRef<'_>, setup: &Setup, limits: Limits) -> Result<Self> {
        Self::make(strategy, setup, limits, (None, Vec::new()), "so nothing is begun with it")
    }

    /// Makes an instance that continues another one: `state` is what it saved last, `calls` are the calls since.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), or the plugin answers a call differently than before.
    pub fn resume(
        strategy: &StrategyRef<'_>,
        setup: &Setup,
        limits: Limits,
        state: Option<Vec<u8>>,
        calls: Vec<Call>,
    ) -> Result<Self> {
        Self::make(strategy, setup, limits, (state, calls), "so the run is given up")
    }

    fn make(
        strategy: &StrategyRef<'_>,
        setup: &Setup,
        limits: Limits,
        (state, calls): (Option<Vec<u8>>, Vec<Call>),
        consequence: &'static str,
    ) -> Result<Self> {
        let copy = copy(strategy.plugin)?;
        let setup = serde_json::to_string(setup)
            .map_err(|error| Error::bug(format!("cannot write the setup for {}: {error}", strategy.strategy.id)))?;
        let start = Start {
            binary: launch::plugin_host()?,
            library: copy.path().to_owned(),
            manifest: strategy.manifest.clone(),
            strategy: strategy.strategy.id.clone(),
            setup,
            limits,
            output: Allowance::default(),
            printed: Arc::default(),
        };
        let mut instance = Self {
            start,
            child: None,
            state,
            calls,
            crashes: 0,
            in_a_row: 0,
            own: 0,
            good: 0,
            consequence,
            copy,
            // A crash under a debugger is what a person looks for.
            record: strategy.plugin.record.clone().filter(|_| !limits.debugger),
            file: strategy.plugin.path.clone(),
        };
        instance.revive()?;
        Ok(instance)
    }

    /// The calls since the state was last saved.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// How often the plugin crashed so far.
    pub fn crashes(&self) -> u32 {
        self.crashes
    }

    /// The process that the instance lives in now.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::pid)
    }

    /// Logs what the plugin is protected from, and is not where it should be.
    pub fn tell_protections(&self) {
        let Some(child) = &self.child else {
            return;
        };
        let wanting = self.start.limits.confined && !child.protections().off.is_empty();
        let level = if wanting { Level::Warn } else { Level::Info };
        log::log!(level, "protections of plugin {}: {}", self.start.manifest.id, child.protections());
    }

    /// Calls until an answer comes: a crash is followed by a revival and the same call again.
    fn call<T: Reply>(&mut self, kind: Kind, request: &[u8]) -> Result<T> {
        loop {
            if self.child.is_none() {
                self.revive()?;
            }
            let Some(child) = &mut self.child else {
                continue;
            };
            match answer(child, kind, request) {
                Ok(reply) => {
                    self.good += 1;
                    if self.good >= FORGIVEN {
                        self.forget_crashes();
                    }
                    return Ok(reply);
                }
                Err(fault) => self.survive(kind, fault)?,
            }
        }
    }

    const fn forget_crashes(&mut self) {
        (self.in_a_row, self.own, self.good) = (0, 0, 0);
    }

    /// Makes the instance anew and replays what the old one did, as often as it may crash.
    fn revive(&mut self) -> Result<()> {
        loop {
            match self.attempt() {
                Ok(child) => {
                    self.child = Some(child);
                    return Ok(());
                }
                Err(AttemptError::Error(error)) => return Err(error),
                Err(AttemptError::Fault(kind, fault)) => self.survive(kind, fault)?,
            }
        }
    }

    fn attempt(&mut self) -> Result<Child, AttemptError> {
        if self.crashes > 0 {
            // Whatever ended the process may have been what became of its library.
            self.copy.renew()?;
            self.copy.path().clone_into(&mut self.start.library);
        }
        let mut child = Child::start(&self.start).map_err(|fault| AttemptError::Fault(Kind::Create, fault))?;
        if let Some(state) = &self.state {
            let Nothing {} =
                answer(&mut child, Kind::Load, state).map_err(|fault| AttemptError::Fault(Kind::Load, fault))?;
        }
        match replay(&mut Repeated(&mut child), &self.calls) {
            Ok(()) => Ok(child),
            Err(ReplayError::Hook(setback)) => Err(setback),
            Err(ReplayError::Differs { number, hook }) => Err(AttemptError::Error(Error::plugin(format!(
                "plugin {} is not deterministic: taken again through the calls of strategy `{}`, it answered call \
                 {number} ({hook}) otherwise than before. Its random numbers must come from the seed in its setup alone, \
                 and it must not depend on the clock, the process or the order of a hash map",
                self.start.manifest.id, self.start.strategy
            )))),
        }
    }

    /// Lets the caller try again after a crash; an error after too many, or where the plugin refused.
    fn survive(&mut self, kind: Kind, fault: Fault) -> Result<()> {
        let Start { manifest, strategy, .. } = &self.start;
        match fault {
            Fault::Crash(how) => self.count(&how, true),
            Fault::Stopped(how) => self.count(&how, false),
            // Not the work failed but the machine: the run can go on once that is mended.
            Fault::System(why) => Err(Error::io("use", &self.start.binary, std::io::Error::other(why))),
            Fault::Refused { code: code::OPEN, message } => {
                Err(Error::input(format!("plugin {}: {message}", manifest.id)))
            }
            Fault::Refused { code, message }
                if kind == Kind::Create && ErrorCode::from_u32(code) == ErrorCode::InvalidInput =>
            {
                Err(Error::input(format!("strategy `{strategy}` of plugin {}: {message}", manifest.id)))
            }
            Fault::Refused { message, .. } => Err(Error::plugin(format!(
                "strategy `{strategy}` of plugin {} failed {}: {message}",
                manifest.id,
                during(kind)
            ))),
        }
    }

    /// Counts a crash; an error after too many in a row.
    fn count(&mut self, how: &str, own: bool) -> Result<()> {
        self.child = None;
        self.crashes += 1;
        self.in_a_row += 1;
        self.own += u32::from(own);
        self.good = 0;
        if self.in_a_row < self.start.limits.crashes {
            log::warn!("{how}; it is started again and taken to where it was");
            return Ok(());
        }
        // A process that was killed, or late, says nothing of its library: the machine may have been full or busy.
        if let Some(record) = self.record.as_ref().filter(|_| self.own == self.in_a_row) {
            record.add(&self.file, how);
        }
        Err(Error::plugin(format!(
            "{how}. That was crash {} of strategy `{}`, {}",
            self.in_a_row, self.start.strategy, self.consequence
        )))
    }
}

impl Hooks for PluginInstance {
    type Error = Error;

    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let proposal: Proposal = self.call(Kind::Propose, &encode(ask)?)?;
        self.calls.push(Call::Propose { ask: ask.clone(), proposal: proposal.clone() });
        Ok(proposal)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let Nothing {} = self.call(Kind::Update, &encode(report)?)?;
        self.calls.push(Call::Update { report: report.clone() });
        Ok(())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let discards: Vec<Discard> = self.call(Kind::Discard, &encode(report)?)?;
        self.calls.push(Call::Discard { report: report.clone(), discards: discards.clone() });
        Ok(discards)
    }

    /// The calls and the crashes up to here are then forgotten.
    fn save(&mut self) -> Result<Vec<u8>> {
        let Bytes(state) = self.call(Kind::Save, &[])?;
        self.state = Some(state.clone());
        self.calls.clear();
        self.forget_crashes();
        Ok(state)
    }
}

/// Why an attempt to bring the instance back failed.
enum AttemptError {
    Fault(Kind, Fault),
    Error(Error),
}

impl From<Error> for AttemptError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The hooks of a process that is taken through the calls of another one.
struct Repeated<'a>(&'a mut Child);

impl Repeated<'_> {
    fn call<T: Reply, M: Serialize>(&mut self, kind: Kind, message: &M) -> Result<T, AttemptError> {
        answer(self.0, kind, &encode(message)?).map_err(|fault| AttemptError::Fault(kind, fault))
    }
}

impl Hooks for Repeated<'_> {
    type Error = AttemptError;

    fn propose(&mut self, ask: &Ask) -> Result<Proposal, AttemptError> {
        self.call(Kind::Propose, ask)
    }

    fn update(&mut self, report: &Report) -> Result<(), AttemptError> {
        let Nothing {} = self.call(Kind::Update, report)?;
        Ok(())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>, AttemptError> {
        self.call(Kind::Discard, report)
    }

    fn save(&mut self) -> Result<Vec<u8>, AttemptError> {
        let Bytes(state) = answer(self.0, Kind::Save, &[]).map_err(|fault| AttemptError::Fault(Kind::Save, fault))?;
        Ok(state)
    }
}

fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(message).map_err(|error| Error::bug(format!("cannot write a message to a plugin: {error}")))
}

fn answer<T: Reply>(child: &mut Child, kind: Kind, request: &[u8]) -> Result<T, Fault> {
    read(child.call(kind, request.to_vec())?)
}

fn read<T: Reply>(reply: Vec<u8>) -> Result<T, Fault> {
    T::read(reply).map_err(|error| {
        // What does not fit is quoted, in any length.
        let error = printable(&bounded(&error.to_string(), LONGEST_MESSAGE));
        Fault::Refused { code: code::MISUSE, message: format!("its reply cannot be read: {error}") }
    })
}

/// What a hook returns.
trait Reply: Sized {
    fn read(bytes: Vec<u8>) -> Result<Self, serde_json::Error>;
}

/// An acknowledgement; what later versions put into it is ignored.
struct Nothing {}

/// Bytes as they are.
struct Bytes(Vec<u8>);

impl Reply for Nothing {
    fn read(_: Vec<u8>) -> Result<Self, serde_json::Error> {
        Ok(Self {})
    }
}

impl Reply for Bytes {
    fn read(bytes: Vec<u8>) -> Result<Self, serde_json::Error> {
        Ok(Self(bytes))
    }
}

impl Reply for Proposal {
    fn read(bytes: Vec<u8>) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(&bytes)
    }
}

impl Reply for Vec<Discard> {
    fn read(bytes: Vec<u8>) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_cannot_be_read_is_quoted_in_bounds() {
        let name = "n\\u001b".repeat(10_000_000);
        let long = format!(r#"{{"type":"{name}"}}"#);
        let trial = format!(r#"{{"type":"trials","trials":[{{"work":"{name}"}}]}}"#);
        for reply in [&long, &trial] {
            let Err(Fault::Refused { message, .. }) = read::<Proposal>(reply.clone().into_bytes()) else {
                panic!("such a reply is refused")
            };
            assert!(
                message.len() < LONGEST_MESSAGE + 100 && message.contains("characters left out"),
                "{}",
                message.len()
            );
            assert!(
                message.starts_with("its reply cannot be read: unknown variant `n") && message.contains("expected")
            );
            assert!(!message.contains(char::is_control));
        }
    }
}
