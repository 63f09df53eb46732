//! `PROTOCOL.md` and `schemas/`: up to date, every example read and valid, and every message of a simulated run valid.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use genomenas_plugin::message::{
    Arch, ArchData, Ask, Discard, FORMAT, Finding, Horizon, Initialisation, Manifest, Mixing, Network, Optimizer,
    Order, PROTOCOL, Plan, Proposal, Report, Setup, StrategyInfo, Trial, TrialId, Work,
};
use genomenas_plugin::schema::{documents, with_tables};
use genomenas_plugin::simulate::Simulation;
use genomenas_plugin::space::{Architecture, Space};
use genomenas_plugin::{Instance, Result};
use jsonschema::Validator;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::scripted::{Scripted, from, selection, simulation, space, steps, supernet, train, trials};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn page() -> String {
    fs::read_to_string(path("PROTOCOL.md")).unwrap()
}

/// What the file of a schema accepts.
fn validator(name: &str) -> Validator {
    let text = fs::read_to_string(path("schemas").join(name).with_extension("json")).unwrap();
    jsonschema::draft202012::new(&serde_json::from_str(&text).unwrap()).unwrap()
}

#[track_caller]
fn assert_valid(name: &str, validator: &Validator, message: &Value) {
    let errors: Vec<_> =
        validator.iter_errors(message).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}\n{message:#}");
}

/// The examples of the page: the message that each is, and its text.
fn examples() -> Vec<(String, String)> {
    let page = page();
    let blocks = page.split("```json ").skip(1).map(|block| block.split_once("\n```").unwrap().0);
    blocks.map(|block| block.split_once('\n').unwrap()).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// Reads a message and writes it again: nothing that it says is lost, and what is added are defaults.
#[track_caller]
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) -> Value {
    let message: T = serde_json::from_str(text).unwrap();
    let written = serde_json::to_value(&message).unwrap();
    assert_eq!(serde_json::from_value::<T>(written.clone()).unwrap(), message);
    assert_kept(&serde_json::from_str(text).unwrap(), &written);
    written
}

/// Every value of `said` stands in `written`, too.
#[track_caller]
fn assert_kept(said: &Value, written: &Value) {
    match (said, written) {
        (Value::Object(said), Value::Object(written)) => {
            said.iter().for_each(|(name, value)| assert_kept(value, written.get(name).unwrap_or(&json!("it is gone"))));
        }
        (Value::Array(said), Value::Array(written)) => {
            assert_eq!(said.len(), written.len());
            said.iter().zip(written).for_each(|(said, written)| assert_kept(said, written));
        }
        (said, written) => assert_eq!(said, written),
    }
}

#[test]
fn the_schemas_and_the_tables_are_those_of_the_types() {
    const ADVICE: &str = "cargo run -p genomenas-plugin --features schema --example schemas";
    let mut files = Vec::new();
    for document in documents() {
        let file = path("schemas").join(document.name).with_extension("json");
        assert!(fs::read_to_string(&file).is_ok_and(|text| text == document.text()), "{}: {ADVICE}", file.display());
        files.push(file.file_name().unwrap().to_owned());
    }
    files.sort();
    let mut there: Vec<_> = fs::read_dir(path("schemas")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, files);
    assert!(with_tables(&page()) == page(), "PROTOCOL.md: {ADVICE}");
    assert!(page().contains(&format!("version {PROTOCOL}.")));
}

#[test]
fn every_example_is_read_written_again_and_valid() {
    let examples = examples();
    for (name, text) in &examples {
        let said: Value = serde_json::from_str(text).unwrap();
        assert_valid(name, &validator(name), &said);
        let written = match name.as_str() {
            "setup" => there_and_back::<Setup>(text),
            "space" => there_and_back::<Space>(text),
            "ask" => there_and_back::<Ask>(text),
            "proposal" => there_and_back::<Proposal>(text),
            "trial" => there_and_back::<Trial>(text),
            "plan" => there_and_back::<Plan>(text),
            "architecture" => there_and_back::<Architecture>(text),
            "report" => there_and_back::<Report>(text),
            "discards" => there_and_back::<Vec<Discard>>(text),
            "finding" => there_and_back::<Finding>(text),
            "manifest" => said,
            other => panic!("the page has an example of `{other}`"),
        };
        assert_valid(name, &validator(name), &written);
    }
    for document in documents() {
        assert!(examples.iter().any(|(name, _)| name == document.name), "the page has no example of {}", document.name);
    }
}

#[test]
fn spaces_and_architectures_of_the_examples_are_sound() {
    for (name, text) in examples() {
        match name.as_str() {
            "space" => assert!(Space::from_text(&text).unwrap().architectures() > 1.0),
            "setup" => serde_json::from_str::<Setup>(&text).unwrap().space.validate().unwrap(),
            "architecture" => _ = Architecture::from_json(&text).unwrap().layers().unwrap(),
            "plan" => serde_json::from_str::<Plan>(&text).unwrap().validate().unwrap(),
            _ => {}
        }
    }
}

#[test]
fn the_records_of_the_example_are_a_manifest() {
    let records: String = examples()
        .iter()
        .filter(|(name, _)| name == "manifest")
        .fold(String::new(), |all, (_, text)| all + "\u{1e}" + text + "\n");
    let manifest = Manifest::from_records(records.as_bytes()).unwrap();
    assert_eq!((manifest.protocol.as_str(), manifest.authors.len()), (PROTOCOL, 2));
    let StrategyInfo { id, parameters, .. } = &manifest.strategies[0];
    assert_eq!((id.as_str(), &parameters["properties"]["steps"]["default"]), ("my-nas", &json!(10)));
}

#[test]
fn unknown_fields_are_valid_in_messages_and_refused_in_documents() {
    for (name, text) in examples() {
        let mut message: Value = serde_json::from_str(&text).unwrap();
        if let Some(fields) = message.as_object_mut() {
            fields.insert("of_a_later_version".to_owned(), json!({"any": ["thing"]}));
            assert_valid(&name, &validator(&name), &message);
        }
        if ["space", "architecture"].contains(&name.as_str()) {
            message["nodes"][0]["of_a_later_version"] = json!(1);
            assert!(!validator(&name).is_valid(&message), "{name}");
            let refused = match name.as_str() {
                "space" => serde_json::from_value::<Space>(message).map(|_| ()),
                _ => serde_json::from_value::<Architecture>(message).map(|_| ()),
            };
            assert!(refused.unwrap_err().to_string().contains("unknown field `of_a_later_version`"), "{name}");
        }
    }
}

#[test]
fn what_is_not_a_message_is_not_valid() {
    for (name, wrong) in [
        ("manifest", json!({"record": "plugin", "format": FORMAT, "id": "x"})),
        ("manifest", json!({"record": "strategy", "id": "x", "kind": "search"})),
        ("setup", json!({"seed": 1})),
        ("ask", json!({"budget": {"amount": 1, "unit": "parsecs"}, "remaining": 1, "next_trial": 0})),
        ("ask", json!({"budget": {"amount": 1, "unit": "samples"}, "remaining": -1, "next_trial": 0})),
        ("proposal", json!({"type": "dance"})),
        ("proposal", json!({"type": "trials"})),
        ("trial", json!({"work": "train", "plan": {}})),
        ("plan", json!({"epochs": "ten"})),
        ("report", json!({"trial": 0, "cost": {}})),
        ("report", json!({"trial": "first", "cost": {}, "remaining": 1})),
        ("discards", json!({"type": "trial", "trial": 0})),
        ("discards", json!([{"type": "option", "decision": "a"}])),
        ("finding", json!({"others": []})),
        ("architecture", json!({"version": 1, "name": "x", "input": [4], "nodes": [], "output": "out"})),
        ("space", json!({"version": 1, "name": "x", "input": [4, 5], "nodes": [], "output": "out"})),
    ] {
        assert!(!validator(name).is_valid(&wrong), "{name}: {wrong}");
    }
}

/// Checks every message that crosses, both ways.
struct Checked {
    strategy: Box<dyn Instance>,
    messages: Vec<(&'static str, Value)>,
}

impl Checked {
    fn said(&mut self, name: &'static str, message: &impl Serialize) {
        self.messages.push((name, serde_json::to_value(message).unwrap()));
    }
}

impl Instance for Checked {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.said("ask", ask);
        let proposal = self.strategy.propose(ask)?;
        self.said("proposal", &proposal);
        match &proposal {
            Proposal::Trials { trials } => trials.iter().for_each(|trial| self.said("trial", trial)),
            Proposal::Finish { finding } => self.said("finding", finding),
            _ => {}
        }
        Ok(proposal)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.said("report", report);
        self.strategy.update(report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let discards = self.strategy.discard(report)?;
        self.said("discards", &discards);
        Ok(discards)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.strategy.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.strategy.load(state)
    }
}

/// A strategy that proposes every kind of work, some of which fails, drops an option, an edge and a trial, and waits.
fn every_kind_of_work() -> Scripted {
    let arch = Arch {
        optimizer: Optimizer::adam(0.01),
        clip: Some(1.0),
        warm_up: 1,
        order: Order::Second { weight_decay: 0.1 },
        data: ArchData::default(),
    };
    let plan = || Plan { arch: Some(arch.clone()), ..steps(2, 3) };
    let whole = || Network::Architecture { architecture: Box::new(space().architecture(&selection(1)).unwrap()) };
    let score = Work::Score {
        weights_of: TrialId(1),
        masks: vec![space().mask()],
        recalibrate_batch_norm: 100,
        batch: 50,
        validation_batches: Some(1),
    };
    let first = space().decisions.into_iter().find(|decision| decision.options.len() > 2).unwrap();
    let mut scripted = Scripted::new(vec![
        trials(vec![train(0, steps(2, 2)), supernet(Mixing::Softmax, plan())]),
        Proposal::trial(Trial::of(score)),
        trials(vec![
            from(Initialisation::Inherit { trial: TrialId(1) }, train(2, steps(1, 1))),
            from(Initialisation::Continue { trial: TrialId(0) }, train(0, steps(1, 1))),
            Trial::train(whole(), Plan { horizon: Some(Horizon::Epochs { epochs: 4 }), ..steps(1, 1) }),
            supernet(Mixing::Gumbel { start: 2.0, end: 0.5 }, steps(1, 1)),
            supernet(Mixing::Cycle { selections: vec![selection(3), selection(4)] }, steps(1, 1)),
            supernet(Mixing::Uniform { options: 2 }, steps(1, 1)),
            // It fails: no window is as long as that.
            train(1, Plan { shift: 5000, ..steps(1, 1) }),
            train(5, steps(3, 9)).with_limit(200),
        ]),
    ]);
    scripted.discards.insert(1, vec![Discard::Option { decision: first.id, option: first.options[0].clone() }]);
    scripted.dropping(4, &[9])
}

/// Every message of a simulated run.
fn messages(simulation: &Simulation) -> Vec<(&'static str, Value)> {
    let mut checked = Checked { strategy: Box::new(every_kind_of_work()), messages: Vec::new() };
    checked.said("setup", simulation.setup());
    checked.said("space", &simulation.setup().space);
    checked.said("architecture", &space().architecture(&selection(1)).unwrap());
    simulation.run(&mut checked).unwrap();
    checked.messages
}

#[test]
fn every_message_of_a_simulated_run_is_valid() {
    let validators: BTreeMap<_, _> =
        documents().into_iter().map(|document| (document.name, validator(document.name))).collect();
    let mut kinds = BTreeMap::<&str, u32>::new();
    for simulation in [simulation(), simulation().slots(3), simulation().failing(|trial| trial.0 == 0)] {
        for (name, message) in messages(&simulation) {
            assert_valid(name, &validators[name], &message);
            *kinds.entry(name).or_default() += 1;
            // A plan stands in a trial, a finding in a proposal.
            let parts = [("plan", message.get("plan")), ("finding", message.get("finding"))];
            for (name, part) in parts.into_iter().filter_map(|(name, part)| Some((name, part?))) {
                assert_valid(name, &validators[name], part);
                *kinds.entry(name).or_default() += 1;
            }
        }
    }
    let not_seen: Vec<_> =
        validators.keys().filter(|name| !kinds.contains_key(*name) && **name != "manifest").collect();
    assert!(not_seen.is_empty(), "{not_seen:?}");
}
