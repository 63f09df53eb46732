//! From an architecture to graphs, one for each cell, that a graph network can read.
//!
//! The vertices of a cell are its inputs, in a highway cell the state s₀ that both make, one vertex for each decision
//! that the architecture keeps, and the output. An edge u → v says that v's operation reads u, itself or through nodes
//! about which nothing is decided (sums, concatenations). What a vertex is stands in its *kind*: input, intermediate,
//! one of the cell's operations, or output.

use std::collections::{BTreeMap, BTreeSet};

use genomenas_plugin::prelude::*;

use crate::wiring::{Step, Wiring};

/// One cell of one architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellGraph {
    /// What each vertex is: a position in [`Cell::kinds`].
    pub kinds: Vec<usize>,
    /// From whom to whom, in the order of the target and then of the source.
    pub edges: Vec<(usize, usize)>,
}

/// What all architectures of a space have in common about one cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The kinds of vertices: input, intermediate if it has such a state, its operations, output.
    pub kinds: Vec<String>,
    /// The ids of its decisions, in the order of the space.
    pub decisions: Vec<String>,
    pub(crate) wiring: Wiring,
}

/// Encodes the architectures of one space.
#[derive(Clone, Debug)]
pub struct Encoder {
    cells: Vec<Cell>,
}

impl Encoder {
    /// The encoder of a space.
    ///
    /// # Errors
    ///
    /// The space has no decisions.
    pub fn new(space: &Space) -> Result<Self> {
        if space.decisions.is_empty() {
            return Err(Error::invalid(format!(
                "space '{}' has no decisions, so there is nothing to search: train it as it is, or give a space with decisions",
                space.name
            )));
        }
        let cells = space.cells().into_iter().map(|cell| {
            let wiring = Wiring::of(space, &cell.decisions);
            let mut kinds = vec!["input".to_owned()];
            kinds.extend(wiring.intermediate.then(|| "intermediate".to_owned()));
            for option in cell.decisions.iter().flat_map(|decision| decision.final_options()) {
                let operation = operation(option).to_owned();
                if !kinds.iter().skip(1 + usize::from(wiring.intermediate)).any(|known| *known == operation) {
                    kinds.push(operation);
                }
            }
            kinds.push("output".to_owned());
            let decisions = cell.decisions.iter().map(|decision| decision.id.clone()).collect();
            Cell { kinds, decisions, wiring }
        });
        Ok(Self { cells: cells.collect() })
    }

    /// The cells.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The graphs of the architecture that `selection` makes, a cell each. The selection must fit the space.
    pub fn encode(&self, selection: &Selection) -> Vec<CellGraph> {
        self.cells.iter().map(|cell| cell.encode(selection)).collect()
    }

    /// Whether two decisions of one sum choose the same operation of the same inputs: a supernet would compute it once,
    /// and the architecture twice.
    pub fn has_twins(&self, selection: &Selection) -> bool {
        self.cells.iter().any(|cell| cell.has_twins(selection))
    }
}

impl Cell {
    /// The graph of this cell in an architecture.
    pub fn encode(&self, selection: &Selection) -> CellGraph {
        let Wiring { inputs, intermediate, steps, outputs, .. } = &self.wiring;
        let first = inputs + usize::from(*intermediate);
        let kept: Vec<(usize, &String)> = self
            .decisions
            .iter()
            .enumerate()
            .filter_map(|(at, id)| selection.0.get(id).map(|option| (at, option)))
            .collect();
        let vertex = |decision: usize| kept.iter().position(|(at, _)| *at == decision).map(|at| first + at);
        let mut kinds = vec![0; *inputs];
        kinds.extend(intermediate.then_some(1));
        let operations = 1 + usize::from(*intermediate);
        kinds.extend(kept.iter().map(|(_, option)| {
            let name = operation(option);
            self.kinds.iter().skip(operations).position(|kind| kind == name).unwrap_or(0) + operations
        }));
        kinds.push(self.kinds.len() - 1);

        let mut edges = BTreeSet::new();
        // Of each value the vertices that it comes from.
        let mut origins: Vec<BTreeSet<usize>> = Vec::with_capacity(steps.len());
        let from = |origins: &[BTreeSet<usize>], values: &[usize]| -> BTreeSet<usize> {
            values.iter().filter_map(|value| origins.get(*value)).flatten().copied().collect()
        };
        for step in steps {
            let origin = match step {
                Step::Vertex { vertex, reads } => {
                    edges.extend(from(&origins, reads).into_iter().map(|source| (*vertex, source)));
                    BTreeSet::from([*vertex])
                }
                Step::Pass { reads } => from(&origins, reads),
                Step::Decide { decision, options } => {
                    let chosen = self.decisions.get(*decision).and_then(|id| options.get(selection.0.get(id)?));
                    match (chosen, vertex(*decision)) {
                        (Some(reads), Some(vertex)) => {
                            edges.extend(from(&origins, reads).into_iter().map(|source| (vertex, source)));
                            BTreeSet::from([vertex])
                        }
                        _ => BTreeSet::new(),
                    }
                }
            };
            origins.push(origin);
        }
        let output = kinds.len() - 1;
        edges.extend(from(&origins, outputs).into_iter().map(|source| (output, source)));
        CellGraph { kinds, edges: edges.into_iter().map(|(target, source)| (source, target)).collect() }
    }

    fn has_twins(&self, selection: &Selection) -> bool {
        self.wiring.sums.iter().any(|sum| {
            let chosen: Vec<_> = sum
                .iter()
                .filter_map(|at| {
                    let Some(Step::Decide { decision, options }) = self.wiring.steps.get(*at) else { return None };
                    let option = selection.0.get(self.decisions.get(*decision)?)?;
                    Some((operation(option), options.get(option)?))
                })
                .collect();
            chosen.iter().enumerate().any(|(at, one)| chosen.iter().skip(at + 1).any(|other| other == one))
        })
    }

    /// Of each decision that is in the wiring its options with the values that they read.
    pub(crate) fn options(&self) -> BTreeMap<&str, &BTreeMap<String, Vec<usize>>> {
        let mut of = BTreeMap::new();
        for step in &self.wiring.steps {
            if let Step::Decide { decision, options } = step
                && let Some(id) = self.decisions.get(*decision)
            {
                of.entry(id.as_str()).or_insert(options);
            }
        }
        of
    }
}

/// The operation of an option: its name without the number of the input, as in `2-conv_15`.
pub fn operation(option: &str) -> &str {
    match option.split_once('-') {
        Some((number, operation)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            operation
        }
        _ => option,
    }
}
