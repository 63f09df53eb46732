//! One row on its way into a store.

/// The label of a row.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// One bit a label, least significant bit first.
    Bits(&'a [u8]),
    /// The index of the class.
    Class(u32),
    /// A finite number a label.
    Values(&'a [f32]),
}

/// The place of a row in a genome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the chromosome among [`Shape::chromosomes`](super::Shape::chromosomes).
    pub chromosome: u32,
    /// First base of the row, counted from 0.
    pub start: u64,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Two bits a base.
    pub codes: &'a [u8],
    /// One bit a base where some are unknown.
    pub unknown: Option<&'a [u8]>,
    /// The label.
    pub target: Target<'a>,
    /// The place, in a store whose shape names chromosomes.
    pub place: Option<Place>,
}
