//! Windows of the sequences in a column of a table.

use std::path::PathBuf;

use super::fit::Fit;
use super::window::{OnWindow, Window};
use crate::bases::Packed;
use crate::error::{Error, Result};
use crate::formats::table::{Table, TextOptions, column};
use crate::progress::{OnProgress, Progress};

/// A table with sequences.
#[derive(Clone, Debug)]
pub struct TableInput {
    /// The file: TSV or CSV, plain or gzip, or Parquet.
    pub path: PathBuf,
    /// The column with the sequence, by its name or by its number from 1.
    pub sequence: String,
    /// The column with the name of each sequence; without one, rows are numbered from 1.
    pub id: Option<String>,
}

/// Calls `each` with the windows of the sequences of a table, in its order.
///
/// # Errors
///
/// The table cannot be read, has no such column, or a cell holds no sequence.
pub fn table(input: &TableInput, fit: Fit, progress: OnProgress<'_>, each: OnWindow<'_>) -> Result<()> {
    let path = input.path.as_path();
    let mut table = Table::open(path, TextOptions { delimiter: None, no_header: false })?;
    let sequence = column(&table, path, &input.sequence)?;
    let id = input.id.as_deref().map(|name| column(&table, path, name)).transpose()?;
    let columns: Vec<usize> = [Some(sequence), id].into_iter().flatten().collect();
    table.select(&columns)?;
    let length = usize::try_from(fit.length).unwrap_or(usize::MAX);
    let mut number = 0_u64;
    while let Some(row) = table.next()? {
        number += 1;
        let letters = row.cell(sequence)?;
        let packed = Packed::from_letters(letters.as_bytes()).map_err(|(place, byte)| {
            row.wrong(format!(
                "letter {} of the sequence is '{}': expected A, C, G, T, N and the IUPAC letters",
                place + 1,
                byte.escape_ascii()
            ))
        })?;
        let name = match id {
            Some(id) => row.cell(id)?.to_owned(),
            None => number.to_string(),
        };
        let bases = packed.len() as u64;
        let what = || format!("{}, {}: the sequence", path.display(), row.number);
        for start in fit.starts(bases, &what)? {
            let (cut, pad) = (start.max(0).unsigned_abs(), start.min(0).unsigned_abs());
            let place = |bases: u64| usize::try_from(bases).unwrap_or(usize::MAX);
            each(Window {
                name: Some(name.clone()),
                chromosome: None,
                start: cut,
                end: start.saturating_add_unsigned(fit.length).unsigned_abs().min(bases),
                sequence: packed.fitted(length, place(cut), place(pad)),
            })?;
        }
        progress(Progress { stage: "predicting", done: number, total: None, unit: "rows" });
    }
    if number == 0 {
        return Err(Error::input(format!("{} holds no rows", path.display())));
    }
    Ok(())
}
