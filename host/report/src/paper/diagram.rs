//! A critical-difference diagram as `TikZ`: mean ranks on a line, and bars over those that do not differ (Demšar 2006,
//! *Statistical Comparisons of Classifiers over Multiple Data Sets*, Journal of Machine Learning Research 7:1–30).

use std::fmt::Write as _;

use super::tex::escaped;
use crate::statistics::groups;

/// The diagram of entries with these names and mean ranks (1 is best) and the critical difference of two ranks. Nothing with
/// fewer than two entries, or where a rank is not a number.
///
/// It needs `\usepackage{tikz}`.
pub(super) fn critical_difference_diagram(names: &[&str], ranks: &[f64], critical: f64) -> Option<String> {
    let mut entries: Vec<(&str, f64)> = names.iter().copied().zip(ranks.iter().copied()).collect();
    let usable = names.len() == ranks.len() && entries.len() >= 2 && critical.is_finite() && critical >= 0.0;
    if !usable || entries.iter().any(|(_, rank)| !rank.is_finite()) {
        return None;
    }
    entries.sort_by(|(_, left), (_, right)| left.total_cmp(right));
    let count = entries.len();
    let mut text = String::new();
    let mut line = |line: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    };
    line(format!("% Mean ranks; a bar joins entries whose ranks differ by less than {critical:.3}."));
    // A rank is 1 cm wide where there are few of them.
    let width = 10.0_f64.min(2.0 * (count as f64 - 1.0)) / (count as f64 - 1.0);
    line(format!(r"\begin{{tikzpicture}}[x={width:.3}cm,y=0.45cm,font=\small]"));
    line(format!(r"  \draw (1,0) -- ({count},0);"));
    line(format!(r"  \foreach \rank in {{1,...,{count}}} {{ \draw (\rank,0) -- (\rank,0.3) node[above] {{\rank}}; }}"));
    line(format!(r"  \draw[|-|] (1,2.2) -- ({:.4},2.2) node[midway,above] {{CD = {critical:.3}}};", 1.0 + critical));
    let bars = bars(&entries.iter().map(|(_, rank)| *rank).collect::<Vec<_>>(), critical);
    for (level, (first, last)) in bars.iter().enumerate() {
        let y = -0.5 - 0.4 * level as f64;
        line(format!(r"  \draw[very thick] ({:.4},{y:.2}) -- ({:.4},{y:.2});", first - 0.02, last + 0.02));
    }
    let below = -0.8 - 0.4 * bars.len() as f64;
    let half = count.div_ceil(2);
    for (place, (name, rank)) in entries.iter().enumerate() {
        let name = escaped(name);
        // The better half is named on the left, the best on top; the others on the right, the last on top.
        let (row, side, anchor) =
            if place < half { (place, 0.7, "left") } else { (count - 1 - place, count as f64 + 0.3, "right") };
        let y = below - row as f64;
        line(format!(
            r"  \draw ({rank:.4},0) -- ({rank:.4},{y:.2}) -- ({side:.4},{y:.2}) node[{anchor}] {{{name} ({rank:.2})}};"
        ));
    }
    line(r"\end{tikzpicture}".to_owned());
    Some(text)
}

/// The first and the last of ascending ranks in every group that does not differ.
fn bars(ranks: &[f64], critical: f64) -> Vec<(f64, f64)> {
    let ends = |group: &Vec<usize>| Some((*ranks.get(*group.first()?)?, *ranks.get(*group.last()?)?));
    groups(ranks, critical).iter().filter_map(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_join_the_largest_groups_that_do_not_differ() {
        assert_eq!(bars(&[1.0, 1.5, 2.4, 3.9], 1.0), [(1.0, 1.5), (1.5, 2.4)]);
        assert_eq!(bars(&[1.0, 1.5, 2.4], 5.0), [(1.0, 2.4)]);
        assert!(bars(&[1.0, 3.0], 1.0).is_empty());
    }

    #[test]
    fn the_diagram_names_every_entry_with_its_rank() {
        let text = critical_difference_diagram(&["danq", "a_b", "c"], &[2.5, 1.25, 2.25], 1.1).unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn without_two_ranks_there_is_no_diagram() {
        assert_eq!(critical_difference_diagram(&["a"], &[1.0], 1.0), None);
        assert_eq!(critical_difference_diagram(&["a", "b"], &[1.0, f64::NAN], 1.0), None);
        assert_eq!(critical_difference_diagram(&["a", "b"], &[1.0], 1.0), None);
    }
}
