//! How the checks reach a strategy: bytes in and bytes out, as a host does, in this process or through another one.

use std::cell::RefCell;

use genomenas_abi::{FfiResult, RErr, ROk, RVec, StrategyBox};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::Call;
use crate::export::{caught, guarded};
use crate::message::{Ask, Discard, Proposal, Report, Setup};
use crate::{Error, ErrorCode, Instance, Result};

/// A hook that takes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// An ask in, a proposal out.
    Propose,
    /// A report in.
    Update,
    /// A report in, a list of discards out.
    Discard,
    /// The state out.
    Save,
    /// A state in.
    Load,
}

/// An instance as a host talks to it.
pub trait Wire: Send {
    /// Calls a hook.
    ///
    /// # Errors
    ///
    /// The strategy refused, or was lost: then with [`ErrorCode::Panic`] or [`ErrorCode::Poisoned`].
    fn call(&mut self, hook: Hook, message: &[u8]) -> Result<Vec<u8>>;

    /// The memory of the process that the instance lives in, in bytes, where it has one of its own.
    fn memory(&self) -> Option<u64> {
        None
    }
}

/// Where instances of a strategy come from.
pub trait Reach: Sync {
    /// Makes an instance from a setup message.
    ///
    /// # Errors
    ///
    /// The strategy refuses it, or was lost.
    fn open(&self, setup: &[u8]) -> Result<Box<dyn Wire>>;

    /// Makes two instances in one process.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    fn open_two(&self, setup: &[u8]) -> Result<[Box<dyn Wire>; 2]>;

    /// Whether an instance costs next to nothing to make.
    fn is_near(&self) -> bool {
        true
    }

    /// What is wrong with the plugin as a library; with what was looked at, where nothing is.
    ///
    /// # Errors
    ///
    /// What its author has to change.
    fn library(&self) -> Result<String>;

    /// The bytes that ended instances printed on standard output, where that can be known.
    fn printed(&self) -> Option<u64> {
        None
    }
}

/// A strategy of this process.
pub(in crate::simulate) struct Near<F>(pub(in crate::simulate) F);

impl<F: Fn(&Setup) -> Result<Box<dyn Instance>> + Sync> Reach for Near<F> {
    fn open(&self, setup: &[u8]) -> Result<Box<dyn Wire>> {
        let setup: Setup = serde_json::from_slice(setup)
            .map_err(|error| Error::invalid(format!("the setup cannot be read: {error}")))?;
        let instance = caught(|| (self.0)(&setup))?;
        Ok(Box::new(Behind(guarded(instance))))
    }

    fn open_two(&self, setup: &[u8]) -> Result<[Box<dyn Wire>; 2]> {
        Ok([self.open(setup)?, self.open(setup)?])
    }

    fn library(&self) -> Result<String> {
        let manifest = crate::export::manifest()?;
        Ok(format!("the manifest of this crate is sound, with {} strategies", manifest.strategies.len()))
    }
}

/// An instance behind the guard through which a host would reach it.
struct Behind(StrategyBox);

impl Wire for Behind {
    fn call(&mut self, hook: Hook, message: &[u8]) -> Result<Vec<u8>> {
        let object = &mut self.0;
        plain(match hook {
            Hook::Propose => object.propose(message.into()),
            Hook::Update => object.update(message.into()),
            Hook::Discard => object.discard(message.into()),
            Hook::Save => object.save(),
            Hook::Load => object.load(message.into()),
        })
    }
}

fn plain(result: FfiResult<RVec<u8>>) -> Result<Vec<u8>> {
    match result {
        ROk(bytes) => Ok(bytes.into()),
        RErr(error) => Err(Error { code: ErrorCode::from_u32(error.code.0), message: error.message.into() }),
    }
}

/// An instance whose messages are written and read here.
pub(super) struct Wired(RefCell<Box<dyn Wire>>);

impl Wired {
    pub(super) fn new(wire: Box<dyn Wire>) -> Self {
        Self(RefCell::new(wire))
    }

    /// Calls a hook with bytes of any kind.
    pub(super) fn call(&self, hook: Hook, message: &[u8]) -> Result<Vec<u8>> {
        self.0.borrow_mut().call(hook, message)
    }

    pub(super) fn memory(&self) -> Option<u64> {
        self.0.borrow().memory()
    }

    /// Makes a call again. Returns whether it is answered as before.
    pub(super) fn repeat(&mut self, call: &Call) -> Result<bool> {
        Ok(match call {
            Call::Propose { ask, proposal } => self.propose(ask)? == *proposal,
            Call::Update { report } => {
                self.update(report)?;
                true
            }
            Call::Discard { report, discards } => self.discard(report)? == *discards,
        })
    }

    fn ask<T: DeserializeOwned>(&self, hook: Hook, message: &impl Serialize) -> Result<T> {
        let reply = self.call(hook, &serde_json::to_vec(message)?)?;
        serde_json::from_slice(&reply).map_err(|error| Error::invalid(format!("its answer cannot be read: {error}")))
    }
}

impl Instance for Wired {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.ask(Hook::Propose, ask)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.call(Hook::Update, &serde_json::to_vec(report)?).map(|_| ())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        self.ask(Hook::Discard, report)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.call(Hook::Save, &[])
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.call(Hook::Load, state).map(|_| ())
    }
}

/// Whether the instance is lost with this error.
pub(super) fn is_lost(error: &Error) -> bool {
    matches!(error.code, ErrorCode::Panic | ErrorCode::Poisoned)
}

/// Whether the error refuses what was asked for, in words.
pub(super) fn is_refusal(error: &Error) -> bool {
    matches!(error.code, ErrorCode::InvalidInput | ErrorCode::Unsupported) && !error.message.trim().is_empty()
}
