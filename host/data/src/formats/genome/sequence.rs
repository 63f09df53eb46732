//! A chromosome, and its bases in packed form.

use std::ops::Range;

use crate::bases::{Packed, code_at, copy_bases, set_bit};
use crate::text::{printable, shortened};

/// Chromosomes a genome may have, scaffolds included.
pub(crate) const MOST_CHROMOSOMES: usize = 10_000_000;
/// Bases a chromosome may have.
pub(crate) const LONGEST_CHROMOSOME: u64 = u32::MAX as u64;

/// A chromosome's name and bases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chromosome {
    /// The first word of its heading.
    pub(crate) name: String,
    /// Bases.
    pub(crate) length: u64,
}

/// The bases of one chromosome, packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChromosomeSequence {
    pub(crate) length: u64,
    pub(crate) codes: Vec<u8>,
    /// Unknown stretches in order, not touching.
    pub(crate) unknown: Vec<Range<u64>>,
    /// Stretches of lower-case letters, which mark repeats, in order and not touching.
    pub(crate) masked: Vec<Range<u32>>,
}

impl ChromosomeSequence {
    /// Bases.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The stretches without an unknown base, in order.
    pub(crate) fn known(&self) -> impl Iterator<Item = Range<u64>> {
        let starts = std::iter::once(0).chain(self.unknown.iter().map(|unknown| unknown.end));
        let ends = self.unknown.iter().map(|unknown| unknown.start).chain(std::iter::once(self.length));
        starts.zip(ends).map(|(start, end)| start..end).filter(|known| !known.is_empty())
    }

    /// Lower-case letters from `start` to `end`, the end excluded.
    pub(crate) fn masked_in(&self, start: u64, end: u64) -> u64 {
        let first = self.masked.partition_point(|range| u64::from(range.end) <= start);
        let within = self.masked.get(first..).unwrap_or_default().iter();
        let within = within.take_while(|range| u64::from(range.start) < end);
        within.map(|range| u64::from(range.end).min(end) - u64::from(range.start).max(start)).sum()
    }

    /// The code of a known base.
    pub(crate) fn code(&self, place: u64) -> u8 {
        code_at(&self.codes, usize::try_from(place).unwrap_or(usize::MAX))
    }

    /// `length` bases from `start` on; those beyond the end are unknown.
    pub(crate) fn packed(&self, start: u64, length: usize) -> Packed {
        let (mut codes, mut mask) = (Vec::new(), Vec::new());
        self.window(start, length, &mut codes, &mut mask);
        Packed::from_parts(length, codes, mask)
    }

    /// Copies `length` bases from `start` on, with a mask where some are unknown (or lie beyond the end): how many do.
    pub(crate) fn window(&self, start: u64, length: usize, codes: &mut Vec<u8>, mask: &mut Vec<u8>) -> u64 {
        copy_bases(&self.codes, usize::try_from(start).unwrap_or(usize::MAX), length, codes);
        mask.clear();
        let end = start.saturating_add(length as u64);
        let beyond = self.length.max(start)..end;
        let first = self.unknown.partition_point(|range| range.end <= start);
        let within =
            self.unknown.get(first..).unwrap_or_default().iter().take_while(|range| range.start < end).cloned();
        let mut unknown = 0;
        for range in within.chain(std::iter::once(beyond)) {
            for base in range.start.max(start)..range.end.min(end) {
                if mask.is_empty() {
                    mask.resize(length.div_ceil(8), 0);
                }
                let index = usize::try_from(base - start).unwrap_or(usize::MAX);
                set_bit(mask, index);
                // An unknown base has code 0, whatever the file holds there.
                if let Some(byte) = codes.get_mut(index / 4) {
                    *byte &= !(3 << (2 * (index % 4)));
                }
                unknown += 1;
            }
        }
        unknown
    }
}

/// Adds the next unknown base to stretches in order.
pub(crate) fn add_unknown(unknown: &mut Vec<Range<u64>>, place: u64) {
    match unknown.last_mut() {
        Some(last) if last.end == place => last.end += 1,
        _ => unknown.push(place..place + 1),
    }
}

/// Adds the next lower-case letter to stretches in order; places beyond the longest chromosome are none.
pub(crate) fn add_masked(masked: &mut Vec<Range<u32>>, place: u64) {
    let Ok(place) = u32::try_from(place) else { return };
    match masked.last_mut() {
        Some(last) if last.end == place => last.end = place.saturating_add(1),
        _ => masked.push(place..place.saturating_add(1)),
    }
}

/// Sorts ranges and joins those that touch.
pub(crate) fn joined(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ if range.is_empty() => {}
            _ => joined.push(range),
        }
    }
    joined
}

/// The chromosomes with their lengths, for a message.
pub(crate) fn lengths(chromosomes: &[Chromosome]) -> String {
    let shown: Vec<String> = chromosomes
        .iter()
        .take(30)
        .map(|Chromosome { name, length }| format!("{} ({length})", printable(&shortened(name))))
        .collect();
    let more = chromosomes.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
