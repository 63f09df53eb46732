//! What reads what in a cell, for whatever is decided: worked out once a space, so that an architecture is encoded by
//! looking up.

use std::collections::{BTreeMap, BTreeSet};

use genomenas_plugin::prelude::*;
use genomenas_plugin::space::{Block, Decision, EdgeActivation, Form, HighwayCell, INPUT, Node};

/// A cell as a list of values, each computed from earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wiring {
    /// How many values come from outside; the first vertices.
    pub(crate) inputs: usize,
    /// Whether a vertex for a highway cell's first state follows them.
    pub(crate) intermediate: bool,
    /// The values, in order.
    pub(crate) steps: Vec<Step>,
    /// The values that leave the cell.
    pub(crate) outputs: Vec<usize>,
    /// The decisions, as values, that the same nodes read, all of them sums; two or more each.
    pub(crate) sums: Vec<Vec<usize>>,
}

/// How a value comes to be.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// It is a vertex that is in every architecture.
    Vertex { vertex: usize, reads: Vec<usize> },
    /// Nothing is decided here.
    Pass { reads: Vec<usize> },
    /// An option of a decision makes it, by position among the cell's; of each option the values that it reads.
    Decide { decision: usize, options: BTreeMap<String, Vec<usize>> },
}

impl Wiring {
    /// The wiring of the cell with these decisions.
    pub(crate) fn of(space: &Space, decisions: &[&Decision]) -> Self {
        let mut wiring = Self::default();
        let mut uses = Uses { blocks: &space.graph.blocks, known: BTreeMap::new() };
        let position: BTreeMap<&str, usize> =
            decisions.iter().enumerate().map(|(at, decision)| (decision.id.as_str(), at)).collect();
        // A decision that is made in several places belongs to the first.
        let mut placed = BTreeSet::new();
        let mut scopes: Vec<Scope<'_>> = Vec::new();
        for scope in scopes_of(space) {
            let here: Vec<usize> = scope.decisions().filter_map(|id| position.get(id).copied()).collect();
            if here.iter().filter(|at| placed.insert(**at)).count() > 0 {
                scopes.push(scope);
            }
        }
        wiring.inputs = scopes.iter().map(Scope::inputs).sum();
        wiring.intermediate = scopes.iter().any(|scope| matches!(scope, Scope::Highway(_)));
        let mut input = 0;
        for scope in &scopes {
            match scope {
                Scope::Graph { inputs, nodes, output } => {
                    wiring.graph(&mut input, inputs, nodes, output, &position, decisions, &mut uses);
                }
                Scope::Highway(cell) => wiring.highway(&mut input, cell, &position, decisions),
            }
        }
        wiring
    }

    fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    fn input(&mut self, next: &mut usize) -> usize {
        let vertex = *next;
        *next += 1;
        self.push(Step::Vertex { vertex, reads: Vec::new() })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one scope, and what is shared between scopes")]
    fn graph<'a>(
        &mut self,
        next: &mut usize,
        inputs: &[&str],
        nodes: &'a [Node],
        output: &str,
        position: &BTreeMap<&str, usize>,
        decisions: &[&Decision],
        uses: &mut Uses<'a>,
    ) {
        let mut values: BTreeMap<&str, usize> = BTreeMap::new();
        for name in inputs {
            values.insert(name, self.input(next));
        }
        let mut made: Vec<(usize, &str)> = Vec::new();
        for node in nodes {
            let reads: Vec<usize> = node.inputs.iter().filter_map(|name| values.get(name.as_str()).copied()).collect();
            let read =
                |positions: &BTreeSet<usize>| positions.iter().filter_map(|at| reads.get(*at).copied()).collect();
            let step = match &node.op {
                Op::Choice { decision, options } => {
                    let of: BTreeMap<String, Vec<usize>> =
                        options.iter().map(|(name, op)| (name.clone(), read(&uses.of(op, reads.len())))).collect();
                    match position.get(decision.as_str()) {
                        Some(&at) => {
                            made.push((self.steps.len(), &node.name));
                            let keep =
                                |name: &String| decisions.get(at).is_some_and(|d| d.final_options().any(|f| f == name));
                            Step::Decide {
                                decision: at,
                                options: of.into_iter().filter(|(name, _)| keep(name)).collect(),
                            }
                        }
                        None => Step::Pass { reads: sorted(of.into_values().flatten()) },
                    }
                }
                op => Step::Pass { reads: sorted(read(&uses.of(op, reads.len()))) },
            };
            let value = self.push(step);
            values.insert(&node.name, value);
        }
        self.outputs.extend(values.get(output));
        self.sums(&made, nodes, output);
    }

    /// Remembers which of the decisions `made` here the same sums read.
    fn sums(&mut self, made: &[(usize, &str)], nodes: &[Node], output: &str) {
        let mut together: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
        for (value, name) in made {
            let readers: Vec<&Node> =
                nodes.iter().filter(|node| node.inputs.iter().any(|input| input == name)).collect();
            if *name != output && readers.iter().all(|node| matches!(node.op, Op::Add {})) {
                together.entry(readers.iter().map(|node| node.name.as_str()).collect()).or_default().push(*value);
            }
        }
        self.sums.extend(together.into_values().filter(|values| values.len() > 1));
    }

    fn highway(
        &mut self,
        next: &mut usize,
        cell: &HighwayCell,
        position: &BTreeMap<&str, usize>,
        decisions: &[&Decision],
    ) {
        let reads = vec![self.input(next), self.input(next)];
        let first = self.push(Step::Vertex { vertex: self.inputs, reads });
        // The value of input i of a node: s₀, then the nodes.
        let mut states = vec![first];
        for node in 0..cell.nodes {
            let mut sum = Vec::new();
            for edge in cell.edges.iter().filter(|edge| edge.node == node) {
                let Some(&state) = states.get(edge.input) else { continue };
                match &edge.activation {
                    EdgeActivation::Decision(id) if position.contains_key(id.as_str()) => {
                        let at = position.get(id.as_str()).copied().unwrap_or_default();
                        let names = decisions.get(at).into_iter().flat_map(|decision| decision.final_options());
                        let options = names.map(|name| (name.to_owned(), vec![state])).collect();
                        sum.push(self.push(Step::Decide { decision: at, options }));
                    }
                    _ => sum.push(state),
                }
            }
            states.push(self.push(Step::Pass { reads: sum }));
        }
        self.outputs.extend(states.into_iter().skip(1));
    }
}

/// Where decisions stand: the main graph, a block, or a highway cell in one of them.
enum Scope<'a> {
    Graph { inputs: Vec<&'a str>, nodes: &'a [Node], output: &'a str },
    Highway(&'a HighwayCell),
}

impl<'a> Scope<'a> {
    fn inputs(&self) -> usize {
        match self {
            Self::Graph { inputs, .. } => inputs.len(),
            // The value at a position, and the state at the position before it.
            Self::Highway(_) => 2,
        }
    }

    fn decisions(&self) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        match self {
            Self::Graph { nodes, .. } => Box::new(nodes.iter().filter_map(|node| match &node.op {
                Op::Choice { decision, .. } => Some(decision.as_str()),
                _ => None,
            })),
            Self::Highway(cell) => Box::new(cell.edges.iter().filter_map(|edge| match &edge.activation {
                EdgeActivation::Decision(id) => Some(id.as_str()),
                EdgeActivation::Activation(_) => None,
            })),
        }
    }
}

/// The main graph and the blocks, each followed by the highway cells in it.
fn scopes_of(space: &Space) -> Vec<Scope<'_>> {
    let graph = &space.graph;
    let main = (vec![INPUT], graph.nodes.as_slice(), graph.output.as_str());
    let blocks = graph.blocks.values().map(|Block { inputs, nodes, output }| {
        (inputs.iter().map(String::as_str).collect(), nodes.as_slice(), output.as_str())
    });
    let mut scopes = Vec::new();
    for (inputs, nodes, output) in std::iter::once(main).chain(blocks) {
        scopes.push(Scope::Graph { inputs, nodes, output });
        scopes.extend(nodes.iter().filter_map(|node| match &node.op {
            Op::Highway(cell) => Some(Scope::Highway(cell)),
            _ => None,
        }));
    }
    scopes
}

/// Which of their inputs operations really read.
struct Uses<'a> {
    blocks: &'a BTreeMap<String, Block>,
    known: BTreeMap<&'a str, BTreeSet<usize>>,
}

impl<'a> Uses<'a> {
    /// The inputs that `op` reads of `given`, by position.
    fn of(&mut self, op: &'a Op, given: usize) -> BTreeSet<usize> {
        match op {
            Op::Zero { .. } => BTreeSet::new(),
            Op::Block { block } => self.of_block(block),
            Op::Choice { options, .. } => options.values().flat_map(|op| self.of(op, given)).collect(),
            _ => (0..given).collect(),
        }
    }

    fn of_block(&mut self, name: &'a str) -> BTreeSet<usize> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let Some(block) = self.blocks.get(name) else { return BTreeSet::new() };
        // A block that used itself would be refused before; this ends the search all the same.
        self.known.insert(name, BTreeSet::new());
        let mut values: BTreeMap<&str, BTreeSet<usize>> =
            block.inputs.iter().enumerate().map(|(at, name)| (name.as_str(), BTreeSet::from([at]))).collect();
        for node in &block.nodes {
            let reads = if node.form == Form::Both {
                self.of(&node.op, node.inputs.len())
            } else {
                (0..node.inputs.len()).collect()
            };
            let from = reads.iter().filter_map(|at| values.get(node.inputs.get(*at)?.as_str()));
            let from = from.flatten().copied().collect();
            values.insert(&node.name, from);
        }
        let used = values.remove(block.output.as_str()).unwrap_or_default();
        self.known.insert(name, used.clone());
        used
    }
}

fn sorted(values: impl IntoIterator<Item = usize>) -> Vec<usize> {
    values.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}
