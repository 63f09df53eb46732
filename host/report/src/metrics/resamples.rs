//! The averages of a split in each of its resamples, as a run keeps them beside its test metrics: a Parquet file.
//!
//! Resample b draws the same rows in every run on the same rows, so that two runs are compared resample by resample: what
//! the rows have in common for both cancels.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Float64Type;
use arrow_array::{Array as _, ArrayRef, Float64Array, RecordBatch};
use bytes::Bytes;
use genomenas_data::error::{Error, Result};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

use super::results::Resampling;

/// The averages of a split in each of its resamples.
#[derive(Clone, Debug, PartialEq)]
pub struct Resamples {
    /// The unit that was drawn.
    pub by: Resampling,
    /// The number of windows or chromosomes to draw from.
    pub blocks: usize,
    /// The seed of the draws.
    pub seed: u64,
    /// The averages, all with the same number of resamples.
    pub averages: Vec<ResampledAverage>,
}

/// One average in each resample.
#[derive(Clone, Debug, PartialEq)]
pub struct ResampledAverage {
    /// The group of labels that it is over; `None` for all.
    pub group: Option<String>,
    /// Its measure, by its name in files, or "accuracy".
    pub metric: String,
    /// Its values; `None` where undefined.
    pub values: Vec<Option<f64>>,
}

/// The name of the share of rows whose class is predicted.
pub(super) const ACCURACY: &str = "accuracy";
/// Where the file says how it was drawn, and what its columns are.
const KEY: &str = "genomenas.resamples";
/// More columns or rows than any file of ours has.
const MOST_RESAMPLES: usize = 1 << 20;

/// How the resamples were drawn.
#[derive(Serialize, Deserialize)]
struct Head {
    by: Resampling,
    blocks: usize,
    seed: u64,
    /// The group and the metric of each column.
    columns: Vec<(Option<String>, String)>,
}

impl Resamples {
    /// The values of an average over all labels, or over those of a group.
    pub fn of(&self, group: Option<&str>, metric: &str) -> Option<&[Option<f64>]> {
        let is = |average: &&ResampledAverage| average.group.as_deref() == group && average.metric == metric;
        self.averages.iter().find(is).map(|average| average.values.as_slice())
    }

    /// Whether resample b of both is the same rows, as far as the draws say.
    pub fn pairs_with(&self, other: &Self) -> bool {
        (self.by, self.blocks, self.seed) == (other.by, other.blocks, other.seed)
    }

    /// The file: a row per resample, a column per average ("auroc", or "group: auroc").
    ///
    /// # Errors
    ///
    /// The library cannot write it.
    pub fn to_parquet(&self) -> Result<Vec<u8>> {
        let columns = self.averages.iter().map(|average| (average.group.clone(), average.metric.clone())).collect();
        let head = Head { by: self.by, blocks: self.blocks, seed: self.seed, columns };
        let head = serde_json::to_string(&head)
            .map_err(|cause| Error::failed(format!("cannot write the resamples of the test split: {cause}")))?;
        self.written(head)
            .map_err(|cause| Error::failed(format!("cannot write the resamples of the test split as Parquet: {cause}")))
    }

    fn written(&self, head: String) -> std::result::Result<Vec<u8>, ParquetError> {
        // Names of columns differ, whatever groups are called.
        let name = |(number, average): (usize, &ResampledAverage)| match &average.group {
            None => average.metric.clone(),
            Some(group) => format!("{number} {group}: {}", average.metric),
        };
        let array = |average: &ResampledAverage| Arc::new(Float64Array::from(average.values.clone())) as ArrayRef;
        let named = self.averages.iter().enumerate().map(|column| (name(column), array(column.1), true));
        let batch = RecordBatch::try_from_iter_with_nullable(named)?;
        let properties =
            WriterProperties::builder().set_key_value_metadata(Some(vec![KeyValue::new(KEY.to_owned(), head)])).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
        writer.write(&batch)?;
        writer.into_inner()
    }

    /// Reads what [`to_parquet`](Self::to_parquet) wrote.
    ///
    /// # Errors
    ///
    /// It is another file, or damaged; the error says what is wrong, and the caller which file it was.
    pub fn from_parquet(bytes: Vec<u8>) -> std::result::Result<Self, String> {
        let failed = |cause: &dyn std::fmt::Display| format!("it is no Parquet file of resamples ({cause})");
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).map_err(|cause| failed(&cause))?;
        let file = reader.metadata().file_metadata();
        let head = file.key_value_metadata().into_iter().flatten().find(|pair| pair.key == KEY);
        let head =
            head.and_then(|pair| pair.value.as_deref()).ok_or_else(|| failed(&"it does not say how it was drawn"))?;
        let head: Head = serde_json::from_str(head).map_err(|cause| failed(&cause))?;
        let mut averages: Vec<ResampledAverage> = head
            .columns
            .into_iter()
            .map(|(group, metric)| ResampledAverage { group, metric, values: Vec::new() })
            .collect();
        for batch in reader.build().map_err(|cause| failed(&cause))? {
            let batch = batch.map_err(|cause| failed(&cause))?;
            if batch.num_columns() != averages.len() {
                return Err(failed(&format!("expected {} columns, found {}", averages.len(), batch.num_columns())));
            }
            for (average, column) in averages.iter_mut().zip(batch.columns()) {
                let values = column.as_primitive_opt::<Float64Type>();
                let values = values.ok_or_else(|| failed(&format!("{} is {}", average.metric, column.data_type())))?;
                average.values.extend(values.iter().map(|value| value.filter(|value| value.is_finite())));
                if average.values.len() > MOST_RESAMPLES {
                    return Err(failed(&format!("more than {MOST_RESAMPLES} resamples")));
                }
            }
        }
        Ok(Self { by: head.by, blocks: head.blocks, seed: head.seed, averages })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Bootstrap, Collector, MetricOptions, Thresholds};

    fn collector() -> Collector {
        let mut collector = Collector::new(2, 4).unwrap();
        collector.push(&[0.1, 0.9, 0.4, 0.3, 0.2, 0.6, 0.7, 0.8], &[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]).unwrap();
        collector
    }

    fn resamples(bootstrap: &Bootstrap) -> Resamples {
        let names = ["a", "b"].map(str::to_owned);
        let groups = ["x: auroc", ""].map(str::to_owned);
        let asked = MetricOptions { groups: &groups, thresholds: Thresholds::Best, ..MetricOptions::of(&names) };
        let (metrics, resamples) = collector().finish_with_resamples(&asked, bootstrap).unwrap();
        assert_eq!(metrics, collector().finish(&asked).unwrap(), "the metrics have no intervals");
        resamples
    }

    fn bootstrap(seed: u64) -> Bootstrap {
        Bootstrap::new(40, Resampling::Window, &[1, 2, 3, 4], 0.95, seed).unwrap()
    }

    #[test]
    fn resamples_survive_being_written_and_read_and_have_the_same_bytes_again() {
        let resamples = resamples(&bootstrap(1));
        let bytes = resamples.to_parquet().unwrap();
        assert_eq!(bytes, resamples.to_parquet().unwrap());
        assert_eq!(Resamples::from_parquet(bytes).unwrap(), resamples);
        assert_eq!(resamples.of(None, "auroc").unwrap().len(), 40);
        assert!(resamples.of(Some("x: auroc"), "f1").is_some() && resamples.of(Some("y"), "f1").is_none());
    }

    #[test]
    fn intervals_are_those_of_the_resamples() {
        let names = ["a", "b"].map(str::to_owned);
        let bootstrap = bootstrap(1);
        let asked =
            MetricOptions { bootstrap: Some(&bootstrap), thresholds: Thresholds::Best, ..MetricOptions::of(&names) };
        let interval = collector().finish(&asked).unwrap().averages.auprc.interval.unwrap();
        let mut values: Vec<f64> = resamples(&bootstrap).of(None, "auprc").unwrap().iter().flatten().copied().collect();
        values.sort_by(f64::total_cmp);
        assert_eq!(crate::statistics::quantile(&values, 0.975), Some(interval.high));
    }

    #[test]
    fn other_draws_do_not_pair_and_another_file_is_refused() {
        assert!(resamples(&bootstrap(1)).pairs_with(&resamples(&bootstrap(1))));
        assert!(!resamples(&bootstrap(1)).pairs_with(&resamples(&bootstrap(2))));
        assert!(Resamples::from_parquet(b"PAR1".to_vec()).is_err());
        let bytes = resamples(&bootstrap(1)).to_parquet().unwrap();
        for cut in [bytes.len() / 2, bytes.len() - 1] {
            assert!(Resamples::from_parquet(bytes[..cut].to_vec()).is_err());
        }
    }
}
