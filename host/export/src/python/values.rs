//! Variables of a `forward`: layers of which each reads only the one before share a variable, so that a value is gone as
//! soon as nothing reads it.

use std::collections::BTreeMap;

use genomenas_data::error::Result;
use genomenas_plugin::space::{Function, Op, Source};

use super::names::Names;
use crate::network::{Network, op_of};

/// The variable of the input.
const INPUT: &str = "x";

/// The variable of each value.
#[derive(Debug)]
pub(super) struct Values {
    /// What each layer stands for: itself, or what it passes on.
    stands_for: Vec<Source>,
    /// The last layer of the chain that each layer is in.
    ends: Vec<usize>,
    /// Variables by the last layer of a chain.
    named: BTreeMap<usize, String>,
}

/// Whether a layer passes its only input on.
pub(super) fn passes_on(op: &Op, inputs: usize) -> bool {
    match op {
        Op::Identity {} | Op::SkipDropout {} | Op::Activation { function: Function::Identity } => true,
        Op::Add {} => inputs == 1,
        _ => false,
    }
}

impl Values {
    pub(super) fn of(network: &Network) -> Result<Self> {
        let layers = &network.layers.layers;
        let mut stands_for: Vec<Source> = (0..layers.len()).map(Source::Layer).collect();
        // How often each value is read, and by which layer as its first input; the input comes first.
        let mut reads = vec![0_usize; layers.len() + 1];
        let mut readers: Vec<Option<usize>> = vec![None; layers.len() + 1];
        for (at, layer) in network.computed() {
            let op = op_of(layer)?;
            let read: Vec<Source> = layer.inputs.iter().map(|source| resolve(&stands_for, *source)).collect();
            if let (true, [only]) = (passes_on(op, read.len()), read.as_slice()) {
                if let Some(own) = stands_for.get_mut(at) {
                    *own = *only;
                }
                continue;
            }
            if matches!(op, Op::Zero { .. }) {
                continue;
            }
            for (number, source) in read.iter().enumerate() {
                let place = place(*source);
                reads[place] += 1;
                if number == 0 {
                    readers[place] = Some(at);
                }
            }
        }
        // The network's value is read by what comes after it.
        reads[place(resolve(&stands_for, network.layers.output))] += 2;
        let next = |place: usize| readers[place].filter(|_| reads[place] == 1);
        let mut ends: Vec<usize> = (0..layers.len()).collect();
        for at in (0..layers.len()).rev() {
            if let Some(next) = next(at + 1) {
                ends[at] = ends[next];
            }
        }
        let named = next(0).map(|first| (ends[first], INPUT.to_owned())).into_iter().collect();
        Ok(Self { stands_for, ends, named })
    }

    /// The variable of a value that was assigned.
    pub(super) fn name(&self, source: Source) -> String {
        let found = match resolve(&self.stands_for, source) {
            Source::Input => None,
            Source::Layer(at) => self.ends.get(at).and_then(|end| self.named.get(end)),
        };
        found.map_or(INPUT, String::as_str).to_owned()
    }

    /// The variable that a layer's value is assigned to.
    pub(super) fn assigned(&mut self, at: usize, network: &Network, names: &mut Names) -> String {
        let end = self.ends.get(at).copied().unwrap_or(at);
        let last = network.layers.layers.get(end).map_or("", |layer| &layer.name);
        self.named.entry(end).or_insert_with(|| names.like(last, "")).clone()
    }
}

fn resolve(stands_for: &[Source], source: Source) -> Source {
    match source {
        Source::Input => Source::Input,
        Source::Layer(at) => stands_for.get(at).copied().unwrap_or(source),
    }
}

/// The place of a value in a list that begins with the input.
const fn place(source: Source) -> usize {
    match source {
        Source::Input => 0,
        Source::Layer(at) => at + 1,
    }
}
