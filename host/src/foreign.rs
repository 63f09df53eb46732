//! What lies in a folder that this program did not put there, and so neither overwrites nor removes.

use std::io::ErrorKind;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_data::text::{printable, shortened};

/// Endings of files that a shell or a job scheduler may have been told to write into a folder before anything else is in it.
/// This program writes no such file anew, so none of them is lost.
const LOGS: [&str; 3] = ["log", "out", "err"];

/// The names of what is in `folder`, sorted, apart from what a write that was killed left, logs of a shell, and what
/// `known` accepts. Empty where there is no folder.
///
/// # Errors
///
/// The folder cannot be read, or is a file.
pub(crate) fn foreign(folder: &Path, known: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", folder, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_log = Path::new(&name).extension().is_some_and(|ending| LOGS.iter().any(|log| ending == *log));
        if !known(&name) && !files::is_unfinished(&name) && !is_log {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// "a, b, c and 4 more".
pub(crate) fn listed(names: &[String]) -> String {
    /// So many are named.
    const MOST: usize = 3;
    let shown: Vec<_> = names.iter().take(MOST).map(|name| shortened(&printable(name))).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether the file at `path` holds exactly `bytes`.
pub(crate) fn holds(path: &Path, bytes: &[u8]) -> bool {
    files::read_own(path, bytes.len() as u64).is_ok_and(|there| there == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_named_and_a_long_list_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["e", "d", "c", "b", "known", "slurm-1.out", ".known.abc123.part", ".hidden"] {
            files::write_atomically(&folder.path().join(name), b"").unwrap();
        }
        let names = foreign(folder.path(), |name| name == "known").unwrap();
        assert_eq!(names, [".hidden", "b", "c", "d", "e"]);
        assert_eq!(listed(&names), ".hidden, b, c and 2 more");
        assert_eq!(listed(&names[..2]), ".hidden, b");
        assert!(foreign(&folder.path().join("none"), |_| false).unwrap().is_empty());
        assert!(foreign(&folder.path().join("b"), |_| false).is_err());
    }
}
