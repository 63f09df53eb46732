//! Numbers of others.

use serde::{Deserialize, Serialize};

use super::Ranking;

/// A result on the data of a comparison that somebody else reported. It stands below the leaderboard and is never ranked:
/// other rows, another budget and another choice may stand behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// What reached it.
    pub name: String,
    /// In what: a metric of the leaderboard, such as `auroc`, or any other in words.
    pub metric: String,
    /// How much.
    pub value: f64,
    /// Where it is reported.
    pub source: String,
}

impl Published {
    /// The metric of a leaderboard that it is in, if it is in one.
    pub(crate) fn ranking(&self) -> Option<Ranking> {
        Ranking::ALL.into_iter().find(|ranking| {
            [ranking.key(), ranking.name()].iter().any(|name| name.eq_ignore_ascii_case(self.metric.trim()))
        })
    }
}
