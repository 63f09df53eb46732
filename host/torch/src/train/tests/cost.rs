//! What a supernet's training costs, counted.

use genomenas_plugin::message::{Mixing, Order, Plan};

use super::super::computed::Computed;
use super::{SECOND, Setting, finish, plan, sizes};
use crate::net::{Blend, Mixer};

#[test]
fn every_batch_whose_gradient_is_taken_counts() {
    // 2 epochs of 3 weight steps on 10 rows; 20 rows are scored after each.
    for (arch, batches) in [(None, 1), (Some(Order::First), 2), (Some(SECOND), 5)] {
        let plan = Plan { arch: arch.map(super::arch), steps_per_epoch: Some(3), ..plan(Order::First) };
        let setting = Setting { plan, ..Setting::new() };
        let mut training = setting.start();
        finish(&mut training);
        let cost = training.cost();
        assert_eq!(cost.samples, 2 * 3 * 10 * batches, "{arch:?}");
        assert_eq!(cost.multiply_adds, (3 * cost.samples + 2 * 20) * setting.layers.multiply_adds(), "{arch:?}");
    }
}

#[test]
fn a_sub_network_costs_as_much_as_its_architecture() {
    let space = sizes(0.0).space().unwrap();
    let layers = space.supernet_layers().unwrap();
    for selection in space.sample_distinct(5, 1) {
        let alone = space.architecture(&selection).unwrap().layers().unwrap();
        let mixing = Mixing::Cycle { selections: vec![selection] };
        let blend = Mixer::new(&mixing, &layers).unwrap().training(0, 0, 0.0);
        let computed = Computed::under(&layers, &blend);
        assert_eq!(computed.multiply_adds, alone.multiply_adds());
        assert!(computed.activations < layers.activations());
        assert_eq!(Computed::most(&layers, &mixing).unwrap(), computed);
    }
}

#[test]
fn no_draw_of_options_needs_more_than_was_estimated() {
    let layers = sizes(0.0).space().unwrap().supernet_layers().unwrap();
    let whole = Computed::whole(&layers);
    for options in [1, 2, 3, 9] {
        let mixing = Mixing::Uniform { options };
        let most = Computed::most(&layers, &mixing).unwrap();
        let mixer = Mixer::new(&mixing, &layers).unwrap();
        for step in 0..20 {
            let drawn = Computed::under(&layers, &mixer.training(1, step, 0.0));
            assert!(drawn.multiply_adds <= most.multiply_adds && drawn.activations <= most.activations);
        }
        // `none` and the pool, two of the four operations of an edge, cost nothing, so two may cost all.
        assert_eq!(most.multiply_adds == whole.multiply_adds, options >= 2);
    }
    assert_eq!(Computed::under(&layers, &Blend::Sum), whole);
}

#[test]
fn a_training_under_a_cycle_counts_the_sub_network_of_each_step_and_score() {
    let space = sizes(0.0).space().unwrap();
    let selections = space.sample_distinct(2, 1);
    let each: Vec<u64> = selections
        .iter()
        .map(|selection| space.architecture(selection).unwrap().layers().unwrap().multiply_adds())
        .collect();
    let plan = Plan { arch: None, epochs: 1, steps_per_epoch: Some(3), ..plan(Order::First) };
    let setting = Setting { mixing: Mixing::Cycle { selections }, plan, ..Setting::new() };
    let mut training = setting.start();
    finish(&mut training);
    // Steps take the first, the second and the first; the two scored batches the first and the second.
    assert_eq!(training.cost().multiply_adds, 10 * (3 * (2 * each[0] + each[1]) + each[0] + each[1]));
}
