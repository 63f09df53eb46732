//! Finds leakage between splits, as a score on rows that training has seen says nothing about new ones, and equal
//! sequences with different labels, of which no network can have both right.
//!
//! Every importer gets this check, since the writer of the store makes it. It takes 12 bytes a row, and 16 more where
//! rows have a place in a genome; similar rows are looked for in small data, or where they are asked for, and take 3 bits a
//! base.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::leakage::{Contradictions, Pairs, SimilarPairs, SplitLeakage};
use super::parts::{PART_BITS, Parts, Roles};
use super::row::{Row, Target};
use super::shape::Shape;
use super::task::Task;
use crate::bases;
use crate::similar::Similar;

/// The identity of similar rows that nobody has said.
const USUAL_IDENTITY: f64 = 0.8;
/// Bases up to which similar rows are looked for unasked: some seconds.
const USUAL_BASES: usize = 10_000_000;
/// Bases of rows from which on that is done: shorter ones are similar by chance.
const USUAL_LENGTH: usize = 16;

/// What was found in all rows.
pub(super) struct Found {
    /// Of each run that the parts allow.
    pub(super) leakage: Vec<SplitLeakage>,
    pub(super) contradictions: Contradictions,
    /// Rows without a known base.
    pub(super) blank: u64,
}

/// Sees every row of a store with the number of its part, and counts at the end those that are in more than one split or
/// contradict another.
pub(super) struct LeakageDetector {
    parts: Parts,
    length: usize,
    /// Whether labels belong to the sequence itself: the next base after it is drawn anew at every place.
    labelled: bool,
    /// Bases of the genome that a row uses: those it shows, and the one it predicts.
    extent: u64,
    /// Whether rows have places.
    placed: bool,
    sequences: Vec<Seen>,
    /// The chromosome, and the start with the part in its lowest bits.
    places: Vec<(u32, u64)>,
    /// Rows without a known base, which are equal to nothing.
    blank: u64,
    single_strand: bool,
    /// The rows themselves, to find similar ones, with the part of each.
    similar: Option<(Similar, Vec<u8>)>,
    identity: Option<f64>,
    opposite: bases::Opposite,
}

impl LeakageDetector {
    pub(super) fn new(shape: &Shape, parts: Parts) -> Self {
        Self {
            parts,
            length: shape.length,
            labelled: shape.task != Task::NextNucleotide,
            extent: shape.length as u64 + u64::from(shape.task == Task::NextNucleotide),
            placed: !shape.chromosomes.is_empty(),
            sequences: Vec::new(),
            places: Vec::new(),
            blank: 0,
            single_strand: shape.single_strand,
            // Windows before the next nucleotide overlap each other and the genome's repeats: nothing follows from that.
            similar: (shape.task != Task::NextNucleotide).then(|| (Similar::new(shape.single_strand), Vec::new())),
            identity: None,
            opposite: bases::Opposite::default(),
        }
    }

    /// One that looks for the same, and has seen no row.
    pub(super) fn anew(&self, shape: &Shape, parts: Parts) -> Self {
        Self { identity: self.identity, ..Self::new(shape, parts) }
    }

    /// Looks for rows that are similar from this identity on, however many rows come.
    pub(super) fn look_for_similar(&mut self, identity: f64) {
        self.identity = Some(identity);
    }

    pub(super) fn see(&mut self, part: u8, row: &Row<'_>) {
        if let Some(place) = row.place {
            self.places.push((place.chromosome, place.start << PART_BITS | u64::from(part)));
        }
        let label = if self.labelled { hash_of_label(&row.target) } else { 0 };
        let seen = self.seen(part, row.codes, row.unknown, label);
        self.blank += u64::from(seen.is_none());
        if seen.is_some()
            && let Some((similar, parts)) = &mut self.similar
        {
            similar.add_parts(row.codes, row.unknown, self.length);
            parts.push(part);
        }
        self.sequences.extend(seen);
        if self.identity.is_none() && self.is_unusual() {
            self.similar = None;
        }
    }

    /// What is kept of a row's sequence; nothing where no base of it is known.
    fn seen(&mut self, part: u8, codes: &[u8], unknown: Option<&[u8]>, label: u64) -> Option<Seen> {
        if unknown.is_some_and(|mask| bases::count_bits(mask) >= self.length) {
            return None;
        }
        let canonical =
            if self.single_strand { (codes, unknown) } else { self.opposite.canonical(codes, unknown, self.length) };
        let turned = canonical != (codes, unknown);
        Some(Seen::new(hash(canonical), part, label, turned))
    }

    /// The number by which rows with equal sequences are recognised; `None` where no base is known.
    pub(super) fn key(&mut self, codes: &[u8], unknown: Option<&[u8]>) -> Option<SequenceKey> {
        self.seen(0, codes, unknown, 0).map(Seen::sequence)
    }

    /// The sequences that several parts have, each with the parts as bits.
    pub(super) fn in_several_parts(&mut self) -> BTreeMap<SequenceKey, u64> {
        self.sequences.sort_unstable();
        let equal = self.sequences.chunk_by(|left, right| left.sequence() == right.sequence());
        let parts = equal.filter_map(|equal| Some((equal.first()?.sequence(), parts_of(equal))));
        parts.filter(|(_, parts)| parts.count_ones() > 1).collect()
    }

    /// Whether there are so many rows, or so short ones, that similar ones are looked for only where somebody asks.
    fn is_unusual(&self) -> bool {
        self.length < USUAL_LENGTH || self.sequences.len().saturating_mul(self.length) > USUAL_BASES
    }

    pub(super) fn finish(mut self) -> Found {
        let (runs, asked) = (self.parts.runs(), self.parts.asked());
        let identity = self.identity.unwrap_or(USUAL_IDENTITY);
        let similar = self.similar.take().map(|(rows, parts)| similar_pairs(&rows, &parts, identity, &asked, &runs));
        let (mut equal_sequences, mut contradictions) = (vec![Pairs::default(); runs.len()], Contradictions::default());
        self.sequences.sort_unstable();
        for equal in self.sequences.chunk_by(|left, right| left.sequence() == right.sequence()) {
            let parts = parts_of(equal);
            equal.iter().for_each(|seen| count(&mut equal_sequences, &runs, seen.part(), parts));
            count_contradictions(equal, &mut contradictions);
        }
        let mut overlapping = vec![Pairs::default(); runs.len()];
        self.places.sort_unstable();
        for of_chromosome in self.places.chunk_by(|left, right| left.0 == right.0) {
            let mut touched = vec![0_u64; of_chromosome.len()];
            let parts = self.parts.count();
            touch(self.extent, parts, of_chromosome.iter().zip(&mut touched));
            touch(self.extent, parts, of_chromosome.iter().zip(&mut touched).rev());
            for ((_, key), parts) in of_chromosome.iter().zip(touched) {
                count(&mut overlapping, &runs, part_of(*key), parts);
            }
        }
        let leakage = (0..runs.len()).zip(equal_sequences).zip(overlapping).map(|((run, equal_sequences), windows)| {
            SplitLeakage {
                equal_sequences,
                overlapping_windows: self.placed.then_some(windows),
                similar_sequences: similar.as_ref().and_then(|similar| similar.get(run)).copied(),
                single_strand: self.single_strand,
            }
        });
        Found { leakage: leakage.collect(), contradictions, blank: self.blank }
    }
}

/// A number for a sequence, the same for both strands unless they are two rows.
pub(super) type SequenceKey = (u32, u32);

/// The parts of rows, as bits.
fn parts_of(rows: &[Seen]) -> u64 {
    rows.iter().fold(0, |parts, seen| parts | 1_u64 << seen.part())
}

/// Counts a row of a part for the others, as bits, that it is in, in every run.
fn count(of_runs: &mut [Pairs], runs: &[Roles], part: u8, others: u64) {
    if others & !(1_u64 << part) != 0 {
        of_runs.iter_mut().zip(runs).for_each(|(pairs, roles)| pairs.count(*roles, part, others));
    }
}

/// Counts, in every run, the rows that are similar to rows of an earlier split. `asked`: the parts that matter for the rows of
/// each.
fn similar_pairs(rows: &Similar, parts: &[u8], identity: f64, asked: &[u64], runs: &[Roles]) -> Vec<SimilarPairs> {
    let part = |row: usize| parts.get(row).copied().unwrap_or(0);
    let asks = |row: usize| asked.get(usize::from(part(row))).copied().unwrap_or(0);
    let mut near = vec![0_u64; parts.len()];
    let wanted = |near: &mut Vec<u64>, left: usize, right: usize| {
        let open =
            |row: usize, other: usize| near.get(row).is_some_and(|bits| asks(row) & !bits & 1_u64 << part(other) != 0);
        part(left) != part(right) && (open(left, right) || open(right, left))
    };
    let found = |near: &mut Vec<u64>, left: usize, right: usize| {
        for (row, other) in [(left, right), (right, left)] {
            if let Some(bits) = near.get_mut(row) {
                *bits |= 1_u64 << part(other);
            }
        }
    };
    rows.pairs(identity, &[], &mut near, wanted, found);
    let mut pairs = vec![Pairs::default(); runs.len()];
    parts.iter().zip(near).for_each(|(part, others)| count(&mut pairs, runs, *part, others));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1,000")]
    let permille = (identity * 1000.0).round() as u32;
    pairs.into_iter().map(|rows| SimilarPairs { permille, rows }).collect()
}

/// A row: 58 bits of its sequence's hash and six of the part, 31 bits of its label's hash and one of the strand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen([u32; 3]);

impl Seen {
    fn new(sequence: u64, part: u8, label: u64, turned: bool) -> Self {
        let key = sequence >> PART_BITS << PART_BITS | u64::from(part);
        let halves = |word: u64| [word >> 32, word & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or(0));
        let [high, low] = halves(key);
        let [label, _] = halves(label);
        Self([high, low, label & !1 | u32::from(turned)])
    }

    fn sequence(self) -> (u32, u32) {
        (self.0[0], self.0[1] >> PART_BITS)
    }

    fn part(self) -> u8 {
        part_of(u64::from(self.0[1]))
    }

    /// Whether it is the opposite strand of what its equals are compared as.
    fn turned(self) -> bool {
        self.0[2] & 1 == 1
    }

    fn label(self) -> u32 {
        self.0[2] >> 1
    }
}

/// Counts rows of equal sequences that have different labels: on one strand, or only where the strands differ.
fn count_contradictions(equal: &[Seen], contradictions: &mut Contradictions) {
    let mut of_strand = [None; 2];
    let mut differ = [false; 2];
    for seen in equal {
        let strand = usize::from(seen.turned());
        if let (Some(label), Some(differ)) = (of_strand.get_mut(strand), differ.get_mut(strand)) {
            *differ |= *label.get_or_insert(seen.label()) != seen.label();
        }
    }
    let rows = |strand: bool| equal.iter().filter(|seen| seen.turned() == strand).count() as u64;
    for (strand, differ) in [false, true].into_iter().zip(differ) {
        if differ {
            contradictions.sequences += 1;
            contradictions.rows += rows(strand);
        }
    }
    let strands_differ = matches!(of_strand, [Some(one), Some(other)] if one != other);
    if strands_differ && differ == [false, false] {
        contradictions.other_strand += 1;
    }
}

/// Its keys are fixed, which is enough: a hash only distinguishes the sequences and labels of one import.
fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn hash_of_label(target: &Target<'_>) -> u64 {
    match target {
        Target::Bits(bits) => hash(bits),
        Target::Class(class) => hash(class),
        // Zero has two forms, which are equal.
        Target::Values(values) => hash(values.iter().map(|value| (value + 0.0).to_bits()).collect::<Vec<_>>()),
    }
}

/// Marks each window with the parts, of `parts` in all, of windows that come before it in this order and share a base with it.
fn touch<'a>(extent: u64, parts: usize, windows: impl Iterator<Item = (&'a (u32, u64), &'a mut u64)>) {
    let mut last: Vec<Option<u64>> = vec![None; parts];
    for ((_, key), touched) in windows {
        let start = key >> PART_BITS;
        for (part, last) in last.iter().enumerate() {
            if last.is_some_and(|last| last.abs_diff(start) < extent) {
                *touched |= 1_u64 << part;
            }
        }
        if let Some(last) = last.get_mut(usize::from(part_of(*key))) {
            *last = Some(start);
        }
    }
}

/// The part in the lowest bits of a key.
fn part_of(key: u64) -> u8 {
    u8::try_from(key & ((1 << PART_BITS) - 1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bases::Packed;
    use crate::store::{PerSplit, Place, Split, Target};
    use proptest::prelude::*;

    fn shape(length: usize) -> Shape {
        let (labels, chromosomes) = (vec!["a".into()], vec!["chr1".into(), "chr2".into()]);
        Shape { length, labels, task: Task::MultiLabel, chromosomes, groups: vec![], single_strand: false }
    }

    fn leakage(rows: &[(Split, &str, u32, u64)]) -> SplitLeakage {
        let mut detector = LeakageDetector::new(&shape(rows[0].1.len()), Parts::Splits);
        for (split, letters, chromosome, start) in rows {
            let packed = Packed::from_letters(letters.as_bytes()).unwrap();
            let place = Some(Place { chromosome: *chromosome, start: *start });
            let row = Row { codes: packed.codes(), unknown: packed.unknown(), target: Target::Bits(&[0]), place };
            detector.see(*split as u8, &row);
        }
        detector.finish().leakage[0]
    }

    /// What is contradictory in rows of classes.
    fn contradictions(task: Task, rows: &[(&str, u32)]) -> Contradictions {
        let mut detector = LeakageDetector::new(&Shape { task, ..shape(rows[0].0.len()) }, Parts::Splits);
        for (letters, class) in rows {
            let packed = Packed::from_letters(letters.as_bytes()).unwrap();
            let target = Target::Class(*class);
            let row = Row { codes: packed.codes(), unknown: packed.unknown(), target, place: None };
            detector.see(0, &row);
        }
        detector.finish().contradictions
    }

    #[test]
    fn equal_sequences_with_different_labels_are_counted_on_each_strand() {
        let rows = [("AACGN", 0), ("AACGN", 1), ("AACGN", 0), ("NCGTT", 0), ("ACCCC", 0), ("GGGGT", 1), ("ACGTC", 1)];
        let found = contradictions(Task::MultiClass, &rows);
        assert_eq!(found, Contradictions { sequences: 1, rows: 3, other_strand: 1 });
        insta::assert_snapshot!(found.warnings(Task::MultiClass).join("\n"), @"
equal sequences have different classes (sequences: 1, rows: 3): no network can be right on all of them
the other strand of a sequence has another class (sequences: 1): right where strands differ, as in RNA; then import with --single-strand
");
        assert_eq!(contradictions(Task::NextNucleotide, &rows), Contradictions::default());
        let same = [("AACGN", 1), ("NCGTT", 1), ("AACGN", 1), ("ACGT", 0), ("ACGT", 0)];
        assert_eq!(contradictions(Task::MultiClass, &same[..3]), Contradictions::default());
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
        assert_eq!(found.overlapping_windows, Some(Pairs::default()));
        let rows = PerSplit { train: 2, valid: 1, test: 2 };
        insta::assert_snapshot!(found.warnings(&rows)[0], @"1 of 2 test rows (50.0 %) repeat rows of train, on the same or the other strand: scores on them tell nothing of new data");
    }

    #[test]
    fn similar_rows_of_two_splits_are_told_where_they_are_more_than_the_equal_ones() {
        let (row, near) = ("ACGTTGCATGCCATATCGGATTACA", "ACGTTGCATGCCATATCGGATTAGA");
        let (other, third) = ("TTTGACCGAGTCAAGGCTCTAGTGA", "CATTCCAGGATACCGTGTAAGCTCG");
        let found = leakage(&[
            (Split::Train, row, 0, 0),
            (Split::Train, third, 0, 100),
            (Split::Valid, third, 0, 200),
            (Split::Test, near, 0, 300),
            (Split::Test, other, 0, 400),
        ]);
        let similar = Pairs { test_in_train: 1, valid_in_train: 1, ..Pairs::default() };
        assert_eq!(found.similar_sequences, Some(SimilarPairs { permille: 800, rows: similar }));
        let rows = PerSplit { train: 2, valid: 1, test: 2 };
        insta::assert_snapshot!(found.warnings(&rows).join("\n"), @"
1 of 1 valid rows (100.0 %) repeat rows of train, on the same or the other strand: scores on them tell nothing of new data
1 of 2 test rows (50.0 %) are similar to rows of train (identity 0.8 or more): scores on them tell less of new data than others
");
    }

    #[test]
    fn the_other_strand_of_a_row_of_one_strand_is_another_row() {
        let shape = Shape { single_strand: true, chromosomes: vec![], ..shape(5) };
        let mut detector = LeakageDetector::new(&shape, Parts::Splits);
        for (split, letters, label) in [
            (Split::Train, "AACGN", 0),
            (Split::Test, "NCGTT", 1),
            (Split::Train, "ACCTG", 0),
            (Split::Test, "ACCTG", 0),
        ] {
            let packed = Packed::from_letters(letters.as_bytes()).unwrap();
            let target = Target::Bits(&[label]);
            detector.see(split as u8, &Row { codes: packed.codes(), unknown: packed.unknown(), target, place: None });
        }
        let found = detector.finish();
        assert_eq!(found.leakage[0].equal_sequences, Pairs { test_in_train: 1, ..Pairs::default() });
        assert_eq!(found.contradictions, Contradictions::default());
        let rows = PerSplit { train: 2, valid: 0, test: 2 };
        insta::assert_snapshot!(found.leakage[0].warnings(&rows)[0], @"1 of 2 test rows (50.0 %) repeat rows of train: scores on them tell nothing of new data");
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
            prop_assert_eq!(leakage(&rows).overlapping_windows, Some(expected));
        }
    }
}
