//! Tables of any number of rows, written piece by piece: TSV or Parquet, with the same columns.
//!
//! A table appears at its place whole or not at all, and never needs more memory than a piece of it.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use genomenas_data::error::{Error, Result};
use genomenas_data::files::{AtomicFile, Existing, remove_unfinished_of};
use genomenas_data::text::printable;
use parquet::arrow::ArrowWriter;

use crate::table_format::TableFormat;

/// Bytes of a group of rows that are gathered before they are written.
const GROUP: usize = 32 << 20;

/// A file for a table, in the format that its ending names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    path: PathBuf,
    format: TableFormat,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Whole numbers.
    Count,
    /// Numbers of 32 bits, as networks compute them.
    Number,
}

/// The cells of one column of some rows; a cell may be empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Texts.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Counts(Vec<Option<u64>>),
    /// Numbers.
    Numbers(Vec<Option<f32>>),
}

impl FromStr for TableFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { path: PathBuf::from(text), format: TableFormat::of(text)? })
    }
}

impl TableFile {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A table that is being written.
pub struct TableWriter {
    columns: Vec<(String, Kind)>,
    path: PathBuf,
    output: Output,
}

enum Output {
    Tsv(BufWriter<FileOf>),
    Parquet { writer: Box<ArrowWriter<FileOf>>, schema: SchemaRef },
}

/// The file that appears at its place once it is whole.
struct FileOf(AtomicFile);

impl std::io::Write for FileOf {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.file().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.file().flush()
    }
}

impl TableWriter {
    /// Starts a table with these columns. A file that is already there is refused or replaced.
    ///
    /// # Errors
    ///
    /// The file exists and is not to be replaced, cannot be written, or two columns have the same name.
    pub fn create(file: &TableFile, columns: Vec<(String, Kind)>, existing: Existing) -> Result<Self> {
        for (index, (name, _)) in columns.iter().enumerate() {
            if columns.iter().take(index).any(|(other, _)| other == name) {
                return Err(Error::input(format!("two columns of {} would be named {name:?}", file.path.display())));
            }
        }
        // What a process that was killed left of this file; where it stays, it does no harm.
        let _ = remove_unfinished_of(&file.path);
        let out = FileOf(AtomicFile::create(&file.path, existing)?);
        let output = match file.format {
            TableFormat::Tsv => {
                let names: Vec<_> = columns.iter().map(|(name, _)| printable(name)).collect();
                let mut out = BufWriter::with_capacity(1 << 18, out);
                writeln!(out, "{}", names.join("\t")).map_err(|error| Error::io("write", &file.path, error))?;
                Output::Tsv(out)
            }
            TableFormat::Parquet => {
                let field = |(name, kind): &(String, Kind)| Field::new(name, kind.data_type(), true);
                let schema: SchemaRef = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
                let writer = ArrowWriter::try_new(out, Arc::clone(&schema), None)
                    .map_err(|error| unwritable(&file.path, &error))?;
                Output::Parquet { writer: Box::new(writer), schema }
            }
        };
        Ok(Self { columns, path: file.path.clone(), output })
    }

    /// Writes rows: the cells of every column, as many of each.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&mut self, cells: Vec<Cells>) -> Result<()> {
        let rows = cells.first().map_or(0, Cells::len);
        let fit = |(cells, (_, kind)): (&Cells, &(String, Kind))| cells.kind() == *kind && cells.len() == rows;
        if cells.len() != self.columns.len() || !cells.iter().zip(&self.columns).all(fit) {
            return Err(Error::bug(format!("rows of another table were written to {}", self.path.display())));
        }
        match &mut self.output {
            Output::Tsv(out) => {
                let mut line = String::new();
                for row in 0..rows {
                    for (at, cells) in cells.iter().enumerate() {
                        if at > 0 {
                            line.push('\t');
                        }
                        cells.add_to(row, &mut line);
                    }
                    line.push('\n');
                }
                out.write_all(line.as_bytes()).map_err(|error| Error::io("write", &self.path, error))
            }
            Output::Parquet { writer, schema } => {
                let arrays = cells.into_iter().map(Cells::array).collect();
                let batch = RecordBatch::try_new(Arc::clone(schema), arrays)
                    .map_err(|error| Error::bug(format!("a table: {error}")))?;
                let written = writer
                    .write(&batch)
                    .and_then(|()| if writer.in_progress_size() > GROUP { writer.flush() } else { Ok(()) });
                written.map_err(|error| unwritable(&self.path, &error))
            }
        }
    }

    /// Puts the whole table at its place.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn finish(self) -> Result<()> {
        let file = match self.output {
            Output::Tsv(out) => out.into_inner().map_err(|error| Error::io("write", &self.path, error.into_error()))?,
            Output::Parquet { writer, .. } => writer.into_inner().map_err(|error| unwritable(&self.path, &error))?,
        };
        file.0.persist()
    }
}

fn unwritable(path: &Path, cause: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("cannot write {} as Parquet: {cause}", path.display()))
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Count => DataType::UInt64,
            Self::Number => DataType::Float32,
        }
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Counts(cells) => cells.len(),
            Self::Numbers(cells) => cells.len(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Counts(_) => Kind::Count,
            Self::Numbers(_) => Kind::Number,
        }
    }

    fn add_to(&self, row: usize, line: &mut String) {
        match self {
            // A name with a tab or a line feed would shift the columns.
            Self::Text(cells) => line.push_str(&printable(cells.get(row).and_then(Option::as_deref).unwrap_or(""))),
            Self::Counts(cells) => {
                line.push_str(&cells.get(row).copied().flatten().map_or_else(String::new, |cell| cell.to_string()));
            }
            Self::Numbers(cells) => {
                line.push_str(&cells.get(row).copied().flatten().map_or_else(String::new, |cell| cell.to_string()));
            }
        }
    }

    fn array(self) -> ArrayRef {
        match self {
            Self::Text(cells) => Arc::new(StringArray::from(cells)),
            Self::Counts(cells) => Arc::new(UInt64Array::from(cells)),
            Self::Numbers(cells) => Arc::new(Float32Array::from(cells)),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::Float32Type;
    use genomenas_data::files::read_text;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

    use super::*;

    fn columns() -> Vec<(String, Kind)> {
        [("name", Kind::Text), ("start", Kind::Count), ("ctcf", Kind::Number)]
            .map(|(name, kind)| (name.to_owned(), kind))
            .into()
    }

    fn rows() -> Vec<Cells> {
        vec![
            Cells::Text(vec![Some("a\tb".to_owned()), None]),
            Cells::Counts(vec![Some(7), None]),
            Cells::Numbers(vec![Some(0.1), None]),
        ]
    }

    fn written(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let file: TableFile = path.to_str().unwrap().parse().unwrap();
        let mut writer = TableWriter::create(&file, columns(), Existing::Refused).unwrap();
        writer.write(rows()).unwrap();
        assert!(!path.exists(), "half a table is at its place");
        writer.write(rows()).unwrap();
        writer.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn a_tsv_has_a_line_a_row_and_nothing_in_empty_cells() {
        let (_folder, path) = written("a.tsv");
        let text = read_text(&path).unwrap();
        assert_eq!(text.lines().count(), 5);
        assert_eq!(text.lines().next_back(), Some("\t\t"));
        assert!(text.starts_with("name\tstart\tctcf\n") && text.contains("\t7\t0.1\n"), "{text}");
    }

    #[test]
    fn parquet_holds_the_same() {
        let (_folder, path) = written("a.parquet");
        let bytes = bytes::Bytes::from(std::fs::read(&path).unwrap());
        let batch = ParquetRecordBatchReader::try_new(bytes, 100).unwrap().next().unwrap().unwrap();
        assert_eq!((batch.num_rows(), batch.num_columns()), (4, 3));
        let numbers = batch.column(2).as_primitive::<Float32Type>();
        assert!(numbers.is_null(3) && numbers.value(2).to_bits() == 0.1_f32.to_bits());
    }

    #[test]
    fn a_table_that_is_given_up_leaves_nothing_and_one_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tsv");
        let file: TableFile = path.to_str().unwrap().parse().unwrap();
        drop(TableWriter::create(&file, columns(), Existing::Refused).unwrap());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        TableWriter::create(&file, columns(), Existing::Refused).unwrap().finish().unwrap();
        assert!(TableWriter::create(&file, columns(), Existing::Refused).is_err());
        TableWriter::create(&file, columns(), Existing::Replaced).unwrap().finish().unwrap();
        let twice = vec![("a".to_owned(), Kind::Text), ("a".to_owned(), Kind::Count)];
        assert!(TableWriter::create(&file, twice, Existing::Replaced).is_err());
    }
}
