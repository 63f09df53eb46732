//! `data import windows`: bins over a genome, labelled by the features that overlap them.
//!
//! The genome is cut into bins; a row is a bin with some bases on either side, and has the labels of the features that
//! overlap its bin by enough (Zhou and Troyanskaya, Nature Methods 12:931, 2015), or the values of signals over its bin.
//! No two rows of different splits share a base. The labels of all bins are counted first, the rows written second:
//! everything that can be wrong with the settings is known before a row is written.

mod bins;
mod check;
mod features;
mod labelling;
mod options;
mod overlap;
mod plan;
mod tracks;

use super::label_groups;
use super::sources::describe;
use crate::error::Result;
use crate::formats::genome::Genome;
use crate::progress::{OnProgress, Progress};
use crate::splits::{genome, refuse_empty_splits};
use crate::store::{Count, ImportRecord, Shape, StoreInfo, StoreWriter};
use labelling::Labelling;
pub use options::{Keep, LabelFrom, Outside, Signal, WindowsOptions};
pub use overlap::Overlap;
use plan::Plan;

/// Imports; returns what was written.
pub fn import(options: &WindowsOptions, progress: OnProgress<'_>) -> Result<StoreInfo> {
    let (bins, files) = check::check(options)?;
    let mut sources = vec![describe(&options.genome, progress)?];
    for file in options.labels.iter().chain(&options.groups) {
        sources.push(describe(file, progress)?);
    }
    let mut reference = Genome::open(&options.genome, progress)?;
    let chromosomes = reference.chromosomes().to_vec();
    let genome_split = genome::split(&options.splits, &chromosomes)?;
    check::refuse_long_windows(bins, &chromosomes)?;
    let mut labelling = Labelling::read(options, &files, &chromosomes, progress)?;
    let plan = Plan { options, bins, chromosomes: &chromosomes, genome_split: &genome_split };
    let rare = plan.drop_rare(&mut labelling)?;
    let counted = plan.count(&mut labelling)?;
    let how = match counted.across {
        0 => options.splits.how(&chromosomes),
        across => format!("{} ({across} bins lie across an edge of a split)", options.splits.how(&chromosomes)),
    };
    refuse_empty_splits(&counted.rows, &how)?;

    let groups =
        options.groups.as_deref().map_or(Ok(Vec::new()), |file| label_groups::read(file, labelling.names()))?;
    let shape = Shape {
        length: usize::try_from(bins.length()).unwrap_or(usize::MAX),
        labels: labelling.names().to_vec(),
        task: files.task,
        chromosomes: chromosomes.iter().map(|chromosome| chromosome.name.clone()).collect(),
        groups,
    };
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    let unknown = plan.write(&mut labelling, &mut reference, &mut writer, counted.total(), progress)?;
    refuse_empty_splits(&writer.rows(), "the others have too many unknown bases; allow more of them")?;

    let features = &labelling.features;
    let dropped = [
        Count::new("features outside the genome", features.outside),
        Count::new("chromosomes of tracks that are not those of the genome", labelling.outside),
        Count::new("features of labels that were not asked for", features.unwanted),
        Count::new("tracks that were not asked for", labelling.unwanted),
        Count::new(format!("labels with fewer than {} positive rows", options.min_positives), rare),
        Count::new("bins whose row would leave the chromosome", counted.at_ends),
        Count::new("bins of no split", counted.without_split),
        Count::new("bins whose row lies across an edge of a split", counted.across),
        Count::new("bins without a label", counted.without_label),
        Count::new(format!("bins with more than {} unknown bases", options.max_unknown), unknown),
    ];
    let read = [
        Count::new("chromosomes", chromosomes.len() as u64),
        Count::new("features", features.read),
        Count::new("tracks", files.tracks.len() as u64),
    ];
    let counts = |counts: &[Count]| counts.iter().filter(|count| count.count > 0).cloned().collect();
    let record = ImportRecord {
        importer: "windows".into(),
        settings: check::settings(options, &files),
        sources,
        read: counts(&read),
        dropped: counts(&dropped),
        ..ImportRecord::default()
    };
    let total = Some(counted.total());
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

#[cfg(test)]
mod tests;
