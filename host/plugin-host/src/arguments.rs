//! What the process is started with. The host and the supervisor make these arguments; nobody types them.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

/// The part that a process of this program has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Starts the process of the plugin and ends everything that came of it. Standard input is the socket to the run.
    Supervise,
    /// Loads the plugin and answers for it. Standard input is the socket for calls.
    Plugin,
    /// Confines itself as a plugin would be and prints the protections as JSON.
    Protections,
}

/// A mechanism of the kernel, for tests to do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Rules for files, TCP, signals.
    Landlock,
    /// The filter of system calls.
    Seccomp,
}

/// The arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The part that the process has.
    pub role: Role,
    /// The most addresses that the plugin may have, in bytes.
    pub memory: Option<u64>,
    /// The file of the plugin: the only file beside the system's libraries that it may read.
    pub library: Option<PathBuf>,
    /// Whether the plugin is confined.
    pub confined: bool,
    /// Whether any process of the same user may attach to it as a debugger.
    pub traceable: bool,
    /// Mechanisms that are treated as if the kernel did not have them.
    pub without: Vec<Mechanism>,
}

/// Arguments that make no sense.
#[derive(Debug)]
pub struct ArgumentError(String);

impl Mechanism {
    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Landlock, Self::Seccomp].into_iter().find(|mechanism| mechanism.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
        }
    }
}

impl Role {
    const ALL: [Self; 3] = [Self::Supervise, Self::Plugin, Self::Protections];

    const fn flag(self) -> &'static str {
        match self {
            Self::Supervise => "--supervise",
            Self::Plugin => "--plugin",
            Self::Protections => "--protections",
        }
    }
}

impl Arguments {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    ///
    /// They are not what [`to_list`](Self::to_list) writes.
    pub fn read(given: impl IntoIterator<Item = OsString>) -> Result<Self, ArgumentError> {
        let mut given = given.into_iter();
        let first = given.next().unwrap_or_default();
        let role = Role::ALL.into_iter().find(|role| first == role.flag()).ok_or_else(|| {
            ArgumentError("this program is started by genomenas, not by hand: see `genomenas --help`".to_owned())
        })?;
        let mut arguments =
            Self { role, memory: None, library: None, confined: true, traceable: false, without: Vec::new() };
        while let Some(flag) = given.next() {
            let mut value = || given.next().ok_or_else(|| refusal(&flag, "has no value"));
            match flag.to_str() {
                Some("--unconfined") => arguments.confined = false,
                Some("--traceable") => arguments.traceable = true,
                Some("--library") => arguments.library = Some(value()?.into()),
                Some("--memory") => {
                    let bytes = value()?.to_str().and_then(|bytes| bytes.parse().ok());
                    arguments.memory = Some(bytes.ok_or_else(|| refusal(&flag, "takes a number of bytes"))?);
                }
                Some("--without") => {
                    let mechanism = value()?.to_str().and_then(Mechanism::from_name);
                    arguments.without.push(mechanism.ok_or_else(|| refusal(&flag, "takes landlock or seccomp"))?);
                }
                _ => return Err(refusal(&flag, "is not an argument of this version")),
            }
        }
        Ok(arguments)
    }

    /// The arguments as they are passed.
    pub fn to_list(&self) -> Vec<OsString> {
        let mut list: Vec<OsString> = vec![self.role.flag().into()];
        if let Some(bytes) = self.memory {
            list.extend(["--memory".into(), bytes.to_string().into()]);
        }
        if let Some(library) = &self.library {
            list.extend(["--library".into(), library.clone().into()]);
        }
        if !self.confined {
            list.push("--unconfined".into());
        }
        if self.traceable {
            list.push("--traceable".into());
        }
        for mechanism in &self.without {
            list.extend(["--without".into(), mechanism.name().into()]);
        }
        list
    }

    /// The same for another part.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Self {
        Self { role, ..self.clone() }
    }
}

fn refusal(flag: &OsStr, why: &str) -> ArgumentError {
    ArgumentError(format!("{} {why}", flag.display()))
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ArgumentError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_is_read() {
        let all = Arguments {
            role: Role::Supervise,
            memory: Some(7),
            library: Some("a folder/lib.so".into()),
            confined: false,
            traceable: true,
            without: vec![Mechanism::Landlock, Mechanism::Seccomp],
        };
        let few = Arguments {
            role: Role::Protections,
            memory: None,
            library: None,
            confined: true,
            traceable: false,
            without: Vec::new(),
        };
        for arguments in [all, few] {
            assert_eq!(Arguments::read(arguments.to_list()).unwrap(), arguments);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for line in ["", "--memory 1", "--plugin --memory much", "--plugin --library", "--plugin --without sleep"] {
            assert!(Arguments::read(line.split_whitespace().map(Into::into)).is_err(), "{line}");
        }
    }
}
