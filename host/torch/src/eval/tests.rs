//! Scores of a network with random weights, on rows whose two strands are stored or computed.

use genomenas_data::bases::Packed;
use genomenas_data::store::{ImportRecord, PerSplit, Place, Row, Shape, StoreWriter, Target};
use genomenas_data::{Device, Split, Store, Task};
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use genomenas_plugin::space::Architecture;
use genomenas_report::metrics::{Measure, Metrics, Resampling, Thresholds};

use genomenas_report::metrics::Intervals;

use super::{Scoring, score, score_while};
use crate::net::Net;

const LENGTH: usize = 20;
const WINDOWS: usize = 24;

const ARCHITECTURE: &str = r#"{
  "version": 1, "name": "by-hand", "input": [4, 20], "output": "out",
  "nodes": [
    {"name": "conv", "inputs": ["input"], "op": {"type": "conv1d", "out_channels": 6, "kernel": 5}},
    {"name": "relu", "inputs": ["conv"], "op": {"type": "activation", "function": "relu"}},
    {"name": "pool", "inputs": ["relu"], "op": {"type": "global_max_pool"}},
    {"name": "out", "inputs": ["pool"], "op": {"type": "linear", "out_features": 3}}
  ]
}"#;

fn net() -> Net {
    crate::test_support::hold_generator();
    let architecture = Architecture::from_json(ARCHITECTURE).unwrap();
    Net::build(&architecture.layers().unwrap(), 3, Device::Cpu).unwrap()
}

/// Which strands of the windows a split holds.
#[derive(Clone, Copy, PartialEq)]
enum Strands {
    First,
    Second,
    /// The second after the first.
    Both,
}

/// A store whose validation split holds windows with random values.
fn store(task: Task, strands: Strands) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.arrow");
    let shape = Shape {
        length: LENGTH,
        labels: ["a", "b", "c"].map(str::to_owned).into(),
        task,
        chromosomes: vec!["chr1".to_owned(), "chr2".to_owned()],
        groups: ["x", "", "y"].map(str::to_owned).into(),
        single_strand: false,
    };
    let mut writer = StoreWriter::create(&path, shape, false).unwrap();
    let passes: &[bool] = match strands {
        Strands::First => &[false],
        Strands::Second => &[true],
        Strands::Both => &[false, true],
    };
    for turned in passes {
        let mut draws = seed::stream(9, "windows", 0);
        for row in 0..WINDOWS {
            let letters: Vec<u8> = (0..LENGTH).map(|_| b"ACGT"[draws.random_range(0..4)]).collect();
            let bits = [draws.random_range(0..8_u8)];
            let class = draws.random_range(0..3);
            let values = [0_u8; 3].map(|_| f32::from(draws.random_range(0..20_u8)) / 8.0);
            let target = match task {
                Task::MultiLabel => Target::Bits(&bits),
                Task::MultiClass | Task::NextNucleotide => Target::Class(class),
                Task::Regression | Task::PoissonRegression => Target::Values(&values),
            };
            let packed = Packed::from_letters(&letters).unwrap();
            let packed = if *turned { packed.reverse_complement() } else { packed };
            let place = Some(Place { chromosome: u32::from(row >= 10), start: 100 * row as u64 });
            writer.push(Split::Valid, &Row { codes: packed.codes(), unknown: None, target, place }).unwrap();
        }
    }
    let both_strands = PerSplit { valid: strands == Strands::Both, ..PerSplit::default() };
    let import = ImportRecord { importer: "test".into(), both_strands, ..ImportRecord::default() };
    writer.finish(import, &mut |_| {}).unwrap();
    let store = Store::open(&path).unwrap();
    (folder, store)
}

fn scored(task: Task, strands: Strands, batch: u32, average_strands: bool) -> Metrics {
    let (_folder, store) = store(task, strands);
    let scoring = Scoring { average_strands, thresholds: Thresholds::Best, ..Scoring::of(batch, Device::Cpu, 1) };
    score(&net(), &store.valid(), &scoring).unwrap()
}

#[track_caller]
fn assert_alike(left: &Metrics, right: &Metrics) {
    assert_eq!(left.rows, right.rows);
    let close = |left: Option<f64>, right: Option<f64>| match (left, right) {
        (Some(left), Some(right)) => (left - right).abs() < 1e-5,
        (left, right) => left.is_none() && right.is_none(),
    };
    assert!(close(left.loss, right.loss), "{:?} is not {:?}", left.loss, right.loss);
    for measure in left.measures() {
        let of = |metrics: &Metrics| metrics.averages.get(measure).mean;
        assert!(close(of(left), of(right)), "{}: {:?} is not {:?}", measure.name(), of(left), of(right));
    }
}

const TASKS: [Task; 4] = [Task::MultiLabel, Task::MultiClass, Task::Regression, Task::PoissonRegression];

#[test]
fn both_strands_that_are_stored_and_strands_that_are_computed_score_alike() {
    for task in TASKS {
        let stored = scored(task, Strands::Both, 7, true);
        assert_eq!(stored.rows, WINDOWS);
        assert_alike(&stored, &scored(task, Strands::First, 24, true));
    }
}

#[test]
fn the_mean_of_both_strands_does_not_depend_on_which_one_is_stored() {
    for task in TASKS {
        assert_alike(&scored(task, Strands::First, 5, true), &scored(task, Strands::Second, 5, true));
        let alone = [Strands::First, Strands::Second].map(|strands| scored(task, strands, 5, false).loss);
        assert_ne!(alone[0], alone[1], "else this shows nothing");
    }
}

#[test]
fn strands_that_are_not_averaged_are_rows_of_their_own() {
    assert_eq!(scored(Task::MultiLabel, Strands::Both, 7, false).rows, 2 * WINDOWS);
}

#[test]
fn every_task_has_its_own_measures_and_the_groups_of_the_data() {
    for task in TASKS {
        let metrics = scored(task, Strands::First, 10, false);
        let measures: Vec<_> = metrics.measures().collect();
        match task {
            Task::MultiLabel => assert_eq!(measures, Measure::OF_LABELS),
            Task::MultiClass | Task::NextNucleotide => assert_eq!(measures, Measure::OF_CLASSES),
            Task::Regression | Task::PoissonRegression => assert_eq!(measures, Measure::OF_VALUES),
        }
        assert_eq!(metrics.accuracy.is_some(), task == Task::MultiClass);
        assert_eq!(metrics.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    }
}

#[test]
fn the_loss_of_a_regression_without_averaging_is_its_mean_squared_error() {
    let metrics = scored(Task::Regression, Strands::First, 10, false);
    assert!((metrics.loss.unwrap() - metrics.averages.mse.mean.unwrap()).abs() < 1e-5);
}

#[test]
fn windows_on_both_strands_are_drawn_together_and_chromosomes_as_wholes() {
    let (_folder, store) = store(Task::MultiLabel, Strands::Both);
    let blocks = |by: Resampling, average_strands: bool| {
        let intervals = Some(Intervals { resamples: 20, by, confidence: 0.9, seed: 1 });
        let scoring = Scoring { average_strands, intervals, ..Scoring::of(16, Device::Cpu, 1) };
        let metrics = score(&net(), &store.valid(), &scoring).unwrap();
        assert!(metrics.averages.auroc.interval.is_some());
        (metrics.rows, metrics.bootstrap.unwrap().blocks)
    };
    assert_eq!(blocks(Resampling::Window, false), (2 * WINDOWS, WINDOWS));
    assert_eq!(blocks(Resampling::Window, true), (WINDOWS, WINDOWS));
    assert_eq!(blocks(Resampling::Chromosome, true), (WINDOWS, 2));
}

#[test]
fn a_score_that_is_ended_gives_nothing_and_each_strand_is_a_pass_of_its_own() {
    let (_folder, store) = store(Task::MultiLabel, Strands::First);
    let scoring = Scoring { average_strands: true, ..Scoring::of(10, Device::Cpu, 1) };
    let mut passes = Vec::new();
    let mut count = |most: usize| {
        passes.clear();
        let scored = score_while(&net(), &store.valid(), &scoring, |batch, rows| {
            passes.push((batch, rows));
            passes.len() <= most
        });
        (scored.unwrap().is_some(), passes.clone())
    };
    assert_eq!(count(100), (true, vec![(0, 10), (0, 10), (1, 10), (1, 10), (2, 4), (2, 4)]));
    assert_eq!(count(2), (false, vec![(0, 10), (0, 10), (1, 10)]));
}
