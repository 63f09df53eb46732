//! The messages as JSON: what old and new plugins and hosts must be able to read of each other.

use genomenas_plugin::message::{
    Algorithm, Alphas, Arch, ArchData, Ask, Budget, Candidate, ClassWeights, Clip, Cost, DataInfo, Discard,
    EarlyStopping, End, Epoch, Finding, Horizon, Initialisation, MaskScore, Metric, Mixing, Network, Optimizer,
    OptionWeight, Order, Outcome, PROTOCOL, Plan, Proposal, Report, Schedule, Setup, Stopped, Task, Trial, TrialId,
    Unit, Work,
};
use genomenas_plugin::space::{ArchitectureBuilder, Mask, Op, Selection, Space};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Shows the message, after it has been there and back.
fn golden<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) -> String {
    let text = serde_json::to_string_pretty(message).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), message);
    text
}

fn budget() -> Budget {
    Budget { amount: 20_000, unit: Unit::Samples }
}

fn cost() -> Cost {
    Cost { samples: 5_000, seconds: 1.5, multiply_adds: 7_000_000 }
}

fn selection() -> Selection {
    Selection([("conv", "wide"), ("pool", "max")].map(|(id, option)| (id.to_owned(), option.to_owned())).into())
}

fn full_plan() -> Plan {
    Plan {
        epochs: 20,
        steps_per_epoch: Some(50),
        batch: 64,
        cnn: Optimizer {
            algorithm: Algorithm::Sgd { momentum: 0.9 },
            learning_rate: 0.025,
            weight_decay: 3e-4,
            schedule: Schedule::Cosine { minimum: 0.0, every_step: true },
        },
        rnn: Some(Optimizer {
            algorithm: Algorithm::RmsProp { alpha: 0.9, epsilon: 1e-8 },
            learning_rate: 8.0,
            weight_decay: 5e-7,
            schedule: Schedule::Step { epochs: 5, factor: 0.5 },
        }),
        clip: Clip::Parts { cnn: 5.0, rnn: 0.25 },
        slowness: 1e-3,
        early_stopping: Some(EarlyStopping { patience: 5, minimum_improvement: 0.0 }),
        validation_batches: Some(10),
        reverse_complement: true,
        shift: 5,
        class_weights: ClassWeights::Balanced { maximum: 50.0 },
        subsample: Some(0.25),
        average_strands: true,
        max_norm: Some(0.9),
        hidden_l1: 1e-8,
        ..Plan::default()
    }
}

fn arch() -> Arch {
    Arch {
        optimizer: Optimizer { weight_decay: 1e-3, ..Optimizer::default() },
        clip: Some(0.25),
        warm_up: 10,
        order: Order::Second { weight_decay: 5e-7 },
        data: ArchData::Valid,
    }
}

fn search_plan() -> Plan {
    let (input_dropout, hidden_dropout) = (Some(0.75), Some(0.25));
    Plan { arch: Some(arch()), skip_dropout: vec![0.25, 0.125], input_dropout, hidden_dropout, ..Plan::default() }
}

fn mask() -> Mask {
    let options = ["max", "mean"].map(str::to_owned);
    Mask([("pool".to_owned(), options.into())].into())
}

fn report() -> Report {
    let epoch = Some(Epoch::default());
    let alphas = Alphas::default();
    Report { trial: TrialId(1), cost: cost(), remaining: 9, epoch, score: None, alphas, drawn_anew: None, end: None }
}

fn space() -> Space {
    let text = r#"{
        "format": "genomenas-space", "version": 1, "name": "tiny", "input": [4, 50], "output": "out",
        "decisions": [{"id": "pool", "options": ["max", "mean"]}],
        "nodes": [
            {"name": "pool", "inputs": ["input"], "op": {"type": "choice", "decision": "pool",
                "options": {"max": {"type": "global_max_pool"}, "mean": {"type": "global_avg_pool"}}}},
            {"name": "out", "inputs": ["pool"], "op": {"type": "linear", "out_features": 2}}
        ]
    }"#;
    Space::from_text(text).unwrap()
}

#[test]
fn a_setup() {
    let text = golden(&Setup {
        protocol: PROTOCOL.to_owned(),
        seed: 7,
        parameters: json!({"trials": 4}).as_object().unwrap().clone(),
        space: space(),
        data: DataInfo {
            length: 50,
            labels: 2,
            task: Task::MultiLabel,
            train_rows: 900,
            valid_rows: 100,
            reversible: true,
        },
        budget: budget(),
        threads: 2,
    });
    insta::assert_snapshot!(text);
}

#[test]
fn an_ask() {
    let text = golden(&Ask {
        budget: budget(),
        remaining: 15_000,
        used: cost(),
        next_trial: TrialId(3),
        in_flight: vec![TrialId(2)],
        slots: 3,
    });
    insta::assert_snapshot!(text);
}

#[test]
fn a_proposal_of_trials() {
    let mut net = ArchitectureBuilder::new("tiny", 50);
    net.then("conv", Op::conv1d(8, 5)).then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
    let architecture = Box::new(net.finish().unwrap());
    let first = Trial::train(Network::Selection { selection: selection() }, full_plan()).with_limit(5_000);
    let second = Trial::of(Work::Train {
        network: Network::Architecture { architecture },
        plan: Plan::default(),
        init: Initialisation::Inherit { trial: TrialId(0) },
    });
    let text = golden(&Proposal::Trials { trials: vec![first, second] });
    insta::assert_snapshot!(text);
}

#[test]
fn a_proposal_of_a_supernet() {
    let network = Network::Supernet { mask: Some(mask()), mixing: Mixing::Softmax };
    let text = golden(&Proposal::trial(Trial::train(network, search_plan())));
    insta::assert_snapshot!(text);
}

#[test]
fn supernets_of_every_mixing() {
    let all = [
        Mixing::Softmax,
        Mixing::Gumbel { start: 5.0, end: 0.5 },
        Mixing::Sum,
        Mixing::Cycle { selections: vec![selection()] },
        Mixing::Sample { selections: vec![selection()] },
        Mixing::Uniform { options: 2 },
    ];
    let text = golden(&all.map(|mixing| Network::Supernet { mask: None, mixing }).to_vec());
    insta::assert_snapshot!(text);
}

#[test]
fn a_report_of_a_supernet() {
    let weights = [("max", 0.5, 0.75), ("mean", -0.5, 0.25)];
    let weights = weights.map(|(option, alpha, probability)| (option.to_owned(), OptionWeight { alpha, probability }));
    let alphas = Alphas([("pool".to_owned(), weights.into())].into());
    assert_eq!(alphas.get("pool", "mean").unwrap().alpha.to_bits(), (-0.5_f64).to_bits());
    assert_eq!((alphas.get("pool", "sum"), alphas.get("conv", "max")), (None, None));
    let text = golden(&Report { alphas, ..report() });
    insta::assert_snapshot!(text);
}

#[test]
fn a_proposal_that_continues_a_trial_and_scores_masks() {
    let init = Initialisation::Continue { trial: TrialId(2) };
    let network = Network::Selection { selection: selection() };
    let horizon = |horizon| Plan { horizon: Some(horizon), ..Plan::default() };
    let continued = |plan| Trial::of(Work::Train { network: network.clone(), plan, init });
    let limited = Trial { limit_unit: Some(Unit::MultiplyAdds), ..continued(horizon(Horizon::Epochs { epochs: 27 })) };
    let score = Work::Score {
        weights_of: TrialId(3),
        masks: vec![mask(), Mask::from(&selection())],
        recalibrate_batch_norm: 1_000,
        batch: 100,
        validation_batches: Some(4),
    };
    let cost = continued(horizon(Horizon::Cost { amount: 9_000, unit: Unit::Samples }));
    let text = golden(&Proposal::Trials { trials: vec![limited.with_limit(1_000_000), cost, Trial::of(score)] });
    insta::assert_snapshot!(text);
}

#[test]
fn the_reports_of_a_score() {
    let (valid_loss, auroc, auprc, f1) = (Some(0.5), Some(0.75), Some(0.25), None);
    let score = MaskScore { mask: 1, valid_loss, auroc, auprc, f1 };
    let outcome = Outcome::Completed { stopped: Stopped::Masks };
    let end = Some(End { outcome, best: None, parameters: 10, multiply_adds: 20, peak_memory: 30 });
    let first = Report { epoch: None, score: Some(score), ..report() };
    let text = golden(&vec![first.clone(), Report { score: None, end, ..first }]);
    insta::assert_snapshot!(text);
    let of = |metric| score.score(metric);
    assert_eq!([Metric::Loss, Metric::Auroc, Metric::Auprc, Metric::F1].map(of), [Some(-0.5), auroc, auprc, None]);
}

#[test]
fn the_other_proposals() {
    let candidate = Candidate { network: Network::Selection { selection: selection() }, trial: Some(TrialId(1)) };
    let finding = Finding { best: candidate.clone(), others: vec![Candidate { trial: None, ..candidate }] };
    let text = [golden(&Proposal::Wait), golden(&Proposal::Finish { finding })].join("\n");
    insta::assert_snapshot!(text);
}

#[test]
fn the_reports_of_an_epoch_and_of_every_end() {
    let epoch = Epoch { number: 2, train_loss: 0.6, valid_loss: 0.625, auroc: Some(0.75), auprc: Some(0.5), f1: None };
    let report = Report { epoch: Some(epoch.clone()), ..report() };
    let end = |outcome| Report {
        epoch: None,
        end: Some(End { outcome, best: Some(epoch.clone()), parameters: 10, multiply_adds: 20, peak_memory: 30 }),
        ..report.clone()
    };
    let all = [
        report.clone(),
        end(Outcome::Completed { stopped: Stopped::Limit }),
        end(Outcome::Discarded),
        end(Outcome::Failed { reason: "the loss is not a number".to_owned() }),
    ];
    let text = golden(&all.to_vec());
    insta::assert_snapshot!(text);
}

#[test]
fn the_discards() {
    let (decision, option) = ("conv".to_owned(), "wide".to_owned());
    let text = golden(&vec![
        Discard::Option { decision: decision.clone(), option },
        Discard::Edge { decision },
        Discard::Trial { trial: TrialId(4) },
    ]);
    insta::assert_snapshot!(text);
}

/// The message with a field that no version has, at the top.
fn with_news<T: Serialize + DeserializeOwned>(message: &T) -> T {
    let mut value = serde_json::to_value(message).unwrap();
    value.as_object_mut().unwrap().insert("added_in_version_9".to_owned(), json!({"a": [1, 2]}));
    serde_json::from_value(value).unwrap()
}

#[test]
fn fields_of_a_later_version_are_ignored() {
    let ask = Ask { budget: budget(), remaining: 1, used: cost(), next_trial: TrialId(0), in_flight: vec![], slots: 1 };
    assert_eq!(with_news(&ask), ask);
    assert_eq!(with_news(&report()), report());
    assert_eq!(with_news(&full_plan()), full_plan());
    assert_eq!(with_news(&search_plan()), search_plan());
    assert_eq!(with_news(&arch()), arch());
    let trial = Trial::train(Network::Selection { selection: selection() }, full_plan());
    assert_eq!(with_news(&trial), trial);
    let proposal = Proposal::trial(trial);
    assert_eq!(with_news(&proposal), proposal);
}

#[test]
fn what_is_left_out_takes_its_default() {
    let read = |value: Value| serde_json::from_value::<Plan>(value).unwrap();
    assert_eq!(read(json!({})), Plan::default());
    assert_eq!(read(json!({"epochs": 3})), Plan { epochs: 3, ..Plan::default() });
    let balanced = ClassWeights::Balanced { maximum: 100.0 };
    assert_eq!(read(json!({"class_weights": {"type": "balanced"}})).class_weights, balanced);

    let ask = json!({"budget": {"amount": 5, "unit": "samples"}, "remaining": 5, "next_trial": 0});
    let ask: Ask = serde_json::from_value(ask).unwrap();
    assert_eq!((ask.used, ask.in_flight), (Cost::default(), vec![]));

    let report = json!({"trial": 0, "cost": {}, "remaining": 5, "end": {"outcome": {"type": "discarded"}}});
    let report: Report = serde_json::from_value(report).unwrap();
    assert_eq!(report.alphas, Alphas::default());
    assert_eq!(report.end.unwrap().best, None);

    let score = json!({"work": "score", "weights_of": 1, "masks": [{"pool": ["max"]}], "batch": 5});
    let score: Trial = serde_json::from_value(score).unwrap();
    let Work::Score { recalibrate_batch_norm, validation_batches, .. } = score.work else { panic!("expected a score") };
    assert_eq!((recalibrate_batch_norm, validation_batches), (0, None));

    let trial = json!({"work": "train", "network": {"type": "selection", "selection": {"conv": "wide"}}, "plan": {}});
    let trial: Trial = serde_json::from_value(trial).unwrap();
    let Work::Train { init, .. } = trial.work else { panic!("expected a training") };
    assert_eq!((init, trial.limit), (Initialisation::Fresh, None));

    let network: Network = serde_json::from_value(json!({"type": "supernet"})).unwrap();
    assert_eq!(network, Network::Supernet { mask: None, mixing: Mixing::Softmax });

    let arch: Arch = serde_json::from_value(json!({"optimizer": {}})).unwrap();
    assert_eq!((arch.clip, arch.warm_up, arch.order), (None, 0, Order::First));
    assert_eq!(arch.data, ArchData::Train { part: 0.5 });

    let mut setup = json!({"seed": 1, "data": {"length": 50, "labels": 2, "task": "multi_label", "train_rows": 1, "valid_rows": 1}, "budget": {"amount": 1, "unit": "seconds"}});
    setup["space"] = serde_json::to_value(space()).unwrap();
    let setup: Setup = serde_json::from_value(setup).unwrap();
    assert_eq!((setup.protocol.as_str(), setup.threads, setup.parameters.len()), (PROTOCOL, 1, 0));
}

#[test]
fn plans_that_no_training_could_use_are_refused() {
    let adam = |learning_rate| Optimizer { learning_rate, ..Optimizer::default() };
    let plan = Plan::default;
    let searching = |arch| Plan { arch: Some(arch), ..Plan::default() };
    let refusals: Vec<String> = [
        Plan { epochs: 0, ..plan() },
        Plan { batch: 0, ..plan() },
        Plan { steps_per_epoch: Some(0), ..plan() },
        Plan { validation_batches: Some(0), ..plan() },
        Plan { slowness: f64::NAN, ..plan() },
        Plan { cnn: adam(-1.0), ..plan() },
        Plan { rnn: Some(adam(f64::INFINITY)), ..plan() },
        Plan { cnn: Optimizer { algorithm: Algorithm::Sgd { momentum: 1.0 }, ..adam(0.1) }, ..plan() },
        Plan { cnn: Optimizer { schedule: Schedule::Step { epochs: 0, factor: 0.5 }, ..adam(0.1) }, ..plan() },
        Plan { clip: Clip::All { norm: 0.0 }, ..plan() },
        Plan { clip: Clip::Parts { cnn: 1.0, rnn: f64::NAN }, ..plan() },
        Plan { early_stopping: Some(EarlyStopping { patience: 0, minimum_improvement: 0.0 }), ..plan() },
        Plan { skip_dropout: vec![0.1, 1.0], ..plan() },
        Plan { input_dropout: Some(-0.5), ..plan() },
        Plan { hidden_dropout: Some(f64::NAN), ..plan() },
        Plan { horizon: Some(Horizon::Epochs { epochs: 0 }), ..plan() },
        Plan { cnn: Optimizer { schedule: Schedule::Inverse { decay: -1.0 }, ..adam(0.1) }, ..plan() },
        Plan { class_weights: ClassWeights::Balanced { maximum: 0.5 }, ..plan() },
        Plan { subsample: Some(0.0), ..plan() },
        Plan { subsample: Some(1.5), ..plan() },
        Plan { max_norm: Some(0.0), ..plan() },
        Plan { hidden_l1: f64::NAN, ..plan() },
        searching(Arch { optimizer: adam(-1.0), ..arch() }),
        searching(Arch { clip: Some(0.0), ..arch() }),
        searching(Arch { order: Order::Second { weight_decay: -1.0 }, ..arch() }),
        searching(Arch { data: ArchData::Train { part: 0.0 }, ..arch() }),
        searching(Arch { data: ArchData::Train { part: 1.0 }, ..arch() }),
        searching(Arch { data: ArchData::Train { part: f64::NAN }, ..arch() }),
    ]
    .iter()
    .map(|plan| plan.validate().unwrap_err().message)
    .collect();
    let text = refusals.join("\n");
    insta::assert_snapshot!(text);
    Plan::default().validate().unwrap();
    full_plan().validate().unwrap();
    search_plan().validate().unwrap();
}

#[test]
fn mixings_that_no_supernet_could_use_are_refused() {
    let refusals: Vec<String> = [
        Mixing::Gumbel { start: 0.0, end: 1.0 },
        Mixing::Gumbel { start: 1.0, end: f64::NAN },
        Mixing::Cycle { selections: vec![] },
        Mixing::Sample { selections: vec![] },
        Mixing::Uniform { options: 0 },
    ]
    .iter()
    .map(|mixing| mixing.validate().unwrap_err().message)
    .collect();
    let text = refusals.join("\n");
    insta::assert_snapshot!(text);
    for mixing in [Mixing::Softmax, Mixing::Gumbel { start: 5.0, end: 0.5 }, Mixing::Sum] {
        mixing.validate().unwrap();
    }
}

proptest! {
    #[test]
    fn numbers_survive_a_message_to_the_last_bit(loss in any::<f64>(), auroc in 0.0..1.0) {
        let epoch = Epoch { valid_loss: loss, auroc: Some(auroc), ..Epoch::default() };
        let back: Epoch = serde_json::from_str(&serde_json::to_string(&epoch).unwrap()).unwrap();
        prop_assert_eq!(back.valid_loss.to_bits(), loss.to_bits());
        prop_assert_eq!(back.auroc.unwrap().to_bits(), f64::to_bits(auroc));
    }
}
