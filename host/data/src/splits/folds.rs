//! Deals rows into folds: what belongs together into one, classes in equal shares, by a seed.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::grouping::{Extent, Grouping};
use super::likeness::Likeness;
use crate::error::{Error, Result};
use crate::store::{Dealer, Dealt, FEWEST_FOLDS, MOST_FOLDS, Row, Target};
use crate::text::grouped;

/// Steps that values are divided into, so that every fold gets small and large ones.
const STEPS: usize = 10;

/// The folds that rows are dealt into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Folds {
    /// How many.
    pub(crate) count: u32,
    /// Decides, with the rows, which fold they are in.
    pub(crate) seed: u64,
    /// What belongs together.
    pub(crate) together: Together,
}

/// What stays in one fold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Together {
    /// Equal or similar sequences, rows that share bases of a genome, and groups.
    Alike(Likeness),
    /// The rows in a block of so many bases of a genome; none lies across an edge of blocks.
    Blocks(u64),
}

impl Folds {
    /// Who deals rows into them.
    pub(crate) fn dealer(self) -> Box<dyn Dealer> {
        Box::new(Dealing::new(self))
    }
}

/// Deals by what belongs together and by labels.
struct Dealing {
    folds: Folds,
    belonging: Belonging,
    strata: Strata,
}

enum Belonging {
    Alike(Box<Grouping>),
    /// Chromosome and block of each row.
    Blocks(Vec<(u32, u64)>),
}

/// By what rows are alike for their labels.
enum Strata {
    /// The class, or a number for the set of labels.
    Classes(Vec<u64>),
    /// The first value.
    Values(Vec<f32>),
}

/// Refuses a number of folds that leaves nothing to train on, or that nobody would run.
pub(crate) fn check(count: u32) -> Result<()> {
    if (FEWEST_FOLDS..=MOST_FOLDS).contains(&count) {
        return Ok(());
    }
    Err(Error::input(format!(
        "--folds {count}: expected {FEWEST_FOLDS} to {MOST_FOLDS} folds, as in every run one is the test, one validates and the \
         others train"
    )))
}

impl Dealing {
    fn new(folds: Folds) -> Self {
        let belonging = match folds.together {
            Together::Alike(likeness) => Belonging::Alike(Box::new(Grouping::new(folds.seed, likeness))),
            Together::Blocks(_) => Belonging::Blocks(Vec::new()),
        };
        Self { folds, belonging, strata: Strata::Classes(Vec::new()) }
    }
}

impl Dealer for Dealing {
    fn count(&self) -> u32 {
        self.folds.count
    }

    fn add(&mut self, row: &Row<'_>, length: usize, groups: &[u64]) {
        let place = row.place;
        match &mut self.belonging {
            Belonging::Alike(grouping) => {
                let extent = place.map(|place| Extent {
                    chromosome: place.chromosome,
                    start: place.start,
                    end: place.start.saturating_add(length as u64),
                });
                grouping.add_parts(row.codes, row.unknown, length, extent, groups);
            }
            Belonging::Blocks(blocks) => {
                let bases = if let Together::Blocks(bases) = self.folds.together { bases.max(1) } else { 1 };
                blocks.push(place.map_or((0, 0), |place| (place.chromosome, place.start / bases)));
            }
        }
        match (&mut self.strata, row.target) {
            (Strata::Classes(all), Target::Class(class)) => all.push(class.into()),
            (Strata::Classes(all), Target::Bits(bits)) => all.push(number(0, bits)),
            (Strata::Values(all), Target::Values(values)) => all.push(values.first().copied().unwrap_or(0.0)),
            (strata, Target::Values(values)) => *strata = Strata::Values(vec![values.first().copied().unwrap_or(0.0)]),
            // An importer has one kind of target.
            (Strata::Values(all), _) => all.push(0.0),
        }
    }

    fn join_last_two(&mut self) {
        if let Belonging::Alike(grouping) = &mut self.belonging {
            grouping.join_last_two();
        }
    }

    /// Larger groups first, each into the fold that has the smallest share of the labels of its rows
    /// so far, among equal ones into the one with the fewest rows.
    ///
    /// # Errors
    ///
    /// There are fewer groups than folds.
    fn deal(self: Box<Self>) -> Result<Dealt> {
        let Self { folds: Folds { count, seed, together }, belonging, strata } = *self;
        let (clusters, numbers) = match belonging {
            Belonging::Alike(grouping) => grouping.clusters(),
            Belonging::Blocks(blocks) => of_blocks(&blocks, seed),
        };
        let strata = strata.of_rows();
        let mut rows: Vec<usize> = (0..clusters.len()).collect();
        let key = |row: usize| clusters.get(row).copied().unwrap_or(0);
        rows.sort_by_key(|row| key(*row));
        let mut groups: Vec<&[usize]> = rows.chunk_by(|left, right| key(*left) == key(*right)).collect();
        refuse_few(groups.len(), count, together)?;
        // The order of rows decides between groups of equal sequences alone.
        groups.sort_by_key(|rows| {
            let first = rows.first().map_or(0, |row| key(*row));
            (std::cmp::Reverse(rows.len()), numbers.get(first).copied().unwrap_or(0), first)
        });
        let mut total: BTreeMap<u64, u64> = BTreeMap::new();
        for stratum in &strata {
            *total.entry(*stratum).or_default() += 1;
        }
        let mut dealt = vec![(0_u64, BTreeMap::<u64, u64>::new()); count as usize];
        let mut folds = vec![0_u8; clusters.len()];
        for group in groups {
            let mut of_group: BTreeMap<u64, u64> = BTreeMap::new();
            for row in group {
                *of_group.entry(strata.get(*row).copied().unwrap_or(0)).or_default() += 1;
            }
            let share = |fold: &BTreeMap<u64, u64>| -> f64 {
                let of = |(stratum, rows): (&u64, &u64)| {
                    let (here, all) = (fold.get(stratum).unwrap_or(&0), total.get(stratum).unwrap_or(&1));
                    *rows as f64 * *here as f64 / *all as f64
                };
                of_group.iter().map(of).sum()
            };
            let shares = dealt.iter().map(|(rows, fold)| (share(fold), *rows)).zip(0_u8..);
            let least = shares.min_by(|((left, few), _), ((right, many), _)| left.total_cmp(right).then(few.cmp(many)));
            let Some((_, number)) = least else { continue };
            if let Some((rows, fold)) = dealt.get_mut(usize::from(number)) {
                *rows += group.len() as u64;
                for (stratum, more) in of_group {
                    *fold.entry(stratum).or_default() += more;
                }
            }
            for row in group {
                if let Some(fold) = folds.get_mut(*row) {
                    *fold = number;
                }
            }
        }
        Ok(Dealt { folds, warning: uneven(dealt.iter().map(|(rows, _)| *rows)) })
    }
}

impl Strata {
    /// A number for each row.
    fn of_rows(self) -> Vec<u64> {
        let values = match self {
            Self::Classes(classes) => return classes,
            Self::Values(values) => values,
        };
        let mut sorted = values.clone();
        sorted.sort_by(f32::total_cmp);
        let edges: Vec<f32> = (1..STEPS).filter_map(|step| sorted.get(step * sorted.len() / STEPS).copied()).collect();
        values.iter().map(|value| edges.partition_point(|edge| edge <= value) as u64).collect()
    }
}

/// The group of each row by its block, and a number for each.
fn of_blocks(blocks: &[(u32, u64)], seed: u64) -> (Vec<usize>, Vec<u64>) {
    let mut found: BTreeMap<(u32, u64), usize> = BTreeMap::new();
    let mut numbers = Vec::new();
    let groups = blocks
        .iter()
        .map(|&(chromosome, block)| {
            *found.entry((chromosome, block)).or_insert_with(|| {
                let place = [u64::from(chromosome).to_le_bytes(), block.to_le_bytes()].concat();
                numbers.push(number(seed, &place));
                numbers.len() - 1
            })
        })
        .collect();
    (groups, numbers)
}

fn number(seed: u64, bytes: &[u8]) -> u64 {
    let mut digest = Sha256::new();
    digest.update(seed.to_le_bytes());
    digest.update(bytes);
    digest.finalize().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn refuse_few(groups: usize, count: u32, together: Together) -> Result<()> {
    if groups >= count as usize {
        return Ok(());
    }
    if groups == 0 {
        return Err(Error::input(format!("--folds {count}: there is no row to deal")));
    }
    let what = match together {
        Together::Alike(_) => {
            "groups of rows that stay together (equal or similar sequences, shared bases, windows of one record, --group)"
                .to_owned()
        }
        Together::Blocks(bases) => format!("blocks of {} bases that have rows", grouped(bases)),
    };
    let instead = match (groups, together) {
        (0..=2, Together::Alike(_)) => "give more rows".to_owned(),
        (0..=2, Together::Blocks(_)) => "give smaller blocks with --block".to_owned(),
        (most, Together::Alike(_)) => format!("give at most {most}"),
        (most, Together::Blocks(_)) => format!("give at most {most}, or smaller blocks with --block"),
    };
    Err(Error::input(format!(
        "--folds {count}: every fold needs a group of its own, and there are {groups} {what}: {instead}"
    )))
}

/// What to say of folds that are far from equally large.
fn uneven(rows: impl Iterator<Item = u64> + Clone) -> Option<String> {
    let (least, most) = (rows.clone().min()?, rows.max()?);
    (most > least + least / 2 && most > least + 1).then(|| {
        format!(
            "folds have between {} and {} rows, as what belongs together stays together: runs of small ones say less",
            grouped(least),
            grouped(most)
        )
    })
}

#[cfg(test)]
mod tests;
