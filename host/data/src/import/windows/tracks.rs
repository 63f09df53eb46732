//! Signals over a genome (bigWig), summed up or averaged in each bin.

use std::path::{Path, PathBuf};

use super::bins::Grid;
use super::options::{Outside, Signal};
use crate::error::{Error, Result};
use crate::formats::bigwig::BigWig;
use crate::formats::genome::{Chromosome, lengths};
use crate::import::paths::stem;

/// One signal.
pub(super) struct Track {
    /// The file's name without its ending: the label.
    pub(super) name: String,
    path: PathBuf,
    file: BigWig,
}

/// The label of a track: its file's name without the ending.
pub(super) fn name(path: &Path) -> String {
    stem(path, &["bw", "bigWig"])
}

impl Track {
    /// Opens a track of this genome. Also returns how many chromosomes are not the genome's and were left out, which
    /// only [`Outside::Drop`] allows.
    pub(super) fn open(path: &Path, chromosomes: &[Chromosome], outside: Outside) -> Result<(Self, u64)> {
        let file = BigWig::open(path)?;
        let (mut known, mut others) = (0, 0);
        for Chromosome { name, length } in file.chromosomes() {
            let of_genome = chromosomes.iter().find(|chromosome| chromosome.name == *name);
            let problem = match of_genome {
                Some(chromosome) if chromosome.length == *length => {
                    known += 1;
                    continue;
                }
                Some(chromosome) => format!("has {length} bases, and {} in the genome", chromosome.length),
                None => format!("is not in the genome, which has {}", lengths(chromosomes)),
            };
            if outside == Outside::Refuse {
                return Err(Error::input(format!(
                    "{}: chromosome {name:?} {problem}; use the genome version that the track was made for, or drop \
                     what lies outside it",
                    path.display()
                )));
            }
            others += 1;
        }
        if known == 0 {
            return Err(Error::input(format!(
                "{}: the track has no chromosome of the genome, which has {}",
                path.display(),
                lengths(chromosomes)
            )));
        }
        Ok((Self { name: name(path), path: path.to_owned(), file }, others))
    }

    /// The signal of every bin of a grid over a chromosome.
    pub(super) fn of(&mut self, chromosome: &Chromosome, grid: &Grid, signal: Signal) -> Result<Vec<f32>> {
        let bin = grid.bins().bin();
        let mut sums = vec![0_f64; usize::try_from(grid.count()).unwrap_or(0)];
        // A chromosome of another length is another chromosome.
        let same = self.file.chromosomes().any(|other| other == chromosome);
        if let Some(last) = grid.count().checked_sub(1).filter(|_| same) {
            let places = grid.bin_start(0)..grid.bin_start(last) + bin;
            self.file.values(&chromosome.name, places, &mut |stretch, value| {
                for index in grid.touching(stretch.start, stretch.end) {
                    let start = grid.bin_start(index);
                    let shared = stretch.end.min(start + bin).saturating_sub(stretch.start.max(start));
                    if let Some(sum) = sums.get_mut(usize::try_from(index).unwrap_or(usize::MAX)) {
                        *sum += shared as f64 * f64::from(value);
                    }
                }
            })?;
        }
        let bases = if signal == Signal::Mean { bin as f64 } else { 1.0 };
        let values = sums.into_iter().zip(0..).map(|(sum, index)| {
            #[expect(clippy::cast_possible_truncation, reason = "labels have single precision; too large is infinite")]
            let value = (sum / bases) as f32;
            if value.is_finite() {
                return Ok(value);
            }
            let start = grid.bin_start(index);
            Err(self.wrong(chromosome, start, bin, &format!("is {}, too large a number", sum / bases)))
        });
        values.collect()
    }

    /// An error about the signal of a bin.
    pub(super) fn wrong(&self, chromosome: &Chromosome, start: u64, bin: u64, what: &str) -> Error {
        let (path, name) = (self.path.display(), &chromosome.name);
        Error::input(format!("{path}: the signal of the bin {name}:{}-{} {what}", start + 1, start + bin))
    }
}
