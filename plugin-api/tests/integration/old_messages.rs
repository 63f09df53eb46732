//! Messages that were written by earlier versions, letter by letter: they are read as they were meant.

use genomenas_plugin::message::{
    Alphas, Ask, Budget, Cost, Discard, Epoch, Initialisation, Manifest, Mixing, Network, Outcome, Plan, Proposal,
    Report, Setup, Stopped, Trial, TrialId, Unit, Work,
};
use genomenas_plugin::space::Selection;
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

const SETUP: &str = r#"{"protocol":"1.1","seed":7,"parameters":{"trials":4},"space":{"format":"genomenas-space","version":1,"name":"tiny","decisions":[{"id":"pool","options":["max","mean"]}],"input":[4,50],"nodes":[{"name":"pool","inputs":["input"],"op":{"type":"choice","decision":"pool","options":{"max":{"type":"global_max_pool"},"mean":{"type":"global_avg_pool"}}}},{"name":"out","inputs":["pool"],"op":{"type":"linear","out_features":2}}],"output":"out"},"data":{"length":50,"labels":2,"task":"multi_label","train_rows":900,"valid_rows":100},"budget":{"amount":20000,"unit":"samples"},"threads":2}"#;

#[test]
fn a_setup_of_protocol_1_1() {
    let setup: Setup = read(SETUP);
    assert_eq!((setup.protocol.as_str(), setup.seed, setup.threads), ("1.1", 7, 2));
    assert_eq!((setup.space.decisions.len(), setup.data.train_rows), (1, 900));
}

#[test]
fn an_ask_of_protocol_1_0_is_of_a_host_with_one_trial_at_a_time() {
    let ask: Ask = read(
        r#"{"budget":{"amount":20000,"unit":"samples"},"remaining":15000,"used":{"samples":5000,"seconds":1.5,"multiply_adds":7000000},"next_trial":3,"in_flight":[2]}"#,
    );
    let used = Cost { samples: 5_000, seconds: 1.5, multiply_adds: 7_000_000 };
    let budget = Budget { amount: 20_000, unit: Unit::Samples };
    let expected =
        Ask { budget, remaining: 15_000, used, next_trial: TrialId(3), in_flight: vec![TrialId(2)], slots: 1 };
    assert_eq!(ask, expected);
}

#[test]
fn a_proposal_of_protocol_1_0_trains_without_a_horizon_and_limits_in_the_unit_of_the_budget() {
    let proposal: Proposal = read(
        r#"{"type":"trials","trials":[{"work":"train","network":{"type":"selection","selection":{"conv":"wide"}},"plan":{"epochs":20,"steps_per_epoch":50,"batch":64,"cnn":{"algorithm":{"type":"sgd","momentum":0.9},"learning_rate":0.025,"weight_decay":0.0003,"schedule":{"type":"cosine","minimum":0.0,"every_step":true}},"rnn":null,"clip":{"type":"parts","cnn":5.0,"rnn":0.25},"slowness":0.001,"early_stopping":{"patience":5,"minimum_improvement":0.0},"validation_batches":10,"reverse_complement":true},"init":{"type":"inherit","trial":0},"limit":5000}]}"#,
    );
    let Proposal::Trials { trials } = proposal else { panic!("expected trials, not {proposal:?}") };
    let [Trial { work: Work::Train { network, plan, init }, limit, limit_unit }] = trials.as_slice() else {
        panic!("expected one training, not {trials:?}")
    };
    let selection = Selection([("conv".to_owned(), "wide".to_owned())].into());
    assert_eq!(*network, Network::Selection { selection });
    assert_eq!((plan.epochs, plan.horizon, &plan.arch), (20, None, &None));
    assert_eq!((*init, *limit, *limit_unit), (Initialisation::Inherit { trial: TrialId(0) }, Some(5_000), None));
}

#[test]
fn a_supernet_of_protocol_1_1() {
    let trial: Trial = read(
        r#"{"work":"train","network":{"type":"supernet","mask":{"pool":["max","mean"]},"mixing":{"type":"gumbel","start":5.0,"end":0.5}},"plan":{},"init":{"type":"fresh"}}"#,
    );
    let Work::Train { network: Network::Supernet { mask: Some(mask), mixing }, plan, .. } = trial.work else {
        panic!("expected a supernet, not {trial:?}")
    };
    assert!(mask.has("pool", "mean"));
    assert_eq!((mixing, plan), (Mixing::Gumbel { start: 5.0, end: 0.5 }, Plan::default()));
}

#[test]
fn reports_of_an_epoch_and_an_end_of_protocol_1_0() {
    let epoch: Report = read(
        r#"{"trial":1,"cost":{"samples":5000,"seconds":1.5,"multiply_adds":7000000},"remaining":9,"epoch":{"number":2,"train_loss":0.6,"valid_loss":0.625,"auroc":0.75,"auprc":0.5,"f1":null}}"#,
    );
    let measured =
        Epoch { number: 2, train_loss: 0.6, valid_loss: 0.625, auroc: Some(0.75), auprc: Some(0.5), f1: None };
    assert_eq!((epoch.epoch, epoch.score, epoch.alphas), (Some(measured), None, Alphas::default()));
    let end: Report = read(
        r#"{"trial":1,"cost":{"samples":5000,"seconds":1.5,"multiply_adds":7000000},"remaining":9,"end":{"outcome":{"type":"completed","stopped":"early_stopping"},"parameters":10,"multiply_adds":20,"peak_memory":30}}"#,
    );
    assert_eq!(end.end.unwrap().outcome, Outcome::Completed { stopped: Stopped::EarlyStopping });
}

#[test]
fn discards_and_findings_of_protocol_1_0() {
    let discards: Vec<Discard> = read(
        r#"[{"type":"option","decision":"conv","option":"wide"},{"type":"edge","decision":"conv"},{"type":"trial","trial":4}]"#,
    );
    assert_eq!(discards[2], Discard::Trial { trial: TrialId(4) });
    let proposal: Proposal = read(
        r#"{"type":"finish","finding":{"best":{"network":{"type":"selection","selection":{"conv":"wide"}},"trial":1},"others":[]}}"#,
    );
    let Proposal::Finish { finding } = proposal else { panic!("expected a finding, not {proposal:?}") };
    assert_eq!(finding.best.trial, Some(TrialId(1)));
}

#[test]
fn the_manifest_of_a_plugin_that_speaks_1_0() {
    let records = concat!(
        "\u{1e}",
        r#"{"record":"plugin","format":"genomenas-plugin/1","id":"my-plugin","version":"0.1.0","description":"Mine.","license":"MIT","authors":["Me"],"abi":1,"protocol":"1.0","sdk":"0.1.0","target":"x86_64-linux-gnu","panic":"unwind"}"#,
        "\n\u{1e}",
        r#"{"record":"strategy","id":"my-nas","kind":"search","about":"Searches.","needs":[],"parameters":{"type":"object","properties":{}}}"#,
        "\n",
    );
    let manifest = Manifest::from_records(records.as_bytes()).unwrap();
    assert_eq!((manifest.protocol.as_str(), manifest.strategies[0].id.as_str()), ("1.0", "my-nas"));
}
