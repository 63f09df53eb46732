//! MATLAB 5 files (`save -v6` and `-v7`): elements one after another, each a variable, compressed or not.
//!
//! Only the head of a variable is read to find it: its class, axes and name, and the tag of its numbers. Numbers may be
//! stored in another type than the variable's class, and up to four bytes of them in the tag itself. (`MathWorks`,
//! "MAT-File Format", R2021b.)

use std::io::Read;

use super::element::Element;
use super::parts::{Fields, MOST_DEFLATED, Parts, damaged, inflated};
use crate::error::{Error, Result};

/// Bytes before the first element.
const HEADER: u64 = 128;
/// Bytes of the head of a variable that are read to find it.
const HEAD: u64 = 4096;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
const SPARSE: u8 = 5;
/// Classes of arrays of numbers: double, single and eight kinds of whole numbers.
const NUMBERS: std::ops::RangeInclusive<u8> = 6..=15;
const COMPLEX: u8 = 0x08;

/// A MATLAB 5 file.
pub(crate) struct Mat5<'p> {
    parts: &'p Parts,
    little: bool,
}

/// An array of numbers.
pub(crate) struct Matrix {
    pub(crate) name: String,
    /// Its axes, the slowest first.
    pub(crate) axes: Vec<u64>,
    pub(crate) element: Element,
    pub(crate) storage: Storage,
}

/// Where the numbers of a matrix lie.
pub(crate) enum Storage {
    /// One after another, from a byte of the file on.
    Contiguous { offset: u64 },
    /// One after another in a compressed part of the file, behind some bytes of it.
    Deflated { offset: u64, length: u64, skip: u64 },
}

/// A variable in the file, of any class.
struct Variable {
    name: String,
    class: u8,
    flags: u8,
    axes: Vec<u64>,
    /// The type and bytes of its numbers, and how many bytes of the element stand before them.
    numbers: Option<(u32, u64, u64)>,
    /// Where its element stands, with its bytes, and whether it is compressed.
    offset: u64,
    length: u64,
    compressed: bool,
}

/// What stands before data: its type, its bytes, and whether they stand in the tag.
struct Tag {
    kind: u32,
    bytes: u64,
    small: bool,
}

/// Whether this is a MATLAB 5 file: `Some(true)` for little-endian numbers, `Some(false)` for big-endian ones.
pub(crate) fn byte_order(parts: &Parts) -> Result<Option<bool>> {
    if parts.length() < HEADER {
        return Ok(None);
    }
    Ok(match parts.read(124, 4)?.as_slice() {
        [0x00, 0x01, b'I', b'M'] => Some(true),
        [0x01, 0x00, b'M', b'I'] => Some(false),
        _ => None,
    })
}

impl<'p> Mat5<'p> {
    /// A file of the byte order that [`byte_order`] found.
    pub(crate) fn new(parts: &'p Parts, little: bool) -> Self {
        Self { parts, little }
    }

    /// Names of the variables.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        Ok(self.variables()?.into_iter().map(|variable| variable.name).collect())
    }

    /// The matrix of a name.
    pub(crate) fn matrix(&self, name: &str) -> Result<Option<Matrix>> {
        let variable = self.variables()?.into_iter().find(|variable| variable.name == name);
        let matrix = |variable| self.matrix_of(variable).map_err(|error| error.context(name));
        variable.map(matrix).transpose()
    }

    /// All variables that have a name.
    fn variables(&self) -> Result<Vec<Variable>> {
        let mut variables = Vec::new();
        let mut at = HEADER;
        while at < self.parts.length() {
            let tag = self.tag(&mut self.parts.stream(at, 8))?;
            let offset = at + 8;
            self.parts.check(offset, tag.bytes)?;
            let compressed = tag.kind == COMPRESSED;
            if tag.small || !(compressed || tag.kind == MATRIX) {
                return Err(damaged(format!("at byte {at} there is no variable")));
            }
            let stream = self.parts.stream(offset, tag.bytes);
            let head = if compressed {
                let mut inflated = inflated(stream);
                let tag = self.tag(&mut inflated)?;
                if tag.small || tag.kind != MATRIX {
                    return Err(damaged(format!("the compressed element at byte {at} holds no variable")));
                }
                self.head(&mut inflated, tag.bytes, 8)
            } else {
                self.head(&mut { stream }, tag.bytes, 0)
            };
            let variable = Variable { offset, length: tag.bytes, compressed, ..head? };
            if !variable.name.is_empty() {
                variables.push(variable);
            }
            at = offset + tag.bytes;
        }
        Ok(variables)
    }

    /// Reads a tag.
    fn tag(&self, from: &mut impl Read) -> Result<Tag> {
        let mut bytes = [0; 8];
        from.read_exact(&mut bytes).map_err(|error| self.parts.cannot_read(error))?;
        self.tag_of(bytes)
    }

    fn tag_of(&self, bytes: [u8; 8]) -> Result<Tag> {
        let mut fields = Fields::new(&bytes, self.little);
        let first = fields.u32()?;
        Ok(match first >> 16 {
            0 => Tag { kind: first, bytes: u64::from(fields.u32()?), small: false },
            bytes => Tag { kind: first & 0xFFFF, bytes: u64::from(bytes), small: true },
        })
    }

    /// Reads the head of a variable of `bytes` bytes, behind `before` bytes of its element.
    fn head(&self, from: &mut impl Read, bytes: u64, before: u64) -> Result<Variable> {
        let mut head = Vec::new();
        match from.take(HEAD.min(bytes)).read_to_end(&mut head) {
            Err(error) if head.is_empty() => return Err(self.parts.cannot_read(error)),
            _ => {}
        }
        let mut fields = Fields::new(&head, self.little);
        let flags = self.data(&mut fields)?;
        let flags = Fields::new(flags, self.little).u32()?;
        let [class, flags, ..] = flags.to_le_bytes();
        let mut variable = Variable {
            name: String::new(),
            class,
            flags,
            axes: Vec::new(),
            numbers: None,
            offset: 0,
            length: 0,
            compressed: false,
        };
        if !(1..=15).contains(&class) {
            // An object of a class of MATLAB's own: its parts are others.
            return Ok(variable);
        }
        let mut axes = Fields::new(self.data(&mut fields)?, self.little);
        while !axes.rest().is_empty() {
            variable.axes.push(u64::from(axes.u32()?));
        }
        // The first axis is the fastest.
        variable.axes.reverse();
        variable.name = String::from_utf8_lossy(self.data(&mut fields)?).into_owned();
        if NUMBERS.contains(&class) {
            let at = before + (head.len() - fields.rest().len()) as u64;
            let tag =
                fields.rest().first_chunk().copied().ok_or_else(|| damaged("a variable ends before its numbers"))?;
            let tag = self.tag_of(tag)?;
            variable.numbers = Some((tag.kind, tag.bytes, at + if tag.small { 4 } else { 8 }));
        }
        Ok(variable)
    }

    /// The data of the next part of a variable, without the padding behind it.
    fn data<'b>(&self, fields: &mut Fields<'b>) -> Result<&'b [u8]> {
        let tag = fields.rest().first_chunk().copied().ok_or_else(|| damaged("a variable ends in the middle"))?;
        let tag = self.tag_of(tag)?;
        let length = usize::try_from(tag.bytes).map_err(|_| damaged("a part of a variable is too long"))?;
        fields.take(if tag.small { 4 } else { 8 })?;
        let filled = if tag.small { 4 } else { length.next_multiple_of(8) };
        let part = fields.take(filled)?;
        part.get(..length).ok_or_else(|| damaged("a short part of a variable is too long"))
    }

    fn matrix_of(&self, variable: Variable) -> Result<Matrix> {
        let Some((kind, bytes, before)) = variable.numbers else {
            let what = if variable.class == SPARSE {
                "a sparse matrix: save it as full(…)"
            } else {
                "not an array of numbers"
            };
            return Err(Error::input(format!("it is {what}; expected an array of numbers")));
        };
        if variable.flags & COMPLEX != 0 {
            return Err(Error::input("its numbers are complex; expected 0 and 1".to_owned()));
        }
        let element =
            element(kind, self.little).ok_or_else(|| damaged(format!("there are no numbers of type {kind}")))?;
        let width = element.width() as u64;
        let numbers = variable.axes.iter().try_fold(width, |product, axis| product.checked_mul(*axis));
        if numbers != Some(bytes) {
            let shape = variable.axes.iter().rev().map(u64::to_string).collect::<Vec<_>>().join(" x ");
            return Err(damaged(format!("{bytes} bytes of numbers do not fill {shape} of {width} bytes")));
        }
        let storage = if variable.compressed {
            if bytes > variable.length.saturating_mul(MOST_DEFLATED) {
                return Err(damaged(format!("{bytes} bytes cannot come from {} compressed ones", variable.length)));
            }
            Storage::Deflated { offset: variable.offset, length: variable.length, skip: before }
        } else {
            let end = before.checked_add(bytes).filter(|end| *end <= variable.length);
            end.ok_or_else(|| damaged("its numbers are longer than the variable"))?;
            Storage::Contiguous { offset: variable.offset + before }
        };
        Ok(Matrix { name: variable.name, axes: variable.axes, element, storage })
    }
}

/// The numbers of a type of the format.
fn element(kind: u32, little: bool) -> Option<Element> {
    match kind {
        1 => Element::integer(1, true, little),
        2 => Element::integer(1, false, little),
        3 => Element::integer(2, true, little),
        4 => Element::integer(2, false, little),
        5 => Element::integer(4, true, little),
        6 => Element::integer(4, false, little),
        7 => Element::float(4, little),
        9 => Element::float(8, little),
        12 => Element::integer(8, true, little),
        13 => Element::integer(8, false, little),
        _ => None,
    }
}
