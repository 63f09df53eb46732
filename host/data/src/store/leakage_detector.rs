//! Finds leakage between splits: a score on rows that training has seen says nothing about new ones.
//!
//! Every importer gets this check, since the writer of the store makes it. It takes 8 bytes a row, and 16 more where
//! rows have a place in a genome.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::leakage::SplitLeakage;
use super::row::Row;
use super::shape::Shape;
use super::split::Split;
use super::task::Task;
use crate::bases;

/// Sees every row of a store, and counts at the end those that are in more than one split.
pub(super) struct LeakageDetector {
    length: usize,
    /// Bases of the genome that a row uses: those it shows, and the one it predicts.
    extent: u64,
    /// The upper bits are of the sequence's hash, the two lowest the split.
    sequences: Vec<u64>,
    /// The chromosome, and the start with the split in its two lowest bits.
    places: Vec<(u32, u64)>,
    opposite: bases::Opposite,
}

impl LeakageDetector {
    pub(super) fn new(shape: &Shape) -> Self {
        Self {
            length: shape.length,
            extent: shape.length as u64 + u64::from(shape.task == Task::NextNucleotide),
            sequences: Vec::new(),
            places: Vec::new(),
            opposite: bases::Opposite::default(),
        }
    }

    pub(super) fn see(&mut self, split: Split, row: &Row<'_>) {
        if let Some(place) = row.place {
            self.places.push((place.chromosome, place.start << 2 | split as u64));
        }
        let known = row.unknown.is_none_or(|mask| bases::count_bits(mask) < self.length);
        if known {
            let canonical = self.opposite.canonical(row.codes, row.unknown, self.length);
            // Its keys are fixed, which is enough: the hash only distinguishes the sequences of one import.
            let mut hasher = DefaultHasher::new();
            canonical.hash(&mut hasher);
            self.sequences.push(hasher.finish() & !3 | split as u64);
        }
    }

    pub(super) fn finish(mut self) -> SplitLeakage {
        let mut leakage = SplitLeakage::default();
        self.sequences.sort_unstable();
        for equal in self.sequences.chunk_by(|left, right| left >> 2 == right >> 2) {
            let splits = equal.iter().fold(0, |splits, key| splits | 1_u8 << (key & 3));
            for key in equal {
                leakage.equal_sequences.count(split_of(*key), splits);
            }
        }
        self.places.sort_unstable();
        for of_chromosome in self.places.chunk_by(|left, right| left.0 == right.0) {
            let mut touched = vec![0_u8; of_chromosome.len()];
            touch(self.extent, of_chromosome.iter().zip(&mut touched));
            touch(self.extent, of_chromosome.iter().zip(&mut touched).rev());
            for ((_, key), splits) in of_chromosome.iter().zip(touched) {
                leakage.overlapping_windows.count(split_of(*key), splits);
            }
        }
        leakage
    }
}

/// Marks each window with the splits of windows that come before it in this order and share a base with it.
fn touch<'a>(extent: u64, windows: impl Iterator<Item = (&'a (u32, u64), &'a mut u8)>) {
    let mut last: [Option<u64>; 3] = [None; 3];
    for ((_, key), splits) in windows {
        let start = key >> 2;
        for (split, last) in last.iter().enumerate() {
            if last.is_some_and(|last| last.abs_diff(start) < extent) {
                *splits |= 1 << split;
            }
        }
        last[split_of(*key) as usize] = Some(start);
    }
}

fn split_of(key: u64) -> Split {
    match key & 3 {
        0 => Split::Train,
        1 => Split::Valid,
        _ => Split::Test,
    }
}

#[cfg(test)]
mod tests {
    use super::super::leakage::Pairs;
    use super::*;
    use crate::bases::Packed;
    use crate::store::{Place, Target};
    use proptest::prelude::*;

    fn shape(length: usize) -> Shape {
        let (labels, chromosomes) = (vec!["a".into()], vec!["chr1".into(), "chr2".into()]);
        Shape { length, labels, task: Task::MultiLabel, chromosomes, groups: vec![] }
    }

    fn leakage(rows: &[(Split, &str, u32, u64)]) -> SplitLeakage {
        let mut detector = LeakageDetector::new(&shape(rows[0].1.len()));
        for (split, letters, chromosome, start) in rows {
            let packed = Packed::from_letters(letters.as_bytes()).unwrap();
            let place = Some(Place { chromosome: *chromosome, start: *start });
            let row = Row { codes: packed.codes(), unknown: packed.unknown(), target: Target::Bits(&[0]), place };
            detector.see(*split, &row);
        }
        detector.finish()
    }

    #[test]
    fn a_sequence_on_either_strand_in_two_splits_is_counted_in_the_later_one() {
        let rows = [
            (Split::Train, "AACGN", 0, 0),
            (Split::Valid, "NCGTT", 0, 100),
            (Split::Test, "AACGN", 0, 200),
            (Split::Test, "AACGT", 0, 300),
            (Split::Train, "AACGN", 0, 400),
        ];
        let found = leakage(&rows);
        assert_eq!(found.equal_sequences, Pairs { valid_in_train: 1, test_in_train: 1, test_in_valid: 1 });
        assert_eq!(found.overlapping_windows, Pairs::default());
        insta::assert_snapshot!(found.warnings()[0], @"valid repeats sequences of train, on the same or the other strand (rows: 1): scores on them tell nothing of new data");
    }

    #[test]
    fn rows_without_a_known_base_are_equal_to_nothing() {
        assert!(leakage(&[(Split::Train, "NNNNN", 0, 0), (Split::Test, "NNNNN", 0, 9)]).is_none());
    }

    proptest! {
        #[test]
        fn overlapping_windows_are_those_of_comparing_every_pair(
            rows in prop::collection::vec((0..3_usize, 0..2_u32, 0..60_u64), 1..40)
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(split, chromosome, start)| (Split::ALL[split], "ACGTACG", chromosome, start)).collect();
            let is_in = |of: Split, other: Split| rows.iter().filter(|row| row.0 == of).filter(|row| {
                rows.iter().any(|earlier| earlier.0 == other && earlier.2 == row.2 && earlier.3.abs_diff(row.3) < 7)
            }).count() as u64;
            let expected = Pairs {
                valid_in_train: is_in(Split::Valid, Split::Train),
                test_in_train: is_in(Split::Test, Split::Train),
                test_in_valid: is_in(Split::Test, Split::Valid),
            };
            prop_assert_eq!(leakage(&rows).overlapping_windows, expected);
        }
    }
}
