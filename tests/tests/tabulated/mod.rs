//! How many training samples searches need to find one of the best networks of a space, by the table of all of its
//! networks: `genomenas_plugin::simulate::laboratory` says what is counted, and on which terms. What [`contestants`] does
//! not say is the default.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests; a failure is a failed test"
)]

mod measured;

use std::fs;
use std::io::Write as _;

use asha as _;
use bonas as _;
use genomenas_plugin::simulate::laboratory::{self, EPOCHS, Laboratory, LaboratoryRuns, TRAIN_ROWS, VALID_ROWS, WHOLE};
use genomenas_plugin::strategy;
use genomenas_tests::{project, tiny};
use hyperband as _;
use local_search as _;
use random_search as _;
use regularised_evolution as _;
use serde_json::{Value, json};
use successive_halving as _;
use tpe as _;

/// The searches, each with the parameters that say how long a whole training is.
///
/// The shortest training is an epoch. BONAS begins with four architectures and then measures two a round, of 60
/// candidates, because the space is small: its default of ten random ones is more than random search needs here. These
/// numbers were set before any of its results were seen, and not changed after that. So were those of the last three.
fn contestants() -> [(&'static str, Value); 8] {
    let alike = json!({"trials": 40, "epochs": EPOCHS});
    [
        ("random-search", alike.clone()),
        ("successive-halving", json!({"minimum": WHOLE / 4})),
        ("hyperband", json!({"minimum": TRAIN_ROWS, "maximum": EPOCHS})),
        ("asha", json!({"minimum": TRAIN_ROWS, "maximum": EPOCHS})),
        (
            "bonas",
            json!({
                "evaluation": "alone", "epochs": EPOCHS,
                "init_num": 4, "bo_sample_num": 2, "iterations": 18, "generate_num": 60,
            }),
        ),
        ("regularised-evolution", alike.clone()),
        ("local-search", alike.clone()),
        ("tpe", alike),
    ]
}

/// The runs of a search with all seeds.
fn runs(laboratory: &Laboratory, id: &str, parameters: &Value) -> LaboratoryRuns {
    let of_seed = laboratory.runs(id, |simulation| {
        let all = parameters.as_object().unwrap().iter();
        let simulation =
            all.fold(simulation.parameter("batch", 40), |set, (name, value)| set.parameter(name, value.clone()));
        simulation.run(strategy(id)?.build(simulation.setup())?.as_mut())
    });
    of_seed.unwrap()
}

/// Writes a text into the file that an environment variable names, if it is there.
fn save(variable: &str, text: &str) {
    if let Some(path) = std::env::var_os(variable) {
        fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

#[test]
fn every_architecture_of_the_space_is_in_the_table_once() {
    let laboratory = Laboratory::new().unwrap();
    let (space, table) = (&laboratory.simulation(1).setup().space.clone(), laboratory.table());
    let all = space.sample_distinct(1000, 1);
    assert_eq!((all.len() as f64, all.len()), (space.architectures(), table.architectures().len()));
    assert_eq!((TRAIN_ROWS, VALID_ROWS, EPOCHS), (tiny::TRAIN_ROWS, tiny::OTHER_ROWS, tiny::EPOCHS));
    for selection in all {
        let samples: Vec<_> = table.curve(&selection).unwrap().iter().map(|point| point.samples).collect();
        assert_eq!(samples, (1..=EPOCHS).map(|epoch| (epoch * TRAIN_ROWS) as f64).collect::<Vec<_>>());
    }
}

/// What ships with the kit. Name a file with `GENOMENAS_LABORATORY` to write it anew, and one with `GENOMENAS_TABULATED`
/// for the table.
#[test]
fn the_searches_come_to_what_the_kit_says_of_them_and_those_that_learn_need_fewer_samples_than_random_search() {
    let laboratory = Laboratory::new().unwrap();
    let all: Vec<_> = contestants().iter().map(|(id, parameters)| runs(&laboratory, id, parameters)).collect();
    let (ranking, text) = (laboratory.ranking(&all), laboratory::to_text(&all));
    println!("{ranking}");
    save("GENOMENAS_TABULATED", &ranking.to_string());
    save("GENOMENAS_LABORATORY", &text);
    let kept = fs::read_to_string(project::path("plugin-api/src/simulate/laboratory/known.tsv")).unwrap();
    assert!(text == kept, "the searches come to other results than known.tsv has:\n{ranking}");
    let median = |id: &str| ranking.of(id).unwrap().samples[1].unwrap_or(u64::MAX);
    for id in ["bonas", "hyperband", "asha"] {
        assert!(median(id) < median("random-search"), "{id} needs no fewer than random search:\n{ranking}");
    }
}
