//! The guard around every hook: bytes to messages and back, and a panic to an error.
//!
//! A panic must not cross the boundary, because `abi_stable` then ends the process. It also leaves the strategy in an
//! unknown state, so the instance is poisoned: the host makes a new one and loads the last saved state into it.

use std::any::Any;
use std::cell::RefCell;
use std::mem::forget;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use genomenas_abi::{
    FfiCode, FfiError, FfiResult, FfiStrategy, FfiStrategy_TO, RErr, ROk, RSlice, RStr, RVec, StrategyBox, TD_Opaque,
};
use serde::de::DeserializeOwned;

use crate::{Error, ErrorCode, Instance, Result};

/// A strategy behind the guard.
pub(super) struct Guarded {
    /// `None` only while it is dropped.
    instance: Option<Box<dyn Instance>>,
    poisoned: AtomicBool,
}

impl Guarded {
    pub(super) fn new(instance: Box<dyn Instance>) -> Self {
        Self { instance: Some(instance), poisoned: AtomicBool::new(false) }
    }

    /// The instance as it crosses the boundary.
    pub(super) fn into_object(self) -> StrategyBox {
        FfiStrategy_TO::from_value(self, TD_Opaque)
    }

    fn change(&mut self, hook: impl FnOnce(&mut dyn Instance) -> Result<Vec<u8>>) -> FfiResult<RVec<u8>> {
        match &mut self.instance {
            Some(instance) if !*self.poisoned.get_mut() => reply(caught(|| hook(instance.as_mut())), &self.poisoned),
            _ => refusal(&poisoned()),
        }
    }
}

impl FfiStrategy for Guarded {
    fn propose(&mut self, ask: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        self.change(|instance| {
            let proposal = instance.propose(&message("ask", ask)?)?;
            Ok(serde_json::to_vec(&proposal)?)
        })
    }

    fn update(&mut self, report: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        self.change(|instance| {
            instance.update(&message("report", report)?)?;
            Ok(Vec::new())
        })
    }

    fn discard(&mut self, report: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        self.change(|instance| {
            let discards = instance.discard(&message("report", report)?)?;
            Ok(serde_json::to_vec(&discards)?)
        })
    }

    fn save(&self) -> FfiResult<RVec<u8>> {
        match &self.instance {
            Some(instance) if !self.poisoned.load(Ordering::Relaxed) => {
                reply(caught(|| instance.save()), &self.poisoned)
            }
            _ => refusal(&poisoned()),
        }
    }

    fn load(&mut self, state: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        self.change(|instance| instance.load(state.as_slice()).map(|()| Vec::new()))
    }

    fn extension(&mut self, name: RStr<'_>, _: RSlice<'_, u8>) -> FfiResult<RVec<u8>> {
        refusal(&Error {
            code: ErrorCode::Unsupported,
            message: format!("this plugin has no extension `{}`", name.as_str()),
        })
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let instance = self.instance.take();
        let dropped = caught(|| {
            drop(instance);
            Ok(())
        });
        if let Err(error) = dropped {
            log::error!("dropping the strategy failed: {error}");
        }
    }
}

/// Runs `work`; a panic in it becomes an error with the message and the place.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    install_hook();
    let outer = PANIC.with(|place| place.replace(Some(String::new())));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let reported = PANIC.with(|place| place.replace(outer)).unwrap_or_default();
    result.unwrap_or_else(|payload| {
        let message = if reported.is_empty() { text_of(payload.as_ref()).to_owned() } else { reported };
        // Its drop could panic, and nobody is left to catch that.
        forget(payload);
        Err(Error { code: ErrorCode::Panic, message: format!("panicked: {message}") })
    })
}

/// An error as it crosses the boundary.
pub(super) fn refusal<T>(error: &Error) -> FfiResult<T> {
    RErr(FfiError { code: FfiCode(error.code.to_u32()), message: error.message.as_str().into() })
}

thread_local! {
    /// What the panic hook heard on this thread; `None` outside of the guard.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic's place is known to the hook alone. The library has a standard library, and so a hook, of its own.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let text = text_of(info.payload());
            let reported = info.location().map_or(text.to_owned(), |place| format!("{text}, at {place}"));
            let heard = PANIC.try_with(|place| match place.try_borrow_mut().as_deref_mut() {
                Ok(Some(place)) => {
                    *place = reported;
                    true
                }
                _ => false,
            });
            if !matches!(heard, Ok(true)) {
                previous(info);
            }
        }));
    });
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a value that is not text")
}

fn message<T: DeserializeOwned>(what: &str, bytes: RSlice<'_, u8>) -> Result<T> {
    serde_json::from_slice(bytes.as_slice())
        .map_err(|error| Error::invalid(format!("the {what} cannot be read: {error}")))
}

fn reply(result: Result<Vec<u8>>, poisoned: &AtomicBool) -> FfiResult<RVec<u8>> {
    match result {
        Ok(bytes) => ROk(bytes.into()),
        Err(error) => {
            if error.code == ErrorCode::Panic {
                poisoned.store(true, Ordering::Relaxed);
            }
            refusal(&error)
        }
    }
}

fn poisoned() -> Error {
    Error {
        code: ErrorCode::Poisoned,
        message: "an earlier hook of this instance panicked: make a new instance and load the last saved state"
            .to_owned(),
    }
}
