//! What goes wrong where tensors are: libtorch's own errors, and those of the host.

use std::path::Path;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// libtorch refused an operation: memory ran out, or shapes do not agree.
    #[error("libtorch: {}", first_line(.0))]
    Libtorch(#[from] tch::TchError),
    /// Something of the host.
    #[error(transparent)]
    Host(#[from] genomenas_data::Error),
}

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Unusable input; see [`genomenas_data::Error::input`].
    pub fn input(message: impl Into<String>) -> Self {
        genomenas_data::Error::input(message).into()
    }

    /// A state that this program should never reach; see [`genomenas_data::Error::bug`].
    pub fn bug(message: impl Into<String>) -> Self {
        genomenas_data::Error::bug(message).into()
    }

    /// A file that the system refused; see [`genomenas_data::Error::io`].
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        genomenas_data::Error::io(action, path, source).into()
    }

    /// A file whose content is not usable; see [`genomenas_data::Error::file`].
    pub fn file(action: &str, path: &Path, reason: impl std::fmt::Display) -> Self {
        genomenas_data::Error::file(action, path, reason).into()
    }

    /// The same error with `context` in front of its message.
    #[must_use]
    pub fn context(self, context: impl std::fmt::Display) -> Self {
        genomenas_data::Error::from(self).context(context).into()
    }

    /// Work that failed; see [`genomenas_data::Error::failed`].
    pub fn failed(message: impl Into<String>) -> Self {
        genomenas_data::Error::failed(message).into()
    }
}

impl From<genomenas_plugin::Error> for Error {
    fn from(error: genomenas_plugin::Error) -> Self {
        genomenas_data::Error::from(error).into()
    }
}

impl From<Error> for genomenas_data::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Host(error) => error,
            Error::Libtorch(_) => Self::failed(error.to_string()),
        }
    }
}

/// libtorch appends a C++ backtrace; the first line says what happened.
fn first_line(error: &tch::TchError) -> String {
    error.to_string().lines().next().unwrap_or("unknown error").to_owned()
}
