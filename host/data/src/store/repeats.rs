//! Leaves out rows that repeat rows of another split, so that no sequence is in two, on either strand unless rows are of one.

use std::collections::BTreeSet;

use super::parts::Parts;
use super::row::Row;
use super::split::{PerSplit, Split};
use super::write::StoreWriter;
use crate::error::{Error, Result};

/// The side of a repeat that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum DropRepeats {
    /// Rows of train that are in valid or test, and rows of valid that are in test.
    Train,
    /// Rows of test that are in train or valid, and rows of valid that are in train.
    Test,
}

impl DropRepeats {
    /// The setting in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }

    /// The splits of which no row of `split` may repeat one.
    pub(crate) fn kept_by(self, split: Split) -> &'static [Split] {
        let (before, after) = match split {
            Split::Train => (&[][..], &[Split::Valid, Split::Test][..]),
            Split::Valid => (&[Split::Train][..], &[Split::Test][..]),
            Split::Test => (&[Split::Train, Split::Valid][..], &[][..]),
        };
        match self {
            Self::Train => after,
            Self::Test => before,
        }
    }
}

/// The rows of each split that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Those that repeat rows of another split.
    pub repeats: PerSplit<u64>,
    /// Those that were made of one that does, or that one was made of.
    pub with_them: PerSplit<u64>,
}

impl StoreWriter {
    /// Leaves out the rows added so far that repeat rows of another split, on the given side, with the rows that were made of
    /// them or that they were made of. Returns how many of each split.
    ///
    /// # Errors
    ///
    /// A split would have no row left.
    pub fn drop_repeats(&mut self, side: DropRepeats) -> Result<LeftOut> {
        let several = self.detector.in_several_parts();
        let mut left_out = LeftOut::default();
        if several.is_empty() {
            return Ok(left_out);
        }
        let (before, output) = (self.rows(), self.output.clone());
        let cannot_read = |error| Error::io("read beside", &output, error);
        let made_of_last = std::mem::take(&mut self.made_of_last);
        let mut spools = self.take(Parts::Splits)?;
        let (mut row_bytes, mut values) = (self.row_bytes.clone(), Vec::new());
        for split in Split::ALL {
            let others = side.kept_by(split).iter().fold(0, |bits, other| bits | 1_u64 << *other as u8);
            let Some(spool) = spools.get_mut(split as usize) else { continue };
            let made_of_last = made_of_last.get(split);
            let rows = spool.rows;
            // Whether a row is one with the row before it is known before either is written.
            let mut repeats = BTreeSet::new();
            {
                let mut reader = spool.reader().map_err(cannot_read)?;
                for number in 0..rows {
                    row_bytes.read(&mut reader).map_err(cannot_read)?;
                    let key = self.detector.key(row_bytes.codes(), row_bytes.unknown());
                    if key.and_then(|key| several.get(&key)).is_some_and(|splits| splits & others != 0) {
                        repeats.insert(number);
                    }
                }
            }
            let mut reader = spool.reader().map_err(cannot_read)?;
            for number in 0..rows {
                row_bytes.read(&mut reader).map_err(cannot_read)?;
                if repeats.contains(&number) {
                    *left_out.repeats.get_mut(split) += 1;
                    continue;
                }
                let made = made_of_last.contains(&number);
                let goes_with = |other: u64, is_one: bool| is_one && repeats.contains(&other);
                if goes_with(number.saturating_sub(1), made)
                    || goes_with(number + 1, made_of_last.contains(&(number + 1)))
                {
                    *left_out.with_them.get_mut(split) += 1;
                    continue;
                }
                let target = row_bytes.target(self.shape.task, &mut values);
                let (codes, unknown, place) = (row_bytes.codes(), row_bytes.unknown(), row_bytes.place());
                let row = Row { codes, unknown, target, place };
                if made { self.push_beside(split, &row)? } else { self.push(split, &row)? }
            }
        }
        let left = self.rows();
        match Split::ALL.into_iter().find(|split| *left.get(*split) == 0 && *before.get(*split) > 0) {
            None => Ok(left_out),
            Some(split) => Err(Error::input(format!(
                "all {} rows of {} repeat rows of other splits, and --drop-repeats {} would leave none: drop the repeats from the \
                 other side, or give other splits",
                before.get(split),
                split.name(),
                side.name()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::bases::Packed;
    use crate::store::{FinalEvaluation, ImportRecord, Shape, Store, StoreInfo, Target, Task};

    /// A store of rows of five bases, each with its number as the class, without repeats on one side.
    fn written(path: &Path, rows: &[(Split, &str)], side: DropRepeats) -> Result<(PerSplit<u64>, StoreInfo)> {
        let (labels, task) = ((0..64).map(|row| row.to_string()).collect(), Task::MultiClass);
        let shape = Shape { length: 5, labels, task, chromosomes: vec![], groups: vec![], single_strand: false };
        let mut writer = StoreWriter::create(path, shape, true)?;
        for ((split, letters), class) in rows.iter().zip(0..) {
            let packed = Packed::from_letters(letters.as_bytes()).unwrap();
            let (codes, unknown) = (packed.codes(), packed.unknown());
            writer.push(*split, &Row { codes, unknown, target: Target::Class(class), place: None })?;
        }
        let dropped = writer.drop_repeats(side)?.repeats;
        Ok((dropped, writer.finish(ImportRecord::default(), &mut |_| {})?))
    }

    /// The numbers of the rows in each split.
    fn kept(path: &Path) -> [Vec<i64>; 3] {
        let store = Store::open(path).unwrap();
        store.verify(&mut |_| {}).unwrap();
        [store.train(), store.valid(), store.test().unseal(&FinalEvaluation::of("a test"))].map(|rows| {
            let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
            rows.classes(&all).unwrap()
        })
    }

    const ROWS: [(Split, &str); 9] = [
        (Split::Train, "AACGN"),
        (Split::Train, "CCCCC"),
        (Split::Train, "AAAAA"),
        (Split::Train, "CCCCC"),
        (Split::Valid, "NCGTT"),
        (Split::Valid, "NNNNN"),
        (Split::Test, "GGGGG"),
        (Split::Test, "TTTTA"),
        (Split::Test, "NNNNN"),
    ];

    #[test]
    fn repeats_on_either_strand_are_left_out_on_the_side_that_is_named_and_rows_without_a_known_base_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let (dropped, info) = written(&path, &ROWS, DropRepeats::Train).unwrap();
        assert_eq!(
            (dropped, info.rows),
            (PerSplit { train: 3, valid: 0, test: 0 }, PerSplit { train: 1, valid: 2, test: 3 })
        );
        assert_eq!(kept(&path), [vec![2], vec![4, 5], vec![6, 7, 8]]);
        let (dropped, info) = written(&path, &ROWS, DropRepeats::Test).unwrap();
        assert_eq!(dropped, PerSplit { train: 0, valid: 1, test: 1 });
        assert_eq!(kept(&path), [vec![0, 1, 2, 3], vec![5], vec![7, 8]]);
        assert_eq!((info.rows_with_unknown.train, info.positives.test[6]), (1, 0));
        assert!(info.leakage.unwrap().is_none());
    }

    #[test]
    fn a_row_that_was_made_of_a_repeat_goes_with_it_and_takes_what_it_was_made_of_along() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let (labels, task) = ((0..64).map(|row| row.to_string()).collect(), Task::MultiClass);
        let shape = Shape { length: 5, labels, task, chromosomes: vec![], groups: vec![], single_strand: false };
        let mut writer = StoreWriter::create(&path, shape, true).unwrap();
        let rows = [
            (Split::Train, "AACGA", false),
            (Split::Train, "ACGAA", true),
            (Split::Valid, "AACGA", false),
            (Split::Valid, "AGCAA", true),
            (Split::Train, "CCACC", false),
            (Split::Train, "AAAAC", true),
            (Split::Train, "ATATC", false),
            (Split::Train, "AAAAG", false),
            (Split::Test, "AAAAC", false),
        ];
        for ((split, letters, made), class) in rows.iter().zip(0..) {
            let packed = Packed::from_letters(letters.as_bytes()).unwrap();
            let (codes, unknown) = (packed.codes(), packed.unknown());
            let row = Row { codes, unknown, target: Target::Class(class), place: None };
            if *made { writer.push_beside(*split, &row) } else { writer.push(*split, &row) }.unwrap();
        }
        let left_out = writer.drop_repeats(DropRepeats::Train).unwrap();
        writer.finish(ImportRecord::default(), &mut |_| {}).unwrap();
        // 0 repeats row 2 and takes 1 along; 5 repeats row 8 and takes 4 along.
        let two = PerSplit { train: 2, valid: 0, test: 0 };
        assert_eq!(left_out, LeftOut { repeats: two.clone(), with_them: two });
        assert_eq!(kept(&path), [vec![6, 7], vec![2, 3], vec![8]]);
    }

    #[test]
    fn a_split_that_would_have_no_row_left_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let rows = [(Split::Train, "AACGN"), (Split::Train, "ACGTT"), (Split::Valid, "ATATC"), (Split::Test, "NCGTT")];
        let error = written(&folder.path().join("store"), &rows, DropRepeats::Test).unwrap_err();
        insta::assert_snapshot!(error, @"all 1 rows of test repeat rows of other splits, and --drop-repeats test would leave none: drop the repeats from the other side, or give other splits");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn nothing_is_in_two_splits_afterwards_and_no_other_row_is_lost(
            rows in prop::collection::vec((0..3_usize, "[ACG]{5}"), 1..60), train: bool
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            let side = if train { DropRepeats::Train } else { DropRepeats::Test };
            let rows: Vec<(Split, &str)> = rows.iter().map(|(split, letters)| (Split::ALL[*split], letters.as_str())).collect();
            // Letters A, C and G: the other strand of a row is a row only where it has C and G alone.
            let same = |left: &str, right: &str| {
                let packed = |letters: &str| Packed::from_letters(letters.as_bytes()).unwrap();
                packed(left) == packed(right) || packed(left) == packed(right).reverse_complement()
            };
            let expected = Split::ALL.map(|split| {
                let of = rows.iter().zip(0..).filter(|((own, _), _)| *own == split);
                let lost = |letters: &str| rows.iter().any(|(other, seen)| side.kept_by(split).contains(other) && same(letters, seen));
                of.filter(|((_, letters), _)| !lost(letters)).map(|(_, number)| number).collect::<Vec<i64>>()
            });
            let all: BTreeSet<Split> = rows.iter().map(|(split, _)| *split).collect();
            let emptied = Split::ALL.iter().zip(&expected).any(|(split, rows)| rows.is_empty() && all.contains(split));
            match written(&path, &rows, side) {
                Ok((_, info)) => {
                    prop_assert!(!emptied && info.leakage.unwrap().is_none());
                    prop_assert_eq!(kept(&path), expected);
                }
                Err(_) => prop_assert!(emptied),
            }
        }
    }
}
