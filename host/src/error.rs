//! The one error type of the host, and what the process exits with for it.
//!
//! A message says what was expected, what came, where, and what to do.

use std::path::Path;

/// What went wrong, told to a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Wrong use or unusable input: the person must change something. Exit code 2.
    #[error("{0}")]
    Input(String),
    /// The work was understood and failed: a crashed plugin, a diverged training. Exit code 1.
    #[error("{0}")]
    Failed(String),
}

/// The host's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wrong use or unusable input.
    pub fn input(message: impl Into<String>) -> Self {
        Self::Input(message.into())
    }

    /// Work that was understood and failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// A file that could not be read or written; `doing` is a verb such as "read".
    pub fn file(doing: &str, path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::Input(format!("cannot {doing} {}: {cause}", path.display()))
    }

    /// The same error with `context` in front of its message.
    #[must_use]
    pub fn context(self, context: impl std::fmt::Display) -> Self {
        match self {
            Self::Input(message) => Self::Input(format!("{context}: {message}")),
            Self::Failed(message) => Self::Failed(format!("{context}: {message}")),
        }
    }

    /// 1 for failed work, 2 for wrong use or input.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Input(_) => 2,
        }
    }
}
