//! Statistics of batch norms that are computed anew, against those of all values at once.

use genomenas_plugin::space::{ArchitectureBuilder, Op};
use tch::{Device, Kind, Tensor};

use super::{distance, named, noise, random_selection, small, supernet};
use crate::net::{Blend, Mixer, Net, Statistics};

/// Two batches of 8 and 4 samples that differ much, so that the variance between them counts.
fn batches(length: i64) -> [Tensor; 2] {
    let all = noise(&[12, 4, length]);
    [all.narrow(0, 0, 8), all.narrow(0, 8, 4) * 3.0 + 5.0]
}

/// What batch norms have after these batches.
fn recalibrated(net: &mut Net, blend: &Blend, batches: &[Tensor]) -> Vec<(String, Tensor)> {
    let mut statistics = Statistics::default();
    for batch in batches {
        net.observe(batch, blend.clone(), &mut statistics).unwrap();
    }
    net.recalibrate(&statistics).unwrap();
    net.weights.snapshot().unwrap()
}

/// The mean and unbiased variance of values \[B, C\] or \[B, C, L\], a channel each.
#[track_caller]
fn expect(values: &[(String, Tensor)], name: &str, seen: &Tensor) {
    let channels = seen.size()[1];
    let seen = seen.transpose(0, 1).reshape([channels, -1]).to_kind(Kind::Double);
    let mean = seen.mean_dim([1_i64].as_slice(), false, Kind::Double);
    let variance = seen.var_dim([1_i64].as_slice(), true, false);
    for (statistic, expected) in [("running_mean", mean), ("running_var", variance)] {
        let distance = distance(&named(values, &format!("{name}.{statistic}")).to_kind(Kind::Double), &expected);
        assert!(distance < 1e-5, "{name}.{statistic} is off by {distance}");
    }
}

/// Values normalised by those of their batch.
fn normalised(values: &Tensor, over: &[i64]) -> Tensor {
    let apart = values - values.mean_dim(over, true, Kind::Double);
    &apart / (apart.square().mean_dim(over, true, Kind::Double) + 1e-5).sqrt()
}

#[test]
fn pooled_statistics_are_those_of_all_values_and_dropout_is_off() {
    for dropout in [0.0, 0.5] {
        let mut builder = ArchitectureBuilder::new("norms", 9);
        builder
            .then("conv", Op::conv1d(8, 3))
            .then("first", Op::batch_norm())
            .then("dropped", Op::Dropout { p: dropout })
            .then("pool", Op::GlobalMaxPool {})
            .then("second", Op::batch_norm());
        let mut net = Net::build(&builder.finish().unwrap().layers().unwrap(), 1, Device::Cpu).unwrap();
        let before = net.weights.snapshot().unwrap();
        let weight = |name: &str| named(&before, name).to_kind(Kind::Double);
        let convolved = batches(9).map(|batch| {
            batch.to_kind(Kind::Double).conv1d(&weight("conv.weight"), Some(&weight("conv.bias")), 1, 0, 1, 1)
        });
        let pooled = convolved.each_ref().map(|values| normalised(values, &[0, 2]).amax([2_i64].as_slice(), false));
        let after = recalibrated(&mut net, &Blend::default(), &batches(9));
        expect(&after, "first", &Tensor::cat(&convolved, 0));
        expect(&after, "second", &Tensor::cat(&pooled, 0));
        for (name, value) in &after {
            assert!(name.contains("running") || value == named(&before, name), "{name}");
        }
    }
}

#[test]
fn batch_norms_that_saw_nothing_keep_their_statistics() {
    let space = small().space().unwrap();
    let layers = space.supernet_layers().unwrap();
    let selection = random_selection(&space, 1);
    let mixing = genomenas_plugin::message::Mixing::Cycle { selections: vec![selection.clone()] };
    let blend = Mixer::new(&mixing, &layers).unwrap().scoring(0);
    let mut net = supernet(&space);
    let before = net.weights.snapshot().unwrap();
    let alone = space.masked(&genomenas_plugin::space::Mask::from(&selection)).unwrap();
    let seen = supernet(&alone).weights.snapshot().unwrap();
    let (mut moved, mut stayed) = (0, 0);
    for (name, value) in recalibrated(&mut net, &blend, &batches(41)) {
        let changed = value != *named(&before, &name);
        assert!(!changed || seen.iter().any(|(other, _)| *other == name), "{name}");
        moved += usize::from(changed);
        stayed += usize::from(!changed && name.ends_with("running_var"));
    }
    assert!(moved > 0 && stayed > 0);
}

#[test]
fn a_blank_network_takes_over_what_a_larger_one_has_and_names_what_that_lacks() {
    let space = small().space().unwrap();
    let whole = supernet(&space);
    let values = whole.weights.snapshot().unwrap();
    let layers = space.masked(&(&random_selection(&space, 2)).into()).unwrap().supernet_layers().unwrap();
    let mut part = Net::build_blank(&layers, Device::Cpu).unwrap();
    assert!(part.weights.snapshot().unwrap().iter().all(|(_, value)| super::is_zero(value)));
    part.weights.restore_part_of(&values).unwrap();
    for (name, value) in part.weights.snapshot().unwrap() {
        assert_eq!(value, *named(&values, &name), "{name}");
    }
    let few: Vec<_> = values.into_iter().filter(|(name, _)| name != "stem_conv.weight").collect();
    let error = part.weights.restore_part_of(&few).unwrap_err().to_string();
    assert!(error.contains("'stem_conv.weight' is missing"), "{error}");
    assert!(part.weights.count() < whole.weights.count());
}
