//! What layers of a graph share: equal functions of one value are computed once, and the batch norm that ends an option
//! takes the option's share for its scale. The host builds networks by it, and estimates of memory count by it.

use std::collections::BTreeMap;

use super::{Form, Layer, LayerOp, Op, Source};

/// For each layer the first one that computes the same; see [`Layers::firsts`](super::Layers::firsts).
pub(super) fn firsts(layers: &[Layer]) -> Vec<usize> {
    let mut firsts: Vec<usize> = Vec::with_capacity(layers.len());
    let mut functions: BTreeMap<Source, Vec<usize>> = BTreeMap::new();
    for (at, layer) in layers.iter().enumerate() {
        let (LayerOp::Op(op), &[source]) = (&layer.op, layer.inputs.as_slice()) else {
            firsts.push(at);
            continue;
        };
        if !is_function(op) {
            firsts.push(at);
            continue;
        }
        let source = match source {
            Source::Layer(from) => Source::Layer(firsts[from]),
            Source::Input => Source::Input,
        };
        let known = functions.entry(source).or_default();
        let first = known.iter().copied().find(|&other| layers[other].op == layer.op);
        if first.is_none() {
            known.push(at);
        }
        firsts.push(first.unwrap_or(at));
    }
    firsts
}

/// Which layers multiply their value by the share of an option; see [`Layers::scaled`](super::Layers::scaled).
pub(super) fn scaled(layers: &[Layer], output: Source, form: Form) -> Vec<bool> {
    // Layers and the graph's value that read each layer.
    let mut readers = vec![0_usize; layers.len()];
    for source in layers.iter().flat_map(|layer| &layer.inputs).chain([&output]) {
        if let Source::Layer(from) = source {
            readers[*from] += 1;
        }
    }
    let mut scaled = vec![false; layers.len()];
    for layer in layers.iter().filter(|layer| matches!(layer.op, LayerOp::Mix { .. })) {
        for source in &layer.inputs {
            if let Source::Layer(from) = source
                && let LayerOp::Op(op) = &layers[*from].op
            {
                scaled[*from] = readers[*from] == 1 && op.is_unscaled_norm(form);
            }
        }
    }
    scaled
}

/// Whether equal operations on one value have equal values: they have no weights, draw nothing and keep nothing.
const fn is_function(op: &Op) -> bool {
    matches!(
        op,
        Op::Activation { .. }
            | Op::MaxPool { .. }
            | Op::AvgPool { .. }
            | Op::GlobalMaxPool {}
            | Op::GlobalAvgPool {}
            | Op::Identity {}
            | Op::Flatten {}
            | Op::Transpose {}
    )
}

#[cfg(test)]
mod tests {
    use super::super::{ArchitectureBuilder, GenomeNas};
    use super::*;

    #[test]
    fn equal_functions_of_one_value_are_computed_once_whatever_they_change() {
        let mut net = ArchitectureBuilder::new("net", 8);
        net.then("conv", Op::conv1d(3, 1));
        for [same, relu, mean, linear] in [["a1", "a2", "a3", "a4"], ["b1", "b2", "b3", "b4"]] {
            net.add(same, Op::Identity {}, &["conv"]).add(relu, Op::relu(), &[same]);
            net.add(mean, Op::GlobalAvgPool {}, &[relu]).add(linear, Op::linear(2), &[mean]);
        }
        net.add("out", Op::Add {}, &["a4", "b4"]);
        let layers = net.finish().unwrap().layers().unwrap();
        let names: Vec<&str> = layers.firsts().iter().map(|&at| layers.layers[at].name.as_str()).collect();
        assert_eq!(names, ["conv", "a1", "a2", "a3", "a4", "a1", "a2", "a3", "b4", "out"]);
    }

    #[test]
    fn a_norm_takes_the_share_of_its_option_only_where_it_has_no_scale_and_the_mixture_alone_reads_it() {
        let space = GenomeNas::new(41, 3).space().unwrap();
        let layers = space.supernet_layers().unwrap();
        let scaled = layers.scaled();
        let taken: Vec<usize> = (0..scaled.len()).filter(|&at| scaled[at]).collect();
        assert!(!taken.is_empty());
        for at in taken {
            let readers = layers.layers.iter().filter(|layer| layer.inputs.contains(&Source::Layer(at)));
            let readers: Vec<&Layer> = readers.collect();
            assert!(matches!(readers[..], [Layer { op: LayerOp::Mix { .. }, .. }]));
        }
        let decided = space.architecture(&space.sample_distinct(1, 1)[0]).unwrap().layers().unwrap();
        assert!(!decided.scaled().contains(&true), "an architecture has no options");
    }
}
