//! From what was measured to an order of candidates: the graph network, the regression on its embeddings, and the
//! acquisition.

use genomenas_plugin::prelude::*;
use nalgebra::DVector;

use crate::acquisition::Acquisition;
use crate::encode::{CellGraph, Encoder};
use crate::gcn::{Gcn, Shape};
use crate::regression::{Regression, logit};
use crate::settings::Settings;
use crate::train::Fitting;

/// Values of a vertex in each layer of the graph network.
pub const WIDTH: usize = 64;
/// Architectures that are encoded and evaluated at once.
const CHUNK: usize = 128;
/// The most vertices, each time that it is learned from, of one training of the graph network: some seconds.
/// Epochs are fewer where all of them would be more.
const MOST_VERTICES: u64 = 1_000_000;
/// The most vertices of candidates that are judged, a few times what the default takes, and how many candidates are judged however large
/// they are.
const MOST_JUDGED: usize = 100_000;
const ALWAYS_JUDGED: usize = 1000;

/// The sizes of the network for the architectures of a space.
pub fn shape(encoder: &Encoder) -> Shape {
    Shape { kinds: encoder.cells().iter().map(|cell| cell.kinds.len()).collect(), width: WIDTH }
}

/// The candidates, the most promising first, by what was measured of other architectures. They stay in their order where
/// nothing can be learned from that.
pub fn rank(
    encoder: &Encoder,
    settings: &Settings,
    scored: &[(&Selection, f64)],
    candidates: Vec<Selection>,
    (seed, round): (u64, u64),
) -> Vec<Selection> {
    let graphs: Vec<Vec<CellGraph>> = scored.iter().map(|(selection, _)| encoder.encode(selection)).collect();
    let scores: Vec<f64> = scored.iter().map(|(_, score)| *score).collect();
    let vertices: usize = graphs.iter().map(|graphs| vertices_of(graphs)).sum();
    let most = u32::try_from(MOST_VERTICES / (vertices as u64).max(1)).unwrap_or(u32::MAX).max(1);
    let fitting = settings.fitting();
    let fitting = Fitting { epochs: fitting.epochs.min(most), ..fitting };
    let network = fitting.fit(shape(encoder), &graphs, &scores, seed, round);
    let known: Vec<&[CellGraph]> = graphs.iter().map(Vec::as_slice).collect();
    let logits = DVector::from_iterator(scores.len(), scores.iter().map(|score| logit(*score)));
    let Some(regression) = Regression::fit(&network.evaluate(&known).1, &logits) else {
        return candidates;
    };
    let acquisition = if settings.acquisition == "ei" {
        Acquisition::Ei { best: logits.max() }
    } else {
        Acquisition::Ucb { exploration: settings.exploration }
    };
    let mut ranked: Vec<(f64, f64, Selection)> = Vec::with_capacity(candidates.len());
    for chunk in candidates.chunks(CHUNK) {
        let values = judge(encoder, &network, &regression, acquisition, chunk);
        ranked.extend(values.into_iter().zip(chunk).map(|((value, deviation), of)| (value, deviation, of.clone())));
    }
    // Those that promise nothing follow the others, the least certain first.
    let key = |(value, deviation, _): &(f64, f64, Selection)| if *value > 0.0 { (1, *value) } else { (0, *deviation) };
    ranked.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    ranked.into_iter().map(|(_, _, selection)| selection).collect()
}

/// How many candidates like `one` are judged at most.
pub fn most_judged(encoder: &Encoder, one: &Selection) -> usize {
    (MOST_JUDGED / vertices_of(&encoder.encode(one)).max(1)).max(ALWAYS_JUDGED)
}

/// The vertices of an architecture's graphs, the global one of each included.
fn vertices_of(graphs: &[CellGraph]) -> usize {
    graphs.iter().map(|graph| graph.kinds.len() + 1).sum()
}

/// Acquisition and standard deviation of each.
fn judge(
    encoder: &Encoder,
    network: &Gcn,
    regression: &Regression,
    acquisition: Acquisition,
    candidates: &[Selection],
) -> Vec<(f64, f64)> {
    let graphs: Vec<Vec<CellGraph>> = candidates.iter().map(|candidate| encoder.encode(candidate)).collect();
    let graphs: Vec<&[CellGraph]> = graphs.iter().map(Vec::as_slice).collect();
    let embeddings = network.evaluate(&graphs).1;
    let judged = embeddings.row_iter().map(|embedding| {
        let normal = regression.predict(&embedding.into_owned());
        (acquisition.value(normal), normal.deviation)
    });
    judged.collect()
}
