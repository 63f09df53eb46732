//! What a page or table shows, as plain data.
//!
//! [`Comparison`] is `comparison.json`, so field names and their order are a file format. A number that was not
//! measured, or is not finite, is `None`; nothing is ever stood in for it.

mod comparison;
mod data;
mod published;
mod ranking;
mod recipes;
mod run;
mod run_report;
mod statistics;

pub use comparison::{Ceiling, Comparison, Entry};
pub use data::{DataSummary, FoldSummary, Setting, SplitRows};
pub use published::Published;
pub use ranking::Ranking;
pub use recipes::{Recipes, RunRecipe, TriedRecipe};
pub use run::{
    ArchitectureSummary, DecisionMade, EpochPoint, LayerRow, PhaseCost, RunPhase, RunState, RunSummary,
    ValidationSummary,
};
pub use run_report::{RunReport, SearchTerms};
pub use statistics::{
    AgreementTest, AnytimeCurve, BlockTests, EntryStatistics, PairTest, PairedRanks, Role, Sources, Statistics,
};
