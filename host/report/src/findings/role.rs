//! What an entry is, by which the contrasts choose.

use crate::model::{Entry, Role, RunSummary};

/// What an entry is. Controls are named; what is left searched a space if a run of it has decisions that were made, and is a
/// fixed network otherwise.
pub(super) fn of(entry: &Entry) -> Role {
    let searched = |run: &RunSummary| !run.decisions.is_empty() || run.search.trials > 1;
    match (entry.control, entry.strategy.as_str()) {
        (true, "random-search") => Role::RandomControl,
        (true, _) => Role::SimpleControl,
        (false, _) if entry.runs.iter().any(searched) => Role::Search,
        (false, _) => Role::Expert,
    }
}
