//! `#[parameter(flatten)]`: parameters that stand among those of another struct, with defaults of its own.

use genomenas_plugin::Parameters;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// How it is trained.
#[derive(Clone, Debug, PartialEq, Parameters)]
struct Training {
    /// Samples a step.
    #[parameter(default = 100, minimum = 1, maximum = 1000)]
    batch: u32,
    /// Learning rates.
    #[parameter(default = [0.1], minimum = 0, maximum = 10)]
    rates: Vec<f64>,
    /// The optimizer.
    #[parameter(default = "adam", one_of = ["adam", "sgd"])]
    optimizer: String,
    /// Steps an epoch.
    #[parameter(minimum = 1)]
    steps: Option<u32>,
}

/// Training in stages.
#[derive(Clone, Debug, PartialEq, Parameters)]
struct Staged {
    /// How many.
    #[parameter(default = 3, minimum = 1)]
    stages: u8,
    /// How each is trained.
    #[parameter(flatten, batch = 50, rates = [0.5, 0.25])]
    training: Training,
    /// Whether to go on.
    #[parameter(default = false)]
    again: bool,
}

/// A strategy's own.
#[derive(Clone, Debug, PartialEq, Parameters)]
struct Settings {
    /// The first.
    #[parameter(default = 1)]
    first: i64,
    /// The stages.
    #[parameter(flatten, stages = 4, batch(default = 20, about = "Windows a \"step\"."), optimizer(about = "How."))]
    stages: Staged,
    /// The last.
    #[parameter(default = 2)]
    last: i64,
    /// Not a parameter.
    #[parameter(skip)]
    skipped: Vec<u8>,
}

fn read(value: &Value) -> genomenas_plugin::Result<Settings> {
    Settings::from_map(value.as_object().unwrap())
}

fn refusal(value: &Value) -> String {
    read(value).unwrap_err().message
}

/// The properties of a schema, by name.
fn properties<T: Parameters>() -> Map<String, Value> {
    let schema: Value = serde_json::from_str(T::SCHEMA).unwrap();
    schema["properties"].as_object().unwrap().clone()
}

#[test]
fn the_nearest_struct_that_says_a_default_sets_it() {
    assert_eq!(Training::default().batch, 100);
    let stages = Staged::default();
    assert_eq!((stages.training.batch, stages.training.rates.as_slice()), (50, [0.5, 0.25].as_slice()));
    let Settings { first, stages, last, skipped } = Settings::default();
    let Staged { stages, training: Training { batch, rates, optimizer, steps }, again } = stages;
    assert_eq!((first, stages, last, again, skipped), (1, 4, 2, false, vec![]));
    assert_eq!((batch, rates, optimizer.as_str(), steps), (20, vec![0.5, 0.25], "adam", None));
    assert_eq!(read(&json!({})).unwrap(), Settings::default());
}

#[test]
fn the_parameters_stand_where_the_field_does() {
    let names = |schema: &str| {
        let mut at: Vec<_> = properties::<Settings>()
            .keys()
            .map(|name| (schema.find(&format!("\"{name}\":{{")), name.clone()))
            .collect();
        at.sort();
        at.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(Settings::SCHEMA), ["first", "stages", "batch", "rates", "optimizer", "steps", "again", "last"]);
}

#[test]
fn schemas_have_the_defaults_and_descriptions_that_are_said_last_and_the_bounds_of_the_parameter() {
    let (outer, inner) = (properties::<Settings>(), properties::<Training>());
    assert_eq!(
        outer["batch"],
        json!({ "description": "Windows a \"step\".", "type": "integer", "minimum": 1, "maximum": 1000, "default": 20 })
    );
    assert_eq!((&outer["optimizer"]["description"], &outer["optimizer"]["default"]), (&json!("How."), &json!("adam")));
    assert_eq!((&outer["rates"]["default"], &outer["stages"]["default"]), (&json!([0.5, 0.25]), &json!(4)));
    assert_eq!(outer["steps"], inner["steps"]);
    assert_eq!(inner["batch"]["default"], json!(100));
}

#[test]
fn what_is_set_reaches_the_struct_that_has_it_at_any_depth() {
    let set = json!({ "last": 9, "stages": 1, "steps": 7, "optimizer": "sgd", "rates": 2 });
    let settings = read(&set).unwrap();
    assert_eq!((settings.last, settings.stages.stages, settings.stages.training.steps), (9, 1, Some(7)));
    assert_eq!(settings.stages.training.rates, [2.0]);
    assert_eq!(settings.stages.training.optimizer, "sgd");
}

#[test]
fn refusals_name_all_parameters_wherever_they_stand() {
    let refusals = [
        json!({ "batch": 0 }),
        json!({ "optimizer": "lion" }),
        json!({ "rates": [0.1, -1] }),
        json!({ "bach": 8 }),
        json!({ "training": {} }),
        json!({ "skipped": [] }),
    ]
    .map(|value| refusal(&value).replace("first, stages, batch, rates, optimizer, steps, again, last", "…"));
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    parameter `batch`: expected an integer from 1 to 1000, got 0; the parameters are …
    parameter `optimizer`: expected one of adam, sgd, got "lion"; the parameters are …
    parameter `rates`: expected a list of numbers from 0 to 10, got [0.1,-1]; the parameters are …
    unknown parameter `bach` (did you mean `batch`?); the parameters are …
    unknown parameter `training`; the parameters are …
    unknown parameter `skipped`; the parameters are …
    "#);
}

/// A value that some parameter could have.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5_i64..2000).prop_map(Value::from),
        (-1.0..20.0).prop_map(Value::from),
        prop_oneof!["adam", "sgd", "[a-z]{0,4}"].prop_map(Value::from),
        prop::collection::vec((-1.0..20.0).prop_map(Value::from), 0..3).prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn whatever_is_set_is_read_as_in_a_struct_without_flattening_or_refused_with_its_name(
        set in prop::collection::btree_map(
            prop_oneof!["first", "stages", "batch", "rates", "optimizer", "steps", "again", "last", "[a-z]{1,5}"],
            value(),
            0..4,
        ),
    ) {
        /// The same parameters, written out.
        #[derive(Clone, Debug, PartialEq, Parameters)]
        struct Flat {
            /// .
            #[parameter(default = 1)]
            first: i64,
            /// .
            #[parameter(default = 4, minimum = 1)]
            stages: u8,
            /// .
            #[parameter(default = 20, minimum = 1, maximum = 1000)]
            batch: u32,
            /// .
            #[parameter(default = [0.5, 0.25], minimum = 0, maximum = 10)]
            rates: Vec<f64>,
            /// .
            #[parameter(default = "adam", one_of = ["adam", "sgd"])]
            optimizer: String,
            /// .
            #[parameter(minimum = 1)]
            steps: Option<u32>,
            /// .
            #[parameter(default = false)]
            again: bool,
            /// .
            #[parameter(default = 2)]
            last: i64,
        }
        let set: Map<String, Value> = set.into_iter().collect();
        match (Settings::from_map(&set), Flat::from_map(&set)) {
            (Ok(settings), Ok(flat)) => {
                let Settings { first, stages: Staged { stages, training, again }, last, .. } = settings;
                let Training { batch, rates, optimizer, steps } = training;
                prop_assert_eq!(Flat { first, stages, batch, rates, optimizer, steps, again, last }, flat);
            }
            (Err(settings), Err(flat)) => prop_assert_eq!(settings.message, flat.message),
            (settings, flat) => prop_assert!(false, "{settings:?} but {flat:?}"),
        }
    }
}
