//! The table as a file: its records with their lines, and which column is what.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use csv::{ErrorKind, StringRecord};

use super::super::labels::shortened;
use super::super::source::{at, cannot_read, open_text};
use super::TableOptions;
use crate::error::{Error, Result};

/// A table that is being read.
pub(super) struct Table {
    path: PathBuf,
    reader: csv::Reader<Box<dyn BufRead + Send>>,
    header: Option<Vec<String>>,
    record: StringRecord,
}

/// One row.
pub(super) struct Record<'t> {
    path: &'t Path,
    cells: &'t StringRecord,
}

/// Places of the columns.
pub(super) struct Columns {
    pub(super) sequence: usize,
    pub(super) labels: Vec<(usize, String)>,
    pub(super) split: Option<usize>,
}

impl Table {
    pub(super) fn open(options: &TableOptions) -> Result<Self> {
        let path = options.table.clone();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let comma =
            Path::new(name.strip_suffix(".gz").unwrap_or(&name)).extension().is_some_and(|ending| ending == "csv");
        let delimiter = options.delimiter.unwrap_or(if comma { b',' } else { b'\t' });
        let reader =
            csv::ReaderBuilder::new().delimiter(delimiter).has_headers(options.header).from_reader(open_text(&path)?);
        let mut table = Self { path, reader, header: None, record: StringRecord::new() };
        if options.header {
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

    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>> {
        match self.reader.read_record(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(Record { path: &self.path, cells: &self.record })),
            Err(error) => Err(self.wrong(error)),
        }
    }

    fn wrong(&self, error: csv::Error) -> Error {
        let line = error.position().map_or_else(|| self.reader.position().line(), csv::Position::line);
        match error.into_kind() {
            ErrorKind::Io(error) => cannot_read(&self.path, &error),
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

    /// A column by its name, or by its number from 1.
    fn column(&self, name: &str) -> Result<usize> {
        if let Some(header) = &self.header {
            let mut places = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(place, _)| place);
            match (places.next(), places.next()) {
                (Some(place), None) => return Ok(place),
                (Some(_), Some(_)) => {
                    return Err(at(
                        &self.path,
                        1,
                        format!("two columns are named {name:?}: give the number of the one that is meant"),
                    ));
                }
                (None, _) => {}
            }
        }
        let width = self.header.as_ref().map(Vec::len);
        match name.parse::<usize>() {
            Ok(number) if number >= 1 && width.is_none_or(|width| number <= width) => Ok(number - 1),
            _ => Err(at(&self.path, 1, self.no_such_column(name))),
        }
    }

    fn no_such_column(&self, name: &str) -> String {
        let Some(header) = &self.header else {
            return format!("no column {name:?}: without a header, columns are numbers from 1");
        };
        let names: Vec<String> = header.iter().take(20).map(|name| shortened(name)).collect();
        format!("no column {name:?}: the columns are {}", names.join(", "))
    }
}

impl Columns {
    pub(super) fn find(options: &TableOptions, table: &Table) -> Result<Self> {
        let label = |name: &String| -> Result<(usize, String)> {
            let place = table.column(name)?;
            let heading = table.header.as_ref().and_then(|header| header.get(place));
            Ok((place, heading.unwrap_or(name).clone()))
        };
        let labels: Vec<(usize, String)> = options.labels.iter().map(label).collect::<Result<_>>()?;
        for (index, (_, name)) in labels.iter().enumerate() {
            if labels.iter().take(index).any(|(_, other)| other == name) {
                return Err(Error::input(format!("label column {name:?} is named twice: name it once")));
            }
        }
        Ok(Self {
            sequence: table.column(&options.sequence)?,
            labels,
            split: options.split.as_deref().map(|name| table.column(name)).transpose()?,
        })
    }

    pub(super) fn label_names(&self) -> Vec<String> {
        self.labels.iter().map(|(_, name)| name.clone()).collect()
    }
}

impl Record<'_> {
    /// The text of a cell, without the space around it.
    pub(super) fn cell(&self, column: usize) -> Result<&str> {
        let cell = self.cells.get(column).map(str::trim);
        cell.ok_or_else(|| self.wrong(format!("there is no column {}: the line has {}", column + 1, self.cells.len())))
    }

    pub(super) fn line(&self) -> u64 {
        self.cells.position().map_or(0, csv::Position::line)
    }

    pub(super) fn wrong(&self, what: String) -> Error {
        at(self.path, self.line(), what)
    }
}
