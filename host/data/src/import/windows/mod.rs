//! `data import windows`: bins over a genome, labelled by the features that overlap them.
//!
//! The genome is cut into bins; a row is a bin with some bases on either side, and has the labels of the features that
//! overlap its bin by enough (Zhou and Troyanskaya, Nature Methods 12:931, 2015), or the values of signals over its bin.
//! No two rows of different splits share a base. The labels of all bins are counted first, the rows written second:
//! everything that can be wrong with the settings is known before a row is written.

mod bins;
mod check;
mod column;
mod features;
mod labelling;
mod matched;
mod names;
mod options;
mod overlap;
mod plan;
mod tracks;

use super::label_groups;
use super::sources::describe;
use crate::error::Result;
use crate::formats::genome::Genome;
use crate::progress::{OnProgress, Progress};
use crate::splits::folds::Folds;
use crate::splits::{genome, refuse_empty_parts, refuse_empty_splits};
use crate::store::{Count, ImportRecord, Shape, StoreInfo, StoreWriter};
use labelling::Labelling;
pub use matched::{MatchOptions, MatchedBy};
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
    let folds = options.splits.dealt()?;
    options.repeats.check(folds.is_some())?;
    let genome_split = genome::split(&options.splits, &chromosomes)?;
    check::refuse_long_windows(bins, &chromosomes)?;
    let mut labelling = Labelling::read(options, &files, &chromosomes, progress)?;
    let valued = labelling.valued.clone();
    let plan = Plan { options, bins, chromosomes: &chromosomes, genome_split: &genome_split, valued: &valued };
    let rare = plan.drop_rare(&mut labelling)?;
    let matched = plan.draw_negatives(&mut labelling, &mut reference, progress)?;
    if let Some(matched) = &matched {
        matched.refuse_none(plan.away())?;
    }
    let counted = plan.count(&mut labelling, matched.as_ref())?;
    let mut how = options.splits.how(&chromosomes);
    if counted.across > 0 {
        how = format!("{how} ({} bins lie across an edge of a split)", counted.across);
    }
    if let Some(why) = labelling.without_values.first() {
        how = format!("{how}; {why}");
    }
    if options.splits.folds.is_none() {
        refuse_empty_splits(&counted.rows, &how)?;
    }

    let groups =
        options.groups.as_deref().map_or(Ok(Vec::new()), |file| label_groups::read(file, labelling.names()))?;
    let shape = Shape {
        length: usize::try_from(bins.length()).unwrap_or(usize::MAX),
        labels: labelling.names().to_vec(),
        task: files.task,
        chromosomes: chromosomes.iter().map(|chromosome| chromosome.name.clone()).collect(),
        groups,
        single_strand: options.rows.single_strand,
    };
    let mut writer = StoreWriter::create(&options.output, shape, options.overwrite)?;
    writer.deal_by(folds.map(Folds::dealer));
    let written =
        plan.write(&mut labelling, matched.as_ref(), &mut reference, &mut writer, counted.total(), progress)?;
    refuse_empty_parts(&writer, "the others have too many unknown bases; allow more of them")?;

    let (features, oddities) = (&labelling.features, labelling.oddities());
    let dropped = [
        Count::new("features outside the genome", features.counts.outside),
        Count::new("features without a base", features.counts.empty),
        Count::new("stretches of bedGraph files whose value is 0", features.counts.zeros),
        Count::new("chromosomes of tracks that are not those of the genome", labelling.outside),
        Count::new("ends of track items beyond the end of a chromosome", oddities.clipped),
        Count::new("track items without a base", oddities.empty),
        Count::new("features of labels that were not asked for", features.counts.unwanted),
        Count::new("tracks that were not asked for", labelling.unwanted),
        Count::new(format!("labels with fewer than {} positive rows", options.min_positives), rare),
        Count::new("bins whose row would leave the chromosome", counted.at_ends),
        Count::new("bins of no split", counted.without_split),
        Count::new("bins whose row lies across an edge of a split", counted.across),
        Count::new("bins of chromosomes for which a track has no values", counted.without_value),
        Count::new("bins without a label", counted.without_label),
    ];
    let unknown = options.rows.dropped("bins", usize::try_from(bins.length()).unwrap_or(usize::MAX), written.unknown);
    let read = [
        Count::new("chromosomes", chromosomes.len() as u64),
        Count::new("features", features.counts.read),
        Count::new("tracks", files.tracks.len() as u64),
    ];
    let mut warnings = features.warnings.clone();
    warnings.extend(matched.as_ref().and_then(matched::Matched::warning));
    warnings.extend(labelling.without_values.iter().cloned());
    warnings.extend(check::unlabelled(&writer.rows(), &written.labelled));
    let counts = |counts: &[Count]| -> Vec<Count> { counts.iter().filter(|count| count.count > 0).cloned().collect() };
    let mut settings = check::settings(options, &files);
    if let Some(matched) = &matched {
        let (seed, away) = (options.negatives.negatives_seed.unwrap_or(0), plan.away());
        settings.insert("negatives".into(), format!("gc, seed {seed}, away {away}, rows {}", matched.count()));
    }
    let mut record = ImportRecord {
        importer: "windows".into(),
        settings,
        sources,
        read: counts(&read),
        dropped: counts(&dropped).into_iter().chain(unknown).collect(),
        warnings,
        ..ImportRecord::default()
    };
    let total = Some(counted.total());
    options.repeats.apply(&mut writer, &mut record)?;
    writer.finish(record, &mut |done| {
        progress(Progress { stage: "writing the store", done, total, unit: "rows" });
    })
}

#[cfg(test)]
mod tests;
