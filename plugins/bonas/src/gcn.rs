//! The graph network that predicts a score: a stack of four graph convolutions for each cell, the last value of the
//! global vertex of each, and one linear layer.
//!
//! A layer is `H ← ReLU(BN(Âᵀ(H W) + b))`. Â is the cell's graph with an edge from each vertex to itself and to one more
//! vertex, the global one, which stands last; batch norm is over the vertices of all graphs of a batch. There is no
//! normalisation by degree. Gradients are worked out here, in 64 bits and in a fixed order: the same everywhere,
//! whatever the number of threads.

use genomenas_plugin::{rand::RngExt, seed};
use nalgebra::{DMatrix, DMatrixView};

use crate::encode::CellGraph;

/// Graph convolutions of a stack.
pub const LAYERS: usize = 4;
/// Added to a variance before its root is taken.
const EPSILON: f64 = 1e-5;
/// The share of a batch in running statistics.
const MOMENTUM: f64 = 0.1;

/// The sizes of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Of each cell the kinds of vertices, without the global one.
    pub kinds: Vec<usize>,
    /// Values of a vertex in each layer.
    pub width: usize,
}

/// A network with its weights.
#[derive(Clone, Debug)]
pub struct Gcn {
    shape: Shape,
    /// Of each stack and layer: W (column by column), b, scale, shift; then the weights of the head, and its bias.
    pub weights: Vec<f64>,
    /// Of each stack and layer the running mean and variance.
    running: Vec<[Vec<f64>; 2]>,
}

/// Some graphs of one cell, as one graph.
#[derive(Clone, Debug, Default)]
struct Batch {
    kinds: Vec<usize>,
    /// Source and target.
    edges: Vec<(usize, usize)>,
    /// The global vertex of each graph.
    global: Vec<usize>,
}

/// What one layer computed.
struct Layer {
    normal: DMatrix<f64>,
    /// Of each feature the mean and the (biased) variance that it was normalised by.
    moments: Vec<(f64, f64)>,
    output: DMatrix<f64>,
}

/// Which statistics batch norm takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Train,
    Evaluate,
}

impl Shape {
    /// Weights of the network, those of batch norms included.
    pub fn weights(&self) -> usize {
        let stack = |kinds: &usize| (kinds + 1 + (LAYERS - 1) * self.width) * self.width + 3 * LAYERS * self.width;
        self.kinds.iter().map(stack).sum::<usize>() + self.embedding() + 1
    }

    /// Values of the embedding of an architecture.
    pub fn embedding(&self) -> usize {
        self.kinds.len() * self.width
    }

    fn inputs(&self, stack: usize, layer: usize) -> usize {
        if layer == 0 { self.kinds[stack] + 1 } else { self.width }
    }

    /// Where the weights of a layer begin.
    fn at(&self, stack: usize, layer: usize) -> usize {
        let of = |stack, layer| (self.inputs(stack, layer) + 3) * self.width;
        let before: usize = (0..stack).flat_map(|stack| (0..LAYERS).map(move |layer| of(stack, layer))).sum();
        before + (0..layer).map(|layer| of(stack, layer)).sum::<usize>()
    }
}

impl Gcn {
    /// Fresh weights from `seed`: uniform within ±0.05 for W and ±1/√width for b, as the reference; the head as
    /// PyTorch's linear layer.
    pub fn new(shape: Shape, seed: u64, index: u64) -> Self {
        let mut stream = seed::stream(seed, "graph network", index);
        let mut weights = Vec::with_capacity(shape.weights());
        let mut uniform = |weights: &mut Vec<f64>, count: usize, bound: f64| {
            weights.extend((0..count).map(|_| (2.0 * stream.random::<f64>() - 1.0) * bound));
        };
        for stack in 0..shape.kinds.len() {
            for layer in 0..LAYERS {
                uniform(&mut weights, shape.inputs(stack, layer) * shape.width, 0.05);
                uniform(&mut weights, shape.width, 1.0 / (shape.width as f64).sqrt());
                weights.extend(vec![1.0; shape.width]);
                weights.extend(vec![0.0; shape.width]);
            }
        }
        uniform(&mut weights, shape.embedding() + 1, 1.0 / (shape.embedding() as f64).sqrt());
        Self::with_weights(shape, weights)
    }

    /// A network with these weights, whose running statistics have seen nothing.
    pub fn with_weights(shape: Shape, weights: Vec<f64>) -> Self {
        let running = vec![[vec![0.0; shape.width], vec![1.0; shape.width]]; shape.kinds.len() * LAYERS];
        Self { shape, weights, running }
    }

    /// What it predicts in evaluation mode, and the embeddings (a row an architecture).
    pub fn evaluate(&self, architectures: &[&[CellGraph]]) -> (Vec<f64>, DMatrix<f64>) {
        let embedding = self.embed(architectures, Mode::Evaluate).1;
        (self.head(&embedding), embedding)
    }

    /// One pass in training mode: the predictions, and the gradient of their loss with regard to all weights, where
    /// `slope` is the derivative of the loss for each prediction. Running statistics move on.
    pub fn learn(&mut self, architectures: &[&[CellGraph]], slope: impl Fn(usize, f64) -> f64) -> (Vec<f64>, Vec<f64>) {
        let width = self.shape.width;
        let (stacks, embedding) = self.embed(architectures, Mode::Train);
        let predictions = self.head(&embedding);
        let mut gradient = vec![0.0; self.weights.len()];
        let head = self.shape.weights() - self.shape.embedding() - 1;
        let mut of_embedding = DMatrix::zeros(architectures.len(), self.shape.embedding());
        for (at, prediction) in predictions.iter().enumerate() {
            let of_logit = slope(at, *prediction) * prediction * (1.0 - prediction);
            for feature in 0..self.shape.embedding() {
                gradient[head + feature] += of_logit * embedding[(at, feature)];
                of_embedding[(at, feature)] = of_logit * self.weights[head + feature];
            }
            gradient[head + self.shape.embedding()] += of_logit;
        }
        for (stack, (batch, layers)) in stacks.iter().enumerate() {
            let mut of_output = DMatrix::zeros(batch.kinds.len(), width);
            for (at, row) in batch.global.iter().enumerate() {
                for feature in 0..width {
                    of_output[(*row, feature)] = of_embedding[(at, stack * width + feature)];
                }
            }
            for (at, layer) in layers.iter().enumerate().rev() {
                of_output = self.back((stack, at), batch, layers, &of_output, &mut gradient);
                self.move_statistics(stack * LAYERS + at, layer);
            }
        }
        (predictions, gradient)
    }

    /// The layers of each stack, and the embeddings.
    fn embed(&self, architectures: &[&[CellGraph]], mode: Mode) -> (Vec<(Batch, Vec<Layer>)>, DMatrix<f64>) {
        let width = self.shape.width;
        let mut embedding = DMatrix::zeros(architectures.len(), self.shape.embedding());
        let mut stacks = Vec::with_capacity(self.shape.kinds.len());
        for stack in 0..self.shape.kinds.len() {
            let batch = Batch::of(architectures.iter().filter_map(|cells| cells.get(stack)), self.shape.kinds[stack]);
            let mut layers: Vec<Layer> = Vec::with_capacity(LAYERS);
            for layer in 0..LAYERS {
                let next = self.forward(stack, layer, &batch, layers.last(), mode);
                layers.push(next);
            }
            if let Some(last) = layers.last() {
                for (at, row) in batch.global.iter().enumerate() {
                    for feature in 0..width {
                        embedding[(at, stack * width + feature)] = last.output[(*row, feature)];
                    }
                }
            }
            stacks.push((batch, layers));
        }
        (stacks, embedding)
    }

    fn head(&self, embedding: &DMatrix<f64>) -> Vec<f64> {
        let head = &self.weights[self.weights.len() - self.shape.embedding() - 1..];
        let logit = |row: usize| (0..self.shape.embedding()).map(|at| embedding[(row, at)] * head[at]).sum::<f64>();
        (0..embedding.nrows()).map(|row| sigmoid(logit(row) + head[self.shape.embedding()])).collect()
    }

    /// A layer, from the one before it; the first has the kinds of vertices as its one-hot input.
    fn forward(&self, stack: usize, layer: usize, batch: &Batch, before: Option<&Layer>, mode: Mode) -> Layer {
        let (width, rows) = (self.shape.width, batch.kinds.len());
        let (weight, rest) = self.of_layer(stack, layer);
        let transformed = match before {
            Some(before) => &before.output * weight,
            None => DMatrix::from_fn(rows, width, |row, feature| weight[(batch.kinds[row], feature)]),
        };
        let mut normal = DMatrix::zeros(rows, width);
        let mut output = DMatrix::zeros(rows, width);
        let mut taken = Vec::with_capacity(width);
        for feature in 0..width {
            let source = transformed.column(feature);
            let mut sums = vec![rest[feature]; rows];
            for (from, to) in &batch.edges {
                sums[*to] += source[*from];
            }
            let (mean, variance) = match mode {
                Mode::Train => moments(&sums),
                Mode::Evaluate => {
                    let [mean, variance] = &self.running[stack * LAYERS + layer];
                    (mean[feature], variance[feature])
                }
            };
            let inverse = inverse_root(variance);
            let (scale, shift) = (rest[width + feature], rest[2 * width + feature]);
            for (row, sum) in sums.iter().enumerate() {
                let value = (sum - mean) * inverse;
                normal[(row, feature)] = value;
                output[(row, feature)] = (scale * value + shift).max(0.0);
            }
            taken.push((mean, variance));
        }
        Layer { normal, moments: taken, output }
    }

    /// Adds the gradients of one layer's weights. Returns the gradient of its input.
    fn back(
        &self,
        (stack, at): (usize, usize),
        batch: &Batch,
        layers: &[Layer],
        of_output: &DMatrix<f64>,
        gradient: &mut [f64],
    ) -> DMatrix<f64> {
        let (width, rows, layer) = (self.shape.width, batch.kinds.len(), &layers[at]);
        let (weight, rest) = self.of_layer(stack, at);
        let (begin, inputs) = (self.shape.at(stack, at), self.shape.inputs(stack, at));
        let rest_at = begin + inputs * width;
        let mut of_transformed = DMatrix::zeros(rows, width);
        for feature in 0..width {
            let scale = rest[width + feature];
            let mut of_normal = vec![0.0; rows];
            let (mut of_scale, mut of_shift) = (0.0, 0.0);
            for row in 0..rows {
                if layer.output[(row, feature)] > 0.0 {
                    let slope = of_output[(row, feature)];
                    of_scale += slope * layer.normal[(row, feature)];
                    of_shift += slope;
                    of_normal[row] = slope * scale;
                }
            }
            gradient[rest_at + width + feature] += of_scale;
            gradient[rest_at + 2 * width + feature] += of_shift;
            let mean = of_shift * scale / rows as f64;
            let along = of_scale * scale / rows as f64;
            let (mut of_bias, inverse) = (0.0, inverse_root(layer.moments[feature].1));
            for (row, slope) in of_normal.iter_mut().enumerate() {
                *slope = (*slope - mean - layer.normal[(row, feature)] * along) * inverse;
                of_bias += *slope;
            }
            gradient[rest_at + feature] += of_bias;
            for (from, to) in &batch.edges {
                of_transformed[(*from, feature)] += of_normal[*to];
            }
        }
        if let Some(before) = layers[..at].last() {
            // As a product of matrices this is several times as fast as `tr_mul`.
            let of_weight = before.output.transpose() * &of_transformed;
            gradient[begin..rest_at].iter_mut().zip(of_weight.iter()).for_each(|(sum, value)| *sum += value);
            of_transformed * weight.transpose()
        } else {
            for feature in 0..width {
                for (row, kind) in batch.kinds.iter().enumerate() {
                    gradient[begin + feature * inputs + kind] += of_transformed[(row, feature)];
                }
            }
            DMatrix::zeros(0, 0)
        }
    }

    /// W, and then b, scale and shift.
    fn of_layer(&self, stack: usize, layer: usize) -> (DMatrixView<'_, f64>, &[f64]) {
        let (begin, inputs, width) = (self.shape.at(stack, layer), self.shape.inputs(stack, layer), self.shape.width);
        let (weight, rest) = self.weights[begin..begin + (inputs + 3) * width].split_at(inputs * width);
        (DMatrixView::from_slice(weight, inputs, width), rest)
    }

    fn move_statistics(&mut self, at: usize, layer: &Layer) {
        let rows = layer.output.nrows() as f64;
        let [means, variances] = &mut self.running[at];
        for (feature, (mean, biased)) in layer.moments.iter().enumerate() {
            let variance = biased * rows / (rows - 1.0).max(1.0);
            means[feature] += MOMENTUM * (mean - means[feature]);
            variances[feature] += MOMENTUM * (variance - variances[feature]);
        }
    }
}

impl Batch {
    /// The graphs of one cell, whose vertices have this number of kinds.
    fn of<'a>(graphs: impl Iterator<Item = &'a CellGraph>, kinds: usize) -> Self {
        let mut batch = Self::default();
        for graph in graphs {
            let first = batch.kinds.len();
            let global = first + graph.kinds.len();
            batch.kinds.extend(&graph.kinds);
            batch.kinds.push(kinds);
            batch.global.push(global);
            batch.edges.extend(graph.edges.iter().map(|(from, to)| (first + from, first + to)));
            for vertex in first..=global {
                batch.edges.push((vertex, vertex));
                if vertex < global {
                    batch.edges.push((vertex, global));
                }
            }
        }
        batch
    }
}

/// Mean and biased variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count)
}

fn inverse_root(variance: f64) -> f64 {
    1.0 / (variance + EPSILON).sqrt()
}

/// 1/(1 + e⁻ˣ).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
