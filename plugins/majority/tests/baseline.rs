//! The shape of a network that looks at nothing, and the promises of a baseline.
#![cfg(test)]

use genomenas_plugin::simulate::conformance;
use majority::architecture;

#[test]
fn its_dense_layer_reads_one_value_at_any_length() {
    for (length, labels) in [(1, 1), (41, 2), (1000, 919)] {
        let layers = architecture(length, labels).unwrap().layers().unwrap();
        assert_eq!((layers.shape_of("zero"), layers.parameters()), (Some(&vec![1]), 2 * labels as u64));
    }
}

#[test]
fn it_keeps_the_promises_of_a_baseline() {
    conformance::check_registered("majority").unwrap();
}
