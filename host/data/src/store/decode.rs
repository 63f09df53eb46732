//! Packed rows to the numbers a network reads.
//!
//! A byte holds four bases, so a channel of a row is written four floats at a time from a table of 256 entries: no
//! branch a base, and the whole table (16 KiB) stays in the nearest cache.

use crate::bases::CHANNELS;

/// How rows are decoded. The default is as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoding {
    /// For each row whether it is read on the opposite strand; empty means that none is.
    pub reverse_complement: Vec<bool>,
    /// For each row by how many bases its content moves towards higher positions of the stored strand, before any
    /// reverse complement; bases moved in from outside are unknown. Empty means that none is moved.
    pub shift: Vec<i32>,
}

impl Decoding {
    pub(super) fn of(&self, row: usize) -> (bool, i32) {
        (self.reverse_complement.get(row).copied().unwrap_or(false), self.shift.get(row).copied().unwrap_or(0))
    }
}

/// `CODES[channel][byte]`: which of the four bases of a byte are that channel's.
static CODES: [[[f32; 4]; 256]; CHANNELS] = codes();
/// `BITS[byte]`: its bits as numbers.
static BITS: [[f32; 8]; 256] = bits();

/// Writes one row, channels A, C, G, T, each as long as the row; `out` is `4 * length` long.
pub fn one_hot(
    packed: &[u8],
    unknown: Option<&[u8]>,
    length: usize,
    (reverse_complement, shift): (bool, i32),
    scratch: &mut Vec<f32>,
    out: &mut [f32],
) {
    if !reverse_complement && shift == 0 {
        for (channel, out) in CODES.iter().zip(out.chunks_exact_mut(length)) {
            write_channel(channel, packed, unknown, out);
        }
        return;
    }
    scratch.resize(length, 0.0);
    for (channel, out) in out.chunks_exact_mut(length).enumerate() {
        let stored = if reverse_complement { CHANNELS - 1 - channel } else { channel };
        write_channel(&CODES[stored], packed, unknown, scratch);
        let moved = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX).min(length);
        let (from, to) = if shift >= 0 { (0, moved) } else { (moved, 0) };
        let source = &scratch[from..from + length - moved];
        if reverse_complement {
            // The content fills out[to..] forwards, so reversed it ends `to` bases before the end.
            out.fill(0.0);
            let begin = length - to - source.len();
            for (out, value) in out[begin..begin + source.len()].iter_mut().zip(source.iter().rev()) {
                *out = *value;
            }
        } else {
            out.fill(0.0);
            out[to..to + source.len()].copy_from_slice(source);
        }
    }
}

/// Writes the bits of one row as 0 and 1.
pub(super) fn zero_one(bits: &[u8], out: &mut [f32]) {
    for (byte, out) in bits.iter().zip(out.chunks_mut(8)) {
        let values = &BITS[usize::from(*byte)];
        out.copy_from_slice(&values[..out.len()]);
    }
}

fn write_channel(codes: &[[f32; 4]; 256], packed: &[u8], unknown: Option<&[u8]>, out: &mut [f32]) {
    let (whole, rest) = out.as_chunks_mut::<4>();
    let mut bytes = packed.iter();
    for (four, byte) in whole.iter_mut().zip(&mut bytes) {
        *four = codes[usize::from(*byte)];
    }
    if let (Some(byte), false) = (bytes.next(), rest.is_empty()) {
        rest.copy_from_slice(&codes[usize::from(*byte)][..rest.len()]);
    }
    for (byte, out) in unknown.unwrap_or_default().iter().zip(out.chunks_mut(8)) {
        if *byte != 0 {
            for (out, masked) in out.iter_mut().zip(&BITS[usize::from(*byte)]) {
                *out *= 1.0 - masked;
            }
        }
    }
}

const fn codes() -> [[[f32; 4]; 256]; CHANNELS] {
    let mut table = [[[0.0; 4]; 256]; CHANNELS];
    let mut byte = 0;
    while byte < 256 {
        let mut base = 0;
        while base < 4 {
            table[byte >> (2 * base) & 3][byte][base] = 1.0;
            base += 1;
        }
        byte += 1;
    }
    table
}

const fn bits() -> [[f32; 8]; 256] {
    let mut table = [[0.0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte][bit] = 1.0;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bases::Packed;
    use proptest::prelude::*;

    /// The letters that a decoded row stands for.
    fn decoded(text: &str, how: (bool, i32)) -> String {
        let packed = Packed::from_letters(text.as_bytes()).unwrap();
        let length = packed.len();
        let mut out = vec![f32::NAN; 4 * length];
        one_hot(packed.codes(), packed.unknown(), length, how, &mut Vec::new(), &mut out);
        (0..length)
            .map(|index| {
                let column: Vec<f32> = (0..4).map(|channel| out[channel * length + index]).collect();
                match column.iter().sum::<f32>() {
                    0.0 => 'N',
                    1.0 => char::from(b"ACGT"[column.iter().position(|value| *value > 0.5).unwrap()]),
                    other => panic!("a column sums to {other}"),
                }
            })
            .collect()
    }

    fn reverse_complement(text: &str) -> String {
        let complement = |base| match base {
            'A' => 'T',
            'C' => 'G',
            'G' => 'C',
            'T' => 'A',
            other => other,
        };
        text.chars().rev().map(complement).collect()
    }

    proptest! {
        #[test]
        fn a_row_decodes_to_its_letters_on_either_strand(text in "[ACGTN]{1,70}") {
            prop_assert_eq!(decoded(&text, (false, 0)), text.clone());
            prop_assert_eq!(decoded(&text, (true, 0)), reverse_complement(&text));
        }

        #[test]
        fn a_shift_moves_the_content_and_fills_with_unknown_bases(text in "[ACGTN]{1,40}", shift in -50i32..50) {
            let length = i32::try_from(text.len()).unwrap();
            let moved: String = (0..length)
                .map(|index| usize::try_from(index - shift).ok().and_then(|from| text.chars().nth(from)).unwrap_or('N'))
                .collect();
            prop_assert_eq!(decoded(&text, (false, shift)), moved.clone());
            prop_assert_eq!(decoded(&text, (true, shift)), reverse_complement(&moved));
        }
    }

    #[test]
    fn label_bits_become_zeros_and_ones() {
        let mut out = [f32::NAN; 11];
        zero_one(&[0b0000_0101, 0b0000_0100], &mut out);
        assert_eq!(out.map(|value| value.to_string()).concat(), "10100000001");
    }
}
