//! What a trial may not be: the checks of its parent, its plan and its masks, each of them once.

use super::rows::{Data, PlanRows, check_batch};
use super::state::{RunningTrial, SearchState, parent_of};
use crate::message::{ClassWeights, Mixing, Plan, Task, TrialId};
use crate::space::{Form, Layer, LayerOp, Layers, Mask, Op, Source};
use crate::{Error, Result};

/// Refuses a trial whose weights nobody has.
pub(super) fn parent(state: &SearchState, trial: &RunningTrial) -> Result<()> {
    let Some(parent) = parent_of(&trial.trial) else { return Ok(()) };
    let why = if trial.parent_discarded {
        "it was discarded"
    } else if parent.0 >= state.next {
        "there is no such trial"
    } else if !state.trained.contains_key(&parent) {
        "it is not a training that completed"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("the weights of trial {parent} cannot be used: {why}")))
}

/// Refuses a score of nothing.
pub(super) fn score(masks: &[Mask], batch: u32, validation_batches: Option<u32>) -> Result<()> {
    if masks.is_empty() || batch == 0 || validation_batches == Some(0) {
        return Err(Error::invalid(format!(
            "a score of {} masks in batches of {batch}: expected at least 1 of each, and of validation_batches",
            masks.len()
        )));
    }
    Ok(())
}

/// The error of a score of weights that are not a supernet's.
pub(super) fn only_supernets(weights_of: TrialId) -> Error {
    Error::invalid(format!("trial {weights_of} trained an architecture: parts of a supernet alone can be scored"))
}

/// Refuses a training that cannot be done: of any network by this plan on this data, or of this one. Returns the rows
/// that it uses.
///
/// # Errors
///
/// The plan has numbers that no training could use, or does not fit the data or the network.
pub fn training(plan: &Plan, layers: &Layers, mixing: &Mixing, data: &Data) -> Result<PlanRows> {
    plan.validate()?;
    layers.expect_io(data.info.length, data.info.labels)?;
    self::plan(plan, data)?;
    check_hidden(plan, layers)?;
    check_states(plan, layers)?;
    check_alphas(plan, layers, mixing)?;
    plan.optimum.as_ref().map_or(Ok(()), |_| convex(layers))?;
    PlanRows::new(plan, data)
}

/// Refuses a plan that nothing can be trained by on this data, whatever the network.
///
/// # Errors
///
/// The plan asks for what the data does not have.
pub fn plan(plan: &Plan, data: &Data) -> Result<()> {
    check_batch(plan, data)?;
    let length = data.info.length;
    if plan.shift as usize >= length {
        return Err(Error::invalid(format!(
            "the plan shifts windows by up to {} bases, and they have {length}: shift by at most {}",
            plan.shift,
            length.saturating_sub(1)
        )));
    }
    check_strands(plan, data)?;
    let task = match data.info.task {
        Task::Regression => "regression",
        Task::PoissonRegression => "poisson-regression",
        Task::MultiLabel | Task::MultiClass => return Ok(()),
    };
    if plan.class_weights != ClassWeights::None {
        return Err(Error::invalid(format!(
            "the plan weighs classes (class_weights), and the labels of a {task} are numbers: leave it out"
        )));
    }
    Ok(())
}

/// Refuses what would show or score the other strand where it has other labels, or none, and what would ask another
/// question than which base follows a window.
fn check_strands(plan: &Plan, data: &Data) -> Result<()> {
    let (of, other_strand) = if data.next_nucleotide {
        ("the data's task is the next nucleotide", "what comes after a window on its other strand is another question")
    } else {
        ("the rows of the data are of one strand", "their other strand is no sample of what is predicted")
    };
    let moved = "the base to predict would not follow a window that was moved";
    let one_way = !data.info.reversible;
    for (asked, what, why) in [
        (one_way && plan.reverse_complement, "shows reverse complements (reverse_complement)", other_strand),
        (one_way && plan.average_strands, "scores the mean of both strands (average_strands)", other_strand),
        (data.next_nucleotide && plan.shift > 0, "shifts windows (shift)", moved),
    ] {
        if asked {
            return Err(Error::invalid(format!("the plan {what}, and {of}: {why}; leave it out")));
        }
    }
    Ok(())
}

/// Refuses a regulariser of what enters the last dense layer of a network that has none.
fn check_hidden(plan: &Plan, layers: &Layers) -> Result<()> {
    let dense = |layer: &Layer| matches!(layer.op, LayerOp::Op(Op::Linear { .. }));
    if plan.hidden_l1 > 0.0 && !layers.layers.iter().any(dense) {
        return Err(Error::invalid(
            "the plan regularises what enters the last dense layer (hidden_l1), and the network has no dense layer: leave it out",
        ));
    }
    Ok(())
}

/// Refuses batches of one sample for a supernet with a highway cell, which normalises its states over the samples.
fn check_states(plan: &Plan, layers: &Layers) -> Result<()> {
    let highway = layers.layers.iter().any(|layer| matches!(layer.op, LayerOp::Op(Op::Highway(_))));
    if layers.form == Form::Search && highway && plan.batch < 2 {
        return Err(Error::invalid(
            "a batch of 1, and a highway cell whose states are normalised over the samples of a batch in a supernet: take at least 2",
        ));
    }
    Ok(())
}

/// Refuses architecture steps of a network without alphas.
fn check_alphas(plan: &Plan, layers: &Layers, mixing: &Mixing) -> Result<()> {
    if plan.arch.is_none() {
        return Ok(());
    }
    if layers.decisions.is_empty() {
        return Err(Error::invalid(
            "the plan has architecture steps (arch), and the network has no open decision: leave them out",
        ));
    }
    if !mixing.learns() {
        return Err(Error::invalid(
            "the plan has architecture steps (arch), and the supernet's mixing has no alphas: mix by softmax or gumbel, or leave them out",
        ));
    }
    Ok(())
}

/// Refuses a network whose loss may have several optima, or none: what a plan with an
/// [`optimum`](Plan::optimum) cannot train.
///
/// # Errors
///
/// It names the layer in the way.
pub fn convex(layers: &Layers) -> Result<()> {
    let ends = |at: usize| layers.output == Source::Layer(at);
    let breaks = layers.layers.iter().enumerate().find(|(at, layer)| match &layer.op {
        LayerOp::Op(Op::Linear { .. }) => !ends(*at),
        LayerOp::Op(Op::BatchNorm { .. } | Op::SkipDropout {}) | LayerOp::Mix { .. } => true,
        LayerOp::Op(Op::Dropout { p } | Op::DropPath { p }) => *p > 0.0,
        LayerOp::Op(_) => layer.parameters > 0 || ends(*at),
    });
    match breaks {
        None => Ok(()),
        Some((_, layer)) => Err(Error::invalid(format!(
            "the plan trains to the optimum, and with node '{}' ({}) the loss may have none or several: expected a network that ends in its only dense layer, with no other weights and nothing drawn before it",
            layer.name,
            match &layer.op {
                LayerOp::Op(op) => op.type_name(),
                LayerOp::Mix { .. } => "an open decision",
            }
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Arch, ArchData, DataInfo, Optimizer, Optimum, Order};
    use crate::space::{ArchitectureBuilder, GenomeNas};

    fn data(task: Task) -> Data {
        let (train_rows, valid_rows, reversible) = (100, 30, true);
        let info = DataInfo { length: 50, labels: 2, task, train_rows, valid_rows, reversible };
        Data { info, both_strands: false, next_nucleotide: false }
    }

    /// Why a plan is refused, whatever the network.
    fn refused(plan: &Plan, data: &Data) -> String {
        let plan = Plan { batch: 1, ..plan.clone() };
        self::plan(&plan, data).map_or_else(|error| error.message, |()| String::new())
    }

    #[test]
    fn a_shift_as_long_as_a_window_is_refused_with_both_lengths() {
        let shifted = |shift| refused(&Plan { shift, ..Plan::default() }, &data(Task::MultiLabel));
        assert_eq!(shifted(49), "");
        let refused = shifted(50);
        assert!(refused.contains("up to 50 bases, and they have 50") && refused.contains("at most 49"), "{refused}");
    }

    #[test]
    fn what_would_ask_another_question_than_the_next_nucleotide_is_refused_by_its_name() {
        let classes = data(Task::MultiClass);
        let info = DataInfo { reversible: false, ..classes.info.clone() };
        for (plan, name) in [
            (Plan { reverse_complement: true, ..Plan::default() }, "reverse_complement"),
            (Plan { average_strands: true, ..Plan::default() }, "average_strands"),
            (Plan { shift: 1, ..Plan::default() }, "shift"),
        ] {
            let refusal = refused(&plan, &Data { info: info.clone(), next_nucleotide: true, ..classes.clone() });
            assert!(refusal.contains(name) && refusal.contains("next nucleotide"), "{refusal}");
            assert_eq!(refused(&plan, &classes), "");
        }
    }

    #[test]
    fn the_other_strand_of_rows_of_one_strand_is_refused_and_a_shift_is_not() {
        let data = data(Task::MultiLabel);
        let data = Data { info: DataInfo { reversible: false, ..data.info }, ..data };
        for (plan, name) in [
            (Plan { reverse_complement: true, ..Plan::default() }, "reverse_complement"),
            (Plan { average_strands: true, ..Plan::default() }, "average_strands"),
        ] {
            let refusal = refused(&plan, &data);
            assert!(refusal.contains(name) && refusal.contains("one strand"), "{refusal}");
        }
        assert_eq!(refused(&Plan { shift: 1, ..Plan::default() }, &data), "");
    }

    #[test]
    fn weights_of_classes_are_refused_where_labels_are_numbers() {
        let plan = Plan { class_weights: ClassWeights::Balanced { maximum: 10.0 }, ..Plan::default() };
        for (task, name) in [(Task::Regression, "regression"), (Task::PoissonRegression, "poisson-regression")] {
            let refusal = refused(&plan, &data(task));
            assert!(refusal.contains("class_weights") && refusal.contains(&format!("a {name} are")), "{refusal}");
        }
        for task in [Task::MultiLabel, Task::MultiClass] {
            assert_eq!(refused(&plan, &data(task)), "");
        }
    }

    #[test]
    fn what_a_plan_needs_of_a_network_is_refused_where_the_network_has_none() {
        let data = data(Task::MultiLabel);
        let supernet = GenomeNas { cells: 1, nodes: 1, rnn_nodes: 1, ..GenomeNas::new(50, 2) }.space().unwrap();
        let supernet = supernet.supernet_layers().unwrap();
        let mut net = ArchitectureBuilder::new("without a dense layer", 50);
        net.then("conv", Op::conv1d(2, 3)).then("pool", Op::GlobalMaxPool {});
        let convolutions = net.finish().unwrap().layers().unwrap();
        let (optimizer, data_of_arch) = (Optimizer::default(), ArchData::Train { part: 0.5 });
        let arch = Arch { optimizer, clip: None, warm_up: 0, order: Order::First, data: data_of_arch };
        let small = Plan { batch: 10, ..Plan::default() };
        let of_alphas = Plan { arch: Some(arch), ..small.clone() };
        let of_hidden = Plan { hidden_l1: 0.1, ..small.clone() };
        let of_one = Plan { batch: 1, ..small };
        for (plan, layers, mixing, what) in [
            (&of_alphas, &supernet, Mixing::Softmax, ""),
            (&of_alphas, &supernet, Mixing::Sum, "the supernet's mixing has no alphas"),
            (&of_alphas, &convolutions, Mixing::Softmax, "the network has no open decision"),
            (&of_hidden, &supernet, Mixing::Sum, ""),
            (&of_hidden, &convolutions, Mixing::Softmax, "the network has no dense layer"),
            (&of_one, &convolutions, Mixing::Softmax, ""),
            (&of_one, &supernet, Mixing::Sum, "a batch of 1, and a highway cell"),
        ] {
            let refusal = training(plan, layers, &mixing, &data).map_or_else(|error| error.message, |_| String::new());
            assert!(refusal.contains(what) && refusal.is_empty() == what.is_empty(), "{what}: {refusal}");
        }
    }

    #[test]
    fn only_a_network_that_ends_in_its_only_weights_is_trained_to_the_optimum() {
        let data = data(Task::MultiLabel);
        let plan = Plan { batch: 10, ..Plan::to_optimum(vec![1.0, 0.1], 2) };
        let of = |ops: Vec<Op>| {
            let mut net = ArchitectureBuilder::new("net", 50);
            for (at, op) in ops.into_iter().enumerate() {
                net.then(&format!("n{at}"), op);
            }
            let layers = net.finish().unwrap().layers().unwrap();
            training(&plan, &layers, &Mixing::Softmax, &data).map_or_else(|error| error.message, |_| String::new())
        };
        let counts = || Op::KmerSpectrum { k: 2, both_strands: true };
        for ops in [
            vec![counts(), Op::linear(2)],
            vec![Op::Flatten {}, Op::linear(2)],
            vec![Op::max_pool(5), Op::relu(), Op::Flatten {}, Op::Dropout { p: 0.0 }, Op::linear(2)],
        ] {
            assert_eq!(of(ops), "");
        }
        for (ops, node) in [
            (vec![Op::conv1d(2, 50), Op::Flatten {}], "'n0' (conv1d)"),
            (vec![counts(), Op::linear(3), Op::linear(2)], "'n1' (linear)"),
            (vec![counts(), Op::linear(2), Op::relu()], "'n1' (linear)"),
            (vec![counts(), Op::Dropout { p: 0.5 }, Op::linear(2)], "'n1' (dropout)"),
            (vec![Op::BatchNorm { affine: false, affine_in_search: false }, Op::Flatten {}, Op::linear(2)], "'n0'"),
        ] {
            let refusal = of(ops);
            assert!(refusal.contains(node) && refusal.contains("only dense layer"), "{refusal}");
        }
    }

    #[test]
    fn a_plan_that_would_move_its_own_optimum_is_refused_by_what_moves_it() {
        let plan = || Plan::to_optimum(vec![1.0, 0.1], 2);
        let optimum = |optimum| Plan { optimum: Some(optimum), ..plan() };
        assert!(plan().validate().is_ok());
        for (plan, what) in [
            (Plan { epochs: 3, ..plan() }, "2 strengths of the L2 penalty, and the plan 3 epochs"),
            (Plan { reverse_complement: true, ..plan() }, "reverse_complement"),
            (Plan { shift: 2, ..plan() }, "shift"),
            (Plan { steps_per_epoch: Some(3), ..plan() }, "steps_per_epoch"),
            (Plan { max_norm: Some(1.0), ..plan() }, "max_norm"),
            (optimum(Optimum { l2: vec![1.0, f64::NAN], ..Optimum::default() }), "strength of NaN"),
            (optimum(Optimum { l2: vec![-1.0, 1.0], ..Optimum::default() }), "strength of -1"),
            (optimum(Optimum { l2: vec![1.0; 2], tolerance: 0.0, ..Optimum::default() }), "tolerance of 0"),
            (optimum(Optimum { l2: vec![1.0; 2], iterations: 0, ..Optimum::default() }), "0 iterations"),
        ] {
            let refusal = plan.validate().unwrap_err().message;
            assert!(refusal.contains(what), "{what}: {refusal}");
        }
    }
}
