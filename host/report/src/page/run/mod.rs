//! The page of a run: what was trained and how, the learning curves, and the results.

mod curves;
mod options;
mod scores;

use genomenas_data::text::grouped;
use maud::{Markup, html};

use super::document::{document, section};
use super::{found, graph, straddling, terms};
use crate::humanize::{NOTHING, duration, plural, short};
use crate::model::{DataSummary, PhaseCost, RunReport, RunState, RunSummary, SearchTerms, Setting};

/// A run as one self-contained HTML page.
pub fn page(report: &RunReport) -> String {
    let run = &report.run;
    let header = html! {
        p.lead { (headline(report)) }
        (straddling::warning(&report.data))
        p.terms { (sentence(report)) }
    };
    let sections = html! {
        @if trains(report) {
            (section("scores", "Scores", &scores::averages(report)))
            (section("training", "Final training", &curves::training(report)))
        }
        @if report.search.is_some() {
            @if run.is_fixed() {
                (section("search", "Search", &html! { p { "A fixed architecture: nothing was searched." } }))
            } @else {
                (section("search", "Search", &curves::search(report)))
            }
        }
        @if let Some(history) = report.options.as_ref().filter(|history| !history.decisions.is_empty()) {
            (section("options", "Options of the search", &options::pictures(history, run)))
        }
        @if report.valid.is_some() || run.result().is_some() {
            (section("labels", "Every label", &scores::labels(report)))
        }
        (section("costs", "Costs", &costs(report)))
        (section("architecture", if trains(report) { "What was trained" } else { "What was found" }, &architecture(run)))
        (section("terms", "Terms", &settings(report)))
    };
    document(&report.title, &report.generated_by, &header, &sections)
}

/// Whether the run has a final training.
fn trains(report: &RunReport) -> bool {
    !report.recipe.is_empty()
}

/// One sentence: the state of the run, or its result.
fn headline(report: &RunReport) -> Markup {
    let run = &report.run;
    let epochs = curves::epochs(run);
    html! {
        @match &run.state {
            RunState::Failed { reason } => { "The run failed: " (reason) }
            RunState::Pending => { "The run has not started." }
            RunState::Running if epochs > 0 => {
                "The final training is under way: " (plural(epochs, "epoch")) " so far"
                @if let Some(best) = curves::kept(run) { ", the lowest validation loss so far is that of epoch " (best.epoch) }
                "."
            }
            RunState::Running if report.search.is_some() && run.architecture.is_none() => {
                "The search is under way: " (plural(usize::try_from(run.search.trials).unwrap_or(usize::MAX), "trial"))
                " so far, " (short(run.search.used.samples as f64)) " training samples."
            }
            RunState::Running => { "The run is under way." }
            RunState::Done => {
                @if trains(report) {
                    (scores::sentence(report))
                    @if let Some(best) = curves::kept(run) {
                        " The kept weights are those of epoch " strong { (best.epoch) } " of " (epochs) "."
                    }
                } @else {
                    "The search found an architecture"
                    @if let Some(parameters) = run.parameters { " of " strong { (grouped(parameters)) " parameters" } }
                    " in " (plural(usize::try_from(run.search.trials).unwrap_or(usize::MAX), "trial")) "."
                }
            }
        }
    }
}

/// One sentence: search or training, and the data.
fn sentence(report: &RunReport) -> Markup {
    html! {
        @match &report.search {
            Some(search) => {
                "A search with " (search.strategy) ", for " (search.budget)
                @if trains(report) { ", and the final training of what it found" }
            }
            None => { "The training of an architecture from scratch" }
        }
        ", on " (report.data.path) (size(&report.data)) "."
    }
}

/// ": 3 labels, windows of 500 bases", where the data could be read.
fn size(data: &DataSummary) -> String {
    if data.labels.is_empty() {
        return String::new();
    }
    format!(": {}, windows of {} bases", plural(data.labels.len(), "label"), grouped(data.length))
}

/// The architecture: its layers, and the chosen option of each decision.
fn architecture(run: &RunSummary) -> Markup {
    let Some(architecture) = &run.architecture else {
        return html! { p.note { "The search has not found an architecture yet." } };
    };
    html! {
        p {
            (plural(architecture.layers.len(), "layer"))
            @if let Some(parameters) = run.parameters { ", " (grouped(parameters)) " parameters" }
            @if let Some(multiply_adds) = run.multiply_adds { ", " (short(multiply_adds as f64)) " multiply-adds per window" }
            "."
        }
        (graph::drawings(architecture))
        @if !run.decisions.is_empty() { (found::decisions(&run.decisions)) }
        (found::layers(&architecture.layers))
        p.note { "Hash " code { (architecture.hash) } "." }
    }
}

/// The cost of each phase.
fn costs(report: &RunReport) -> Markup {
    let run = &report.run;
    let search = report.search.as_ref().map(|_| ("Search", &run.search));
    let training = trains(report).then_some(("Final training", &run.training));
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th { "Phase" } th.number { "Trials" } th.number { "Training samples" } th.number { "Time" }
                        th.number { "Multiply-adds" }
                    }
                }
                tbody { @for (name, cost) in [search, training].into_iter().flatten() { (cost_row(name, cost)) } }
            }
        }
        p.note { "A sample counts each time that it is used for a gradient; multiply-adds include scoring. Time is wall-clock time on the machine of this run." }
    }
}

fn cost_row(name: &str, cost: &PhaseCost) -> Markup {
    let count = |count: u64| if count == 0 { NOTHING.to_owned() } else { grouped(count) };
    html! {
        tr {
            th scope="row" { (name) }
            td.number { (count(cost.trials)) }
            td.number { (count(cost.used.samples)) }
            td.number { (duration(cost.used.seconds)) }
            td.number { @if cost.used.multiply_adds == 0 { (NOTHING) } @else { (short(cost.used.multiply_adds as f64)) } }
        }
    }
}

/// Data, search, recipe, machine.
fn settings(report: &RunReport) -> Markup {
    let data = &report.data;
    html! {
        div.columns {
            div {
                h3 { "Data" }
                dl.terms {
                    (terms::term("data", &data.path))
                    div { dt { "digest" } dd { code { (data.digest) } } }
                    @for split in &data.splits { (terms::term(&split.name, &format!("{} rows", grouped(split.rows)))) }
                    @if !data.labels.is_empty() {
                        (terms::term("in two splits", &straddling::in_words(data)))
                        (terms::term("window", &format!("{} bases", grouped(data.length))))
                        (terms::term("labels", &grouped(data.labels.len() as u64)))
                    }
                    @if let Some(fold) = report.run.fold {
                        (terms::term("fold", &format!("{fold} is the test, the next one validates, the others train")))
                    }
                    (terms::term("seed", &report.run.seed.to_string()))
                }
            }
            @if let Some(search) = &report.search { div { h3 { "Search" } (terms::settings(&of_search(search))) } }
            @if trains(report) { div { h3 { "Final training" } (terms::settings(&report.recipe)) } }
            div { h3 { "Machine" } (terms::settings(&report.environment)) }
        }
        p.note {
            "Folder: " code { (report.run.folder) } ". It holds the resolved settings, the journal of every hook call and epoch, and, once trained, the weights."
        }
    }
}

fn of_search(search: &SearchTerms) -> Vec<Setting> {
    let parameters = search
        .parameters
        .iter()
        .map(|(name, value)| Setting::new(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    [Setting::new("strategy", search.strategy.as_str())]
        .into_iter()
        .chain(parameters)
        .chain([
            Setting::new("plugin", format!("{} {}", search.plugin, search.plugin_version)),
            Setting::new("space", search.space.as_str()),
            Setting::new("budget", search.budget.as_str()),
        ])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Place;
    use crate::sample;

    /// The words of a page, without its style and script.
    fn words(report: &RunReport) -> String {
        page(report).split("<body>").nth(1).and_then(|body| body.split("<script>").next()).unwrap().to_owned()
    }

    fn lead(report: &RunReport) -> String {
        let page = words(report);
        page.split("<p class=\"lead\">").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap().to_owned()
    }

    #[test]
    fn the_page_says_first_what_the_run_reached_and_with_which_epoch() {
        insta::assert_snapshot!(lead(&sample::run_report()));
    }

    #[test]
    fn the_whole_page_reads_so() {
        insta::assert_snapshot!(sample::text_of_page(&page(&sample::run_report())));
    }

    #[test]
    fn a_run_under_way_shows_the_curves_that_it_has_and_no_score() {
        let mut report = sample::run_report();
        report.valid = None;
        report.run = RunSummary { test: None, valid: None, state: RunState::Running, ..report.run };
        assert!(lead(&report).contains("8 epochs so far"), "{}", lead(&report));
        assert!(words(&report).contains("No score yet"));
        report.run.curve.clear();
        report.run.architecture = None;
        let page = words(&report);
        assert!(page.contains("The search is under way"));
        assert!(page.contains("No epoch has ended yet") && page.contains("not found an architecture yet"));
    }

    #[test]
    fn two_classes_have_one_auroc_and_a_fixed_architecture_no_search() {
        let mut report = sample::run_report();
        for metrics in report.run.test.iter_mut().chain(&mut report.valid) {
            metrics.accuracy = Some(0.8);
            metrics.labels.truncate(2);
            metrics.labels[1].auroc = metrics.labels[0].auroc;
        }
        report.run.search.trials = 1;
        report.run.decisions.clear();
        let page = words(&report);
        assert_eq!(page.matches("rowspan=\"2\"").count(), 2, "one for each split");
        assert!(page.contains("A fixed architecture: nothing was searched."));
    }

    #[test]
    fn the_trial_that_won_is_named_and_the_colour_is_that_of_the_comparison() {
        let mut report = sample::run_report();
        report.run.won = Some(3);
        report.place = Some(Place { slot: 4, control: false });
        let page = words(&report);
        assert!(page.contains("Trial <strong>3</strong> won") && page.contains("ink c4 d0 bold"));
        assert!(!page.contains("ink c0"));
        report.place = Some(Place { slot: 4, control: true });
        assert!(words(&report).contains("ink control bold"));
    }

    #[test]
    fn a_failed_run_says_why() {
        let mut report = sample::run_report();
        report.run.state = RunState::Failed { reason: "the training loss is NaN".to_owned() };
        assert!(lead(&report).contains("the training loss is NaN"));
    }

    #[test]
    fn what_comes_from_outside_is_text_and_never_markup_and_nothing_is_asked_of_the_network() {
        let mut report = sample::run_report();
        let hostile = "<script>alert(1)</script>\"'&";
        report.title = hostile.to_owned();
        report.data.path = hostile.to_owned();
        report.run.folder = hostile.to_owned();
        for label in report.run.test.iter_mut().chain(&mut report.valid).flat_map(|metrics| &mut metrics.labels) {
            label.name = hostile.to_owned();
        }
        for layer in report.run.architecture.iter_mut().flat_map(|architecture| &mut architecture.layers) {
            layer.name = hostile.to_owned();
        }
        let page = page(&report);
        assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"));
        for reference in ["http:", "https:", "src=\"", "url(", "@import"] {
            assert!(!page.contains(reference), "{reference}");
        }
    }

    #[test]
    fn numbers_that_were_not_measured_are_not_drawn() {
        let mut report = sample::run_report();
        for point in &mut report.run.curve {
            (point.train_loss, point.valid_loss, point.valid_auroc) = (None, Some(f64::NAN), Some(f64::INFINITY));
        }
        let page = words(&report);
        assert!(!page.contains("NaN") && !page.contains("inf"), "no number may be made up");
    }
}
