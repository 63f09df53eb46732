//! From settings and labels to rows: which bins count, which labels stay, and the writing of the rows.

use super::bins::{Bins, Grid};
use super::labelling::Labelling;
use super::options::{Keep, WindowsOptions};
use crate::bases::bit_at;
use crate::error::Result;
use crate::formats::genome::{Chromosome, Genome};
use crate::progress::{OnProgress, Progress};
use crate::splits::genome::{Assignment, GenomeSplit};
use crate::store::{PerSplit, Place, Row, StoreWriter, Target};

/// The settings applied to a genome.
pub(super) struct Plan<'a> {
    pub(super) options: &'a WindowsOptions,
    pub(super) bins: Bins,
    pub(super) chromosomes: &'a [Chromosome],
    pub(super) genome_split: &'a GenomeSplit,
    /// Of each chromosome, whether all tracks have values for it: a bin without a value is not a bin of value 0.
    pub(super) valued: &'a [bool],
}

#[derive(Default)]
pub(super) struct Counted {
    pub(super) rows: PerSplit<u64>,
    pub(super) at_ends: u64,
    pub(super) without_split: u64,
    pub(super) across: u64,
    pub(super) without_value: u64,
    pub(super) without_label: u64,
}

/// The rows that were written.
#[derive(Default)]
pub(super) struct Written {
    /// Rows left out for their unknown bases.
    pub(super) unknown: u64,
    /// Rows with a label.
    pub(super) labelled: PerSplit<u64>,
}

impl Counted {
    pub(super) fn total(&self) -> u64 {
        self.rows.train + self.rows.valid + self.rows.test
    }
}

impl Plan<'_> {
    /// The split of the row of a bin.
    fn assignment(&self, chromosome: usize, grid: &Grid, bin: u64) -> Assignment {
        let start = grid.row_start(bin);
        self.genome_split.assignment(chromosome, start, start + self.bins.length())
    }

    /// Whether all tracks have values for a chromosome.
    fn is_valued(&self, chromosome: usize) -> bool {
        self.valued.get(chromosome) == Some(&true)
    }

    /// Chromosomes that are in a split and have values, with their bins.
    fn chosen(&self) -> impl Iterator<Item = (usize, &Chromosome, Grid)> {
        let chromosomes = self.chromosomes.iter().enumerate();
        let chromosomes = chromosomes.filter(|(index, _)| self.genome_split.wants(*index) && self.is_valued(*index));
        chromosomes.map(|(index, chromosome)| (index, chromosome, self.bins.grid(chromosome.length)))
    }

    /// Leaves out labels with too few positive rows. Returns how many.
    pub(super) fn drop_rare(&self, labelling: &mut Labelling<'_>) -> Result<u64> {
        if self.options.min_positives == 0 {
            return Ok(0);
        }
        let mut positives = vec![0_u64; labelling.names().len()];
        for (index, chromosome, grid) in self.chosen() {
            for part in labelling.parts(grid) {
                let labelled = labelling.of(index, chromosome, &part)?;
                for (bin, place) in (0..part.count()).zip(0_usize..) {
                    let Target::Bits(bits) = labelled.target(place) else {
                        continue;
                    };
                    if matches!(self.assignment(index, &part, bin), Assignment::In(_)) {
                        for (label, positives) in positives.iter_mut().enumerate() {
                            *positives += u64::from(bit_at(bits, label));
                        }
                    }
                }
            }
        }
        labelling.drop_rare(&positives, self.options.min_positives)
    }

    pub(super) fn count(&self, labelling: &mut Labelling<'_>) -> Result<Counted> {
        let mut counted = Counted::default();
        for (index, chromosome) in self.chromosomes.iter().enumerate() {
            let grid = self.bins.grid(chromosome.length);
            counted.at_ends += grid.count_with_ends() - grid.count();
            match (self.genome_split.wants(index), self.is_valued(index)) {
                (false, _) => counted.without_split += grid.count(),
                (true, false) => counted.without_value += grid.count(),
                (true, true) => {}
            }
        }
        for (index, chromosome, grid) in self.chosen() {
            for part in labelling.parts(grid) {
                let labelled = match self.options.keep {
                    Keep::All => None,
                    Keep::Labelled => Some(labelling.of(index, chromosome, &part)?),
                };
                for (bin, place) in (0..part.count()).zip(0_usize..) {
                    match self.assignment(index, &part, bin) {
                        Assignment::Outside => counted.without_split += 1,
                        Assignment::Across => counted.across += 1,
                        Assignment::In(split) if labelled.as_ref().is_none_or(|labelled| labelled.any(place)) => {
                            *counted.rows.get_mut(split) += 1;
                        }
                        Assignment::In(_) => counted.without_label += 1,
                    }
                }
            }
        }
        Ok(counted)
    }

    /// Writes the rows.
    pub(super) fn write(
        &self,
        labelling: &mut Labelling<'_>,
        genome: &mut Genome,
        writer: &mut StoreWriter,
        total: u64,
        progress: OnProgress<'_>,
    ) -> Result<Written> {
        let length = usize::try_from(self.bins.length()).unwrap_or(usize::MAX);
        let (mut codes, mut mask) = (Vec::new(), Vec::new());
        let (mut done, mut written) = (0, Written::default());
        for (index, chromosome, grid) in self.chosen() {
            let sequence = genome.read(index)?;
            for part in labelling.parts(grid) {
                let labelled = labelling.of(index, chromosome, &part)?;
                for (bin, place) in (0..part.count()).zip(0_usize..) {
                    let Assignment::In(split) = self.assignment(index, &part, bin) else {
                        continue;
                    };
                    if self.options.keep == Keep::Labelled && !labelled.any(place) {
                        continue;
                    }
                    let start = part.row_start(bin);
                    let unknown = sequence.window(start, length, &mut codes, &mut mask);
                    done += 1;
                    if self.options.rows.refuses(usize::try_from(unknown).unwrap_or(usize::MAX), length) {
                        written.unknown += 1;
                        continue;
                    }
                    let target = labelled.target(place);
                    *written.labelled.get_mut(split) += u64::from(labelled.any(place));
                    let place = Some(Place { chromosome: u32::try_from(index).unwrap_or(u32::MAX), start });
                    let unknown = (unknown > 0).then_some(mask.as_slice());
                    writer.push(split, &Row { codes: &codes, unknown, target, place })?;
                    if done % 4096 == 0 {
                        progress(Progress { stage: "packing rows", done, total: Some(total), unit: "rows" });
                    }
                }
            }
        }
        progress(Progress { stage: "packing rows", done, total: Some(total), unit: "rows" });
        Ok(written)
    }
}
