//! What a file holds that should be text and is not: named in the message, with what to do.

use std::fmt::Write;

use super::gzip;

/// How some files begin, and what they are.
const KINDS: &[(&[u8], &str)] = &[
    (&[0xFF, 0xFE, 0, 0], UTF_32),
    (&[0, 0, 0xFE, 0xFF], UTF_32),
    (&[0xFF, 0xFE], UTF_16),
    (&[0xFE, 0xFF], UTF_16),
    (b"BZh", "compressed with bzip2, and gzip alone is read: unpack it with bunzip2"),
    (&[0xFD, b'7', b'z', b'X', b'Z', 0], "compressed with xz, and gzip alone is read: unpack it with unxz"),
    (&[0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd, and gzip alone is read: unpack it with unzstd"),
    (&[0x1F, 0x9D], "compressed with compress, and gzip alone is read: unpack it with gzip -d"),
    (b"PK\x03\x04", "a ZIP archive, as Excel's workbooks are, too: unpack it, or save the sheet as text"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive: unpack it"),
    (&[0x26, 0xFC, 0x8F, 0x88], BIGWIG),
    (&[0x88, 0x8F, 0xFC, 0x26], BIGWIG),
    (&[0xEB, 0xF2, 0x89, 0x87], BIGBED),
    (&[0x87, 0x89, 0xF2, 0xEB], BIGBED),
    (&[0x43, 0x27, 0x41, 0x1A], TWOBIT),
    (&[0x1A, 0x41, 0x27, 0x43], TWOBIT),
    (b"BAM\x01", "a BAM file of aligned reads: call peaks, or make a bigWig file of its coverage"),
    (b"CRAM", "a CRAM file of aligned reads: call peaks, or make a bigWig file of its coverage"),
    (b"BCF\x02", "a BCF file of variants"),
    (&[0x6C, 0x1B, 0x01], "a PLINK file of genotypes, which ends in .bed, too"),
    (&[0x89, b'H', b'D', b'F'], "an HDF5 file"),
    (b"PAR1", "a Parquet file"),
    (b"\x93NUMPY", "an array of NumPy"),
];

const UTF_16: &str =
    "text in UTF-16, as Windows programs save it, and UTF-8 is expected: convert it with iconv -f UTF-16 -t UTF-8";
const UTF_32: &str = "text in UTF-32, and UTF-8 is expected: convert it with iconv -f UTF-32 -t UTF-8";
const BIGWIG: &str = "a bigWig file";
const BIGBED: &str = "a bigBed file: convert it with bigBedToBed";
const TWOBIT: &str = "a .2bit file";

/// What a file is that begins with `start` and is no text; `zipped`: what it is inside of gzip.
pub(super) fn not_text(start: &[u8], zipped: bool) -> Option<String> {
    if zipped && start.starts_with(&gzip::SIGNATURE) {
        return Some("it is gzipped twice: unpack it once with gzip -d".into());
    }
    let of_kind = KINDS.iter().find(|(signature, _)| start.starts_with(signature)).map(|(_, kind)| *kind);
    let kind = of_kind.or_else(|| is_utf_16(start).then_some(UTF_16)).or_else(|| {
        let start = start.get(..32.min(start.len())).unwrap_or_default().to_ascii_lowercase();
        let page = start.trim_ascii_start();
        (page.starts_with(b"<!doctype") || page.starts_with(b"<html"))
            .then_some("a web page, perhaps what a server said in place of the file: download it again")
    })?;
    let mut text = format!("it is {kind}");
    if [BIGWIG, TWOBIT].contains(&kind) {
        let advice =
            if zipped { "gzipped, and is read unpacked only: unpack it with gzip -d" } else { "and text is expected" };
        // Writing to a string does not fail.
        let _ = write!(text, ", {advice}");
    }
    Some(text)
}

/// Whether every second byte of the first few is zero and the others are not, as in UTF-16 without a mark.
fn is_utf_16(start: &[u8]) -> bool {
    let pairs = start.as_chunks::<2>().0;
    let pairs = pairs.get(..16.min(pairs.len())).unwrap_or_default();
    let all = |zero: usize| pairs.iter().all(|pair| pair[zero] == 0 && pair[1 - zero] != 0);
    pairs.len() >= 2 && (all(0) || all(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_of_no_kind() {
        for text in ["", ">", ">chr1\nACGT", "chr1\t0\t5\n", "\u{feff}chr1\t0\t5\n", "é"] {
            assert_eq!(not_text(text.as_bytes(), false), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for text in ["\u{feff}chr1\t0\t5\n", "chr1\t0\t5\n"] {
            assert!(not_text(&utf_16(text), false).unwrap().contains("UTF-16"));
        }
        assert!(not_text(b"\n<!DOCTYPE html><html>", false).unwrap().contains("a web page"));
        assert_eq!(not_text(&[0x26, 0xFC, 0x8F, 0x88], false).unwrap(), "it is a bigWig file, and text is expected");
        assert!(not_text(&[0x43, 0x27, 0x41, 0x1A], true).unwrap().ends_with("unpack it with gzip -d"));
        assert!(not_text(&[0x1F, 0x8B, 8], true).unwrap().contains("twice"));
    }
}
