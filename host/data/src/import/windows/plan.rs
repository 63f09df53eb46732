//! From settings and labels to rows: which bins count, which labels stay, and the writing of the rows.

use super::bins::{Bins, Feature, Grid};
use super::labelling::Labelling;
use super::matched::{self, Matched, Matching, Taken};
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

    /// Bases between the row of a negative and the nearest feature or labelled bin, at least.
    pub(super) fn away(&self) -> u64 {
        self.options.negatives.negatives_away.unwrap_or(self.bins.length())
    }

    /// The bins that are negatives, where some are asked for.
    pub(super) fn draw_negatives(
        &self,
        labelling: &mut Labelling<'_>,
        genome: &mut Genome,
        progress: OnProgress<'_>,
    ) -> Result<Option<Matched>> {
        if self.options.negatives.negatives.is_none() {
            return Ok(None);
        }
        let (mut matching, away, length) = (Matching::default(), self.away(), self.bins.length());
        let bases = usize::try_from(length).unwrap_or(usize::MAX);
        let (mut codes, mut mask) = (Vec::new(), Vec::new());
        for (index, chromosome, grid) in self.chosen() {
            let sequence = genome.read(index)?;
            let taken = self.taken(labelling, index, chromosome, grid)?;
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            for part in labelling.parts(grid) {
                let labelled = labelling.of(index, chromosome, &part)?;
                for (bin, place) in (0..part.count()).zip(0_usize..) {
                    let (start, any) = (part.row_start(bin), labelled.any(place));
                    let Assignment::In(split) = self.assignment(index, &part, bin) else { continue };
                    if !any && !taken.is_away(start, start + length, away) {
                        continue;
                    }
                    let unknown = sequence.window(start, bases, &mut codes, &mut mask);
                    if self.options.rows.refuses(usize::try_from(unknown).unwrap_or(usize::MAX), bases) {
                        continue;
                    }
                    let cell = matched::cell(&sequence, start, length, &codes, unknown);
                    if any {
                        matching.positive(split, cell);
                    } else {
                        matching.candidate(split, cell, number, start);
                    }
                }
            }
            progress(Progress {
                stage: "looking for negatives",
                done: index as u64 + 1,
                total: None,
                unit: "chromosomes",
            });
        }
        Ok(Some(matching.draw(&self.options.negatives)))
    }

    /// What negatives keep away from on a chromosome: features as wide as they count, and bins with a label.
    fn taken(&self, labelling: &mut Labelling<'_>, index: usize, chromosome: &Chromosome, grid: Grid) -> Result<Taken> {
        let widen = self.options.widen;
        let features = labelling.features.by_chromosome.get(index).map_or([].as_slice(), Vec::as_slice);
        let wide = |feature: &Feature| {
            (u64::from(feature.start).saturating_sub(widen), u64::from(feature.end).saturating_add(widen))
        };
        let mut taken: Vec<(u64, u64)> = features.iter().map(wide).collect();
        for part in labelling.parts(grid) {
            let labelled = labelling.of(index, chromosome, &part)?;
            let bins = (0..part.count()).zip(0_usize..).filter(|(_, place)| labelled.any(*place));
            taken.extend(bins.map(|(bin, _)| (part.bin_start(bin), part.bin_start(bin) + self.bins.bin())));
        }
        Ok(Taken::new(taken))
    }

    pub(super) fn count(&self, labelling: &mut Labelling<'_>, negatives: Option<&Matched>) -> Result<Counted> {
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
                let labelled = match self.options.kept() {
                    Keep::All => None,
                    Keep::Labelled => Some(labelling.of(index, chromosome, &part)?),
                };
                for (bin, place) in (0..part.count()).zip(0_usize..) {
                    match self.assignment(index, &part, bin) {
                        Assignment::Outside => counted.without_split += 1,
                        Assignment::Across => counted.across += 1,
                        Assignment::In(split)
                            if labelled.as_ref().is_none_or(|labelled| labelled.any(place))
                                || negatives.is_some_and(|bins| bins.has(index, part.row_start(bin))) =>
                        {
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
        negatives: Option<&Matched>,
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
                    let start = part.row_start(bin);
                    let is_negative = || negatives.is_some_and(|bins| bins.has(index, start));
                    if self.options.kept() == Keep::Labelled && !labelled.any(place) && !is_negative() {
                        continue;
                    }
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
