//! The two networks, to the parameter, and the promises of a baseline.
#![cfg(test)]

use genomenas_plugin::baseline::BaselineSettings;
use genomenas_plugin::baseline::blocks::DanqHead;
use genomenas_plugin::message::Task;
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{Architecture, GenomeNas, Layers};
use genomenas_plugin::{Result, manifest, strategy};
use ncnet::{SHORTEST, Settings, brr, plan, rr};

/// One of the two networks.
type Network = fn(&Settings, usize, usize) -> Result<Architecture>;

fn layers(network: Network, settings: &Settings, length: usize, labels: usize) -> Layers {
    network(settings, length, labels).unwrap().layers().unwrap()
}

fn published(network: Network) -> Layers {
    layers(network, &Settings::default(), 1000, 919)
}

fn scaled(width: f64) -> Settings {
    Settings { head: DanqHead { width, ..DanqHead::default() }, ..Settings::default() }
}

#[test]
fn they_have_the_number_of_parameters_of_genomenas() {
    assert_eq!(published(rr).parameters(), 57_583_119);
    assert_eq!(published(brr).parameters(), 47_693_359);
}

#[test]
fn the_residual_blocks_give_back_the_position_that_their_first_convolution_takes() {
    let layers = published(rr);
    let shape = |name: &str| layers.shape_of(name).unwrap().clone();
    assert_eq!(shape("relu"), [320, 975]);
    for block in ["block1", "block2"] {
        assert_eq!(shape(&format!("{block}_conv1")), [320, 974]);
        assert_eq!(shape(&format!("{block}_conv2")), [320, 975]);
        assert_eq!(shape(&format!("{block}_relu")), [320, 975]);
    }
    assert_eq!(layers.shape_of("block3_sum"), None);
}

#[test]
fn the_bottleneck_blocks_widen_once_and_keep_the_length() {
    let layers = published(brr);
    let shape = |name: String| layers.shape_of(&name).unwrap().clone();
    assert_eq!(shape("relu".to_owned()), [160, 975]);
    for block in 1..=8 {
        let (inner, filters) = if block <= 4 { (40, 160) } else { (80, 320) };
        assert_eq!(shape(format!("block{block}_conv2")), [inner, 975]);
        assert_eq!(shape(format!("block{block}_relu")), [filters, 975]);
        assert_eq!(layers.shape_of(&format!("block{block}_shortcut")).is_some(), block == 5);
    }
}

#[test]
fn they_end_as_danq_does() {
    for network in [rr, brr] {
        let layers = published(network);
        let shape = |name: &str| layers.shape_of(name).unwrap().clone();
        assert_eq!(shape("pool"), [320, 75]);
        assert_eq!(shape("lstm"), [640, 75]);
        assert_eq!(shape("by_position"), [75, 640]);
        assert_eq!(shape("flat"), [48_000]);
        assert_eq!(shape("dense"), [925]);
        assert_eq!(layers.output_shape(), &[919]);
    }
}

#[test]
fn a_sum_adds_what_its_block_read() {
    let block = |network: Network, block: &str| {
        let architecture = network(&Settings::default(), 1000, 919).unwrap();
        let inputs = |name: String| {
            architecture.graph.nodes.iter().find(|node| node.name == name).map(|node| node.inputs.clone()).unwrap()
        };
        (inputs(format!("{block}_conv1")), inputs(format!("{block}_sum")))
    };
    let (read, sum) = block(rr, "block2");
    assert_eq!((read, sum), (vec!["block1_relu".into()], vec!["block2_conv2_norm".into(), "block1_relu".into()]));
    let (read, sum) = block(brr, "block5");
    let expected = vec!["block5_conv3_norm".into(), "block5_shortcut_norm".into()];
    assert_eq!((read, sum), (vec!["block4_relu".into()], expected));
}

#[test]
fn windows_shorter_than_the_shortest_do_not_fit_the_layers() {
    // The constant follows from the kernels: one base less, and the network itself has no output.
    let after_conv = |length: usize| length - 25;
    assert_eq!(after_conv(SHORTEST) / 13, 1);
    assert_eq!(after_conv(SHORTEST - 1) / 13, 0);
    let refusal = rr(&Settings::default(), SHORTEST - 1, 1).unwrap_err();
    assert_eq!(refusal.message, "NCNet needs windows of at least 38 bases, the data has windows of 37");
}

#[test]
fn width_scales_every_layer_and_leaves_at_least_one_unit() {
    for network in [rr, brr] {
        let narrow = layers(network, &scaled(0.001), 1000, 5);
        assert!(narrow.layers.iter().all(|layer| layer.shape.iter().all(|&size| size > 0)));
        let half = layers(network, &scaled(0.5), 1000, 919);
        assert!(half.parameters() < published(network).parameters() / 3);
    }
}

#[test]
fn classes_are_read_on_their_own_strand_unless_a_user_says_otherwise() {
    let on = |both_strands, task, reversible| {
        let training = BaselineSettings { both_strands, ..BaselineSettings::default() };
        let plan = plan(&Settings { training, ..Settings::default() }, task, reversible);
        assert_eq!(plan.reverse_complement, plan.average_strands);
        plan.average_strands
    };
    let both = |both_strands, task| on(both_strands, task, true);
    assert!(both(None, Task::MultiLabel));
    assert!(!both(None, Task::MultiClass));
    assert!(both(Some(true), Task::MultiClass));
    assert!(!both(Some(false), Task::MultiLabel));
    assert!(!on(None, Task::MultiLabel, false));
}

#[test]
fn both_keep_the_promises_of_a_baseline() {
    let simulation = Simulation::new(GenomeNas::new(200, 3).space().unwrap()).unwrap().parameter("width", 0.1);
    for id in ["ncnet-rr", "ncnet-brr"] {
        conformance::check_baseline(&simulation, SHORTEST, |setup| strategy(id)?.build(setup)).unwrap();
    }
}

#[test]
fn the_manifest_names_both() {
    let manifest = manifest().unwrap();
    let ids: Vec<&str> = manifest.strategies.iter().map(|strategy| strategy.id.as_str()).collect();
    assert_eq!((manifest.id.as_str(), ids), ("ncnet", vec!["ncnet-brr", "ncnet-rr"]));
}
