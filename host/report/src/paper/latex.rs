//! The leaderboard as a table for LaTeX, in the style of `booktabs`.

use std::fmt::Write as _;

use super::made_by::MADE_BY_TEX;
use super::tex::escaped;
use crate::final_recipes;
use crate::humanize::{self, capitalised};
use crate::leaderboard::{self, Count, LeaderboardRow, PUBLISHED, Spread};
use crate::model::Comparison;

/// The leaderboard: best first, mean ± sample standard deviation over finished runs, the best mean of each metric bold. A
/// `diagram`, if there is one, follows it as a figure.
///
/// It needs `\usepackage{booktabs}`.
pub(super) fn latex(comparison: &Comparison, diagram: Option<&str>) -> String {
    let rows = leaderboard::rows(comparison);
    let published = leaderboard::published(comparison);
    let columns = comparison.columns();
    let tikz = if diagram.is_some() { " and \\usepackage{tikz}" } else { "" };
    let mut text = format!("{MADE_BY_TEX}\n% It needs \\usepackage{{booktabs}}{tikz}.\n");
    let mut line = |line: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    };
    line("\\begin{table}\n  \\centering");
    line(&format!("  \\caption{{{}}}", caption(comparison, &rows)));
    line("  \\label{tab:comparison}\n  \\begin{tabular}{lrrrrr}\n    \\toprule");
    let names = columns.map(|column| escaped(column.name())).join(" & ");
    line(&format!("    Strategy & {names} & Runs & Parameters \\\\\n    \\midrule"));
    let best: Vec<Option<f64>> = (0..columns.len())
        .map(|column| {
            let means = rows.iter().filter_map(|row| row.scores.get(column)?.mean);
            means.filter(|mean| mean.is_finite()).max_by(f64::total_cmp)
        })
        .collect();
    for row in &rows {
        let scores: Vec<String> = row.scores.iter().zip(&best).map(|(score, best)| cell(score, *best)).collect();
        let control = if row.entry.control { " (control)" } else { "" };
        line(&format!(
            "    {}{control} & {} & {}/{} & {} \\\\",
            escaped(&row.entry.name),
            scores.join(" & "),
            row.finished,
            row.entry.runs.len(),
            escaped(&Count::text(row.parameters))
        ));
    }
    let mut published = published.iter().filter(|row| row.scores.iter().any(Option::is_some)).peekable();
    if published.peek().is_some() {
        line("    \\midrule");
    }
    for row in published {
        let scores = row.scores.map(|score| score.map_or_else(String::new, |score| humanize::metric(Some(score))));
        let (name, source) = (escaped(row.name), escaped(row.source));
        line(&format!("    {name} (reported: {source}) & {} & & \\\\", scores.join(" & ")));
    }
    line("    \\bottomrule\n  \\end{tabular}\n\\end{table}");
    if let Some(diagram) = diagram {
        line("\n\\begin{figure}\n  \\centering");
        line(diagram.trim_end());
        line(&format!(
            "  \\caption{{Mean ranks by {}; bars join strategies whose ranks differ by less than the critical difference (CD).}}",
            escaped(comparison.ranked_by.name())
        ));
        line("  \\label{fig:critical-difference}\n\\end{figure}");
    }
    text
}

/// What the numbers are.
fn caption(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> String {
    let over = if leaderboard::has_folds(rows) { "folds and seeds" } else { "seeds" };
    let mut sentences = vec![format!(
        "Scores on the sealed test split of {}, each strategy with a budget of {} for its search: mean $\\pm$ sample standard deviation over {over} of finished runs, ordered by {}",
        escaped(&comparison.data.path),
        escaped(&comparison.budget),
        escaped(comparison.ranked_by.name())
    )];
    if comparison.columns().into_iter().any(|column| column.measure().is_some()) {
        sentences.push("Metrics of labels are means over labels".to_owned());
    }
    sentences.extend(final_recipes::to_optimum(comparison, rows).map(|text| escaped(&capitalised(&text))));
    if leaderboard::published(comparison).iter().any(|row| row.scores.iter().any(Option::is_some)) {
        sentences.push(format!("Rows below the line are {}", escaped(PUBLISHED)));
    }
    sentences.join(". ") + "."
}

fn cell(score: &Spread, best: Option<f64>) -> String {
    let text = escaped(&score.text());
    if score.mean.is_some() && score.mean == best { format!("\\textbf{{{text}}}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_table_is_the_leaderboard() {
        let mut comparison = sample::comparison();
        comparison.published = sample::published();
        comparison.entries[0].name = "a_b & 100%".to_owned();
        comparison.entries[2].runs[0].trained_to_optimum = true;
        insta::assert_snapshot!(latex(&comparison, None));
    }

    #[test]
    fn a_diagram_follows_the_table() {
        let text = latex(&sample::folds(), Some("\\begin{tikzpicture}\n\\end{tikzpicture}\n"));
        assert!(text.contains("\\usepackage{tikz}") && text.contains("over folds and seeds"), "{text}");
        assert!(text.ends_with("\\label{fig:critical-difference}\n\\end{figure}\n"), "{text}");
    }
}
