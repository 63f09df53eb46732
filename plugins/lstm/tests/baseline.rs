//! The parameters of PyTorch's LSTM, every pooling, and the promises of a baseline.
#![cfg(test)]

use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Layers, Op};
use genomenas_plugin::{manifest, strategy};
use lstm::{Settings, architecture};

fn layers(settings: &Settings, length: usize, labels: usize) -> Layers {
    architecture(settings, length, labels).unwrap().layers().unwrap()
}

fn pooled(pooling: &str) -> Settings {
    Settings { pooling: pooling.to_owned(), ..Settings::default() }
}

#[test]
fn it_has_the_parameters_of_an_lstm_and_a_linear_layer_of_pytorch() {
    // sum(p.numel()) of nn.LSTM(4, 128, bidirectional=True) and nn.Linear(256, 919): 4·128·(4 + 128 + 2)·2 + 257·919.
    assert_eq!(layers(&Settings::default(), 1000, 919).parameters(), 137_216 + 236_183);
    // nn.LSTM(4, 64, num_layers=3) and nn.Linear(64, 5).
    let three = Settings { hidden: 64, layers: 3, bidirectional: false, ..Settings::default() };
    assert_eq!(layers(&three, 1000, 5).parameters(), 4 * 64 * (4 + 64 + 2) + 2 * 4 * 64 * (64 + 64 + 2) + 65 * 5);
}

#[test]
fn layers_stand_on_top_of_each_other_with_dropout_between_them() {
    let layers = layers(&Settings { hidden: 8, layers: 3, ..Settings::default() }, 50, 2);
    let names: Vec<&str> = layers.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["lstm1", "dropout1", "lstm2", "dropout2", "lstm3", "pool", "dropout", "out"]);
    assert_eq!(layers.shape_of("lstm3"), Some(&vec![16, 50]));
}

#[test]
fn the_dense_layer_reads_one_state_or_those_of_both_ends() {
    for (pooling, features) in [("mean", 256), ("max", 256), ("ends", 512)] {
        for length in [1, 2, 3, 1000] {
            assert_eq!(
                layers(&pooled(pooling), length, 3).shape_of("pool"),
                Some(&vec![features]),
                "{pooling} {length}"
            );
        }
    }
}

#[test]
fn the_windows_of_the_ends_hold_the_first_and_the_last_position_alone() {
    for length in [1_i64, 2, 3, 10, 1000] {
        let layers = layers(&pooled("ends"), usize::try_from(length).unwrap(), 3);
        let node = architecture(&pooled("ends"), usize::try_from(length).unwrap(), 3).unwrap();
        let op = node.graph.nodes.iter().find(|node| node.name == "ends").map(|node| node.op.clone()).unwrap();
        let Op::MaxPool { kernel, stride, padding } = op else { panic!("not a pool: {op:?}") };
        let [kernel, stride, padding] = [kernel, stride, padding].map(|size| i64::try_from(size).unwrap());
        let held = |window: i64| {
            let first = window * stride - padding;
            (first..first + kernel).filter(|position| (0..length).contains(position)).collect::<Vec<_>>()
        };
        assert_eq!(layers.shape_of("ends").unwrap()[1], 2);
        assert_eq!((held(0), held(1)), (vec![0], vec![length - 1]), "{length} bases");
    }
}

#[test]
fn every_pooling_keeps_the_promises_of_a_baseline() {
    let simulation = Simulation::new(GenomeNas::new(60, 3).space().unwrap()).unwrap().parameter("hidden", 8);
    for pooling in ["mean", "max", "ends"] {
        let simulation = simulation.clone().parameter("pooling", pooling).parameter("layers", 2);
        conformance::check_baseline(&simulation, 1, |setup| strategy("lstm")?.build(setup)).unwrap();
    }
}

#[test]
fn the_manifest_names_the_baseline() {
    let manifest = manifest().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.strategies[0].id.as_str()), ("lstm", "lstm"));
}
