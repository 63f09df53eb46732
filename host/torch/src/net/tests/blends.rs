//! Passes over some options of a supernet against networks that have no others.

use genomenas_data::Device;
use genomenas_plugin::engine::Naming;
use genomenas_plugin::space::{Mask, Selection, Space};
use tch::Tensor;

use super::{close, gradients, is_zero, loss, named, noise, random_selection, small, supernet};
use crate::net::{Blend, Mode, Net};

fn chosen(space: &Space, selection: &Selection) -> Blend {
    let options = |decision: &genomenas_plugin::space::Decision| {
        let option = selection.0.get(&decision.id);
        decision.options.iter().position(|other| Some(other) == option).into_iter().collect()
    };
    Blend::Chosen(space.decisions.iter().map(options).collect())
}

/// The space that has this architecture only.
fn alone(space: &Space, selection: &Selection) -> Space {
    let only = selection.0.iter().map(|(id, option)| (id.clone(), [option.clone()].into()));
    space.masked(&Mask(only.collect())).unwrap()
}

#[test]
fn chosen_options_are_the_network_that_has_no_others() {
    let space = small().space().unwrap();
    let input = noise(&[3, 4, 41]);
    for draw in 0..4 {
        let selection = random_selection(&space, draw);
        let mut whole = supernet(&space);
        let mut alone = supernet(&alone(&space, &selection));
        alone.weights.inherit(&whole.weights.snapshot().unwrap(), &Naming::default()).unwrap();
        let blend = chosen(&space, &selection);
        for train in [false, true] {
            let mode = Mode { train, ..Mode::training() };
            let part = whole.forward(&input, &Mode { blend: blend.clone(), ..mode.clone() }).unwrap();
            let other = alone.forward(&input, &Mode { blend: Blend::Sum, ..mode }).unwrap();
            close(&part.logits, &other.logits, "the value");
            if train {
                loss(&part).backward();
                loss(&other).backward();
            }
        }
        let expected = gradients(&mut alone);
        for (name, gradient) in gradients(&mut whole) {
            match expected.iter().find(|(other, _)| *other == name) {
                Some((_, expected)) => close(&gradient, expected, &name),
                None => assert!(is_zero(&gradient), "{name}"),
            }
        }
    }
}

#[test]
fn statistics_of_options_that_are_not_chosen_stay() {
    let space = small().space().unwrap();
    let selection = random_selection(&space, 1);
    let net = supernet(&space);
    let before = net.weights.snapshot().unwrap();
    let mode = Mode { blend: chosen(&space, &selection), ..Mode::training() };
    let _ = net.forward(&noise(&[3, 4, 41]), &mode).unwrap();
    let alone = supernet(&alone(&space, &selection)).weights.snapshot().unwrap();
    for (name, value) in net.weights.snapshot().unwrap() {
        let moved = value != *named(&before, &name);
        let remains = alone.iter().any(|(other, _)| *other == name);
        assert!(!moved || remains, "{name} moved");
        assert!(moved || !remains || !name.ends_with("running_var"), "{name} stayed");
    }
}

#[test]
fn a_supernet_with_nothing_chosen_has_a_value_all_the_same() {
    let space = small().space().unwrap();
    let mut net = supernet(&space);
    let mode = Mode { blend: Blend::Chosen(vec![Vec::new(); space.decisions.len()]), ..Mode::training() };
    let output = net.forward(&noise(&[2, 4, 41]), &mode).unwrap();
    assert_eq!(output.logits.size(), [2, 3]);
    assert!(bool::try_from(output.logits.isfinite().all()).unwrap());
    loss(&output).backward();
    assert!(is_zero(named(&gradients(&mut net), "stem_conv.weight")));
}

#[test]
fn a_blend_of_another_supernet_is_refused() {
    let net = supernet(&small().space().unwrap());
    let input = noise(&[2, 4, 41]);
    for blend in [
        Blend::Chosen(Vec::new()),
        Blend::Chosen(vec![vec![99]; 200]),
        Blend::Gumbel { temperature: 1.0, noise: vec![0.0; 3] },
    ] {
        assert!(net.forward(&input, &Mode { blend, ..Mode::training() }).is_err());
    }
}

#[test]
fn reported_alphas_are_by_name_with_probabilities_that_sum_to_one() {
    let space = small().space().unwrap();
    let mut net = supernet(&space);
    let value = Tensor::from(2.0_f32);
    net.weights.inherit(&[("alphas.rnn.0.0.relu".to_owned(), value)], &Naming::default()).unwrap();
    let alphas = net.alphas().unwrap();
    assert_eq!(alphas.0.len(), space.decisions.len());
    for (decision, options) in &alphas.0 {
        assert_eq!(options.len(), space.decision(decision).unwrap().options.len());
        let sum: f64 = options.values().map(|weight| weight.probability).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{decision}");
    }
    let relu = alphas.get("rnn.0.0", "relu").unwrap();
    assert!((relu.alpha - 2.0).abs() < 1e-12);
    // Four others are near 0.
    assert!((relu.probability - 2_f64.exp() / (4.0 + 2_f64.exp())).abs() < 1e-3, "{relu:?}");
    let architecture = space.architecture(&random_selection(&space, 0)).unwrap();
    assert!(Net::build(&architecture.layers().unwrap(), 1, Device::Cpu).unwrap().alphas().unwrap().is_empty());
}
