//! DNA letters and their packed form: two bits a base, and a mask of the bases that are unknown.
//!
//! Base `i` of a sequence lies in byte `i / 4`, bits `2 * (i % 4)` and up, counted from the least significant bit:
//! A = 0, C = 1, G = 2, T = 3, so that `3 - code` is the complement. Mask bit `i` lies in byte `i / 8`, bit `i % 8`;
//! an unknown base has code 0. Unused bits at the end are 0. So one sequence has exactly one packed form.

/// Channels of a one-hot sequence, in order.
pub const CHANNELS: usize = 4;

/// The meaning of a letter of a sequence file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// One of A, C, G, T (or U), as its code 0 to 3.
    Base(u8),
    /// N or another IUPAC letter for a base that is not known exactly.
    Unknown,
    /// Not a letter of a DNA sequence.
    Invalid,
}

/// Reads one letter of either case. U is read as T; every other IUPAC letter as an unknown base.
pub fn letter(byte: u8) -> Letter {
    match byte.to_ascii_uppercase() {
        b'A' => Letter::Base(0),
        b'C' => Letter::Base(1),
        b'G' => Letter::Base(2),
        b'T' | b'U' => Letter::Base(3),
        b'N' | b'R' | b'Y' | b'S' | b'W' | b'K' | b'M' | b'B' | b'D' | b'H' | b'V' | b'X' => Letter::Unknown,
        _ => Letter::Invalid,
    }
}

/// Bytes that `length` bases take.
pub fn packed_bytes(length: usize) -> usize {
    length.div_ceil(4)
}

/// Bytes that a mask or a row of bits of `length` takes.
pub fn bit_bytes(length: usize) -> usize {
    length.div_ceil(8)
}

/// The code of base `index`; 0 beyond the end.
pub fn code_at(codes: &[u8], index: usize) -> u8 {
    codes.get(index / 4).map_or(0, |byte| byte >> (2 * (index % 4)) & 3)
}

/// Bit `index`; `false` beyond the end.
pub fn bit_at(bits: &[u8], index: usize) -> bool {
    bits.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1)
}

/// Sets bit `index`; nothing beyond the end.
pub fn set_bit(bits: &mut [u8], index: usize) {
    if let Some(byte) = bits.get_mut(index / 8) {
        *byte |= 1 << (index % 8);
    }
}

/// Copies `length` bases from base `start` of `codes` into `out`, which is overwritten.
pub fn copy_bases(codes: &[u8], start: usize, length: usize, out: &mut Vec<u8>) {
    out.clear();
    let shift = 2 * (start % 4);
    let bytes = codes.get(start / 4..).unwrap_or_default();
    let byte = |index: usize| bytes.get(index).copied().unwrap_or(0);
    if shift == 0 {
        out.extend((0..packed_bytes(length)).map(byte));
    } else {
        out.extend((0..packed_bytes(length)).map(|index| byte(index) >> shift | byte(index + 1) << (8 - shift)));
    }
    if let (Some(last), unused @ 1..) = (out.last_mut(), (4 - length % 4) % 4) {
        *last &= 0xFF >> (2 * unused);
    }
}

/// Bits that are set.
pub fn count_bits(bits: &[u8]) -> usize {
    bits.iter().map(|byte| byte.count_ones() as usize).sum()
}

/// A buffer for the opposite strands of packed sequences, one after the other.
#[derive(Debug, Default)]
pub struct Opposite {
    codes: Vec<u8>,
    unknown: Vec<u8>,
}

impl Opposite {
    /// The opposite strand of a packed sequence of `length` bases, read in its own direction: codes and mask.
    pub fn of<'a>(&'a mut self, codes: &[u8], unknown: Option<&[u8]>, length: usize) -> (&'a [u8], Option<&'a [u8]>) {
        // Turning whole bytes around leaves what was unused at the end at the beginning.
        self.codes.clear();
        self.codes.extend(codes.iter().rev().map(|byte| !reversed_pairs(*byte)));
        shift_down(&mut self.codes, 2 * (codes.len() * 4).saturating_sub(length));
        self.unknown.clear();
        self.unknown.extend(unknown.unwrap_or_default().iter().rev().map(|byte| byte.reverse_bits()));
        let unused = (self.unknown.len() * 8).saturating_sub(length);
        shift_down(&mut self.unknown, unused);
        let Self { codes, unknown: mask } = self;
        for base in (0..length).filter(|base| bit_at(mask, *base)) {
            if let Some(byte) = codes.get_mut(base / 4) {
                *byte &= !(3 << (2 * (base % 4)));
            }
        }
        (codes, unknown.map(|_| mask.as_slice()))
    }

    /// The strand of the two that comes first by its bytes: the same for a sequence and for its reverse complement.
    pub fn canonical<'a>(
        &'a mut self,
        codes: &'a [u8],
        unknown: Option<&'a [u8]>,
        length: usize,
    ) -> (&'a [u8], Option<&'a [u8]>) {
        (codes, unknown).min(self.of(codes, unknown, length))
    }
}

/// The four bases of a byte in the other order.
const fn reversed_pairs(byte: u8) -> u8 {
    let bits = byte.reverse_bits();
    (bits & 0x55) << 1 | (bits & 0xAA) >> 1
}

/// Moves bits towards the beginning by fewer than eight places; zeros come in at the end.
fn shift_down(bytes: &mut [u8], places: usize) {
    if places == 0 {
        return;
    }
    let mut next = 0;
    for byte in bytes.iter_mut().rev() {
        let here = *byte;
        *byte = here >> places | next << (8 - places);
        next = here;
    }
}

/// A sequence in packed form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    length: usize,
    codes: Vec<u8>,
    /// As long as the sequence needs once a base is unknown, empty before.
    unknown: Vec<u8>,
}

impl Packed {
    /// Packs letters; the error is the place (from 0) and value of the first byte that is not a DNA letter.
    pub fn from_letters(letters: &[u8]) -> Result<Self, (usize, u8)> {
        let mut packed = Self::default();
        packed.codes.reserve(packed_bytes(letters.len()));
        for (index, &byte) in letters.iter().enumerate() {
            match letter(byte) {
                Letter::Base(code) => packed.push(Some(code)),
                Letter::Unknown => packed.push(None),
                Letter::Invalid => return Err((index, byte)),
            }
        }
        packed.fit_mask();
        Ok(packed)
    }

    /// From its parts as [`codes`](Self::codes) and [`unknown`](Self::unknown) return them; an empty `unknown` means that
    /// every base is known.
    pub(crate) fn from_parts(length: usize, codes: Vec<u8>, unknown: Vec<u8>) -> Self {
        Self { length, codes, unknown }
    }

    /// Bases.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no base.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Two bits a base.
    pub fn codes(&self) -> &[u8] {
        &self.codes
    }

    /// One bit a base, or `None` where every base is known.
    pub fn unknown(&self) -> Option<&[u8]> {
        (!self.unknown.is_empty()).then_some(self.unknown.as_slice())
    }

    /// The opposite strand, read in its own direction.
    #[must_use]
    pub fn reverse_complement(&self) -> Self {
        let mut room = Opposite::default();
        let (codes, unknown) = room.of(&self.codes, self.unknown(), self.length);
        Self { length: self.length, codes: codes.to_vec(), unknown: unknown.unwrap_or_default().to_vec() }
    }

    /// `length` bases around the middle; missing ones on either side are unknown. Of an odd number of bases that are cut or
    /// missing, the larger half is at the end.
    #[must_use]
    pub fn centred(&self, length: usize) -> Self {
        self.fitted(length, self.length.saturating_sub(length) / 2, length.saturating_sub(self.length) / 2)
    }

    /// `length` bases, without the first `cut` ones or with `pad` unknown ones before; those that are missing at the end are
    /// unknown.
    #[must_use]
    pub fn fitted(&self, length: usize, cut: usize, pad: usize) -> Self {
        let mut other = Self::default();
        for index in 0..length {
            let inside = index >= pad && index - pad + cut < self.length;
            other.push(if inside { self.base(index - pad + cut) } else { None });
        }
        other.fit_mask();
        other
    }

    /// Sequences one behind the other.
    #[must_use]
    pub fn joined<'s>(parts: impl IntoIterator<Item = &'s Self>) -> Self {
        Self::from_bases(parts.into_iter().flat_map(Self::bases))
    }

    /// The bases one by one: their codes, or `None` where one is unknown.
    pub(crate) fn bases(&self) -> impl Iterator<Item = Option<u8>> {
        (0..self.length).map(|index| self.base(index))
    }

    /// Packs bases as [`bases`](Self::bases) returns them.
    pub(crate) fn from_bases(bases: impl IntoIterator<Item = Option<u8>>) -> Self {
        let mut packed = Self::default();
        bases.into_iter().for_each(|base| packed.push(base));
        packed.fit_mask();
        packed
    }

    fn base(&self, index: usize) -> Option<u8> {
        (!bit_at(&self.unknown, index)).then(|| code_at(&self.codes, index))
    }

    fn push(&mut self, base: Option<u8>) {
        let index = self.length;
        self.length += 1;
        if index.is_multiple_of(4) {
            self.codes.push(0);
        }
        if let (Some(code), Some(byte)) = (base, self.codes.last_mut()) {
            *byte |= code << (2 * (index % 4));
        } else {
            self.unknown.resize(bit_bytes(self.length), 0);
            set_bit(&mut self.unknown, index);
        }
    }

    fn fit_mask(&mut self) {
        if !self.unknown.is_empty() {
            self.unknown.resize(bit_bytes(self.length), 0);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn letters(packed: &Packed) -> String {
        (0..packed.len())
            .map(|index| packed.base(index).map_or('N', |code| char::from(b"ACGT"[usize::from(code)])))
            .collect()
    }

    proptest! {
        #[test]
        fn packing_keeps_every_letter(text in "[ACGTN]{0,70}") {
            prop_assert_eq!(letters(&Packed::from_letters(text.as_bytes()).unwrap()), text);
        }

        #[test]
        fn the_reverse_complement_of_the_reverse_complement_is_the_sequence(text in "[ACGTN]{0,70}") {
            let packed = Packed::from_letters(text.as_bytes()).unwrap();
            prop_assert_eq!(packed.reverse_complement().reverse_complement(), packed);
        }

        #[test]
        fn the_reverse_complement_is_read_from_the_end_with_complements(text in "[ACGTN]{0,70}") {
            let complement = |base| match base { 'A' => 'T', 'C' => 'G', 'G' => 'C', 'T' => 'A', other => other };
            let expected: String = text.chars().rev().map(complement).collect();
            let opposite = Packed::from_letters(text.as_bytes()).unwrap().reverse_complement();
            prop_assert_eq!(&opposite, &Packed::from_letters(expected.as_bytes()).unwrap());
        }

        #[test]
        fn both_strands_have_one_canonical_form(text in "[ACGTN]{0,70}") {
            let packed = Packed::from_letters(text.as_bytes()).unwrap();
            let other = packed.reverse_complement();
            let (mut room, mut room_of_other) = (Opposite::default(), Opposite::default());
            let canonical = room.canonical(packed.codes(), packed.unknown(), packed.len());
            prop_assert_eq!(canonical, room_of_other.canonical(other.codes(), other.unknown(), other.len()));
        }

        #[test]
        fn a_copied_range_is_the_same_as_the_packed_letters(text in "[ACGT]{1,70}", start in 0usize..70, length in 0usize..70) {
            let start = start % text.len();
            let length = length.min(text.len() - start);
            let mut copied = Vec::new();
            copy_bases(Packed::from_letters(text.as_bytes()).unwrap().codes(), start, length, &mut copied);
            let part = Packed::from_letters(&text.as_bytes()[start..start + length]).unwrap();
            prop_assert_eq!(copied, part.codes());
        }
    }

    #[test]
    fn the_bit_order_is_the_documented_one() {
        assert_eq!(Packed::from_letters(b"ACGTC").unwrap().codes(), [0b1110_0100, 0b0000_0001]);
        assert_eq!(Packed::from_letters(b"ANG").unwrap().unknown(), Some([0b010].as_slice()));
    }

    #[test]
    fn a_centred_sequence_is_cut_or_filled_on_both_sides() {
        let packed = Packed::from_letters(b"AACCGGTT").unwrap();
        assert_eq!(letters(&packed.centred(4)), "CCGG");
        assert_eq!(letters(&packed.centred(11)), "NAACCGGTTNN");
    }

    #[test]
    fn a_byte_that_is_no_letter_of_dna_is_named_with_its_place() {
        assert_eq!(Packed::from_letters(b"AC-T"), Err((2, b'-')));
        assert_eq!(letters(&Packed::from_letters(b"acguRn").unwrap()), "ACGTNN");
    }
}
