//! What a forward pass computes, in which order, and how long it keeps each value.

use genomenas_plugin::space::Source;

use super::mix::Term;
use super::module::Module;
use super::shares::Shares;

/// One operation of a network.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) work: Work,
    pub(super) inputs: Vec<Source>,
    /// The shape of its value for one sample.
    pub(super) shape: Vec<i64>,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Work {
    Module(Box<dyn Module>),
    /// Zeros.
    Zero,
    /// The sum of the inputs that are not zeros.
    Add,
    /// The mixture of the inputs, one an option, that count and are not zeros.
    Mix(Vec<Term>),
}

/// A step that a pass runs.
#[derive(Debug)]
pub(super) struct Run {
    /// The step.
    pub(super) at: usize,
    /// Which of its inputs it reads, by position; a sum or mixture of none is zeros.
    pub(super) reads: Vec<usize>,
    /// The steps whose values nobody reads any more afterwards.
    pub(super) last_read: Vec<usize>,
}

/// The steps that `output` depends on when options count as `shares` say; all options count where there are none.
/// A value is freed as soon as nothing reads it any more (in training, libtorch keeps what backward needs).
pub(super) fn schedule(steps: &[Step], output: Source, shares: Option<&Shares>) -> Vec<Run> {
    let mut zero = vec![false; steps.len()];
    let mut reads: Vec<Vec<usize>> = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let is_zero = |source: Source| matches!(source, Source::Layer(at) if zero[at]);
        let inputs = 0..step.inputs.len();
        let read: Vec<usize> = match &step.work {
            Work::Module(_) => inputs.collect(),
            Work::Zero => Vec::new(),
            Work::Add => inputs.filter(|&input| !is_zero(step.inputs[input])).collect(),
            Work::Mix(terms) => inputs
                .filter(|&input| !is_zero(step.inputs[input]))
                .filter(|&input| shares.is_none_or(|shares| shares.is_computed(terms[input].option)))
                .collect(),
        };
        zero[at] = read.is_empty() && !matches!(step.work, Work::Module(_));
        reads.push(read);
    }
    // Backwards, so that the first to ask for a value is its last reader.
    let mut needed = vec![false; steps.len()];
    let mut runs = Vec::new();
    if let Source::Layer(at) = output {
        needed[at] = true;
    }
    for at in (0..steps.len()).rev() {
        if !needed[at] {
            continue;
        }
        let reads = std::mem::take(&mut reads[at]);
        let mut last_read = Vec::new();
        for &input in &reads {
            if let Source::Layer(source) = steps[at].inputs[input]
                && !std::mem::replace(&mut needed[source], true)
            {
                last_read.push(source);
            }
        }
        runs.push(Run { at, reads, last_read });
    }
    runs.reverse();
    runs
}
