//! A share of train for validation, where the bundle has no file of it.

use super::blocks;
use super::bundle::Bundle;
use super::options::DeepseaOptions;
use crate::bases::Packed;
use crate::error::{Error, Result};
use crate::progress::OnProgress;
use crate::splits::ClusterOptions;
use crate::splits::shares::{Assigning, Decided};
use crate::store::Split;

/// The split of each row of train, from a reading of its own; `None` where shares decide nothing.
pub(super) fn splits(
    options: &DeepseaOptions,
    decided: Decided,
    train: &Bundle,
    progress: OnProgress<'_>,
) -> Result<Option<Vec<Split>>> {
    let likeness = options.rows.likeness(&ClusterOptions::default());
    let Some(mut assigning) = Assigning::new(decided, options.shares().seed(), likeness) else {
        return Ok(None);
    };
    let (mut read, mut codes, mut mask) = (0, Vec::new(), Vec::new());
    for range in blocks::blocks(train)? {
        blocks::read(train, &range, &mut read, progress)?.rows(|row| {
            row.codes(&mut codes);
            let unknown = if row.unknown(&mut mask) { mask.clone() } else { Vec::new() };
            let packed = Packed::from_parts(train.length, codes.clone(), unknown);
            assigning.add(Some(Split::Train), &packed, None, None);
            Ok::<(), Error>(())
        })?;
    }
    assigning.assign().map(Some)
}
