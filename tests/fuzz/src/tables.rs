//! Tables: the importer's settings by a number, and Parquet files as seeds.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray};
use genomenas_data::Task;
use genomenas_data::import::table::{self, TableOptions};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};

use crate::{scratch, stores};

/// Imports a table, as `choice` says.
pub fn import(choice: u8, path: PathBuf) {
    let output = scratch::folder().join("table.arrow");
    let column = |bit: u8, name: &str| (choice & bit != 0).then(|| name.to_owned());
    let (labels, task, separator): (&[&str], _, _) = match choice & 3 {
        0 => (&["label"], None, None),
        1 => (&["score"], Some(Task::Regression), None),
        2 => (&["a", "b"], Some(Task::MultiLabel), None),
        _ => (&["label"], Some(Task::MultiLabel), (choice & 128 != 0).then_some(';')),
    };
    let options = TableOptions {
        labels: labels.iter().map(|&name| name.to_owned()).collect(),
        task,
        label_separator: separator,
        split: column(4, "split"),
        ignore_split: choice & 4 == 0,
        group: (choice & 4 == 0).then(|| column(8, "group")).flatten(),
        chromosome: column(16, "chromosome"),
        start: column(16, "start"),
        length: (choice & 32 != 0).then_some(10),
        ..TableOptions::new(path, &output)
    };
    stores::imported(table::import(&options, &mut |_| {}), &output);
}

/// Names of the columns that [`import`] reads, and of one that it does not.
pub const COLUMNS: [&str; 9] = ["sequence", "label", "split", "group", "chromosome", "start", "score", "a", "b"];

/// Rows of a table with these columns.
pub fn rows() -> Vec<[String; 9]> {
    let row = |number: usize| {
        let sequence: String = (0..12)
            .map(|at| char::from(b"ACGTN"[((number * 37) >> (at % 6)) % 4 + usize::from(at == number)]))
            .collect();
        let split = ["train", "train", "valid", "test"][number % 4];
        let label = ["one", "two", "one;two"][number % 3];
        let texts = [&sequence, label, split, &format!("g{}", number % 7), "chr1", &(number * 20).to_string()]
            .map(str::to_owned);
        let [sequence, label, split, group, chromosome, start] = texts;
        let score = format!("{}", number as f64 / 8.0 - 1.0);
        [sequence, label, split, group, chromosome, start, score, (number % 2).to_string(), "1".to_owned()]
    };
    (0..60).map(row).collect()
}

/// The rows as Parquet files: plain, compressed, with a dictionary, with lists, and with two more encodings of texts.
pub fn parquets() -> Vec<Vec<u8>> {
    let rows = rows();
    let texts = |column: usize| rows.iter().map(move |row| row[column].as_str());
    let text = |column: usize| -> ArrayRef { Arc::new(StringArray::from_iter_values(texts(column))) };
    let whole = |column: usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(texts(column).map(|text| text.parse::<i64>().expect("a number"))))
    };
    let float: ArrayRef =
        Arc::new(Float64Array::from_iter_values(texts(6).map(|text| text.parse::<f64>().expect("a number"))));
    let dictionary: ArrayRef = Arc::new(texts(1).collect::<DictionaryArray<Int32Type>>());
    let mut lists = ListBuilder::new(StringBuilder::new());
    for labels in texts(1) {
        labels.split(';').for_each(|label| lists.values().append_value(label));
        lists.append(true);
    }
    let lists: ArrayRef = Arc::new(lists.finish());
    let table = |label: ArrayRef| {
        let columns = [text(0), label, text(2), text(3), text(4), whole(5), float.clone(), whole(7), whole(8)];
        RecordBatch::try_from_iter(COLUMNS.into_iter().zip(columns)).expect("a table")
    };
    let plain = table(text(1));
    let properties = |compression, page| {
        let properties = WriterProperties::builder().set_compression(compression).set_data_page_row_count_limit(page);
        properties.set_write_batch_size(page)
    };
    let encoded = |encoding| {
        let properties = properties(Compression::UNCOMPRESSED, 1024).set_dictionary_enabled(false);
        properties.set_column_encoding("sequence".into(), encoding).set_writer_version(WriterVersion::PARQUET_2_0)
    };
    [
        parquet(&plain, properties(Compression::UNCOMPRESSED, 1024)),
        parquet(&plain, properties(Compression::SNAPPY, 7)),
        parquet(&table(dictionary), properties(Compression::UNCOMPRESSED, 5)),
        parquet(&table(lists), properties(Compression::ZSTD(ZstdLevel::default()), 1024)),
        parquet(&plain, encoded(Encoding::DELTA_LENGTH_BYTE_ARRAY)),
        parquet(&plain, encoded(Encoding::DELTA_BYTE_ARRAY)),
    ]
    .into()
}

fn parquet(batch: &RecordBatch, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).expect("a schema");
    writer.write(batch).expect("rows");
    writer.close().expect("memory");
    bytes
}
