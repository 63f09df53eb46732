//! A hash of an architecture that names, the order of nodes and the use of blocks do not change.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Architecture, LayerOp, Layers, Op, Source};
use crate::Result;

type Hash = [u8; 32];

impl Architecture {
    /// The canonical hash, in hexadecimal: equal for graphs that compute the same with the same weights, however their
    /// nodes are called or ordered, and whatever is written as a block. The order of inputs counts where the
    /// operation reads it (concat), and not where it does not (add).
    pub fn canonical_hash(&self) -> Result<String> {
        let layers = self.layers()?;
        let mut hash = Sha256::new();
        hash.update(b"genomenas architecture 1");
        hash.update(combine(&format!("{:?}", layers.input), []));
        for part in refine(&layers)? {
            hash.update(part);
        }
        Ok(hash.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
    }
}

/// The hashes of all layers, sorted, after colour refinement in both directions: what a layer computes, and who
/// reads it. The second half distinguishes one shared layer from two equal ones.
fn refine(layers: &Layers) -> Result<Vec<Hash>> {
    let below = computed(layers)?;
    // From the output down: a layer's colour is what it computes and the colours of its readers.
    let mut above: Vec<Vec<Hash>> = vec![Vec::new(); layers.layers.len()];
    let mut colours = below.clone();
    for at in (0..layers.layers.len()).rev() {
        above[at].sort_unstable();
        let root = if layers.output == Source::Layer(at) { "output" } else { "inner" };
        colours[at] = combine(root, std::iter::once(below[at]).chain(above[at].iter().copied()));
        for (position, source) in layers.layers[at].inputs.iter().enumerate() {
            if let Source::Layer(from) = *source {
                let slot = if ordered(&layers.layers[at].op) { position } else { 0 };
                above[from].push(combine(&slot.to_string(), [colours[at]]));
            }
        }
    }
    colours.sort_unstable();
    Ok(colours)
}

/// What each layer computes: its operation and what it reads.
fn computed(layers: &Layers) -> Result<Vec<Hash>> {
    let input = combine("input", []);
    let mut hashes: Vec<Hash> = Vec::with_capacity(layers.layers.len());
    for layer in &layers.layers {
        let mut read: Vec<Hash> = layer
            .inputs
            .iter()
            .map(|source| match source {
                Source::Input => input,
                Source::Layer(at) => hashes[*at],
            })
            .collect();
        if !ordered(&layer.op) {
            read.sort_unstable();
        }
        let op = match &layer.op {
            LayerOp::Op(op) => describe(op)?,
            LayerOp::Mix { decision, options } => format!("mix {decision} {options:?}"),
        };
        hashes.push(combine(&op, read));
    }
    Ok(hashes)
}

/// The operation as text; the edges of a highway cell in order of their nodes.
fn describe(op: &Op) -> Result<String> {
    let mut op = op.clone();
    if let Op::Highway(cell) = &mut op {
        cell.edges.sort_by_key(|edge| (edge.node, edge.input));
    }
    // Through a map: the order of fields is that of their names, whatever the type says.
    let value: BTreeMap<String, serde_json::Value> = serde_json::from_value(serde_json::to_value(op)?)?;
    Ok(serde_json::to_string(&value)?)
}

fn ordered(op: &LayerOp) -> bool {
    !matches!(op, LayerOp::Op(Op::Add {}))
}

fn combine(label: &str, parts: impl IntoIterator<Item = Hash>) -> Hash {
    let mut hash = Sha256::new();
    hash.update((label.len() as u64).to_le_bytes());
    hash.update(label.as_bytes());
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
