//! A strategy in its process, as a simulation calls it.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::{Ask, Discard, Proposal, Report};
use genomenas_plugin::{Error as PluginError, Instance, Result as PluginResult};

use super::PluginInstance;

/// What ended a simulation, as the host says it: a simulation knows the errors of strategies only.
#[derive(Debug, Default)]
pub(super) struct Failure(Mutex<Option<Error>>);

impl Failure {
    /// Keeps an error, and returns it as that of a strategy.
    pub(super) fn keep(&self, error: Error) -> PluginError {
        let told = PluginError::new(&error);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        told
    }

    /// The last that was kept.
    pub(super) fn into_error(self) -> Option<Error> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The strategy. What goes wrong in its process is kept.
pub(super) struct InProcess<'a> {
    process: RefCell<PluginInstance>,
    failure: &'a Failure,
}

impl<'a> InProcess<'a> {
    pub(super) fn new(process: PluginInstance, failure: &'a Failure) -> Self {
        Self { process: RefCell::new(process), failure }
    }

    fn call<T>(&self, hook: impl FnOnce(&mut PluginInstance) -> Result<T>) -> PluginResult<T> {
        hook(&mut self.process.borrow_mut()).map_err(|error| self.failure.keep(error))
    }
}

impl Instance for InProcess<'_> {
    fn propose(&mut self, ask: &Ask) -> PluginResult<Proposal> {
        self.call(|process| process.propose(ask))
    }

    fn update(&mut self, report: &Report) -> PluginResult<()> {
        self.call(|process| process.update(report))
    }

    fn discard(&mut self, report: &Report) -> PluginResult<Vec<Discard>> {
        self.call(|process| process.discard(report))
    }

    fn save(&self) -> PluginResult<Vec<u8>> {
        self.call(PluginInstance::save)
    }

    /// A simulation begins anew each time.
    fn load(&mut self, _state: &[u8]) -> PluginResult<()> {
        Err(PluginError::new("a simulation loads no state"))
    }
}
