//! How the verbs show tables.

use comfy_table::{ContentArrangement, Table, presets};

/// A table without lines, under this header.
pub(super) fn plain_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    table
}
