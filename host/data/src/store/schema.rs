//! The columns of a store, as Python sees them and as this host reads them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

use super::shape::Shape;
use super::task::Task;
use crate::bases::{bit_bytes, packed_bytes};
use crate::error::{Error, Result};

/// The metadata key of the JSON description.
pub(super) const INFO_KEY: &str = "genomenas.store";
/// The metadata key of the description's SHA-256.
pub(super) const INFO_DIGEST_KEY: &str = "genomenas.store.sha256";

/// Places of the columns that training reads.
pub(super) const SEQUENCE: usize = 0;
pub(super) const UNKNOWN: usize = 1;
pub(super) const LABELS: usize = 2;
/// Places of the columns that only readers of positions want; absent in a store without places.
pub(super) const CHROMOSOME: usize = 4;
pub(super) const START: usize = 5;

/// The columns as they are written.
///
/// `unknown` is run-end encoded: almost every row of real data has no unknown base, and a batch without any costs a
/// few bytes instead of four a row (20 MB for the `DeepSEA` set).
pub(super) fn columns(shape: &Shape) -> Result<Vec<Field>> {
    columns_with(shape, |keys, values| DataType::Dictionary(Box::new(keys), Box::new(values)))
}

/// The columns as they are read here: dictionary columns as their bare keys, whose names the description holds.
/// The bytes are the same, and no dictionary of an untrusted file needs decoding.
pub(super) fn physical_columns(shape: &Shape) -> Result<Vec<Field>> {
    columns_with(shape, |keys, _| keys)
}

/// The written schema: the columns and the description, in a text of [`StoreInfo::to_text`](super::StoreInfo::to_text).
pub(super) fn schema(shape: &Shape, text: String, digest: String) -> Result<Schema> {
    let metadata = HashMap::from([(INFO_KEY.to_owned(), text), (INFO_DIGEST_KEY.to_owned(), digest)]);
    Ok(Schema::new(columns(shape)?).with_metadata(metadata))
}

/// The type of the `unknown` column.
pub(super) fn unknown_type() -> DataType {
    DataType::RunEndEncoded(
        Arc::new(Field::new("run_ends", DataType::Int32, false)),
        Arc::new(Field::new("values", DataType::Binary, true)),
    )
}

/// What a list of values holds.
pub(super) fn values_field() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, false))
}

/// Bytes of one row's mask.
pub(super) fn mask_bytes(shape: &Shape) -> usize {
    bit_bytes(shape.length)
}

fn columns_with(shape: &Shape, dictionary: impl Fn(DataType, DataType) -> DataType) -> Result<Vec<Field>> {
    let labels = match shape.task {
        Task::MultiLabel => DataType::FixedSizeBinary(width(shape.label_bytes())?),
        Task::MultiClass | Task::NextNucleotide => DataType::Int32,
        Task::Regression | Task::PoissonRegression => {
            DataType::FixedSizeList(values_field(), width(shape.labels.len())?)
        }
    };
    let mut fields = vec![
        Field::new("sequence", DataType::FixedSizeBinary(width(packed_bytes(shape.length))?), false),
        Field::new("unknown", unknown_type(), true),
        Field::new("labels", labels, false),
        Field::new("split", dictionary(DataType::Int8, DataType::Utf8), false),
    ];
    if !shape.chromosomes.is_empty() {
        fields.push(Field::new("chromosome", dictionary(DataType::Int32, DataType::Utf8), false));
        fields.push(Field::new("start", DataType::UInt64, false));
    }
    Ok(fields)
}

fn width(bytes: usize) -> Result<i32> {
    i32::try_from(bytes).map_err(|_| Error::input(format!("a row of {bytes} bytes is too long for a store")))
}
