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
