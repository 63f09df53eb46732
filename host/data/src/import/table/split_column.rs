//! The column named `split`, which decides the splits where nothing else is said: data are published with it, and to split
//! them anew would mix the published test into train.

use super::options::TableOptions;
use crate::error::Result;
use crate::formats::table::Table;
use crate::text::shortened;

/// The name that is known, in any case.
const NAME: &str = "split";

/// What is found in the heading of the first table.
pub(super) struct SplitColumn {
    /// The options, with that column where it decides.
    pub(super) options: TableOptions,
    /// What a person should know of it.
    pub(super) warning: Option<String>,
}

/// Whether a column's name says that it holds the splits.
pub(super) fn is_named_so(column: &str) -> bool {
    column.trim().eq_ignore_ascii_case(NAME)
}

/// Looks for the column.
///
/// # Errors
///
/// The table cannot be opened, or several columns have that name.
pub(super) fn find(options: &TableOptions) -> Result<SplitColumn> {
    let table = Table::open(&options.table, options.text())?;
    let header = table.header().unwrap_or_default();
    // One that is something else already is not the split.
    let single = [&options.group, &options.chromosome, &options.start].into_iter().flatten();
    let others: Vec<&String> = single.chain([&options.sequence]).chain(&options.labels).collect();
    let mut named = header.iter().filter(|column| is_named_so(column) && !others.contains(column));
    let kept = || options.clone();
    match (&options.split, named.next(), named.next()) {
        (Some(given), Some(column), _) if given != column && !is_number_of(given, header, column) => {
            let warning = format!("the column {column:?} was passed over: the split is that of {:?}", shortened(given));
            Ok(SplitColumn { options: kept(), warning: Some(warning) })
        }
        (_, None, _) | (Some(_), ..) => Ok(SplitColumn { options: kept(), warning: None }),
        (None, Some(column), _) if options.ignore_split => {
            let warning = format!("the column {column:?} was passed over, as was asked for");
            Ok(SplitColumn { options: kept(), warning: Some(warning) })
        }
        (None, Some(column), None) => {
            Ok(SplitColumn { options: TableOptions { split: Some(column.clone()), ..kept() }, warning: None })
        }
        (None, Some(first), Some(second)) => Err(table.wrong(
            &options.table,
            &format!("two columns may hold the split, {first:?} and {second:?}: name one with --split, or pass over both with --ignore-split"),
        )),
    }
}

/// Whether `given` is the number, from 1, of a column.
fn is_number_of(given: &str, header: &[String], column: &str) -> bool {
    let place = given.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    place.and_then(|place| header.get(place)).is_some_and(|heading| heading == column)
}
