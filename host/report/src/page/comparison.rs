//! The page of a comparison.

use maud::html;

use super::document::{document, section};
use super::{curves, differences, found, headline, labels, leaderboard, statistics, straddling, terms, tradeoffs};
use crate::findings::{self, Judged};
use crate::leaderboard::{ceiling as leaderboard_ceiling, has_folds, rows as leaderboard_rows};
use crate::model::Comparison;

/// The comparison as one self-contained HTML page.
pub fn page(comparison: &Comparison) -> String {
    let rows = leaderboard_rows(comparison);
    let with_ceiling: Vec<_> =
        leaderboard_rows(comparison).into_iter().chain(leaderboard_ceiling(comparison)).collect();
    let [first, ..] = comparison.columns();
    let judged = Judged::of(comparison);
    // A comparison that was collected has them.
    let judgement = comparison.statistics.clone().unwrap_or_else(|| findings::of(&judged));
    let header = html! {
        (headline::paragraph(&judged))
        (straddling::warning(&comparison.data))
        p.terms { (terms::sentence(comparison)) }
    };
    let sections = html! {
        (section("leaderboard", "Leaderboard", &leaderboard::table(comparison, &rows)))
        (section("seeds", &format!("Test {} of every {}", first.name(), if has_folds(&rows) { "fold and seed" } else { "seed" }), &leaderboard::dots(comparison, &rows)))
        (section("statistics", "Statistics", &statistics::section(&judgement, &rows)))
        (section("costs", "What quality costs", &tradeoffs::charts(comparison, &rows)))
        (section("anytime", "Search: best so far", &curves::anytime(comparison, &rows)))
        (section("training", "Final training", &curves::training(&rows)))
        (section("labels", &labels::title(comparison), &labels::table(comparison, &rows)))
        @if let Some(drawn) = found::of_first(comparison) { (section("architecture", "What the first entry found", &drawn)) }
        (section("differences", "Operations of the best architectures", &differences::table(comparison)))
        (section("found", "What each run found", &found::architectures(first, &rows)))
        (section("failures", "Runs without a result", &found::failures(&with_ceiling)))
        (section("terms", "Equal terms", &terms::table(comparison)))
        (section("again", "How to repeat this comparison", &terms::again(comparison)))
    };
    document(&comparison.title, &comparison.generated_by, &header, &sections)
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
    fn the_whole_page_reads_so() {
        insta::assert_snapshot!(sample::text_of_page(&page(&sample::comparison())));
    }

    #[test]
    fn the_page_of_folds_names_them_and_pairs_runs_by_fold_and_seed() {
        let page = page(&sample::folds());
        for part in [
            "(mean ± sd over 6 runs: 3 folds, 2 seeds)",
            "ahead of it on 5 of 5 paired runs",
            "fold 2, seed 1: 0.830",
            "Test AUROC of every fold and seed",
            "With fold 2 as the test, 4 of 40 test rows (10.0 %) repeat rows of train",
            "Runs of different folds share training rows",
            "<dt>fold 3</dt><dd>40 rows</dd>",
        ] {
            assert!(page.contains(part), "{part}: {}", sample::text_of_page(&page));
        }
        assert!(!page.contains("Positive rows"), "those of each fold are others");
    }

    #[test]
    fn what_others_reported_stands_below_the_ranked_rows_and_is_marked() {
        let page = page(&Comparison { published: sample::published(), ..sample::comparison() });
        let foot = page.split("<tfoot>").nth(1).and_then(|rest| rest.split("</tfoot>").next()).unwrap();
        assert_eq!(foot.matches("<tr class=\"unranked\">").count(), 2);
        for text in ["published", "0.999", "MCC 0.840; Umarov &amp; Solovyev 2017", "Zhou &amp; Troyanskaya 2015"] {
            assert!(foot.contains(text), "{text}: {foot}");
        }
        assert!(
            page.contains("danq width=0.1</strong> has the best test AUROC"),
            "a number of others is never the best"
        );
    }

    #[test]
    fn of_several_controls_the_best_one_is_compared_with() {
        let mut comparison = sample::comparison();
        comparison.entries[2].control = true;
        let page = page(&comparison);
        assert!(page.contains("above <strong>deepsea width=0.1</strong> (0.842)"), "{page}");
        comparison.entries[1].control = true;
        assert!(super::page(&comparison).contains("No strategy beats the best control"));
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
        assert!(page.contains("has the best test accuracy, ") && page.contains("Test accuracy of every seed"));
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
    fn two_classes_have_one_row_of_auroc() {
        let mut comparison = sample::classes();
        comparison.data.labels.truncate(2);
        for test in comparison.entries.iter_mut().flat_map(|entry| &mut entry.runs).filter_map(|run| run.test.as_mut())
        {
            test.labels.truncate(2);
            test.labels[1].auroc = test.labels[0].auroc;
        }
        let text = sample::text_of_page(&page(&comparison));
        assert!(text.contains("gene or tRNA |") && !text.contains("\ngene |"), "{text}");
    }

    #[test]
    fn a_fixed_architecture_has_no_curve_of_a_search() {
        let mut comparison = sample::comparison();
        for run in &mut comparison.entries[1].runs {
            run.search.trials = 1;
            run.decisions.clear();
        }
        let page = page(&comparison);
        let search =
            page.split("<section id=\"anytime\">").nth(1).and_then(|rest| rest.split("</section>").next()).unwrap();
        assert!(
            !search.contains("danq")
                && search.contains("deepsea")
                && search.contains("One entry is a fixed architecture")
        );
    }

    #[test]
    fn ten_thousand_runs_make_a_page_of_some_megabytes_that_says_what_it_left_out() {
        let mut comparison = sample::comparison();
        let of = |at: u32| {
            let runs = (1..=200).map(|seed| {
                let mut run =
                    sample::run(seed, 0.6 + f64::from(at) / 200.0 + (seed % 17) as f64 / 1_000.0, 1_000 + seed);
                run.decisions[0].option = if seed % 3 == 0 { "conv" } else { "pool" }.to_owned();
                run
            });
            sample::entry(&format!("strategy-{at}"), at == 0, runs.collect())
        };
        comparison.entries = (0..50).map(of).collect();
        let page = page(&comparison);
        assert!(page.len() < 20_000_000, "{}", page.len());
        for said in
            ["of 50 entries are drawn", "evenly chosen ones are drawn", "other architectures, on the pages", "1 to 200"]
        {
            assert!(page.contains(said), "{said}");
        }
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
