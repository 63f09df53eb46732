//! Supernets under masks: what is dropped is gone, what remains keeps its identity.

use genomenas_data::Device;
use genomenas_plugin::engine::Naming;
use genomenas_plugin::message::Discard;
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use genomenas_plugin::space::{GenomeNas, Mask, Space};
use tch::Kind;

use super::{count, named, noise, small, spread_alphas, supernet};
use crate::net::{Mode, Net};

/// What some random discards leave.
fn discarded(space: &Space, draw: u64) -> Mask {
    let mut draws = seed::stream(draw, "discards", 0);
    let mut mask = space.mask();
    for decision in &space.decisions {
        if draws.random_bool(0.2) {
            // Refused where too few edges would remain.
            let _ = mask.discard(space, &Discard::Edge { decision: decision.id.clone() });
        }
        for option in &decision.options {
            if draws.random_bool(0.4) && mask.has(&decision.id, option) {
                let (decision, option) = (decision.id.clone(), option.clone());
                let _ = mask.discard(space, &Discard::Option { decision, option });
            }
        }
    }
    mask
}

#[test]
fn the_published_supernet_has_38_035_471_weights() {
    let layers = GenomeNas::new(1000, 919).space().unwrap().supernet_layers().unwrap();
    assert_eq!(layers.parameters(), 38_035_471);
    assert_eq!(count(&Net::build(&layers, 1, Device::Cpu).unwrap()), 38_035_471);
}

#[test]
fn masked_supernets_hold_the_fewer_weights_that_are_inferred_and_train() {
    let space = small().space().unwrap();
    let whole = supernet(&space);
    for draw in 0..3 {
        let masked = space.masked(&discarded(&space, draw)).unwrap();
        let layers = masked.supernet_layers().unwrap();
        let mut net = supernet(&masked);
        assert_eq!(count(&net), i64::try_from(layers.parameters()).unwrap());
        assert!(count(&net) < count(&whole));
        let output = net.forward(&noise(&[2, 4, 41]), &Mode { learn_alphas: true, ..Mode::training() }).unwrap();
        output.logits.sum(Kind::Float).backward();
        for part in crate::net::weights::PARTS {
            let gradients = net.weights.take_gradients(part).unwrap();
            assert!(gradients.abs().sum(Kind::Float).double_value(&[]) > 0.0, "{part:?}");
        }
    }
}

#[test]
fn what_remains_after_a_mask_inherits_weights_statistics_and_alphas_by_name() {
    let space = small().space().unwrap();
    let mut whole = supernet(&space);
    spread_alphas(&mut whole);
    let _ = whole.forward(&noise(&[3, 4, 41]), &Mode::training()).unwrap();
    let values = whole.weights.snapshot().unwrap();
    assert_eq!(named(&values, "alphas.normal.0.0.none").size(), [0_i64; 0]);
    for draw in 0..3 {
        let layers = space.masked(&discarded(&space, draw)).unwrap().supernet_layers().unwrap();
        let mut masked = Net::build(&layers, 99, Device::Cpu).unwrap();
        assert_eq!(masked.weights.inherit(&values, &Naming::default()).unwrap(), None);
        let inherited = masked.weights.snapshot().unwrap();
        assert!(inherited.len() < values.len());
        for (name, value) in &inherited {
            assert_eq!(value, named(&values, name), "{name}");
        }
        let (all, left) = (whole.alphas().unwrap(), masked.alphas().unwrap());
        for (decision, options) in &left.0 {
            for (option, weight) in options {
                assert_eq!(
                    all.get(decision, option).unwrap().alpha.to_bits(),
                    weight.alpha.to_bits(),
                    "{decision} {option}"
                );
            }
        }
    }
}

#[test]
fn initial_weights_and_alphas_do_not_depend_on_what_else_remains() {
    let space = small().space().unwrap();
    let whole = supernet(&space).weights.snapshot().unwrap();
    let masked = supernet(&space.masked(&discarded(&space, 0)).unwrap()).weights.snapshot().unwrap();
    for (name, value) in &masked {
        assert_eq!(value, named(&whole, name), "{name}");
    }
    let alphas: Vec<f64> = whole
        .iter()
        .filter(|(name, _)| name.starts_with("alphas."))
        .map(|(_, alpha)| alpha.double_value(&[]))
        .collect();
    let deviation = (alphas.iter().map(|alpha| alpha * alpha).sum::<f64>() / alphas.len() as f64).sqrt();
    assert!((0.8e-3..1.2e-3).contains(&deviation), "{deviation}");
}

#[test]
fn a_snapshot_restores_the_supernet_it_was_taken_from() {
    let space = small().space().unwrap();
    let mut original = supernet(&space);
    spread_alphas(&mut original);
    let mut other = Net::build(&space.supernet_layers().unwrap(), 8, Device::Cpu).unwrap();
    other.weights.restore(&original.weights.snapshot().unwrap()).unwrap();
    let input = noise(&[2, 4, 41]);
    let logits = |net: &Net| net.forward(&input, &Mode::scoring()).unwrap().logits;
    assert_eq!(logits(&original), logits(&other));
    assert_eq!(original.alphas().unwrap(), other.alphas().unwrap());
}
