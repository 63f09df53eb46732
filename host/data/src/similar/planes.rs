//! Rows as planes of bits, 64 bases a word: whether a base is known, and the two bits of its code.

use crate::bases::{bit_at, code_at};

/// All rows.
#[derive(Default)]
pub(super) struct Planes {
    length: usize,
    /// Words of a plane.
    words: usize,
    /// Of each row the known bases, the low and the high bits of the codes.
    bits: Vec<u64>,
    rows: usize,
}

/// The planes of a row of its own.
#[derive(Default)]
pub(super) struct View {
    bits: Vec<u64>,
    words: usize,
}

/// The planes of one row.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    known: &'a [u64],
    low: &'a [u64],
    high: &'a [u64],
}

impl View {
    pub(super) fn as_view(&self) -> Bits<'_> {
        Bits::of(&self.bits, self.words)
    }
}

impl<'a> Bits<'a> {
    fn of(bits: &'a [u64], words: usize) -> Self {
        let plane = |number: usize| bits.get(number * words..(number + 1) * words).unwrap_or_default();
        Self { known: plane(0), low: plane(1), high: plane(2) }
    }
}

impl Planes {
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn add(&mut self, codes: &[u8], unknown: Option<&[u8]>, length: usize) {
        self.length = length;
        self.words = length.div_ceil(64);
        let begin = self.bits.len();
        self.bits.resize(begin + 3 * self.words, 0);
        let Some(bits) = self.bits.get_mut(begin..) else { return };
        for base in (0..length).filter(|base| !unknown.is_some_and(|mask| bit_at(mask, *base))) {
            let code = code_at(codes, base);
            for (plane, set) in [true, code & 1 == 1, code & 2 == 2].into_iter().enumerate() {
                if let Some(word) = bits.get_mut(plane * self.words + base / 64) {
                    *word |= u64::from(set) << (base % 64);
                }
            }
        }
        self.rows += 1;
    }

    pub(super) fn view(&self, row: usize) -> Bits<'_> {
        let size = 3 * self.words;
        Bits::of(self.bits.get(row * size..(row + 1) * size).unwrap_or_default(), self.words)
    }

    /// The opposite strand of a row, into `out`.
    pub(super) fn turn(&self, row: usize, out: &mut View) {
        let view = self.view(row);
        out.words = self.words;
        out.bits.clear();
        out.bits.extend(view.known);
        // A complement has both bits of the code the other way.
        out.bits.extend(view.low.iter().zip(view.known).map(|(bits, known)| !bits & known));
        out.bits.extend(view.high.iter().zip(view.known).map(|(bits, known)| !bits & known));
        let unused = self.words * 64 - self.length;
        for plane in out.bits.chunks_exact_mut(self.words.max(1)) {
            plane.reverse();
            for word in plane.iter_mut() {
                *word = word.reverse_bits();
            }
            for index in 0..plane.len() {
                let next = plane.get(index + 1).copied().unwrap_or(0);
                if let Some(word) = plane.get_mut(index) {
                    *word = shifted(*word, next, unused);
                }
            }
        }
    }

    /// Equal bases of `row` and `other`, where base `place` of the row lies on base `other_place` of the other.
    pub(super) fn agree(&self, row: usize, other: Bits<'_>, place: usize, other_place: usize) -> usize {
        let row = self.view(row);
        let shift = place.abs_diff(other_place);
        // The one whose bases lie further on is moved down.
        let (still, moved) = if place >= other_place { (other, row) } else { (row, other) };
        let (words, bits) = (shift / 64, shift % 64);
        let at = |plane: &[u64], index: usize| {
            let word = |index: usize| plane.get(index).copied().unwrap_or(0);
            shifted(word(index + words), word(index + words + 1), bits)
        };
        let mut agree = 0;
        for (index, ((known, low), high)) in still.known.iter().zip(still.low).zip(still.high).enumerate() {
            let differ = (low ^ at(moved.low, index)) | (high ^ at(moved.high, index));
            agree += (!differ & known & at(moved.known, index)).count_ones();
        }
        agree as usize
    }

    /// Calls `each` with the code of every run of `k` known bases of a row, with its place, and whether it is that of the
    /// opposite strand, which comes first by its code.
    pub(super) fn seeds(&self, row: usize, k: usize, single_strand: bool, mut each: impl FnMut(u32, u32, bool)) {
        let Bits { known, low, high } = self.view(row);
        let mask = if k >= 16 { u32::MAX } else { (1_u32 << (2 * k)) - 1 };
        let (mut forward, mut backward, mut run) = (0_u32, 0_u32, 0);
        let bit =
            |plane: &[u64], base: usize| plane.get(base / 64).map_or(0, |word| u32::from(word >> (base % 64) & 1 == 1));
        for base in 0..self.length {
            if bit(known, base) == 0 {
                run = 0;
                continue;
            }
            let code = bit(low, base) | bit(high, base) << 1;
            forward = (forward << 2 | code) & mask;
            backward = backward >> 2 | (3 - code) << (2 * (k - 1));
            run += 1;
            if run >= k {
                let flipped = !single_strand && backward < forward;
                let place = u32::try_from(base + 1 - k).unwrap_or(u32::MAX);
                each(if flipped { backward } else { forward }, place, flipped);
                // A seed that is its own opposite strand lies on an equal one in both directions.
                if !single_strand && backward == forward {
                    each(forward, place, true);
                }
            }
        }
    }
}

/// A word of bits that were moved down by fewer than 64 places.
fn shifted(word: u64, next: u64, places: usize) -> u64 {
    if places == 0 { word } else { word >> places | next << (64 - places) }
}
