//! A table as text: TSV or CSV, plain or gzipped.
//!
//! Text divided by tabs has no quoting: a quotation mark is a letter, so that one alone swallows no rows, and only marks
//! around a whole cell, as R and pandas write them, are taken off. With any other delimiter cells are quoted as RFC 4180
//! says; a cell that is never closed, or that spans what look like rows, is refused.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use csv::{ErrorKind, StringRecord};

use super::plain::{LONGEST_ROW, Plain};
use super::row::{Cells, RowNumber, TableRow};
use crate::error::{Error, Result};
use crate::formats::foreign;
use crate::formats::source::{at, cannot_read, open_text};
use crate::text::shortened;

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
    delimiter: u8,
    reader: csv::Reader<Plain>,
    header: Option<Vec<String>>,
    /// Whether the first cell of each row is a name that no heading stands above.
    row_names: bool,
    /// Cells of a row.
    width: usize,
    record: StringRecord,
    /// The line that `record` begins in.
    line: u64,
    /// Whether `record` is a row that was read ahead.
    ahead: bool,
    /// Rows with a cell that spans lines, and the line of the first.
    spanning: (u64, u64),
}

impl Text {
    pub(crate) fn open(path: &Path, options: TextOptions) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let comma =
            Path::new(name.strip_suffix(".gz").unwrap_or(&name)).extension().is_some_and(|ending| ending == "csv");
        let delimiter = options.delimiter.unwrap_or(if comma { b',' } else { b'\t' });
        let mut text = open_text(path)?;
        let start = text.fill_buf().map_err(|error| cannot_read(path, error))?;
        foreign::refuse(path, start, "a table as TSV or CSV, plain or gzipped, or as Parquet")?;
        let quoting = (delimiter != b'\t').then_some(delimiter);
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(quoting.is_some())
            .has_headers(false)
            .flexible(true)
            .from_reader(Plain::new(text, quoting));
        let mut table = Self {
            path: path.to_owned(),
            delimiter,
            reader,
            header: None,
            row_names: false,
            width: 0,
            record: StringRecord::new(),
            line: 1,
            ahead: false,
            spanning: (0, 0),
        };
        if !options.no_header {
            table.read_header()?;
        }
        table.read_ahead()?;
        Ok(table)
    }

    /// The names of the columns; without a header, they are column1, column2 and so on.
    pub(crate) fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    /// Whether the first cell of each row is a name that no heading stands above.
    pub(crate) fn has_row_names(&self) -> bool {
        self.row_names
    }

    /// What a person should know of what was read so far.
    pub(crate) fn warning(&self) -> Option<String> {
        let (rows, first) = self.spanning;
        (rows > 0).then(|| {
            format!(
                "{}: {rows} rows have a quoted cell that spans lines (the first in line {first}): is a quotation mark \
                 missing?",
                self.path.file_name().unwrap_or_default().to_string_lossy()
            )
        })
    }

    pub(crate) fn next(&mut self) -> Result<Option<TableRow<'_>>> {
        if !std::mem::take(&mut self.ahead) && !self.read()? {
            return Ok(None);
        }
        if self.record.len() != self.width {
            return Err(self.other_width());
        }
        Ok(Some(TableRow { path: &self.path, number: RowNumber::Line(self.line), cells: Cells::Text(&self.record) }))
    }

    fn read_header(&mut self) -> Result<()> {
        if !self.read()? {
            let path = self.path.display();
            return Err(Error::input(format!("{path} is empty: expected a line that names the columns, and rows")));
        }
        self.refuse_other_delimiter()?;
        self.width = self.record.len();
        self.header = Some(self.record.iter().map(|name| name.trim().to_owned()).collect());
        Ok(())
    }

    /// Reads the first row: it shows whether rows begin with a name without a heading, as those of R do.
    fn read_ahead(&mut self) -> Result<()> {
        self.ahead = self.read()?;
        if !self.ahead {
            return Ok(());
        }
        match &mut self.header {
            None => {
                self.width = self.record.len();
                self.refuse_other_delimiter()?;
                self.header = Some((1..=self.width).map(|number| format!("column{number}")).collect());
            }
            // An empty last cell is a delimiter at the end of the line.
            Some(header) if self.record.len() == self.width + 1 && self.record.iter().next_back() != Some("") => {
                header.insert(0, String::new());
                self.width += 1;
                self.row_names = true;
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Reads the next line, or lines of a quoted cell, that is not empty.
    fn read(&mut self) -> Result<bool> {
        loop {
            let before = self.reader.position().line();
            let found = self.reader.read_record(&mut self.record).map_err(|error| self.wrong(error))?;
            if let Some(opened) = self.reader.get_ref().open_at_end() {
                return Err(at(
                    &self.path,
                    opened,
                    "a cell begins with a quotation mark (\") that is never closed, so that it would hold the rest of \
                     the file: close it, or write a mark that is a letter as \"\" within a quoted cell",
                ));
            }
            if !found {
                return Ok(false);
            }
            let ends = self.record.iter().map(|cell| cell.bytes().filter(|byte| *byte == b'\n').count() as u64);
            let lines = 1 + ends.sum::<u64>();
            // Empty lines before a row are passed over.
            self.line = before.max(self.reader.position().line().saturating_sub(lines));
            if lines > 1 {
                self.refuse_swallowed_rows()?;
                self.spanning = (self.spanning.0 + 1, if self.spanning.0 == 0 { self.line } else { self.spanning.1 });
            }
            if self.record.len() > 1 || self.record.iter().any(|cell| !cell.trim().is_empty()) {
                break;
            }
        }
        if self.record.iter().any(|cell| cell.contains('\0')) {
            return Err(at(&self.path, self.line, "the line holds a byte of zero, as no text does"));
        }
        if self.delimiter == b'\t' && self.record.iter().any(|cell| unquoted(cell).is_some()) {
            let plain = |cell: &str| unquoted(cell).unwrap_or_else(|| cell.to_owned());
            self.record = self.record.iter().map(plain).collect();
        }
        Ok(true)
    }

    /// Refuses a quoted cell that spans as many delimiters as the rows have that it may have swallowed.
    fn refuse_swallowed_rows(&self) -> Result<()> {
        let width = if self.width == 0 { self.record.len() } else { self.width };
        let delimiters = |text: &str| text.bytes().filter(|byte| *byte == self.delimiter).count();
        for (column, cell) in self.record.iter().enumerate() {
            let lines: Vec<&str> = cell.trim_end_matches('\n').split('\n').collect();
            let (Some((first, rest)), true) = (lines.split_first(), width > 1) else { continue };
            let Some((last, inner)) = rest.split_last() else { continue };
            let like_rows = delimiters(first) + column + 1 == width
                && delimiters(last) == column
                && inner.iter().all(|line| delimiters(line) + 1 == width);
            if like_rows {
                return Err(at(
                    &self.path,
                    self.line,
                    format!(
                        "a quoted cell in column {} spans {} lines that look like rows of their own: close its \
                         quotation mark (\") in its line, or write a mark that is a letter as \"\" within a quoted cell",
                        column + 1,
                        lines.len()
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Refuses a first line that this delimiter does not divide and another would.
    fn refuse_other_delimiter(&self) -> Result<()> {
        let [only] = self.record.iter().collect::<Vec<_>>()[..] else {
            return Ok(());
        };
        let named = |delimiter: u8| match delimiter {
            b'\t' => "tab".to_owned(),
            other => format!("'{}'", char::from(other)),
        };
        if only.starts_with('#') {
            let what = "the line is a comment and names no columns: remove the lines before the one that does";
            return Err(at(&self.path, self.line, what));
        }
        if let Some(delimiter) = only.strip_prefix("sep=").and_then(|rest| rest.bytes().next()) {
            return Err(at(
                &self.path,
                1,
                format!(
                    "the line is Excel's note of its delimiter: remove it, and give --delimiter {}",
                    named(delimiter)
                ),
            ));
        }
        let other = [b'\t', b',', b';', b'|', b' ']
            .into_iter()
            .find(|other| *other != self.delimiter && only.bytes().any(|byte| byte == *other));
        match other {
            None => Ok(()),
            Some(other) => Err(at(
                &self.path,
                self.line,
                format!(
                    "{:?} is one column where {} divides: give --delimiter {}",
                    shortened(only),
                    if self.delimiter == b'\t' { "a tab".to_owned() } else { named(self.delimiter) },
                    named(other)
                ),
            )),
        }
    }

    fn other_width(&self) -> Error {
        let (expected, found) = (self.width, self.record.len());
        let marks: usize = self.record.iter().map(|cell| cell.matches('"').count()).sum();
        let more = if found == expected + 1 && self.record.iter().next_back().is_some_and(|cell| cell.trim().is_empty())
        {
            "; the line ends with a delimiter, and the first does not"
        } else if self.record.iter().any(|cell| cell.contains('\n')) {
            "; a quoted cell in it spans lines, so a quotation mark may be missing"
        } else if self.delimiter == b'\t' && marks % 2 == 1 {
            "; in text divided by tabs a quotation mark is a letter, and no cell spans lines or holds a tab"
        } else {
            ""
        };
        let what = format!(
            "expected {expected} columns as in the first line, found {found}: is it cut off, or the delimiter wrong?{more}"
        );
        at(&self.path, self.line, what)
    }

    fn wrong(&self, error: csv::Error) -> Error {
        let line = error.position().map_or_else(|| self.reader.position().line(), csv::Position::line);
        if self.reader.get_ref().is_endless() {
            let most = LONGEST_ROW >> 20;
            return at(
                &self.path,
                line,
                format!("the row has more than {most} MiB: is a quotation mark missing, or is this not a table?"),
            );
        }
        match error.into_kind() {
            ErrorKind::Io(error) => cannot_read(&self.path, error),
            ErrorKind::Utf8 { .. } => {
                at(&self.path, line, "the line is not text (UTF-8): expected TSV or CSV, plain or gzipped")
            }
            other => at(&self.path, line, format!("{other:?}")),
        }
    }
}

/// The text within quotation marks around a whole cell, a doubled mark in it being one; `None` for other cells.
fn unquoted(cell: &str) -> Option<String> {
    let inner = cell.trim().strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.replace("\"\"", "\""))
}
