//! Gzipped text of one or more members, read as `gzip -d` reads it: zeros behind the last member are padding, and other
//! bytes there are passed over with a warning. What is cut off stays an error.

use std::collections::BTreeSet;
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flate2::GzHeader;
use flate2::bufread::GzDecoder;

use crate::text::{grouped, printable};

/// How a member begins.
pub(super) const SIGNATURE: [u8; 2] = [0x1F, 0x8B];

/// Files that were warned of: importers read a file more than once.
static WARNED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The content of a gzipped file.
pub(super) struct Gzip<R> {
    path: PathBuf,
    /// `None` behind the last member.
    member: Option<GzDecoder<Ahead<R>>>,
    /// Whether nothing of the member came yet.
    empty: bool,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(path: &Path, file: R) -> Self {
        let file = Ahead { bytes: [0; 2], from: 2, file };
        Self { path: path.to_owned(), member: Some(GzDecoder::new(file)), empty: true }
    }

    /// The member behind the one that just ended.
    fn next(&self, mut file: R) -> io::Result<Option<GzDecoder<Ahead<R>>>> {
        let first = loop {
            match byte(&mut file)? {
                Some(0) => {}
                other => break other,
            }
        };
        let Some(first) = first else {
            return Ok(None);
        };
        if first == SIGNATURE[0] {
            match byte(&mut file)? {
                // A member that was cut off after its first byte.
                None => return Err(ErrorKind::UnexpectedEof.into()),
                Some(second) if second == SIGNATURE[1] => {
                    return Ok(Some(GzDecoder::new(Ahead { bytes: SIGNATURE, from: 0, file })));
                }
                Some(_) => self.warn(2 + io::copy(&mut file, &mut io::sink())?),
            }
        } else {
            self.warn(1 + io::copy(&mut file, &mut io::sink())?);
        }
        Ok(None)
    }

    fn warn(&self, bytes: u64) {
        let first = WARNED.lock().is_ok_and(|mut warned| warned.insert(self.path.clone()));
        if first {
            log::warn!(
                "{}: {} bytes behind its compressed data are not of gzip and are passed over, as gzip -d does",
                printable(&self.path.display().to_string()),
                grouped(bytes)
            );
        }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(out)?;
            if read > 0 || out.is_empty() {
                self.empty = false;
                return Ok(read);
            }
            let block = member.header().is_some_and(is_block);
            let Some(ended) = self.member.take() else {
                break;
            };
            self.member = self.next(ended.into_inner().file)?;
            // bgzip ends a file with an empty block, so that one cut between two blocks is noticed.
            if self.member.is_none() && block && !self.empty {
                return Err(io::Error::new(ErrorKind::InvalidData, "the block with which bgzip ends files is missing"));
            }
            self.empty = true;
        }
        Ok(0)
    }
}

/// Whether a member is a block of bgzip, which names its length in a field of its own.
fn is_block(header: &GzHeader) -> bool {
    let mut fields = header.extra().unwrap_or_default();
    while let [first, second, low, high, rest @ ..] = fields {
        if [*first, *second] == *b"BC" {
            return true;
        }
        fields = rest.get(usize::from(u16::from_le_bytes([*low, *high]))..).unwrap_or_default();
    }
    false
}

fn byte(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    let mut byte = [0];
    match file.read_exact(&mut byte) {
        Ok(()) => Ok(Some(byte[0])),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file, two bytes of which may have been read already.
struct Ahead<R> {
    bytes: [u8; 2],
    from: usize,
    file: R,
}

impl<R: BufRead> Read for Ahead<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Ahead<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.bytes.get(self.from..) {
            Some(ahead) if !ahead.is_empty() => Ok(ahead),
            _ => self.file.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        if self.from < self.bytes.len() {
            self.from += amount;
        } else {
            self.file.consume(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use flate2::{Compression, GzBuilder};

    use super::*;

    fn member(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn block(text: &str) -> Vec<u8> {
        let mut encoder = GzBuilder::new().extra(*b"BC\x02\x00\x00\x00").write(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// Read with a small buffer, so that signatures lie across its edges.
    fn read(bytes: &[u8], buffer: usize) -> io::Result<String> {
        let mut text = String::new();
        let file = io::BufReader::with_capacity(buffer, bytes);
        Gzip::new(Path::new("a.gz"), file).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_lies_behind_the_last_member_is_passed_over() {
        let (one, two) = (member("one "), member("two"));
        for (behind, expected) in [
            (Vec::new(), "one "),
            (two.clone(), "one two"),
            (vec![0; 700], "one "),
            ([vec![0; 5], two.clone()].concat(), "one two"),
            (b"trailing".to_vec(), "one "),
            (b"\x1F trailing".to_vec(), "one "),
            ([vec![0; 5], b"x".to_vec()].concat(), "one "),
            ([two, b"x".to_vec()].concat(), "one two"),
        ] {
            for buffer in [1, 2, 3, 64, 4096] {
                assert_eq!(read(&[one.clone(), behind.clone()].concat(), buffer).unwrap(), expected);
            }
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let (one, two) = (member("one "), member("two"));
        let whole = [one.clone(), two].concat();
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length], 64).is_ok(), length == one.len(), "{length}");
        }
    }

    #[test]
    fn a_file_of_bgzip_without_its_last_block_is_an_error() {
        let whole = [block("one "), block("two"), block("")].concat();
        assert_eq!(read(&whole, 64).unwrap(), "one two");
        let cut = [block("one "), block("two")].concat();
        assert_eq!(read(&cut, 64).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(read(&[cut, member("three")].concat(), 64).unwrap(), "one twothree");
    }
}
