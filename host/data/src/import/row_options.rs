//! What all importers ask of their rows: how many bases must be known, and whether they have another strand.

use crate::error::{Error, Result};
use crate::splits::ClusterOptions;
use crate::splits::likeness::Likeness;
use crate::store::Count;

/// What all importers ask of their rows; each field is a flag.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct RowOptions {
    /// The largest share of unknown bases (N) that a row may have, those that fill it up included; rows with more are left
    /// out and counted.
    #[cfg_attr(feature = "clap", arg(long, value_name = "SHARE", default_value_t = 1.0))]
    pub max_unknown: f64,
    /// Rows are of one strand, as RNA and guides are: the other strand is never shown or averaged, and a row that equals
    /// it is another row. The store says so.
    #[cfg_attr(feature = "clap", arg(long))]
    pub single_strand: bool,
}

impl Default for RowOptions {
    fn default() -> Self {
        Self { max_unknown: 1.0, single_strand: false }
    }
}

impl RowOptions {
    /// Refuses a share that is none.
    pub(crate) fn check(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.max_unknown) {
            return Ok(());
        }
        let share = self.max_unknown;
        Err(Error::input(format!("--max-unknown {share}: expected a share of the bases of a row, from 0 to 1")))
    }

    /// Whether a row of `length` bases has too many unknown ones.
    pub(crate) fn refuses(&self, unknown: usize, length: usize) -> bool {
        unknown as f64 > self.max_unknown * length as f64
    }

    /// The rows that were left out for their unknown bases.
    pub(crate) fn dropped(&self, what: &str, length: usize, rows: u64) -> Option<Count> {
        let most = self.max_unknown * length as f64;
        (rows > 0)
            .then(|| Count::new(format!("{what} with more than {} of {length} bases unknown", most.floor()), rows))
    }

    /// Refuses to leave out every row.
    pub(crate) fn refuse_none_left(&self, kept: u64, dropped: u64) -> Result<()> {
        if kept > 0 || dropped == 0 {
            return Ok(());
        }
        Err(Error::input(format!(
            "each of {dropped} rows has a larger share of unknown bases than {}: allow more with --max-unknown",
            self.max_unknown
        )))
    }

    /// Which sequences count as the same.
    pub(crate) fn likeness(&self, cluster: &ClusterOptions) -> Likeness {
        Likeness { single_strand: self.single_strand, identity: cluster.cluster }
    }

    /// The settings that a store keeps.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (String, String)> {
        let strand = self.single_strand.then(|| ("single-strand".to_owned(), "yes".to_owned()));
        [("max-unknown".to_owned(), self.max_unknown.to_string())].into_iter().chain(strand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_refused_that_has_more_unknown_bases_than_its_share() {
        let half = RowOptions { max_unknown: 0.5, ..RowOptions::default() };
        assert_eq!([2, 3].map(|unknown| half.refuses(unknown, 5)), [false, true]);
        assert!(!RowOptions::default().refuses(5, 5));
        assert!(RowOptions { max_unknown: 0.0, ..RowOptions::default() }.refuses(1, 1000));
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for max_unknown in [-0.1, 1.1, f64::NAN] {
            let error = RowOptions { max_unknown, ..RowOptions::default() }.check().unwrap_err().to_string();
            assert!(error.contains("from 0 to 1"), "{error}");
        }
    }
}
