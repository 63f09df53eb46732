//! What all `SQLite` files have in common: how they are begun, filled and marked as ours.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{AtomicFile, Existing, remove_unfinished_of};
use rusqlite::{Connection, OpenFlags};

/// Which of our files a database is: its application id, four bytes of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marked {
    /// An export: "gnas".
    Export = 0x676e_6173,
    /// A storage of Optuna: "gnop".
    Optuna = 0x676e_6f70,
}

pub(super) fn failed(path: &Path) -> impl Fn(rusqlite::Error) -> Error + '_ {
    |cause| Error::failed(format!("cannot write {} as SQLite: {cause}", path.display()))
}

/// Writes a database to `path`, whole or not at all: `fill` is given it within a transaction.
pub(super) fn write(
    path: &Path,
    marked: Marked,
    version: u32,
    fill: impl FnOnce(&Connection) -> Result<()>,
) -> Result<()> {
    let failed = failed(path);
    remove_unfinished_of(path)?;
    let file = AtomicFile::create(path, Existing::Replaced)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file.path(), flags).map_err(&failed)?;
    // The file is not at its place before it is whole, so it needs no journal and no syncs of its own.
    let settings = format!(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = {}; PRAGMA user_version = {version}; BEGIN",
        marked as u32
    );
    connection.execute_batch(&settings).map_err(&failed)?;
    fill(&connection)?;
    connection.execute_batch("COMMIT").map_err(&failed)?;
    connection.close().map_err(|(_, cause)| failed(cause))?;
    file.persist()
}

/// Whether the file at `path` is a database that [`write`] marked so.
pub(super) fn is_marked(path: &Path, marked: Marked) -> bool {
    // https://www.sqlite.org/fileformat.html#the_database_header
    const NAME: &[u8] = b"SQLite format 3\0";
    let mut header = [0; 100];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header.starts_with(NAME) && header[68..72] == (marked as u32).to_be_bytes()
}
