//! Both forms, to the parameter, and the promises of a baseline.
#![cfg(test)]

use deepvirfinder::{Settings, architecture, plan};
use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Layers};
use genomenas_plugin::{manifest, strategy};

fn form(form: &str) -> Settings {
    Settings { form: form.to_owned(), ..Settings::default() }
}

fn on_strands(both_strands: Option<bool>, settings: Settings) -> Settings {
    Settings { training: BaselineSettings { both_strands, ..settings.training }, ..settings }
}

fn layers(settings: &Settings, length: usize, labels: usize) -> Layers {
    architecture(settings, length, labels).unwrap().layers().unwrap()
}

#[test]
fn the_published_form_has_as_many_parameters_at_any_length() {
    // A convolution 4 → 1000 of 10 bases, a dense layer 1000 → 1000 and one 1000 → 1, each with biases.
    for length in [10, 150, 300, 500, 1000, 3000] {
        assert_eq!(layers(&Settings::default(), length, 1).parameters(), 41_000 + 1_001_000 + 1_001);
    }
}

#[test]
fn the_fixed_length_form_has_the_number_of_parameters_of_genomenas() {
    assert_eq!(layers(&Settings { width: 0.1, ..form("fixed_length") }, 150, 4).parameters(), 704_604);
    assert_eq!(layers(&form("fixed_length"), 150, 4).parameters(), 70_046_004);
}

#[test]
fn their_stages_have_the_published_shapes() {
    let published = layers(&Settings::default(), 300, 1);
    assert_eq!(published.shape_of("conv"), Some(&vec![1000, 291]));
    assert_eq!(published.shape_of("pool"), Some(&vec![1000]));
    let fixed = layers(&Settings { width: 0.1, ..form("fixed_length") }, 150, 4);
    assert_eq!(fixed.shape_of("pool"), Some(&vec![100, 70]));
    assert_eq!(fixed.shape_of("flat"), Some(&vec![7000]));
    assert_eq!(fixed.shape_of("dense"), Some(&vec![100]));
}

#[test]
fn only_the_published_form_reads_both_strands_unless_a_user_says_otherwise() {
    assert!(plan(&form("published"), true).average_strands);
    assert!(!plan(&form("published"), false).average_strands);
    assert!(!plan(&form("fixed_length"), true).average_strands);
    assert!(!plan(&on_strands(Some(false), form("published")), true).average_strands);
    assert!(plan(&on_strands(Some(true), form("fixed_length")), true).average_strands);
}

#[test]
fn both_forms_keep_the_promises_of_a_baseline() {
    let simulation = Simulation::new(GenomeNas::new(150, 3).space().unwrap()).unwrap().parameter("width", 0.01);
    for (name, shortest) in [("published", 10), ("fixed_length", 11)] {
        let simulation = simulation.clone().parameter("form", name);
        conformance::check_baseline(&simulation, shortest, |setup| strategy("deepvirfinder")?.build(setup)).unwrap();
    }
}

#[test]
fn width_leaves_at_least_one_unit() {
    let narrow = layers(&Settings { width: 0.001, ..Settings::default() }, 1000, 5);
    assert_eq!(narrow.parameters(), 41 + 2 + 10);
}

#[test]
fn the_manifest_names_the_baseline() {
    let manifest = manifest().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.strategies[0].id.as_str()), ("deepvirfinder", "deepvirfinder"));
}
