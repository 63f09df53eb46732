//! Tables and texts in the width that a person has. Programs read `--json`.

use std::io::{stderr, stdin, stdout};

use terminal_size::{Width, terminal_size_of};
use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

/// The width where nobody says how wide a line may be: of a file, of a pipe without a terminal at its end.
const USUAL: usize = 100;
/// The least width of a text beside other columns; where less is left, it stands below them.
const NARROW: usize = 30;
/// Blanks between columns.
const GAP: usize = 2;

/// Columns that a person has: what the variable COLUMNS says, or the terminal, also where another program pages what is
/// printed.
pub(crate) fn width() -> usize {
    let said: Option<usize> = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let of_terminal =
        || terminal_size_of(stdout()).or_else(|| terminal_size_of(stderr())).or_else(|| terminal_size_of(stdin()));
    let width = said.or_else(|| of_terminal().map(|(Width(columns), _)| usize::from(columns))).unwrap_or(USUAL);
    width.clamp(40, 1000)
}

/// A text in lines of at most `width`, all but the first behind `indent` blanks. Words stay whole, so that paths and commands
/// can be copied.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let options = Options::new(width.max(1)).subsequent_indent(&blanks).break_words(false);
    textwrap::fill(text, options.word_splitter(WordSplitter::NoHyphenation))
}

/// Rows of cells under a header, of which the last is a text that is wrapped.
pub(crate) struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// A table with this header.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|&name| name.to_owned()).collect()] }
    }

    /// Adds a row of as many cells as the header has.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, none wider than `width` where words allow that.
    pub(crate) fn lines(&self, width: usize) -> String {
        let before = self.rows.first().map_or(0, Vec::len).saturating_sub(1);
        let wide = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..before).map(wide).collect();
        let left: usize = widths.iter().map(|width| width + GAP).sum();
        let beside = width >= left + NARROW;
        let fits =
            |columns: &usize| widths.iter().take(*columns).map(|width| width + GAP).sum::<usize>() <= width + GAP;
        let on_line = (1..=before).rev().find(fits).unwrap_or(1);
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (cell, wide) in row.iter().zip(&widths).take(on_line) {
                line += cell;
                line += &" ".repeat(wide + GAP - display_width(cell));
            }
            let last = row.last().map_or("", String::as_str);
            if beside {
                line += last;
                text += wrapped(&line, width, left).trim_end();
            } else {
                text += line.trim_end();
                let more = row.get(on_line..before).unwrap_or_default().join("  ");
                for below in [more.as_str(), last].into_iter().filter(|below| number > 0 && !below.trim().is_empty()) {
                    text += "\n    ";
                    text += &wrapped(below, width.saturating_sub(4), 4);
                }
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Columns {
        let mut table = Columns::new(&["size", "takes", "about"]);
        table.row(
            ["cells", "integer from 1 to 24", "Convolutional cells, one after the other, with a stride."]
                .map(str::to_owned),
        );
        table.row(["nodes", "integer", "Nodes."].map(str::to_owned));
        table
    }

    #[test]
    fn a_text_is_wrapped_beside_its_row_or_stands_below_it() {
        insta::assert_snapshot!(table().lines(70), @"
        size   takes                 about
        cells  integer from 1 to 24  Convolutional cells, one after the other,
                                     with a stride.
        nodes  integer               Nodes.
        ");
        insta::assert_snapshot!(table().lines(50), @"
        size   takes
        cells  integer from 1 to 24
            Convolutional cells, one after the other, with
            a stride.
        nodes  integer
            Nodes.
        ");
    }

    #[test]
    fn words_stay_whole() {
        let path = "/a/path/that/is/longer/than/the/line/may/be.so";
        assert!(wrapped(&format!("see {path} there"), 20, 2).contains(path));
    }
}
