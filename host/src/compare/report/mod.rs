//! What a comparison tells a person: a leaderboard for the terminal, the same as CSV, `comparison.json`, and a page.
//!
//! Everything is a function from a [`Comparison`] to text; nothing here reads or writes a file, or computes a
//! number that is not in the comparison. A run that failed or goes on is counted, and never becomes a number.

mod model;
mod numbers;
mod page;
#[cfg(test)]
mod sample;
mod standing;
mod table;

pub use model::{
    ArchitectureSummary, Comparison, Cost, DataSummary, DecisionMade, Entry, EpochPoint, Layer, Phase, Ranking,
    RunState, RunSummary, Setting, Split, ValidationSummary,
};
pub use page::page;
pub use table::{leaderboard_csv, leaderboard_text};

use crate::error::{Error, Result};

/// The comparison as indented JSON, which [`from_json`] reads again.
pub fn json(comparison: &Comparison) -> Result<String> {
    serde_json::to_string_pretty(comparison)
        .map(|text| text + "\n")
        .map_err(|cause| Error::failed(format!("cannot write the comparison as JSON: {cause}")))
}

/// A comparison that [`json`] wrote.
pub fn from_json(text: &str) -> Result<Comparison> {
    serde_json::from_str(text)
        .map_err(|cause| Error::input(format!("expected a comparison written by genomenas as JSON: {cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_survives_being_written_and_read() {
        let comparison = sample::comparison();
        assert_eq!(from_json(&json(&comparison).unwrap()).unwrap(), comparison);
    }

    #[test]
    fn text_that_is_not_a_comparison_is_refused() {
        assert!(from_json("{\"title\": 3}").is_err());
    }
}
