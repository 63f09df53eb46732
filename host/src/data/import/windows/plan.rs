//! From settings and features to rows: which bins count, which labels stay, and the writing of the rows.

use super::super::bins::{Bins, Feature, Grid};
use super::super::genome::{Chromosome, Genome};
use super::super::labels::Features;
use super::super::{OnProgress, Progress};
use super::{Keep, WindowsOptions};
use crate::data::bases::{bit_at, bit_bytes};
use crate::data::store::{PerSplit, Place, Row, Split, StoreWriter, Target};
use crate::error::{Error, Result};

/// What the settings mean for this genome.
pub(super) struct Plan<'a> {
    pub(super) options: &'a WindowsOptions,
    pub(super) bins: Bins,
    pub(super) chromosomes: &'a [Chromosome],
    pub(super) splits: &'a [Option<Split>],
}

#[derive(Default)]
pub(super) struct Counted {
    pub(super) rows: PerSplit<u64>,
    pub(super) at_ends: u64,
    pub(super) without_split: u64,
    pub(super) without_label: u64,
}

impl Counted {
    pub(super) fn total(&self) -> u64 {
        self.rows.train + self.rows.valid + self.rows.test
    }
}

impl Plan<'_> {
    fn bits(&self, grid: Grid, features: &[Feature], labels: usize) -> Vec<u8> {
        grid.label(features, self.options.widen, self.options.overlap, labels)
    }

    /// Chromosomes of a split with their place, bins and features.
    fn chosen<'f>(&self, features: &'f Features) -> impl Iterator<Item = (usize, Split, Grid, &'f [Feature])> {
        let chromosomes = self.chromosomes.iter().zip(self.splits).zip(&features.by_chromosome).enumerate();
        chromosomes.filter_map(move |(index, ((chromosome, split), features))| {
            Some((index, (*split)?, self.bins.grid(chromosome.length), features.as_slice()))
        })
    }

    /// Leaves out labels with too few positive rows; how many.
    pub(super) fn drop_rare(&self, features: &mut Features) -> Result<u64> {
        if self.options.min_positives == 0 {
            return Ok(0);
        }
        let labels = features.labels.len();
        let mut positives = vec![0_u64; labels];
        for (_, _, grid, of_chromosome) in self.chosen(features) {
            for bits in self.bits(grid, of_chromosome, labels).chunks_exact(bit_bytes(labels)) {
                for (label, positives) in positives.iter_mut().enumerate() {
                    *positives += u64::from(bit_at(bits, label));
                }
            }
        }
        let least = self.options.min_positives;
        let mut kept = Vec::new();
        let mut renumbered = vec![None; labels];
        for ((name, positives), new) in features.labels.iter().zip(&positives).zip(&mut renumbered) {
            if *positives >= least {
                *new = u32::try_from(kept.len()).ok();
                kept.push(name.clone());
            }
        }
        if kept.is_empty() {
            let most = positives.iter().max().copied().unwrap_or(0);
            return Err(Error::input(format!(
                "no label has {least} positive rows, the commonest has {most}: ask for fewer"
            )));
        }
        for features in &mut features.by_chromosome {
            features.retain_mut(|feature| match renumbered.get(feature.label as usize).copied().flatten() {
                Some(label) => {
                    feature.label = label;
                    true
                }
                None => false,
            });
        }
        features.labels = kept;
        Ok((labels - features.labels.len()) as u64)
    }

    pub(super) fn count(&self, features: &Features) -> Counted {
        let mut counted = Counted::default();
        for (chromosome, split) in self.chromosomes.iter().zip(self.splits) {
            let grid = self.bins.grid(chromosome.length);
            counted.at_ends += grid.count_with_ends() - grid.count();
            counted.without_split += if split.is_none() { grid.count() } else { 0 };
        }
        let labels = features.labels.len();
        for (_, split, grid, of_chromosome) in self.chosen(features) {
            let mut rows = grid.count();
            if self.options.keep == Keep::Labelled {
                let bits = self.bits(grid, of_chromosome, labels);
                rows = bits.chunks_exact(bit_bytes(labels)).filter(|bits| bits.iter().any(|byte| *byte != 0)).count()
                    as u64;
            }
            *counted.rows.get_mut(split) += rows;
            counted.without_label += grid.count() - rows;
        }
        counted
    }

    /// Writes the rows; how many were left out for their unknown bases.
    pub(super) fn write(
        &self,
        features: &Features,
        genome: &mut Genome,
        writer: &mut StoreWriter,
        total: u64,
        progress: OnProgress<'_>,
    ) -> Result<u64> {
        let labels = features.labels.len();
        let length = usize::try_from(self.bins.length()).unwrap_or(usize::MAX);
        let (mut codes, mut mask) = (Vec::new(), Vec::new());
        let (mut done, mut left_out) = (0, 0);
        for (index, split, grid, of_chromosome) in self.chosen(features) {
            let sequence = genome.read(index)?;
            let all_bits = self.bits(grid, of_chromosome, labels);
            for (bin, bits) in (0..).zip(all_bits.chunks_exact(bit_bytes(labels))) {
                if self.options.keep == Keep::Labelled && bits.iter().all(|byte| *byte == 0) {
                    continue;
                }
                let start = grid.row_start(bin);
                let unknown = sequence.window(start, length, &mut codes, &mut mask);
                done += 1;
                if unknown as f64 > self.options.max_unknown * length as f64 {
                    left_out += 1;
                    continue;
                }
                let place = Some(Place { chromosome: u32::try_from(index).unwrap_or(u32::MAX), start });
                let unknown = (unknown > 0).then_some(mask.as_slice());
                writer.push(split, &Row { codes: &codes, unknown, target: Target::Bits(bits), place })?;
                if done % 4096 == 0 {
                    progress(Progress { stage: "packing rows", done, total: Some(total), unit: "rows" });
                }
            }
        }
        progress(Progress { stage: "packing rows", done, total: Some(total), unit: "rows" });
        Ok(left_out)
    }
}
