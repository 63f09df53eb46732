//! How a genome is divided among the splits.

use crate::error::{Error, Result};
use crate::formats::genome::{ByName, Chromosome, lengths};
use crate::splits::folds::{self, Folds, Together};
use crate::splits::fractions::Fractions;

/// How a genome is divided among the splits; each field is a flag.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct GenomeSplitOptions {
    /// Chromosomes, or regions such as chr7:30508751-35296850 (from 1, the end included), of the training split,
    /// separated by commas [default: all that is in no other split]
    #[cfg_attr(feature = "clap", arg(long, value_name = "CHR|REGION,…", value_delimiter = ','))]
    pub train: Vec<String>,
    /// Chromosomes or regions of the validation split; or a share of train, such as 0.1, that is taken from it in blocks.
    #[cfg_attr(feature = "clap", arg(long, value_name = "CHR|REGION,…|SHARE", value_delimiter = ','))]
    pub valid: Vec<String>,
    /// Chromosomes or regions of the test split.
    #[cfg_attr(feature = "clap", arg(long, value_name = "CHR|REGION,…", value_delimiter = ','))]
    pub test: Vec<String>,
    /// Instead of names: the share of the genome, in blocks, for validation.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "SHARE", requires = "test_share", conflicts_with_all = ["train", "valid", "test"])
    )]
    pub valid_share: Option<f64>,
    /// Instead of names: the share of the genome, in blocks, for the test.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "SHARE", requires = "valid_share", conflicts_with_all = ["train", "valid", "test"])
    )]
    pub test_share: Option<f64>,
    /// Instead of names and shares: cuts the genome into blocks and deals those into K folds, every label in about equal
    /// shares. In run F of K, fold F is the test, the next one validates and the others train; `compare` runs all
    #[cfg_attr(feature = "clap", arg(long, value_name = "K"))]
    pub folds: Option<u32>,
    /// With shares and folds: bases a block (at most, where valid is a share of train).
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 1_000_000))]
    pub block: u64,
    /// With shares and folds: decides which blocks go where.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", default_value_t = 0))]
    pub seed: u64,
}

impl GenomeSplitOptions {
    /// Valid and test by name, train the rest.
    pub fn named(valid: Vec<String>, test: Vec<String>) -> Self {
        Self {
            train: Vec::new(),
            valid,
            test,
            valid_share: None,
            test_share: None,
            folds: None,
            block: 1_000_000,
            seed: 0,
        }
    }

    /// By share of blocks of a million bases.
    pub fn by_share(shares: Fractions, seed: u64) -> Self {
        let (valid_share, test_share) = (Some(shares.valid), Some(shares.test));
        Self { valid_share, test_share, seed, ..Self::named(Vec::new(), Vec::new()) }
    }

    /// The folds that rows are dealt into, where they are.
    ///
    /// # Errors
    ///
    /// Something else is to decide, too, or the number cannot be.
    pub(crate) fn dealt(&self) -> Result<Option<Folds>> {
        let Some(count) = self.folds else { return Ok(None) };
        folds::check(count)?;
        let given = [
            ("train", !self.train.is_empty()),
            ("valid", !self.valid.is_empty()),
            ("test", !self.test.is_empty()),
            ("valid-share", self.valid_share.is_some()),
            ("test-share", self.test_share.is_some()),
        ];
        if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
            return Err(Error::input(format!(
                "--folds {count} deals all blocks of the genome, and every fold is the test once and validates once: leave out --{flag}, \
                 or --folds"
            )));
        }
        if self.block == 0 {
            return Err(Error::input("blocks of 0 bases: give at least as many as a row has"));
        }
        Ok(Some(Folds { count, seed: self.seed, together: Together::Blocks(self.block) }))
    }

    /// The shares of blocks, where they decide the splits.
    pub(super) fn shares(&self) -> Result<Option<Fractions>> {
        match (self.valid_share, self.test_share) {
            (Some(valid), Some(test)) => Ok(Some(Fractions { valid, test })),
            (None, None) => Ok(None),
            _ => Err(Error::input("a share of one split only: give one for valid and one for test")),
        }
    }

    /// The share of train that is for validation, where valid is a number between 0 and 1 and no chromosome.
    pub(super) fn valid_of_train(&self, genome: &ByName<'_>) -> Option<f64> {
        self.share().filter(|_| self.valid.iter().all(|name| genome.get(name).is_none()))
    }

    /// The share of train that is for validation, where valid is a number between 0 and 1.
    pub(crate) fn share(&self) -> Option<f64> {
        match self.valid.as_slice() {
            [share] => share.trim().parse().ok().filter(|share| *share > 0.0 && *share < 1.0),
            _ => None,
        }
    }

    /// The share of train that is for validation, for the settings that a store keeps.
    pub(crate) fn share_in_words(&self) -> Option<String> {
        let share = self.share()?;
        Some(format!("{share} of train in blocks of at most {} bases, seed {}", self.block, self.seed))
    }

    /// What decides the splits, for a message about an empty one.
    pub(crate) fn how(&self, chromosomes: &[Chromosome]) -> String {
        let genome = lengths(chromosomes);
        if let Some(count) = self.folds {
            format!("{count} folds of blocks of {} bases; the genome has {genome}", self.block)
        } else if self.valid_share.is_some() {
            format!(
                "shares of blocks of {} bases decide the split; change shares, block or seed; the genome has {genome}",
                self.block
            )
        } else {
            format!("chromosomes and regions decide the split; the genome has {genome}")
        }
    }

    /// The settings that a store keeps.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        if let Some(count) = self.folds {
            return vec![("split", format!("{count} folds of blocks of {} bases, seed {}", self.block, self.seed))];
        }
        if let (Some(valid), Some(test)) = (self.valid_share, self.test_share) {
            let block = self.block;
            let split = format!("by share of blocks of {block} bases: valid {valid}, test {test}, seed {}", self.seed);
            return vec![("split", split)];
        }
        let train = if self.train.is_empty() { "the rest".to_owned() } else { self.train.join(" ") };
        let valid = self.share_in_words().unwrap_or_else(|| self.valid.join(" "));
        vec![("train", train), ("valid", valid), ("test", self.test.join(" "))]
    }
}
