//! What goes wrong where tensors are, and whether it says something of one trial or of the whole run.

use std::fmt::Display;
use std::path::Path;

use genomenas_data::text::{LONGEST_MESSAGE, bounded};

/// What went wrong.
///
/// The first three variants are of one trial: the same trial would fail again, and another one need not. The rest is of
/// files, of the data and of the machine: see [`is_of_the_trial`](Self::is_of_the_trial).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// libtorch refused an operation: memory ran out, or shapes do not agree.
    #[error("libtorch: {0}")]
    Libtorch(String),
    /// A plan, a network or a mixing that cannot be used: not on this data, or not in this version.
    #[error("{0}")]
    Input(String),
    /// Work that was understood and failed: a training that diverged, or a network that memory does not hold.
    #[error("{0}")]
    Failed(String),
    /// A file, the data or the machine.
    #[error(transparent)]
    Host(#[from] genomenas_data::Error),
    /// Another error, and what was being done when it happened.
    #[error("{context}: {source}")]
    Context {
        /// What was being done.
        context: String,
        /// What went wrong.
        source: Box<Error>,
    },
}

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A plan, a network or a mixing that cannot be used.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(bounded(&message.into(), LONGEST_MESSAGE))
    }

    /// Work that was understood and failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(bounded(&message.into(), LONGEST_MESSAGE))
    }

    /// A state that this program should never reach; see [`genomenas_data::Error::bug`].
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        genomenas_data::Error::bug(message).into()
    }

    /// A file that the system refused; see [`genomenas_data::Error::io`].
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        genomenas_data::Error::io(action, path, source).into()
    }

    /// A file whose content is not usable; see [`genomenas_data::Error::file`].
    pub(crate) fn file(action: &str, path: &Path, reason: impl Display) -> Self {
        genomenas_data::Error::file(action, path, reason).into()
    }

    /// An error of metrics: they fail on what a network put out, and refuse data.
    pub(crate) fn of_metrics(error: genomenas_data::Error) -> Self {
        match error {
            genomenas_data::Error::Failed(message) => Self::Failed(message),
            error => error.into(),
        }
    }

    /// The same error with `context` in front of its message.
    pub(crate) fn context(self, context: impl Display) -> Self {
        Self::Context { context: context.to_string(), source: Box::new(self) }
    }

    /// The same error with a file in front of its message. What does not fit in the file is the file's fault: nothing
    /// but what this crate wrote should be there.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Input(message) => Self::Host(genomenas_data::Error::input(message).context(path.display())),
            error => error.context(path.display()),
        }
    }

    /// Whether it says something of the trial alone: libtorch refused, the plan or the network cannot be used, memory
    /// does not hold it, or it diverged. Then the trial has failed, and the run goes on.
    ///
    /// Anything else (a checkpoint that cannot be read or written, a full disk, damaged data) says nothing of the trial,
    /// so the run must stop, and can go on once the cause is mended.
    pub fn is_of_the_trial(&self) -> bool {
        match self {
            Self::Libtorch(_) | Self::Input(_) | Self::Failed(_) => true,
            Self::Host(_) => false,
            Self::Context { source, .. } => source.is_of_the_trial(),
        }
    }
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Self {
        // libtorch appends a C++ backtrace; the first line says what happened.
        let text = error.to_string();
        Self::Libtorch(bounded(text.lines().next().unwrap_or("unknown error"), LONGEST_MESSAGE))
    }
}

/// Plugin-api refuses plans, networks and mixings.
impl From<genomenas_plugin::Error> for Error {
    fn from(error: genomenas_plugin::Error) -> Self {
        Self::Input(error.message)
    }
}

impl From<Error> for genomenas_data::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Libtorch(_) => Self::failed(error.to_string()),
            Error::Input(message) => Self::input(message),
            Error::Failed(message) => Self::failed(message),
            Error::Host(error) => error,
            Error::Context { context, source } => Self::from(*source).context(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    fn host(error: Error) -> genomenas_data::Error {
        error.into()
    }

    #[test]
    fn what_libtorch_refuses_is_of_the_trial_and_keeps_its_first_line() {
        let refused = tch::Tensor::from_slice(&[1.0_f32, 2.0]).f_reshape([3]).map(|_| ()).unwrap_err();
        assert!(refused.to_string().lines().count() > 1, "libtorch gives a backtrace");
        let error = Error::from(refused);
        assert!(error.is_of_the_trial());
        let text = error.to_string();
        assert!(text.starts_with("libtorch: ") && text.contains("shape") && !text.contains('\n'), "{text}");
        assert!(matches!(host(error), genomenas_data::Error::Failed(message) if message == text));
    }

    #[test]
    fn plans_and_networks_that_cannot_be_used_and_divergence_are_of_the_trial() {
        for error in [Error::input("a plan"), Error::failed("NaN"), genomenas_plugin::Error::invalid("a space").into()]
        {
            assert!(error.is_of_the_trial() && error.context("trial 3").is_of_the_trial());
        }
        assert_eq!([host(Error::input("")), host(Error::failed(""))].map(|error| error.exit_code()), [2, 1]);
    }

    #[test]
    fn files_the_data_and_the_machine_are_not() {
        let path = Path::new("a/b.safetensors");
        let errors = [
            Error::io("read", path, ErrorKind::NotFound.into()),
            Error::io("write", path, ErrorKind::StorageFull.into()),
            Error::file("use", path, "it holds no weights"),
            Error::bug("a batch came without its memory"),
            genomenas_data::Error::input("the store is damaged").into(),
        ];
        for error in errors {
            assert!(!error.is_of_the_trial() && !error.context("trial 3").is_of_the_trial());
        }
    }

    #[test]
    fn what_does_not_fit_in_a_file_is_the_files_fault_and_what_libtorch_refuses_is_not() {
        let path = Path::new("a/b.safetensors");
        let misfit = Error::input("weight 'out.weight' is missing from the file").in_file(path);
        assert_eq!(misfit.to_string(), "a/b.safetensors: weight 'out.weight' is missing from the file");
        assert!(!misfit.is_of_the_trial());
        let refused = Error::Libtorch("out of memory".to_owned()).in_file(path);
        assert_eq!(refused.to_string(), "a/b.safetensors: libtorch: out of memory");
        assert!(refused.is_of_the_trial());
    }

    #[test]
    fn metrics_fail_on_what_a_network_puts_out_and_refuse_data() {
        assert!(Error::of_metrics(genomenas_data::Error::failed("the score is NaN")).is_of_the_trial());
        assert!(!Error::of_metrics(genomenas_data::Error::input("no rows")).is_of_the_trial());
    }

    #[test]
    fn the_host_gets_the_same_message() {
        let error = Error::input("a plan").context("mask 2").context("trial 3");
        let text = error.to_string();
        assert_eq!(text, "trial 3: mask 2: a plan");
        assert_eq!(host(error).to_string(), text);
    }
}
