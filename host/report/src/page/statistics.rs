//! The section "Statistics" of a comparison's page.

use maud::{Markup, html};

use crate::humanize::{self, NOTHING, capitalised};
use crate::model::{AnytimeCurve, BlockTests, PairTest, Sources, Statistics};

/// The tables: entries with both intervals, pairs, ranks over blocks, agreement of scores.
pub(super) fn section(statistics: &Statistics) -> Markup {
    if statistics.entries.is_empty() {
        return html! { p.note { "No run has finished yet." } };
    }
    html! {
        (entries(statistics))
        (pairs(statistics))
        @if let Some(blocks) = &statistics.blocks { (of_blocks(blocks)) }
        (agreement(statistics))
    }
}

/// The two sources of uncertainty of each entry, and the area under its search.
fn entries(statistics: &Statistics) -> Markup {
    let area = |curve: &Option<AnytimeCurve>| {
        curve.as_ref().map_or_else(
            || NOTHING.to_owned(),
            |curve| {
                let (low, middle, high) = curve.area;
                format!("{middle:.3} ({low:.3} to {high:.3})")
            },
        )
    };
    let searched = statistics.entries.iter().find_map(|entry| entry.by_samples.as_ref());
    html! {
        div.scroll {
            table.statistics {
                thead {
                    tr {
                        th { "Entry" }
                        th.number { (capitalised(statistics.metric.name())) }
                        th.number { "Over seeds" }
                        th.number { "Over the test set" }
                        th.number { "Search, by samples" }
                        th.number { "Search, by seconds" }
                    }
                }
                tbody {
                    @for entry in &statistics.entries {
                        tr {
                            th scope="row" { (entry.name) }
                            td.number { (humanize::metric(Some(entry.mean))) }
                            td.number { (between(entry.seed_interval)) }
                            td.number { (between(entry.test_interval)) }
                            td.number { (area(&entry.by_samples)) }
                            td.number { (area(&entry.by_seconds)) }
                        }
                    }
                }
            }
        }
        p.note {
            "95 % bootstrap intervals of the mean, of each source of uncertainty alone"
            (match statistics.uncertainty {
                Sources::SeedsAndTestSet => ". Of few seeds the first is too narrow; the tests below allow for that.",
                Sources::Seeds => ": these runs keep no resamples of the test set, so only seeds are known.",
                Sources::TestSet => ": with one seed, only the test set is known.",
                Sources::Nothing => ": with one seed and no resamples of the test set, neither is known.",
            })
            @if let Some(curve) = searched {
                " Search: the area under the best validation " (if curve.score == "loss" { "loss" } else { "AUROC" })
                " so far, as a mean height over the stretch that all searches have in common; median and quartiles of the runs."
            }
        }
    }
}

fn pairs(statistics: &Statistics) -> Markup {
    /// More are left to the file.
    const MOST: usize = 45;
    if statistics.pairs.is_empty() {
        return html! { p.note { "No two entries have a run of the same seed." } };
    }
    html! {
        h3 { "Differences between entries" }
        div.scroll {
            table.statistics.sortable {
                thead {
                    tr {
                        th { "Entry" }
                        th { "Less" }
                        th.number { "Difference" }
                        th.number { "Between" }
                        th.number { "p" }
                        th.number { "p (Holm)" }
                        th.number { "d" }
                        th.number { "Cliff's δ" }
                        th.number { "Ahead on" }
                        th { "Differ" }
                    }
                }
                tbody { @for pair in statistics.pairs.iter().take(MOST) { (pair_row(pair)) } }
            }
        }
        p.note {
            @if statistics.pairs.len() > MOST {
                "The first " (MOST) " of " (statistics.pairs.len()) " pairs; comparison.json has all. "
            }
            "The mean difference over paired runs, and where it lies for all pairs together (95 %). Seeds and test set both count where both are known: variances over seeds, pooled over pairs, and over paired resamples of the test set add up. "
            "d is Cohen's, of paired differences; Cliff's δ is 1 where every run of the one is above every run of the other."
            @if statistics.pairs.iter().any(|pair| pair.seeds_error.is_none()) {
                " Where two entries share one seed, nothing is said of other seeds, and they are never told apart."
            }
        }
    }
}

fn pair_row(pair: &PairTest) -> Markup {
    let number = |value: Option<f64>| value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.2}"));
    html! {
        tr {
            th scope="row" { (pair.first) }
            td { (pair.second) }
            td.number data-value=(pair.difference) { (format!("{:+.3}", pair.difference)) }
            td.number { (between(pair.interval)) }
            td.number data-value=[pair.p] { (chance(pair.p)) }
            td.number data-value=[pair.p_holm] { (chance(pair.p_holm)) }
            td.number { (number(pair.cohens_d)) }
            td.number { (number(pair.cliffs_delta)) }
            td.number { (pair.wins) " of " (pair.paired) }
            td { (if pair.differ { "yes" } else if pair.seeds_error.is_none() { "one seed" } else { "not distinguishable" }) }
        }
    }
}

fn of_blocks(blocks: &BlockTests) -> Markup {
    html! {
        h3 { "Ranks over " (blocks.of) }
        p.note { (blocks.sentence) "." }
        div.scroll {
            table.statistics {
                thead { tr { th { "Entry" } th.number { "Average rank" } th.number { "Borda points" } } }
                tbody {
                    @for ((name, rank), points) in blocks.ranks.entries.iter().zip(&blocks.ranks.borda) {
                        tr { th scope="row" { (name) } td.number { (format!("{rank:.2}")) } td.number { (points) } }
                    }
                }
            }
        }
        @if let Some(difference) = blocks.ranks.critical_difference {
            p.note {
                "Average ranks that differ by less than " (format!("{difference:.2}")) " are not distinguishable (Nemenyi, 5 %)."
                @for pair in blocks.pairs.iter().filter(|pair| pair.wilcoxon_holm.is_some_and(|p| p < 0.05)) {
                    " " (pair.first) " and " (pair.second) " differ by Wilcoxon's test (p = " (chance(pair.wilcoxon_holm)) ", Holm)."
                }
            }
        }
    }
}

fn agreement(statistics: &Statistics) -> Markup {
    let number = |value: Option<f64>| value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.2}"));
    html! {
        @if !statistics.agreement.is_empty() {
            h3 { "Whether scores agree" }
            div.scroll {
                table.statistics {
                    thead { tr { th { "Score" } th { "With" } th.number { "Runs" } th.number { "Kendall's τ" } th.number { "Spearman's ρ" } } }
                    tbody {
                        @for test in &statistics.agreement {
                            tr {
                                th scope="row" { (capitalised(&test.of)) }
                                td { (test.with) }
                                td.number { (test.runs) }
                                td.number { (number(test.kendall)) }
                                td.number { (number(test.spearman)) }
                            }
                        }
                    }
                }
            }
            p.note { "Rank correlations over all runs with a result." }
        }
    }
}

fn between(interval: Option<(f64, f64)>) -> String {
    interval.map_or_else(|| NOTHING.to_owned(), |(low, high)| format!("{low:.3} to {high:.3}"))
}

fn chance(p: Option<f64>) -> String {
    match p {
        None => NOTHING.to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}
