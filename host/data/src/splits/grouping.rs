//! Splits by share, such that what belongs together stays together.
//!
//! Rows belong together that have equal sequences (on either strand, unless they are of one strand), similar sequences
//! where that is asked for (`similar`), windows that share a base of a genome, or the same group. All rows of such a
//! cluster get one split, which is a function of their sequences and the seed alone: it depends neither on the order of
//! the rows nor on the size of the data. The price is that shares are met on average, not exactly.

use sha2::{Digest, Sha256};

use super::fractions::Fractions;
use super::likeness::Likeness;
use crate::bases::{Opposite, Packed};
use crate::similar::Similar;
use crate::store::Split;

/// Bases of a genome that a row shows, from 0, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Extent {
    pub(crate) chromosome: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Takes every row, then returns the split of each. Takes 12 bytes a row, and 32 and 16 more for places and groups.
pub(crate) struct Grouping {
    seed: u64,
    /// A number for the sequence of each row, the same for both strands.
    sequences: Vec<u64>,
    extents: Vec<(Extent, usize)>,
    groups: Vec<(u64, usize)>,
    /// Rows that stay with the row before them.
    with_last: Vec<usize>,
    likeness: Likeness,
    /// The rows themselves, where similar ones stay together.
    similar: Option<Similar>,
    opposite: Opposite,
}

impl Grouping {
    pub(crate) fn new(seed: u64, likeness: Likeness) -> Self {
        let (sequences, extents, groups, with_last) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let similar = likeness.identity.map(|_| Similar::new(likeness.single_strand));
        Self { seed, sequences, extents, groups, with_last, likeness, similar, opposite: Opposite::default() }
    }

    /// Adds the next row. Rows of equal `group` stay together.
    pub(crate) fn add(&mut self, sequence: &Packed, extent: Option<Extent>, group: Option<u64>) {
        self.add_parts(sequence.codes(), sequence.unknown(), sequence.len(), extent, group.as_slice());
    }

    /// Adds the next row from its packed parts. Rows that have a group in common stay together.
    pub(crate) fn add_parts(
        &mut self,
        codes: &[u8],
        unknown: Option<&[u8]>,
        length: usize,
        extent: Option<Extent>,
        groups: &[u64],
    ) {
        let row = self.sequences.len();
        self.sequences.push(number((codes, unknown, length), self.seed, self.likeness, &mut self.opposite));
        if let Some(similar) = &mut self.similar {
            similar.add(codes, unknown, length);
        }
        self.extents.extend(extent.map(|extent| (extent, row)));
        self.groups.extend(groups.iter().map(|group| (*group, row)));
    }

    /// Keeps the row that was added last with the one before.
    pub(crate) fn join_last_two(&mut self) {
        self.with_last.extend(self.sequences.len().checked_sub(1).filter(|row| *row > 0));
    }

    /// The splits of all rows, in the order in which they were added.
    pub(crate) fn assign(self, fractions: Fractions) -> Vec<Split> {
        let (clusters, numbers) = self.clusters();
        clusters.into_iter().map(|cluster| fractions.of(numbers.get(cluster).copied().unwrap_or(0))).collect()
    }

    /// The cluster of each row, and by its cluster a number that is drawn evenly from all and depends on the sequences and
    /// the seed alone.
    pub(crate) fn clusters(mut self) -> (Vec<usize>, Vec<u64>) {
        let mut clusters = Clusters::new(self.sequences.len());
        let mut order: Vec<usize> = (0..self.sequences.len()).collect();
        order.sort_unstable_by_key(|row| self.sequences[*row]);
        for equal in order.chunk_by(|left, right| self.sequences[*left] == self.sequences[*right]) {
            clusters.join_all(equal.iter().copied());
        }
        if let (Some(similar), Some(identity)) = (self.similar.take(), self.likeness.identity) {
            let apart = |clusters: &mut Clusters, left, right| clusters.find(left) != clusters.find(right);
            similar.pairs(identity, &self.sequences, &mut clusters, apart, Clusters::join);
            clusters.tell_of_large(identity);
        }
        self.groups.sort_unstable();
        for equal in self.groups.chunk_by(|left, right| left.0 == right.0) {
            clusters.join_all(equal.iter().map(|(_, row)| *row));
        }
        for row in &self.with_last {
            clusters.join(row - 1, *row);
        }
        self.extents.sort_unstable();
        let mut reached: Option<(Extent, usize)> = None;
        for (extent, row) in self.extents {
            match &mut reached {
                Some((last, other)) if last.chromosome == extent.chromosome && extent.start < last.end => {
                    clusters.join(*other, row);
                    last.end = last.end.max(extent.end);
                }
                _ => reached = Some((extent, row)),
            }
        }
        // Exclusive or of the different numbers of a cluster: as evenly spread as one alone, whatever their order.
        let mut combined = vec![0_u64; self.sequences.len()];
        let mut last: Option<(u64, usize)> = None;
        for row in order {
            let (number, cluster) = (self.sequences[row], clusters.find(row));
            if last != Some((number, cluster)) {
                combined[cluster] ^= number;
            }
            last = Some((number, cluster));
        }
        ((0..self.sequences.len()).map(|row| clusters.find(row)).collect(), combined)
    }
}

/// A number that follows from the bases and the seed alone, the same for both strands unless they are two rows.
fn number(
    (codes, unknown, length): (&[u8], Option<&[u8]>, usize),
    seed: u64,
    likeness: Likeness,
    opposite: &mut Opposite,
) -> u64 {
    let (codes, unknown) =
        if likeness.single_strand { (codes, unknown) } else { opposite.canonical(codes, unknown, length) };
    let mut digest = Sha256::new();
    digest.update(seed.to_le_bytes());
    digest.update(codes);
    digest.update([0xFF]);
    digest.update(unknown.unwrap_or_default());
    digest.finalize().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Disjoint sets of rows (Tarjan 1975, with path halving).
struct Clusters(Vec<usize>);

impl Clusters {
    fn new(rows: usize) -> Self {
        Self((0..rows).collect())
    }

    fn find(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.find(left), self.find(right));
        self.0[left.max(right)] = left.min(right);
    }

    /// Warns where so many rows are similar that shares cannot be met.
    fn tell_of_large(&mut self, identity: f64) {
        let mut rows = vec![0_usize; self.0.len()];
        for row in 0..self.0.len() {
            let cluster = self.find(row);
            rows[cluster] += 1;
        }
        let (largest, all) = (rows.iter().copied().max().unwrap_or(0), rows.len());
        if largest > 1 && 10 * largest > all {
            log::warn!(
                "--cluster {identity}: {largest} of {all} rows are similar to each other, one after the other, and stay in \
                 one split, whatever its share; a higher identity keeps fewer together"
            );
        }
    }

    fn join_all(&mut self, rows: impl IntoIterator<Item = usize>) {
        let mut rows = rows.into_iter();
        if let Some(first) = rows.next() {
            rows.for_each(|row| self.join(first, row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHARES: Fractions = Fractions { valid: 0.2, test: 0.3 };

    /// Sequences that are all different: the number in base four.
    fn sequence(number: usize) -> Packed {
        let letters: Vec<u8> = (0..20).map(|place| b"ACGT"[number >> (2 * place) & 3]).collect();
        Packed::from_letters(&letters).unwrap()
    }

    fn extent(start: u64) -> Extent {
        Extent { chromosome: 0, start, end: start + 10 }
    }

    proptest! {
        #[test]
        fn nothing_that_belongs_together_straddles(
            rows in prop::collection::vec((0..30_usize, any::<bool>(), 0..400_u64, 0..40_u64), 1..80), seed: u64
        ) {
            let mut grouping = Grouping::new(seed, Likeness::default());
            let rows: Vec<_> = rows.into_iter().map(|(number, turned, start, group)| {
                let packed = if turned { sequence(number).reverse_complement() } else { sequence(number) };
                (number, packed, start, group)
            }).collect();
            for (_, packed, start, group) in &rows {
                grouping.add(packed, Some(extent(*start)), Some(*group));
            }
            let splits = grouping.assign(SHARES);
            for (left, left_split) in rows.iter().zip(&splits) {
                for (right, right_split) in rows.iter().zip(&splits) {
                    if left.0 == right.0 || left.3 == right.3 || left.2.abs_diff(right.2) < 10 {
                        prop_assert_eq!(left_split, right_split);
                    }
                }
            }
        }

        #[test]
        fn a_split_does_not_depend_on_the_order_of_rows(
            rows in prop::collection::vec((0..1000_usize, 0..5000_u64), 1..60), seed: u64
        ) {
            let assign = |rows: &[(usize, u64)]| {
                let mut grouping = Grouping::new(seed, Likeness::default());
                for (number, start) in rows {
                    grouping.add(&sequence(*number), Some(extent(*start)), None);
                }
                grouping.assign(SHARES)
            };
            let turned: Vec<_> = rows.iter().rev().copied().collect();
            let mut back = assign(&turned);
            back.reverse();
            prop_assert_eq!(assign(&rows), back);
        }
    }

    #[test]
    fn similar_rows_stay_together_where_that_is_asked_for() {
        let with_change = |number: usize, place: usize| {
            let mut bases: Vec<Option<u8>> =
                sequence(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20).bases().collect();
            bases[place] = bases[place].map(|base| 3 - base);
            Packed::from_bases(bases)
        };
        let splits = |identity| {
            let mut grouping = Grouping::new(1, Likeness { single_strand: false, identity });
            for number in 0..500 {
                (0..3).for_each(|place| grouping.add(&with_change(number, 5 * place), None, None));
            }
            grouping.assign(SHARES)
        };
        let apart =
            |splits: &[Split]| splits.chunks(3).filter(|three| three.windows(2).any(|two| two[0] != two[1])).count();
        assert_eq!(apart(&splits(Some(0.9))), 0);
        assert!(apart(&splits(None)) > 100);
    }

    #[test]
    fn shares_are_met_on_average_by_single_rows_and_by_clusters() {
        for group_size in [1, 5] {
            let mut grouping = Grouping::new(1, Likeness::default());
            (0..20_000).for_each(|row| grouping.add(&sequence(row), None, Some(row as u64 / group_size)));
            let splits = grouping.assign(SHARES);
            let share = |split| splits.iter().filter(|other| **other == split).count() as f64 / 20_000.0;
            assert!((share(Split::Valid) - 0.2).abs() < 0.02, "{}", share(Split::Valid));
            assert!((share(Split::Test) - 0.3).abs() < 0.02, "{}", share(Split::Test));
        }
    }

    #[test]
    fn shares_that_leave_a_split_without_rows_are_refused() {
        for (valid, test) in [(0.0, 0.1), (0.5, 0.5), (0.1, f64::NAN), (-0.1, 0.1)] {
            assert!(Fractions { valid, test }.check().is_err());
        }
    }
}
