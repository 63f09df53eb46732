//! What `#[derive(Parameters)]` writes: defaults, checks, messages and the schema.

use genomenas_plugin::{NoParameters, Parameters};
use serde_json::{Value, json};

/// One parameter of every shape.
#[derive(Clone, Debug, PartialEq, Parameters)]
struct Every {
    /// Channels of the first convolution,
    /// and of every one after it.
    #[parameter(default = 8, minimum = 1, maximum = 100)]
    channels: u32,
    /// Learning rate.
    #[parameter(default = 0.025, minimum = 0)]
    rate: f64,
    /// Whether to shuffle "at all".
    #[parameter(default = true)]
    shuffle: bool,
    /// What to rank by.
    #[parameter(default = "auroc", one_of = ["auroc", "auprc"])]
    metric: String,
    /// Widths of the stages.
    #[parameter(default = [16, 32], minimum = 1)]
    widths: Vec<u16>,
    /// Parts to keep.
    #[parameter(default = [], one_of = ["cnn", "rnn"])]
    parts: Vec<String>,
    /// Stop after so many.
    #[parameter(minimum = 1)]
    patience: Option<u64>,
    /// Shift to either side.
    #[parameter(default = -3)]
    shift: i8,
    /// A keyword as a name.
    #[parameter(default = "x")]
    r#type: String,
}

fn read(value: &Value) -> genomenas_plugin::Result<Every> {
    Every::from_map(value.as_object().unwrap())
}

fn refusal(value: &Value) -> String {
    read(value).unwrap_err().message
}

#[test]
fn what_is_not_set_takes_its_default() {
    let every = read(&json!({})).unwrap();
    assert_eq!(every, Every::default());
    assert_eq!((every.channels, every.rate, every.shift), (8, 0.025, -3));
    assert_eq!((every.widths, every.patience, every.r#type.as_str()), (vec![16, 32], None, "x"));
}

#[test]
fn what_is_set_is_taken() {
    let every = read(&json!({
        "channels": 100, "rate": 1, "shuffle": false, "metric": "auprc", "widths": [1], "parts": ["rnn", "cnn"],
        "patience": 18_446_744_073_709_551_615_u64, "shift": -128, "type": "y",
    }))
    .unwrap();
    assert_eq!((every.channels, every.rate, every.patience), (100, 1.0, Some(u64::MAX)));
}

#[test]
fn whole_numbers_may_be_written_as_floats() {
    assert_eq!(read(&json!({"channels": 16.0})).unwrap().channels, 16);
}

#[test]
fn nothing_is_a_value_of_an_optional_parameter() {
    assert_eq!(read(&json!({"patience": null})).unwrap().patience, None);
}

#[test]
fn serde_reads_the_same_with_the_same_messages() {
    assert_eq!(serde_json::from_value::<Every>(json!({"channels": 9})).unwrap().channels, 9);
    let error = serde_json::from_value::<Every>(json!({"channels": 0})).unwrap_err().to_string();
    assert_eq!(error, refusal(&json!({"channels": 0})));
}

#[test]
fn refusals_name_the_parameter_what_was_expected_what_came_and_what_there_is() {
    let refusals = [
        json!({"channels": 0}),
        json!({"channels": 101}),
        json!({"channels": 1.5}),
        json!({"channels": "many"}),
        json!({"rate": -0.1}),
        json!({"shuffle": 1}),
        json!({"metric": "f1"}),
        json!({"widths": [16, 0]}),
        json!({"widths": [70_000]}),
        json!({"parts": ["gnn"]}),
        json!({"patience": 0}),
        json!({"shift": 128}),
        json!({"chanels": 8}),
        json!({"alpha": 1, "omega": 2}),
    ]
    .map(|value| refusal(&value).replace("channels, rate, shuffle, metric, widths, parts, patience, shift, type", "…"));
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    parameter `channels`: expected an integer from 1 to 100, got 0; the parameters are …
    parameter `channels`: expected an integer from 1 to 100, got 101; the parameters are …
    parameter `channels`: expected an integer from 1 to 100, got 1.5; the parameters are …
    parameter `channels`: expected an integer from 1 to 100, got "many"; the parameters are …
    parameter `rate`: expected a number of at least 0, got -0.1; the parameters are …
    parameter `shuffle`: expected true or false, got 1; the parameters are …
    parameter `metric`: expected one of auroc, auprc, got "f1"; the parameters are …
    parameter `widths`: expected a list of integers from 1 to 65535, got [16,0]; the parameters are …
    parameter `widths`: expected a list of integers from 1 to 65535, got [70000]; the parameters are …
    parameter `parts`: expected a list of any of cnn, rnn, got ["gnn"]; the parameters are …
    parameter `patience`: expected an integer of at least 1, or nothing, got 0; the parameters are …
    parameter `shift`: expected an integer from -128 to 127, got 128; the parameters are …
    unknown parameter `chanels` (did you mean `channels`?); the parameters are …
    unknown parameters `alpha`, `omega`; the parameters are …
    "#);
}

#[test]
fn the_schema_tells_types_descriptions_defaults_and_bounds() {
    let schema: Value = serde_json::from_str(Every::SCHEMA).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&schema["properties"]).unwrap(), @r#"
    {
      "channels": {
        "default": 8,
        "description": "Channels of the first convolution, and of every one after it.",
        "maximum": 100,
        "minimum": 1,
        "type": "integer"
      },
      "metric": {
        "default": "auroc",
        "description": "What to rank by.",
        "enum": [
          "auroc",
          "auprc"
        ],
        "type": "string"
      },
      "parts": {
        "default": [],
        "description": "Parts to keep.",
        "items": {
          "enum": [
            "cnn",
            "rnn"
          ],
          "type": "string"
        },
        "type": "array"
      },
      "patience": {
        "default": null,
        "description": "Stop after so many.",
        "minimum": 1,
        "type": [
          "integer",
          "null"
        ]
      },
      "rate": {
        "default": 0.025,
        "description": "Learning rate.",
        "minimum": 0,
        "type": "number"
      },
      "shift": {
        "default": -3,
        "description": "Shift to either side.",
        "maximum": 127,
        "minimum": -128,
        "type": "integer"
      },
      "shuffle": {
        "default": true,
        "description": "Whether to shuffle \"at all\".",
        "type": "boolean"
      },
      "type": {
        "default": "x",
        "description": "A keyword as a name.",
        "type": "string"
      },
      "widths": {
        "default": [
          16,
          32
        ],
        "description": "Widths of the stages.",
        "items": {
          "maximum": 65535,
          "minimum": 1,
          "type": "integer"
        },
        "type": "array"
      }
    }
    "#);
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
}

#[test]
fn a_strategy_without_parameters_refuses_any() {
    let error = NoParameters::from_map(json!({"a": 1}).as_object().unwrap()).unwrap_err();
    assert_eq!(error.message, "unknown parameter `a`; there are none to set");
}

/// A parameter of the network, one of the plan, and one of the plan that may be nothing.
#[derive(Clone, Debug, PartialEq, Parameters)]
struct Acting {
    /// Units.
    #[parameter(default = 8)]
    units: u32,
    /// Epochs.
    #[parameter(default = 3, minimum = 1, acts_on = "training")]
    epochs: u32,
    /// Strands.
    #[parameter(acts_on = "training")]
    both_strands: Option<bool>,
}

#[test]
fn the_schema_says_which_parameters_act_on_the_training() {
    let schema: Value = serde_json::from_str(Acting::SCHEMA).unwrap();
    let acts_on = |name: &str| schema["properties"][name].get("acts_on").cloned();
    assert_eq!(acts_on("units"), None);
    assert_eq!((acts_on("epochs"), acts_on("both_strands")), (Some(json!("training")), Some(json!("training"))));
    assert_eq!(schema["properties"]["epochs"]["minimum"], 1);
}
