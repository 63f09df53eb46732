//! A row between the bit planes and the store: words of bits, which are packed, reversed and compared as such.

use crate::bases::{bit_bytes, packed_bytes};
use crate::formats::element::WORD;

/// A row: a bit a base in `known`, `low` and `high`, a bit a label, 64 a word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RowBits {
    length: usize,
    label_count: usize,
    pub(super) known: Vec<u64>,
    pub(super) low: Vec<u64>,
    pub(super) high: Vec<u64>,
    pub(super) labels: Vec<u64>,
}

impl RowBits {
    /// Of unknown bases and labels that are 0.
    pub(super) fn new(length: usize, labels: usize) -> Self {
        let words = || vec![0; length.div_ceil(WORD)];
        Self {
            length,
            label_count: labels,
            known: words(),
            low: words(),
            high: words(),
            labels: vec![0; labels.div_ceil(WORD)],
        }
    }

    /// The packed bases, into `out`.
    pub(super) fn codes(&self, out: &mut Vec<u8>) {
        out.clear();
        for (low, high) in self.low.iter().zip(&self.high) {
            for half in [0, 32] {
                out.extend_from_slice(&(spread(low >> half) | spread(high >> half) << 1).to_le_bytes());
            }
        }
        out.truncate(packed_bytes(self.length));
    }

    /// The mask of unknown bases, into `out`; whether there is one.
    pub(super) fn unknown(&self, out: &mut Vec<u8>) -> bool {
        out.clear();
        for (word, first) in self.known.iter().zip((0..self.length).step_by(WORD)) {
            let used = u64::MAX >> WORD.saturating_sub(self.length - first);
            out.extend_from_slice(&(!word & used).to_le_bytes());
        }
        out.truncate(bit_bytes(self.length));
        out.iter().any(|byte| *byte != 0)
    }

    /// The labels, into `out`.
    pub(super) fn labels(&self, out: &mut Vec<u8>) {
        out.clear();
        out.extend(self.labels.iter().flat_map(|word| word.to_le_bytes()));
        out.truncate(bit_bytes(self.label_count));
    }

    /// Makes `out` the opposite strand of this row, with the same labels.
    pub(super) fn reverse_complement(&self, out: &mut Self) {
        out.clone_from(self);
        reverse(&mut out.known, self.length);
        for (bits, complement) in [(&self.low, &mut out.low), (&self.high, &mut out.high)] {
            for ((word, bits), known) in complement.iter_mut().zip(bits).zip(&self.known) {
                *word = !bits & known;
            }
            reverse(complement, self.length);
        }
    }
}

/// Reverses the first `length` bits of words; those beyond are and stay 0.
fn reverse(words: &mut [u64], length: usize) {
    words.reverse();
    let unused = (WORD - length % WORD) % WORD;
    let mut before: Option<&mut u64> = None;
    for word in words.iter_mut() {
        let reversed = word.reverse_bits();
        if let (Some(before), 1..) = (before, unused) {
            *before |= reversed << (WORD - unused);
        }
        *word = reversed >> unused;
        before = Some(word);
    }
}

/// The lower 32 bits with a 0 between each and the next.
fn spread(bits: u64) -> u64 {
    let bits = bits & 0xFFFF_FFFF;
    let bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF;
    let bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF;
    let bits = (bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    let bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
    (bits | bits << 1) & 0x5555_5555_5555_5555
}
