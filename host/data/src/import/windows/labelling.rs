//! The labels of bins: from features that overlap them, and from signals over them.

use super::bins::Grid;
use super::check::Files;
use super::features::{self, Features, Reading};
use super::options::WindowsOptions;
use super::tracks::{self, Track};
use crate::bases::{bit_bytes, set_bit};
use crate::error::{Error, Result};
use crate::formats::bigwig::Oddities;
use crate::formats::genome::{ByName, Chromosome};
use crate::progress::OnProgress;
use crate::store::{Target, Task};

/// Bytes of labels that are computed at once.
const LABEL_BYTES: u64 = 64 << 20;

/// The sources of labels.
pub(super) struct Labelling<'a> {
    options: &'a WindowsOptions,
    task: Task,
    pub(super) features: Features,
    /// Each with its label.
    tracks: Vec<(u32, Track)>,
    /// Chromosomes of tracks that are not those of the genome.
    pub(super) outside: u64,
    /// Tracks that were not asked for.
    pub(super) unwanted: u64,
    /// Of each chromosome of the genome, whether all tracks have values for it.
    pub(super) valued: Vec<bool>,
    /// Warnings about tracks that have none for some.
    pub(super) without_values: Vec<String>,
}

/// The labels of some bins.
pub(super) enum Labelled {
    /// Bits, and the bytes of a bin.
    Bits(Vec<u8>, usize),
    /// Values, and how many a bin has.
    Values(Vec<f32>, usize),
}

impl<'a> Labelling<'a> {
    pub(super) fn read(
        options: &'a WindowsOptions,
        files: &Files,
        chromosomes: &[Chromosome],
        progress: OnProgress<'_>,
    ) -> Result<Self> {
        let names: Vec<String> = files.tracks.iter().map(|file| tracks::name(file)).collect();
        let missing = options.only_labels.iter().find(|wanted| files.features.is_empty() && !names.contains(wanted));
        if let Some(missing) = missing {
            return Err(Error::input(format!(
                "no track has the label {missing:?}; the labels are {}",
                names.join(", ")
            )));
        }
        let genome = ByName::new(chromosomes);
        let (mut opened, mut outside, mut unwanted) = (Vec::<Track>::new(), 0, 0);
        for (file, name) in files.tracks.iter().zip(&names) {
            if !options.only_labels.is_empty() && !options.only_labels.contains(name) {
                unwanted += 1;
                continue;
            }
            let (track, others) = Track::open(file, &genome, options.outside)?;
            outside += others;
            opened.push(track);
        }
        let names: Vec<_> = opened.iter().map(|track| (track.name.as_str(), track.path.as_path())).collect();
        let reading = Reading {
            genome: &genome,
            from: options.label_from,
            outside: options.outside,
            wanted: &options.only_labels,
        };
        let features = features::read(&files.features, reading, &names, progress)?;
        let without_values = opened.iter().filter_map(|track| track.warning(chromosomes)).collect();
        let valued = (0..chromosomes.len()).map(|index| opened.iter().all(|track| track.knows(index))).collect();
        let label = |track: &Track| (0..).zip(&features.labels).find(|(_, name)| **name == track.name);
        let tracks = opened.into_iter().filter_map(|track| Some((label(&track)?.0, track))).collect();
        Ok(Self { options, task: files.task, features, tracks, outside, unwanted, valued, without_values })
    }

    /// The oddities of the tracks' values that were read.
    pub(super) fn oddities(&self) -> Oddities {
        self.tracks.iter().fold(Oddities::default(), |sum, (_, track)| {
            let of_track = track.oddities();
            Oddities { clipped: sum.clipped + of_track.clipped, empty: sum.empty + of_track.empty }
        })
    }

    /// The labels in their order.
    pub(super) fn names(&self) -> &[String] {
        &self.features.labels
    }

    /// The bins of a grid in parts that are labelled at once.
    pub(super) fn parts(&self, grid: Grid) -> impl Iterator<Item = Grid> + use<> {
        let width = if self.task.is_regression() { 4 * self.names().len() } else { bit_bytes(self.names().len()) };
        grid.parts(LABEL_BYTES / width.max(1) as u64)
    }

    /// The labels of the bins of a chromosome, whose index in the genome is `index`.
    pub(super) fn of(&mut self, index: usize, chromosome: &Chromosome, grid: &Grid) -> Result<Labelled> {
        let labels = self.features.labels.len();
        let bins = usize::try_from(grid.count()).unwrap_or(0);
        if self.task.is_regression() {
            let mut values = vec![0.0; bins * labels];
            for (label, track) in &mut self.tracks {
                let signal = track.of(index, chromosome, grid, self.options.signal)?;
                let negative = signal.iter().position(|value| *value < 0.0);
                if let Some(bin) = negative.filter(|_| self.task == Task::PoissonRegression) {
                    let start = grid.bin_start(bin as u64);
                    let what = "is negative: a Poisson regression needs counts or rates, 0 or more";
                    return Err(track.wrong(chromosome, start, self.options.bin, what));
                }
                for (row, value) in values.chunks_exact_mut(labels).zip(signal) {
                    if let Some(place) = row.get_mut(*label as usize) {
                        *place = value;
                    }
                }
            }
            return Ok(Labelled::Values(values, labels));
        }
        let features = self.features.by_chromosome.get(index).map_or([].as_slice(), Vec::as_slice);
        let mut bits = grid.label(features, self.options.widen, self.options.overlap, labels);
        let (width, threshold) = (bit_bytes(labels), self.options.signal_threshold.unwrap_or(f64::INFINITY));
        for (label, track) in &mut self.tracks {
            let signal = track.of(index, chromosome, grid, self.options.signal)?;
            for (bits, value) in bits.chunks_exact_mut(width).zip(signal) {
                if f64::from(value) >= threshold {
                    set_bit(bits, *label as usize);
                }
            }
        }
        Ok(Labelled::Bits(bits, width))
    }

    /// Leaves out labels with fewer positive bins than `least`, of those counted in `positives`. Returns how many.
    pub(super) fn drop_rare(&mut self, positives: &[u64], least: u64) -> Result<u64> {
        let mut kept = Vec::new();
        let mut renumbered = vec![None; positives.len()];
        for ((name, positives), new) in self.features.labels.iter().zip(positives).zip(&mut renumbered) {
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
        let renumber = |label: &mut u32| {
            let new = renumbered.get(*label as usize).copied().flatten();
            new.inspect(|new| *label = *new).is_some()
        };
        for features in &mut self.features.by_chromosome {
            features.retain_mut(|feature| renumber(&mut feature.label));
        }
        self.tracks.retain_mut(|(label, _)| renumber(label));
        let dropped = self.features.labels.len() - kept.len();
        self.features.labels = kept;
        Ok(dropped as u64)
    }
}

impl Labelled {
    /// The labels of a bin.
    pub(super) fn target(&self, bin: usize) -> Target<'_> {
        match self {
            Self::Bits(bits, width) => Target::Bits(bits.get(bin * width..(bin + 1) * width).unwrap_or_default()),
            Self::Values(values, labels) => {
                Target::Values(values.get(bin * labels..(bin + 1) * labels).unwrap_or_default())
            }
        }
    }

    /// Whether a bin has a label.
    pub(super) fn any(&self, bin: usize) -> bool {
        match self.target(bin) {
            Target::Bits(bits) => bits.iter().any(|byte| *byte != 0),
            Target::Class(_) | Target::Values(_) => true,
        }
    }
}
