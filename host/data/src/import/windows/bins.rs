//! Bins over a chromosome, and the labels of each bin.

use std::ops::Range;

use super::overlap::Overlap;
use crate::bases::{bit_bytes, set_bit};
use crate::error::{Error, Result};

/// An interval with a label, from 0, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Feature {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) label: u32,
}

/// Bins every `step` bases, with the bases on either side that a row also shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bins {
    bin: u64,
    step: u64,
    context: u64,
}

/// The bins of one chromosome whose rows lie inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    bins: Bins,
    first: u64,
    count: u64,
    chromosome_length: u64,
}

impl Bins {
    pub(super) fn new(bin: u64, step: u64, context: u64) -> Result<Self> {
        if bin == 0 || step == 0 {
            return Err(Error::input("bins of 0 bases or a step of 0: give at least 1"));
        }
        let longest = crate::store::LONGEST as u64;
        if context.checked_mul(2).and_then(|sides| sides.checked_add(bin)).is_none_or(|length| length > longest) {
            return Err(Error::input(format!(
                "rows of a bin of {bin} and {context} bases on either side are longer than {longest}"
            )));
        }
        Ok(Self { bin, step, context })
    }

    /// Bases a bin.
    pub(super) fn bin(self) -> u64 {
        self.bin
    }

    /// Bases a row.
    pub(super) fn length(self) -> u64 {
        self.bin + 2 * self.context
    }

    /// The bins of a chromosome of this length.
    pub(super) fn grid(self, chromosome_length: u64) -> Grid {
        let first = self.context.div_ceil(self.step);
        // Of the bins 0 .. ends, the row of each ends inside.
        let ends = chromosome_length.checked_sub(self.bin + self.context).map_or(0, |room| room / self.step + 1);
        Grid { bins: self, first, count: ends.saturating_sub(first), chromosome_length }
    }
}

impl Grid {
    /// Bins.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Bins of the chromosome, those too close to an end for a whole row included.
    pub(super) fn count_with_ends(&self) -> u64 {
        self.chromosome_length.checked_sub(self.bins.bin).map_or(0, |room| room / self.bins.step + 1)
    }

    /// The bins it is of.
    pub(super) fn bins(&self) -> Bins {
        self.bins
    }

    /// The first base of the row of a bin.
    pub(super) fn row_start(&self, index: u64) -> u64 {
        (self.first + index) * self.bins.step - self.bins.context
    }

    /// The first base of a bin.
    pub(super) fn bin_start(&self, index: u64) -> u64 {
        (self.first + index) * self.bins.step
    }

    /// The places of the chromosome whose values count for the bins, those beyond the last bin of the chromosome included.
    pub(super) fn places(&self) -> Range<u64> {
        let all = self.bins.grid(self.chromosome_length);
        let from = if self.first == all.first { 0 } else { self.bin_start(0) };
        let is_last = self.first + self.count == all.first + all.count;
        let end = if is_last { u64::MAX } else { self.bin_start(self.count.saturating_sub(1)) + self.bins.bin };
        from..end
    }

    /// The bins that share bases with `start..end`.
    pub(super) fn touching(&self, start: u64, end: u64) -> Range<u64> {
        let Bins { bin, step, .. } = self.bins;
        // Bins k with k * step < end and k * step + bin > start.
        let from = (start + 1).saturating_sub(bin).div_ceil(step).max(self.first);
        let to = end.div_ceil(step).min(self.first + self.count);
        from - self.first..to.max(from) - self.first
    }

    /// The same bins, at most `most` at a time.
    pub(super) fn parts(self, most: u64) -> impl Iterator<Item = Self> {
        let most = most.max(1);
        (0..self.count.div_ceil(most)).map(move |part| {
            let from = part * most;
            Self { first: self.first + from, count: most.min(self.count - from), ..self }
        })
    }

    /// The labels of all bins, `bit_bytes(labels)` bytes each. Features are widened on both sides first.
    pub(super) fn label(&self, features: &[Feature], widen: u64, overlap: Overlap, labels: usize) -> Vec<u8> {
        let bin = self.bins.bin;
        let width = bit_bytes(labels);
        let mut bits = vec![0; usize::try_from(self.count).unwrap_or(0) * width];
        for feature in features {
            let start = u64::from(feature.start).saturating_sub(widen);
            let end = (u64::from(feature.end) + widen).min(self.chromosome_length);
            let shorter = bin.min(end.saturating_sub(start));
            for index in self.touching(start, end) {
                let bin_start = self.bin_start(index);
                let shared = end.min(bin_start + bin).saturating_sub(start.max(bin_start));
                if shared > 0 && overlap.holds(shared, shorter) {
                    let row = usize::try_from(index).unwrap_or(usize::MAX);
                    if let Some(bits) = bits.get_mut(row * width..(row + 1) * width) {
                        set_bit(bits, feature.label as usize);
                    }
                }
            }
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bases::bit_at;
    use proptest::prelude::*;

    fn labelled(bins: Bins, length: u64, feature: (u32, u32), widen: u64, overlap: Overlap) -> Vec<u64> {
        let grid = bins.grid(length);
        let bits = grid.label(&[Feature { start: feature.0, end: feature.1, label: 0 }], widen, overlap, 1);
        bits.iter()
            .zip(0..)
            .filter(|(bits, _)| **bits == 1)
            .map(|(_, index)| grid.row_start(index) + bins.context)
            .collect()
    }

    #[test]
    fn a_bin_has_the_label_of_a_feature_that_shares_half_of_the_shorter_with_it() {
        let bins = Bins::new(200, 200, 0).unwrap();
        let half = Overlap::Share(0.5);
        assert_eq!(labelled(bins, 2000, (300, 500), 0, half), [200, 400]);
        assert_eq!(labelled(bins, 2000, (301, 501), 0, half), [400]);
        assert_eq!(labelled(bins, 2000, (399, 401), 0, half), [200, 400]);
        assert_eq!(labelled(bins, 2000, (301, 1010), 0, half), [400, 600, 800]);
    }

    #[test]
    fn a_point_is_widened_before_it_is_compared() {
        let bins = Bins::new(200, 200, 0).unwrap();
        assert_eq!(labelled(bins, 2000, (450, 451), 0, Overlap::Share(0.5)), [400]);
        assert_eq!(labelled(bins, 2000, (450, 451), 100, Overlap::Share(0.5)), [400]);
        assert_eq!(labelled(bins, 2000, (500, 501), 100, Overlap::Bases(100)), [400]);
        assert_eq!(labelled(bins, 2000, (600, 601), 100, Overlap::Bases(100)), [400, 600]);
    }

    #[test]
    fn rows_that_would_leave_the_chromosome_are_left_out() {
        let grid = Bins::new(200, 200, 400).unwrap().grid(1999);
        assert_eq!((grid.count_with_ends(), grid.count()), (9, 5));
        assert_eq!((grid.row_start(0), grid.row_start(4)), (0, 800));
        assert_eq!(Bins::new(200, 200, 400).unwrap().grid(999).count(), 0);
        assert_eq!(Bins::new(200, 200, 400).unwrap().grid(1000).count(), 1);
    }

    proptest! {
        #[test]
        fn labels_are_those_of_comparing_every_bin_with_the_feature(
            bin in 1u64..50, step in 1u64..60, context in 0u64..40, length in 1u64..500,
            start in 0u32..400, size in 1u32..100, widen in 0u64..20,
        ) {
            let end = start.saturating_add(size).min(u32::try_from(length).unwrap());
            prop_assume!(start < end);
            let bins = Bins::new(bin, step, context).unwrap();
            let grid = bins.grid(length);
            let bits = grid.label(&[Feature { start, end, label: 3 }], widen, Overlap::Share(0.5), 4);
            let (start, end) = (u64::from(start).saturating_sub(widen), (u64::from(end) + widen).min(length));
            for index in 0..grid.count() {
                let row = grid.row_start(index);
                prop_assert!(row + bins.length() <= length);
                let bin_start = row + context;
                prop_assert_eq!(bin_start % step, 0);
                let shared = (bin_start..bin_start + bin).filter(|base| (start..end).contains(base)).count() as u64;
                let expected = shared > 0 && 2 * shared >= bin.min(end - start);
                let place = usize::try_from(index).unwrap();
                prop_assert_eq!(bit_at(&bits[place..=place], 3), expected);
            }
        }
    }
}
