//! The split of every base of a genome, as stretches of each chromosome.

use crate::formats::genome::Chromosome;
use crate::store::Split;

/// The split that a row is in, by the bases that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assignment {
    /// All its bases are in this split.
    In(Split),
    /// All its bases are in no split.
    Outside,
    /// Its bases are on both sides of an edge.
    Across,
}

/// The split of every base of a genome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GenomeSplit {
    /// For each chromosome its stretches in order, the last one ending with it.
    chromosomes: Vec<Vec<Stretch>>,
}

/// Neighbouring bases of one split, from the end of the stretch before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) end: u64,
    pub(super) split: Option<Split>,
}

impl GenomeSplit {
    /// From the stretches of each chromosome, built with [`add`].
    pub(super) fn new(chromosomes: Vec<Vec<Stretch>>) -> Self {
        Self { chromosomes }
    }

    /// The stretches of each chromosome.
    pub(super) fn stretches(&self) -> &[Vec<Stretch>] {
        &self.chromosomes
    }

    /// Each chromosome as a whole in one split.
    pub(crate) fn whole<'a>(of: impl Iterator<Item = (&'a Chromosome, Split)>) -> Self {
        let stretch =
            |(chromosome, split): (&Chromosome, _)| vec![Stretch { end: chromosome.length, split: Some(split) }];
        Self { chromosomes: of.map(stretch).collect() }
    }

    /// The split of the bases from `start` to `end` (excluded) of a chromosome.
    pub(crate) fn assignment(&self, chromosome: usize, start: u64, end: u64) -> Assignment {
        let stretches = self.chromosomes.get(chromosome).map_or([].as_slice(), Vec::as_slice);
        let first = stretches.partition_point(|stretch| stretch.end <= start);
        match stretches.get(first) {
            Some(stretch) if stretch.end >= end => stretch.split.map_or(Assignment::Outside, Assignment::In),
            _ => Assignment::Across,
        }
    }

    /// Whether some base of a chromosome is in a split.
    pub(crate) fn wants(&self, chromosome: usize) -> bool {
        self.chromosomes.get(chromosome).is_some_and(|stretches| stretches.iter().any(|part| part.split.is_some()))
    }
}

/// Adds a stretch, joined with the one before where both belong to the same split.
pub(super) fn add(stretches: &mut Vec<Stretch>, end: u64, split: Option<Split>) {
    match stretches.last_mut() {
        Some(last) if last.split == split => last.end = last.end.max(end),
        Some(last) if last.end >= end => {}
        None if end == 0 => {}
        _ => stretches.push(Stretch { end, split }),
    }
}
