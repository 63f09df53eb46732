//! What is trained, how, and who hears of it.

use std::path::PathBuf;

use genomenas_data::{Rows, StoreInfo, Task};
use genomenas_plugin::message::{ClassWeights, Mixing, Plan};
use genomenas_plugin::space::{Form, Layer, LayerOp, Layers, Op};
use tch::Device;

use super::partition::{Available, check_batch};
use crate::error::{Error, Result};

/// What to train.
#[derive(Debug)]
pub struct Job {
    /// The network's layers.
    pub layers: Layers,
    /// How a supernet mixes its options; an architecture has nothing to mix.
    pub mixing: Mixing,
    /// How it is trained.
    pub plan: Plan,
    /// The seed of its weights, its batches and its dropout.
    pub seed: u64,
    /// The run's seed: what is the same in all trials of a run, such as the rows of architecture steps, is drawn from
    /// it.
    pub data_seed: u64,
    /// Where.
    pub device: Device,
    /// Threads for scoring.
    pub threads: usize,
    /// Rows that weights are trained on, and of which architecture steps may take a part.
    pub train: Rows,
    /// Rows that epochs are scored on.
    pub valid: Rows,
    /// What it begins with.
    pub start: Start,
    /// Whether the weights of the best epoch are kept.
    pub keep_best: bool,
    /// Where it saves itself.
    pub checkpoint: PathBuf,
}

/// What a training begins with. A checkpoint is that of another training, which ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Weights drawn from its seed.
    Fresh,
    /// The weights, statistics and alphas of a checkpoint where names and shapes match; the rest is drawn.
    Inherit(PathBuf),
    /// As [`Inherit`](Self::Inherit), and the moments and steps of the optimizers, and the place in the schedules.
    Continue(PathBuf),
}

/// Hears of every step.
pub trait Watch {
    /// A step on `samples` samples ended; `done` is the finished part of the training.
    fn step(&mut self, done: f64, samples: u64);
}

/// Refuses a plan that nothing can be trained by on this data, whatever the network.
pub fn check_plan(plan: &Plan, info: &StoreInfo) -> Result<()> {
    check_batch(plan, &Available::of(info))?;
    let (task, length) = (info.shape.task, info.shape.length);
    if plan.shift as usize >= length {
        return Err(Error::input(format!(
            "the plan shifts windows by up to {} bases, and they have {length}: shift by at most {}",
            plan.shift,
            length.saturating_sub(1)
        )));
    }
    if task == Task::NextNucleotide {
        let other_strand = "what comes after a window on its other strand is another question";
        for (asked, what, why) in [
            (plan.reverse_complement, "shows reverse complements (reverse_complement)", other_strand),
            (plan.average_strands, "scores the mean of both strands (average_strands)", other_strand),
            (plan.shift > 0, "shifts windows (shift)", "the base to predict would not follow a window that was moved"),
        ] {
            if asked {
                return Err(Error::input(format!(
                    "the plan {what}, and the data's task is the next nucleotide: {why}; leave it out"
                )));
            }
        }
    }
    if plan.class_weights != ClassWeights::None && task.is_regression() {
        return Err(Error::input(format!(
            "the plan weighs classes (class_weights), and the labels of a {} are numbers: leave it out",
            task.name()
        )));
    }
    Ok(())
}

/// Refuses a regulariser of what enters the last dense layer of a network that has none.
pub(super) fn check_hidden(plan: &Plan, layers: &Layers) -> Result<()> {
    let dense = |layer: &Layer| matches!(layer.op, LayerOp::Op(Op::Linear { .. }));
    if plan.hidden_l1 > 0.0 && !layers.layers.iter().any(dense) {
        return Err(Error::input(
            "the plan regularises what enters the last dense layer (hidden_l1), and the network has no dense layer: leave it out",
        ));
    }
    Ok(())
}

/// Refuses batches of one sample for a supernet with a highway cell, which normalises its states over the samples.
pub(super) fn check_states(layers: &Layers, batch: u32) -> Result<()> {
    let highway = layers.layers.iter().any(|layer| matches!(layer.op, LayerOp::Op(Op::Highway(_))));
    if layers.form == Form::Search && highway && batch < 2 {
        return Err(Error::input(
            "a batch of 1, and a highway cell whose states are normalised over the samples of a batch in a supernet: take at least 2",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tests::Setting;

    /// What is said of a plan on the data of a small store, changed.
    fn said(plan: &Plan, change: impl FnOnce(&mut StoreInfo)) -> String {
        let mut info = Setting::new().train.info().clone();
        change(&mut info);
        let plan = Plan { batch: 1, ..plan.clone() };
        check_plan(&plan, &info).map_or_else(|error| error.to_string(), |()| String::new())
    }

    fn of_task(task: Task) -> impl FnOnce(&mut StoreInfo) {
        move |info| info.shape.task = task
    }

    #[test]
    fn a_shift_as_long_as_a_window_is_refused_with_both_lengths() {
        let shifted = |shift| said(&Plan { shift, ..Plan::default() }, |info| info.shape.length = 50);
        assert_eq!(shifted(49), "");
        let refused = shifted(50);
        assert!(refused.contains("up to 50 bases, and they have 50") && refused.contains("at most 49"), "{refused}");
    }

    #[test]
    fn what_would_ask_another_question_than_the_next_nucleotide_is_refused_by_its_name() {
        for (plan, name) in [
            (Plan { reverse_complement: true, ..Plan::default() }, "reverse_complement"),
            (Plan { average_strands: true, ..Plan::default() }, "average_strands"),
            (Plan { shift: 1, ..Plan::default() }, "shift"),
        ] {
            let refused = said(&plan, of_task(Task::NextNucleotide));
            assert!(refused.contains(name) && refused.contains("next nucleotide"), "{refused}");
            assert_eq!(said(&plan, of_task(Task::MultiClass)), "");
        }
    }

    #[test]
    fn weights_of_classes_are_refused_where_labels_are_numbers() {
        let plan = Plan { class_weights: ClassWeights::Balanced { maximum: 10.0 }, ..Plan::default() };
        for task in [Task::Regression, Task::PoissonRegression] {
            let refused = said(&plan, of_task(task));
            assert!(refused.contains("class_weights") && refused.contains(task.name()), "{refused}");
        }
        for task in [Task::MultiLabel, Task::MultiClass, Task::NextNucleotide] {
            assert_eq!(said(&plan, of_task(task)), "");
        }
    }
}
