//! The published network, to the parameter, and the promises of a baseline.
#![cfg(test)]

use danq::{SHORTEST, Settings, architecture, plan};
use genomenas_plugin::baseline::blocks::DanqHead;
use genomenas_plugin::message::{Algorithm, EarlyStopping, Optimizer, Schedule, Task};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Layers};
use genomenas_plugin::{manifest, strategy};

fn layers(settings: &Settings, length: usize, labels: usize) -> Layers {
    architecture(settings, length, labels).unwrap().layers().unwrap()
}

fn scaled(width: f64) -> Settings {
    Settings { head: DanqHead { width, ..DanqHead::default() }, ..Settings::default() }
}

#[test]
fn it_has_the_published_number_of_parameters() {
    assert_eq!(layers(&Settings::default(), 1000, 919).parameters(), 46_929_039);
}

#[test]
fn its_stages_have_the_published_shapes() {
    let layers = layers(&Settings::default(), 1000, 919);
    let shape = |name: &str| layers.shape_of(name).unwrap().clone();
    assert_eq!(shape("pool"), [320, 75]);
    assert_eq!(shape("lstm"), [640, 75]);
    assert_eq!(shape("by_position"), [75, 640]);
    assert_eq!(shape("flat"), [48_000]);
    assert_eq!(shape("dense"), [925]);
    assert_eq!(shape("out"), [919]);
}

#[test]
fn the_shortest_windows_work_and_shorter_ones_are_refused_by_that_length() {
    layers(&Settings::default(), SHORTEST, 1);
    let refusal = architecture(&Settings::default(), SHORTEST - 1, 1).unwrap_err();
    assert_eq!(refusal.message, "DanQ needs windows of at least 38 bases, the data has windows of 37");
}

#[test]
fn the_shortest_windows_leave_the_pool_a_single_position() {
    let layers = layers(&Settings::default(), SHORTEST, 1);
    let length = |name: &str| layers.shape_of(name).unwrap()[1];
    assert_eq!((length("conv"), length("pool")), (DanqHead::POOL, 1), "one base less, and the pool has no output");
}

#[test]
fn width_scales_every_layer_and_leaves_at_least_one_unit() {
    let narrow = layers(&scaled(0.001), 1000, 5);
    assert!(narrow.layers.iter().all(|layer| layer.shape.iter().all(|&size| size > 0)));
    let half = layers(&scaled(0.5), 1000, 919);
    assert!(half.parameters() < 46_929_039 / 3);
    assert_eq!(half.output_shape(), &[919]);
}

#[test]
fn it_trains_as_published() {
    let plan = plan(&Settings::default(), Task::MultiLabel, true);
    let cnn = Optimizer {
        algorithm: Algorithm::RmsProp { alpha: 0.9, epsilon: 0.001 },
        learning_rate: 0.001,
        weight_decay: 0.0,
        schedule: Schedule::Constant,
    };
    assert_eq!((plan.batch, plan.epochs, &plan.cnn), (100, 60, &cnn));
    assert_eq!(plan.early_stopping, Some(EarlyStopping { patience: 5, minimum_improvement: 0.0 }));
    assert!(plan.reverse_complement && plan.average_strands);
}

#[test]
fn its_epsilon_stands_for_that_of_the_published_optimizer() {
    // Keras before version 1 divides by √(a + 1e-6), PyTorch by √a + ε.
    let Algorithm::RmsProp { epsilon, .. } = plan(&Settings::default(), Task::MultiLabel, true).cnn.algorithm else {
        panic!("another optimizer")
    };
    let factor = |square: f64, epsilon: f64| (square.sqrt() + epsilon) / (square + 1e-6).sqrt();
    let squares = || (-160..=20).map(|tenth| 10_f64.powf(f64::from(tenth) / 10.0));
    assert!(squares().all(|square| (1.0 - 1e-12..=2_f64.sqrt() + 1e-12).contains(&factor(square, epsilon))));
    assert!(squares().any(|square| factor(square, 1e-8) < 1e-4), "PyTorch's default is far from it");
}

#[test]
fn it_keeps_the_promises_of_a_baseline() {
    let simulation = Simulation::new(GenomeNas::new(200, 3).space().unwrap()).unwrap().parameter("width", 0.1);
    conformance::check_baseline(&simulation, SHORTEST, |setup| strategy("danq")?.build(setup)).unwrap();
}

#[test]
fn the_manifest_names_the_baseline() {
    let manifest = manifest().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.strategies[0].id.as_str()), ("danq", "danq"));
}
