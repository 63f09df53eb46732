//! The header of an array in NumPy's format, versions 1 to 3: the type of its numbers, their order, its shape.
//!
//! Read here rather than by the crate `npyz` (0.9.1): it allocates as many bytes as a damaged header says it has, which
//! ends the process, panics where the axes of a shape overflow, and brings a parser of any Python literal with 20 crates
//! and a C compiler. A header that NumPy writes has three fields and no nesting.

use std::io::{self, ErrorKind, Read};
use std::path::Path;

use crate::error::{Error, Result};
use crate::text::shortened;

/// Longer headers are of arrays with named fields, which hold no sequences.
const LONGEST_HEADER: usize = 1 << 16;
const MAGIC: &[u8] = b"\x93NUMPY";

/// How a number lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    kind: DataKind,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DataKind {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
}

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) number: Number,
    /// Whether the first axis runs fastest.
    pub(crate) fortran: bool,
    pub(crate) shape: Vec<usize>,
    /// Bytes before the first number.
    pub(crate) bytes: u64,
}

impl Number {
    fn from_text(text: &str) -> Result<Self> {
        let (order, kind) = text.split_at_checked(1).unwrap_or_default();
        let kind = match kind {
            "b1" => DataKind::Bool,
            "i1" => DataKind::I8,
            "u1" => DataKind::U8,
            "i2" => DataKind::I16,
            "u2" => DataKind::U16,
            "i4" => DataKind::I32,
            "u4" => DataKind::U32,
            "i8" => DataKind::I64,
            "u8" => DataKind::U64,
            "f2" => DataKind::F16,
            "f4" => DataKind::F32,
            "f8" => DataKind::F64,
            _ => {
                let what = match kind.as_bytes().first() {
                    Some(b'U' | b'S') => ", which is text",
                    Some(b'O') => ", which is objects of Python",
                    Some(b'c') => ", which is complex numbers",
                    _ => "",
                };
                return Err(Error::input(format!(
                    "its elements are of type {:?}{what}: expected bool, whole numbers, float16, float32 or float64 \
                     (write it with astype)",
                    shortened(text)
                )));
            }
        };
        match order {
            "<" | "|" => Ok(Self { kind, big_endian: false }),
            ">" => Ok(Self { kind, big_endian: true }),
            _ => Err(Error::input(format!("its numbers are of type {text:?}, whose order of bytes is unknown"))),
        }
    }

    /// Bytes of a number.
    pub(crate) fn bytes(self) -> usize {
        match self.kind {
            DataKind::Bool | DataKind::I8 | DataKind::U8 => 1,
            DataKind::I16 | DataKind::U16 | DataKind::F16 => 2,
            DataKind::I32 | DataKind::U32 | DataKind::F32 => 4,
            DataKind::I64 | DataKind::U64 | DataKind::F64 => 8,
        }
    }

    /// Whether it is a float.
    pub(crate) fn is_float(self) -> bool {
        matches!(self.kind, DataKind::F16 | DataKind::F32 | DataKind::F64)
    }

    /// The number in `bytes`; a whole one beyond 2^53 is rounded.
    pub(crate) fn value(self, bytes: &[u8]) -> f64 {
        let mut eight = [0; 8];
        for (index, byte) in bytes.iter().take(8).enumerate() {
            let place = if self.big_endian { bytes.len() - 1 - index } else { index };
            if let Some(target) = eight.get_mut(place) {
                *target = *byte;
            }
        }
        let [a, b, c, d, ..] = eight;
        match self.kind {
            DataKind::Bool => f64::from(u8::from(a != 0)),
            DataKind::I8 => f64::from(i8::from_le_bytes([a])),
            DataKind::U8 => f64::from(a),
            DataKind::I16 => f64::from(i16::from_le_bytes([a, b])),
            DataKind::U16 => f64::from(u16::from_le_bytes([a, b])),
            DataKind::I32 => f64::from(i32::from_le_bytes([a, b, c, d])),
            DataKind::U32 => f64::from(u32::from_le_bytes([a, b, c, d])),
            DataKind::F16 => f64::from(half::f16::from_le_bytes([a, b])),
            DataKind::F32 => f64::from(f32::from_le_bytes([a, b, c, d])),
            DataKind::I64 => i64::from_le_bytes(eight) as f64,
            DataKind::U64 => u64::from_le_bytes(eight) as f64,
            DataKind::F64 => f64::from_le_bytes(eight),
        }
    }
}

impl Header {
    /// Reads the header, of an array in the file `path`, and leaves `from` at the first number.
    pub(crate) fn read(path: &Path, from: &mut impl Read) -> Result<Self> {
        let cut = |error: io::Error| match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                Error::input(format!("its header cannot be read: {error}"))
            }
            ErrorKind::Unsupported => {
                Error::input(format!("it cannot be read: {error}; write it with numpy.savez or numpy.savez_compressed"))
            }
            _ => Error::io("read", path, error),
        };
        let mut start = [0; 8];
        from.read_exact(&mut start).map_err(cut)?;
        let Some([version, _]) = start.strip_prefix(MAGIC) else {
            return Err(Error::input("it does not begin as an array of NumPy does"));
        };
        let (length, before) = match version {
            1 => {
                let mut length = [0; 2];
                from.read_exact(&mut length).map_err(cut)?;
                (usize::from(u16::from_le_bytes(length)), 10)
            }
            2 | 3 => {
                let mut length = [0; 4];
                from.read_exact(&mut length).map_err(cut)?;
                (u32::from_le_bytes(length) as usize, 12)
            }
            other => return Err(Error::input(format!("it is an array of version {other}: expected 1, 2 or 3"))),
        };
        if length > LONGEST_HEADER {
            return Err(Error::input(format!("its header has {length} bytes, more than {LONGEST_HEADER}")));
        }
        let mut text = vec![0; length];
        from.read_exact(&mut text).map_err(cut)?;
        let text = str::from_utf8(&text).map_err(|_| Error::input("its header is not text"))?;
        let mut header = Self::from_text(text)?;
        header.bytes = before + length as u64;
        Ok(header)
    }

    fn from_text(text: &str) -> Result<Self> {
        let wrong = || Error::input(format!("its header is {:?}, which NumPy does not write", shortened(text.trim())));
        let (mut number, mut fortran, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{').ok_or_else(wrong)?.trim_start();
        while !rest.starts_with('}') {
            let (name, value) = quoted(rest).ok_or_else(wrong)?;
            let value = value.trim_start().strip_prefix(':').ok_or_else(wrong)?.trim_start();
            rest = match name {
                "descr" if value.starts_with('[') => {
                    return Err(Error::input("its rows have named fields: expected an array of numbers"));
                }
                "descr" => {
                    let (kind, after) = quoted(value).ok_or_else(wrong)?;
                    number = Some(Number::from_text(kind)?);
                    after
                }
                "fortran_order" => {
                    let (order, after) = if let Some(after) = value.strip_prefix("True") {
                        (true, after)
                    } else {
                        (false, value.strip_prefix("False").ok_or_else(wrong)?)
                    };
                    fortran = Some(order);
                    after
                }
                "shape" => {
                    let (inside, after) =
                        value.strip_prefix('(').and_then(|tuple| tuple.split_once(')')).ok_or_else(wrong)?;
                    let axes = inside.split(',').map(str::trim).filter(|axis| !axis.is_empty());
                    shape = Some(axes.map(str::parse).collect::<Result<Vec<usize>, _>>().map_err(|_| wrong())?);
                    after
                }
                _ => return Err(wrong()),
            }
            .trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        match (number, fortran, shape) {
            (Some(number), Some(fortran), Some(shape)) => Ok(Self { number, fortran, shape, bytes: 0 }),
            _ => Err(wrong()),
        }
    }

    /// Numbers a row, a row being one index of the first axis; `None` where they cannot be counted.
    pub(crate) fn row_items(&self) -> Option<usize> {
        self.shape.get(1..)?.iter().try_fold(1_usize, |items, axis| items.checked_mul(*axis))
    }
}

/// A text in single quotes without escapes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('\'')?.split_once('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Header> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend_from_slice(&u16::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
        Header::read(Path::new("a.npz"), &mut bytes.as_slice())
    }

    #[test]
    fn a_header_is_read_as_numpy_writes_it() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1000, 4), }     \n";
        let header = read(text).unwrap();
        assert_eq!((header.number.kind, header.fortran, header.bytes), (DataKind::F32, false, 10 + text.len() as u64));
        assert_eq!((header.shape.as_slice(), header.row_items()), ([3, 1000, 4].as_slice(), Some(4000)));
        let header = read("{'descr': '|b1', 'fortran_order': True, 'shape': (7,), }\n").unwrap();
        assert_eq!((header.number.kind, header.fortran, header.row_items()), (DataKind::Bool, true, Some(1)));
    }

    #[test]
    fn a_header_that_numpy_does_not_write_is_refused_in_words() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        insta::assert_snapshot!(refused("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"), @r#"its elements are of type "|O", which is objects of Python: expected bool, whole numbers, float16, float32 or float64 (write it with astype)"#);
        insta::assert_snapshot!(refused("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,), }"), @"its rows have named fields: expected an array of numbers");
        insta::assert_snapshot!(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }"), @r#"its header is "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", which NumPy does not write"#);
        insta::assert_snapshot!(refused("{'descr': '<f4', 'shape': (3,), }"), @r#"its header is "{'descr': '<f4', 'shape': (3,), }", which NumPy does not write"#);
        insta::assert_snapshot!(refused(&"{".repeat(500)), @r#"its header is "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{…", which NumPy does not write"#);
    }

    #[test]
    fn numbers_are_read_in_either_order_of_bytes() {
        let value = |text: &str, bytes: &[u8]| Number::from_text(text).unwrap().value(bytes);
        assert_eq!((value("<i2", &[0xFE, 0xFF]), value(">i2", &[0xFF, 0xFE])), (-2.0, -2.0));
        assert_eq!((value("<f4", &1.5_f32.to_le_bytes()), value(">f8", &(-0.25_f64).to_be_bytes())), (1.5, -0.25));
        assert_eq!((value("<f2", &[0x00, 0x34]), value(">f2", &[0xBC, 0x00])), (0.25, -1.0));
        assert_eq!((value("|u1", &[200]), value("|i1", &[200]), value("|b1", &[1])), (200.0, -56.0, 1.0));
        assert_eq!((value("<i8", &(-3_i64).to_le_bytes()), value(">u2", &[1, 0])), (-3.0, 256.0));
    }
}
