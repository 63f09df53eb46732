//! Parts of a trained supernet, scored without training.

use genomenas_plugin::engine::Bound;
use genomenas_plugin::message::{Cost, MaskScore, Mixing, Order, Plan, Stopped, Unit};
use genomenas_plugin::space::{Layers, Mask, Selection};

use super::super::{ScoreJob, Scoring, Training};
use super::{Blind, Setting, finish, plan, sizes};
use crate::eval;
use crate::net::Mixer;

fn job(setting: &Setting, recalibrate_batch_norm: u32) -> ScoreJob {
    let job = setting.job();
    ScoreJob {
        weights: job.checkpoint,
        data_seed: job.data_seed,
        device: job.device,
        threads: job.threads,
        train: job.train,
        valid: job.valid,
        batch: job.plan.batch,
        validation_batches: None,
        recalibrate_batch_norm,
        spent: Cost::default(),
    }
}

/// Trains to the end and saves.
fn trained(setting: &Setting) -> Training {
    let mut training = setting.start();
    finish(&mut training);
    training.save().unwrap();
    training
}

fn fixed() -> Plan {
    Plan { arch: None, ..plan(Order::First) }
}

fn only(selection: &Selection) -> Layers {
    sizes(0.0).space().unwrap().masked(&Mask::from(selection)).unwrap().supernet_layers().unwrap()
}

fn mean() -> Mixing {
    Mixing::Uniform { options: u32::MAX }
}

#[test]
fn the_whole_supernet_scores_as_its_training_reported() {
    for (mixing, plan) in [(Mixing::Softmax, plan(Order::First)), (Mixing::Sum, fixed())] {
        let setting = Setting { mixing, plan, ..Setting::new() }.with_dropout();
        let training = trained(&setting);
        let mut scoring = Scoring::start(job(&setting, 0)).unwrap();
        let score = scoring.score(7, &setting.layers, &setting.mixing, &mut Blind).unwrap().unwrap();
        let last = training.last().unwrap();
        let expected =
            MaskScore { mask: 7, valid_loss: Some(last.valid_loss), auroc: last.auroc, auprc: last.auprc, f1: last.f1 };
        assert_eq!(score, expected, "{:?}", setting.mixing);
        assert!(score.auroc.is_some());
    }
}

#[test]
fn one_architecture_of_a_supernet_of_sub_networks_scores_as_the_sub_network() {
    let selections = sizes(0.0).space().unwrap().sample_distinct(3, 1);
    let mixing = Mixing::Sample { selections: selections.clone() };
    let setting = Setting { mixing, plan: fixed(), ..Setting::new() };
    let training = trained(&setting);
    let mut scoring = Scoring::start(job(&setting, 0)).unwrap();
    for selection in selections {
        let score = scoring.score(0, &only(&selection), &mean(), &mut Blind).unwrap().unwrap();
        // The whole supernet, of which one option of each decision is computed.
        let mixer = Mixer::new(&Mixing::Cycle { selections: vec![selection] }, &setting.layers).unwrap();
        let how = eval::Scoring { mixer: Some(&mixer), ..eval::Scoring::of(10, genomenas_data::Device::Cpu, 1) };
        let expected = eval::score(&training.net, &setting.valid, &how).unwrap();
        let (own, other) = (score.valid_loss.unwrap(), expected.loss.unwrap());
        assert!((own - other).abs() < 1e-5 * other, "{own} is not {other}");
    }
}

#[test]
fn statistics_that_are_computed_anew_change_the_score_and_are_the_same_each_time() {
    let selections = sizes(0.0).space().unwrap().sample_distinct(2, 1);
    let setting =
        Setting { mixing: Mixing::Sample { selections: selections.clone() }, plan: fixed(), ..Setting::new() };
    trained(&setting);
    let score = |samples, selection| {
        let mut scoring = Scoring::start(job(&setting, samples)).unwrap();
        scoring.score(0, &only(selection), &mean(), &mut Blind).unwrap().unwrap()
    };
    assert_ne!(score(0, &selections[0]), score(30, &selections[0]));
    assert_eq!(score(30, &selections[0]), score(30, &selections[0]));
    // More samples than the 60 of the training split: the passes over it go on.
    let twice = score(140, &selections[0]);
    assert!(twice.valid_loss.is_some() && twice != score(30, &selections[0]));
    // A mask is scored alike whatever was scored before it.
    let mut both = Scoring::start(job(&setting, 30)).unwrap();
    for selection in &selections {
        let after = both.score(0, &only(selection), &mean(), &mut Blind).unwrap().unwrap();
        assert_eq!(after, score(30, selection));
    }
}

#[test]
fn a_score_costs_one_pass_for_each_sample_and_those_of_statistics_count_as_trained() {
    let setting = Setting { plan: fixed(), ..Setting::new() };
    trained(&setting);
    let before = Cost { samples: 5, multiply_adds: 7, ..Cost::default() };
    let mut scoring = Scoring::start(ScoreJob { spent: before, ..job(&setting, 15) }).unwrap();
    scoring.score(0, &setting.layers, &Mixing::Softmax, &mut Blind).unwrap().unwrap();
    // Two whole batches of 10 for the statistics, and 20 rows of validation.
    let cost = scoring.cost();
    assert_eq!((cost.samples, cost.multiply_adds), (5 + 20, 7 + 40 * setting.layers.multiply_adds()));
    assert_eq!(scoring.stopped(), None);
}

#[test]
fn a_bound_ends_a_score_between_two_batches_and_the_mask_has_none() {
    let setting = Setting { plan: fixed(), ..Setting::new() };
    trained(&setting);
    let forward = setting.layers.multiply_adds();
    // Of two batches for the statistics and two of validation, as many as begin before the bound.
    for (amount, batches) in [(0, 0), (1, 1), (10 * forward, 1), (25 * forward, 3), (30 * forward, 3)] {
        let mut scoring = Scoring::start(job(&setting, 20)).unwrap();
        let far = Bound { unit: Unit::Samples, amount: 1e9, stopped: Stopped::Limit };
        let near = Bound { unit: Unit::MultiplyAdds, amount: amount as f64, stopped: Stopped::Budget };
        scoring.bound_by(vec![far, near]);
        assert_eq!(scoring.score(0, &setting.layers, &Mixing::Softmax, &mut Blind).unwrap(), None);
        assert_eq!(scoring.stopped(), Some(Stopped::Budget));
        let cost = scoring.cost();
        assert_eq!((cost.samples, cost.multiply_adds), (10 * batches.min(2), 10 * batches * forward));
    }
}

#[test]
fn a_weight_that_was_not_trained_is_refused_by_its_name() {
    let space = sizes(0.0).space().unwrap();
    let selections = space.sample_distinct(2, 1);
    let setting = Setting { plan: fixed(), mixing: Mixing::Sum, layers: only(&selections[0]), ..Setting::new() };
    trained(&setting);
    let mut scoring = Scoring::start(job(&setting, 0)).unwrap();
    let whole = space.supernet_layers().unwrap();
    let error = scoring.score(0, &whole, &Mixing::Sum, &mut Blind).unwrap_err();
    assert!(error.is_of_the_trial(), "the masks of a trial ask for more than was trained");
    let error = error.to_string();
    assert!(error.contains("is missing from the file") && error.contains("checkpoint.safetensors"), "{error}");
}

#[test]
fn weights_that_cannot_be_read_are_refused_by_their_path() {
    let error = Scoring::start(job(&Setting::new(), 0)).map(|_| ()).unwrap_err();
    assert!(!error.is_of_the_trial());
    let error = error.to_string();
    assert!(error.contains("cannot read") && error.contains("checkpoint.safetensors"), "{error}");
}

#[test]
fn a_batch_that_the_training_rows_do_not_fill_is_of_the_trial() {
    let setting = Setting { plan: fixed(), ..Setting::new() };
    trained(&setting);
    let mut scoring = Scoring::start(ScoreJob { batch: 61, ..job(&setting, 61) }).unwrap();
    let error = scoring.score(0, &setting.layers, &Mixing::Softmax, &mut Blind).unwrap_err();
    assert!(error.is_of_the_trial() && error.to_string().contains("batch of 61 rows"), "{error}");
}
