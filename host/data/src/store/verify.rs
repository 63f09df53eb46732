//! Compares every row of a store with the digest of its import.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type, UInt64Type};
use sha2::{Digest, Sha256};

use super::digest::content_digest;
use super::info::BATCH_ROWS;
use super::row::{Place, Row, Target};
use super::row_bytes::RowBytes;
use super::rows::OpenStore;
use super::task::Task;
use crate::error::Result;

pub(super) fn verify(store: &OpenStore, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let info = &store.file.info;
    let shape = &info.shape;
    let placed = !shape.chromosomes.is_empty();
    let columns = if placed { vec![3, 4, 5] } else { vec![3] };
    let changed = || store.damaged("its rows are not those that were written");
    let (parts, sizes) = (info.parts(), info.part_rows());
    let mut digests = vec![Sha256::new(); parts.count()];
    let mut row_bytes = RowBytes::new(shape);
    let mut row = 0_usize;
    // The part that comes next, and the row that it ends before.
    let mut part = 0_usize;
    let mut end = sizes.first().copied().unwrap_or(0);
    let mut values = Vec::new();
    for batch_index in 0..store.file.batches() {
        let batch = store.batch(batch_index, columns.clone())?;
        let found = batch.column(0).as_primitive_opt::<Int8Type>().ok_or_else(changed)?;
        for index in 0..batch.num_rows() {
            let packed = store.row(batch_index * BATCH_ROWS + index).ok_or_else(changed)?;
            while row as u64 >= end && part + 1 < sizes.len() {
                part += 1;
                end += sizes.get(part).copied().unwrap_or(0);
            }
            if usize::try_from(found.value(index)) != Ok(part) {
                return Err(changed());
            }
            let target = match shape.task {
                Task::MultiLabel => Target::Bits(packed.labels),
                Task::MultiClass | Task::NextNucleotide => Target::Class(
                    packed.labels.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(changed)?,
                ),
                Task::Regression | Task::PoissonRegression => {
                    values.clear();
                    values.extend(packed.labels.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
                    Target::Values(&values)
                }
            };
            let place = if placed {
                let key = batch.column(1).as_primitive_opt::<Int32Type>().ok_or_else(changed)?.value(index);
                let start = batch.column(2).as_primitive_opt::<UInt64Type>().ok_or_else(changed)?.value(index);
                Some(Place { chromosome: u32::try_from(key).map_err(|_| changed())?, start })
            } else {
                None
            };
            let row_of_store = Row { codes: packed.codes, unknown: packed.unknown, target, place };
            let bytes = row_bytes.fill(shape, &row_of_store).map_err(|_| changed())?;
            if let Some(digest) = digests.get_mut(part) {
                digest.update(bytes);
            }
            row += 1;
        }
        progress(row as u64);
    }
    if content_digest(shape, parts, digests)? == info.digest { Ok(()) } else { Err(changed()) }
}
