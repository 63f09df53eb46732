//! An HDF5 file: its superblock, and addresses in it.

use crate::error::{Error, Result};
use crate::formats::parts::{Fields, Parts, damaged};

/// What the superblock begins with.
const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";
/// The address of what was never written.
pub(super) const UNDEFINED: u64 = u64::MAX;

/// An HDF5 file, whose addresses count from its superblock on.
pub(crate) struct Hdf5<'p> {
    pub(super) parts: &'p Parts,
    pub(super) base: u64,
    /// The address of the root group.
    pub(super) root: u64,
}

/// Where the superblock stands: at the beginning of the file, or behind a user block of 512, 1,024, … bytes.
pub(crate) fn superblock(parts: &Parts) -> Result<Option<u64>> {
    let mut at = 0;
    while parts.length().checked_sub(at).is_some_and(|left| left >= SIGNATURE.len() as u64) {
        if parts.read(at, SIGNATURE.len() as u64)? == SIGNATURE {
            return Ok(Some(at));
        }
        at = if at == 0 { 512 } else { at * 2 };
    }
    Ok(None)
}

impl<'p> Hdf5<'p> {
    /// Opens a file whose superblock stands at `base`.
    pub(crate) fn open(parts: &'p Parts, base: u64) -> Result<Self> {
        let available = (parts.length() - base).min(128);
        let bytes = parts.read(base, available)?;
        let mut fields = Fields::little(&bytes);
        fields.take(SIGNATURE.len())?;
        let version = fields.u8()?;
        if version > 1 {
            return Err(newer(&format!("a superblock of version {version}")));
        }
        fields.take(4)?;
        let (offsets, lengths) = (fields.u8()?, fields.u8()?);
        if (offsets, lengths) != (8, 8) {
            return Err(newer(&format!("addresses of {offsets} and sizes of {lengths} bytes")));
        }
        // A reserved byte, the sizes of groups' nodes, flags; version 1 adds the size of chunks' nodes.
        fields.take(if version == 0 { 9 } else { 13 })?;
        let written_base = fields.u64()?;
        fields.u64()?;
        let end = fields.u64()?;
        fields.take(16)?;
        let root = fields.u64()?;
        let end = if written_base <= end { base.saturating_add(end - written_base) } else { end };
        if end > parts.length() {
            return Err(damaged(format!("it has {} bytes and says that it has {end}", parts.length())));
        }
        Ok(Self { parts, base, root })
    }

    /// The place in the file of an address.
    pub(super) fn place(&self, address: u64) -> Result<u64> {
        let place = self.base.checked_add(address).filter(|place| *place < self.parts.length());
        place.ok_or_else(|| damaged(format!("its structure points to byte {address}, which it does not have")))
    }
}

/// The error for what is HDF5 and not what MATLAB writes.
pub(super) fn newer(what: &str) -> Error {
    Error::input(format!(
        "the HDF5 file has {what}, which is not read here: save it from MATLAB with -v7.3, or with h5py without libver"
    ))
}
