//! What is in two splits, directly under the headline, whose numbers it puts in doubt.

use maud::{Markup, html};

use crate::model::DataSummary;

/// A paragraph; nothing where nothing is known to be in two splits.
pub(super) fn warning(data: &DataSummary) -> Markup {
    let sentences = data.straddles();
    html! {
        @if !sentences.is_empty() {
            p.straddling { (sentences.join("; ")) ". Scores on such rows tell nothing of new data." }
        }
    }
}

/// What the terms say: what is in two splits, or that nothing is, as far as that is known.
pub(super) fn in_words(data: &DataSummary) -> String {
    let sentences = data.straddles();
    match &data.straddling {
        None => "not known: an earlier version imported the data".to_owned(),
        Some(found) => found.nothing().map_or_else(|| sentences.join("; "), str::to_owned),
    }
}
