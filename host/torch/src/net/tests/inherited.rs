//! What a network takes over of another one's weights: matched by name, with the options of a selection written out.

use std::collections::BTreeSet;

use genomenas_data::Device;
use genomenas_plugin::engine::Naming;
use genomenas_plugin::space::{Architecture, ArchitectureBuilder, Layers, Op, OptionNames, Selection, Space};
use tch::Tensor;

use super::{named, noise, random_selection, small, spread_alphas, supernet};
use crate::net::{Mode, Net};

fn layers(space: &Space, selection: &Selection) -> Layers {
    space.architecture(selection).unwrap().layers().unwrap()
}

fn net(layers: &Layers) -> Net {
    Net::build(layers, 99, Device::Cpu).unwrap()
}

/// The weights of a network that has seen a batch, so that its statistics are not those of the beginning.
fn used(mut net: Net) -> Vec<(String, Tensor)> {
    if !net.alphas().unwrap().is_empty() {
        spread_alphas(&mut net);
    }
    let _ = net.forward(&noise(&[3, 4, 41]), &Mode::training()).unwrap();
    net.weights.snapshot().unwrap()
}

#[test]
fn a_selection_takes_over_the_weights_and_statistics_of_its_options_from_a_supernet() {
    let space = small().space().unwrap();
    let whole = used(supernet(&space));
    for index in 0..4 {
        let selection = random_selection(&space, index);
        let names = space.option_names(&selection);
        let mut own = net(&layers(&space, &selection));
        let drawn = own.weights.snapshot().unwrap();
        let anew = own.weights.inherit(&whole, &Naming::new(names.clone(), OptionNames::default())).unwrap().unwrap();
        let mut found = 0;
        for (name, value) in &own.weights.snapshot().unwrap() {
            let there = whole.iter().find(|(other, _)| *other == names.written_out(name));
            match there {
                Some((_, theirs)) => {
                    assert_eq!(value, theirs, "{name}");
                    found += 1;
                }
                // The norms of a supernet have no scale and shift of their own.
                None => assert_eq!(value, named(&drawn, name), "{name}"),
            }
        }
        assert!(found > anew.count, "{found} were found, not {anew}");
        assert_eq!((anew.count + found, anew.other_shape), (drawn.len() as u64, 0));
        assert!(anew.first.iter().all(|name| matches!(name.rsplit('.').next(), Some("weight" | "bias"))), "{anew}");
    }
}

#[test]
fn without_the_options_in_its_names_a_selection_finds_little_and_says_so() {
    let space = small().space().unwrap();
    let mut own = net(&layers(&space, &random_selection(&space, 0)));
    let anew = own.weights.inherit(&used(supernet(&space)), &Naming::default()).unwrap().unwrap();
    assert!(anew.count > 20 && anew.first.len() == 5, "{anew}");
    assert!(anew.to_string().contains(&format!("and {} more", anew.count - 5)), "{anew}");
}

#[test]
fn an_option_is_not_taken_for_another_one_whose_weights_are_called_alike() {
    let space = small().space().unwrap();
    // Two selections that differ in one operation of a cell.
    let (first, second) = (0..500)
        .find_map(|index| {
            let first = random_selection(&space, index);
            let (edge, option) = first.0.iter().find(|(_, option)| option.starts_with("sep_conv"))?;
            let mut second = first.clone();
            second.0.insert(edge.clone(), option.replace("sep", "dil"));
            space.check_selection(&second).is_ok().then_some((first, second))
        })
        .unwrap();
    let [of_first, of_second] = [&first, &second].map(|selection| space.option_names(selection));
    let values = used(net(&layers(&space, &first)));
    let mut own = net(&layers(&space, &second));
    let drawn = own.weights.snapshot().unwrap();
    own.weights.inherit(&values, &Naming::new(of_second.clone(), of_first.clone())).unwrap();
    let mut anew = 0;
    for (name, value) in &own.weights.snapshot().unwrap() {
        let same = values.iter().any(|(other, _)| of_first.written_out(other) == of_second.written_out(name));
        anew += usize::from(!same);
        assert_eq!(value, named(if same { &values } else { &drawn }, name), "{name}");
    }
    assert!(anew > 0 && anew < drawn.len());
}

#[test]
fn a_supernet_takes_over_the_options_of_a_selection() {
    let space = small().space().unwrap();
    let selection = random_selection(&space, 2);
    let values = used(net(&layers(&space, &selection)));
    let mut whole = supernet(&space);
    let naming = Naming::new(OptionNames::default(), space.option_names(&selection));
    let anew = whole.weights.inherit(&values, &naming).unwrap().unwrap();
    let now = whole.weights.snapshot().unwrap();
    assert_eq!(named(&now, "rnn.w0"), named(&values, "rnn.w0"));
    assert!(anew.count < now.len() as u64 && anew.first[0].starts_with("alphas."), "{anew}");
}

#[test]
fn a_weight_of_another_shape_is_reported_as_one() {
    let of = |features: usize| {
        let mut net = ArchitectureBuilder::new("net", 41);
        net.then("conv", Op::conv1d(3, 1)).then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(features));
        net.finish().unwrap()
    };
    let values = used(net(&of(2).layers().unwrap()));
    let mut own = net(&of(3).layers().unwrap());
    let anew = own.weights.inherit(&values, &Naming::default()).unwrap().unwrap();
    assert_eq!((anew.count, anew.other_shape), (2, 2));
    assert_eq!(
        anew.to_string(),
        "2 weights were not found there and start anew (2 of another shape there): out.weight, out.bias"
    );
    assert_eq!(named(&own.weights.snapshot().unwrap(), "conv.weight"), named(&values, "conv.weight"));
}

#[test]
fn weights_are_called_and_shaped_as_plugin_api_says() {
    let space = small().space().unwrap();
    let mut all: Vec<Layers> = vec![space.supernet_layers().unwrap()];
    all.extend((0..5).map(|index| layers(&space, &random_selection(&space, index))));
    all.push(every_kind().layers().unwrap());
    for layers in all {
        let shape = |size: Vec<i64>| size.into_iter().map(|n| usize::try_from(n).unwrap()).collect::<Vec<_>>();
        let snapshot = net(&layers).weights.snapshot().unwrap();
        let own: Vec<_> = snapshot.into_iter().map(|(name, value)| (name, shape(value.size()))).collect();
        assert_eq!(layers.weights().collect::<Vec<_>>(), own);
        let names: BTreeSet<&String> = own.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), own.len(), "a name stands twice");
    }
}

/// Every operation with weights, and their variants.
fn every_kind() -> Architecture {
    let conv = |depthwise, groups, bias| Op::Conv1d {
        out_channels: Some(8),
        kernel: 3,
        stride: 1,
        padding: 1,
        dilation: 1,
        depthwise,
        groups,
        bias,
    };
    let mut net = ArchitectureBuilder::new("net", 41);
    net.then("plain", conv(false, 1, true)).then("deep", conv(true, 1, false)).then("groups", conv(false, 2, true));
    net.then("norm", Op::batch_norm()).then("none", Op::BatchNorm { affine: false, affine_in_search: false });
    net.then("search", Op::BatchNorm { affine: true, affine_in_search: false });
    net.then("lstm", Op::Lstm { hidden: 3, bidirectional: true })
        .then("gru", Op::Gru { hidden: 5, bidirectional: false });
    net.then("by_position", Op::Linear { out_features: 4, bias: false, init_range: None });
    net.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(3));
    net.finish().unwrap()
}
