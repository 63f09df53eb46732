//! Read-only memory maps.

use std::fs::File;
use std::io;

use bytes::Bytes;

/// Maps a whole file for reading; nothing is read until it is touched.
///
/// The caller opens the file read-only and maps only files that genomenas writes by renaming a finished file into
/// place, such as packed stores: replacing one leaves the mapped file untouched. Somebody who shortens the very same
/// file in place while it is mapped ends the process with a bus error, as with any memory map.
#[expect(unsafe_code, reason = "a memory map is unsafe because another process could change the file")]
pub(crate) fn map_read_only(file: &File) -> io::Result<Bytes> {
    // SAFETY: the map is private to this value and never written through. Stores are written whole under another name
    // and renamed, never modified in place, so the bytes behind the map stay as they are for as long as it lives.
    let map = unsafe { memmap2::Mmap::map(file) }?;
    Ok(Bytes::from_owner(map))
}
