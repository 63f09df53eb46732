//! What tells that a file is still the one that was verified.

use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file's identity, size and times. Two that are equal are of the same file with the same content, unless the clock was
/// set back between two writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    device: u64,
    inode: u64,
    size: u64,
    /// When its content changed last, in seconds and nanoseconds.
    modified: (i64, i64),
    /// When its content, name or rights changed last: this cannot be set by hand.
    changed: (i64, i64),
}

impl FileState {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|about| Self::from(&about))
    }

    /// Whether the content is still that of `before`. A file in use may be renamed or removed.
    pub(super) fn has_content_of(&self, before: &Self) -> bool {
        (self.size, self.modified) == (before.size, before.modified)
    }

    /// Whether it changed so long ago that a change from now on would have another time.
    pub fn is_settled(&self) -> bool {
        /// More than the granularity of the times of any file system.
        const SETTLED: Duration = Duration::from_secs(2);
        let changed = u64::try_from(self.changed.0).ok().and_then(|at| UNIX_EPOCH.checked_add(Duration::from_secs(at)));
        changed.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > SETTLED))
    }
}

impl From<&Metadata> for FileState {
    fn from(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            size: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, inode, size, modified, changed } = self;
        write!(f, "{device}:{inode}:{size}:{}.{:09}:{}.{:09}", modified.0, modified.1, changed.0, changed.1)
    }
}
