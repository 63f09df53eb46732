//! `compare --lock` and `--locked`: a comparison as somebody else made it.

use std::path::{Path, PathBuf};

use clap::Args;
use genomenas_data::error::{Error, Result};

use crate::compare::lock_differences::{differences, missing_plugins};
use crate::compare::lock_file::{LOCK_FILE, LockFile};
use crate::plugins::StrategyRegistry;

/// What is asked of the lock file of a comparison.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LockOptions {
    /// Writes the lock beside the comparison file, too: my.lock beside my.toml, with the versions, plugins, data and
    /// parameters that this comparison is made of
    #[arg(long, requires = "file", conflicts_with_all = ["locked", "dry_run"])]
    lock: bool,
    /// Refuses to begin or to go on where anything differs from the lock beside the comparison file or, without one, from that
    /// in the comparison's folder; says what, and what to fetch
    #[arg(long)]
    locked: bool,
}

/// A lock that has to be kept to.
pub(crate) struct Expected {
    path: PathBuf,
    lock: LockFile,
}

impl LockOptions {
    /// The lock to keep to, if one is.
    ///
    /// # Errors
    ///
    /// There is none, or it cannot be read.
    pub(crate) fn expected(self, file: Option<&Path>, out: &Path) -> Result<Option<Expected>> {
        if !self.locked {
            return Ok(None);
        }
        if let Some(path) = file.map(beside) {
            if !path.exists() {
                let what = format!(
                    "there is none: whoever made the comparison writes it with --lock, or copies {LOCK_FILE} from its folder"
                );
                return Err(Error::file("use the lock", &path, what));
            }
            let lock = LockFile::read(&path)?;
            return Ok(Some(Expected { path, lock }));
        }
        let missing = || {
            let what = format!("there is no {LOCK_FILE} in it: name the comparison file that a lock lies beside");
            Error::file("keep to the lock of", out, what)
        };
        let lock = LockFile::in_folder(out)?.ok_or_else(missing)?;
        Ok(Some(Expected { path: out.join(LOCK_FILE), lock }))
    }

    /// Where the lock is to be written beside the file, if it is.
    ///
    /// # Errors
    ///
    /// Something else lies there.
    pub(crate) fn beside(self, file: Option<&Path>) -> Result<Option<PathBuf>> {
        let path = file.filter(|_| self.lock).map(beside);
        path.iter().try_for_each(|path| LockFile::expect_replaceable(path))?;
        Ok(path)
    }
}

impl Expected {
    /// Refuses to go on without the plugins of the lock, before anything else is looked at.
    ///
    /// # Errors
    ///
    /// Some are not there.
    pub(crate) fn expect_plugins(&self, known: &StrategyRegistry) -> Result<()> {
        self.refuse(&missing_plugins(&self.lock, known))
    }

    /// Refuses what differs from the lock.
    ///
    /// # Errors
    ///
    /// Something does.
    pub(crate) fn expect(&self, here: &LockFile) -> Result<()> {
        self.refuse(&differences(&self.lock, &here.clone().by_this_program())?)
    }

    fn refuse(&self, differences: &[String]) -> Result<()> {
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::input(format!(
            "this is not the comparison that {} locks: {}. Fetch what it names, or leave --locked out",
            self.path.display(),
            differences.join("; ")
        )))
    }
}

fn beside(file: &Path) -> PathBuf {
    file.with_extension("lock")
}
