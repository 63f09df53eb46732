//! Places for the boxes of a graph: in layers, with few crossings.
//!
//! After K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical System Structures",
//! IEEE Transactions on Systems, Man, and Cybernetics 11 (1981): a layer is the longest way from a source; an arrow over
//! several layers passes each at a place of its own; the order within a layer follows the mean of the neighbours.

/// A graph with places. `across` runs along a layer, `along` from layer to layer.
#[derive(Debug)]
pub(super) struct Layout {
    /// The centre of each box: across, along.
    pub(super) centres: Vec<(f64, f64)>,
    /// The places that each arrow passes, from box to box.
    pub(super) routes: Vec<Vec<(f64, f64)>>,
    /// The size of everything: across, along.
    pub(super) size: (f64, f64),
}

/// A box in the way of the layout: one to draw, or a place that an arrow passes.
struct Spot {
    layer: usize,
    /// Its size: across, along.
    size: (f64, f64),
    across: f64,
}

/// The space between boxes of a layer, and between layers.
const GAP: (f64, f64) = (14.0, 26.0);
/// The room of a passing arrow.
const PASSAGE: f64 = 8.0;
/// Rounds in which the order, and then the places, follow the neighbours.
const ROUNDS: usize = 12;

/// Places boxes of these sizes (across, along). An arrow that does not lead from an earlier box to a later one is left
/// out: its route is empty.
pub(super) fn place(sizes: &[(f64, f64)], arrows: &[(usize, usize)]) -> Layout {
    let layers = layers(sizes.len(), arrows);
    let spot = |(size, layer): (&(f64, f64), &usize)| Spot { layer: *layer, size: *size, across: 0.0 };
    let mut spots: Vec<Spot> = sizes.iter().zip(&layers).map(spot).collect();
    let mut routes: Vec<Vec<usize>> = Vec::with_capacity(arrows.len());
    for &(from, to) in arrows {
        let (Some(&first), Some(&last), true) = (layers.get(from), layers.get(to), from < to) else {
            routes.push(Vec::new());
            continue;
        };
        let mut route = vec![from];
        for layer in first + 1..last {
            route.push(spots.len());
            spots.push(Spot { layer, size: (PASSAGE, 0.0), across: 0.0 });
        }
        route.push(to);
        routes.push(route);
    }
    let (mut before, mut after) = (vec![Vec::new(); spots.len()], vec![Vec::new(); spots.len()]);
    for pair in routes.iter().flat_map(|route| route.windows(2)) {
        if let [from, to] = *pair {
            after[from].push(to);
            before[to].push(from);
        }
    }
    let mut rows = vec![Vec::new(); spots.iter().map(|spot| spot.layer + 1).max().unwrap_or(0)];
    for (at, spot) in spots.iter().enumerate() {
        rows[spot.layer].push(at);
    }
    order(&mut rows, &mut spots, &before, &after);
    spread(&rows, &mut spots, &before, &after);
    finished(sizes.len(), &rows, &spots, &routes)
}

/// The layer of each box: the longest way to it, and for a source right before what reads it first.
fn layers(count: usize, arrows: &[(usize, usize)]) -> Vec<usize> {
    let valid = || arrows.iter().filter(|(from, to)| from < to && *to < count);
    let mut sorted: Vec<(usize, usize)> = valid().copied().collect();
    sorted.sort_unstable();
    let mut layers: Vec<usize> = vec![0; count];
    for &(from, to) in &sorted {
        layers[to] = layers[to].max(layers[from] + 1);
    }
    let mut read = vec![false; count];
    for &(_, to) in &sorted {
        read[to] = true;
    }
    let mut first_reader = vec![usize::MAX; count];
    for &(from, to) in &sorted {
        first_reader[from] = first_reader[from].min(layers[to]);
    }
    for (at, layer) in layers.iter_mut().enumerate() {
        if !read[at] && first_reader[at] != usize::MAX {
            *layer = first_reader[at].saturating_sub(1);
        }
    }
    layers
}

fn mean(of: &[usize], spots: &[Spot]) -> Option<f64> {
    (!of.is_empty()).then(|| of.iter().map(|at| spots[*at].across).sum::<f64>() / of.len() as f64)
}

/// Orders the boxes of each layer by the mean place of their neighbours in the layer before it, then after it.
fn order(rows: &mut [Vec<usize>], spots: &mut [Spot], before: &[Vec<usize>], after: &[Vec<usize>]) {
    for row in &*rows {
        pack(row, spots);
    }
    for round in 0..ROUNDS {
        let down = round % 2 == 0;
        let numbers: Vec<usize> = if down { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for number in numbers {
            let row = &mut rows[number];
            let near = if down { before } else { after };
            let mut keyed: Vec<(f64, usize)> =
                row.iter().map(|at| (mean(&near[*at], spots).unwrap_or(spots[*at].across), *at)).collect();
            keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
            *row = keyed.into_iter().map(|(_, at)| at).collect();
            pack(row, spots);
        }
    }
}

/// Places a layer's boxes side by side around zero.
fn pack(row: &[usize], spots: &mut [Spot]) {
    let width: f64 = row.iter().map(|at| spots[*at].size.0 + GAP.0).sum();
    let mut free = -width / 2.0;
    for at in row {
        let wide = spots[*at].size.0 + GAP.0;
        spots[*at].across = free + wide / 2.0;
        free += wide;
    }
}

/// Moves boxes towards the mean of their neighbours as far as the order and the space between them allow.
fn spread(rows: &[Vec<usize>], spots: &mut [Spot], before: &[Vec<usize>], after: &[Vec<usize>]) {
    for round in 0..ROUNDS * 2 {
        let down = round % 2 == 0;
        let numbers: Vec<usize> = if down { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for number in numbers {
            let row = &rows[number];
            let wanted: Vec<f64> = row
                .iter()
                .map(|at| {
                    let means = [mean(&before[*at], spots), mean(&after[*at], spots)];
                    let known: Vec<f64> = means.into_iter().flatten().collect();
                    if known.is_empty() { spots[*at].across } else { known.iter().sum::<f64>() / known.len() as f64 }
                })
                .collect();
            let wide: Vec<f64> = row.iter().map(|at| spots[*at].size.0).collect();
            for (at, place) in row.iter().zip(apart(&wanted, &wide)) {
                spots[*at].across = place;
            }
        }
    }
}

/// Places in the given order, near the wanted ones and apart: the mean of pushing all to the right and all to the left.
fn apart(wanted: &[f64], wide: &[f64]) -> Vec<f64> {
    let (mut right, mut left) = (wanted.to_vec(), wanted.to_vec());
    let need = |one: usize, other: usize| f64::midpoint(wide[one], wide[other]) + GAP.0;
    for at in 1..wanted.len() {
        right[at] = right[at].max(right[at - 1] + need(at - 1, at));
    }
    for at in (1..wanted.len()).rev() {
        left[at - 1] = left[at - 1].min(left[at] - need(at - 1, at));
    }
    right.iter().zip(&left).map(|(right, left)| f64::midpoint(*right, *left)).collect()
}

/// Everything moved into positive places.
fn finished(boxes: usize, rows: &[Vec<usize>], spots: &[Spot], routes: &[Vec<usize>]) -> Layout {
    let edge = |side: f64| move |spot: &Spot| spot.across + side * spot.size.0 / 2.0;
    let low = spots.iter().map(edge(-1.0)).fold(f64::INFINITY, f64::min);
    let high = spots.iter().map(edge(1.0)).fold(f64::NEG_INFINITY, f64::max);
    let mut along = 0.0;
    let mut middles = Vec::with_capacity(rows.len());
    for row in rows {
        let thick = row.iter().map(|at| spots[*at].size.1).fold(0.0, f64::max);
        middles.push(along + thick / 2.0);
        along += thick + GAP.1;
    }
    let place = |at: &usize| {
        let spot = &spots[*at];
        (spot.across - low, middles.get(spot.layer).copied().unwrap_or_default())
    };
    Layout {
        centres: (0..boxes).map(|at| place(&at)).collect(),
        routes: routes.iter().map(|route| route.iter().map(place).collect()).collect(),
        size: if boxes == 0 { (0.0, 0.0) } else { (high - low, (along - GAP.1).max(0.0)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_a_layer_never_overlap_and_arrows_lead_onwards() {
        let sizes = vec![(60.0, 20.0); 8];
        let arrows = [(0, 2), (0, 3), (1, 3), (1, 4), (2, 5), (3, 5), (0, 6), (5, 7), (6, 7), (4, 7)];
        let layout = place(&sizes, &arrows);
        for (at, one) in layout.centres.iter().enumerate() {
            for other in &layout.centres[at + 1..] {
                assert!((one.1 - other.1).abs() > 1.0 || (one.0 - other.0).abs() >= 60.0, "{layout:?}");
            }
            assert!(one.0 >= 30.0 - 1e-9 && one.0 <= layout.size.0 - 30.0 + 1e-9);
        }
        for route in &layout.routes {
            assert!(route.windows(2).all(|pair| pair[0].1 < pair[1].1));
        }
    }

    #[test]
    fn an_arrow_that_leads_back_or_nowhere_is_left_out() {
        let layout = place(&[(10.0, 10.0); 2], &[(1, 0), (0, 9), (0, 1)]);
        assert_eq!(layout.routes.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 2]);
        assert_eq!(place(&[], &[]).size, (0.0, 0.0));
    }
}
