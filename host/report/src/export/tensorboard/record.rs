//! An event file: records of `TFRecord`, each with its length and masked CRC-32C sums.

use std::io::{self, Write};

use crc::{CRC_32_ISCSI, Crc};
use prost::Message as _;

use super::messages::{Event, Summary, SummaryValue, What};

const CASTAGNOLI: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A file of events.
pub(super) struct EventWriter<W: Write>(W);

impl<W: Write> EventWriter<W> {
    /// Begins a file.
    pub(super) fn new(out: W) -> io::Result<Self> {
        let mut writer = Self(out);
        // The one that TensorFlow has written since its first release.
        writer.event(&Event { wall_time: 0.0, step: 0, what: Some(What::FileVersion("brain.Event:2".to_owned())) })?;
        Ok(writer)
    }

    /// Adds values of a step; nothing where there are none.
    pub(super) fn values(&mut self, wall_time: f64, step: u64, value: Vec<SummaryValue>) -> io::Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        self.event(&Event { wall_time, step, what: Some(What::Summary(Summary { value })) })
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let data = event.encode_to_vec();
        let length = (data.len() as u64).to_le_bytes();
        self.0.write_all(&length)?;
        self.0.write_all(&masked(&length).to_le_bytes())?;
        self.0.write_all(&data)?;
        self.0.write_all(&masked(&data).to_le_bytes())
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A sum as `TFRecord` keeps it: a sum over data that hold sums would be weak (`tensorflow/core/lib/hash/crc32c.h`).
fn masked(bytes: &[u8]) -> u32 {
    CASTAGNOLI.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standard() {
        // RFC 3720, appendix B.4: 32 bytes of zeros, and of ones.
        assert_eq!(CASTAGNOLI.checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(CASTAGNOLI.checksum(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn a_file_begins_with_its_version() {
        let mut bytes = Vec::new();
        EventWriter::new(&mut bytes).unwrap().finish().unwrap();
        // The length, its sum, the event, its sum.
        assert_eq!(bytes.len(), 8 + 4 + 15 + 4);
        assert_eq!(bytes[..8], 15_u64.to_le_bytes());
        assert!(bytes[12..].starts_with(b"\x1a\x0dbrain.Event:2"));
    }
}
