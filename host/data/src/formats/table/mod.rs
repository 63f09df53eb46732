//! Tables: rows of TSV, CSV or Parquet files, one after the other.

mod column;
mod page_sizes;
mod pages;
mod parquet;
mod plain;
mod row;
mod source;
mod text;
mod thrift;

pub(crate) use column::column;
pub(crate) use row::{Lists, RowNumber, TableRow};
pub(crate) use source::Table;
pub(crate) use text::TextOptions;
