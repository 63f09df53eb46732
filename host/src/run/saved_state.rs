//! The state of a strategy, saved with its place in the journal.
//!
//! The file is a mark, the SHA-256 of the rest, the number of records that the strategy had seen, the journal's chain after
//! them (empty where they are of an earlier version), and the state. Files of earlier versions have neither mark nor chain.

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files::write_atomically;
use genomenas_plugin::engine::{Log, Record};
use sha2::{Digest, Sha256};

use super::digests::cut_off;
use super::journal::Journal;
use super::settings::files;

const MARK: &[u8] = b"genomenas state 2\n";

/// The log of a search: its journal, and beside it the state of the strategy.
#[derive(Debug)]
pub struct RunLog<'a> {
    /// The run's folder.
    pub folder: &'a Path,
    /// Its journal.
    pub journal: &'a mut Journal,
}

impl Log for RunLog<'_> {
    type Error = Error;

    fn append(&mut self, record: &Record) -> Result<()> {
        self.journal.append(record)
    }

    fn save(&mut self, state: &[u8]) -> Result<()> {
        let records = self.journal.records();
        let chain = self.journal.chain_after(records).unwrap_or_default().as_bytes();
        let (records, length) = ((records as u64).to_le_bytes(), [u8::try_from(chain.len()).unwrap_or(0)]);
        let content = [&records, length.as_slice(), chain, state].concat();
        // A strategy cannot be asked whether a state is its own, so damage is found by the digest.
        write_atomically(&path_in(self.folder), &[MARK, Sha256::digest(&content).as_slice(), &content].concat())
    }
}

/// The state that was saved last, and the records since. Without one, the strategy goes through all records again.
pub(super) fn read<'a>(
    folder: &Path,
    journal: &Journal,
    records: &'a [Record],
) -> Result<(Option<Vec<u8>>, &'a [Record])> {
    let path = path_in(folder);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((None, records)),
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    let again = "remove it, then the strategy goes through the whole journal again";
    let saved = Saved::of(&bytes).ok_or_else(|| Error::file("go on from", &path, format!("it is damaged; {again}")))?;
    let (Some(since), Some(chain)) = (records.get(saved.records..), journal.chain_after(saved.records)) else {
        let again = "what is missing is done again";
        return Err(cut_off(journal.path(), format!("{} records", records.len()), &path, saved.records, again));
    };
    if saved.chain.is_some_and(|saved| saved != chain.as_bytes()) {
        let what = format!("it does not belong to this journal but to that of another run; {again}");
        return Err(Error::file("go on from", &path, what));
    }
    Ok((Some(saved.state.to_vec()), since))
}

/// What the file says.
struct Saved<'a> {
    records: usize,
    /// `None` in files of earlier versions.
    chain: Option<&'a [u8]>,
    state: &'a [u8],
}

impl<'a> Saved<'a> {
    /// `None` if the file is not as it was written.
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let marked = bytes.strip_prefix(MARK);
        let (digest, content) = marked.unwrap_or(bytes).split_first_chunk::<32>()?;
        if Sha256::digest(content).as_slice() != digest {
            return None;
        }
        let (records, rest) = content.split_first_chunk::<8>()?;
        let records = usize::try_from(u64::from_le_bytes(*records)).ok()?;
        if marked.is_none() {
            return Some(Self { records, chain: None, state: rest });
        }
        let (length, rest) = rest.split_first()?;
        let (chain, state) = rest.split_at_checked(usize::from(*length))?;
        Some(Self { records, chain: Some(chain), state })
    }
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join(files::CHECKPOINTS).join(files::STATE)
}
