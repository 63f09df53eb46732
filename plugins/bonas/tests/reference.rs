//! The graph network, the regression and the acquisition, against the independent calculation in `reference.py`.

use bonas::acquisition::Acquisition;
use bonas::encode::CellGraph;
use bonas::gcn::{Gcn, Shape};
use bonas::regression::{Normal, Regression, logit};
use bonas::train::{Adam, Fitting, Loss};
use genomenas_plugin::serde_json;
use nalgebra::{DMatrix, DVector, RowDVector};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    network: Network,
    regressions: Vec<Fit>,
    /// Mean and deviation of a logit, its UCB, and its expected improvement over 0.4.
    acquisition: Vec<[f64; 4]>,
}

#[derive(Deserialize)]
struct Network {
    adjacency: Vec<Vec<Vec<Vec<u8>>>>,
    kinds: Vec<Vec<Vec<usize>>>,
    scores: Vec<f64>,
    weights: Vec<f64>,
    predictions: Vec<f64>,
    losses: Vec<f64>,
    gradient: Vec<f64>,
    steps: Vec<f64>,
    evaluated: Vec<f64>,
    embedding: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Fit {
    embeddings: Vec<Vec<f64>>,
    logits: Vec<f64>,
    alpha: f64,
    beta: f64,
    noise: f64,
    mean: Vec<f64>,
    queries: Vec<Vec<f64>>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference.json")).unwrap()
}

fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / expected.abs().max(1.0);
        assert!(error < tolerance, "value {at}: {found} is not {expected}");
    }
}

impl Network {
    /// The graphs of the architectures, a cell each.
    fn architectures(&self) -> Vec<Vec<CellGraph>> {
        let graph = |cell: usize, at: usize| {
            let rows = self.adjacency[cell][at].iter().enumerate();
            let edges =
                rows.flat_map(|(from, row)| (0..row.len()).filter(move |to| row[*to] == 1).map(move |to| (from, to)));
            CellGraph { kinds: self.kinds[cell][at].clone(), edges: edges.collect() }
        };
        (0..self.scores.len()).map(|at| vec![graph(0, at), graph(1, at)]).collect()
    }

    fn network(&self) -> Gcn {
        Gcn::with_weights(Shape { kinds: vec![6, 7], width: 5 }, self.weights.clone())
    }
}

#[test]
fn predictions_losses_and_gradients_are_those_of_dense_matrices() {
    let reference = reference().network;
    let architectures = reference.architectures();
    let graphs: Vec<&[CellGraph]> = architectures.iter().map(Vec::as_slice).collect();
    let y = &reference.scores;
    let slope = |at: usize, p: f64| 2.0 * Loss::Exponential.weight(y[at]) * (p - y[at]) / y.len() as f64;
    let (predictions, gradient) = reference.network().learn(&graphs, slope);
    near(&predictions, &reference.predictions, 1e-10);
    let losses = [Loss::Mse, Loss::Logarithmic, Loss::Proportional, Loss::Exponential];
    near(&losses.map(|loss| loss.mean(&predictions, y)), &reference.losses, 1e-10);
    near(&gradient, &reference.gradient, 1e-8);
}

#[test]
fn training_and_running_statistics_follow_the_reference_step_by_step() {
    let reference = reference().network;
    let architectures = reference.architectures();
    let graphs: Vec<&[CellGraph]> = architectures.iter().map(Vec::as_slice).collect();
    let fitting = Fitting { epochs: 20, learning_rate: 0.01, loss: Loss::Exponential };
    let (mut network, mut adam) = (reference.network(), Adam::new(reference.weights.len(), fitting.learning_rate));
    let steps: Vec<f64> =
        reference.steps.iter().map(|_| fitting.step(&mut network, &mut adam, &graphs, &reference.scores)).collect();
    near(&steps, &reference.steps, 1e-5);
    let (evaluated, embedding) = network.evaluate(&graphs);
    near(&evaluated, &reference.evaluated, 1e-5);
    for (row, expected) in embedding.row_iter().zip(&reference.embedding) {
        near(&row.iter().copied().collect::<Vec<_>>(), expected, 1e-5);
    }
}

#[test]
fn the_regression_fits_the_evidence_as_explicit_inverses_do() {
    for fit in reference().regressions {
        let (rows, columns) = (fit.embeddings.len(), fit.mean.len());
        let embeddings = DMatrix::from_row_iterator(rows, columns, fit.embeddings.iter().flatten().copied());
        let found = Regression::fit(&embeddings, &DVector::from_vec(fit.logits)).unwrap();
        let relative = |found: f64, expected: f64| near(&[found / expected], &[1.0], 1e-5);
        relative(found.alpha, fit.alpha);
        relative(found.beta, fit.beta);
        relative(found.noise, fit.noise);
        near(found.mean.as_slice(), &fit.mean, 1e-5);
        let predictions: Vec<Normal> =
            fit.queries.iter().map(|query| found.predict(&RowDVector::from_vec(query.clone()))).collect();
        near(&predictions.iter().map(|normal| normal.mean).collect::<Vec<_>>(), &fit.means, 1e-5);
        near(&predictions.iter().map(|normal| normal.deviation).collect::<Vec<_>>(), &fit.deviations, 1e-5);
    }
}

#[test]
fn a_regression_on_nothing_to_learn_from_is_none() {
    let logits = DVector::from_vec(vec![0.5, 0.1]);
    assert!(Regression::fit(&DMatrix::zeros(2, 3), &logits).is_none());
    assert!(Regression::fit(&DMatrix::from_element(2, 3, f64::NAN), &logits).is_none());
    assert!(Regression::fit(&DMatrix::zeros(0, 3), &DVector::zeros(0)).is_none());
}

#[test]
fn ucb_and_expected_improvement_agree_with_thirty_digits() {
    for [mean, deviation, ucb, improvement] in reference().acquisition {
        let logit = Normal { mean, deviation };
        near(&[Acquisition::Ucb { exploration: 0.5 }.value(logit)], &[ucb], 1e-9);
        near(&[Acquisition::Ei { best: 0.4 }.value(logit)], &[improvement], 1e-9);
    }
}

#[test]
fn scores_of_nought_and_one_have_finite_logits() {
    let most = (0.9999_f64 / 0.0001).ln();
    near(&[0.0, 1e-4, 0.5, 1.0].map(logit), &[-most, -most, 0.0, most], 1e-9);
}

#[test]
fn a_score_that_is_all_but_certain_has_no_negative_variance() {
    for mean in [-40.0, -8.0, 8.0, 40.0] {
        for deviation in [1e-12, 1e-3, 1e3] {
            assert!(Acquisition::Ucb { exploration: 0.5 }.value(Normal { mean, deviation }).is_finite());
        }
    }
}

#[test]
fn the_network_of_the_reference_has_27201_weights() {
    let shape = Shape { kinds: vec![6, 7], width: 64 };
    assert_eq!((shape.weights(), shape.embedding()), (27_201, 128));
    assert_eq!(Gcn::new(shape, 1, 0).weights.len(), 27_201);
}
