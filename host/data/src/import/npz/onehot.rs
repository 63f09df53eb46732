//! From one-hot numbers to bases, and a check that the channels are in the order that the options name.

use std::cmp::Ordering;

use crate::bases::{CHANNELS, Packed, bit_at, code_at};
use crate::error::{Error, Result};
use crate::formats::npz::Number;

/// Pairs of C and G below which their order cannot be judged.
const PAIRS: u64 = 10_000;

/// Which axis of a row holds the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// Rows of length × 4.
    Last,
    /// Rows of 4 × length.
    First,
}

/// A number of a one-hot array as it is read.
#[expect(clippy::cast_possible_truncation, reason = "0, 1 and what is equal stay so, and nothing else is of use")]
pub(super) fn number(number: Number, bytes: &[u8]) -> f32 {
    number.value(bytes) as f32
}

/// The bases of a row of numbers. `letters` are the channels in their order. A column is one 1 and zeros, or says
/// nothing: four equal numbers (zeros, 0.25, 1) are an unknown base.
pub(super) fn packed(numbers: &[f32], axis: Axis, letters: [u8; CHANNELS]) -> Result<Packed> {
    let length = numbers.len() / CHANNELS;
    let mut sequence = Vec::with_capacity(length);
    for base in 0..length {
        let place = |channel| if axis == Axis::Last { base * CHANNELS + channel } else { channel * length + base };
        let column = std::array::from_fn(|channel| numbers.get(place(channel)).copied().unwrap_or(f32::NAN));
        sequence.push(letter(column, letters).map_err(|what| {
            Error::input(format!(
                "base {base} is {}: {what}: expected one-hot sequences, a 1 and zeros, or four equal numbers where a \
                 base is unknown",
                column.map(|value| value.to_string()).join(" ")
            ))
        })?);
    }
    // Only letters of DNA were pushed.
    Packed::from_letters(&sequence)
        .map_err(|(place, _)| Error::bug(format!("base {place} of a one-hot row is not a letter")))
}

/// The letter of a column, or what is wrong with it.
fn letter(column: [f32; CHANNELS], letters: [u8; CHANNELS]) -> Result<u8, &'static str> {
    let [first, ..] = column;
    let is_first = |value: &f32| value.partial_cmp(&first).is_some_and(Ordering::is_eq);
    if first.is_finite() && column.iter().all(is_first) {
        return Ok(b'N');
    }
    if column.iter().any(|value| !matches!(*value, 0.0 | 1.0)) {
        return Err("a number is neither 0 nor 1");
    }
    let mut ones = column.into_iter().zip(letters).filter(|(value, _)| matches!(value, 1.0)).map(|(_, letter)| letter);
    match (ones.next(), ones.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err("it has a 1 in several channels"),
    }
}

/// The number of times that C stands before G, and G before C.
///
/// Both are about as frequent in genomes, but where methylated C mutates, as in vertebrates, CG is rare. Channels in the
/// order ACGT that are read as AGCT, or the other way round, swap the two.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pairs {
    cg: u64,
    gc: u64,
}

impl Pairs {
    pub(super) fn count(&mut self, packed: &Packed) {
        let mut before = None;
        for base in 0..packed.len() {
            let known = !packed.unknown().is_some_and(|mask| bit_at(mask, base));
            let code = known.then(|| code_at(packed.codes(), base));
            match (before, code) {
                (Some(1), Some(2)) => self.cg += 1,
                (Some(2), Some(1)) => self.gc += 1,
                _ => {}
            }
            before = code;
        }
    }

    /// A warning where C and G seem to be swapped.
    pub(super) fn warning(self, channels: &str) -> Option<String> {
        (self.cg + self.gc >= PAIRS && self.cg > 2 * self.gc).then(|| {
            let Self { cg, gc } = self;
            format!(
                "CG occurs {cg} times and GC {gc} times, and genomes have less CG: are the channels really in the order {channels}?"
            )
        })
    }
}

/// The channels as letters, from a text such as AGCT.
pub(super) fn channels(text: &str) -> Result<[u8; CHANNELS]> {
    let upper = text.to_ascii_uppercase();
    let letters = upper.as_bytes().try_into().ok();
    letters.filter(|letters: &[u8; CHANNELS]| b"ACGT".iter().all(|base| letters.contains(base))).ok_or_else(|| {
        Error::input(format!("channels {text:?}: expected A, C, G and T in the order of the channels, such as AGCT"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bases::tests::letters;

    #[test]
    fn bases_are_read_along_either_axis_and_in_any_order_of_channels() {
        let last = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        assert_eq!(letters(&packed(&last, Axis::Last, *b"AGCT").unwrap()), "AGNT");
        assert_eq!(letters(&packed(&last, Axis::Last, *b"ACGT").unwrap()), "ACNT");
        assert_eq!(letters(&packed(&last, Axis::First, *b"AGCT").unwrap()), "AGNT");
    }

    #[test]
    fn four_equal_numbers_are_an_unknown_base() {
        for value in [0.0, 0.25, 1.0, -1.0] {
            assert_eq!(letters(&packed(&[value; 4], Axis::Last, *b"ACGT").unwrap()), "N", "{value}");
        }
        assert!(packed(&[f32::NAN; 4], Axis::Last, *b"ACGT").is_err());
    }

    #[test]
    fn columns_that_are_not_one_hot_are_refused() {
        let refused = |column: [f32; 4]| packed(&column, Axis::Last, *b"ACGT").unwrap_err().to_string();
        insta::assert_snapshot!(refused([1.0, 1.0, 0.0, 0.0]), @"base 0 is 1 1 0 0: it has a 1 in several channels: expected one-hot sequences, a 1 and zeros, or four equal numbers where a base is unknown");
        insta::assert_snapshot!(refused([0.0, 0.9, 0.1, 0.0]), @"base 0 is 0 0.9 0.1 0: a number is neither 0 nor 1: expected one-hot sequences, a 1 and zeros, or four equal numbers where a base is unknown");
    }

    #[test]
    fn swapped_channels_are_noticed_in_a_genome_with_few_cg() {
        let sequence = "ACTGCATGCCAGCTTGCA".repeat(3000);
        let mut pairs = Pairs::default();
        pairs.count(&Packed::from_letters(sequence.as_bytes()).unwrap());
        assert!(pairs.warning("ACGT").is_none());
        let swapped: String = sequence
            .chars()
            .map(|base| match base {
                'C' => 'G',
                'G' => 'C',
                other => other,
            })
            .collect();
        let mut pairs = Pairs::default();
        pairs.count(&Packed::from_letters(swapped.as_bytes()).unwrap());
        assert!(pairs.warning("AGCT").unwrap().contains("AGCT"));
    }
}
