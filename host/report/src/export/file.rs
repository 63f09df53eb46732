//! A file to export to, of the kind that its ending names.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{AtomicFile, Existing, remove_unfinished_of};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::database::{Marked, is_marked};
use super::details::RunDetails;
use super::parquet::ParquetFile;
use super::rows::each;
use super::schema::Table;
use super::sqlite;
use super::text::{Csv, JsonLines, Sink};
use crate::model::{Comparison, RunSummary};

/// A file for all tables (`.sqlite`), or for one of them (`.parquet`, `.csv`, `.jsonl`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFile {
    path: PathBuf,
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Sqlite,
    Parquet,
    Csv,
    JsonLines,
}

impl FromStr for ExportFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let path = PathBuf::from(text);
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let format = match ending.to_str() {
            Some("sqlite") => Format::Sqlite,
            Some("parquet") => Format::Parquet,
            Some("csv") => Format::Csv,
            Some("jsonl") => Format::JsonLines,
            _ => {
                return Err(Error::input(format!(
                    "{text:?} ends in none of .sqlite, .parquet, .csv and .jsonl, so it is unclear how to write it"
                )));
            }
        };
        Ok(Self { path, format })
    }
}

impl ExportFile {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it holds one table alone.
    pub fn has_one_table(&self) -> bool {
        self.format != Format::Sqlite
    }

    /// Refuses a place where a file lies that no export wrote: nobody's own table is overwritten.
    ///
    /// # Errors
    ///
    /// Such a file lies there.
    pub fn expect_free(&self) -> Result<()> {
        if !self.path.exists() || self.is_export() {
            return Ok(());
        }
        Err(Error::input(format!(
            "{} exists and is no export that this program wrote, so it is not overwritten: name another file, or remove it",
            self.path.display()
        )))
    }

    /// Whether an export of this format lies there.
    fn is_export(&self) -> bool {
        // A pipe would be waited for.
        if !self.path.is_file() {
            return false;
        }
        if self.format == Format::Sqlite {
            return is_marked(&self.path, Marked::Export);
        }
        self.held_columns().is_some_and(|held| Table::ALL.iter().any(|table| table.header() == held))
    }

    /// The names of the columns of the file that lies there, if they can be read.
    fn held_columns(&self) -> Option<Vec<String>> {
        /// Longer than the first line of any table: a cell is a name, a reason or settings.
        const FIRST_LINE: u64 = 16 << 20;
        let file = File::open(&self.path).ok()?;
        if self.format == Format::Parquet {
            let held = ParquetRecordBatchReaderBuilder::try_new(file).ok()?;
            return Some(held.schema().fields().iter().map(|field| field.name().clone()).collect());
        }
        let mut line = String::new();
        BufReader::new(file).take(FIRST_LINE).read_line(&mut line).ok()?;
        let line = line.trim_end_matches('\n');
        if self.format == Format::Csv {
            return Some(line.split(',').map(str::to_owned).collect());
        }
        if line.is_empty() {
            // A table without a row is a file without a byte: there is nothing to lose.
            return Some(Table::Scores.header().into_iter().map(str::to_owned).collect());
        }
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).ok()?;
        let known = Table::ALL.iter().map(|table| table.header());
        // The keys of an object have no order.
        let same =
            |header: &Vec<&str>| header.len() == object.len() && header.iter().all(|name| object.contains_key(*name));
        known.into_iter().find(same).map(|header| header.into_iter().map(str::to_owned).collect())
    }

    /// Writes the tables of `comparison`, or `table` alone where the file holds one, whole or not at all. What no summary
    /// holds of a run is asked of `details`, run by run.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(
        &self,
        table: Table,
        comparison: &Comparison,
        details: &dyn Fn(&RunSummary) -> RunDetails,
    ) -> Result<()> {
        if self.format == Format::Sqlite {
            return sqlite::write(&self.path, comparison, details);
        }
        remove_unfinished_of(&self.path)?;
        let mut file = AtomicFile::create(&self.path, Existing::Replaced)?;
        let out = file.file().try_clone().map_err(|error| Error::io("write", &self.path, error))?;
        let out = BufWriter::new(out);
        let mut sink: Box<dyn Sink> = match self.format {
            Format::Parquet => Box::new(ParquetFile::new(out, table)?),
            Format::Csv => Box::new(Csv::new(out, table)?),
            Format::JsonLines | Format::Sqlite => Box::new(JsonLines::new(out, table)),
        };
        each(&[table], comparison, details, &mut |_, row| sink.put(row))?;
        sink.finish()?;
        file.persist()
    }
}
