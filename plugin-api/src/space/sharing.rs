//! What layers of a graph share: equal functions of one value are computed once, and the batch norm that ends an option
//! takes the option's share for its scale. The host builds networks by it, and estimates of memory count by it.

use std::collections::BTreeMap;

use super::{Form, Layer, LayerOp, Op, Source};

/// For each layer the first one that computes the same; see [`Layers::firsts`](super::Layers::firsts).
pub(super) fn firsts(layers: &[Layer]) -> Vec<usize> {
    let mut firsts: Vec<usize> = Vec::with_capacity(layers.len());
    let mut functions: BTreeMap<(Source, FunctionKey), usize> = BTreeMap::new();
    for (at, layer) in layers.iter().enumerate() {
        let function = match (&layer.op, layer.inputs.as_slice()) {
            (LayerOp::Op(op), &[source]) => function(op).map(|function| (source, function)),
            _ => None,
        };
        let Some((source, function)) = function else {
            firsts.push(at);
            continue;
        };
        let source = match source {
            Source::Layer(from) => Source::Layer(firsts[from]),
            Source::Input => Source::Input,
        };
        firsts.push(*functions.entry((source, function)).or_insert(at));
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

/// An operation that has one value for each of its input: its kind, and the sizes that it has.
type FunctionKey = (&'static str, [usize; 3]);

/// The operation as a function: it has no weights, draws nothing and keeps nothing.
const fn function(op: &Op) -> Option<FunctionKey> {
    let sizes = match op {
        Op::Activation { function } => [*function as usize, 0, 0],
        Op::MaxPool { kernel, stride, padding } | Op::AvgPool { kernel, stride, padding } => {
            [*kernel, *stride, *padding]
        }
        Op::KmerSpectrum { k, both_strands } => [*k, *both_strands as usize, 0],
        Op::GlobalMaxPool {} | Op::GlobalAvgPool {} | Op::Identity {} | Op::Flatten {} | Op::Transpose {} => [0; 3],
        _ => return None,
    };
    Some((op.type_name(), sizes))
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
    fn many_different_functions_of_one_value_are_told_apart_in_time_in_proportion() {
        // Each compared with all before it, these took minutes; a network may have three times as many.
        let pool = |at: usize| Op::MaxPool { kernel: 2 * at + 1, stride: 1, padding: at };
        let names: Vec<String> = (0..30_000).map(|at| format!("n{at}")).collect();
        let mut net = ArchitectureBuilder::new("net", 100);
        for (at, name) in names.iter().enumerate() {
            net.add(name, pool(at), &["input"]);
        }
        net.add("again", pool(29_999), &["input"]);
        let read: Vec<&str> = names.iter().map(String::as_str).chain(["again"]).collect();
        net.add("sum", Op::Add {}, &read);
        let firsts = net.finish().unwrap().layers().unwrap().firsts();
        assert_eq!((firsts[7], firsts[29_999], firsts[30_000], firsts[30_001]), (7, 29_999, 29_999, 30_001));
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
