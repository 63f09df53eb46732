//! The board of a comparison that is under way: a line for all of it and one for each run, as text of any width.

use textwrap::core::display_width;

/// Blanks between columns.
const GAP: usize = 2;
/// A name is cut to no less before columns are left out.
const NAME: usize = 20;
/// Columns of its entry's name that a run keeps before its fold and its seed.
const SHORT: usize = 5;
/// Which columns are left out where the lines are too wide, the first of them first.
const EXPENDABLE: [usize; 4] = [1, 3, 2, 4];

/// A run under way, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its entry, its fold and its seed.
    pub(crate) name: String,
    /// What it does: "trial 3".
    pub(crate) phase: String,
    /// The best that it has found so far: "AUROC 0.873".
    pub(crate) best: String,
    /// How much of the budget of its search is used: "budget 42 %".
    pub(crate) budget: String,
    /// The time that it still takes: "2 min left".
    pub(crate) left: String,
}

impl Row {
    fn cells(&self) -> [&str; 5] {
        [&self.name, &self.phase, &self.best, &self.budget, &self.left]
    }
}

/// The lines of the board: none is wider than `width`, and there are no more than `height`. What matters less is left out
/// where it is narrow.
pub(crate) fn lines(head: &str, rows: &[Row], width: usize, height: usize) -> Vec<String> {
    let room = height.saturating_sub(1).max(1);
    let shown = if rows.len() > room { room.saturating_sub(1) } else { rows.len() };
    let mut lines = vec![cut(head, width)];
    let (shown, more) = rows.split_at_checked(shown).unwrap_or((rows, &[]));
    let widths = widths(shown, width);
    for row in shown {
        let mut line = String::new();
        for (column, (cell, width)) in row.cells().iter().zip(widths).enumerate().filter(|(_, (_, width))| *width > 0) {
            let cell = if column == 0 { cut_name(cell, width) } else { cut(cell, width) };
            let blanks = width - display_width(&cell).min(width) + GAP;
            line.push_str(&cell);
            line.push_str(&" ".repeat(blanks));
        }
        lines.push(cut(line.trim_end(), width));
    }
    if !more.is_empty() {
        lines.push(cut(&format!("and {} more", more.len()), width));
    }
    lines.truncate(height.max(1));
    lines
}

/// The widths of the columns; 0 for what is left out.
fn widths(rows: &[Row], width: usize) -> [usize; 5] {
    let mut widths = [0; 5];
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row.cells()) {
            *widest = display_width(cell).max(*widest);
        }
    }
    let others = |widths: &[usize; 5]| widths.iter().skip(1).filter(|of| **of > 0).map(|of| of + GAP).sum::<usize>();
    let [name, ..] = widths;
    for column in EXPENDABLE {
        if name.min(NAME) + others(&widths) <= width {
            break;
        }
        if let Some(of) = widths.get_mut(column) {
            *of = 0;
        }
    }
    let left = width.saturating_sub(others(&widths));
    if let Some(of_name) = widths.first_mut() {
        *of_name = name.min(left);
    }
    widths
}

/// The name of a run in at most `width` columns: its fold and its seed stay, by which it differs from its neighbours.
fn cut_name(name: &str, width: usize) -> String {
    let turn = name.rfind(" fold ").or_else(|| name.rfind(" seed ")).and_then(|at| name.split_at_checked(at));
    match turn {
        Some((entry, turn)) if display_width(turn) + SHORT <= width => cut(entry, width - display_width(turn)) + turn,
        _ => cut(name, width),
    }
}

/// A text in at most `width` columns.
fn cut(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        let longer = format!("{kept}{letter}");
        if display_width(&longer) + 1 > width {
            break;
        }
        kept = longer;
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |name: &str, phase: &str, best: &str, budget: &str, left: &str| {
            let [name, phase, best, budget, left] = [name, phase, best, budget, left].map(str::to_owned);
            Row { name, phase, best, budget, left }
        };
        vec![
            row("random-search trials=12 batch=16 seed 1", "trial 3", "AUROC 0.873", "budget 42 %", "2 min 5 s left"),
            row("danq width=0.1 fold 10 seed 1", "final training", "AUROC 0.902", "budget 100 %", "12 s left"),
            row("定規 seed 2", "starting", "", "", ""),
        ]
    }

    fn text(width: usize, height: usize) -> String {
        let lines = lines("comparison: 3 of 12 runs, 31 %, about 9 min left", &rows(), width, height);
        assert!(lines.iter().all(|line| display_width(line) <= width) && lines.len() <= height, "{lines:#?}");
        lines.join("\n")
    }

    #[test]
    fn a_wide_terminal_is_shown_all_of_every_run() {
        insta::assert_snapshot!(text(200, 24), @r"
        comparison: 3 of 12 runs, 31 %, about 9 min left
        random-search trials=12 batch=16 seed 1  trial 3         AUROC 0.873  budget 42 %   2 min 5 s left
        danq width=0.1 fold 10 seed 1            final training  AUROC 0.902  budget 100 %  12 s left
        定規 seed 2                              starting
        ");
    }

    #[test]
    fn a_narrow_one_is_shown_what_matters_most() {
        insta::assert_snapshot!(text(80, 24), @r"
        comparison: 3 of 12 runs, 31 %, about 9 min left
        random-search… seed 1  trial 3         AUROC 0.873  budget 42 %   2 min 5 s left
        danq … fold 10 seed 1  final training  AUROC 0.902  budget 100 %  12 s left
        定規 seed 2            starting
        ");
        insta::assert_snapshot!(text(40, 24), @r"
        comparison: 3 of 12 runs, 31 %, about 9…
        random-search tr… seed 1  2 min 5 s left
        danq wid… fold 10 seed 1  12 s left
        定規 seed 2
        ");
        insta::assert_snapshot!(text(12, 24), @r"
        comparison:…
        rand… seed 1
        danq width=…
        定規 seed 2
        ");
    }

    #[test]
    fn a_low_one_is_shown_some_of_the_runs() {
        insta::assert_snapshot!(text(200, 3), @r"
        comparison: 3 of 12 runs, 31 %, about 9 min left
        random-search trials=12 batch=16 seed 1  trial 3  AUROC 0.873  budget 42 %  2 min 5 s left
        and 2 more
        ");
        for height in 1..6 {
            for width in 1..100 {
                text(width, height);
            }
        }
    }
}
