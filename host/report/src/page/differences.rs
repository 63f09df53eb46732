//! What differs between found architectures: the operations that the best have more often.

use genomenas_data::text::grouped;
use maud::{Markup, html};

use crate::humanize::plural;
use crate::model::Comparison;
use crate::operations::{FEWEST, Operation, Operations, PERMUTATIONS, operations};

/// The most operations in the table.
const MOST: usize = 30;

/// The operations, with how often the best and the other architectures have them.
pub(super) fn table(comparison: &Comparison) -> Markup {
    let tested = match operations(comparison) {
        Operations::None => {
            return html! { p.note { "No finished run chose from a space: there are no operations to compare." } };
        }
        Operations::TooFew(runs) => {
            return html! { p.note {
                (plural(runs, "finished run")) " chose from the space. That is too few to tell a difference from chance: at least "
                (FEWEST) " are needed."
            } };
        }
        Operations::Tested(tested) => tested,
    };
    let most = tested.operations.iter().flat_map(|one| [one.in_best, one.in_others]).fold(0.0, f64::max);
    let clear = tested.operations.iter().filter(|one| one.p < 0.05).count();
    html! {
        @if clear == 0 { p { "No operation is clearly more or less frequent among the best than among the others." } }
        @if tested.operations.is_empty() { p.note { "All runs chose the same." } } @else {
            div.scroll {
                table.sortable.counts {
                    thead { tr { th { "Operation" } th.number { "In the best" } th.number { "In the others" } th { "Best above, others below" } th.number { "p" } } }
                    tbody { @for one in tested.operations.iter().take(MOST) { (row(one, most)) } }
                }
            }
        }
        p.note {
            "How often an architecture has each operation, mean over the best quarter by test " (comparison.ranked_by.name())
            " (" (plural(tested.best, "run")) ") and over the others (" (tested.others) "). p: the probability of so large a difference of any operation where none matters, from "
            (grouped(u64::from(PERMUTATIONS))) " random assignments of the runs to the two groups (permutation test with the largest statistic, Westfall and Young 1993). It says what goes together, not why."
            @if tested.operations.len() > MOST { " The first " (MOST) " of " (tested.operations.len()) " are listed." }
        }
    }
}

fn row(one: &Operation, most: f64) -> Markup {
    let width = |count: f64| super::chart::percent(if most > 0.0 { count / most } else { 0.0 });
    html! {
        tr {
            th scope="row" { (one.name) }
            td.number { (format!("{:.2}", one.in_best)) }
            td.number { (format!("{:.2}", one.in_others)) }
            td.bars data-value=(one.in_best - one.in_others) {
                span.bar.best style={ "width:" (width(one.in_best)) } {}
                span.bar style={ "width:" (width(one.in_others)) } {}
            }
            td.number data-value=(one.p) { @if one.p < 0.05 { strong { (format!("{:.3}", one.p)) } } @else { (format!("{:.3}", one.p)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn few_runs_are_said_to_be_too_few_and_none_to_be_none() {
        let mut comparison = sample::comparison();
        assert!(table(&comparison).into_string().contains("too few"));
        comparison.entries.clear();
        assert!(table(&comparison).into_string().contains("no operations to compare"));
    }
}
