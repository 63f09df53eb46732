//! The weights of bases by position, and the promises of a baseline.
#![cfg(test)]

use genomenas_plugin::simulate::conformance;
use positional_lr::architecture;

#[test]
fn it_has_a_weight_for_each_base_position_and_label_and_a_bias() {
    for (length, labels) in [(1, 1), (41, 2), (1000, 919)] {
        let weights = architecture(length, labels).unwrap().layers().unwrap().parameters();
        assert_eq!(weights, ((4 * length + 1) * labels) as u64);
    }
}

#[test]
fn it_keeps_the_promises_of_a_baseline() {
    conformance::check_registered("positional-lr").unwrap();
}
