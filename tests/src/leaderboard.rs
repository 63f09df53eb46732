//! The leaderboard of a comparison, as far as it is the same at every time.

use std::path::Path;

use crate::runs::bytes;

/// The head and the rows of `leaderboard.csv` without the columns of seconds.
pub fn leaderboard(comparison: &Path) -> Vec<Vec<String>> {
    let text = String::from_utf8(bytes(comparison, "leaderboard.csv")).unwrap();
    let rows: Vec<Vec<String>> = text.lines().map(cells).collect();
    let head = rows[0].clone();
    let kept = |row: Vec<String>| -> Vec<String> {
        assert_eq!(row.len(), head.len(), "{text}");
        row.into_iter().zip(&head).filter(|(_, name)| !name.ends_with("seconds")).map(|(cell, _)| cell).collect()
    };
    rows.into_iter().map(kept).collect()
}

/// The cells of a line; a comma in quotes parts none.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        quoted ^= letter == '"';
        if letter == ',' && !quoted {
            cells.push(String::new());
        } else {
            cells.last_mut().unwrap().push(letter);
        }
    }
    cells
}
