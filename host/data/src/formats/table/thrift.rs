//! Thrift's compact protocol, in which a Parquet file describes itself, as far as it takes to pass over it.
//!
//! The crate `parquet` passes over a list of truths by counting to its length, which any six bytes can put at 2^31;
//! here every element takes the byte that it has in the protocol.

/// Structs and lists in each other.
const DEEPEST: u32 = 32;

/// Bytes in Thrift's compact protocol. `None` where they end too early or mean nothing.
#[derive(Clone, Copy)]
pub(super) struct Compact<'b>(&'b [u8]);

impl<'b> Compact<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    /// Calls `each` with the number and the type of each field of a struct; it takes the value.
    pub(super) fn fields(&mut self, each: &mut dyn FnMut(i64, u8, &mut Self) -> Option<()>) -> Option<()> {
        let mut field = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            field = match head >> 4 {
                0 => self.integer()?,
                step => field.checked_add(i64::from(step))?,
            };
            each(field, head & 0x0F, self)?;
        }
    }

    /// Passes over a value of a type.
    pub(super) fn skip(&mut self, kind: u8) -> Option<()> {
        self.skip_to(kind, DEEPEST)
    }

    fn skip_to(&mut self, kind: u8, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            // True and false stand in the type.
            1 | 2 => Some(()),
            3 => self.byte().map(drop),
            4..=6 => self.integer().map(drop),
            7 => self.take(8),
            8 => {
                let length = self.number()?;
                self.take(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.number()? } else { u64::from(head >> 4) };
                (0..count).try_for_each(|_| self.element(head & 0x0F, depth))
            }
            11 => {
                let count = self.number()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.element(kinds >> 4, depth)?;
                    self.element(kinds & 0x0F, depth)
                })
            }
            12 => self.fields(&mut |_, kind, rest| rest.skip_to(kind, depth)),
            13 => self.take(16),
            _ => None,
        }
    }

    /// Passes over an element, which takes a byte at least: a list has no more elements than there are bytes.
    fn element(&mut self, kind: u8, depth: u32) -> Option<()> {
        if matches!(kind, 1 | 2) { self.byte().map(drop) } else { self.skip_to(kind, depth) }
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn take(&mut self, length: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(length).ok()?..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let (number, rest) = number(self.0)?;
        self.0 = rest;
        Some(number)
    }

    /// A number whose lowest bit is its sign.
    pub(super) fn integer(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

/// A number of seven bits a byte, the lowest first, and the bytes behind it.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (step, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7F) << (7 * step);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(step + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_no_more_elements_than_bytes() {
        // Of two truths, of two numbers, and of 2^31 - 1 truths.
        assert_eq!(Compact::new(&[0x21, 1, 2]).skip(9), Some(()));
        assert_eq!(Compact::new(&[0x25, 2, 4]).skip(9), Some(()));
        assert_eq!(Compact::new(&[0xF1, 255, 255, 255, 255, 7, 1, 1]).skip(9), None);
        assert_eq!(Compact::new(&[255, 255, 255, 255, 7, 0x11, 1, 1]).skip(11), None);
        let nested = [[0x19; 40].as_slice(), &[0x15, 2]].concat();
        assert_eq!((Compact::new(&nested).skip(9), Compact::new(&nested[20..]).skip(9)), (None, Some(())));
    }
}
