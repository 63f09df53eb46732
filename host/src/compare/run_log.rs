//! The log of a run that a comparer started: the standard error of each of its processes, one after the other.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use genomenas_data::error::{Error, Result};

use crate::run::settings::files;

/// The line before those of each process.
const BEGIN: &str = "--- the comparison starts this run";

/// Opens the log of the run in `folder` for the lines of another process.
pub(super) fn begin(folder: &Path) -> Result<File> {
    let path = folder.join(files::LOG);
    let open = || -> std::io::Result<File> {
        let mut log = File::options().create(true).append(true).open(&path)?;
        writeln!(log, "{BEGIN}")?;
        Ok(log)
    };
    open().map_err(|error| Error::io("write", &path, error))
}

/// The last error that the process started last has logged.
pub(super) fn last_error(folder: &Path) -> Option<String> {
    let log = std::fs::read_to_string(folder.join(files::LOG)).ok()?;
    let lines = log.lines().rev().take_while(|line| *line != BEGIN);
    lines.take(50).find_map(|line| line.strip_prefix("error: ")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_an_earlier_process_is_not_taken_for_one_of_the_last() {
        let folder = tempfile::tempdir().unwrap();
        writeln!(begin(folder.path()).unwrap(), "error: one").unwrap();
        writeln!(begin(folder.path()).unwrap(), "nothing").unwrap();
        assert_eq!(last_error(folder.path()), None);
        writeln!(begin(folder.path()).unwrap(), "error: two").unwrap();
        assert_eq!(last_error(folder.path()), Some("two".to_owned()));
    }

    #[test]
    fn every_process_of_a_run_begins_with_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        writeln!(begin(folder.path()).unwrap(), "hello").unwrap();
        let log = std::fs::read_to_string(folder.path().join(files::LOG)).unwrap();
        assert_eq!(log, format!("{BEGIN}\nhello\n"));
    }
}
