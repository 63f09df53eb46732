//! All results in one documented schema, and in the files that other tools read.
//!
//! | file | what |
//! |---|---|
//! | `schema` | the tables and their columns |
//! | `details` | what is in no summary of a run: its trials, what a supernet learned of its options |
//! | `rows`, `cell` | the rows of every table |
//! | `file` | a file by its ending: `sqlite`, `parquet`, `text` (CSV and JSON Lines) |
//! | `optuna` | a storage that Optuna and optuna-dashboard open |
//! | `tensorboard` | event files |
//!
//! What a run has beside its summary is asked for run by run, so that thousands of runs need no more memory than one.

mod cell;
mod database;
mod details;
mod file;
mod of_run;
mod optuna;
mod optuna_schema;
mod parquet;
mod rows;
mod schema;
mod sqlite;
mod tensorboard;
#[cfg(test)]
mod tests;
mod text;

pub use details::{OptionPoint, RunDetails, SpaceDecision, TrialDetails, TrialOutcome, TrialPoint};
pub use file::ExportFile;
pub use of_run::comparison_of;
pub use optuna::OptunaFile;
pub use schema::{SCHEMA_VERSION, Table, schema_markdown};
pub use tensorboard::TensorBoardFolder;
