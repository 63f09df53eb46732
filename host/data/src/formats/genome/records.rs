//! The records of a FASTA or `.2bit` file one after the other, each packed in memory while it is looked at.

use std::io::BufRead;
use std::path::Path;

pub(crate) use super::fasta::Record;
use super::fasta::{self, Sink};
use super::sequence::{ChromosomeSequence, LONGEST_CHROMOSOME, add_unknown};
use super::twobit;
use crate::error::{Error, Result};
use crate::formats::foreign;
use crate::formats::source::{cannot_read, open_text};
use crate::progress::{OnProgress, Progress};

/// Takes a record and its bases.
pub(crate) type OnRecord<'a> = &'a mut dyn FnMut(Record<'_>, &ChromosomeSequence) -> Result<()>;

/// Calls `each` for the records of a file in their order: FASTA text (plain, gzip or bgzip) or `.2bit`. With a name in
/// `headless`, text of letters alone is accepted too, as one record of that name.
pub(crate) fn read(path: &Path, headless: Option<&str>, progress: OnProgress<'_>, each: OnRecord<'_>) -> Result<()> {
    if twobit::is_twobit(path)? {
        let mut file = twobit::TwoBit::open(path)?;
        let mut bases = 0;
        for (index, chromosome) in file.chromosomes().iter().enumerate() {
            let name = chromosome.name.as_str();
            each(Record { name, heading: name }, &file.read(index)?)?;
            bases += chromosome.length;
            progress(Progress { stage: "reading sequences", done: bases, total: None, unit: "bases" });
        }
        return Ok(());
    }
    let mut text = open_text(path)?;
    let start = text.fill_buf().map_err(|error| cannot_read(path, error))?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    let known = match first {
        Some(b'>' | b';') => true,
        Some(byte) => headless.is_some() && byte.is_ascii_alphabetic(),
        None => false,
    };
    if !known {
        foreign::refuse(path, start, "sequences as FASTA text or .2bit")?;
        if first == Some(b'@') {
            return Err(Error::input(format!(
                "{} looks like FASTQ, whose first letter is '@': convert it to FASTA first, as with seqtk seq -A",
                path.display()
            )));
        }
        let letters = if headless.is_some() { ", a text of letters alone" } else { "" };
        return Err(Error::input(format!(
            "{} holds no sequences: expected FASTA text (plain, gzip or bgzip), whose first letter is '>'{letters} or a .2bit \
             file, and it {}",
            path.display(),
            first.map_or("is empty".into(), |byte| format!("starts with '{}'", byte.escape_ascii()))
        )));
    }
    let mut collecting =
        Collecting { name: String::new(), heading: String::new(), sequence: ChromosomeSequence::default(), each };
    fasta::read(path, text, headless, &mut collecting, &mut |bases| {
        progress(Progress { stage: "reading sequences", done: bases, total: None, unit: "bases" });
    })
}

struct Collecting<'a> {
    name: String,
    heading: String,
    sequence: ChromosomeSequence,
    each: OnRecord<'a>,
}

impl Sink for Collecting<'_> {
    fn start(&mut self, record: Record<'_>) -> Result<()> {
        record.name.clone_into(&mut self.name);
        record.heading.clone_into(&mut self.heading);
        self.sequence.length = 0;
        self.sequence.codes.clear();
        self.sequence.unknown.clear();
        Ok(())
    }

    fn base(&mut self, code: Option<u8>, _: bool) -> Result<()> {
        let sequence = &mut self.sequence;
        let place = sequence.length;
        if place == LONGEST_CHROMOSOME {
            return Err(Error::input(format!(
                "record {:?} has more than {LONGEST_CHROMOSOME} bases: no chromosome is that long",
                self.name
            )));
        }
        sequence.length += 1;
        if place.is_multiple_of(4) {
            sequence.codes.push(0);
        }
        match (code, sequence.codes.last_mut()) {
            (Some(code), Some(byte)) => *byte |= code << (2 * (place % 4)),
            _ => add_unknown(&mut sequence.unknown, place),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        (self.each)(Record { name: &self.name, heading: &self.heading }, &self.sequence)
    }
}
