//! The error type of the host, and the exit code that each error has.
//!
//! A message says what was expected, what came, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::text::{LONGEST_MESSAGE, bounded};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Wrong use or unusable input: the person must change something.
    #[error("{0}")]
    Input(String),
    /// The system refused an operation on a file or folder.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted: a verb such as "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why the system refused it.
        source: io::Error,
    },
    /// A plugin crashed, did not answer, or broke the protocol.
    #[error("{0}")]
    Plugin(String),
    /// Work that was understood and failed, such as a training that diverged.
    #[error("{0}")]
    Failed(String),
    /// A state that this program should never reach.
    #[error("{0}: please report it")]
    Bug(String),
    /// Another error, and what was being done when it happened.
    #[error("{context}: {source}")]
    Context {
        /// What was being done.
        context: String,
        /// What went wrong.
        source: Box<Error>,
    },
}

/// The host's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wrong use or unusable input.
    pub fn input(message: impl Into<String>) -> Self {
        Self::Input(short(message.into()))
    }

    /// A plugin that crashed, did not answer, or broke the protocol.
    pub fn plugin(message: impl Into<String>) -> Self {
        Self::Plugin(short(message.into()))
    }

    /// Work that was understood and failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(short(message.into()))
    }

    /// A state that this program should never reach; the message ends with a request to report it.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::Bug(short(message.into()))
    }

    /// A file or folder on which the operation `action`, a verb such as "read", was refused by the system.
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    /// A file or folder whose content or state is not usable: it cannot be used for `action`, because of `reason`.
    pub fn file(action: &str, path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Input(short(format!("cannot {action} {}: {reason}", path.display())))
    }

    /// The same error with `context` in front of its message.
    #[must_use]
    pub fn context(self, context: impl std::fmt::Display) -> Self {
        Self::Context { context: short(context.to_string()), source: Box::new(self) }
    }

    /// Whether the work itself failed, so that doing it again fails again. Anything else ends work that can go on once
    /// the person or the machine is ready for it: a path is mended, a disk has room.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Plugin(_) | Self::Failed(_) | Self::Bug(_) => true,
            Self::Input(_) | Self::Io { .. } => false,
            Self::Context { source, .. } => source.is_failure(),
        }
    }

    /// The process's exit code: 2 where the person must change something, 1 where work or the machine failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Io { source, .. } if is_of_the_path(source.kind()) => 2,
            Self::Io { .. } | Self::Plugin(_) | Self::Failed(_) | Self::Bug(_) => 1,
            Self::Context { source, .. } => source.exit_code(),
        }
    }
}

/// A message, which may quote a file or a plugin, of bounded length: it goes into logs, results and pages.
fn short(message: String) -> String {
    if message.len() <= LONGEST_MESSAGE { message } else { bounded(&message, LONGEST_MESSAGE) }
}

/// Whether the system refuses a path for what it is, which another path mends. The rest (a full disk, a failed device,
/// no more memory or open files) says something of the machine.
fn is_of_the_path(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        kind,
        Kind::NotFound
            | Kind::PermissionDenied
            | Kind::AlreadyExists
            | Kind::NotADirectory
            | Kind::IsADirectory
            | Kind::DirectoryNotEmpty
            | Kind::ReadOnlyFilesystem
            | Kind::InvalidFilename
            | Kind::InvalidInput
            | Kind::InvalidData
            | Kind::UnexpectedEof
    )
}

impl From<genomenas_plugin::engine::Fault> for Error {
    fn from(fault: genomenas_plugin::engine::Fault) -> Self {
        Self::Plugin(fault.0)
    }
}

impl From<genomenas_plugin::Error> for Error {
    fn from(error: genomenas_plugin::Error) -> Self {
        Self::Input(error.message)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn io(kind: io::ErrorKind) -> Error {
        Error::io("write", Path::new("a/b"), kind.into())
    }

    #[test]
    fn a_path_that_cannot_be_used_is_for_the_person_to_change_and_a_full_disk_is_the_machines() {
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied, io::ErrorKind::IsADirectory] {
            assert_eq!(io(kind).exit_code(), 2, "{kind}");
        }
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::OutOfMemory, io::ErrorKind::Other] {
            assert_eq!(io(kind).exit_code(), 1, "{kind}");
        }
    }

    #[test]
    fn only_input_is_wrong_use() {
        let codes = [Error::input(""), Error::plugin(""), Error::failed(""), Error::bug("")].map(|e| e.exit_code());
        assert_eq!(codes, [2, 1, 1, 1]);
    }

    #[test]
    fn a_context_stands_in_front_and_keeps_the_code_and_the_cause() {
        let error = io(io::ErrorKind::StorageFull).context("trial 3");
        assert_eq!(error.to_string(), "trial 3: cannot write a/b: no storage space");
        assert_eq!(error.exit_code(), 1);
        let cause = error.source().and_then(std::error::Error::source);
        assert!(cause.is_some_and(<dyn std::error::Error>::is::<io::Error>));
    }

    #[test]
    fn a_message_is_of_bounded_length_whatever_it_quotes() {
        let name = "n".repeat(60_000_000);
        let path = Path::new("a/b");
        for error in [Error::input(&name), Error::plugin(&name), Error::failed(&name), Error::file("use", path, &name)]
        {
            let text = error.context(&name).to_string();
            assert!(text.len() < 2 * LONGEST_MESSAGE + 20 && text.contains("characters left out"), "{}", text.len());
        }
    }

    #[test]
    fn a_bug_asks_to_be_reported() {
        assert_eq!(Error::bug("trial 3 has no work").to_string(), "trial 3 has no work: please report it");
    }
}
