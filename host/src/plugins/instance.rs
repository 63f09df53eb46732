//! A running strategy, as the run loop sees it: typed hooks, and a process that may die without the run noticing.
//!
//! Every call is kept with its reply until the state is saved. When the process dies, a new one loads the last saved
//! state and replays the calls since; since a strategy is deterministic, it is then where the old one was. Each reply
//! is compared with the earlier one: a strategy whose answers differ is refused, because its run could not be repeated.

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{LONGEST_MESSAGE, bounded, printable};
use genomenas_plugin::ErrorCode;
use genomenas_plugin::engine::{Call, Hooks, ReplayError, replay};
use genomenas_plugin::message::{Ask, Discard, Proposal, Report, Setup};
use genomenas_plugin_host::wire::{Kind, code};
use serde::Serialize;

use super::child::{Child, Fault, Start};
use super::copy::{PluginCopy, copy};
use super::launch;
use super::limits::{Limits, call_name};
use super::registry::StrategyRef;

/// An instance of a strategy.
#[derive(Debug)]
pub struct PluginInstance {
    start: Start,
    child: Option<Child>,
    /// The last saved state, and the calls since.
    state: Option<Vec<u8>>,
    calls: Vec<Call>,
    crashes: u32,
    /// Keeps the library's file.
    _copy: PluginCopy,
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
        };
        let mut instance = Self { start, child: None, state, calls, crashes: 0, _copy: copy };
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
                Ok(reply) => return Ok(reply),
                Err(fault) => self.survive(kind, fault)?,
            }
        }
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

    fn attempt(&self) -> Result<Child, AttemptError> {
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
        let Start { manifest, strategy, limits, .. } = &self.start;
        match fault {
            Fault::Crash(how) => {
                self.child = None;
                self.crashes += 1;
                if self.crashes >= limits.crashes {
                    return Err(Error::plugin(format!(
                        "{how}. That was crash {} of strategy `{strategy}`, so the run is given up",
                        self.crashes
                    )));
                }
                log::warn!("{how}; it is started again and taken to where it was");
                Ok(())
            }
            Fault::Refused { code: code::OPEN, message } => {
                Err(Error::input(format!("plugin {}: {message}", manifest.id)))
            }
            Fault::Refused { code, message }
                if kind == Kind::Create && ErrorCode::from_u32(code) == ErrorCode::InvalidInput =>
            {
                Err(Error::input(format!("strategy `{strategy}` of plugin {}: {message}", manifest.id)))
            }
            Fault::Refused { message, .. } => Err(Error::plugin(format!(
                "strategy `{strategy}` of plugin {} failed in {}: {message}",
                manifest.id,
                call_name(kind)
            ))),
        }
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

    /// The calls up to here are then forgotten.
    fn save(&mut self) -> Result<Vec<u8>> {
        let Bytes(state) = self.call(Kind::Save, &[])?;
        self.state = Some(state.clone());
        self.calls.clear();
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
