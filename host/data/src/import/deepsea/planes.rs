//! A block of samples as bit planes, and the rows that they become.
//!
//! The bundle has the sample axis fastest: all samples' bit for one position and channel, or for one label, lie
//! together. They are kept that way, one bit each, and turned into rows 64 samples at a time by transposing squares of
//! 64 × 64 bits. A base takes three bits while it waits: whether it is known, and the two of its code.

use super::row::RowBits;
use crate::bases::CHANNELS;
use crate::formats::element::{Element, WORD};

/// The codes of the channels, which come in the order A, G, C, T.
const CODES: [u8; CHANNELS] = [0, 2, 1, 3];

/// Bits by plane and sample.
struct Planes {
    /// Words from one plane to the next.
    stride: usize,
    words: Vec<u64>,
}

/// A value that has no place in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The position and channel (4 · position + channel), or the label.
    pub(super) plane: usize,
    /// The sample in the block.
    pub(super) sample: usize,
    /// The value, or `None` where it is the second base of its position.
    pub(super) value: Option<String>,
}

/// A block of samples.
pub(super) struct Block {
    samples: usize,
    length: usize,
    labels: usize,
    known: Planes,
    low: Planes,
    high: Planes,
    marks: Planes,
}

impl Planes {
    fn new(planes: usize, samples: usize) -> Self {
        let stride = stride(samples);
        Self { stride, words: vec![0; planes * stride] }
    }

    fn word(&mut self, plane: usize, index: usize) -> Option<&mut u64> {
        self.words.get_mut(plane * self.stride + index)
    }

    /// Word `index` of 64 planes from `first` on, transposed: one word a sample, one bit a plane.
    fn square(&self, first: usize, planes: usize, index: usize) -> [u64; WORD] {
        let mut square = [0; WORD];
        for (line, plane) in square.iter_mut().zip(first..planes) {
            *line = self.words.get(plane * self.stride + index).copied().unwrap_or(0);
        }
        transpose(&mut square);
        square
    }
}

/// Words of a plane of `samples` samples. A long plane is an odd number of cache lines, so that the same word of all
/// planes does not fall on one place of the cache.
fn stride(samples: usize) -> usize {
    let words = samples.div_ceil(WORD);
    if words < 8 { words } else { (words.div_ceil(8) | 1) * 8 }
}

/// Bytes that a block takes.
pub(super) fn block_bytes(samples: usize, length: usize, labels: usize) -> usize {
    stride(samples).saturating_mul(8).saturating_mul(length.saturating_mul(3).saturating_add(labels))
}

impl Block {
    pub(super) fn new(samples: usize, length: usize, labels: usize) -> Self {
        let planes = || Planes::new(length, samples);
        Self {
            samples,
            length,
            labels,
            known: planes(),
            low: planes(),
            high: planes(),
            marks: Planes::new(labels, samples),
        }
    }

    /// Takes the values of one position and channel from sample `first` on.
    pub(super) fn add_bases(&mut self, element: Element, plane: usize, first: usize, raw: &[u8]) -> Result<(), Wrong> {
        let (position, channel) = (plane / CHANNELS, plane % CHANNELS);
        let code = CODES.get(channel).copied().unwrap_or(0);
        words(element, plane, first, raw, |index, word| {
            if let Some(known) = self.known.word(position, index) {
                if *known & word != 0 {
                    return Err(*known & word);
                }
                *known |= word;
            }
            for (planes, set) in [(&mut self.low, code & 1 == 1), (&mut self.high, code & 2 == 2)] {
                if let (true, Some(bits)) = (set, planes.word(position, index)) {
                    *bits |= word;
                }
            }
            Ok(())
        })
    }

    /// Takes the values of one label from sample `first` on.
    pub(super) fn add_labels(&mut self, element: Element, label: usize, first: usize, raw: &[u8]) -> Result<(), Wrong> {
        words(element, label, first, raw, |index, word| {
            if let Some(bits) = self.marks.word(label, index) {
                *bits |= word;
            }
            Ok(())
        })
    }

    /// Calls `each` with every row, in the order of the samples.
    pub(super) fn rows<E>(&self, mut each: impl FnMut(&RowBits) -> Result<(), E>) -> Result<(), E> {
        let mut rows = vec![RowBits::new(self.length, self.labels); WORD];
        for index in 0..self.samples.div_ceil(WORD) {
            for (planes, of) in [
                (&self.known, (|row| &mut row.known) as fn(&mut RowBits) -> &mut Vec<u64>),
                (&self.low, |row| &mut row.low),
                (&self.high, |row| &mut row.high),
                (&self.marks, |row| &mut row.labels),
            ] {
                let all = planes.words.len() / planes.stride;
                for first in (0..all).step_by(WORD) {
                    let square = planes.square(first, all, index);
                    for (row, word) in rows.iter_mut().zip(square) {
                        if let Some(place) = of(row).get_mut(first / WORD) {
                            *place = word;
                        }
                    }
                }
            }
            for row in rows.iter().take(self.samples - index * WORD) {
                each(row)?;
            }
        }
        Ok(())
    }
}

/// Cuts values into words of bits and passes them to `add`, which may refuse some of them.
fn words(
    element: Element,
    plane: usize,
    first: usize,
    raw: &[u8],
    mut add: impl FnMut(usize, u64) -> Result<(), u64>,
) -> Result<(), Wrong> {
    let mut sample = first;
    let mut rest = raw;
    while !rest.is_empty() {
        let length = ((WORD - sample % WORD) * element.width()).min(rest.len());
        let (part, after) = rest.split_at(length);
        let bits = element.bits(part).map_err(|index| Wrong {
            plane,
            sample: sample + index,
            value: Some(element.show(part.get(index * element.width()..).unwrap_or_default())),
        })?;
        add(sample / WORD, bits << (sample % WORD)).map_err(|refused| Wrong {
            plane,
            sample: sample / WORD * WORD + refused.trailing_zeros() as usize,
            value: None,
        })?;
        sample += length / element.width();
        rest = after;
    }
    Ok(())
}

/// Bit `b` of word `a` becomes bit `a` of word `b`: swaps quarters, then their quarters, down to single bits.
fn transpose(square: &mut [u64; WORD]) {
    let mut width = WORD / 2;
    let mut mask = u64::MAX >> width;
    while width > 0 {
        let mut line = 0;
        while line < WORD {
            let swapped = (square[line] >> width ^ square[line + width]) & mask;
            square[line] ^= swapped << width;
            square[line + width] ^= swapped;
            line = (line + width + 1) & !width;
        }
        width /= 2;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bases::{Packed, bit_bytes};
    use proptest::prelude::*;

    /// A block of rows, filled in pieces of `piece` samples.
    fn block(rows: &[String], labels: &[Vec<u8>], piece: usize) -> Block {
        let byte = Element::integer(1, false, true).unwrap();
        let length = rows[0].len();
        let mut block = Block::new(rows.len(), length, labels[0].len());
        for position in 0..length {
            for (channel, base) in b"AGCT".iter().enumerate() {
                let values: Vec<u8> = rows.iter().map(|row| u8::from(row.as_bytes()[position] == *base)).collect();
                for (part, first) in values.chunks(piece).zip((0..).step_by(piece)) {
                    block.add_bases(byte, CHANNELS * position + channel, first, part).unwrap();
                }
            }
        }
        for label in 0..labels[0].len() {
            let values: Vec<u8> = labels.iter().map(|row| row[label]).collect();
            for (part, first) in values.chunks(piece).zip((0..).step_by(piece)) {
                block.add_labels(byte, label, first, part).unwrap();
            }
        }
        block
    }

    fn cases() -> impl Strategy<Value = (Vec<String>, Vec<Vec<u8>>, usize)> {
        (1_usize..150, 1_usize..150, 1_usize..140, 1_usize..100).prop_flat_map(|(samples, length, labels, piece)| {
            let sequence = proptest::string::string_regex(&format!("[ACGTN]{{{length}}}")).unwrap();
            let marks = proptest::collection::vec(0_u8..2, labels);
            (proptest::collection::vec(sequence, samples), proptest::collection::vec(marks, samples), Just(piece))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn planes_in_pieces_become_the_rows_that_letters_become((rows, labels, piece) in cases()) {
            let mut found = Vec::new();
            let (mut codes, mut mask, mut marks) = (Vec::new(), Vec::new(), Vec::new());
            block(&rows, &labels, piece).rows(|row| {
                row.codes(&mut codes);
                row.labels(&mut marks);
                let unknown = row.unknown(&mut mask).then(|| mask.clone());
                found.push((codes.clone(), unknown, marks.clone()));
                Ok::<_, ()>(())
            }).unwrap();
            prop_assert_eq!(found.len(), rows.len());
            for ((row, labels), (codes, unknown, marks)) in rows.iter().zip(&labels).zip(found) {
                let packed = Packed::from_letters(row.as_bytes()).unwrap();
                prop_assert_eq!((codes.as_slice(), unknown.as_deref()), (packed.codes(), packed.unknown()));
                let mut expected = vec![0; bit_bytes(labels.len())];
                for (label, _) in labels.iter().enumerate().filter(|(_, mark)| **mark == 1) {
                    expected[label / 8] |= 1 << (label % 8);
                }
                prop_assert_eq!(marks, expected);
            }
        }

        #[test]
        fn the_opposite_strand_is_that_of_the_letters((rows, labels, piece) in cases()) {
            let mut index = 0;
            let mut opposite = RowBits::new(rows[0].len(), labels[0].len());
            let (mut codes, mut mask) = (Vec::new(), Vec::new());
            block(&rows, &labels, piece).rows(|row| {
                row.reverse_complement(&mut opposite);
                opposite.codes(&mut codes);
                let unknown = opposite.unknown(&mut mask).then_some(mask.as_slice());
                let packed = Packed::from_letters(rows[index].as_bytes()).unwrap().reverse_complement();
                prop_assert_eq!((codes.as_slice(), unknown), (packed.codes(), packed.unknown()));
                index += 1;
                Ok(())
            })?;
        }
    }

    #[test]
    fn a_second_base_and_a_value_that_is_no_bit_are_told_with_their_place() {
        let byte = Element::integer(1, false, true).unwrap();
        let mut block = Block::new(100, 3, 1);
        let mut ones = vec![0; 100];
        ones[77] = 1;
        block.add_bases(byte, 4, 0, &ones).unwrap();
        let wrong = block.add_bases(byte, 6, 70, &ones[70..]).unwrap_err();
        assert_eq!(wrong, Wrong { plane: 6, sample: 77, value: None });
        let wrong = block.add_labels(byte, 0, 60, &[1, 1, 1, 1, 0, 7]).unwrap_err();
        assert_eq!(wrong, Wrong { plane: 0, sample: 65, value: Some("7".into()) });
    }
}
