//! What a score costs: quality against parameters, multiply-adds and seconds, with the front of what nothing beats in both.

use genomenas_data::text::grouped;
use maud::{Markup, html};

use super::chart::{Axis, Chart, Line, Point};
use super::entry::{ink, name};
use super::scale;
use crate::humanize::{duration, metric, short};
use crate::leaderboard::{Count, LeaderboardRow, MeanCost};
use crate::model::Comparison;

/// The most entries in one picture: the first of the leaderboard.
const MOST: usize = 40;

/// A cost of an entry, and how it is written.
struct Cost {
    title: &'static str,
    what: &'static str,
    of: fn(&LeaderboardRow<'_>) -> Option<f64>,
    text: fn(f64) -> String,
}

const COSTS: [Cost; 3] = [
    Cost { title: "parameters", what: "parameters", of: |row| count(row.parameters), text: short },
    Cost {
        title: "multiply-adds of one window",
        what: "multiply-adds of one window",
        of: |row| count(row.multiply_adds),
        text: short,
    },
    Cost {
        title: "seconds of search and training",
        what: "seconds of search and final training",
        of: seconds,
        text: duration,
    },
];

fn count(count: Option<Count>) -> Option<f64> {
    count.map(|count| match count {
        Count::Same(number) => number as f64,
        Count::Mean(mean) => mean,
    })
}

fn seconds(row: &LeaderboardRow<'_>) -> Option<f64> {
    let of = |cost: Option<MeanCost>| cost.map(|cost| cost.seconds);
    Some(of(row.search)? + of(row.training)?)
}

/// An entry in a picture.
struct Placed<'a> {
    row: &'a LeaderboardRow<'a>,
    cost: f64,
    score: f64,
    deviation: Option<f64>,
}

/// One chart a cost, and a legend for all of them.
pub(super) fn charts(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> Markup {
    let ranked: Vec<&LeaderboardRow<'_>> = rows.iter().filter(|row| row.rank.is_some()).collect();
    if ranked.is_empty() {
        return html! { p.note { "No run has a result yet." } };
    }
    let shown = &ranked[..ranked.len().min(MOST)];
    html! {
        div.panels.wide { @for cost in &COSTS { @if let Some(chart) = chart(comparison, shown, cost) { div.panel { (chart) } } } }
        ol.legend {
            @for row in shown { li { span.rank { (row.rank.unwrap_or_default()) } (name(row)) } }
        }
        p.note {
            "Test " (comparison.ranked_by.name()) ", mean over runs; the upright line is one standard deviation to either side. Costs are by powers of ten, further left is cheaper. "
            "The grey line is the front: for each entry on it, no other one is both cheaper and better. Numbers are places in the leaderboard."
            @if ranked.len() > MOST { " The first " (MOST) " of " (grouped(ranked.len() as u64)) " entries are drawn." }
        }
    }
}

fn chart(comparison: &Comparison, shown: &[&LeaderboardRow<'_>], cost: &Cost) -> Option<Markup> {
    let placed = |row: &&'_ LeaderboardRow<'_>| {
        let score = row.score(comparison.ranked_by);
        let cost = (cost.of)(row).filter(|cost| cost.is_finite() && *cost > 0.0)?;
        Some((cost, score.mean.filter(|mean| mean.is_finite())?, score.deviation))
    };
    let placed: Vec<Placed<'_>> = shown
        .iter()
        .filter_map(|row| placed(row).map(|(cost, score, deviation)| Placed { row, cost, score, deviation }))
        .collect();
    let ends = placed.iter().flat_map(|one| {
        let deviation = one.deviation.unwrap_or(0.0);
        [one.score - deviation, (one.score + deviation).min(1.0_f64.max(one.score))]
    });
    let y = Axis::of_scores(comparison.ranked_by.name(), ends, 5.0, scale::of_test(comparison))?;
    let x = Axis::by_tens(cost.title, placed.iter().map(|one| one.cost))?;
    let points = placed.iter().map(|one| Point {
        at: (one.cost, one.score),
        class: ink(one.row),
        label: one.row.rank.unwrap_or_default().to_string(),
        title: format!("{}: {}, {}", one.row.entry.name, metric(Some(one.score)), (cost.text)(one.cost)),
        deviation: one.deviation,
    });
    let points = points.collect();
    let front = front(&placed.iter().map(|one| (one.cost, one.score)).collect::<Vec<_>>());
    let on_front = Line { points: front, class: "front".to_owned(), steps: true, marks: Vec::new(), label: None };
    let description = format!(
        "Test {} against {}: {}",
        comparison.ranked_by.name(),
        cost.what,
        placed
            .iter()
            .map(|one| format!("{} {} at {}", one.row.entry.name, metric(Some(one.score)), (cost.text)(one.cost)))
            .collect::<Vec<_>>()
            .join("; ")
    );
    Some(
        Chart { description, x, y, lines: vec![on_front], points, reference: None, height: 220.0, labelled: false }
            .draw(),
    )
}

/// The points of which no other is both cheaper and at least as good, cheapest first.
fn front(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|left, right| left.0.total_cmp(&right.0).then(right.1.total_cmp(&left.1)));
    let mut front: Vec<(f64, f64)> = Vec::new();
    for point in sorted {
        if front.last().is_none_or(|last| point.1 > last.1) {
            front.push(point);
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaderboard::rows;
    use crate::sample;

    #[test]
    fn the_front_holds_what_nothing_beats_in_both() {
        let points = [(10.0, 0.9), (5.0, 0.8), (7.0, 0.7), (5.0, 0.6), (20.0, 0.9), (1.0, 0.1)];
        assert_eq!(front(&points), [(1.0, 0.1), (5.0, 0.8), (10.0, 0.9)]);
        assert_eq!(front(&[]), []);
    }

    #[test]
    fn every_cost_has_a_chart_and_every_entry_with_a_result_a_place_in_the_legend() {
        let comparison = sample::comparison();
        let drawn = charts(&comparison, &rows(&comparison)).into_string();
        assert_eq!((drawn.matches("<figure").count(), drawn.matches("<li>").count()), (3, 3));
    }

    #[test]
    fn of_very_many_entries_the_first_are_drawn_and_the_others_counted() {
        let mut comparison = sample::comparison();
        let of =
            |at: u32| sample::entry(&format!("e{at}"), false, vec![sample::run(1, 0.5 + f64::from(at) / 1e3, 1_000)]);
        comparison.entries = (0..100).map(of).collect();
        let drawn = charts(&comparison, &rows(&comparison)).into_string();
        assert!(drawn.contains("The first 40 of 100 entries"));
        assert_eq!(drawn.matches("<li>").count(), 40);
    }
}
