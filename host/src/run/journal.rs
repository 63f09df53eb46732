//! The journal of a run: every hook call with its reply, every epoch; one JSON object a line, only ever appended.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::Record;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    records: u64,
}

impl Journal {
    /// Opens or begins a journal. Gives what is in it; a last line that a kill cut off is taken back.
    pub fn open(path: &Path) -> Result<(Self, Vec<Record>)> {
        let (records, whole) = match std::fs::read(path) {
            Ok(bytes) => parse(&bytes, path)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Vec::new(), 0),
            Err(error) => return Err(Error::io("read", path, error)),
        };
        let open = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
            file.set_len(whole)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(|error| Error::io("write", path, error))?;
        Ok((Self { file, path: path.to_owned(), records: records.len() as u64 }, records))
    }

    /// Appends a record and waits until the disk has it.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let mut line =
            serde_json::to_vec(record).map_err(|error| Error::failed(format!("cannot write the journal: {error}")))?;
        line.push(b'\n');
        let mut write = || -> std::io::Result<()> {
            self.file.write_all(&line)?;
            self.file.sync_data()
        };
        write().map_err(|error| Error::io("write", &self.path, error))?;
        self.records += 1;
        Ok(())
    }

    /// Records in the journal.
    pub fn records(&self) -> u64 {
        self.records
    }
}

/// The records of a journal, without opening it for writing: for a look from outside while the run goes on.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    Ok(parse(&bytes, path)?.0)
}

/// The records and the length of what is whole.
fn parse(bytes: &[u8], path: &Path) -> Result<(Vec<Record>, u64)> {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let mut records = Vec::new();
    for (number, line) in bytes[..whole].split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let record = serde_json::from_slice(line).map_err(|error| {
            Error::file(
                "go on from",
                path,
                format!("line {} is not a journal record ({error}); begin the run in a new folder", number + 1),
            )
        })?;
        records.push(record);
    }
    Ok((records, whole as u64))
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::engine::Phase;
    use genomenas_plugin::message::{Cost, Epoch};

    use super::*;

    fn record(seconds: f64) -> Record {
        let used = Cost { seconds, ..Cost::default() };
        Record::Epoch {
            phase: Phase::Final,
            trial: None,
            epoch: Epoch::default(),
            used,
            report: None,
            discards: vec![],
            last: false,
        }
    }

    #[test]
    fn a_line_that_was_cut_off_is_taken_back_and_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let (mut journal, _) = Journal::open(&path).unwrap();
        journal.append(&record(1.0)).unwrap();
        journal.file.write_all(b"{\"type\":\"epo").unwrap();
        drop(journal);
        let (mut journal, records) = Journal::open(&path).unwrap();
        assert_eq!(records, [record(1.0)]);
        journal.append(&record(2.0)).unwrap();
        assert_eq!(read(&path).unwrap(), [record(1.0), record(2.0)]);
    }

    #[test]
    fn a_line_that_is_not_a_record_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        File::create(&path).unwrap().write_all(b"{\"type\":\"propose\"}\n").unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
