//! The published network, to the parameter, and the promises of a baseline.
#![cfg(test)]

use deepsea::{SHORTEST, Settings, architecture, plan};
use genomenas_plugin::message::{Algorithm, Schedule, Task};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Layers};
use genomenas_plugin::{manifest, strategy};

fn layers(settings: &Settings, length: usize, labels: usize) -> Layers {
    architecture(settings, length, labels).unwrap().layers().unwrap()
}

#[test]
fn it_has_the_published_number_of_parameters() {
    assert_eq!(layers(&Settings::default(), 1000, 919).parameters(), 52_843_119);
}

#[test]
fn its_stages_have_the_published_shapes() {
    let layers = layers(&Settings::default(), 1000, 919);
    let shape = |name: &str| layers.shape_of(name).unwrap().clone();
    assert_eq!(shape("dropout1"), [320, 248]);
    assert_eq!(shape("dropout2"), [480, 60]);
    assert_eq!(shape("conv3"), [960, 53]);
    assert_eq!(shape("flat"), [50_880]);
    assert_eq!(shape("dense"), [925]);
    assert_eq!(shape("out"), [919]);
}

#[test]
fn the_shortest_windows_work_and_shorter_ones_are_refused_by_that_length() {
    layers(&Settings::default(), SHORTEST, 1);
    let refusal = architecture(&Settings::default(), SHORTEST - 1, 1).unwrap_err();
    assert_eq!(refusal.message, "DeepSEA needs windows of at least 163 bases, the data has windows of 162");
}

#[test]
fn windows_shorter_than_the_shortest_do_not_fit_the_layers() {
    // The constant follows from the kernels: one base less, and the network itself has no output.
    let after_pool = |length: usize| (length - 7) / 4;
    assert_eq!(after_pool(after_pool(SHORTEST)), 8);
    assert_eq!(after_pool(after_pool(SHORTEST - 1)), 7);
}

#[test]
fn width_scales_every_layer_and_leaves_at_least_one_unit() {
    let narrow = layers(&Settings { width: 0.001, ..Settings::default() }, 1000, 5);
    assert!(narrow.layers.iter().all(|layer| layer.shape.iter().all(|&size| size > 0)));
    let half = layers(&Settings { width: 0.5, ..Settings::default() }, 1000, 919);
    assert!(half.parameters() < 52_843_119 / 3);
    assert_eq!(half.output_shape(), &[919]);
}

#[test]
fn it_trains_as_published() {
    let plan = plan(&Settings::default(), Task::MultiLabel, true);
    assert_eq!(plan.cnn.algorithm, Algorithm::Sgd { momentum: 0.9 });
    assert_eq!(plan.cnn.schedule, Schedule::Inverse { decay: 8e-7 });
    assert_eq!((plan.batch, plan.cnn.weight_decay, plan.max_norm, plan.hidden_l1), (16, 1e-6, Some(0.9), 1e-8));
    assert!(plan.reverse_complement && plan.average_strands);
}

#[test]
fn its_rate_makes_the_steps_of_the_published_rate_of_1() {
    // Torch7 damps the momentum, v ← 0.9 v + 0.1 g, but for the first gradient; PyTorch does not.
    let rate = plan(&Settings::default(), Task::MultiLabel, true).cnn.learning_rate;
    let gradients = (0..60).map(|step| f64::from(step * 7 % 5) - 1.5);
    let (mut torch7, mut pytorch, mut steps) = (None, 0.0, Vec::new());
    for gradient in gradients {
        let damped = torch7.map_or(gradient, |moved: f64| 0.9 * moved + 0.1 * gradient);
        torch7 = Some(damped);
        pytorch = 0.9 * pytorch + gradient;
        steps.push((damped, rate * pytorch));
    }
    let apart = |(torch7, pytorch): &(f64, f64)| (torch7 - pytorch).abs();
    assert!((apart(&steps[0]) - 0.9 * 1.5).abs() < 1e-12, "{:?}", steps[0]);
    assert!(steps[59..].iter().all(|step| apart(step) < 0.003), "{:?}", &steps[59..]);
}

#[test]
fn classes_are_read_on_their_own_strand() {
    let plan = plan(&Settings::default(), Task::MultiClass, true);
    assert!(!plan.reverse_complement && !plan.average_strands);
}

#[test]
fn it_keeps_the_promises_of_a_baseline() {
    let simulation = Simulation::new(GenomeNas::new(200, 3).space().unwrap()).unwrap().parameter("width", 0.1);
    conformance::check_baseline(&simulation, SHORTEST, |setup| strategy("deepsea")?.build(setup)).unwrap();
}

#[test]
fn the_manifest_names_the_baseline() {
    let manifest = manifest().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.strategies[0].id.as_str()), ("deepsea", "deepsea"));
}
