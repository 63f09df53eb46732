//! Simulated supernets: what remains of a space, what architecture steps cost, and what alphas tell.

use genomenas_plugin::message::{
    Alphas, Arch, ArchData, Ask, Candidate, Discard, Initialisation, Mixing, Network, Optimizer, Order, Outcome, Plan,
    Proposal, Report, Trial, TrialId, Work,
};
use genomenas_plugin::simulate::{Simulated, Simulation, architecture_batches};
use genomenas_plugin::space::{GenomeNas, Mask, Selection, Space};
use genomenas_plugin::{Instance, Result};

fn space() -> Space {
    GenomeNas { cells: 1, nodes: 2, rnn_nodes: 2, ..GenomeNas::new(50, 2) }.space().unwrap()
}

fn simulation() -> Simulation {
    Simulation::new(space()).unwrap().budget("400000samples".parse().unwrap())
}

fn draw(at: u64) -> Selection {
    space().sample(&mut genomenas_plugin::seed::stream(at, "test", 0))
}

fn arch(order: Order) -> Arch {
    Arch { optimizer: Optimizer::default(), clip: None, warm_up: 2, order, data: ArchData::default() }
}

/// Four epochs, with architecture steps in the last two.
fn plan() -> Plan {
    Plan { epochs: 4, arch: Some(arch(Order::First)), ..Plan::default() }
}

fn supernet(mask: Option<Mask>, mixing: Mixing) -> Network {
    Network::Supernet { mask, mixing }
}

fn softmax() -> Network {
    supernet(None, Mixing::Softmax)
}

fn train(network: Network, plan: Plan, init: Initialisation) -> Trial {
    Trial::of(Work::Train { network, plan, init })
}

fn search(plan: Plan) -> Trial {
    Trial::train(softmax(), plan)
}

fn option(decision: &str, option: &str) -> Discard {
    Discard::Option { decision: decision.to_owned(), option: option.to_owned() }
}

fn edge(decision: &str) -> Discard {
    Discard::Edge { decision: decision.to_owned() }
}

/// Proposes what it was given, and drops what it was given after the end of the first trial.
struct Scripted {
    proposals: Vec<Proposal>,
    discards: Vec<Discard>,
}

impl Instance for Scripted {
    fn propose(&mut self, _: &Ask) -> Result<Proposal> {
        let best = Candidate { network: Network::Selection { selection: draw(0) }, trial: None };
        Ok(if self.proposals.is_empty() { Proposal::finish(best) } else { self.proposals.remove(0) })
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        Ok(())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        Ok(if report.end.is_some() { std::mem::take(&mut self.discards) } else { Vec::new() })
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn load(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
}

fn run_on(simulation: &Simulation, trials: Vec<Trial>, discards: Vec<Discard>) -> Result<Simulated> {
    let proposals = trials.into_iter().map(Proposal::trial).collect();
    simulation.run(&mut Scripted { proposals, discards })
}

fn run(trials: Vec<Trial>, discards: Vec<Discard>) -> Simulated {
    run_on(&simulation(), trials, discards).unwrap()
}

fn of(simulated: &Simulated, trial: u64) -> impl Iterator<Item = &Report> {
    simulated.reports.iter().filter(move |report| report.trial == TrialId(trial))
}

fn end(simulated: &Simulated, trial: u64) -> &Report {
    of(simulated, trial).find(|report| report.end.is_some()).unwrap()
}

fn parameters(simulated: &Simulated, trial: u64) -> u64 {
    end(simulated, trial).end.as_ref().unwrap().parameters
}

fn samples_of_epochs(simulated: &Simulated) -> Vec<u64> {
    let totals: Vec<u64> = of(simulated, 0).filter(|r| r.epoch.is_some()).map(|r| r.cost.samples).collect();
    std::iter::once(0).chain(totals.iter().copied()).zip(&totals).map(|(before, after)| after - before).collect()
}

#[test]
fn alphas_begin_near_zero_stay_as_they_are_while_warming_up_and_then_move_apart() {
    let simulated = run(vec![search(plan())], vec![]);
    let alphas: Vec<&Alphas> = of(&simulated, 0).map(|report| &report.alphas).collect();
    let largest = |alphas: &Alphas| {
        alphas.0.values().flat_map(|options| options.values()).map(|weight| weight.alpha.abs()).fold(0.0, f64::max)
    };
    assert!(largest(alphas[0]) > 0.0 && largest(alphas[0]) < 0.01, "{}", largest(alphas[0]));
    assert_eq!(alphas[0], alphas[1]);
    assert!(largest(alphas[2]) > 0.1 && largest(alphas[3]) > largest(alphas[2]));
    assert_eq!(alphas[3], alphas[4], "the end tells them as they are");
}

#[test]
fn every_option_that_remains_has_an_alpha_and_its_probability_among_the_others() {
    let simulated = run(vec![search(plan())], vec![]);
    let Alphas(alphas) = &end(&simulated, 0).alphas;
    assert_eq!(alphas.len(), space().decisions.len());
    for decision in &space().decisions {
        let weights = &alphas[&decision.id];
        assert!(weights.keys().eq(decision.options.iter().collect::<std::collections::BTreeSet<_>>()));
        let total: f64 = weights.values().map(|weight| weight.alpha.exp()).sum();
        for weight in weights.values() {
            assert!((weight.probability - weight.alpha.exp() / total).abs() < 1e-12);
        }
    }
}

#[test]
fn without_architecture_steps_alphas_stay_and_without_alphas_none_are_reported() {
    let still = Plan { arch: None, ..plan() };
    let simulated = run(vec![search(still.clone())], vec![]);
    let alphas: Vec<&Alphas> = of(&simulated, 0).map(|report| &report.alphas).collect();
    assert!(!alphas[0].is_empty() && alphas.iter().all(|a| a == &alphas[0]));
    let selections = vec![draw(1), draw(2)];
    for mixing in [
        Mixing::Sum,
        Mixing::Uniform { options: 2 },
        Mixing::Cycle { selections: selections.clone() },
        Mixing::Sample { selections },
    ] {
        let simulated = run(vec![Trial::train(supernet(None, mixing), still.clone())], vec![]);
        assert!(simulated.reports.iter().all(|report| report.alphas.is_empty()));
    }
}

#[test]
fn an_architecture_step_costs_a_second_batch_and_one_of_second_order_three_more() {
    assert_eq!(architecture_batches(Order::First), 1);
    assert_eq!(architecture_batches(Order::Second { weight_decay: 0.0 }), 4);
    // Half of the 10 000 rows are those of architecture steps.
    assert_eq!(samples_of_epochs(&run(vec![search(plan())], vec![])), [5_000, 5_000, 10_000, 10_000]);
    let second = Plan { arch: Some(arch(Order::Second { weight_decay: 0.0 })), ..plan() };
    assert_eq!(samples_of_epochs(&run(vec![search(second)], vec![])), [5_000, 5_000, 25_000, 25_000]);
    let on_valid = Plan { arch: Some(Arch { data: ArchData::Valid, ..arch(Order::First) }), ..plan() };
    assert_eq!(samples_of_epochs(&run(vec![search(on_valid)], vec![])), [10_000, 10_000, 20_000, 20_000]);
}

#[test]
fn a_limit_shrinks_the_warm_up_with_the_rest() {
    let simulated = run(vec![search(plan()).with_limit(8_000)], vec![]);
    // Half of the epochs warm up, so half of the limit does: 40 steps alone, and the other 20 after architecture steps.
    assert_eq!(samples_of_epochs(&simulated), [6_000, 2_000]);
    let largest = |alphas: &Alphas| {
        alphas.0.values().flat_map(|options| options.values()).map(|weight| weight.alpha.abs()).fold(0.0, f64::max)
    };
    assert!(largest(&end(&simulated, 0).alphas) > 0.1);
}

#[test]
fn what_is_dropped_is_in_no_later_supernet() {
    let discards = vec![option("normal.0.0", "sep_conv_15"), edge("normal.1.2")];
    let simulated = run(vec![search(plan()), search(plan())], discards.clone());
    assert!(parameters(&simulated, 1) < parameters(&simulated, 0));
    let Alphas(alphas) = &end(&simulated, 1).alphas;
    assert!(!alphas["normal.0.0"].contains_key("sep_conv_15") && !alphas.contains_key("normal.1.2"));
    assert!(!simulated.remaining.has("normal.0.0", "sep_conv_15"));
    assert!(!simulated.remaining.has("normal.1.2", "skip_connect"));
    let answered: Vec<(TrialId, Discard)> = discards.into_iter().map(|discard| (TrialId(0), discard)).collect();
    assert_eq!(simulated.discards, answered);
    let masked = space().masked(&simulated.remaining).unwrap();
    assert_eq!(parameters(&simulated, 1), masked.supernet_layers().unwrap().parameters());
}

#[test]
fn a_trial_that_begins_after_a_discard_is_without_it_even_if_it_was_proposed_before() {
    let proposal = |mask| {
        let second = Trial::train(supernet(mask, Mixing::Softmax), plan());
        let trials = vec![search(plan()), second];
        let discards = vec![option("normal.0.0", "sep_conv_15")];
        let mut scripted = Scripted { proposals: vec![Proposal::Trials { trials }], discards };
        simulation().run(&mut scripted).unwrap()
    };
    let simulated = proposal(None);
    assert!(parameters(&simulated, 1) < parameters(&simulated, 0));
    let simulated = proposal(Some(space().mask()));
    let reason = "its mask holds options that were discarded".to_owned();
    assert_eq!(end(&simulated, 1).end.as_ref().unwrap().outcome, Outcome::Failed { reason });
}

#[test]
fn a_trial_that_inherits_begins_with_the_alphas_of_what_remains_and_another_with_new_ones() {
    let warm = Plan { epochs: 1, ..plan() };
    let second = |init| train(softmax(), warm.clone(), init);
    let discards = || vec![option("normal.0.0", "skip_connect")];
    let inherit = Initialisation::Inherit { trial: TrialId(0) };
    let simulated = run(vec![search(plan()), second(inherit)], discards());
    let (first, later) = (&end(&simulated, 0).alphas, &end(&simulated, 1).alphas);
    for (decision, options) in &later.0 {
        for (option, weight) in options {
            assert_eq!(weight.alpha.to_bits(), first.get(decision, option).unwrap().alpha.to_bits());
        }
    }
    assert_eq!(later.0["normal.0.0"].len() + 1, first.0["normal.0.0"].len());
    let total: f64 = later.0["normal.0.0"].values().map(|weight| weight.probability).sum();
    assert!((total - 1.0).abs() < 1e-12);

    let fresh = run(vec![search(plan()), second(Initialisation::Fresh)], discards());
    assert!(end(&fresh, 1).alphas.get("normal.0.0", "none").unwrap().alpha.abs() < 0.01);
}

#[test]
fn a_trial_that_inherits_from_one_that_failed_fails() {
    let inherits = train(softmax(), plan(), Initialisation::Inherit { trial: TrialId(0) });
    let failing = simulation().failing(|trial| trial == TrialId(0));
    let simulated = run_on(&failing, vec![search(plan()), inherits], vec![]).unwrap();
    let reason = "the weights of trial 0 cannot be used: it is not a training that completed".to_owned();
    assert_eq!(end(&simulated, 1).end.as_ref().unwrap().outcome, Outcome::Failed { reason });
}

#[test]
fn alphas_can_be_dictated() {
    let dictating = simulation().alphas(|of| {
        let decision = &of.space.decisions[of.decision];
        let known = f64::from(decision.options[of.option] == "none");
        100.0 * of.trial.0 as f64 + 10.0 * of.supernet as f64 + known
    });
    let fixed = Trial::train(Network::Selection { selection: draw(1) }, Plan { epochs: 1, ..Plan::default() });
    let simulated = run_on(&dictating, vec![fixed, search(plan()), search(plan())], vec![]).unwrap();
    let alpha = |trial, option| end(&simulated, trial).alphas.get("normal.0.0", option).map(|weight| weight.alpha);
    assert_eq!((alpha(0, "none"), alpha(1, "none"), alpha(1, "skip_connect")), (None, Some(101.0), Some(100.0)));
    assert_eq!(alpha(2, "skip_connect"), Some(210.0));
    assert!(of(&simulated, 1).all(|report| report.alphas == end(&simulated, 1).alphas));
}

#[test]
fn a_supernet_of_better_sub_networks_scores_better() {
    let score = |at| {
        let mixing = Mixing::Sample { selections: vec![draw(at)] };
        let simulated = run(vec![Trial::train(supernet(None, mixing), Plan { epochs: 1, ..Plan::default() })], vec![]);
        simulated.reports[0].epoch.as_ref().unwrap().auroc.unwrap()
    };
    let alone = |at| {
        let fixed = Trial::train(Network::Selection { selection: draw(at) }, Plan { epochs: 1, ..Plan::default() });
        run(vec![fixed], vec![]).reports[0].epoch.as_ref().unwrap().auroc.unwrap()
    };
    for at in 1..4 {
        assert!((score(at) - alone(at)).abs() < 1e-12, "a supernet of one sub-network is as good as that one");
    }
}

#[test]
fn discards_that_leave_no_architecture_and_masks_that_hold_none_are_refused_in_the_words_of_the_space() {
    let decision = &space().decisions[0];
    let last: Vec<Discard> = decision.final_options().map(|name| option(&decision.id, name)).collect();
    for discards in [last, vec![edge("normal.0.0")]] {
        let mut mask = space().mask();
        let refusal = discards.iter().try_for_each(|discard| mask.discard(&space(), discard)).unwrap_err();
        let refused = run_on(&simulation(), vec![search(plan())], discards).unwrap_err();
        assert_eq!(refused.message, format!("the strategy drops what it may not: {refusal}"));
    }
    for (decision, option) in [("nowhere", "none"), ("normal.0.0", "nothing"), ("normal.0.0", "none")] {
        let mask = Mask([(decision.to_owned(), [option.to_owned()].into())].into());
        let refusal = space().check_mask(&mask).unwrap_err();
        let trial = Trial::train(supernet(Some(mask), Mixing::Softmax), plan());
        assert_eq!(run(vec![trial], vec![]).mistakes, [format!("trial 0: {refusal}")]);
    }
}

#[test]
fn supernets_that_the_real_host_refuses_are_refused() {
    let off_mask = {
        let mut mask = space().mask();
        let (decision, chosen) = draw(1).0.pop_first().unwrap();
        mask.0.get_mut(&decision).unwrap().remove(&chosen);
        Trial::train(supernet(Some(mask), Mixing::Cycle { selections: vec![draw(1)] }), Plan::default())
    };
    let mixing = |mixing| Trial::train(supernet(None, mixing), plan());
    let masked = |mask| Trial::train(supernet(Some(mask), Mixing::Softmax), plan());
    let wide = Plan { batch: 6_000, ..plan() };
    let on_valid = Plan { arch: Some(Arch { data: ArchData::Valid, ..arch(Order::First) }), batch: 2_000, ..plan() };
    let refusals: Vec<String> = [
        (vec![search(plan()), masked(space().mask())], vec![option("normal.0.0", "none")]),
        (vec![off_mask], vec![]),
        (vec![mixing(Mixing::Uniform { options: 0 })], vec![]),
        (vec![mixing(Mixing::Sum)], vec![]),
        (vec![Trial::train(Network::Selection { selection: draw(1) }, plan())], vec![]),
        (vec![search(wide)], vec![]),
        (vec![search(on_valid)], vec![]),
    ]
    .into_iter()
    .map(|(trials, discards)| run(trials, discards).mistakes.join(", "))
    .collect();
    let finish = Proposal::finish(Candidate { network: softmax(), trial: None });
    let finding = simulation().run(&mut Scripted { proposals: vec![finish], discards: vec![] }).unwrap_err().message;
    let text = [refusals, vec![finding]].concat().join("\n");
    insta::assert_snapshot!(text);
}
