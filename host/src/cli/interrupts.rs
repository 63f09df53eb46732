//! Ctrl-C and its like while tables are written: they end the work before the next batch, so that nothing unfinished stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use genomenas_data::bases::Packed;
use genomenas_data::error::{Error, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::run::trainer::Scorer;

/// The signal that asked for the end, 0 while none did.
#[derive(Clone)]
pub(super) struct Interrupts(Arc<AtomicUsize>);

impl Interrupts {
    /// Begins to listen. A second signal ends the process at once.
    pub(super) fn listen() -> Result<Self> {
        let (signal, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for (number, code) in [(SIGHUP, 1), (SIGINT, 2), (SIGTERM, 15)] {
            let register = || -> std::io::Result<()> {
                // In this order: what is registered first sees `again` as it was before this signal.
                flag::register_conditional_default(number, Arc::clone(&again))?;
                flag::register(number, Arc::clone(&again))?;
                flag::register_usize(number, Arc::clone(&signal), code)?;
                Ok(())
            };
            register().map_err(|error| Error::failed(format!("cannot listen to signals: {error}")))?;
        }
        Ok(Self(signal))
    }

    /// The scorer, which fails once a signal came.
    pub(super) fn end(&self, scorer: Box<dyn Scorer>) -> Box<dyn Scorer> {
        Box::new(Interruptible { scorer, interrupts: self.clone() })
    }

    /// What the work came to; if a signal ended it, this process ends by that signal.
    pub(super) fn checked<T>(&self, worked: Result<T>) -> Result<T> {
        match (self.0.load(Ordering::Relaxed), worked) {
            (number @ 1.., Err(_)) => {
                log::warn!("interrupted: nothing was written");
                let ended = low_level::emulate_default_handler(i32::try_from(number).unwrap_or(SIGTERM));
                Err(Error::failed(format!("interrupted by signal {number}: {ended:?}")))
            }
            (_, worked) => worked,
        }
    }
}

/// A scorer that fails once a signal came.
struct Interruptible {
    scorer: Box<dyn Scorer>,
    interrupts: Interrupts,
}

impl Scorer for Interruptible {
    fn score(&mut self, windows: &[Packed]) -> Result<Vec<f32>> {
        match self.interrupts.0.load(Ordering::Relaxed) {
            0 => self.scorer.score(windows),
            number => Err(Error::failed(format!("interrupted by signal {number}"))),
        }
    }
}
