//! A strategy that is watched while it runs, for the checks of [`conformance`](super::conformance).

use super::checking::Build;
use crate::message::{Ask, Discard, Proposal, Report, Setup};
use crate::{Error, Instance, Result};

/// A strategy that is watched, and if wanted replaced before every hook by one that loaded its state.
pub(super) struct Watched<'a> {
    setup: &'a Setup,
    build: Build<'a>,
    reload: bool,
    inner: Box<dyn Instance>,
    /// Every proposal, and every list of discards that is not empty.
    pub(super) answers: Vec<String>,
    /// The last error of a hook.
    pub(super) error: Option<Error>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(setup: &'a Setup, build: Build<'a>, reload: bool) -> Result<Self> {
        Ok(Self { setup, build, reload, inner: build(setup)?, answers: Vec::new(), error: None })
    }

    fn hook<T>(&mut self, call: impl FnOnce(&mut dyn Instance) -> Result<T>) -> Result<T> {
        if self.reload {
            let state = self.inner.save()?;
            self.inner = (self.build)(self.setup)?;
            self.inner.load(&state)?;
        }
        let answer = call(self.inner.as_mut());
        self.error = answer.as_ref().err().cloned().or(self.error.take());
        answer
    }
}

impl Instance for Watched<'_> {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let proposal = self.hook(|inner| inner.propose(ask))?;
        self.answers.push(serde_json::to_string(&proposal)?);
        Ok(proposal)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.hook(|inner| inner.update(report))
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let discards = self.hook(|inner| inner.discard(report))?;
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
