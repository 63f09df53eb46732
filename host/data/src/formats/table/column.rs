//! Columns of a table by what a person calls them.

use std::path::Path;

use super::source::Table;
use crate::error::Result;
use crate::text::shortened;

/// A column by its name, or by its number from 1.
pub(crate) fn column(table: &Table, path: &Path, name: &str) -> Result<usize> {
    if let Some(header) = table.header() {
        let mut places = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(place), None) => return Ok(place),
            (Some(_), Some(_)) => {
                let what = format!("two columns are named {name:?}: give the number of the one that is meant");
                return Err(table.wrong(path, &what));
            }
            (None, _) => {}
        }
    }
    let width = table.header().map(<[String]>::len);
    match name.parse::<usize>() {
        Ok(number) if number >= 1 && width.is_none_or(|width| number <= width) => Ok(number - 1),
        _ => Err(table.wrong(path, &no_such_column(table, name))),
    }
}

fn no_such_column(table: &Table, name: &str) -> String {
    let names: Vec<String> = table.header().unwrap_or_default().iter().take(20).map(|name| shortened(name)).collect();
    format!("no column {name:?}: the columns are {}", names.join(", "))
}
