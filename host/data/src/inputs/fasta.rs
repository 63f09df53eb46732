//! Windows of the records of a FASTA or `.2bit` file.

use std::path::Path;

use super::fit::Fit;
use super::window::{OnWindow, Window};
use crate::error::{Error, Result};
use crate::formats::genome::records;
use crate::progress::OnProgress;
use crate::text::{printable, shortened};

/// Calls `each` with the windows of the records of a file, in its order: FASTA text (plain, gzip or bgzip) or `.2bit`.
///
/// # Errors
///
/// The file cannot be read, has no records, or has one that does not fit where the rule refuses it.
pub fn fasta(path: &Path, fit: Fit, progress: OnProgress<'_>, each: OnWindow<'_>) -> Result<()> {
    let length = usize::try_from(fit.length).unwrap_or(usize::MAX);
    let mut number = 0_u64;
    records::read(path, None, progress, &mut |record, sequence| {
        number += 1;
        let bases = sequence.length();
        let what = || format!("{}: sequence {number}, {:?},", path.display(), printable(&shortened(record.name)));
        for start in fit.starts(bases, &what)? {
            let (first, window) = match u64::try_from(start) {
                Ok(first) => (first, sequence.packed(first, length)),
                Err(_) => (0, sequence.packed(0, usize::try_from(bases).unwrap_or(usize::MAX)).centred(length)),
            };
            each(Window {
                name: Some(record.name.to_owned()),
                chromosome: None,
                start: first,
                end: start.saturating_add_unsigned(fit.length).unsigned_abs().min(bases),
                sequence: window,
            })?;
        }
        Ok(())
    })?;
    if number == 0 {
        return Err(Error::input(format!("{} holds no sequences", path.display())));
    }
    Ok(())
}
