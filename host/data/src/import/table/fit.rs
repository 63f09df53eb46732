//! How sequences of several lengths become rows of one: what is cut, or filled with unknown bases.

use crate::bases::Packed;

/// The part of a sequence of another length that keeps its place in the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Anchor {
    /// Its middle: both sides are cut or filled equally, of an odd number of bases one more at the end.
    #[default]
    Centre,
    /// Its first base: the end is cut or filled.
    Start,
    /// Its last base: the beginning is cut or filled.
    End,
}

impl Anchor {
    /// The setting in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Start => "start",
            Self::End => "end",
        }
    }

    /// Bases that are cut off, or filled in, before a sequence of `found` bases that becomes a row of `length`.
    pub(super) fn before(self, found: usize, length: usize) -> (usize, usize) {
        let of = |bases: usize| match self {
            Self::Centre => bases / 2,
            Self::Start => 0,
            Self::End => bases,
        };
        (of(found.saturating_sub(length)), of(length.saturating_sub(found)))
    }

    /// The row of `length` bases.
    pub(super) fn row(self, sequence: &Packed, length: usize) -> Packed {
        let (cut, filled) = self.before(sequence.len(), length);
        sequence.fitted(length, cut, filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bases::tests::letters;

    #[test]
    fn what_is_anchored_keeps_its_place_and_the_rest_is_cut_or_filled() {
        let rows = |anchor: Anchor| {
            let row = |text: &str| letters(&anchor.row(&Packed::from_letters(text.as_bytes()).unwrap(), 5));
            ["AACCGGTT", "ACG", "ACGT"].map(row)
        };
        assert_eq!(rows(Anchor::Centre), ["ACCGG", "NACGN", "ACGTN"]);
        assert_eq!(rows(Anchor::Start), ["AACCG", "ACGNN", "ACGTN"]);
        assert_eq!(rows(Anchor::End), ["CGGTT", "NNACG", "NACGT"]);
    }
}
