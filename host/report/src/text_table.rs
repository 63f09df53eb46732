//! Aligned columns of plain text, for terminals and pipes.

use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};

/// An empty table without lines or colours, whose columns are as wide as they need to be.
pub fn plain(header: impl IntoIterator<Item = impl Into<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(Row::from(header.into_iter().map(Into::into).collect::<Vec<String>>()));
    table
}

/// The lines of a table, without blanks at their ends; `right` lists the columns aligned to the right.
pub fn aligned(mut table: Table, right: &[usize]) -> String {
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}
