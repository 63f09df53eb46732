//! Signals over a genome (bigWig), summed up or averaged in each bin.

use std::path::{Path, PathBuf};

use super::bins::Grid;
use super::options::{Outside, Signal};
use crate::error::{Error, Result};
use crate::formats::bigwig::{BigWig, Oddities};
use crate::formats::genome::{ByName, Chromosome};
use crate::import::paths::stem;
use crate::text::{grouped, shortened};

/// Chromosomes named in a warning.
const CHROMOSOMES_SHOWN: usize = 5;

/// One signal.
pub(super) struct Track {
    /// The file's name without its ending: the label.
    pub(super) name: String,
    pub(super) path: PathBuf,
    file: BigWig,
    /// The track's number for each chromosome of the genome that it knows with the same length.
    numbers: Vec<Option<usize>>,
}

/// The label of a track: its file's name without the ending.
pub(super) fn name(path: &Path) -> String {
    stem(path, &["bw", "bigWig"])
}

impl Track {
    /// Opens a track of this genome. Also returns how many chromosomes are not the genome's and were left out, which
    /// only [`Outside::Drop`] allows.
    pub(super) fn open(path: &Path, genome: &ByName<'_>, outside: Outside) -> Result<(Self, u64)> {
        let file = BigWig::open(path)?;
        let mut numbers = vec![None; genome.all().len()];
        let (mut known, mut others) = (0, 0);
        let (mut agreeing, mut differing, mut example) = (0, 0, None);
        for (number, Chromosome { name, length }) in file.chromosomes().enumerate() {
            let of_genome = genome.get(name);
            let problem = match of_genome {
                Some((index, chromosome)) if chromosome.length == *length => {
                    if let Some(place) = numbers.get_mut(index) {
                        *place = Some(number);
                    }
                    known += 1;
                    agreeing += length;
                    continue;
                }
                Some((_, chromosome)) => {
                    differing += chromosome.length;
                    format!("has {length} bases, and {} in the genome", chromosome.length)
                }
                None => format!("is not in the genome, which has {}", genome.instead(name)),
            };
            let problem = format!("chromosome {:?} {problem}", shortened(name));
            if outside == Outside::Refuse {
                return Err(Error::input(format!(
                    "{}: {problem}; use the genome version that the track was made for, or drop what lies outside it",
                    path.display()
                )));
            }
            if of_genome.is_some() {
                example.get_or_insert(problem);
            }
            others += 1;
        }
        // A chromosome that many versions share, such as that of the mitochondria, does not make them one.
        if let Some(example) = example.filter(|_| differing > agreeing) {
            return Err(Error::input(format!(
                "{}: the track is of another version of the genome: {example}; of the chromosomes that both name, those of \
                 another length have {} bases in the genome, and those of the same length {}",
                path.display(),
                grouped(differing),
                grouped(agreeing)
            )));
        }
        if known == 0 {
            let first = file.chromosomes().next().map_or("", |chromosome| &chromosome.name);
            return Err(Error::input(format!(
                "{}: the track has no chromosome of the genome, which has {}",
                path.display(),
                genome.instead(first)
            )));
        }
        Ok((Self { name: name(path), path: path.to_owned(), file, numbers }, others))
    }

    /// Whether it has values for a chromosome of the genome.
    pub(super) fn knows(&self, index: usize) -> bool {
        self.numbers.get(index).copied().flatten().is_some()
    }

    /// A warning about chromosomes without values.
    pub(super) fn warning(&self, chromosomes: &[Chromosome]) -> Option<String> {
        let unknown: Vec<&Chromosome> =
            chromosomes.iter().enumerate().filter(|(index, _)| !self.knows(*index)).map(|(_, of)| of).collect();
        if unknown.is_empty() {
            return None;
        }
        let shown: Vec<String> = unknown.iter().take(CHROMOSOMES_SHOWN).map(|of| shortened(&of.name)).collect();
        Some(format!(
            "track {:?} does not know {} of the genome's chromosomes, or knows them with another length ({}{}): their bins \
             have no value and are left out",
            shortened(&self.name),
            grouped(unknown.len() as u64),
            shown.join(", "),
            if unknown.len() > shown.len() { ", …" } else { "" }
        ))
    }

    /// The oddities of the values that were read.
    pub(super) fn oddities(&self) -> Oddities {
        self.file.oddities()
    }

    /// The signal of every bin of a grid over a chromosome, whose place in the genome is `index`.
    pub(super) fn of(
        &mut self,
        index: usize,
        chromosome: &Chromosome,
        grid: &Grid,
        signal: Signal,
    ) -> Result<Vec<f32>> {
        let bin = grid.bins().bin();
        let mut sums = vec![0_f64; usize::try_from(grid.count()).unwrap_or(0)];
        let number = self.numbers.get(index).copied().flatten();
        if let (Some(number), false) = (number, sums.is_empty()) {
            self.file.values(number, grid.places(), &mut |stretch, value| {
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
