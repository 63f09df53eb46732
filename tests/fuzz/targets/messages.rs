//! Messages of strategies and of the host: parsed, validated, put through the checks of the engine and run in a
//! simulated search, and written as they were read.

#![no_main]

use std::fmt::Debug;

use genomenas_fuzz::{documents, seeds, strategy};
use genomenas_plugin::engine::{Data, check};
use genomenas_plugin::message::{Ask, Discard, Metric, Mixing, Plan, Proposal, Report, Setup, Work};
use genomenas_plugin::simulate::Simulation;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use strategy::Script;

// The first byte chooses the message.
fuzz_target!(init: seeds::write("messages", seeds()), |data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    match choice % 7 {
        0 => _ = read::<Proposal>(bytes).map(|proposal| Script::of(vec![proposal]).run()),
        1 => _ = read::<Script>(bytes).map(|script| script.run()),
        2 => _ = read::<Ask>(bytes).map(|ask| ask.budget.remaining(&ask.used)),
        3 => _ = read::<Report>(bytes).map(|report| report_on(&report)),
        4 => _ = read::<Vec<Discard>>(bytes).map(|discards| drop(&discards)),
        5 => _ = read::<Plan>(bytes).map(|plan| train(&plan)),
        _ => _ = read::<Setup>(bytes).map(set_up),
    }
});

/// A message, which comes back as it is.
fn read<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let message: T = serde_json::from_slice(bytes).ok()?;
    let again: T = serde_json::from_slice(&serde_json::to_vec(&message).expect("JSON")).expect("what was written");
    assert_eq!(again, message, "another message came back");
    Some(message)
}

fn report_on(report: &Report) {
    for metric in [Metric::Loss, Metric::Auroc, Metric::Auprc, Metric::F1] {
        let scores = [
            report.epoch.as_ref().and_then(|epoch| epoch.score(metric)),
            report.score.as_ref().and_then(|score| score.score(metric)),
        ];
        assert!(scores.iter().flatten().all(|score| score.is_finite()));
    }
}

fn drop(discards: &[Discard]) {
    let space = strategy::simulation().setup().space.clone();
    let mut mask = space.mask();
    for discard in discards {
        let before = mask.clone();
        match mask.discard(&space, discard) {
            Ok(()) => _ = space.masked(&mask).expect("what a discard left"),
            Err(_) => assert_eq!(mask, before, "a refused discard changed the mask"),
        }
    }
}

fn train(plan: &Plan) {
    let simulation = strategy::simulation();
    let setup = simulation.setup();
    let layers = setup.space.supernet_layers().expect("a supernet");
    for both_strands in [false, true] {
        let data = Data { info: setup.data.clone(), both_strands, next_nucleotide: false };
        let _ = check::plan(plan, &data);
        if let Ok(rows) = check::training(plan, &layers, &Mixing::Softmax, &data) {
            plan.validate().expect("a plan that passed the checks");
            assert!(rows.weights > 0, "nothing to train on");
        }
    }
}

fn set_up(setup: Setup) {
    if setup.space.validate().is_err() {
        return;
    }
    documents::ask_space(&setup.space);
    Simulation::new(setup.space.clone()).expect("a space that was accepted");
    let layers = setup.space.supernet_layers().expect("the supernet of a space that was accepted");
    let data = Data { info: setup.data, both_strands: true, next_nucleotide: false };
    let _ = check::plan(&Plan::default(), &data);
    let _ = check::training(&Plan::default(), &layers, &Mixing::Softmax, &data);
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut add = |choice, text: String| seeds.push(seeds::chosen(choice, text));
    let simulation = strategy::simulation();
    for script in strategy::scripts() {
        add(1, json(&script));
        script.proposals.iter().for_each(|proposal| add(0, json(proposal)));
        script.discards.values().for_each(|discards| add(4, json(discards)));
        for proposal in &script.proposals {
            let Proposal::Trials { trials } = proposal else { continue };
            for trial in trials {
                if let Work::Train { plan, .. } = &trial.work {
                    add(5, json(plan));
                }
            }
        }
    }
    add(6, json(simulation.setup()));
    add(2, include_str!("../seeds/ask.json").to_owned());
    for text in [
        include_str!("../seeds/report_epoch.json"),
        include_str!("../seeds/report_score.json"),
        include_str!("../seeds/report_failed.json"),
    ] {
        add(3, text.to_owned());
    }
    add(5, include_str!("../seeds/plan.json").to_owned());
    seeds
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}
