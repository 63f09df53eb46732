//! The error a strategy returns; it crosses the ABI as a code and a message.

use std::fmt;

use crate::text::{LONGEST_MESSAGE, bounded, printable};

/// What kind of error it is. The set is open: an unknown code reads as [`ErrorCode::Failed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The strategy cannot go on.
    Failed,
    /// A message, a parameter or a state that cannot be used.
    InvalidInput,
    /// An extension or a feature that this plugin does not have.
    Unsupported,
    /// A hook panicked.
    Panic,
    /// A hook was called after an earlier one panicked.
    Poisoned,
}

impl ErrorCode {
    /// The number that crosses the ABI.
    pub const fn to_u32(self) -> u32 {
        match self {
            Self::Failed => 1,
            Self::InvalidInput => 2,
            Self::Unsupported => 3,
            Self::Panic => 4,
            Self::Poisoned => 5,
        }
    }

    /// The kind that a number from the ABI stands for.
    pub const fn from_u32(code: u32) -> Self {
        match code {
            2 => Self::InvalidInput,
            3 => Self::Unsupported,
            4 => Self::Panic,
            5 => Self::Poisoned,
            _ => Self::Failed,
        }
    }
}

/// Why a hook, a space or an architecture was refused: what was expected, what came, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind.
    pub code: ErrorCode,
    /// One sentence for a person: a line of at most [`LONGEST_MESSAGE`] characters, where this type made it.
    pub message: String,
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The strategy cannot go on.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { code: ErrorCode::Failed, message: line(message) }
    }

    /// Something given to the strategy or to this crate cannot be used.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Self { code: ErrorCode::InvalidInput, message: line(message) }
    }

    /// The same error with `context` in front of its message.
    #[must_use]
    pub fn context(self, context: impl fmt::Display) -> Self {
        Self { message: line(format_args!("{context}: {}", self.message)), ..self }
    }
}

/// A message as every error has it: what it quotes may come from a document or a plugin, in any length.
fn line(message: impl fmt::Display) -> String {
    printable(&bounded(&message.to_string(), LONGEST_MESSAGE))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::invalid(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_bounded_length_whatever_it_quotes() {
        let name = "n\u{1b}[31m".repeat(1_000_000);
        let error = Error::invalid(format!("unknown variant `{name}`, expected `trials`"));
        let quoted = [error.clone(), error.context("trial 3").context(&name), Error::new(&name)];
        for Error { message, .. } in quoted {
            assert!(message.chars().count() <= LONGEST_MESSAGE && message.contains("characters left out"), "{message}");
            assert!(!message.contains(char::is_control), "{message}");
        }
        let error = Error::invalid(format!("unknown variant `{name}`, expected `trials`")).message;
        assert!(error.starts_with("unknown variant `n") && error.ends_with("`, expected `trials`"), "{error}");
    }
}
