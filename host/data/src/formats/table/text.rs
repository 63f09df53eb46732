//! A table as text: TSV or CSV, plain or gzipped.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use csv::{ErrorKind, StringRecord};

use super::row::{Cells, RowNumber, TableRow};
use crate::error::{Error, Result};
use crate::formats::source::{at, cannot_read, open_text};

/// How a text is divided into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextOptions {
    /// What separates columns; `None`: a comma in a file named `.csv`, else a tab.
    pub(crate) delimiter: Option<u8>,
    /// Whether the first line is a row already.
    pub(crate) no_header: bool,
}

/// A text that is being read.
pub(crate) struct Text {
    path: PathBuf,
    reader: csv::Reader<Box<dyn BufRead + Send>>,
    header: Option<Vec<String>>,
    record: StringRecord,
}

impl Text {
    pub(crate) fn open(path: &Path, options: TextOptions) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let comma =
            Path::new(name.strip_suffix(".gz").unwrap_or(&name)).extension().is_some_and(|ending| ending == "csv");
        let delimiter = options.delimiter.unwrap_or(if comma { b',' } else { b'\t' });
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(!options.no_header)
            .from_reader(open_text(path)?);
        let mut table = Self { path: path.to_owned(), reader, header: None, record: StringRecord::new() };
        if !options.no_header {
            let header = table.reader.headers().cloned().map_err(|error| table.wrong(error))?;
            if header.is_empty() {
                let path = table.path.display();
                return Err(Error::input(format!("{path} is empty: expected a line that names the columns, and rows")));
            }
            table.header =
                Some(header.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_owned()).collect());
        }
        Ok(table)
    }

    pub(crate) fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    pub(crate) fn next(&mut self) -> Result<Option<TableRow<'_>>> {
        match self.reader.read_record(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(TableRow {
                path: &self.path,
                number: RowNumber::Line(self.record.position().map_or(0, csv::Position::line)),
                cells: Cells::Text(&self.record),
            })),
            Err(error) => Err(self.wrong(error)),
        }
    }

    fn wrong(&self, error: csv::Error) -> Error {
        let line = error.position().map_or_else(|| self.reader.position().line(), csv::Position::line);
        match error.into_kind() {
            ErrorKind::Io(error) => cannot_read(&self.path, error),
            ErrorKind::Utf8 { .. } => {
                at(&self.path, line, "the line is not text (UTF-8): expected TSV or CSV, plain or gzipped")
            }
            ErrorKind::UnequalLengths { expected_len, len, .. } => at(
                &self.path,
                line,
                format!(
                    "expected {expected_len} columns as in the first line, found {len}: is it cut off, or the delimiter wrong?"
                ),
            ),
            other => at(&self.path, line, format!("{other:?}")),
        }
    }
}
