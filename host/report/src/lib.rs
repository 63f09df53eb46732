//! What genomenas measures of predictions, and what it shows of runs and comparisons. Names no libtorch.
//!
//! From the bottom up:
//!
//! | module | what |
//! |---|---|
//! | [`statistics`] | means, tests, ranks, effect sizes, and whether two entries differ |
//! | [`metrics`] | measures of a label, averages over labels, bootstrap intervals |
//! | [`humanize`] | numbers, durations and budgets in words |
//! | [`model`] | what a page or table shows, as plain data; `comparison.json` |
//! | [`recipe`], [`architecture`], `drawings` | a plan as a list of settings, a network as a table of layers and as boxes and arrows |
//! | [`text_table`] | aligned columns for a terminal |
//! | `leaderboard`, `table` | entries in order, with statistics over seeds; as text and as CSV |
//! | [`findings`] | what a comparison found: headline, contrasts, tests; as sentences and as data |
//! | `operations` | which operations the best architectures have more often than the others |
//! | `final_recipes` | what is said of final trainings that differ |
//! | [`scores`] | the metrics of one split as text, TSV and Parquet |
//! | [`streamed`] | tables of any number of rows, written piece by piece as TSV or Parquet |
//! | `page` | the HTML pages of a comparison and of a run |
//! | [`export`] | all results in one schema, for SQL, pandas, `TensorBoard` and Optuna |
//! | [`paper`] | a table for LaTeX, a diagram of ranks, the methods in words |
//!
//! Pages, tables and JSON are functions from a [`model::Comparison`] or a [`model::RunReport`] to text. They read and
//! write no file (exports and papers write theirs), and compute no number that does not follow from the model. A run that failed or still runs is
//! counted, and never becomes a number.

pub mod architecture;
mod drawings;
pub mod export;
mod final_recipes;
pub mod findings;
pub mod humanize;
mod leaderboard;
pub mod metrics;
pub mod model;
mod operations;
mod page;
pub mod paper;
pub mod recipe;
#[cfg(test)]
mod sample;
pub mod scores;
pub mod statistics;
pub mod streamed;
mod table;
mod table_format;
pub mod text_table;

pub use leaderboard::best_run;
pub use page::{live, page, run_page};
pub use table::{leaderboard_csv, leaderboard_text};

use serde::Serialize;

use genomenas_data::error::{Error, Result};

/// A [`model::Comparison`] or a [`model::RunReport`] as indented JSON.
pub fn json(report: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|cause| Error::failed(format!("cannot write the report as JSON: {cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Comparison;

    #[test]
    fn a_comparison_survives_being_written_and_read() {
        let comparison = sample::comparison();
        assert_eq!(serde_json::from_str::<Comparison>(&json(&comparison).unwrap()).unwrap(), comparison);
    }

    #[test]
    fn text_that_is_not_a_comparison_is_refused() {
        assert!(serde_json::from_str::<Comparison>("{\"title\": 3}").is_err());
    }

    #[test]
    fn the_cost_of_a_phase_is_one_flat_object_in_files() {
        let cost = serde_json::to_string(&sample::run(1, 0.8, 1000).search).unwrap();
        assert_eq!(cost, r#"{"samples":40000,"seconds":62.5,"multiply_adds":1200000000,"trials":4}"#);
    }
}
