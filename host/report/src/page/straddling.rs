//! What is in two splits, directly under the headline, whose numbers it puts in doubt.

use maud::{Markup, html};

use crate::model::DataSummary;

/// A paragraph each on what is in two splits and on what is similar in two; nothing where nothing is known to be.
pub(super) fn warning(data: &DataSummary) -> Markup {
    let rows = data.rows();
    let [same, similar] =
        data.straddling.map_or_else(Default::default, |found| [found.same(&rows), found.similar(&rows)]);
    html! {
        @if !same.is_empty() {
            p.straddling { (same.join("; ")) ". Scores on such rows tell nothing of new data." }
        }
        @if !similar.is_empty() {
            p.straddling { (similar.join("; ")) ". Scores on such rows tell less of new data than others." }
        }
    }
}

/// What the terms say: what is in two splits, and what is not, as far as that is known.
pub(super) fn in_words(data: &DataSummary) -> String {
    match &data.straddling {
        None => "not known: an earlier version imported the data".to_owned(),
        Some(found) => found.sentences(&data.rows()).into_iter().chain(found.nothing()).collect::<Vec<_>>().join("; "),
    }
}
