//! A strategy at work, as the run loop sees it: typed hooks, and a process that may die without the run noticing.
//!
//! Every call is remembered with its reply until the state is saved. When the process dies, a new one loads the last
//! saved state and is taken through the remembered calls; since a strategy is deterministic it then stands where the
//! old one stood. Each reply is compared with the remembered one: a strategy that answers otherwise the second time is
//! refused, because a run of it could not be repeated.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::ErrorCode;
use genomenas_plugin::message::{Ask, Discard, Proposal, Report, Setup};
use genomenas_plugin_host::wire::{Kind, code};
use serde::{Deserialize, Serialize};

use super::catalog::Choice;
use super::child::{Child, Fault, Start};
use super::copy::{PluginCopy, copy};
use super::launch;
use super::limits::{Limits, call_name};

/// A call and its reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "hook", rename_all = "snake_case")]
pub enum Call {
    /// What to do next.
    Propose {
        /// What was asked.
        ask: Ask,
        /// What was answered.
        proposal: Proposal,
    },
    /// What happened.
    Update {
        /// What was told.
        report: Report,
    },
    /// What to drop.
    Discard {
        /// What was told.
        report: Report,
        /// What was dropped.
        discards: Vec<Discard>,
    },
}

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
    pub fn start(choice: &Choice<'_>, setup: &Setup, limits: Limits) -> Result<Self> {
        Self::resume(choice, setup, limits, None, Vec::new())
    }

    /// Makes an instance that stands where another one stood: `state` is what it saved last, `calls` those since.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), or the plugin answers a call otherwise than it did.
    pub fn resume(
        choice: &Choice<'_>,
        setup: &Setup,
        limits: Limits,
        state: Option<Vec<u8>>,
        calls: Vec<Call>,
    ) -> Result<Self> {
        let copy = copy(choice.found)?;
        let setup = serde_json::to_string(setup)
            .map_err(|error| Error::failed(format!("cannot write the setup for {}: {error}", choice.strategy.id)))?;
        let start = Start {
            binary: launch::plugin_host()?,
            library: copy.path().to_owned(),
            manifest: choice.manifest.clone(),
            strategy: choice.strategy.id.clone(),
            setup,
            limits,
        };
        let mut instance = Self { start, child: None, state, calls, crashes: 0, _copy: copy };
        instance.revive()?;
        Ok(instance)
    }

    /// Asks what to do next.
    ///
    /// # Errors
    ///
    /// The strategy says that it cannot go on, or its process died too often.
    pub fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let proposal: Proposal = self.call(Kind::Propose, &encode(ask)?)?;
        self.calls.push(Call::Propose { ask: ask.clone(), proposal: proposal.clone() });
        Ok(proposal)
    }

    /// Tells what happened.
    ///
    /// # Errors
    ///
    /// As [`propose`](Self::propose).
    pub fn update(&mut self, report: &Report) -> Result<()> {
        let Nothing {} = self.call(Kind::Update, &encode(report)?)?;
        self.calls.push(Call::Update { report: report.clone() });
        Ok(())
    }

    /// Asks what to drop.
    ///
    /// # Errors
    ///
    /// As [`propose`](Self::propose).
    pub fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let discards: Vec<Discard> = self.call(Kind::Discard, &encode(report)?)?;
        self.calls.push(Call::Discard { report: report.clone(), discards: discards.clone() });
        Ok(discards)
    }

    /// Saves the state. The calls up to here are then forgotten.
    ///
    /// # Errors
    ///
    /// As [`propose`](Self::propose).
    pub fn save(&mut self) -> Result<Vec<u8>> {
        let Bytes(state) = self.call(Kind::Save, &[])?;
        self.state = Some(state.clone());
        self.calls.clear();
        Ok(state)
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

    /// Makes the instance anew and takes it through what the old one went through, as often as it may crash.
    fn revive(&mut self) -> Result<()> {
        loop {
            match self.attempt() {
                Ok(child) => {
                    self.child = Some(child);
                    return Ok(());
                }
                Err(Setback::Error(error)) => return Err(error),
                Err(Setback::Fault(kind, fault)) => self.survive(kind, fault)?,
            }
        }
    }

    fn attempt(&self) -> Result<Child, Setback> {
        let mut child = Child::start(&self.start).map_err(|fault| Setback::Fault(Kind::Create, fault))?;
        if let Some(state) = &self.state {
            let Nothing {} =
                answer(&mut child, Kind::Load, state).map_err(|fault| Setback::Fault(Kind::Load, fault))?;
        }
        for (number, call) in self.calls.iter().enumerate() {
            let (kind, same) = replay(&mut child, call)?;
            if !same {
                return Err(Setback::Error(Error::plugin(format!(
                    "plugin {} is not deterministic: taken again through the calls of strategy `{}`, it answered call \
                     {} ({}) otherwise than before. Its random numbers must come from the seed in its setup alone, and \
                     it must not depend on the clock, the process or the order of a hash map",
                    self.start.manifest.id,
                    self.start.strategy,
                    number + 1,
                    call_name(kind)
                ))));
            }
        }
        Ok(child)
    }

    /// After a crash, lets the caller try again; an error when there were too many, or when it was no crash.
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

enum Setback {
    Fault(Kind, Fault),
    Error(Error),
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Makes a call again and tells whether the reply is the same.
fn replay(child: &mut Child, call: &Call) -> Result<(Kind, bool), Setback> {
    fn again<T: Reply>(child: &mut Child, kind: Kind, request: &[u8]) -> Result<T, Setback> {
        answer(child, kind, request).map_err(|fault| Setback::Fault(kind, fault))
    }
    Ok(match call {
        Call::Propose { ask, proposal } => {
            (Kind::Propose, again::<Proposal>(child, Kind::Propose, &encode(ask)?)? == *proposal)
        }
        Call::Update { report } => {
            let Nothing {} = again(child, Kind::Update, &encode(report)?)?;
            (Kind::Update, true)
        }
        Call::Discard { report, discards } => {
            (Kind::Discard, again::<Vec<Discard>>(child, Kind::Discard, &encode(report)?)? == *discards)
        }
    })
}

fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(message).map_err(|error| Error::failed(format!("cannot write a message to a plugin: {error}")))
}

fn answer<T: Reply>(child: &mut Child, kind: Kind, request: &[u8]) -> Result<T, Fault> {
    let reply = child.call(kind, request.to_vec())?;
    T::read(reply)
        .map_err(|error| Fault::Refused { code: code::MISUSE, message: format!("its reply cannot be read: {error}") })
}

/// What a hook returns.
trait Reply: Sized {
    fn read(bytes: Vec<u8>) -> Result<Self, serde_json::Error>;
}

/// An acknowledgement; what later versions may put into it is ignored.
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
