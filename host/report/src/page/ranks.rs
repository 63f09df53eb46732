//! The critical-difference diagram: mean ranks on a line, with a bar over each group that a test does not tell apart.
//!
//! After J. Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", Journal of Machine Learning Research
//! 7 (2006), figure 1. It computes nothing: ranks, groups and the critical difference are handed to it.

use maud::{Markup, html};

use super::chart::{Axis, percent};

/// What is ranked.
pub(super) struct Ranked<'a> {
    pub(super) name: &'a str,
    /// CSS classes of its colour.
    pub(super) class: String,
    /// Its mean rank, 1 for the best.
    pub(super) rank: f64,
}

/// The most that are drawn.
const MOST: usize = 40;
/// Pixels of a line of names, and of a bar.
const LINE: f64 = 22.0;
const BAR: f64 = 9.0;

/// Mean ranks on a line, best on the left: names below, to the left and to the right half by half. `groups` are places in
/// `ranked` that differ by less than the critical difference (or that another test does not tell apart).
pub(super) fn diagram(ranked: &[Ranked<'_>], critical: Option<f64>, groups: &[Vec<usize>]) -> Markup {
    let mut order: Vec<usize> = (0..ranked.len()).filter(|at| ranked[*at].rank.is_finite()).collect();
    order.sort_by(|left, right| ranked[*left].rank.total_cmp(&ranked[*right].rank));
    if order.len() < 2 {
        return html! { p.note { "Ranks need two entries with results." } };
    }
    let left_out = order.len().saturating_sub(MOST);
    let axis = Axis::of_ranks("mean rank", ranked.len());
    let shown: Vec<&Ranked<'_>> = order.iter().take(MOST).map(|at| &ranked[*at]).collect();
    let ends = |group: &Vec<usize>| {
        let of = group.iter().filter_map(|at| ranked.get(*at)).map(|one| one.rank).filter(|rank| rank.is_finite());
        let (low, high) =
            of.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), rank| (low.min(rank), high.max(rank)));
        (high > low).then_some((low, high))
    };
    let bars: Vec<(f64, f64)> = groups.iter().filter_map(ends).collect();
    let top = 10.0 + BAR * bars.len() as f64;
    let left = shown.len().div_ceil(2);
    let height = top + LINE * left as f64 + 8.0;
    let y = |at: usize| {
        let line = if at < left { at } else { shown.len() - 1 - at };
        top + LINE * (line as f64 + 0.7)
    };
    let described: Vec<String> = shown.iter().map(|one| format!("{} {:.2}", one.name, one.rank)).collect();
    html! {
        figure.ranks role="img" aria-label={ "Mean ranks: " (described.join(", ")) } {
            @if let Some(critical) = critical.filter(|critical| critical.is_finite() && *critical > 0.0) {
                div.critical aria-hidden="true" {
                    span.ruler style={ "width:" (percent(axis.share(1.0 + critical) * 0.6)) } {}
                    span { "critical difference " (format!("{critical:.2}")) }
                }
            }
            div.rank-axis aria-hidden="true" { (axis.below()) }
            div.rank-plot aria-hidden="true" style={ "--height:" (height) "px" } {
                svg {
                    @for (at, (low, high)) in bars.iter().enumerate() {
                        @let y = 8.0 + BAR * at as f64;
                        line.group x1=(place(&axis, *low)) x2=(place(&axis, *high)) y1=(y) y2=(y) {}
                    }
                    @for (at, one) in shown.iter().enumerate() {
                        @let (x, y) = (place(&axis, one.rank), y(at));
                        g class=(one.class) {
                            line.stem x1=(x) x2=(x) y1="0" y2=(y) {}
                            line.stem x1=(x) x2=(if at < left { "0%" } else { "100%" }) y1=(y) y2=(y) {}
                        }
                    }
                }
                @for (at, one) in shown.iter().enumerate() {
                    span.ranked.right[at >= left] title=(one.name) style={ "top:" (y(at)) "px" } {
                        span.text { (one.name) } " " span.value { (format!("{:.2}", one.rank)) }
                    }
                }
            }
        }
        @if left_out > 0 { p.note { "The first " (MOST) " are drawn; " (left_out) " more follow." } }
    }
}

/// Where a rank lies: the names have a fifth of the width on each side.
fn place(axis: &Axis, rank: f64) -> String {
    percent(0.2 + 0.6 * axis.share(rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked() -> Vec<Ranked<'static>> {
        let of = |(name, rank)| Ranked { name, class: "ink c0".to_owned(), rank };
        [("darts", 2.5), ("random-search", 1.5), ("danq", 3.1), ("lstm", 3.9)].map(of).into()
    }

    #[test]
    fn names_stand_in_the_order_of_their_ranks_and_each_group_has_a_bar() {
        let drawn = diagram(&ranked(), Some(1.2), &[vec![0, 1], vec![0, 2, 3], vec![1]]).into_string();
        let at = |name: &str| drawn.find(&format!("title=\"{name}\"")).unwrap();
        assert!(at("random-search") < at("darts") && at("darts") < at("danq") && at("danq") < at("lstm"));
        assert_eq!(drawn.matches("class=\"group\"").count(), 2, "a group of one has no bar");
        assert!(drawn.contains("critical difference 1.20"));
    }

    #[test]
    fn without_a_critical_difference_there_is_no_ruler_and_one_entry_has_no_diagram() {
        assert!(!diagram(&ranked(), None, &[]).into_string().contains("critical"));
        assert!(diagram(&ranked()[..1], None, &[vec![9]]).into_string().contains("need two"));
    }
}
