//! What a comparison tells a person: a leaderboard for the terminal, the same as CSV, `comparison.json`, and a page;
//! and the page of a run by itself.
//!
//! Everything is a function from a [`Comparison`] or a [`RunReport`] to text; nothing here reads or writes a file, or computes a
//! number that is not in the comparison. A run that failed or goes on is counted, and never becomes a number.

pub mod architecture;
pub mod metrics;
mod model;
mod numbers;
mod page;
#[cfg(test)]
mod sample;
mod standing;
pub mod statistics;
mod table;
pub mod words;

pub use model::{
    ArchitectureSummary, Comparison, Cost, DataSummary, DecisionMade, Entry, EpochPoint, Layer, Phase, Ranking,
    RunReport, RunState, RunSummary, SearchTerms, Setting, Split, ValidationSummary,
};
pub use page::{page, run_page};
pub use table::{leaderboard_csv, leaderboard_text};

use serde::Serialize;

use genomenas_data::error::{Error, Result};

/// A comparison as indented JSON, which [`from_json`] reads again, or the report of a run.
pub fn json(report: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|cause| Error::failed(format!("cannot write the report as JSON: {cause}")))
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
