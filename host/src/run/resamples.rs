//! The file of the test split's resamples in a run's folder.

use std::path::Path;

use genomenas_data::error::Result;
use genomenas_data::files::{read_own, write_atomically};
use genomenas_data::hash::sha256;
use genomenas_report::metrics::Resamples;

use super::result::RunResult;
use super::settings::files;

/// Writes them, and returns the digest of the file.
///
/// # Errors
///
/// They cannot be written.
pub fn write(folder: &Path, resamples: &Resamples) -> Result<String> {
    let bytes = resamples.to_parquet()?;
    write_atomically(&folder.join(files::TEST_RESAMPLES), &bytes)?;
    Ok(sha256(&bytes))
}

/// Those of a finished run. Nothing where it kept none; where they are not as they were written, that is in the log, and the
/// report goes without them.
pub(crate) fn read(folder: &Path, result: &RunResult) -> Option<Resamples> {
    /// 200 resamples of some hundred averages are a megabyte.
    const MOST: u64 = 64 << 20;
    let expected = result.test_resamples_sha256.as_ref()?;
    let path = folder.join(files::TEST_RESAMPLES);
    let found = read_own(&path, MOST).map_err(|error| error.to_string()).and_then(|bytes| {
        let found = sha256(&bytes);
        if found != *expected {
            return Err(format!("it was changed since the run ended: expected the SHA-256 {expected}, found {found}"));
        }
        Resamples::from_parquet(bytes)
    });
    found.map_err(|why| log::warn!("left out of the report: {}: {why}", path.display())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use genomenas_report::metrics::{ResampledAverage, Resampling};

    #[test]
    fn what_was_written_is_read_and_what_was_changed_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let averages = vec![ResampledAverage {
            group: None,
            metric: "auroc".to_owned(),
            values: vec![Some(0.5), None, Some(0.75)],
        }];
        let resamples = Resamples { by: Resampling::Window, blocks: 3, seed: 1, averages };
        let digest = write(folder.path(), &resamples).unwrap();
        let mut result: RunResult = serde_json::from_str(r#"{"state":"done","seed":1}"#).unwrap();
        assert_eq!(read(folder.path(), &result), None, "its result names none");
        result.test_resamples_sha256 = Some(digest);
        assert_eq!(read(folder.path(), &result), Some(resamples));
        write_atomically(&folder.path().join(files::TEST_RESAMPLES), b"PAR1").unwrap();
        assert_eq!(read(folder.path(), &result), None);
    }
}
