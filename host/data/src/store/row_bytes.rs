//! A row in bytes: what the digest of a store is taken over, and what a spool holds.

use std::io::{self, Read};

use super::row::{Place, Row, Target};
use super::schema;
use super::shape::Shape;
use super::task::Task;
use crate::bases::packed_bytes;
use crate::error::{Error, Result};

/// The bytes of a row: a flag (1 with a mask), codes, mask, labels, place.
#[derive(Clone, Debug)]
pub(super) struct RowBytes {
    codes: usize,
    mask: usize,
    labels: usize,
    place: usize,
    bytes: Vec<u8>,
}

impl RowBytes {
    pub(super) fn new(shape: &Shape) -> Self {
        Self {
            codes: packed_bytes(shape.length),
            mask: schema::mask_bytes(shape),
            labels: shape.label_bytes(),
            place: if shape.chromosomes.is_empty() { 0 } else { 12 },
            bytes: Vec::new(),
        }
    }

    /// The bytes of a row. One of another shape is refused, as a bug of an importer, not of its input.
    pub(super) fn fill(&mut self, shape: &Shape, row: &Row<'_>) -> Result<&[u8]> {
        let wrong = |what: &str| Err(Error::bug(format!("an importer made a row with wrong {what}")));
        self.bytes.clear();
        if row.codes.len() != self.codes {
            return wrong("bases");
        }
        self.bytes.push(u8::from(row.unknown.is_some()));
        self.bytes.extend_from_slice(row.codes);
        match row.unknown {
            Some(mask) if mask.len() != self.mask => return wrong("mask"),
            mask => self.bytes.extend_from_slice(mask.unwrap_or_default()),
        }
        match (shape.task, row.target) {
            (Task::MultiLabel, Target::Bits(bits)) if bits.len() == self.labels => {
                self.bytes.extend_from_slice(bits);
            }
            (task, Target::Class(class)) if task.is_classes() && (class as usize) < shape.labels.len() => {
                self.bytes.extend_from_slice(&class.to_le_bytes());
            }
            (task, Target::Values(values)) if task.is_regression() && values.len() == shape.labels.len() => {
                let least = if task == Task::PoissonRegression { 0.0 } else { f32::MIN };
                if !values.iter().all(|value| (least..=f32::MAX).contains(value)) {
                    return wrong("values");
                }
                self.bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            _ => return wrong("labels"),
        }
        match row.place {
            Some(place) if (place.chromosome as usize) < shape.chromosomes.len() => {
                self.bytes.extend_from_slice(&place.chromosome.to_le_bytes());
                self.bytes.extend_from_slice(&place.start.to_le_bytes());
            }
            None if shape.chromosomes.is_empty() => {}
            _ => return wrong("place"),
        }
        Ok(&self.bytes)
    }

    /// Reads the next record of a spool.
    pub(super) fn read(&mut self, from: &mut impl Read) -> io::Result<()> {
        let mut flag = [0];
        from.read_exact(&mut flag)?;
        let mask = if flag[0] == 0 { 0 } else { self.mask };
        self.bytes.clear();
        self.bytes.push(flag[0]);
        self.bytes.resize(1 + self.codes + mask + self.labels + self.place, 0);
        from.read_exact(&mut self.bytes[1..])
    }

    pub(super) fn codes(&self) -> &[u8] {
        &self.bytes[1..=self.codes]
    }

    pub(super) fn unknown(&self) -> Option<&[u8]> {
        (self.bytes[0] != 0).then(|| &self.bytes[1 + self.codes..1 + self.codes + self.mask])
    }

    pub(super) fn labels(&self) -> &[u8] {
        let end = self.bytes.len() - self.place;
        &self.bytes[end - self.labels..end]
    }

    /// The label, in the form that rows of this shape have; `values` is room for those of a regression.
    pub(super) fn target<'a>(&'a self, task: Task, values: &'a mut Vec<f32>) -> Target<'a> {
        match task {
            Task::MultiLabel => Target::Bits(self.labels()),
            Task::MultiClass | Task::NextNucleotide => {
                Target::Class(self.labels().first_chunk::<4>().map_or(u32::MAX, |bytes| u32::from_le_bytes(*bytes)))
            }
            Task::Regression | Task::PoissonRegression => {
                values.clear();
                values.extend(self.labels().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
                Target::Values(values)
            }
        }
    }

    pub(super) fn place(&self) -> Option<Place> {
        let place = &self.bytes[self.bytes.len() - self.place..];
        let (chromosome, start) = place.split_first_chunk::<4>()?;
        let start = start.first_chunk::<8>()?;
        Some(Place { chromosome: u32::from_le_bytes(*chromosome), start: u64::from_le_bytes(*start) })
    }
}
