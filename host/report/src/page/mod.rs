//! The pages of a comparison and of a run: one HTML file each that asks for nothing else, reads without JavaScript, and prints.
//!
//! Sections are functions from the comparison to markup; `maud` escapes every text. Charts are drawn by
//! [`chart`] as SVG lines inside an HTML frame, so that their text keeps its size at every width.

mod chart;
mod curves;
mod found;
mod labels;
mod leaderboard;
mod run;
mod terms;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::model::Comparison;
use super::standing::{Standing, standings};

pub use run::page as run_page;

const STYLE: &str = include_str!("style.css");
const SORT: &str = include_str!("sort.js");

/// The comparison as one self-contained HTML page.
pub fn page(comparison: &Comparison) -> String {
    let standings = standings(comparison);
    let [first, ..] = comparison.columns();
    let header = html! {
        p.lead { (leaderboard::headline(comparison, &standings)) }
        p.terms { (terms::sentence(comparison)) }
    };
    let sections = html! {
        (section("leaderboard", "Leaderboard", &leaderboard::table(comparison, &standings)))
        (section("seeds", &format!("Test {} of every seed", first.name()), &leaderboard::dots(comparison, &standings)))
        (section("anytime", "Search: best so far", &curves::anytime(&standings)))
        (section("training", "Final training", &curves::training(&standings)))
        (section("labels", &labels::title(comparison), &labels::table(comparison, &standings)))
        (section("found", "What each run found", &found::architectures(first, &standings)))
        (section("failures", "Runs without a result", &found::failures(&standings)))
        (section("terms", "Equal terms", &terms::table(comparison)))
        (section("again", "How to run this again", &terms::again(comparison)))
    };
    document(&comparison.title, &comparison.generated_by, &header, &sections)
}

/// A page around its header and its sections.
fn document(title: &str, generated_by: &str, header: &Markup, sections: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // The browser itself holds the page to its promise to fetch nothing.
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(generated_by);
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    (header)
                }
                main { (sections) }
                footer { p { "Made by " (generated_by) "." } }
                script { (PreEscaped(SORT)) }
            }
        }
    }
    .into_string()
}

fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! { section id=(id) { h2 { (title) } (content) } }
}

/// The colour and dash classes of an entry: its place in the plan decides, and the control is always grey.
fn ink(standing: &Standing<'_>) -> String {
    const COLOURS: usize = 7;
    if standing.entry.control {
        return "ink control".to_owned();
    }
    format!("ink c{} d{}", standing.slot % COLOURS, standing.slot / COLOURS % 3)
}

/// An entry's name with its swatch, as it stands in every table and chart.
fn name(standing: &Standing<'_>) -> Markup {
    html! {
        span.name title=(standing.entry.name) {
            svg.swatch.(ink(standing)) viewBox="0 0 18 10" aria-hidden="true" { path d="M1 5H17" {} }
            span.text { (standing.entry.name) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RunState;
    use crate::sample;

    #[test]
    fn the_page_says_first_who_leads_and_by_how_much() {
        let page = page(&sample::comparison());
        let lead = page.split("<p class=\"lead\">").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap();
        insta::assert_snapshot!(lead);
    }

    #[test]
    fn the_page_of_a_regression_speaks_of_correlations_and_never_of_auroc() {
        let page = page(&sample::regression());
        let content = page.split("<body>").nth(1).and_then(|rest| rest.split("<script>").next()).unwrap();
        assert!(content.contains("Test Pearson of every label") && content.contains("best validation loss so far"));
        assert!(!content.contains("AUROC") && !content.contains("Positive rows"));
    }

    #[test]
    fn the_page_of_classes_leads_with_the_accuracy() {
        let page = page(&sample::classes());
        assert!(page.contains("leads with a test accuracy of") && page.contains("Test accuracy of every seed"));
        assert!(page.contains("Test AUROC of every label"));
    }

    #[test]
    fn names_and_reasons_are_text_and_never_markup() {
        let mut comparison = sample::comparison();
        let hostile = "<script>alert(1)</script>\"'&";
        comparison.title = hostile.to_owned();
        comparison.budget = hostile.to_owned();
        comparison.command = hostile.to_owned();
        comparison.data.path = hostile.to_owned();
        for entry in &mut comparison.entries {
            entry.name = hostile.to_owned();
        }
        comparison.entries[0].runs[0].state = RunState::Failed { reason: hostile.to_owned() };
        let page = page(&comparison);
        assert!(!page.contains("<script>alert"));
        assert!(page.contains("&lt;script&gt;alert"));
    }

    #[test]
    fn the_page_asks_the_network_for_nothing() {
        let page = page(&sample::comparison());
        for reference in ["http:", "https:", "src=\"", "url(", "@import"] {
            assert!(!page.contains(reference), "{reference}");
        }
    }

    #[test]
    fn a_comparison_without_any_result_still_makes_a_page() {
        let mut comparison = sample::comparison();
        comparison.entries.retain(|entry| entry.name == "broken" || entry.name == "waiting");
        let failed = page(&comparison);
        assert!(failed.contains("No run has finished yet"));
        assert!(failed.contains("signal 11"));
        comparison.entries.clear();
        assert!(page(&comparison).contains("No run has finished yet"));
    }

    #[test]
    fn a_curve_of_numbers_that_were_not_measured_is_not_drawn() {
        let mut comparison = sample::comparison();
        for run in comparison.entries.iter_mut().flat_map(|entry| &mut entry.runs) {
            for point in &mut run.curve {
                (point.train_loss, point.valid_loss, point.valid_auroc) = (None, Some(f64::NAN), Some(f64::INFINITY));
            }
        }
        let page = page(&comparison);
        let content = page.split("<script>").next().unwrap();
        assert!(!content.contains("NaN") && !content.contains("inf"), "no number may be made up");
    }
}
