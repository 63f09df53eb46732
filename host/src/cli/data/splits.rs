//! The flags that share out a genome among the splits.

use clap::Args;

use genomenas_data::import::{Fractions, GenomeSplits};

#[derive(Args, Debug)]
pub(super) struct GenomeSplitArgs {
    /// Chromosomes, or regions such as chr7:30508751-35296850 (from 1, the end included), of the training split,
    /// separated by commas [default: all that is in no other split]
    #[arg(long, value_name = "CHR|REGION,…", value_delimiter = ',')]
    train: Vec<String>,
    /// Chromosomes or regions of the validation split
    #[arg(long, value_name = "CHR|REGION,…", value_delimiter = ',')]
    valid: Vec<String>,
    /// Chromosomes or regions of the test split
    #[arg(long, value_name = "CHR|REGION,…", value_delimiter = ',')]
    test: Vec<String>,
    /// Instead of names: the share of the genome, in blocks, for validation
    #[arg(long, value_name = "SHARE", requires = "test_share", conflicts_with_all = ["train", "valid", "test"])]
    valid_share: Option<f64>,
    /// Instead of names: the share of the genome, in blocks, for the test
    #[arg(long, value_name = "SHARE", requires = "valid_share", conflicts_with_all = ["train", "valid", "test"])]
    test_share: Option<f64>,
    /// With shares: bases a block
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    block: u64,
    /// With shares: decides which blocks go where
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

impl GenomeSplitArgs {
    pub(super) fn splits(&self) -> GenomeSplits {
        let shares = self.valid_share.zip(self.test_share).map(|(valid, test)| Fractions { valid, test });
        GenomeSplits {
            train: self.train.clone(),
            valid: self.valid.clone(),
            test: self.test.clone(),
            shares,
            block: self.block,
            seed: self.seed,
        }
    }
}
