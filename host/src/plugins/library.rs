//! Reading the file of a plugin: its manifest, and the hash of its content.
//!
//! Only what the manifest needs is read of a file that turns out to be something else, however large it is, and nothing of
//! what is not a file: opening a pipe would wait for somebody who writes to it.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::rc::Rc;

use object::ReadCache;
use sha2::{Digest as _, Sha256};

use super::inspect::{Inspection, MAX_FILE, Refusal, inspect};

/// The manifest of the library at `path` and the SHA-256 of its content in hexadecimal.
///
/// # Errors
///
/// It is not a plugin that can be used here, or cannot be read.
pub(super) fn read(path: &Path) -> Result<(Inspection, String), Refusal> {
    // Asked before it is opened: opening can be an order to a device.
    if !path.metadata().map_err(|error| unreadable(&error))?.is_file() {
        return Err(Refusal::new("it is not a file: a plugin is an ELF shared library (.so)"));
    }
    let file = open(path).map_err(|error| unreadable(&error))?;
    let failure = Rc::new(RefCell::new(None));
    let reader = ReadCache::new(Remembering { file: &file, failure: Rc::clone(&failure) });
    let inspected = inspect(&reader);
    if let Some(error) = failure.borrow_mut().take() {
        return Err(unreadable(&error));
    }
    let inspection = inspected?;
    let hash = hash_into(&file, &mut io::sink()).map_err(|error| unreadable(&error))?;
    Ok((inspection, hash))
}

/// Opens a file to read it, without waiting where it is a pipe.
pub(super) fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

/// Copies the file from its beginning to `copy`. Returns the SHA-256 of what was copied in hexadecimal.
pub(super) fn hash_into(mut file: &File, copy: &mut impl Write) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut left = MAX_FILE;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let part = buffer.get(..count).unwrap_or_default();
        // It may grow while it is read.
        left = left.checked_sub(count as u64).ok_or_else(|| io::Error::from(ErrorKind::FileTooLarge))?;
        hash.update(part);
        copy.write_all(part)?;
    }
    Ok(hash.finalize().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}")))
}

fn unreadable(error: &io::Error) -> Refusal {
    Refusal::hidden(format!("it cannot be read: {error}"))
}

/// A file that remembers why it could not be read, which the reader of ELF forgets.
struct Remembering<'a> {
    file: &'a File,
    failure: Rc<RefCell<Option<io::Error>>>,
}

impl Remembering<'_> {
    fn remember<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let again = io::Error::from(error.kind());
            // The end of a file that was cut off says something of the file.
            if error.kind() != ErrorKind::UnexpectedEof {
                *self.failure.borrow_mut() = Some(error);
            }
            again
        })
    }
}

impl Read for Remembering<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer);
        self.remember(read)
    }
}

impl Seek for Remembering<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.file.seek(to);
        self.remember(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> Refusal {
        read(path).unwrap_err()
    }

    #[test]
    fn a_large_file_that_is_no_library_is_refused_by_its_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.so");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(refusal(&path).to_string(), "it is not a library: a plugin is an ELF shared library (.so)");
        File::options().write(true).open(&path).unwrap().write_all(b"\x7fELF\x02\x01\x01").unwrap();
        assert_eq!(refusal(&path).to_string(), "it is larger than 1 GiB, the most that is read");
    }

    #[test]
    fn what_is_no_file_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.so");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), Path::new("/dev/zero"), Path::new("/dev/null"), folder.path()] {
            let refused = refusal(path);
            assert!(!refused.hides() && refused.to_string().starts_with("it is not a file"), "{refused}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_may_be_the_one_that_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let refused = refusal(&folder.path().join("none.so"));
        assert!(refused.hides() && refused.to_string().starts_with("it cannot be read: "), "{refused}");
    }
}
