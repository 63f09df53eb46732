//! The scores of every label as a file: TSV or Parquet, with the same columns.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use genomenas_data::error::{Error, Result};
use genomenas_data::files::write_atomically;
use genomenas_data::text::printable;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use crate::metrics::{LabelMetrics, Measure, Metrics};
use crate::table_format::TableFormat;

/// A file for the scores of every label, in the format that its ending names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoresFile {
    path: PathBuf,
    format: TableFormat,
}

/// The names of the first two columns.
const LABEL: &str = "label";
const GROUP: &str = "group";

impl FromStr for ScoresFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { path: PathBuf::from(text), format: TableFormat::of(text)? })
    }
}

impl ScoresFile {
    /// Refuses a place where a file lies that holds no scores: nobody's own table is overwritten.
    ///
    /// # Errors
    ///
    /// Such a file lies there.
    pub fn expect_free(&self) -> Result<()> {
        if !self.path.is_file() || self.held_columns().is_some_and(|names| is_header(&names)) {
            return Ok(());
        }
        Err(Error::input(format!(
            "{} exists and holds no scores that this program wrote, so it is not overwritten: name another file, or remove it",
            self.path.display()
        )))
    }

    /// The names of the columns of the file that lies at the place, if they can be read.
    fn held_columns(&self) -> Option<Vec<String>> {
        /// Longer than the first line of any scores.
        const HEADER: u64 = 1 << 12;
        let mut file = File::open(&self.path).ok()?;
        match self.format {
            TableFormat::Tsv => {
                let mut begin = Vec::new();
                file.by_ref().take(HEADER).read_to_end(&mut begin).ok()?;
                let text = String::from_utf8_lossy(&begin).into_owned();
                Some(text.lines().next().unwrap_or_default().split('\t').map(str::to_owned).collect())
            }
            TableFormat::Parquet => {
                let held = ParquetRecordBatchReaderBuilder::try_new(file).ok()?;
                Some(held.schema().fields().iter().map(|field| field.name().clone()).collect())
            }
        }
    }

    /// Writes one row per label. `groups` is empty, or the group of each label.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, metrics: &Metrics, groups: &[String]) -> Result<()> {
        let columns = columns(metrics, groups);
        let bytes = match self.format {
            TableFormat::Tsv => tsv(&columns).into_bytes(),
            TableFormat::Parquet => parquet(columns)
                .map_err(|cause| Error::failed(format!("cannot write {} as Parquet: {cause}", self.path.display())))?,
        };
        write_atomically(&self.path, &bytes)
    }
}

/// Whether columns of these names are those of scores, of whichever task.
fn is_header(names: &[String]) -> bool {
    let of_labels = [GROUP, "positives", "negatives", "prevalence", "threshold"];
    let measures = || Measure::OF_LABELS.iter().chain(Measure::OF_CLASSES).chain(Measure::OF_VALUES);
    let known = |name: &String| of_labels.contains(&name.as_str()) || measures().any(|measure| measure.key() == name);
    let [label, others @ ..] = names else { return false };
    // A person's own table may have a label and a group.
    label == LABEL && others.len() > 2 && others.iter().all(known)
}

struct Column {
    name: &'static str,
    cells: Cells,
}

enum Cells {
    Text(Vec<String>),
    Counts(Vec<u64>),
    Numbers(Vec<Option<f64>>),
}

fn columns(metrics: &Metrics, groups: &[String]) -> Vec<Column> {
    let labels = &metrics.labels;
    let numbers = |of: &dyn Fn(&LabelMetrics) -> Option<f64>| Cells::Numbers(labels.iter().map(of).collect());
    let counts = |of: fn(&LabelMetrics) -> u64| Cells::Counts(labels.iter().map(of).collect());
    let mut columns =
        vec![Column { name: LABEL, cells: Cells::Text(labels.iter().map(|label| label.name.clone()).collect()) }];
    let mut add = |name, cells| columns.push(Column { name, cells });
    if !groups.is_empty() {
        add(GROUP, Cells::Text(groups.to_vec()));
    }
    let measures: Vec<Measure> = metrics.measures().collect();
    if !measures.contains(&Measure::Mse) {
        add("positives", counts(|label| label.positives));
        add("negatives", counts(|label| label.negatives));
        add("prevalence", numbers(&LabelMetrics::prevalence));
    }
    for measure in measures {
        if measure == Measure::F1AtThreshold {
            add("threshold", numbers(&|label| label.threshold));
        }
        add(measure.key(), numbers(&|label| label.get(measure)));
    }
    columns
}

fn tsv(columns: &[Column]) -> String {
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let mut text = columns.iter().map(|column| column.name).collect::<Vec<_>>().join("\t") + "\n";
    for row in 0..rows {
        let cells: Vec<String> = columns.iter().map(|column| column.cells.text(row)).collect();
        text += &(cells.join("\t") + "\n");
    }
    text
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Counts(cells) => cells.len(),
            Self::Numbers(cells) => cells.len(),
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            // A name with a tab or a line feed would shift the columns.
            Self::Text(cells) => printable(cells.get(row).map_or("", String::as_str)),
            Self::Counts(cells) => cells.get(row).map_or_else(String::new, u64::to_string),
            Self::Numbers(cells) => cells.get(row).copied().flatten().map_or_else(String::new, |cell| cell.to_string()),
        }
    }

    fn array(self) -> ArrayRef {
        match self {
            Self::Text(cells) => Arc::new(StringArray::from(cells)),
            Self::Counts(cells) => Arc::new(UInt64Array::from(cells)),
            Self::Numbers(cells) => Arc::new(Float64Array::from(cells)),
        }
    }
}

fn parquet(columns: Vec<Column>) -> Result<Vec<u8>, ParquetError> {
    let nullable = |column: &Column| matches!(column.cells, Cells::Numbers(_));
    let columns = columns.into_iter().map(|column| (column.name, nullable(&column), column.cells));
    let arrays = columns.map(|(name, nullable, cells)| (name, cells.array(), nullable));
    let batch = RecordBatch::try_from_iter_with_nullable(arrays)?;
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
    writer.write(&batch)?;
    writer.into_inner()
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, UInt64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

    use super::super::sample;
    use super::*;

    #[test]
    fn the_tsv_has_a_line_a_label_and_nothing_where_nothing_is_defined() {
        let groups = ["tf", "", "tf"].map(str::to_owned);
        insta::assert_snapshot!(tsv(&columns(&sample::labels(), &groups)));
        insta::assert_snapshot!(tsv(&columns(&sample::values(), &[])));
    }

    #[test]
    fn parquet_holds_what_the_tsv_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.parquet");
        let metrics = sample::labels();
        let file: ScoresFile = path.to_str().unwrap().parse().unwrap();
        file.write(&metrics, &[]).unwrap();
        let bytes = bytes::Bytes::from(std::fs::read(&path).unwrap());
        let batch = ParquetRecordBatchReader::try_new(bytes, 100).unwrap().next().unwrap().unwrap();
        let expected = columns(&metrics, &[]);
        assert_eq!(batch.num_columns(), expected.len());
        for (array, column) in batch.columns().iter().zip(&expected) {
            for row in 0..metrics.labels.len() {
                let found = match &column.cells {
                    _ if array.is_null(row) => String::new(),
                    Cells::Text(_) => printable(array.as_string::<i32>().value(row)),
                    Cells::Counts(_) => array.as_primitive::<UInt64Type>().value(row).to_string(),
                    Cells::Numbers(_) => array.as_primitive::<Float64Type>().value(row).to_string(),
                };
                assert_eq!(found, column.cells.text(row), "{} {row}", column.name);
            }
        }
    }

    #[test]
    fn scores_are_written_in_the_place_of_scores_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let file = |name: &str| -> ScoresFile { at(name).to_str().unwrap().parse().unwrap() };
        for name in ["scores.tsv", "scores.parquet"] {
            file(name).expect_free().unwrap();
            for metrics in [sample::labels(), sample::values()] {
                file(name).write(&metrics, &[]).unwrap();
                file(name).expect_free().unwrap();
            }
        }
        for (name, text) in [("own.tsv", "label\tgroup\nctcf\ttf\n"), ("own.parquet", "PAR1"), ("empty.tsv", "")] {
            write_atomically(&at(name), text.as_bytes()).unwrap();
            let refused = file(name).expect_free().unwrap_err().to_string();
            assert!(refused.contains(name) && refused.contains("not overwritten"), "{refused}");
        }
    }

    #[test]
    fn a_file_of_another_ending_is_refused() {
        let format = |path: &str| path.parse::<ScoresFile>().ok().map(|file| file.format);
        assert_eq!(format("scores.tsv"), Some(TableFormat::Tsv));
        assert_eq!(format("a/scores.PARQUET"), Some(TableFormat::Parquet));
        assert_eq!((format("scores"), format("scores.csv")), (None, None));
    }
}
