//! The journal of a run: every hook call with its reply, every epoch; one JSON object a line, only ever appended.
//!
//! The last member of each line, `chain`, is computed over the line before it and of all lines before that. So a line
//! that was changed, removed, repeated or moved is found when the journal is read again. The chain begins with the digest
//! of `run.toml`. Lines of earlier versions have none; where a run goes on from such lines, the chain begins with them.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::hash::hexadecimal;
use genomenas_plugin::engine::Record;
use sha2::{Digest as _, Sha256};

use super::settings::{Settings, files};

/// Hexadecimal digits of a chain.
const DIGITS: usize = 16;
/// What stands before the chain in a line, and what after it.
const BEFORE: &str = ",\"chain\":\"";
const AFTER: &str = "\"}";

/// The sum over a line and all before it.
type Chain = String;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// After each record; `None` after one of an earlier version.
    chains: Vec<Option<Chain>>,
    /// What the next line continues.
    last: Chain,
}

/// What a journal holds.
struct Content {
    records: Vec<Record>,
    chains: Vec<Option<Chain>>,
    /// What the next line continues.
    last: Chain,
    /// The length of all whole lines.
    whole: usize,
}

impl Journal {
    /// Opens or begins the journal of a run whose settings have this digest. Returns what is in it; a last line that a
    /// kill cut off is taken back.
    ///
    /// # Errors
    ///
    /// It cannot be read or written, or is not as it was written.
    pub fn open(path: &Path, settings: &str) -> Result<(Self, Vec<Record>)> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::io("read", path, error)),
        };
        let Content { records, chains, last, whole } = parse(&bytes, path, Some(settings))?;
        let unverified = chains.iter().take_while(|chain| chain.is_none()).count();
        if unverified > 0 {
            log::info!("{}: {unverified} lines of an earlier version are not verified", path.display());
        }
        let open = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
            file.set_len(whole as u64)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(|error| Error::io("write", path, error))?;
        Ok((Self { file, path: path.to_owned(), chains, last }, records))
    }

    /// Appends a record and waits until the disk has it.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let mut line =
            serde_json::to_vec(record).map_err(|error| Error::failed(format!("cannot write the journal: {error}")))?;
        // A record is a JSON object, so it ends with a brace.
        line.pop();
        let chain = next(&self.last, &line);
        line.extend([BEFORE, &chain, AFTER, "\n"].concat().bytes());
        let mut write = || -> std::io::Result<()> {
            self.file.write_all(&line)?;
            self.file.sync_data()
        };
        write().map_err(|error| Error::io("write", &self.path, error))?;
        self.chains.push(Some(chain.clone()));
        self.last = chain;
        Ok(())
    }

    /// Where the journal is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records in the journal.
    pub fn records(&self) -> usize {
        self.chains.len()
    }

    /// The sum over the first `records` records, empty where the last of them is of an earlier version; `None` if there
    /// are fewer.
    pub fn chain_after(&self, records: usize) -> Option<&str> {
        let Some(at) = records.checked_sub(1) else { return Some("") };
        Some(self.chains.get(at)?.as_deref().unwrap_or_default())
    }
}

/// The records of a journal, without opening it for writing: for a look from outside while the run goes on.
/// `ended` is what the last line ends with, where a result says so.
pub fn read(path: &Path, ended: Option<&str>) -> Result<Vec<Record>> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let settings = path.parent().and_then(|folder| Settings::kept(folder).ok());
    let content = parse(&bytes, path, settings.as_ref().map(|kept| kept.digest.as_str()))?;
    if let Some(ended) = ended
        && content.chains.last().and_then(Option::as_deref) != Some(ended)
    {
        let result = files::RESULT;
        let what = format!(
            "it does not end as {result} says that it did: its lines are missing or were added, or {result} was changed"
        );
        return Err(Error::file("read", path, what));
    }
    Ok(content.records)
}

/// What `bytes` hold, if they are as they were written. Where the digest of the run's settings is not known, the first
/// line's chain is taken as it stands.
fn parse(bytes: &[u8], path: &Path, settings: Option<&str>) -> Result<Content> {
    let damaged = |number: usize, what: &str| {
        let advice = "put the journal back from a copy, or begin the run in a new folder";
        Error::file("go on from", path, format!("line {number} is not {what}; {advice}"))
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let (mut records, mut chains) = (Vec::new(), Vec::new());
    let mut last: Option<Chain> = None;
    let mut read = 0;
    for (index, line) in bytes[..whole].split_inclusive(|&byte| byte == b'\n').enumerate() {
        let before = &bytes[..read];
        read += line.len();
        let line = &line[..line.len() - 1];
        if line.is_empty() && last.is_none() {
            continue;
        }
        let record =
            serde_json::from_slice(line).map_err(|error| damaged(index + 1, &format!("a journal record ({error})")))?;
        let chained = parts(line);
        if let Some((content, stated)) = chained {
            let begin = || settings.map(|settings| start(settings, before));
            let expected = last.clone().or_else(begin).map(|last| next(&last, content));
            if expected.is_some_and(|expected| expected.as_bytes() != stated) {
                return Err(damaged(
                    index + 1,
                    "what was written after the lines before it: this line, or one before it, was changed, removed or added",
                ));
            }
            last = Some(String::from_utf8_lossy(stated).into_owned());
        } else if last.is_some() {
            return Err(damaged(index + 1, "what was written: its chain is missing"));
        }
        chains.push(chained.and(last.clone()));
        records.push(record);
    }
    let last = last.unwrap_or_else(|| start(settings.unwrap_or_default(), &bytes[..whole]));
    Ok(Content { records, chains, last, whole })
}

/// A line's record without its last brace, and its chain.
fn parts(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(AFTER.as_bytes())?;
    let (content, chain) = line.split_at_checked(line.len().checked_sub(DIGITS)?)?;
    Some((content.strip_suffix(BEFORE.as_bytes())?, chain))
}

/// What the first chained line continues: the settings of the run, and the lines of an earlier version.
fn start(settings: &str, lines: &[u8]) -> Chain {
    next(settings, lines)
}

/// The chain of a line with this content, after `last`.
fn next(last: &str, content: &[u8]) -> Chain {
    let mut chain = hexadecimal(&Sha256::new().chain_update(last).chain_update(content).finalize());
    chain.truncate(DIGITS);
    chain
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

    /// A journal of four records.
    fn written(path: &Path) -> Vec<u8> {
        let (mut journal, _) = Journal::open(path, "settings").unwrap();
        (1..=4).for_each(|number| journal.append(&record(f64::from(number))).unwrap());
        std::fs::read(path).unwrap()
    }

    fn put(path: &Path, bytes: &[u8]) {
        File::create(path).unwrap().write_all(bytes).unwrap();
    }

    /// The error of a journal with these bytes.
    fn refusal(path: &Path, bytes: &[u8]) -> String {
        put(path, bytes);
        let error = Journal::open(path, "settings").map(|(_, records)| records).unwrap_err().to_string();
        assert_eq!(std::fs::read(path).unwrap(), bytes, "nothing is written");
        error
    }

    #[test]
    fn a_line_that_was_cut_off_is_taken_back_and_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let (mut journal, _) = Journal::open(&path, "settings").unwrap();
        journal.append(&record(1.0)).unwrap();
        journal.file.write_all(b"{\"type\":\"epo").unwrap();
        drop(journal);
        let (mut journal, records) = Journal::open(&path, "settings").unwrap();
        assert_eq!(records, [record(1.0)]);
        journal.append(&record(2.0)).unwrap();
        assert_eq!(read(&path, None).unwrap(), [record(1.0), record(2.0)]);
    }

    #[test]
    fn a_line_that_is_not_a_record_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let error = refusal(&path, b"{\"type\":\"propose\"}\n");
        assert!(error.contains("line 1"), "{error}");
    }

    #[test]
    fn every_flipped_bit_is_found_or_cuts_off_the_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let whole = written(&path);
        let mut line = 1;
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                if at == whole.len() - 1 {
                    put(&path, &flipped);
                    let (_, records) = Journal::open(&path, "settings").unwrap();
                    assert_eq!(records.len(), 3, "the last line has no end, so it is taken back");
                } else {
                    let error = refusal(&path, &flipped);
                    // A flip in its chain makes the first line one of an earlier version, until the second is read.
                    let named = [line, line + 1].iter().any(|line| error.contains(&format!("line {line} ")));
                    assert!(named, "byte {at}, bit {bit}, line {line}: {error}");
                }
            }
            line += usize::from(whole[at] == b'\n');
        }
    }

    #[test]
    fn lines_that_were_removed_repeated_or_moved_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let whole = String::from_utf8(written(&path)).unwrap();
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for (order, named) in [
            (vec![1, 2, 3], 1),
            (vec![0, 2, 3], 2),
            (vec![0, 1, 3], 3),
            (vec![0, 0, 1, 2, 3], 2),
            (vec![0, 1, 2, 3, 3], 5),
            (vec![0, 2, 1, 3], 2),
            (vec![1], 1),
        ] {
            let changed: String = order.iter().map(|&line| lines[line]).collect();
            let error = refusal(&path, changed.as_bytes());
            assert!(error.contains(&format!("line {named} ")), "{order:?}: {error}");
        }
        let error = refusal(&path, [lines[0], "\n", lines[1]].concat().as_bytes());
        assert!(error.contains("line 2 "), "{error}");
        // What is left after a cut at the end of a line is whole; what was saved after it says that it is not all.
        put(&path, lines[..2].concat().as_bytes());
        let (journal, records) = Journal::open(&path, "settings").unwrap();
        assert_eq!(records.len(), 2);
        assert!(journal.chain_after(2).is_some_and(|chain| chain.len() == DIGITS));
        assert_eq!(journal.chain_after(3), None);
    }

    #[test]
    fn a_journal_of_another_run_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        written(&path);
        let error = Journal::open(&path, "other settings").unwrap_err().to_string();
        assert!(error.contains("line 1 "), "{error}");
    }

    #[test]
    fn a_journal_of_an_earlier_version_goes_on_and_is_verified_from_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let old: String = [1.0, 2.0].map(|at| serde_json::to_string(&record(at)).unwrap() + "\n").concat();
        put(&path, old.as_bytes());
        let (mut journal, records) = Journal::open(&path, "settings").unwrap();
        assert_eq!((records.len(), journal.chain_after(2)), (2, Some("")));
        (3..=4).for_each(|number| journal.append(&record(f64::from(number))).unwrap());
        let (journal, records) = Journal::open(&path, "settings").unwrap();
        assert_eq!((records.len(), journal.records()), (4, 4));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(&old), "what was there stays as it was");
        let changed = std::fs::read_to_string(&path).unwrap().replacen("2.0", "2.5", 1);
        assert!(
            refusal(&path, changed.as_bytes()).contains("line 3 "),
            "from the first new line on, the old ones count"
        );
    }
}
