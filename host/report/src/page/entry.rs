//! How an entry of a comparison looks in every table and chart: its name, its colour and its dashes.

use maud::{Markup, html};

use crate::leaderboard::LeaderboardRow;
use crate::model::Place;

/// The colour and dash classes of an entry: its place in the plan decides, and controls are always grey.
pub(super) fn ink(row: &LeaderboardRow<'_>) -> String {
    ink_of(Place { slot: row.slot, control: row.entry.control })
}

/// The same for the page of a run, which says its entry's place.
pub(super) fn ink_of(place: Place) -> String {
    const COLOURS: usize = 7;
    if place.control {
        return "ink control".to_owned();
    }
    format!("ink c{} d{}", place.slot % COLOURS, place.slot / COLOURS % 3)
}

/// An entry's name with its swatch, as it stands in every table and chart.
pub(super) fn name(row: &LeaderboardRow<'_>) -> Markup {
    html! {
        span.name title=(row.entry.name) {
            svg.swatch.(ink(row)) viewBox="0 0 18 10" aria-hidden="true" { path d="M1 5H17" {} }
            span.text { (row.entry.name) }
        }
    }
}
