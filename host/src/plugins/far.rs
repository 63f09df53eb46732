//! A strategy in processes of its own, as the checks of `genomenas-plugin` reach it: each instance has one.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use genomenas_data::error::Result;
use genomenas_data::memory;
use genomenas_plugin::ErrorCode;
use genomenas_plugin::simulate::conformance::{Hook, Reach, Wire};
use genomenas_plugin_host::wire::{Create, Kind, code};

use super::child::{Child, Fault, Start};
use super::copy::{PluginCopy, copy};
use super::launch;
use super::limits::Limits;
use super::registry::StrategyRef;
use super::relay::Allowance;

/// Addresses that an instance may have, in bytes: several are tried at once.
const MEMORY: u64 = 2 << 30;

/// No instance lives longer: a strategy that goes on and on must not keep anybody waiting.
const LONGEST_LIFE: Duration = Duration::from_secs(300);

/// What hooks and instances of the checks return.
type Checked<T> = genomenas_plugin::Result<T>;

/// Where its instances come from.
#[derive(Debug)]
pub struct Far {
    start: Start,
    /// Why the machine could not do what was needed, which is nobody's broken promise.
    machine: Mutex<Option<String>>,
    /// Keeps the library's file.
    _copy: PluginCopy,
}

impl Far {
    /// For a strategy of a plugin.
    ///
    /// # Errors
    ///
    /// The library cannot be copied, or the program for plugins is not there.
    pub fn new(strategy: &StrategyRef<'_>, limits: Limits) -> Result<Self> {
        let copy = copy(strategy.plugin)?;
        let start = Start {
            binary: launch::plugin_host()?,
            library: copy.path().to_owned(),
            manifest: strategy.manifest.clone(),
            strategy: strategy.strategy.id.clone(),
            setup: String::new(),
            limits: Limits { memory: MEMORY, ..limits },
            output: Allowance::default(),
            printed: Arc::default(),
        };
        Ok(Self { start, machine: Mutex::default(), _copy: copy })
    }

    /// Why the machine could not do what was needed, if that was so.
    pub fn machine(&self) -> Option<String> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn child(&self, setup: &[u8]) -> Result<Child, Fault> {
        Child::start(&Start { setup: text(setup), ..self.start.clone() })
    }

    fn error(&self, fault: Fault) -> genomenas_plugin::Error {
        if let Fault::System(why) = &fault {
            _ = self.machine.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.clone());
        }
        error(fault)
    }
}

/// The setup in a frame; what is not text there reaches the plugin as a text that is no JSON either.
fn text(setup: &[u8]) -> String {
    String::from_utf8_lossy(setup).into_owned()
}

/// The error that the checks see. Lost are instances of the codes for panics; whether their process died by itself or
/// was killed is told by which of the two.
fn error(fault: Fault) -> genomenas_plugin::Error {
    let (code, message) = match fault {
        Fault::Crash(how) => (ErrorCode::Panic, how),
        Fault::Stopped(how) | Fault::System(how) => (ErrorCode::Poisoned, how),
        Fault::Refused { code: code::OPEN | code::MISUSE | code::TOO_LONG, message } => (ErrorCode::Failed, message),
        Fault::Refused { code, message } => (ErrorCode::from_u32(code), message),
    };
    genomenas_plugin::Error { code, message }
}

impl Reach for Far {
    fn open(&self, setup: &[u8]) -> Checked<Box<dyn Wire>> {
        let child = self.child(setup).map_err(|fault| self.error(fault))?;
        Ok(Box::new(Side {
            shared: Arc::new(Mutex::new(Shared { child, current: 0 })),
            number: 0,
            born: Instant::now(),
        }))
    }

    fn open_two(&self, setup: &[u8]) -> Checked<[Box<dyn Wire>; 2]> {
        let second = || -> Result<Child, Fault> {
            let mut child = self.child(setup)?;
            let order = Create { strategy: self.start.strategy.clone(), setup: text(setup) };
            let order = serde_json::to_vec(&order)
                .map_err(|error| Fault::Refused { code: code::MISUSE, message: error.to_string() })?;
            child.call(Kind::Swap, Vec::new())?;
            child.call(Kind::Create, order)?;
            Ok(child)
        };
        let child = second().map_err(|fault| self.error(fault))?;
        let shared = Arc::new(Mutex::new(Shared { child, current: 1 }));
        let instance =
            |number| -> Box<dyn Wire> { Box::new(Side { shared: Arc::clone(&shared), number, born: Instant::now() }) };
        Ok([instance(0), instance(1)])
    }

    fn is_near(&self) -> bool {
        false
    }

    /// Once loaded, the library must say of itself what its file says; the file was looked at when it was found.
    fn library(&self) -> Checked<String> {
        match self.child(b"{}") {
            Err(Fault::Refused { code: code::OPEN, message }) => {
                return Err(genomenas_plugin::Error { code: ErrorCode::Failed, message });
            }
            Err(fault @ (Fault::Crash(_) | Fault::Stopped(_) | Fault::System(_))) => return Err(self.error(fault)),
            Ok(_) | Err(Fault::Refused { .. }) => {}
        }
        Ok("its file and the loaded library say the same, and it links nothing that plugins must do without".to_owned())
    }

    fn printed(&self) -> Option<u64> {
        Some(self.start.printed.load(Ordering::Relaxed))
    }
}

/// A process, and which of its two instances calls are about.
#[derive(Debug)]
struct Shared {
    child: Child,
    current: usize,
}

/// An instance in a process.
struct Side {
    shared: Arc<Mutex<Shared>>,
    number: usize,
    born: Instant,
}

impl Wire for Side {
    fn call(&mut self, hook: Hook, message: &[u8]) -> Checked<Vec<u8>> {
        if self.born.elapsed() > LONGEST_LIFE {
            return Err(error(Fault::Stopped(format!(
                "its run was ended after {} s: it answers and comes to no end",
                LONGEST_LIFE.as_secs()
            ))));
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.current != self.number {
            shared.child.call(Kind::Swap, Vec::new()).map_err(error)?;
            shared.current = self.number;
        }
        let kind = match hook {
            Hook::Propose => Kind::Propose,
            Hook::Update => Kind::Update,
            Hook::Discard => Kind::Discard,
            Hook::Save => Kind::Save,
            Hook::Load => Kind::Load,
        };
        shared.child.call(kind, message.to_vec()).map_err(error)
    }

    fn memory(&self) -> Option<u64> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        memory::held_by(shared.child.pid())
    }
}
