//! Files that are not the text that was expected, by their first bytes: what they are, and what to do with them.

use std::path::Path;

use crate::error::{Error, Result};

/// What a file begins with, what it then is, and what helps.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (b"\x1F\x8B", "compressed twice with gzip", "decompress it once"),
    (
        b"PK\x03\x04",
        "a ZIP archive, as a workbook of Excel is",
        "unpack it, or save the sheet as text with tabs or commas",
    ),
    (
        b"\xD0\xCF\x11\xE0",
        "a document of an old Office, such as a workbook",
        "save the sheet as text with tabs or commas",
    ),
    (b"\xFD7zXZ\0", "compressed with xz", "decompress it with unxz, or compress it with gzip"),
    (b"\x28\xB5\x2F\xFD", "compressed with zstd", "decompress it with unzstd, or compress it with gzip"),
    (b"7z\xBC\xAF\x27\x1C", "an archive of 7-Zip", "unpack it"),
    (b"\x1F\x9D", "compressed with compress", "decompress it with gzip -d"),
    (b"\xFF\xFE\0\0", "text in UTF-32", "save it as UTF-8, as with iconv -f UTF-32 -t UTF-8"),
    (b"\0\0\xFE\xFF", "text in UTF-32", "save it as UTF-8, as with iconv -f UTF-32 -t UTF-8"),
    (b"\xFF\xFE", UTF_16, TO_UTF_8),
    (b"\xFE\xFF", UTF_16, TO_UTF_8),
    (&[0x26, 0xFC, 0x8F, 0x88], BIGWIG, UNPACKED),
    (&[0x88, 0x8F, 0xFC, 0x26], BIGWIG, UNPACKED),
    (&[0xEB, 0xF2, 0x89, 0x87], BIGBED, FROM_BIGBED),
    (&[0x87, 0x89, 0xF2, 0xEB], BIGBED, FROM_BIGBED),
    (&[0x43, 0x27, 0x41, 0x1A], TWOBIT, UNPACKED),
    (&[0x1A, 0x41, 0x27, 0x43], TWOBIT, UNPACKED),
    (b"CRAM", "a CRAM file of aligned reads", "call peaks, or make a bigWig file of its coverage"),
    (b"BCF\x02", "a BCF file of variants", "give the data themselves"),
    (&[0x6C, 0x1B, 0x01], "a PLINK file of genotypes, which ends in .bed, too", "give the data themselves"),
    (b"\x89HDF\r\n", "an HDF5 file", "write what it holds as text"),
    (b"\x93NUMPY", "an array of NumPy", "write it as text, or several into one archive for `data import npz`"),
    (b"ARROW1", "an Arrow file, as Feather and the stores of genomenas are", "write it as Parquet or text"),
    (b"PAR1", "a Parquet file", "import it as a table"),
    (b"SQLite format 3", "a database of SQLite", "export the table as text"),
    (b"BAM\x01", "a BAM file", "convert it, as with samtools fasta"),
    (b"RDX2", "saved data of R", "write it with write.table"),
    (b"RDX3", "saved data of R", "write it with write.table"),
    (b"X\n\0\0\0", "a saved object of R", "write it with write.table"),
    (b"@HD\t", "a SAM file", "convert it, as with samtools fasta"),
    (b"[{", "JSON", "write it as text with tabs or commas, or as Parquet"),
    (b"{\"", "JSON", "write it as text with tabs or commas, or as Parquet"),
    (b"%PDF", "a PDF document", "give the data themselves"),
    (b"version https://git-lfs", "a pointer of Git LFS to the file", "fetch the file itself with git lfs pull"),
];

const UTF_16: &str = "text in UTF-16, as Windows programs save it";
const TO_UTF_8: &str = "save it as UTF-8, as with iconv -f UTF-16 -t UTF-8";
const BIGWIG: &str = "a bigWig file";
const BIGBED: &str = "a bigBed file";
const FROM_BIGBED: &str = "convert it with bigBedToBed";
const TWOBIT: &str = "a .2bit file";
const UNPACKED: &str = "such a file is read where it is expected, and not gzipped";

/// What a text that begins with these bytes is instead of one, with what to do; `None` for what may be a text.
pub(crate) fn known(start: &[u8]) -> Option<String> {
    if start.starts_with(b"BZh") && start.get(4..10) == Some(b"1AY&SY") {
        return Some("it is compressed with bzip2: decompress it with bunzip2, or compress it with gzip".into());
    }
    let found = KNOWN.iter().find(|(first, ..)| start.starts_with(first));
    if let Some((_, what, help)) = found {
        return Some(format!("it is {what}: {help}"));
    }
    let start = start.get(..512).unwrap_or(start);
    let page = start.trim_ascii_start().to_ascii_lowercase();
    if page.starts_with(b"<!doctype") || page.starts_with(b"<html") {
        return Some("it is a web page: download the file itself, the page may say why it was not sent".into());
    }
    if !start.contains(&0) {
        return None;
    }
    // Letters of Latin texts have a zero in every other byte.
    let zeros = |at: usize| start.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = start.len() / 2;
    if half > 0 && (even == 0 && odd * 10 >= half * 9 || odd == 0 && even * 10 >= half * 9) {
        return Some(format!("it is text in UTF-16 without a mark: {TO_UTF_8}"));
    }
    Some("it holds bytes of zero, as no text does".into())
}

/// Refuses a file that is not the text that is `expected`, by its first bytes.
pub(crate) fn refuse(path: &Path, start: &[u8], expected: &str) -> Result<()> {
    match known(start) {
        None => Ok(()),
        Some(what) => Err(Error::input(format!("cannot read {}: expected {expected}, and {what}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_text_are_named_with_what_helps() {
        let utf16: Vec<u8> = "sequence\tlabel\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let said =
            [b"PK\x03\x04rest".as_slice(), b"\xFF\xFEs\0e\0", &utf16, b"BZh91AY&SY", b"ab\0c", b"\n<HTML><body>"]
                .map(|start| known(start).unwrap_or_default());
        insta::assert_snapshot!(said.join("\n"), @"
it is a ZIP archive, as a workbook of Excel is: unpack it, or save the sheet as text with tabs or commas
it is text in UTF-16, as Windows programs save it: save it as UTF-8, as with iconv -f UTF-16 -t UTF-8
it is text in UTF-16 without a mark: save it as UTF-8, as with iconv -f UTF-16 -t UTF-8
it is compressed with bzip2: decompress it with bunzip2, or compress it with gzip
it holds bytes of zero, as no text does
it is a web page: download the file itself, the page may say why it was not sent
");
    }

    #[test]
    fn texts_are_not_taken_for_anything_else() {
        for text in ["", "sequence\tlabel\n", ">chr1\nACGT", "BZh is a label\n", "X\tY\n", "7\t8\n", "ARROW\tx\n"] {
            assert_eq!(known(text.as_bytes()), None, "{text:?}");
        }
    }
}
