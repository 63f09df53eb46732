//! The simulated host: that it asks, reports and refuses as the real one, and that its checks find what they look for.

use super::scripted::{
    Scripted, completed, draw, ends, reason, refusal, run, run_on, simulation, space, supernet, train,
};
use genomenas_plugin::message::{
    Ask, Candidate, Discard, EarlyStopping, Initialisation, Mixing, Network, Outcome, Plan, Proposal, Report, Setup,
    Stopped, Trial, TrialId, Work,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{ArchitectureBuilder, Op, Selection};
use genomenas_plugin::{Baseline, Error, Instance, Result};

#[test]
fn the_host_mints_ids_and_asks_again_when_nothing_is_left_to_run() {
    let two = Proposal::Trials { trials: vec![train(1, Plan { epochs: 1, ..Plan::default() }); 2] };
    let mut scripted = Scripted::new(vec![two.clone(), two]);
    simulation().run(&mut scripted).unwrap();
    let next: Vec<u64> = scripted.asked.iter().map(|ask| ask.next_trial.0).collect();
    let remaining: Vec<u64> = scripted.asked.iter().map(|ask| ask.remaining).collect();
    assert_eq!((next, remaining), (vec![0, 2, 4], vec![40_000, 20_000, 0]));
}

#[test]
fn a_trial_ends_with_its_epochs_its_limit_or_the_budget_and_every_trial_ends_once() {
    let plan = |epochs| Plan { epochs, ..Plan::default() };
    let trials = vec![train(1, plan(1)), train(2, plan(9)).with_limit(12_000), train(3, plan(9)), train(4, plan(9))];
    let simulated = run(vec![Proposal::Trials { trials }]).unwrap();
    assert_eq!(
        ends(&simulated),
        [
            (0, completed(Stopped::Epochs)),
            (1, completed(Stopped::Limit)),
            (2, completed(Stopped::Budget)),
            (3, completed(Stopped::Budget)),
        ]
    );
    assert_eq!(simulated.used.samples, 40_000);
}

#[test]
fn a_training_that_no_longer_improves_stops_early() {
    let early_stopping = Some(EarlyStopping { patience: 2, minimum_improvement: 0.5 });
    let plan = Plan { epochs: 100, steps_per_epoch: Some(1), early_stopping, ..Plan::default() };
    let simulated = run(vec![Proposal::trial(train(1, plan))]).unwrap();
    assert_eq!(ends(&simulated), [(0, completed(Stopped::EarlyStopping))]);
    assert_eq!(simulated.reports.len(), 4);
}

#[test]
fn a_budget_in_multiply_adds_counts_three_for_training_and_one_for_validation() {
    let simulation = Simulation::new(space()).unwrap().rows(1_000, 100).budget("1e15multiply-adds".parse().unwrap());
    let proposals = vec![Proposal::trial(train(1, Plan { epochs: 2, ..Plan::default() }))];
    let simulated = run_on(&simulation, proposals).unwrap();
    let forward = simulated.reports.last().unwrap().end.as_ref().unwrap().multiply_adds;
    assert_eq!(simulated.used.multiply_adds, 2 * (3 * 1_000 + 100) * forward);
}

#[test]
fn scores_rise_with_training_and_inherited_weights_begin_higher() {
    let inherit = Trial::of(Work::Train {
        network: draw(1),
        plan: Plan { epochs: 1, ..Plan::default() },
        init: Initialisation::Inherit { trial: TrialId(0) },
    });
    let first = train(1, Plan { epochs: 2, ..Plan::default() });
    let simulated = run(vec![Proposal::trial(first), Proposal::trial(inherit)]).unwrap();
    let auroc: Vec<f64> = simulated.reports.iter().filter_map(|report| report.epoch.as_ref()?.auroc).collect();
    assert!(auroc[1] > auroc[0] && auroc[2] > auroc[0], "{auroc:?}");
}

#[test]
fn a_dropped_trial_stops_and_one_that_waits_never_starts() {
    let proposals = vec![Proposal::Trials { trials: vec![train(1, Plan::default()), train(2, Plan::default())] }];
    let simulated = simulation().run(&mut Scripted::new(proposals).dropping(0, &[0, 1])).unwrap();
    assert_eq!(ends(&simulated), [(0, Outcome::Discarded), (1, Outcome::Discarded)]);
    assert_eq!(simulated.used.samples, 10_000);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let of = |seed| {
        let proposals = vec![Proposal::trial(train(1, Plan { epochs: 1, ..Plan::default() }))];
        run_on(&simulation().seed(seed), proposals).unwrap()
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1).reports, of(2).reports);
}

#[test]
fn what_the_real_host_refuses_is_refused() {
    let network = |network| Proposal::trial(Trial::train(network, Plan::default()));
    let mut net = ArchitectureBuilder::new("long", 60);
    net.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
    let other_length = Network::Architecture { architecture: Box::new(net.finish().unwrap()) };
    let inherit =
        Work::Train { network: draw(1), plan: Plan::default(), init: Initialisation::Inherit { trial: TrialId(5) } };
    let finish = |network, trial| Proposal::finish(Candidate { network, trial });
    let spend = Proposal::trial(train(1, Plan::default()));
    let refusals: Vec<String> = [
        vec![Proposal::Wait],
        vec![Proposal::Trials { trials: vec![] }],
        vec![network(Network::Selection { selection: Selection::default() })],
        vec![network(other_length.clone())],
        vec![Proposal::trial(train(1, Plan { batch: 0, ..Plan::default() }))],
        vec![Proposal::trial(train(1, Plan::default()).with_limit(0))],
        vec![Proposal::trial(Trial::of(inherit))],
        vec![finish(other_length, None)],
        vec![finish(draw(1), Some(TrialId(0)))],
        vec![spend.clone(), spend],
    ]
    .into_iter()
    .map(|proposals| refusal(run(proposals)))
    .collect();
    let text = refusals.join("\n");
    insta::assert_snapshot!(text);
}

#[test]
fn a_trial_that_cannot_be_done_begins_and_fails_and_the_next_one_goes_on() {
    let hopeless = train(1, Plan { batch: 0, ..Plan::default() });
    let trials = vec![hopeless, train(1, Plan { epochs: 1, ..Plan::default() })];
    let simulated = run(vec![Proposal::Trials { trials }]).unwrap();
    assert_eq!(reason(&simulated, 0), "the plan's batch is 0: expected at least 1");
    assert_eq!(ends(&simulated)[1], (1, completed(Stopped::Epochs)));
    assert_eq!(simulated.mistakes, ["trial 0: the plan's batch is 0: expected at least 1"]);
}

#[test]
fn a_trial_that_the_simulation_lets_fail_is_no_mistake() {
    let proposals = vec![Proposal::trial(train(1, Plan::default()))];
    let simulated = run_on(&simulation().failing(|_| true), proposals).unwrap();
    assert_eq!((reason(&simulated, 0).as_str(), simulated.mistakes), ("the simulation lets this trial fail", vec![]));
}

#[test]
fn plans_for_the_other_strand_fail_on_data_that_has_none() {
    for (plan, name) in [
        (Plan { reverse_complement: true, ..Plan::default() }, "reverse_complement"),
        (Plan { average_strands: true, ..Plan::default() }, "average_strands"),
        (Plan { shift: 1, ..Plan::default() }, "shift"),
    ] {
        let proposals = || vec![Proposal::trial(train(1, plan.clone()))];
        let simulated = run_on(&simulation().reversible(false), proposals()).unwrap();
        let reason = reason(&simulated, 0);
        assert!(reason.contains(name) && reason.contains("next nucleotide"), "{reason}");
        assert_eq!(refusal(run_on(&simulation(), proposals())), "");
    }
}

#[test]
fn a_batch_of_one_fails_for_a_supernet_with_a_highway_cell_and_not_for_its_architectures() {
    let plan = || Plan { batch: 1, epochs: 1, ..Plan::default() };
    let simulated = run(vec![Proposal::trial(supernet(Mixing::Sum, plan()))]).unwrap();
    assert!(reason(&simulated, 0).starts_with("a batch of 1, and a highway cell"), "{}", reason(&simulated, 0));
    assert_eq!(refusal(run(vec![Proposal::trial(train(1, plan()))])), "");
}

#[test]
fn shares_of_data_with_both_strands_are_of_whole_windows() {
    let samples = |simulation: Simulation| {
        let plan = Plan { subsample: Some(0.5), batch: 1, epochs: 1, ..Plan::default() };
        run_on(&simulation.rows(10, 10), vec![Proposal::trial(train(1, plan))]).unwrap().used.samples
    };
    // Half of ten rows, and half of five windows, which is rounded up to three of two rows each.
    assert_eq!((samples(simulation()), samples(simulation().both_strands(true))), (5, 6));
}

#[test]
fn dropping_what_there_is_not_is_refused() {
    let drop = |discard| {
        let proposals = vec![Proposal::trial(train(1, Plan::default()))];
        let mut scripted = Scripted { discards: [(0, vec![discard])].into(), ..Scripted::new(proposals) };
        refusal(simulation().run(&mut scripted))
    };
    assert_eq!(drop(Discard::Trial { trial: TrialId(9) }), "it drops trial 9, which was never proposed");
    let (known, unknown) = (space().decisions[0].id.clone(), || "q".to_owned());
    for discard in [Discard::Edge { decision: unknown() }, Discard::Option { decision: known, option: unknown() }] {
        let refused = space().mask().discard(&space(), &discard).unwrap_err();
        assert_eq!(drop(discard), format!("the strategy drops what it may not: {refused}"));
    }
}

/// A search of one trial with a fault of choice.
struct Faulty {
    fault: &'static str,
    seed: u64,
    calls: u64,
    trial: Option<TrialId>,
    reports: u64,
    waits: u64,
}

impl Faulty {
    fn build(fault: &'static str) -> impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync {
        static BUILT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        move |setup| {
            let built = BUILT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let seed = match fault {
                "draws from elsewhere" => built,
                "ignores the seed" => 0,
                _ => setup.seed,
            };
            Ok(Box::new(Self { fault, seed, calls: 0, trial: None, reports: 0, waits: 0 }))
        }
    }
}

impl Instance for Faulty {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.calls += 1;
        let batch = if self.fault == "asks for too large a batch" { 1_000_000 } else { 100 };
        let trial = Trial::train(draw(self.seed), Plan { epochs: 1, batch, ..Plan::default() });
        if self.trial.is_none() && (ask.remaining > 0 || self.fault == "never finishes") {
            self.trial = Some(ask.next_trial);
            return Ok(Proposal::trial(trial));
        }
        if self.fault == "fears company" && !ask.in_flight.is_empty() {
            return Err(Error::new("another trial is under way"));
        }
        if self.fault == "needs a whole budget" && (2..100).contains(&ask.budget.amount) {
            return Err(Error::new("there is nothing to find with so little"));
        }
        if !ask.in_flight.is_empty() && ask.remaining > 0 {
            self.waits += 1;
            return Ok(Proposal::Wait);
        }
        if self.fault == "retries for ever" && self.reports == 1 {
            self.reports = 0;
            return Ok(Proposal::trial(trial));
        }
        let found = match self.fault {
            "counts strays" => self.reports,
            "forgets that it waited" => self.seed + self.waits,
            _ => self.seed,
        };
        Ok(Proposal::finish(Candidate { network: draw(found), trial: None }))
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        self.reports += 1;
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        Ok(Vec::new())
    }

    fn save(&self) -> Result<Vec<u8>> {
        let trial = self.trial.filter(|_| self.fault != "forgets its trial");
        Ok(serde_json::to_vec(&(self.calls, trial, self.reports))?)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        if self.fault == "takes any state" {
            return Ok(());
        }
        (self.calls, self.trial, self.reports) = serde_json::from_slice(bytes)?;
        Ok(())
    }
}

#[test]
fn the_conformance_checks_pass_a_sound_strategy() {
    conformance::check_search(&simulation(), Faulty::build("none")).unwrap();
}

#[test]
fn the_conformance_checks_name_what_a_faulty_strategy_breaks() {
    for (fault, check) in [
        ("asks for too large a batch", "no-mistakes"),
        ("draws from elsewhere", "same-seed"),
        ("ignores the seed", "other-seed"),
        ("forgets its trial", "save-and-load"),
        ("takes any state", "save-and-load"),
        ("retries for ever", "failed-trials"),
        ("counts strays", "stray-reports"),
        ("fears company", "several-at-once"),
        ("needs a whole budget", "any-budget"),
        ("forgets that it waited", "several-at-once"),
        ("never finishes", "no-budget"),
    ] {
        let broken = conformance::check_search(&simulation(), Faulty::build(fault)).unwrap_err();
        assert!(broken.message.starts_with(&format!("conformance check '{check}' (")), "{fault}: {broken}");
    }
}

#[test]
fn the_conformance_checks_say_why_a_trial_failed_by_the_strategys_own_fault() {
    let broken = conformance::check_search(&simulation(), Faulty::build("asks for too large a batch")).unwrap_err();
    let why = "trial 0: a batch of 1000000 is larger than the training split of 10000 rows: take at most 10000";
    assert!(broken.message.contains(why) && broken.message.contains("; propose only what"), "{broken}");
}

#[test]
fn a_baseline_trains_once_and_says_when_that_failed() {
    let build = |_: &Setup| -> Result<Box<dyn Instance>> {
        let mut net = ArchitectureBuilder::new("tiny", 50);
        net.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
        Ok(Baseline::new(net.finish()?, Plan::default()).into())
    };
    conformance::check(&simulation(), build).unwrap();
    let failed = simulation().failing(|_| true);
    let refusal = failed.run(build(failed.setup()).unwrap().as_mut()).unwrap_err();
    assert_eq!(refusal, Error::new("the only trial of this baseline failed: the simulation lets this trial fail"));
}

#[test]
fn the_readme_names_every_check() {
    let readme = include_str!("../../README.md");
    for check in &conformance::CHECKS {
        assert!(readme.contains(&format!("`{}`", check.name)), "{}", check.name);
    }
}
