//! Reads a file of the bundle a block of samples at a time.
//!
//! One sample touches thousands of places of the file, so a block holds as many samples as fit into a fixed
//! amount of memory, and every chunk of the file is read once for it.

use std::ops::Range;

use super::array::Array;
use super::bundle::Bundle;
use super::planes::{Block, Wrong, block_bytes};
use crate::bases::CHANNELS;
use crate::error::{Error, Result};
use crate::formats::element::WORD;
use crate::progress::{OnProgress, Progress};

/// Bytes of a block, unless whole chunks are larger.
const USUAL_BLOCK: u64 = 64 << 20;
/// Bytes that a block may have; what spans more samples is read several times.
const LARGEST_BLOCK: u64 = 512 << 20;

/// The blocks of a file, as ranges of samples.
pub(super) fn blocks(bundle: &Bundle) -> Result<Vec<Range<u64>>> {
    let bytes = |samples: u64| {
        let samples = usize::try_from(samples).unwrap_or(usize::MAX);
        block_bytes(samples, bundle.length, bundle.label_count) as u64
    };
    if bundle.bases.is_stream() || bundle.labels.is_stream() {
        if bytes(bundle.samples) > LARGEST_BLOCK {
            return Err(Error::input(format!(
                "{}: {} compressed samples take {} MiB of memory, more than {}: save the file as version 7.3 (-v7.3)",
                bundle.path.display(),
                bundle.samples,
                bytes(bundle.samples) >> 20,
                LARGEST_BLOCK >> 20
            )));
        }
        return Ok(std::iter::once(0..bundle.samples).collect());
    }
    let word = WORD as u64;
    let fit = |most: u64| (most / bytes(word).max(1) * word).max(word);
    let whole = bundle.bases.granularity();
    let samples =
        if whole > fit(USUAL_BLOCK) { fit(LARGEST_BLOCK).min(whole) } else { fit(USUAL_BLOCK) / whole * whole };
    let count = bundle.samples.div_ceil(samples);
    Ok((0..count).map(|block| block * samples..((block + 1) * samples).min(bundle.samples)).collect())
}

/// Reads one block. `read` counts the bytes of numbers read so far, of `total`.
pub(super) fn read(bundle: &Bundle, range: &Range<u64>, read: &mut u64, progress: OnProgress<'_>) -> Result<Block> {
    let name = bundle.path.file_name().unwrap_or_default().to_string_lossy();
    let stage = format!("packing {name}");
    let total = Some(number_bytes(&bundle.bases).saturating_add(number_bytes(&bundle.labels)));
    let samples = usize::try_from(range.end - range.start)
        .map_err(|_| Error::input(format!("{}: too many samples", bundle.path.display())))?;
    let mut block = Block::new(samples, bundle.length, bundle.label_count);
    let mut reported = *read;
    let mut report = |bytes: usize| {
        *read += bytes as u64;
        if *read - reported > 16 << 20 {
            reported = *read;
            progress(Progress { stage: &stage, done: *read, total, unit: "bytes" });
        }
    };
    let element = bundle.bases.element;
    let bases = bundle.bases.read(&bundle.parts, range, &mut |plane, first, raw| {
        report(raw.len());
        block.add_bases(element, plane, first, raw).map_err(|wrong| wrong_base(&wrong, range.start))
    });
    bases.map_err(|error| error.context(format!("{}: {}", bundle.path.display(), bundle.bases.name)))?;
    let element = bundle.labels.element;
    let labels = bundle.labels.read(&bundle.parts, range, &mut |plane, first, raw| {
        report(raw.len());
        block.add_labels(element, plane, first, raw).map_err(|wrong| wrong_label(&wrong, range.start))
    });
    labels.map_err(|error| error.context(format!("{}: {}", bundle.path.display(), bundle.labels.name)))?;
    Ok(block)
}

fn number_bytes(array: &Array) -> u64 {
    array.planes().saturating_mul(array.samples()).saturating_mul(array.element.width() as u64)
}

fn wrong_base(wrong: &Wrong, first: u64) -> Error {
    let (position, channel) = (wrong.plane / CHANNELS, wrong.plane % CHANNELS);
    let letter = ["A", "G", "C", "T"].get(channel).copied().unwrap_or("");
    let place = format!("sample {}, position {position}", first + wrong.sample as u64);
    Error::input(match &wrong.value {
        Some(value) => format!("{place}, channel {letter}: the value {value}; expected 0 or 1 (counting from 0)"),
        None => format!(
            "{place}: {letter} is set beside another base; expected one base, or none for an unknown \
             one (counting from 0)"
        ),
    })
}

fn wrong_label(wrong: &Wrong, first: u64) -> Error {
    let value = wrong.value.as_deref().unwrap_or("");
    let (sample, label) = (first + wrong.sample as u64, wrong.plane);
    Error::input(format!("sample {sample}, label {label}: the value {value}; expected 0 or 1 (counting from 0)"))
}
