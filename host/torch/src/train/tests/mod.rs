//! Trainings of small supernets, on rows that can be learned.

mod alphas;
mod continuing;
mod cost;
mod errors;
mod optimum;
mod options;
mod resume;
mod rows;
mod scoring;
mod steps;
mod waits;

use genomenas_data::bases::{Packed, set_bit};
use genomenas_data::store::{ImportRecord, Row, Shape, StoreWriter, Target};
use genomenas_data::{Device, Rows, Split, Store, Task};
use genomenas_plugin::message::{Algorithm, Arch, ArchData, Clip, Mixing, Optimizer, Order, Plan, Schedule};
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use genomenas_plugin::space::{GenomeNas, Layers, Space};
use tch::Tensor;

use super::{Job, Start, StepObserver, Training};

const LENGTH: usize = 12;

/// A task, a supernet and how it is trained.
pub(super) struct Setting {
    folder: tempfile::TempDir,
    pub(super) train: Rows,
    valid: Rows,
    layers: Layers,
    mixing: Mixing,
    plan: Plan,
}

impl Setting {
    /// 60 training and 20 validation rows whose two labels are the letters at two positions.
    pub(super) fn new() -> Self {
        crate::test_support::hold_generator();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.arrow");
        let labels = vec!["early".to_owned(), "late".to_owned()];
        let shape = Shape {
            length: LENGTH,
            labels,
            task: Task::MultiLabel,
            chromosomes: Vec::new(),
            groups: Vec::new(),
            single_strand: false,
        };
        let mut writer = StoreWriter::create(&path, shape, false).unwrap();
        let mut draws = seed::stream(5, "rows", 0);
        for row in 0..80 {
            let letters: Vec<u8> = (0..LENGTH).map(|_| b"ACGT"[draws.random_range(0..4)]).collect();
            let mut bits = vec![0];
            for (label, at) in [3, 8].into_iter().enumerate() {
                if matches!(letters[at], b'A' | b'C') {
                    set_bit(&mut bits, label);
                }
            }
            let packed = Packed::from_letters(&letters).unwrap();
            let row_of = Row { codes: packed.codes(), unknown: None, target: Target::Bits(&bits), place: None };
            writer.push(if row < 60 { Split::Train } else { Split::Valid }, &row_of).unwrap();
        }
        writer.finish(ImportRecord { importer: "test".into(), ..ImportRecord::default() }, &mut |_| {}).unwrap();
        let store = Store::open(&path).unwrap();
        Self {
            train: store.train(),
            valid: store.valid(),
            layers: sizes(0.0).space().unwrap().supernet_layers().unwrap(),
            mixing: Mixing::Softmax,
            plan: plan(Order::First),
            folder,
        }
    }

    /// The same task for another space.
    fn with_space(self, space: &Space) -> Self {
        Self { layers: space.supernet_layers().unwrap(), ..self }
    }

    /// The same supernet with every dropout.
    fn with_dropout(self) -> Self {
        let plan = Plan { skip_dropout: vec![0.3], ..self.plan.clone() };
        Self { plan, ..self }.with_space(&sizes(0.3).space().unwrap())
    }

    fn job(&self) -> Job {
        Job {
            layers: self.layers.clone(),
            mixing: self.mixing.clone(),
            plan: self.plan.clone(),
            seed: 3,
            data_seed: 4,
            device: Device::Cpu,
            threads: 1,
            train: self.train.clone(),
            valid: self.valid.clone(),
            start: Start::Fresh,
            keep_best: false,
            checkpoint: self.folder.path().join("checkpoint.safetensors"),
        }
    }

    fn start(&self) -> Training {
        Training::start(self.job()).unwrap()
    }

    fn refused(&self) -> String {
        Training::start(self.job()).map(|_| ()).unwrap_err().to_string()
    }
}

/// A small space with both kinds of cells.
fn sizes(dropout: f64) -> GenomeNas {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    GenomeNas {
        channels: 2,
        cells: 2,
        nodes: 2,
        rnn_nodes: 2,
        operations: names(&["none", "avg_pool_5", "skip_connect", "conv_5"]),
        activations: names(&["none", "tanh", "sigmoid"]),
        decoder_features: 6,
        dropout,
        input_dropout: dropout,
        hidden_dropout: dropout,
        ..GenomeNas::new(LENGTH, 2)
    }
}

fn sgd(learning_rate: f64) -> Optimizer {
    Optimizer {
        algorithm: Algorithm::Sgd { momentum: 0.0 },
        learning_rate,
        weight_decay: 0.0,
        schedule: Schedule::Constant,
    }
}

fn arch(order: Order) -> Arch {
    let optimizer = Optimizer { learning_rate: 0.05, ..Optimizer::default() };
    Arch { optimizer, clip: None, warm_up: 0, order, data: ArchData::Train { part: 0.5 } }
}

/// Two epochs of 3 steps on 10 rows each.
fn plan(order: Order) -> Plan {
    Plan {
        epochs: 2,
        batch: 10,
        cnn: Optimizer { algorithm: Algorithm::Sgd { momentum: 0.9 }, ..sgd(0.05) },
        rnn: Some(sgd(0.2)),
        arch: Some(arch(order)),
        clip: Clip::None,
        ..Plan::default()
    }
}

const SECOND: Order = Order::Second { weight_decay: 0.01 };

/// Watches nothing.
struct Blind;

impl StepObserver for Blind {
    fn step(&mut self, _done: f64, _samples: u64) {}
}

/// Trains to the end.
fn finish(training: &mut Training) {
    while training.next_epoch(&mut Blind).unwrap().is_some() {}
}

/// Tensors by name, as bits.
type Saved = Vec<(String, Vec<u32>)>;

/// Everything that is saved of a network: alphas, or all else.
fn saved(training: &Training, alphas: bool) -> Saved {
    let all = training.net.weights.snapshot().unwrap().into_iter();
    all.filter(|(name, _)| name.starts_with("alphas.") == alphas).map(|(name, tensor)| (name, bits(&tensor))).collect()
}

/// The moments of all optimizers.
fn moments(training: &Training) -> Saved {
    let optimizers = std::iter::once(&training.optimizer).chain(training.arch.iter().map(|arch| &arch.optimizer));
    let state = optimizers.flat_map(|optimizer| optimizer.state(&training.net.weights).unwrap());
    state.map(|(name, tensor)| (name, bits(&tensor))).collect()
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    values(tensor).into_iter().map(f32::to_bits).collect()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    Vec::<f32>::try_from(tensor.flatten(0, -1)).unwrap()
}
