//! The flag that keeps similar rows in one split.

use super::shares::Decided;
use crate::error::{Error, Result};

/// Whether rows that are similar stay together; a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ClusterOptions {
    /// Where shares decide: rows stay together, too, that are similar by this share of their bases, from 0.5 to 1, such as
    /// 0.8 (one laid over the other without gaps, at any shift, on either strand). Rows of low complexity, such as repeats of a
    /// few bases that many rows share, may be missed.
    #[cfg_attr(feature = "clap", arg(long, value_name = "IDENTITY"))]
    pub cluster: Option<f64>,
}

impl ClusterOptions {
    /// Refuses what is no identity, and one that keeps nothing together.
    pub(crate) fn check(&self, decided: Decided) -> Result<()> {
        let Some(identity) = self.cluster else {
            return Ok(());
        };
        if !(0.5..=1.0).contains(&identity) {
            return Err(Error::input(format!(
                "--cluster {identity}: expected the share of equal bases from which on rows are similar, from 0.5 to 1, such as \
                 0.8"
            )));
        }
        if decided == Decided::Nothing {
            return Err(Error::input(format!(
                "--cluster {identity} keeps similar rows together where shares decide the splits, and here the data does: \
                 leave it out; what is similar in two splits is told in any case"
            )));
        }
        Ok(())
    }

    /// The setting that a store keeps.
    pub(crate) fn settings(&self) -> Option<(String, String)> {
        self.cluster.map(|identity| ("cluster".to_owned(), identity.to_string()))
    }
}
