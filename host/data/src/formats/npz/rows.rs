//! The rows of an array, one after the other, in C order or in Fortran order.
//!
//! An array in C order is read once, row by row. In Fortran order the first numbers of all rows come first, so as many
//! rows as fit into a block are gathered in one reading, and the next block in another. Memory stays at one block.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;

use super::array::{Array, member};
use super::header::{Header, Number};
use crate::error::Result;
use crate::formats::source::cannot_read;

/// Bytes of a block of rows of an array in Fortran order; in tests so few that there are several.
const BLOCK: usize = if cfg!(test) { 64 } else { 128 << 20 };
/// Numbers read at once.
const PIECE: usize = if cfg!(test) { 2 } else { 1 << 16 };

/// The rows of an array; each number is read as a `T`.
pub(crate) struct Rows<'a, T> {
    path: &'a Path,
    array: &'a Array,
    keep: fn(Number, &[u8]) -> T,
    items: usize,
    next: usize,
    reader: Reader<'a, T>,
    row: Vec<T>,
}

enum Reader<'a, T> {
    /// The member, at the next row, and the bytes of a row.
    C(Box<ZipFile<'a, File>>, Vec<u8>),
    /// The rows from `first` on, gathered.
    Fortran { archive: &'a mut ZipArchive<File>, block: Vec<T>, first: usize, rows_a_block: usize },
}

impl<'a, T: Copy + Default> Rows<'a, T> {
    pub(crate) fn new(
        path: &'a Path,
        archive: &'a mut ZipArchive<File>,
        array: &'a Array,
        keep: fn(Number, &[u8]) -> T,
    ) -> Result<Self> {
        let items = array.items;
        let reader = if array.header.fortran {
            let rows_a_block = (BLOCK / (items * size_of::<T>()).max(1)).clamp(1, array.rows.max(1));
            Reader::Fortran { archive, block: Vec::new(), first: 0, rows_a_block }
        } else {
            let mut file = member(path, archive, &array.name)?;
            Header::read(path, &mut file).map_err(|error| array.at(path, error))?;
            Reader::C(Box::new(file), vec![0; items * array.header.number.bytes()])
        };
        Ok(Self { path, array, keep, items, next: 0, reader, row: Vec::new() })
    }

    /// The next row; after the last one the file's checksum has been compared.
    pub(crate) fn next(&mut self) -> Result<Option<&[T]>> {
        if self.next == self.array.rows {
            if let Reader::C(file, _) = &mut self.reader {
                // The checksum is compared where the end is met.
                io::copy(file, &mut io::sink()).map_err(|error| cannot_read(self.path, error))?;
            }
            return Ok(None);
        }
        let number = self.array.header.number;
        let row = match &mut self.reader {
            Reader::C(file, bytes) => {
                file.read_exact(bytes).map_err(|error| cannot_read(self.path, error))?;
                self.row.clear();
                self.row.extend(bytes.chunks_exact(number.bytes()).map(|bytes| (self.keep)(number, bytes)));
                self.row.as_slice()
            }
            Reader::Fortran { archive, block, first, rows_a_block } => {
                if block.is_empty() || self.next == *first + *rows_a_block {
                    *first = self.next;
                    let rows = (*rows_a_block).min(self.array.rows - self.next);
                    block.clear();
                    block.resize(rows * self.items, T::default());
                    gather(self.path, archive, self.array, self.keep, *first, block)?;
                }
                let start = (self.next - *first) * self.items;
                block.get(start..start + self.items).unwrap_or_default()
            }
        };
        self.next += 1;
        Ok(Some(row))
    }
}

/// Reads an array in Fortran order once, for the rows from `first` on that `block` has room for.
fn gather<T: Copy>(
    path: &Path,
    archive: &mut ZipArchive<File>,
    array: &Array,
    keep: fn(Number, &[u8]) -> T,
    first: usize,
    block: &mut [T],
) -> Result<()> {
    let cannot = |error: io::Error| cannot_read(path, error);
    let mut file = member(path, archive, &array.name)?;
    Header::read(path, &mut file).map_err(|error| array.at(path, error))?;
    let number = array.header.number;
    let size = number.bytes();
    let rows = block.len() / array.items.max(1);
    let last_axis = array.header.shape.get(2).copied().unwrap_or(1).max(1);
    let middle_axis = (array.items / last_axis).max(1);
    let mut piece = vec![0; size * PIECE.min(rows)];
    for plane in 0..array.items {
        // The middle axis runs faster than the last one; in a row of the block it is the other way round.
        let item = plane % middle_axis * last_axis + plane / middle_axis;
        skip(&mut file, first * size).map_err(cannot)?;
        let mut row = 0;
        while row < rows {
            let part = piece.get_mut(..size * PIECE.min(rows - row)).unwrap_or_default();
            file.read_exact(part).map_err(cannot)?;
            for bytes in part.chunks_exact(size) {
                if let Some(place) = block.get_mut(row * array.items + item) {
                    *place = keep(number, bytes);
                }
                row += 1;
            }
        }
        skip(&mut file, (array.rows - first - rows) * size).map_err(cannot)?;
    }
    // The checksum is compared where the end is met.
    io::copy(&mut file, &mut io::sink()).map_err(cannot)?;
    Ok(())
}

fn skip(file: &mut impl Read, bytes: usize) -> io::Result<()> {
    let skipped = io::copy(&mut file.take(bytes as u64), &mut io::sink())?;
    if skipped == bytes as u64 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
