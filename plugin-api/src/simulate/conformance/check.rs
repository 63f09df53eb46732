//! What a check is.

use super::subject::Subject;
use crate::message::StrategyKind;
use crate::{Error, Result};

/// A promise of a strategy, and how it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name: what `--only` takes.
    pub name: &'static str,
    /// What is promised.
    pub promise: &'static str,
    /// What an author whose strategy breaks it does.
    pub advice: &'static str,
    /// Of which strategies it is asked.
    pub(super) of: Of,
    pub(super) run: fn(&Subject<'_>) -> Result<Verdict>,
}

/// The strategies of which a check is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    All,
    Searches,
    Baselines,
}

/// What came of a check that found nothing to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The promise is kept; with what was looked at.
    Kept(String),
    /// It could not be looked at, for this reason.
    Skipped(String),
}

impl Check {
    /// Whether it is asked of strategies of this kind.
    pub fn is_asked_of(&self, kind: StrategyKind) -> bool {
        match self.of {
            Of::All => true,
            Of::Searches => kind == StrategyKind::Search,
            Of::Baselines => kind == StrategyKind::Baseline,
        }
    }

    /// Looks at a strategy.
    ///
    /// # Errors
    ///
    /// The promise is broken: what was seen.
    pub fn perform(&self, subject: &Subject<'_>) -> Result<Verdict> {
        (self.run)(subject)
    }

    /// The error of a test in which the promise is broken.
    pub(super) fn broken(&self, error: Error) -> Error {
        let Self { name, promise, advice, .. } = self;
        let Error { code, message } = error.context(format!("conformance check '{name}' ({promise})"));
        Error { code, message: format!("{message}; {advice}") }
    }
}

/// The promise is kept.
#[expect(clippy::unnecessary_wraps, reason = "the last word of a check, whose value is a `Result`")]
pub(super) fn kept(what: impl Into<String>) -> Result<Verdict> {
    Ok(Verdict::Kept(what.into()))
}

/// It was not looked at.
#[expect(clippy::unnecessary_wraps, reason = "the last word of a check, whose value is a `Result`")]
pub(super) fn skipped(why: impl Into<String>) -> Result<Verdict> {
    Ok(Verdict::Skipped(why.into()))
}

/// Skipped, because what it builds upon does not hold.
pub(super) fn first_mend(name: &str) -> Result<Verdict> {
    skipped(format!("it builds upon '{name}', which does not hold: mend that first"))
}
