//! What ASHA promises, against the simulated host.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use asha::{Asha, Settings};
use genomenas_plugin::halving::HalvingSettings;
use genomenas_plugin::message::{
    Ask, Cost, End, Epoch, Horizon, Initialisation, Outcome, Proposal, Report, Stopped, TrialId, Unit, Work,
};
use genomenas_plugin::simulate::kit::rungs::{Proposed, found, proposed, scoring};
use genomenas_plugin::simulate::kit::{
    dropped_trials, four_architectures, mean_quality, on, refusal, run, three_convolutions,
};
use genomenas_plugin::simulate::{Simulated, Simulation, conformance};
use genomenas_plugin::space::GenomeNas;
use genomenas_plugin::{Instance, manifest, strategy};

const ID: &str = "asha";

/// R = 9 in three rungs of 1000, 3000 and 9000 samples.
fn three_rungs() -> Simulation {
    let simulation = three_convolutions().parameter("maximum", 9).parameter("minimum", 1000);
    scoring(simulation, |architecture| (architecture as f64 * 0.618_034).fract())
}

#[test]
fn it_keeps_the_promises_of_a_search_with_one_trial_under_way_and_with_several() {
    for slots in [1, 4] {
        conformance::check_search(&three_convolutions().slots(slots), |setup| strategy(ID)?.build(setup)).unwrap();
        let small_budget = "25000samples".parse().unwrap();
        conformance::check_search(&three_rungs().budget(small_budget).slots(slots), |setup| strategy(ID)?.build(setup))
            .unwrap();
        conformance::check(&four_architectures().slots(slots), |setup| strategy(ID)?.build(setup)).unwrap();
    }
}

fn starting_at(minimum: u64) -> HalvingSettings {
    HalvingSettings { minimum, ..HalvingSettings::default() }
}

fn in_batches_of(batch: u32) -> HalvingSettings {
    HalvingSettings { batch, ..HalvingSettings::default() }
}

/// The hooks called by hand, so that trials end in any order.
struct ByHand {
    search: Box<dyn Instance>,
    next: u64,
}

impl ByHand {
    fn new(simulation: &Simulation) -> Self {
        let settings = Settings { maximum: 9, eta: 3, halving: starting_at(1000), ..Settings::default() };
        Self { search: Asha::new(simulation.setup(), &settings).unwrap().into(), next: 0 }
    }

    /// What it does when there is room: the trial that it continues.
    fn asked(&mut self) -> Option<u64> {
        let budget = three_convolutions().setup().budget;
        let next_trial = TrialId(self.next);
        let ask =
            Ask { budget, remaining: 200_000, used: Cost::default(), next_trial, in_flight: Vec::new(), slots: 100 };
        let Proposal::Trials { trials } = self.search.propose(&ask).unwrap() else { panic!("expected a trial") };
        assert_eq!(trials.len(), 1, "one at a time");
        self.next += 1;
        let Work::Train { init, .. } = &trials[0].work else { panic!("expected a training") };
        match init {
            Initialisation::Continue { trial } => Some(trial.0),
            _ => None,
        }
    }

    fn ends(&mut self, trial: u64, score: f64) {
        let report = Report {
            trial: TrialId(trial),
            cost: Cost::default(),
            remaining: 200_000,
            epoch: None,
            score: None,
            alphas: genomenas_plugin::message::Alphas::default(),
            drawn_anew: None,
            end: None,
        };
        let epoch = Epoch { number: 1, auprc: Some(score), ..Epoch::default() };
        self.search.update(&Report { epoch: Some(epoch), ..report.clone() }).unwrap();
        let outcome = Outcome::Completed { stopped: Stopped::Limit };
        let end = End { outcome, best: None, parameters: 1, multiply_adds: 1, peak_memory: 1 };
        self.search.update(&Report { end: Some(end), ..report }).unwrap();
    }
}

#[test]
fn it_promotes_as_soon_as_somebody_is_in_the_best_third_and_else_begins_anew() {
    let mut hand = ByHand::new(&three_convolutions());
    assert_eq!((0..4).map(|_| hand.asked()).collect::<Vec<_>>(), [None; 4]);
    hand.ends(2, 0.2);
    hand.ends(0, 0.1);
    assert_eq!(hand.asked(), None, "trial 4: of two nobody is in the best third");
    hand.ends(3, 0.5);
    assert_eq!(hand.asked(), Some(3), "trial 5: the best of three");
    assert_eq!(hand.asked(), None, "trial 6: the second of three is not");
    hand.ends(1, 0.9);
    hand.ends(4, 0.3);
    assert_eq!(hand.asked(), Some(1), "trial 7: the best of five, though trial 3 went on when it was");
    hand.ends(6, 0.4);
    assert_eq!(hand.asked(), None, "trial 8: the best two of six both went on");
    hand.ends(8, 0.45);
    assert_eq!(hand.asked(), None, "trial 9: of seven still these two are best");
    hand.ends(9, 0.95);
    assert_eq!(hand.asked(), Some(9), "trial 10: the best of eight by now");
}

#[test]
fn a_promotion_to_a_higher_rung_comes_before_one_to_a_lower() {
    let mut hand = ByHand::new(&three_convolutions());
    assert_eq!((0..9).map(|_| hand.asked()).collect::<Vec<_>>(), [None; 9]);
    (0..9).for_each(|trial| hand.ends(trial, 0.1 * trial as f64));
    assert_eq!([hand.asked(), hand.asked(), hand.asked()], [Some(8), Some(7), Some(6)]);
    hand.ends(10, 0.7);
    hand.ends(9, 0.8);
    assert_eq!(hand.asked(), None, "trial 12: of two on the second rung nobody");
    hand.ends(11, 0.9);
    assert_eq!(hand.asked(), Some(11), "trial 13");
}

/// Replays a run: whoever goes on is in the best third of what ended on its rung until then, and whoever begins anew
/// does so because nobody is.
fn check_promotions(simulation: &Simulation, simulated: &Simulated) {
    let trials = proposed(simulation, simulated);
    let score_of = |trial: usize| (trials[trial].architecture as f64 * 0.618_034).fract();
    // With one trial under way each is proposed when all before it ended.
    for (id, trial) in trials.iter().enumerate() {
        let mut promotable = BTreeMap::new();
        for rung in 0..2 {
            let mut ended: Vec<usize> = (0..id).filter(|&other| trials[other].rung == rung).collect();
            ended.sort_by(|&a, &b| score_of(b).total_cmp(&score_of(a)));
            let went_on: BTreeSet<u64> = trials[..id].iter().filter_map(|other| other.from).collect();
            let best = ended.iter().take(ended.len() / 3).find(|&&other| !went_on.contains(&(other as u64)));
            promotable.extend(best.map(|&other| (rung, other as u64)));
        }
        assert_eq!(trial.from, promotable.last_entry().map(|last| *last.get()), "trial {id}");
    }
}

#[test]
fn with_one_trial_under_way_every_proposal_is_that_of_the_papers_rule() {
    let simulation = three_rungs();
    let simulated = run(ID, &simulation);
    assert!(simulated.trials.len() > 80, "{}", simulated.trials.len());
    check_promotions(&simulation, &simulated);
}

#[test]
fn an_architecture_is_begun_with_once_and_goes_from_rung_to_rung() {
    for slots in [1, 4] {
        let simulation = three_rungs().slots(slots);
        let trials = proposed(&simulation, &run(ID, &simulation));
        let fresh: Vec<_> =
            trials.iter().filter(|trial| trial.from.is_none()).map(|trial| trial.architecture).collect();
        assert_eq!(fresh, (0..fresh.len()).collect::<Vec<_>>());
        let horizon = Some(Horizon::Cost { amount: 9_000, unit: Unit::Samples });
        for Proposed { architecture, from, rung, limit, plan, .. } in &trials {
            assert_eq!(*limit, Some([1_000, 2_000, 6_000][*rung]));
            assert_eq!(plan.horizon, horizon);
            assert!(from.is_none_or(|from| trials[usize::try_from(from).unwrap()].architecture == *architecture));
        }
        let continued: Vec<_> = trials.iter().filter_map(|trial| trial.from).collect();
        assert_eq!(continued.iter().collect::<BTreeSet<_>>().len(), continued.len());
    }
}

#[test]
fn with_several_slots_the_search_never_waits() {
    let simulation = three_rungs().slots(4);
    let simulated = run(ID, &simulation);
    assert_eq!(simulated.used.samples, 200_000);
    let mut under_way = BTreeSet::new();
    let mut most = 0;
    for report in &simulated.reports {
        under_way.insert(report.trial);
        most = most.max(under_way.len());
        if report.end.is_some() {
            under_way.remove(&report.trial);
        }
    }
    assert!(most <= 4, "{most}");
}

#[test]
fn the_early_stopping_rate_leaves_out_the_lowest_rungs() {
    let amounts = |rate: u32| {
        let settings =
            Settings { maximum: 81, early_stopping_rate: rate, halving: starting_at(1), ..Settings::default() };
        Asha::new(three_convolutions().setup(), &settings).map(|search| search.amounts().to_vec())
    };
    assert_eq!(amounts(0).unwrap(), [1, 3, 9, 27, 81]);
    assert_eq!(amounts(2).unwrap(), [9, 27, 81]);
    assert_eq!(amounts(4).unwrap(), [81]);
    assert_eq!(
        amounts(5).unwrap_err().message,
        "parameter `early_stopping_rate` is 5: with `maximum` 81 and `eta` 3 there are rungs 0 to 4, so expected at most 4"
    );
}

/// N begin, ⌊N/3⌋ go on, ⌊N/9⌋ of them …: with R = 27 and N = 81 that is 81 + 27·2 + 9·6 + 3·18 = 243 units.
#[test]
fn where_no_length_is_said_about_three_architectures_reach_the_top_within_the_budget() {
    let amounts = |samples: u32, settings: Settings| {
        let simulation = three_convolutions().budget(format!("{samples}samples").parse().unwrap());
        Asha::new(simulation.setup(), &settings).unwrap().amounts().to_vec()
    };
    let settings = Settings { halving: in_batches_of(10), ..Settings::default() };
    assert_eq!(amounts(243_000, settings.clone()), [1_000, 3_000, 9_000, 27_000]);
    assert_eq!(amounts(242_999, settings.clone()), [990, 2_970, 8_910, 26_730]);
    assert_eq!(amounts(81_000, Settings { trials: 27, ..settings.clone() }), [1_000, 3_000, 9_000, 27_000]);
    assert_eq!(
        amounts(63_000, Settings { halving: in_batches_of(100), ..settings.clone() }),
        [1_000, 3_000, 9_000],
        "ten steps at least"
    );
    assert_eq!(amounts(15, settings), [10, 30], "two rungs at least");
    let simulated = run(ID, &three_convolutions().parameter("batch", 10).budget("243000samples".parse().unwrap()));
    assert_eq!(simulated.used.samples, 243_000);
}

#[test]
fn it_begins_with_no_more_architectures_than_it_may_and_then_ends() {
    let simulation = three_rungs().parameter("trials", 9);
    let trials = proposed(&simulation, &run(ID, &simulation));
    let rungs: Vec<_> = (0..3).map(|rung| trials.iter().filter(|trial| trial.rung == rung).count()).collect();
    assert_eq!(rungs[0], 9);
    assert!(rungs[1] >= 3 && rungs[2] >= 1, "{rungs:?}");
}

#[test]
fn a_small_space_is_tried_whole_and_then_it_ends() {
    let simulation = scoring(four_architectures().parameter("minimum", 100), |architecture| architecture as f64 / 10.0);
    let simulated = run(ID, &simulation);
    let order: Vec<_> = proposed(&simulation, &simulated).iter().map(|trial| trial.architecture).collect();
    // The best one of the first three goes on, and of all four one may.
    assert_eq!(order, [0, 1, 2, 2, 3, 3]);
    assert_eq!(found(&simulation, &simulated), [3, 2, 1, 0]);
}

#[test]
fn it_finds_the_best_of_the_highest_rung() {
    let simulation = three_rungs();
    let simulated = run(ID, &simulation);
    let trials = proposed(&simulation, &simulated);
    let score = |of: &Proposed| (of.architecture as f64 * 0.618_034).fract();
    let top = trials.iter().filter(|trial| trial.rung == 2);
    let best = top.max_by(|a, b| score(a).total_cmp(&score(b))).unwrap();
    assert_eq!(found(&simulation, &simulated)[0], best.architecture);
}

#[test]
fn weights_are_freed_once_nothing_can_continue_them_and_never_before() {
    for (slots, trials) in [(1, 0), (4, 0), (1, 27), (4, 27)] {
        let simulation = three_rungs().slots(slots).parameter("trials", trials);
        let simulated = run(ID, &simulation);
        let told = proposed(&simulation, &simulated);
        let freed: Vec<_> = dropped_trials(&simulated).into_iter().map(|(_, trial)| trial).collect();
        assert_eq!(freed.iter().collect::<BTreeSet<_>>().len(), freed.len(), "once each");
        // The simulated host refuses to continue what was dropped; so what remains is that much is freed.
        assert!(freed.len() * 10 > told.len() * 7, "{} of {}", freed.len(), told.len());
    }
}

#[test]
fn failed_trials_are_passed_over_and_when_all_fail_it_says_so() {
    let simulation = three_rungs().failing(|trial| trial.0 % 2 == 0);
    let simulated = run(ID, &simulation);
    assert!(simulated.finding.best.trial.is_some_and(|trial| trial.0 % 2 == 1));
    let failing = three_rungs().failing(|_| true);
    assert_eq!(
        refusal(ID, &failing),
        "no trial completed with a defined AUPRC to rank by; the last one that failed: the simulation lets this trial fail"
    );
    let simulated = run(ID, &three_rungs().failing(|trial| trial.0 > 5));
    assert_eq!(simulated.trials.len(), 6 + 50, "fifty failures in a row are enough");
}

#[test]
fn before_anything_has_a_score_the_end_of_the_budget_brings_a_guess() {
    let simulation = three_convolutions().budget("1samples".parse().unwrap()).failing(|_| true);
    let settings = Settings::default();
    let mut search: Box<dyn Instance> = Asha::new(simulation.setup(), &settings).unwrap().into();
    let ask = Ask {
        budget: simulation.setup().budget,
        remaining: 0,
        used: Cost::default(),
        next_trial: TrialId(0),
        in_flight: Vec::new(),
        slots: 1,
    };
    let Proposal::Finish { finding } = search.propose(&ask).unwrap() else { panic!("expected a finding") };
    assert_eq!((finding.best.trial, finding.others.len()), (None, 0));
}

#[test]
fn it_runs_on_the_space_of_genomenas() {
    let simulated = run(
        ID,
        &on(GenomeNas { cells: 2, ..GenomeNas::new(60, 2) }.space())
            .parameter("maximum", 3)
            .budget("60000samples".parse().unwrap()),
    );
    assert!(simulated.quality > 0.5, "{}", simulated.quality);
}

#[test]
fn what_it_finds_is_better_than_most() {
    let mean = mean_quality(ID, &three_convolutions().parameter("batch", 20), 1..=10);
    assert!(mean > 0.8, "{mean}");
}

#[test]
fn the_manifest_names_its_needs_and_its_parameters() {
    let manifest = manifest().unwrap();
    let strategy = &manifest.strategies[0];
    assert_eq!(
        (manifest.id.as_str(), strategy.id.as_str(), strategy.needs.as_slice()),
        (ID, ID, &["continue".to_owned()][..])
    );
    let properties = strategy.parameters["properties"].as_object().unwrap();
    assert_eq!((properties["eta"]["default"].as_u64(), properties["maximum"]["default"].as_u64()), (Some(3), Some(27)));
}
