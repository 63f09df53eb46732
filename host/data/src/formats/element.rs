//! How the numbers of an array are stored. Only 0 and 1 are expected: 64 of them become one word of bits.

/// Samples in a word.
pub(crate) const WORD: usize = 64;

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    width: usize,
    kind: Kind,
    little: bool,
    /// The bytes of the number 1. Those of 0 are 0 in every form.
    one: [u8; 8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unsigned,
    Signed,
    Float,
}

impl Element {
    /// A whole number of 1, 2, 4 or 8 bytes.
    pub(crate) fn integer(width: usize, signed: bool, little: bool) -> Option<Self> {
        let kind = if signed { Kind::Signed } else { Kind::Unsigned };
        matches!(width, 1 | 2 | 4 | 8).then(|| Self::new(width, kind, little, 1))
    }

    /// A float of 4 or 8 bytes.
    pub(crate) fn float(width: usize, little: bool) -> Option<Self> {
        let one = match width {
            4 => u64::from(1_f32.to_bits()),
            8 => 1_f64.to_bits(),
            _ => return None,
        };
        Some(Self::new(width, Kind::Float, little, one))
    }

    fn new(width: usize, kind: Kind, little: bool, one: u64) -> Self {
        let mut one = one.to_le_bytes();
        if let (false, Some(bytes)) = (little, one.get_mut(..width)) {
            bytes.reverse();
        }
        Self { width, kind, little, one }
    }

    /// Bytes a number.
    pub(crate) fn width(self) -> usize {
        self.width
    }

    /// The bits of up to 64 numbers, the first in the lowest bit. The error is the index of the first number that is
    /// neither 0 nor 1.
    pub(crate) fn bits(self, raw: &[u8]) -> Result<u64, usize> {
        match self.width {
            1 => bits_of_bytes(raw),
            2 => self.compared::<2>(raw),
            4 => self.compared::<4>(raw),
            _ => self.compared::<8>(raw),
        }
    }

    fn compared<const N: usize>(self, raw: &[u8]) -> Result<u64, usize> {
        let one = self.one.first_chunk::<N>().copied().unwrap_or([0; N]);
        let (numbers, _) = raw.as_chunks::<N>();
        let mut word = 0;
        for (index, number) in numbers.iter().take(WORD).enumerate() {
            if *number == one {
                word |= 1 << index;
            } else if *number != [0; N] {
                return Err(index);
            }
        }
        Ok(word)
    }

    /// A number of its bytes, for a message.
    pub(crate) fn show(self, raw: &[u8]) -> String {
        let mut bytes = [0; 8];
        for (place, byte) in bytes.iter_mut().zip(raw.iter().take(self.width)) {
            *place = *byte;
        }
        if let (false, Some(bytes)) = (self.little, bytes.get_mut(..self.width)) {
            bytes.reverse();
        }
        let number = u64::from_le_bytes(bytes);
        let unused = 64 - 8 * self.width;
        match (self.kind, self.width) {
            (Kind::Unsigned, _) => number.to_string(),
            (Kind::Signed, _) => ((number << unused).cast_signed() >> unused).to_string(),
            (Kind::Float, 4) => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).to_string(),
            (Kind::Float, _) => f64::from_le_bytes(bytes).to_string(),
        }
    }
}

/// Eight bytes at a time: a multiplication gathers their lowest bits in the highest byte.
fn bits_of_bytes(raw: &[u8]) -> Result<u64, usize> {
    let raw = raw.get(..WORD).unwrap_or(raw);
    let (eights, rest) = raw.as_chunks::<8>();
    let (mut word, mut all) = (0, 0);
    for (index, eight) in eights.iter().enumerate() {
        let bytes = u64::from_le_bytes(*eight);
        all |= bytes;
        word |= (bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index);
    }
    for (index, byte) in rest.iter().enumerate() {
        all |= u64::from(*byte);
        word |= u64::from(*byte & 1) << (8 * eights.len() + index);
    }
    if all & 0xFEFE_FEFE_FEFE_FEFE != 0 {
        return Err(raw.iter().position(|byte| *byte > 1).unwrap_or(0));
    }
    Ok(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes a number in so many bytes, of one byte order or the other.
    type Write = fn(u8, usize, bool) -> Vec<u8>;

    fn every_form() -> Vec<(Element, Write)> {
        fn whole(value: u8, width: usize, little: bool) -> Vec<u8> {
            let mut bytes = u64::from(value).to_le_bytes()[..width].to_vec();
            if !little {
                bytes.reverse();
            }
            bytes
        }
        fn float(value: u8, width: usize, little: bool) -> Vec<u8> {
            let mut bytes = if width == 4 {
                f32::from(value).to_le_bytes().to_vec()
            } else {
                f64::from(value).to_le_bytes().to_vec()
            };
            if !little {
                bytes.reverse();
            }
            bytes
        }
        let mut forms: Vec<(Element, Write)> = Vec::new();
        for little in [true, false] {
            for width in [1, 2, 4, 8] {
                forms.push((Element::integer(width, false, little).unwrap(), whole));
                forms.push((Element::integer(width, true, little).unwrap(), whole));
            }
            for width in [4, 8] {
                forms.push((Element::float(width, little).unwrap(), float));
            }
        }
        forms
    }

    proptest! {
        #[test]
        fn zeros_and_ones_of_every_form_become_their_bits(values in proptest::collection::vec(0_u8..2, 0..=64)) {
            let expected = values.iter().rev().fold(0_u64, |word, value| word << 1 | u64::from(*value));
            for (element, write) in every_form() {
                let raw: Vec<u8> = values.iter().flat_map(|value| write(*value, element.width, element.little)).collect();
                prop_assert_eq!(element.bits(&raw), Ok(expected), "{:?}", element);
            }
        }

        #[test]
        fn another_value_is_told_with_its_place(values in proptest::collection::vec(0_u8..2, 1..=64), place in 0_usize..64, other in 2_u8..128) {
            let place = place % values.len();
            let mut values = values;
            values[place] = other;
            for (element, write) in every_form() {
                let raw: Vec<u8> = values.iter().flat_map(|value| write(*value, element.width, element.little)).collect();
                prop_assert_eq!(element.bits(&raw), Err(place), "{:?}", element);
                prop_assert_eq!(element.show(&raw[place * element.width..]), other.to_string());
            }
        }
    }

    #[test]
    fn numbers_of_other_widths_are_no_elements() {
        assert_eq!((Element::integer(3, false, true), Element::float(2, true)), (None, None));
    }

    #[test]
    fn a_signed_number_is_shown_with_its_sign() {
        assert_eq!(Element::integer(1, true, true).unwrap().show(&[0xFF]), "-1");
        assert_eq!(Element::integer(2, true, false).unwrap().show(&[0xFF, 0xFE]), "-2");
        assert_eq!(Element::float(8, false).unwrap().show(&0.5_f64.to_be_bytes()), "0.5");
    }
}
