//! How OSP-NAS shares a budget, and what it does when the budget is small.

use genomenas_plugin::message::{Trial, Unit, Work};
use genomenas_plugin::simulate::kit::{found, run, small_genomenas, two_cells};
use genomenas_plugin::simulate::{Simulated, Simulation};
use genomenas_plugin::space::GenomeNas;
use osp_nas as _;

/// A run on the decisions of the published space, in a network of two cells.
fn genomenas() -> Simulation {
    Simulation::new(GenomeNas { cells: 2, ..GenomeNas::new(60, 2) }.space().unwrap()).unwrap()
}

/// The recalibration, batch and validation batches of each score.
fn sizes(simulated: &Simulated) -> Vec<(u32, u32, u32)> {
    let sizes = simulated.trials.iter().filter_map(|trial| match &trial.work {
        Work::Score { recalibrate_batch_norm, batch, validation_batches, .. } => {
            Some((*recalibrate_batch_norm, *batch, validation_batches.unwrap()))
        }
        _ => None,
    });
    sizes.collect()
}

fn trainings(simulated: &Simulated) -> usize {
    simulated.trials.iter().filter(|trial| matches!(trial.work, Work::Train { .. })).count()
}

#[test]
fn any_budget_gives_an_architecture() {
    for simulation in [small_genomenas().parameter("candidates", 12), two_cells()] {
        for unit in ["samples", "seconds", "multiply-adds"] {
            for amount in ["1", "37", "199", "1501", "20000", "3e6", "1e9"] {
                let simulated = run("osp-nas", &simulation.clone().budget(format!("{amount}{unit}").parse().unwrap()));
                let space = simulation.setup().space.clone();
                space.check_selection(found(&simulated)[0]).unwrap();
            }
        }
    }
}

#[test]
fn a_budget_in_samples_lasts_to_the_last_score_and_is_used() {
    for budget in [2_000, 20_000, 150_000] {
        let simulation = small_genomenas().budget(format!("{budget}samples").parse().unwrap());
        let simulated = run("osp-nas", &simulation);
        assert!(simulated.finding.best.trial.is_some(), "with {budget} samples nothing was scored at the end");
        assert!(simulated.used.samples <= budget);
        assert!(simulated.used.samples * 10 > budget * 9, "{} of {budget}", simulated.used.samples);
    }
}

#[test]
fn a_budget_in_seconds_or_multiply_adds_lasts_to_the_last_score() {
    let whole = run("osp-nas", &small_genomenas().budget("1e12samples".parse().unwrap())).used;
    for part in [0.03, 0.3, 0.9] {
        for (unit, all) in [(Unit::MultiplyAdds, whole.multiply_adds as f64), (Unit::Seconds, whole.seconds)] {
            let budget = format!("{}{}", (part * all).ceil(), unit.name()).parse().unwrap();
            let simulated = run("osp-nas", &small_genomenas().budget(budget));
            assert!(simulated.finding.best.trial.is_some(), "with {budget} nothing was scored at the end");
        }
    }
}

#[test]
fn a_training_that_would_be_shorter_than_a_step_is_left_out() {
    let simulated = run("osp-nas", &genomenas().budget("2000samples".parse().unwrap()));
    assert_eq!(sizes(&simulated).len(), 34);
    assert!((10..20).contains(&trainings(&simulated)), "{}", trainings(&simulated));
}

#[test]
fn recalibration_reads_what_was_asked_for_where_much_is_trained() {
    let simulation = small_genomenas().rows(1_000_000, 8_000).budget("1e12samples".parse().unwrap());
    assert!(sizes(&run("osp-nas", &simulation)).iter().all(|size| *size == (10_000, 100, 80)));
    let none = sizes(&run("osp-nas", &simulation.parameter("recalibration", 0)));
    assert!(none.iter().all(|size| *size == (0, 100, 80)));
}

/// In all 5 + 33 epochs of 10 000 samples, and 33 · 4 + 18 masks: 2533 samples a mask.
#[test]
fn recalibration_costs_at_most_a_quarter_of_what_is_trained() {
    let simulated = run("osp-nas", &genomenas().budget("1e12samples".parse().unwrap()));
    assert!(sizes(&simulated).iter().all(|size| *size == (600, 100, 10)));
    let simulated = run("osp-nas", &genomenas().budget("40000samples".parse().unwrap()));
    let recalibrated = |trial: &Trial| match &trial.work {
        Work::Score { masks, recalibrate_batch_norm: samples, batch, .. } => {
            assert!(samples.is_multiple_of(*batch) && *samples > 0);
            masks.len() as u64 * u64::from(*samples)
        }
        _ => 0,
    };
    let recalibrated: u64 = simulated.trials.iter().map(recalibrated).sum();
    let part = recalibrated as f64 / (simulated.used.samples - recalibrated) as f64;
    assert!((0.15..0.27).contains(&part), "{part}");
}

#[test]
fn a_small_budget_is_spent_on_training_first() {
    let simulated = run("osp-nas", &genomenas().budget("5000samples".parse().unwrap()));
    assert!(sizes(&simulated)[..17].iter().all(|(recalibrated, ..)| *recalibrated == 0));
}
