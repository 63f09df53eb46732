//! The log of a run that a comparer started: the standard error of each of its processes, one after the other.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use genomenas_data::error::{Error, Result};

use crate::run::settings::files;

/// The line before those of each process.
const BEGIN: &str = "--- the comparison starts this run";

/// Opens the log of the run in `folder` for the lines of another process.
pub(super) fn begin(folder: &Path) -> Result<File> {
    let path = folder.join(files::LOG);
    // Opening a pipe would wait for a reader.
    if std::fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
        return Err(Error::file("write", &path, "it is not a file; remove it"));
    }
    let open = || -> std::io::Result<File> {
        let mut log = File::options().create(true).append(true).open(&path)?;
        writeln!(log, "{BEGIN}")?;
        Ok(log)
    };
    open().map_err(|error| Error::io("write", &path, error))
}

/// The last error that the process started last has logged.
pub(super) fn last_error(folder: &Path) -> Option<String> {
    /// So many bytes at the end are looked at, since a plugin may have logged any number of them.
    const END: u64 = 1 << 18;
    let read = || -> std::io::Result<Vec<u8>> {
        let mut log = File::open(folder.join(files::LOG))?;
        let length = log.metadata()?.len();
        log.seek(SeekFrom::Start(length.saturating_sub(END)))?;
        let mut end = Vec::new();
        log.take(END).read_to_end(&mut end)?;
        Ok(end)
    };
    let log = String::from_utf8_lossy(&read().ok()?).into_owned();
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
    fn an_error_is_found_behind_any_number_of_lines_in_any_encoding() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = begin(folder.path()).unwrap();
        for _ in 0..100 {
            log.write_all(&[0xFF; 10_000]).unwrap();
        }
        log.write_all(b"\nerror: the end\n").unwrap();
        assert_eq!(last_error(folder.path()), Some("the end".to_owned()));
    }

    #[test]
    fn every_process_of_a_run_begins_with_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        writeln!(begin(folder.path()).unwrap(), "hello").unwrap();
        let log = std::fs::read_to_string(folder.path().join(files::LOG)).unwrap();
        assert_eq!(log, format!("{BEGIN}\nhello\n"));
    }
}
