//! The ends of the documented ranges: every parameter of every shipped strategy, at its least, its greatest and each of its
//! choices, is accepted or refused in words, and answered for, well within the deadlines.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::time::Duration;

use genomenas::plugins::folders::{Folder, Reach};
use genomenas::plugins::{Deadlines, Limits, PluginInstance, StrategyRef, StrategyRegistry};
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::{Ask, Budget, Cost, DataInfo, Proposal, Setup, Task, TrialId, Unit};
use genomenas_plugin::space::GenomeNas;
use genomenas_tests::project;
use serde_json::{Map, Value, json};

/// A sixth of the usual time: a slow machine is not this one.
const TIME: Duration = Duration::from_secs(10);

/// The shipped strategies, from the build.
fn shipped() -> StrategyRegistry {
    // The build of the workspace makes all of them.
    let folder = genomenas_tests::built_plugin("random-search").parent().unwrap().to_owned();
    StrategyRegistry::scan(&[Folder { path: folder, reach: Reach::Beside }])
}

/// The values at the ends of what a parameter takes.
fn ends(schema: &Value) -> Vec<Value> {
    if let Some(choices) = schema["enum"].as_array() {
        return choices.clone();
    }
    if schema["type"] == "boolean" || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!("boolean"))) {
        return vec![json!(false), json!(true)];
    }
    [&schema["minimum"], &schema["maximum"]].into_iter().filter(|end| end.is_number()).cloned().collect()
}

/// What becomes of a strategy with one parameter set: an answer, or a refusal.
fn tried(choice: &StrategyRef<'_>, name: &str, value: &Value) -> Result<Proposal, genomenas::Error> {
    let budget = Budget { amount: 20_000, unit: Unit::Samples };
    let data = DataInfo {
        length: 1000,
        labels: 2,
        task: Task::MultiLabel,
        train_rows: 5000,
        valid_rows: 1000,
        reversible: true,
    };
    let setup = Setup {
        protocol: "1.3".to_owned(),
        seed: 7,
        parameters: Map::from_iter([(name.to_owned(), value.clone())]),
        space: GenomeNas::new(1000, 2).space().unwrap(),
        data,
        budget,
        threads: 1,
    };
    let limits = Limits { deadlines: Deadlines::all(TIME), crashes: 1, ..Limits::default() };
    let mut instance = PluginInstance::start(choice, &setup, limits)?;
    let (used, next_trial) = (Cost::default(), TrialId(0));
    let proposal =
        instance.propose(&Ask { budget, remaining: budget.amount, used, next_trial, in_flight: vec![], slots: 1 })?;
    instance.save()?;
    Ok(proposal)
}

#[test]
fn the_ends_of_every_range_are_answered_for_well_within_the_deadlines() {
    let registry = shipped();
    let plugins = project::path("plugins").read_dir().unwrap().count();
    let shipped: Vec<_> = registry.strategies().filter(|choice| choice.manifest.id != "genomenas-tests").collect();
    assert!(shipped.len() >= plugins, "{} strategies of {plugins} plugins", shipped.len());
    let mut count = 0;
    for choice in shipped {
        for (name, schema) in choice.strategy.properties() {
            for value in ends(schema) {
                count += 1;
                let what = format!("{} {name}={value}", choice.strategy.id);
                match tried(&choice, name, &value) {
                    Ok(Proposal::Trials { trials }) => assert!(!trials.is_empty(), "{what}"),
                    // Some ends do not go with the defaults of other parameters.
                    Ok(Proposal::Finish { .. }) | Err(genomenas::Error::Input(_)) => {}
                    Ok(other) => panic!("{what}: {other:?}"),
                    Err(error) => {
                        let told = error.to_string();
                        assert!(!told.contains("crash 1") && !told.contains("did not answer"), "{what}: {told}");
                    }
                }
            }
        }
    }
    assert!(count > 200, "{count} ends only");
}
