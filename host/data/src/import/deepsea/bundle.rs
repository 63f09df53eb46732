//! A file of the bundle: its container, which its content shows, and the two arrays in it.

use std::path::{Path, PathBuf};

use super::array::Array;
use crate::bases::CHANNELS;
use crate::error::{Error, Result};
use crate::formats::hdf5::{Hdf5, superblock};
use crate::formats::mat5::{Mat5, byte_order};
use crate::formats::parts::Parts;
use crate::store::{LONGEST, MOST_LABELS, Split};

/// A file of the bundle.
pub(super) struct Bundle {
    pub(super) path: PathBuf,
    pub(super) parts: Parts,
    /// Position, channel, sample.
    pub(super) bases: Array,
    /// Label, sample.
    pub(super) labels: Array,
    pub(super) samples: u64,
    pub(super) length: usize,
    pub(super) label_count: usize,
}

impl Bundle {
    /// Opens the file of a split and finds what the bundle has in it.
    pub(super) fn open(path: &Path, split: Split) -> Result<Self> {
        let parts = Parts::open(path)?;
        let in_file = |error: Error| error.context(path.display());
        let names = [format!("{}xdata", split.name()), format!("{}data", split.name())];
        let [bases, labels] = find(&parts, &names).map_err(in_file)?;
        let (length, label_count) = check(&bases, &labels).map_err(in_file)?;
        Ok(Self { path: path.to_owned(), samples: bases.samples(), parts, bases, labels, length, label_count })
    }
}

/// The two arrays of these names.
fn find(parts: &Parts, names: &[String; 2]) -> Result<[Array; 2]> {
    let [bases, labels] = names;
    let (found, bases_array, labels_array) = if let Some(base) = superblock(parts)? {
        let file = Hdf5::open(parts, base)?;
        (file.names()?, file.dataset(bases)?.map(Array::from), file.dataset(labels)?.map(Array::from))
    } else if let Some(little) = byte_order(parts)? {
        let file = Mat5::new(parts, little);
        (file.names()?, file.matrix(bases)?.map(Array::from), file.matrix(labels)?.map(Array::from))
    } else {
        return Err(Error::input(
            "it is neither an HDF5 (MATLAB 7.3) nor a MATLAB 5 file; expected a .mat file of the DeepSEA bundle",
        ));
    };
    match (bases_array, labels_array) {
        (Some(bases), Some(labels)) => Ok([bases, labels]),
        (bases_array, _) => {
            let missing = if bases_array.is_none() { bases } else { labels };
            let found: Vec<&str> = found.iter().map(String::as_str).take(20).collect();
            let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
            Err(Error::input(format!("there is no variable {missing:?} in it; it holds {found}")))
        }
    }
}

/// Bases a row and labels, of arrays of the right shape.
fn check(bases: &Array, labels: &Array) -> Result<(usize, usize)> {
    let [length, channels, samples] = bases.axes[..] else {
        return Err(Error::input(format!(
            "{} is {} (as MATLAB shows it): expected samples x {CHANNELS} x positions",
            bases.name,
            bases.shape()
        )));
    };
    let [label_count, label_samples] = labels.axes[..] else {
        return Err(Error::input(format!(
            "{} is {} (as MATLAB shows it): expected samples x labels",
            labels.name,
            labels.shape()
        )));
    };
    if channels != CHANNELS as u64 {
        return Err(Error::input(format!(
            "{} is {} (as MATLAB shows it): expected samples x {CHANNELS} x positions, with channels in \
             the order A, G, C, T",
            bases.name,
            bases.shape()
        )));
    }
    if samples != label_samples {
        return Err(Error::input(format!(
            "{} has {samples} samples and {} has {label_samples}: expected as many, as the \
             first axis in MATLAB and the last in HDF5",
            bases.name, labels.name
        )));
    }
    if samples == 0 || samples > u64::from(u32::MAX) {
        return Err(Error::input(format!("{} has {samples} samples: expected 1 to {}", bases.name, u32::MAX)));
    }
    let bounded = |number: u64, most: usize| usize::try_from(number).ok().filter(|number| (1..=most).contains(number));
    let length = bounded(length, LONGEST)
        .ok_or_else(|| Error::input(format!("{} has {length} positions: expected 1 to {LONGEST}", bases.name)))?;
    let label_count = bounded(label_count, MOST_LABELS).ok_or_else(|| {
        Error::input(format!("{} has {label_count} labels: expected 1 to {MOST_LABELS}", labels.name))
    })?;
    Ok((length, label_count))
}
