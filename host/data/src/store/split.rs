//! The splits of a data set.

use serde::{Deserialize, Serialize};

/// The part of a data set that a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// For training.
    Train,
    /// For choosing: early stopping, comparing architectures.
    Valid,
    /// For the one evaluation at the end.
    Test,
}

impl Split {
    /// All splits, in the order of their rows in a store.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// The split in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// One value for each split.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerSplit<T> {
    /// Of train.
    pub train: T,
    /// Of valid.
    pub valid: T,
    /// Of test.
    pub test: T,
}

impl<T: Default + PartialEq> PerSplit<T> {
    /// Whether every split has the default, which is left out of the JSON.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl<T> PerSplit<T> {
    /// The value that `of` returns for each split.
    pub fn of(of: impl Fn(Split) -> T) -> Self {
        Self { train: of(Split::Train), valid: of(Split::Valid), test: of(Split::Test) }
    }

    /// The value of one split.
    pub fn get(&self, split: Split) -> &T {
        match split {
            Split::Train => &self.train,
            Split::Valid => &self.valid,
            Split::Test => &self.test,
        }
    }

    /// The value of one split, to change.
    pub fn get_mut(&mut self, split: Split) -> &mut T {
        match split {
            Split::Train => &mut self.train,
            Split::Valid => &mut self.valid,
            Split::Test => &mut self.test,
        }
    }
}
