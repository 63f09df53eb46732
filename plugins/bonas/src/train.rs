//! Training of the graph network: Adam on a weighted squared error, from scratch each time.

use genomenas_plugin::rand::seq::SliceRandom;
use genomenas_plugin::seed;

use crate::encode::CellGraph;
use crate::gcn::{Gcn, Shape};

/// Architectures a step.
const BATCH: usize = 128;
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// How the squared error of an architecture is weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// (p − y)².
    Mse,
    /// ln(y + 1)·(p − y)².
    Logarithmic,
    /// y·(p − y)².
    Proportional,
    /// e^(y − 1)·(p − y)².
    Exponential,
}

/// How the network is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitting {
    /// Times that it sees every architecture.
    pub epochs: u32,
    /// Learning rate of Adam.
    pub learning_rate: f64,
    /// What it minimises.
    pub loss: Loss,
}

impl Loss {
    /// The weight of an architecture whose score is `y`.
    pub fn weight(self, y: f64) -> f64 {
        match self {
            Self::Mse => 1.0,
            Self::Logarithmic => (y + 1.0).ln(),
            Self::Proportional => y,
            Self::Exponential => (y - 1.0).exp(),
        }
    }

    /// The mean over all architectures.
    pub fn mean(self, predictions: &[f64], scores: &[f64]) -> f64 {
        let terms = predictions.iter().zip(scores).map(|(p, y)| self.weight(*y) * (p - y).powi(2));
        terms.sum::<f64>() / scores.len() as f64
    }
}

impl Fitting {
    /// A network trained on `architectures` and their scores, all in (0, 1).
    pub fn fit(&self, shape: Shape, architectures: &[Vec<CellGraph>], scores: &[f64], seed: u64, round: u64) -> Gcn {
        let mut network = Gcn::new(shape, seed, round);
        let mut adam = Adam::new(network.weights.len(), self.learning_rate);
        let mut order: Vec<usize> = (0..architectures.len()).collect();
        let mut stream = seed::stream(seed, "graph network batches", round);
        for _ in 0..self.epochs {
            order.shuffle(&mut stream);
            for batch in order.chunks(BATCH) {
                let graphs: Vec<&[CellGraph]> = batch.iter().map(|&at| architectures[at].as_slice()).collect();
                let scores: Vec<f64> = batch.iter().map(|&at| scores[at]).collect();
                self.step(&mut network, &mut adam, &graphs, &scores);
            }
        }
        network
    }

    /// One step on one batch. Returns its loss before the step.
    pub fn step(&self, network: &mut Gcn, adam: &mut Adam, graphs: &[&[CellGraph]], scores: &[f64]) -> f64 {
        let count = scores.len() as f64;
        let slope = |at: usize, p: f64| 2.0 * self.loss.weight(scores[at]) * (p - scores[at]) / count;
        let (predictions, gradient) = network.learn(graphs, slope);
        adam.step(&mut network.weights, &gradient);
        self.loss.mean(&predictions, scores)
    }
}

/// Kingma & Ba 2015.
#[derive(Clone, Debug)]
pub struct Adam {
    learning_rate: f64,
    steps: i32,
    moments: Vec<(f64, f64)>,
}

impl Adam {
    /// For this number of weights.
    pub fn new(weights: usize, learning_rate: f64) -> Self {
        Self { learning_rate, steps: 0, moments: vec![(0.0, 0.0); weights] }
    }

    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        self.steps += 1;
        let first = 1.0 - BETA1.powi(self.steps);
        let second = 1.0 - BETA2.powi(self.steps);
        for ((weight, slope), (mean, square)) in weights.iter_mut().zip(gradient).zip(&mut self.moments) {
            *mean = BETA1 * *mean + (1.0 - BETA1) * slope;
            *square = BETA2 * *square + (1.0 - BETA2) * slope * slope;
            *weight -= self.learning_rate * (*mean / first) / ((*square / second).sqrt() + EPSILON);
        }
    }
}
