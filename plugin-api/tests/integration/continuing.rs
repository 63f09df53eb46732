//! Trials that go on where earlier ones ended, and learning curves that a test gives.

use super::scripted::{
    completed, draw, ends, epochs, from, last, run, run_on, selection, simulation, steps, supernet, train,
};
use genomenas_plugin::message::{
    Arch, ArchData, Candidate, Epoch, Horizon, Initialisation, Mixing, Network, Optimizer, Order, Plan, Proposal,
    Stopped, TrialId, Unit,
};
use genomenas_plugin::simulate::{Curves, Simulated, kit};
use genomenas_plugin::space::Selection;

/// Whose loss is one divided by the samples, and who are the better the later their options are in the alphabet.
#[derive(Debug)]
struct Table {
    unknown: Option<Selection>,
}

impl Curves for Table {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        let rank = |option: &String| f64::from(option.bytes().next().unwrap_or(0));
        (self.unknown.as_ref() != Some(selection)).then(|| selection.0.values().map(rank).sum())
    }

    fn at(&self, _: &Selection, samples: f64) -> Epoch {
        Epoch { train_loss: 2.0, valid_loss: 1.0 / samples, auroc: Some(samples), ..Epoch::default() }
    }
}

fn learned(simulated: &Simulated) -> Vec<f64> {
    simulated.reports.iter().filter_map(|report| report.epoch.as_ref()?.auroc).collect()
}

fn goes_on(trial: u64) -> Initialisation {
    Initialisation::Continue { trial: TrialId(trial) }
}

#[test]
fn a_continued_training_goes_on_along_its_curve_and_one_that_inherits_keeps_half() {
    let simulation = simulation().curves(Table { unknown: None });
    let again = |init| from(init, train(1, steps(10, 2)));
    let proposals = [again(Initialisation::Fresh), again(goes_on(0)), again(goes_on(1))];
    let proposals = proposals.into_iter().chain([again(Initialisation::Inherit { trial: TrialId(2) })]);
    let simulated = run_on(&simulation, proposals.map(Proposal::trial).collect()).unwrap();
    let expected = [1000, 2000, 3000, 4000, 5000, 6000, 4000, 5000].map(f64::from);
    assert_eq!(learned(&simulated), expected);
}

#[test]
fn a_trial_can_be_continued_any_number_of_times_whatever_ended_it_but_a_failure_or_a_drop() {
    let limited = train(1, steps(10, 9)).with_limit(1_500);
    let continued = || from(goes_on(0), train(1, steps(10, 1)));
    let proposals = vec![limited, continued(), continued()].into_iter().map(Proposal::trial).collect();
    let simulated = run_on(&simulation().curves(Table { unknown: None }), proposals).unwrap();
    assert_eq!(learned(&simulated), [1000, 1500, 2500, 2500].map(f64::from));
    assert_eq!(ends(&simulated)[0], (0, completed(Stopped::Limit)));
}

#[test]
fn epochs_limit_and_cost_of_a_continued_trial_are_its_own() {
    let plan = Plan { horizon: Some(Horizon::Cost { amount: 5_000, unit: Unit::Samples }), ..steps(10, 3) };
    let first = train(1, plan.clone());
    let second = from(goes_on(0), train(1, plan).with_limit(2_000));
    let simulated = run(vec![Proposal::trial(first), Proposal::trial(second)]).unwrap();
    assert_eq!(ends(&simulated), [(0, completed(Stopped::Epochs)), (1, completed(Stopped::Limit))]);
    assert_eq!([0, 1].map(|trial| last(&simulated, trial).cost.samples), [3_000, 2_000]);
    let numbers: Vec<u32> = simulated.reports.iter().filter_map(|report| Some(report.epoch.as_ref()?.number)).collect();
    assert_eq!(numbers, [1, 2, 3, 1, 2]);
}

#[test]
fn a_continued_supernet_keeps_the_alphas_of_what_remains() {
    let (optimizer, data) = (Optimizer::default(), ArchData::default());
    let arch = Some(Arch { optimizer, clip: None, warm_up: 0, order: Order::First, data });
    let searched = supernet(Mixing::Softmax, Plan { arch, ..steps(20, 2) });
    let continued = from(goes_on(0), supernet(Mixing::Softmax, steps(20, 1)));
    let simulated = run(vec![Proposal::trial(searched), Proposal::trial(continued)]).unwrap();
    assert_eq!(last(&simulated, 1).alphas, last(&simulated, 0).alphas);
}

#[test]
fn curves_tell_how_good_the_finding_is_among_all_architectures_of_a_small_space() {
    let table = Table { unknown: None };
    let simulation = kit::two_cells().curves(Table { unknown: None });
    let all = simulation.setup().space.sample_distinct(18, 1);
    assert_eq!(all.len(), 18);
    for found in &all {
        let network = Network::Selection { selection: found.clone() };
        let finish = Proposal::finish(Candidate { network, trial: None });
        let quality = run_on(&simulation, vec![finish]).unwrap().quality;
        let no_better = all.iter().filter(|other| table.quality(other) <= table.quality(found)).count();
        assert!((quality - no_better as f64 / 18.0).abs() < 1e-12, "{found:?}: {quality}");
    }
}

#[test]
fn an_architecture_without_a_curve_is_refused() {
    let simulation = simulation().curves(Table { unknown: Some(selection(1)) });
    let refusal = |proposal| run_on(&simulation, vec![proposal]).unwrap_err().message;
    let what = "the simulation's curves have none for this architecture: add it";
    assert_eq!(refusal(Proposal::trial(train(1, epochs(1)))), format!("trial 0: {what}"));
    assert_eq!(refusal(finish(1)), format!("the finding: {what}"));
}

fn finish(at: u64) -> Proposal {
    Proposal::finish(Candidate { network: draw(at), trial: None })
}
