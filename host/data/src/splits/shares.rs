//! Splits of rows by share, as flags: of all rows where the data has no splits, or of train where it lacks one split.
//!
//! Published data often comes as train and test only. Without rows of its own for validation, a search would choose by
//! the test, so a share of train takes their place; equal sequences, neighbours and groups stay together as ever.

use super::folds::{self, Folds, Together};
use super::fractions::Fractions;
use super::grouping::{Extent, Grouping};
use super::likeness::Likeness;
use crate::bases::Packed;
use crate::error::{Error, Result};
use crate::store::{PerSplit, Split};

/// The share of rows that nothing else says.
const USUAL: f64 = 0.1;

/// The shares of valid and test.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Shares {
    /// The share of rows for validation: of train where the data has train and test only, of all rows where it has no
    /// splits [default: 0.1]
    #[cfg_attr(feature = "clap", arg(long, value_name = "SHARE"))]
    pub valid: Option<f64>,
    /// The share of rows for the test: of train where the data has train and valid only, of all rows where it has no
    /// splits [default: 0.1]
    #[cfg_attr(feature = "clap", arg(long, value_name = "SHARE"))]
    pub test: Option<f64>,
    /// In place of splits: deals all rows into K folds, what belongs together into one and every class in equal shares. In run F
    /// of K, fold F is the test, the next one validates and the others train; `compare` runs all
    #[cfg_attr(feature = "clap", arg(long, value_name = "K"))]
    pub folds: Option<u32>,
    /// Where shares or folds decide: decides, with the sequences, which split or fold a row is in [default: 0]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub seed: Option<u64>,
}

/// The splits that the data itself has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// None: shares decide.
    Nothing,
    /// Train, and those named, each from `of`: tables, files, arrays.
    Parts {
        /// Whether there is one for valid.
        valid: bool,
        /// Whether there is one for test.
        test: bool,
        /// What they are, in the plural.
        of: &'static str,
    },
    /// What each row says, so that a split may turn out to have none.
    EachRow,
}

/// What shares decide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decided {
    /// Nothing.
    Nothing,
    /// All rows.
    All(Fractions),
    /// The rows of a split that the data lacks, from train.
    OfTrain {
        /// The split.
        lacking: Split,
        /// Its share of train.
        share: f64,
    },
    /// The fold of every row, of so many.
    Folds(u32),
}

impl Decided {
    /// Whether rows are dealt into folds.
    pub(crate) fn is_folds(self) -> bool {
        matches!(self, Self::Folds(_))
    }
}

impl Shares {
    /// The same shares of valid and test, and a seed.
    pub fn new(valid: f64, test: f64, seed: u64) -> Self {
        Self { valid: Some(valid), test: Some(test), folds: None, seed: Some(seed) }
    }

    /// The folds that rows are dealt into, where they are.
    pub(crate) fn dealt(&self, decided: Decided, likeness: Likeness) -> Option<Folds> {
        let Decided::Folds(count) = decided else { return None };
        Some(Folds { count, seed: self.seed(), together: Together::Alike(likeness) })
    }

    /// The seed of the splits.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// What shares decide of data that has these splits; refuses what is said twice, or not at all.
    pub(crate) fn decide(&self, given: Given) -> Result<Decided> {
        if let Some(count) = self.folds {
            return self.decide_folds(count, given);
        }
        let (valid, test, of) = match given {
            Given::Nothing => {
                let fractions = Fractions { valid: self.valid.unwrap_or(USUAL), test: self.test.unwrap_or(USUAL) };
                fractions.check()?;
                return Ok(Decided::All(fractions));
            }
            Given::Parts { valid, test, of } => (valid, test, of),
            Given::EachRow => (self.valid.is_none(), self.test.is_none(), "rows"),
        };
        let twice = |split: Split| {
            Error::input(format!(
                "the split {0} is decided twice, by its {of} and by a share (--{0}): give one of them",
                split.name()
            ))
        };
        match (valid, test) {
            (false, false) if given == Given::EachRow => Err(Error::input(
                "each row says its split, and shares of valid and of test are to decide, too: give one of them (--ignore-split \
                 passes over a column named split), or the share of the one split that no row has",
            )),
            (false, false) => Err(Error::input(format!(
                "{of} of train alone: give those of valid and of test, or leave the splits to shares of all rows"
            ))),
            (true, true) if self.valid.is_some() => Err(twice(Split::Valid)),
            (true, true) if self.test.is_some() => Err(twice(Split::Test)),
            (true, true) if self.seed.is_some() => {
                Err(Error::input(format!("{of} decide the splits, and no share needs a seed: leave out --seed")))
            }
            (true, true) => Ok(Decided::Nothing),
            (false, true) => of_train(Split::Valid, self.valid, self.test.map(|_| twice(Split::Test)), of),
            (true, false) => of_train(Split::Test, self.test, self.valid.map(|_| twice(Split::Valid)), of),
        }
    }

    fn decide_folds(&self, count: u32, given: Given) -> Result<Decided> {
        folds::check(count)?;
        if let Some(split) = [(self.valid, "valid"), (self.test, "test")].iter().find(|(share, _)| share.is_some()) {
            return Err(Error::input(format!(
                "--folds {count} deals all rows, and every fold is the test once and validates once: leave out --{}, or --folds",
                split.1
            )));
        }
        match given {
            Given::Nothing => Ok(Decided::Folds(count)),
            Given::EachRow => Err(Error::input(format!(
                "--folds {count} deals all rows, and a column says the split of each: leave out --folds, or the column (--ignore-split \
                 passes over one named split, and what was the test is then trained on, too)"
            ))),
            Given::Parts { of, .. } => Err(Error::input(format!(
                "--folds {count} deals all rows, and {of} decide the splits: leave out --folds, or give all rows in one"
            ))),
        }
    }

    /// How splits were decided, for the settings that a store keeps. `given`: what the data itself says.
    pub(crate) fn in_words(&self, decided: Decided, given: &str) -> String {
        let seed = self.seed();
        match decided {
            Decided::Nothing => given.to_owned(),
            Decided::All(Fractions { valid, test }) => format!("by share: valid {valid}, test {test}, seed {seed}"),
            Decided::OfTrain { lacking, share } => {
                format!("{given}, and {} by share of train: {share}, seed {seed}", lacking.name())
            }
            Decided::Folds(count) => format!("{count} folds, seed {seed}"),
        }
    }
}

fn of_train(lacking: Split, share: Option<f64>, twice: Option<Error>, of: &str) -> Result<Decided> {
    if let Some(error) = twice {
        return Err(error);
    }
    let name = lacking.name();
    match share {
        None => Err(Error::input(format!(
            "{of} of train and of one other split, and none of {name}: give those of {name}, or take a share of train \
             for it (--{name} 0.1)"
        ))),
        Some(share) if share > 0.0 && share < 1.0 => Ok(Decided::OfTrain { lacking, share }),
        Some(share) => {
            Err(Error::input(format!("a share of {share} of train for {name}: give a number above 0 and below 1")))
        }
    }
}

/// Takes every row, then returns the split of each, where shares decide some.
pub(crate) enum Assigning {
    /// All by share.
    All(Grouping, Fractions),
    /// Those of one split out of train.
    OfTrain {
        /// Of the rows of train alone.
        train: Grouping,
        /// What the lacking split gets of them.
        fractions: Fractions,
        /// The split that is lacking.
        lacking: Split,
        /// What the data says of each row.
        splits: Vec<Split>,
        /// Rows of each split so far.
        found: PerSplit<u64>,
    },
}

impl Assigning {
    /// `None` where shares decide nothing of a row's split.
    pub(crate) fn new(decided: Decided, seed: u64, likeness: Likeness) -> Option<Self> {
        match decided {
            // Folds are dealt by the writer of the store, which sees the labels, too.
            Decided::Nothing | Decided::Folds(_) => None,
            Decided::All(fractions) => Some(Self::All(Grouping::new(seed, likeness), fractions)),
            Decided::OfTrain { lacking, share } => {
                let fractions = match lacking {
                    Split::Test => Fractions { valid: 0.0, test: share },
                    Split::Train | Split::Valid => Fractions { valid: share, test: 0.0 },
                };
                let train = Grouping::new(seed, likeness);
                Some(Self::OfTrain { train, fractions, lacking, splits: Vec::new(), found: PerSplit::default() })
            }
        }
    }

    /// Adds the next row, which is of the split `given` as far as the data says.
    pub(crate) fn add(&mut self, given: Option<Split>, sequence: &Packed, extent: Option<Extent>, group: Option<u64>) {
        match self {
            Self::All(grouping, _) => grouping.add(sequence, extent, group),
            Self::OfTrain { train, splits, found, .. } => {
                let split = given.unwrap_or(Split::Train);
                if split == Split::Train {
                    train.add(sequence, extent, group);
                }
                splits.push(split);
                *found.get_mut(split) += 1;
            }
        }
    }

    /// The splits of all rows, in the order in which they were added.
    pub(crate) fn assign(self) -> Result<Vec<Split>> {
        let (train, lacking, mut splits) = match self {
            Self::All(grouping, fractions) => return Ok(grouping.assign(fractions)),
            Self::OfTrain { lacking, found, .. } if *found.get(lacking) > 0 => {
                return Err(Error::input(format!(
                    "{} rows are of {1} already, and a share of train is to make it, too: leave out --{1}",
                    found.get(lacking),
                    lacking.name()
                )));
            }
            Self::OfTrain { train, fractions, lacking, splits, .. } => (train.assign(fractions), lacking, splits),
        };
        let of_train = splits.iter_mut().filter(|split| **split == Split::Train);
        for (split, assigned) in of_train.zip(train) {
            *split = if assigned == Split::Train { Split::Train } else { lacking };
        }
        Ok(splits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: Given = Given::Parts { valid: false, test: true, of: "tables" };

    fn sequence(number: usize) -> Packed {
        let letters: Vec<u8> = (0..20).map(|place| b"ACGT"[number >> (2 * place) & 3]).collect();
        Packed::from_letters(&letters).unwrap()
    }

    #[test]
    fn a_share_of_train_becomes_the_split_that_is_lacking_and_no_other_row_moves() {
        for lacking in [Split::Valid, Split::Test] {
            let mut assigning =
                Assigning::new(Decided::OfTrain { lacking, share: 0.25 }, 3, Likeness::default()).unwrap();
            let other = if lacking == Split::Valid { Split::Test } else { Split::Valid };
            // Every sequence twice, and every third row of the split that there is.
            let given = |row: usize| if row.is_multiple_of(3) { other } else { Split::Train };
            (0..6000).for_each(|row| assigning.add(Some(given(row)), &sequence(row / 6), None, None));
            let splits = assigning.assign().unwrap();
            let count = |split| splits.iter().filter(|found| **found == split).count();
            assert_eq!(count(other), 2000);
            assert!((900..1100).contains(&count(lacking)), "{}", count(lacking));
            for equal in splits.chunks(6) {
                let of_train: Vec<_> = equal.iter().filter(|split| **split != other).collect();
                assert!(of_train.windows(2).all(|pair| pair[0] == pair[1]), "{equal:?}");
            }
        }
    }

    #[test]
    fn what_is_decided_twice_or_not_at_all_is_refused() {
        let refused = |shares: Shares, given| shares.decide(given).unwrap_err().to_string();
        let (none, half) = (Shares::default(), Shares { valid: Some(0.5), ..Shares::default() });
        insta::assert_snapshot!(refused(none, TABLES), @"tables of train and of one other split, and none of valid: give those of valid, or take a share of train for it (--valid 0.1)");
        insta::assert_snapshot!(refused(Shares { valid: Some(1.0), ..none }, TABLES), @"a share of 1 of train for valid: give a number above 0 and below 1");
        insta::assert_snapshot!(refused(Shares { test: Some(0.5), ..half }, TABLES), @"the split test is decided twice, by its tables and by a share (--test): give one of them");
        insta::assert_snapshot!(refused(half, Given::Parts { valid: true, test: true, of: "tables" }), @"the split valid is decided twice, by its tables and by a share (--valid): give one of them");
        insta::assert_snapshot!(refused(Shares { seed: Some(1), ..none }, Given::EachRow), @"rows decide the splits, and no share needs a seed: leave out --seed");
        insta::assert_snapshot!(refused(Shares { test: Some(0.5), ..half }, Given::EachRow), @"each row says its split, and shares of valid and of test are to decide, too: give one of them (--ignore-split passes over a column named split), or the share of the one split that no row has");
        assert_eq!(none.decide(Given::EachRow).unwrap(), Decided::Nothing);
        assert_eq!(half.decide(TABLES).unwrap(), Decided::OfTrain { lacking: Split::Valid, share: 0.5 });
    }

    #[test]
    fn rows_of_the_split_that_was_said_to_be_lacking_are_refused() {
        let mut assigning =
            Assigning::new(Decided::OfTrain { lacking: Split::Valid, share: 0.25 }, 3, Likeness::default()).unwrap();
        assigning.add(Some(Split::Valid), &sequence(0), None, None);
        insta::assert_snapshot!(assigning.assign().unwrap_err(), @"1 rows are of valid already, and a share of train is to make it, too: leave out --valid");
    }
}
