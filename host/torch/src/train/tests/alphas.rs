//! The gradient of alphas against differences of the loss, computed without the code under test.

use genomenas_plugin::message::{Clip, Plan};
use genomenas_plugin::space::{Function, LayerOp, Op};
use tch::{Kind, Tensor, no_grad};

use super::super::arch::{Of, Passes};
use super::super::feed::{Batch, Feed};
use super::super::optimizer::Progress;
use super::super::unrolled;
use super::{Setting, Training, sgd, values};
use crate::net::Mode;
use crate::net::weights::{Part, WEIGHTS};

/// The first batch of weight steps, and the first of architecture steps.
fn batches(training: &Training) -> (Batch, Batch) {
    let (job, rows) = (&training.job, &training.partition);
    let train = Feed::train(job, rows.weights.as_ref(), 0, 0, 1).unwrap().next_batch().unwrap().unwrap();
    let arch = Feed::arch(job, rows.arch.as_ref(), 0).unwrap().next_batch().unwrap().unwrap();
    (train, arch)
}

/// The loss in training mode, with the dropout masks of seed 1.
fn loss(training: &Training, (inputs, targets): &Batch) -> Tensor {
    tch::manual_seed(1);
    let mode = Mode { track: false, ..Mode::training() };
    training.objective.mean(&training.net.forward(inputs, &mode).unwrap().logits, targets).unwrap()
}

/// The task for a supernet that is smooth in its alphas: differences of a loss with kinks are not its gradient.
fn smooth(plan: Plan) -> Setting {
    let mut setting = Setting { plan, ..Setting::new() };
    for layer in &mut setting.layers.layers {
        if let LayerOp::Op(Op::Activation { function }) = &mut layer.op {
            *function = Function::Tanh;
        }
    }
    setting
}

/// Central differences of `of` by each alpha. The losses are means of single-precision values, so that a step has to
/// be large to be seen.
fn differences(training: &mut Training, mut of: impl FnMut(&mut Training) -> f64) -> Vec<f64> {
    const STEP: f64 = 0.02;
    let mut alphas = training.net.weights.flat(Part::Arch).shallow_clone();
    let start = alphas.copy();
    let mut at_distance = |at: i64, distance: f64| {
        no_grad(|| {
            let _ = alphas.narrow(0, at, 1).f_add_scalar_(distance).unwrap();
        });
        let value = of(training);
        no_grad(|| alphas.copy_(&start));
        value
    };
    (0..start.size()[0]).map(|at| (at_distance(at, STEP) - at_distance(at, -STEP)) / (2.0 * STEP)).collect()
}

fn close(gradient: &Tensor, expected: &[f64], tolerance: f64) -> Result<(), String> {
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for (at, (value, expected)) in values(gradient).into_iter().zip(expected).enumerate() {
        let away = (f64::from(value) - expected).abs() / largest;
        if away > tolerance {
            return Err(format!("alpha {at}: {value} is not {expected}, by {away} of {largest}"));
        }
    }
    Ok(())
}

/// The gradient that an architecture step takes, without and with a weight step unrolled.
fn gradients(training: &mut Training, weight_decay: f64) -> (Tensor, Tensor) {
    let (train, arch) = batches(training);
    let mut passes = Passes::new(&mut training.net, &training.objective, &Mode::training(), 1, 0);
    passes.backward(&arch, Of { weights: false, alphas: true }).unwrap();
    let first = passes.take_alphas().unwrap();
    let rates = training.optimizer.rates(0, Progress::default());
    let second = unrolled::gradient(&mut passes, &training.optimizer, &rates, weight_decay, &arch, &train).unwrap();
    (first, second)
}

/// The loss of the batch of the architecture after a weight step of plain gradient descent on the other batch.
fn loss_ahead(training: &mut Training, rates: [f64; 2], weight_decay: f64, (train, arch): &(Batch, Batch)) -> f64 {
    loss(training, train).backward();
    let start: Vec<Tensor> = WEIGHTS.iter().map(|&part| training.net.weights.flat(part).copy()).collect();
    for (part, rate) in WEIGHTS.into_iter().zip(rates) {
        let gradient = training.net.weights.take_gradients(part).unwrap();
        let mut weights = training.net.weights.flat(part).shallow_clone();
        let moved = &weights - (gradient + &weights * weight_decay) * rate;
        no_grad(|| weights.copy_(&moved));
    }
    let ahead = no_grad(|| loss(training, arch)).double_value(&[]);
    for (part, start) in WEIGHTS.into_iter().zip(&start) {
        no_grad(|| training.net.weights.flat(part).shallow_clone().copy_(start));
    }
    ahead
}

#[test]
fn the_gradient_of_alphas_is_that_of_the_loss() {
    let setting = smooth(Setting::new().plan);
    let mut training = setting.start();
    let (_, arch) = batches(&training);
    let (gradient, _) = gradients(&mut training, 0.0);
    let expected = differences(&mut training, |training| no_grad(|| loss(training, &arch)).double_value(&[]));
    close(&gradient, &expected, 0.01).unwrap();
}

#[test]
fn the_unrolled_gradient_is_that_of_the_loss_after_a_weight_step_and_not_that_before_it() {
    let rates = [0.5, 2.0];
    let plan = Plan { cnn: sgd(rates[0]), rnn: Some(sgd(rates[1])), ..Setting::new().plan };
    let setting = smooth(plan);
    let mut training = setting.start();
    let both = batches(&training);
    let (first, second) = gradients(&mut training, 0.1);
    let expected = differences(&mut training, |training| loss_ahead(training, rates, 0.1, &both));
    close(&second, &expected, 0.02).unwrap();
    close(&first, &expected, 0.2).unwrap_err();
}

/// The norm of what weight steps would be clipped by, both parts together.
fn norm(parts: &[Tensor]) -> f64 {
    parts.iter().map(|part| part.square().sum(Kind::Float).double_value(&[])).sum::<f64>().sqrt()
}

/// The gradients of all weights, which are forgotten.
fn of_weights(training: &mut Training) -> Vec<Tensor> {
    WEIGHTS.iter().map(|&part| training.net.weights.take_gradients(part).unwrap()).collect()
}

/// Adds to the weights, part by part.
fn move_by(training: &Training, by: &[Tensor]) {
    for (&part, by) in WEIGHTS.iter().zip(by) {
        let _ = no_grad(|| training.net.weights.flat(part).shallow_clone().f_add_(by).unwrap());
    }
}

#[test]
fn clipping_shortens_both_factors_of_the_implicit_term_and_lengthens_neither() {
    const RATE: f64 = 0.5;
    // The implicit term, what it should be (where that is asked for: it takes long), and the factors by which the two
    // gradients in it are clipped.
    let with = |clip, is_compared: bool| {
        let plan = Plan { cnn: sgd(RATE), rnn: None, clip, ..Setting::new().plan };
        let setting = smooth(plan);
        let mut training = setting.start();
        let (train, arch) = batches(&training);
        let second = gradients(&mut training, 0.0).1;
        let limit = if let Clip::All { norm } = clip { norm } else { f64::INFINITY };
        let factor = |parts: &[Tensor]| (limit / (norm(parts) + 1e-6)).min(1.0);
        loss(&training, &train).backward();
        let gradient = of_weights(&mut training);
        let k = factor(&gradient);
        let start: Vec<Tensor> = WEIGHTS.iter().map(|&part| training.net.weights.flat(part).copy()).collect();
        move_by(&training, &gradient.iter().map(|part| part * (-k * RATE)).collect::<Vec<_>>());
        // The direct term: the gradient of alphas after the clipped step.
        tch::manual_seed(1);
        let mode = Mode { track: false, learn_alphas: true, ..Mode::training() };
        training.objective.mean(&training.net.forward(&arch.0, &mode).unwrap().logits, &arch.1).unwrap().backward();
        let direct = training.net.weights.take_gradients(Part::Arch).unwrap();
        let ahead = of_weights(&mut training);
        let of_v = factor(&ahead);
        for (&part, start) in WEIGHTS.iter().zip(&start) {
            no_grad(|| training.net.weights.flat(part).shallow_clone().copy_(start));
        }
        // Equation 7 with both factors: how the training gradient along ηkv changes with each alpha.
        let along_step = |training: &mut Training| {
            loss(training, &train).backward();
            let along = of_weights(training)
                .into_iter()
                .zip(&ahead)
                .map(|(gradient, v)| (gradient * v).sum(Kind::Double).double_value(&[]));
            along.sum::<f64>() * RATE * k * of_v
        };
        let expected = if is_compared { differences(&mut training, along_step) } else { Vec::new() };
        (direct - second, expected, k, of_v)
    };
    let (free, _, k, of_v) = with(Clip::None, false);
    assert_eq!((k, of_v), (1.0, 1.0));
    // Far above every norm: nothing is made longer.
    let (above, _, k, of_v) = with(Clip::All { norm: 1e6 }, false);
    assert_eq!((k, of_v), (1.0, 1.0));
    assert_eq!(values(&above), values(&free));
    let (clipped, expected, k, of_v) = with(Clip::All { norm: 1e-2 }, true);
    assert!(k < 0.5 && of_v < 0.5, "{k} {of_v}");
    close(&clipped, &expected, 0.05).unwrap();
}
