//! The blocks of rows that are drawn for intervals: windows or chromosomes.

use genomenas_data::{Error, OtherStrand, Result, Rows};
use genomenas_report::metrics::{Bootstrap, Resampling};

use genomenas_report::metrics::Intervals;

/// The bootstrap of chosen rows of a split.
///
/// Where a split holds both strands of its windows and each is scored by itself, the two are drawn together.
///
/// # Errors
///
/// Chromosomes are to be drawn and the rows have no places in a genome, or there is only one to draw.
pub(super) fn bootstrap(
    rows: &Rows,
    chosen: &[u32],
    other: Option<OtherStrand>,
    intervals: &Intervals,
) -> Result<Bootstrap> {
    let blocks = match intervals.by {
        Resampling::Window => windows(rows, chosen, other),
        Resampling::Chromosome => chromosomes(rows, chosen)?,
    };
    Bootstrap::new(intervals.resamples, intervals.by, &blocks, intervals.confidence, intervals.seed)
}

/// The bootstrap of a run's own resamples, the same in every run on these rows: of chromosomes where the split has enough of
/// them, because neighbouring windows are alike, and otherwise of windows.
///
/// # Errors
///
/// There are too few windows, or too many.
pub(super) fn of_a_run(rows: &Rows, chosen: &[u32], other: Option<OtherStrand>) -> Result<Bootstrap> {
    /// Of fewer, intervals are known to be too narrow.
    const ENOUGH: usize = 10;
    const RESAMPLES: u32 = 200;
    const SEED: u64 = 1;
    let of = |by, blocks: &[u32]| Bootstrap::new(RESAMPLES, by, blocks, 0.95, SEED);
    if rows.info().shape.chromosomes.len() >= ENOUGH
        && let Ok(blocks) = chromosomes(rows, chosen)
    {
        let mut names = blocks.clone();
        names.sort_unstable();
        names.dedup();
        if names.len() >= ENOUGH {
            return of(Resampling::Chromosome, &blocks);
        }
    }
    of(Resampling::Window, &windows(rows, chosen, other))
}

fn windows(rows: &Rows, chosen: &[u32], other: Option<OtherStrand>) -> Vec<u32> {
    match OtherStrand::of(rows) {
        OtherStrand::Stored(half) if other.is_none() => chosen.iter().map(|row| row % half.max(1)).collect(),
        OtherStrand::Stored(_) | OtherStrand::Computed => chosen.to_vec(),
    }
}

fn chromosomes(rows: &Rows, chosen: &[u32]) -> Result<Vec<u32>> {
    let split = rows.split().name();
    let Some(positions) = rows.positions(chosen)? else {
        return Err(Error::input(format!(
            "the rows of the {split} split have no places in a genome, so no chromosomes can be drawn from: draw windows"
        )));
    };
    let names = &rows.info().shape.chromosomes;
    let number = |name: &str| names.iter().position(|other| other == name).and_then(|at| u32::try_from(at).ok());
    positions
        .iter()
        .map(|position| {
            number(&position.chromosome)
                .ok_or_else(|| Error::bug(format!("the data does not name the chromosome {}", position.chromosome)))
        })
        .collect()
}
