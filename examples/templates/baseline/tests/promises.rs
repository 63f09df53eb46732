//! What the baseline promises, against the simulated host: no libtorch, no data.
#![cfg(test)]

use genomenas_plugin::simulate::kit::{genomenas, refusal};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::strategy;

use my_baseline::{Settings, architecture};

const ID: &str = "my-baseline";

fn simulation() -> Simulation {
    genomenas().parameter("kernels", 8)
}

#[test]
fn it_keeps_the_promises_of_a_baseline() {
    conformance::check_baseline(&simulation(), 19, |setup| strategy(ID)?.build(setup)).unwrap();
}

#[test]
fn it_has_the_weights_of_a_convolution_and_a_dense_layer() {
    let layers = architecture(&Settings::default(), 100, 3).unwrap().layers().unwrap();
    assert_eq!(layers.parameters(), 32 * (4 * 19 + 1) + 3 * (32 + 1));
}

#[test]
fn windows_that_are_too_short_are_refused_in_words() {
    let why = refusal(ID, &simulation().parameter("width", 101));
    assert!(why.contains("needs windows of at least 101 bases"), "{why}");
}
