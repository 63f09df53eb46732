//! One protocol: whatever a strategy proposes and drops, a simulation and the real host send it the same reports, and end
//! with the same error.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

#[allow(dead_code, unreachable_pub, reason = "the plugin reads scripts and the tests write them")]
#[path = "../scripted/src/script.rs"]
pub(super) mod script;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use genomenas_plugin::engine::Record;
use genomenas_plugin::message::{
    Arch, ArchData, Discard, Initialisation, Mixing, Network, Optimizer, Order, Outcome, Plan, Proposal, Report, Task,
    Trial, TrialId, Unit, Work,
};
use genomenas_plugin::seed;
use genomenas_plugin::simulate::Simulation;
use genomenas_plugin::space::{ArchitectureBuilder, GenomeNas, Mask, Op, Selection, Space};
use genomenas_tests::made_up::{fasta, genome, write};
use genomenas_tests::runs::{OTHER_ROWS, TRAIN_ROWS, bytes, motif_store, quietly, result};
use genomenas_tests::{Outcome as Ended, genomenas, scripted_plugin};
use script::Script;
use tempfile::TempDir;

/// Samples a step of every trial that can be done.
const BATCH: u32 = 16;

/// Where scripts are played.
pub(super) struct Stage {
    folder: TempDir,
    store: PathBuf,
    simulation: Simulation,
}

/// What a strategy was told, a line a report, and why the run ended before it finished.
pub(super) type Played = (Vec<String>, Option<String>);

impl Stage {
    /// On windows of 60 bases with two labels.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = motif_store(folder.path());
        let rows = |rows: usize| u64::try_from(rows).unwrap();
        let simulation = Simulation::new(space(60, 2)).unwrap().rows(rows(TRAIN_ROWS), rows(OTHER_ROWS));
        Self { folder, store, simulation: simulation.budget("100000samples".parse().unwrap()) }
    }

    /// On windows of 50 bases, after which the next nucleotide is to be predicted.
    fn next_nucleotide() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sequence = write(folder.path(), "genome.fa", fasta(&genome()));
        let store = folder.path().join("next.arrow");
        let mut import = genomenas();
        import.args(["data", "import", "next", "--length", "50", "--step", "25", "--valid", "two", "--test", "three"]);
        let summary = Ended::json(import.arg("--json").arg(sequence).arg("--out").arg(&store));
        let rows = |split: &str| summary["rows"][split].as_u64().unwrap_or_else(|| panic!("{summary}"));
        let simulation = Simulation::new(space(50, 4)).unwrap().rows(rows("train"), rows("valid"));
        let simulation = simulation.data(50, 4, Task::MultiClass).reversible(false);
        Self { folder, store, simulation: simulation.budget("100000samples".parse().unwrap()) }
    }

    fn budget(self, budget: &str) -> Self {
        Self { simulation: self.simulation.budget(budget.parse().unwrap()), ..self }
    }

    fn at_once(self, slots: u32) -> Self {
        Self { simulation: self.simulation.slots(slots), ..self }
    }

    /// Plays a script in the simulation and in the host. What came of both, which must be the same.
    pub(super) fn play(&self, script: &Script, slots: u32) -> Played {
        let simulated = self.in_simulation(script);
        let real = self.in_host(script, slots);
        assert_eq!(simulated, real);
        real
    }

    fn in_simulation(&self, script: &Script) -> Played {
        let mut strategy = script.clone();
        let ended = self.simulation.run(&mut strategy).err().map(|error| error.message);
        let mut reports: Vec<String> = strategy.reports.iter().map(line).collect();
        // A journal has a report together with what was dropped: not the one after which that was refused.
        if ended.as_ref().is_some_and(|error| error.starts_with("the strategy drops what it may not")) {
            reports.pop();
        }
        (reports, ended)
    }

    fn in_host(&self, script: &Script, slots: u32) -> Played {
        let (out, budget) = (self.folder.path().join("found"), self.simulation.setup().budget);
        let space = write(self.folder.path(), "space.toml", self.simulation.setup().space.to_toml().unwrap());
        let mut search = quietly("search", &format!("--strategy scripted --in-flight {slots}"));
        // What reads as JSON is taken for what it is, and the parameter is a text.
        let text = serde_json::to_string(&script.to_json()).unwrap();
        search.arg("--budget").arg(budget.to_string()).arg("--set").arg(format!("script={text}"));
        search.arg("--plugins").arg(scripted_plugin()).arg("--space").arg(space);
        let ended = Ended::of(search.arg("--data").arg(&self.store).arg("--out").arg(&out));
        assert!(matches!(ended.code, Some(0 | 1)), "{ended:?}");
        let reports = reports(&out);
        let reason = result(&out)["reason"].as_str().map(|reason| reason.replace("strategy scripted", "the strategy"));
        std::fs::remove_dir_all(out).unwrap();
        (reports, reason)
    }
}

fn reports(run: &Path) -> Vec<String> {
    let journal = String::from_utf8(bytes(run, "journal.jsonl")).unwrap();
    let records = journal.lines().map(|line| serde_json::from_str::<Record>(line).unwrap());
    records.filter_map(|record| Some(line(record.reported()?.0))).collect()
}

/// All of a report but what was measured, and how long it took.
fn line(report: &Report) -> String {
    let Report { trial, cost, remaining, epoch, score, alphas, drawn_anew, end } = report;
    let what = match (epoch, score, end) {
        (Some(epoch), None, None) => format!("epoch {}", epoch.number),
        (None, Some(score), None) => format!("mask {}", score.mask),
        (None, None, Some(end)) => {
            let size = format!("{} weights, {} multiply-adds a pass", end.parameters, end.multiply_adds);
            match &end.outcome {
                Outcome::Failed { reason } => format!("{size}, failed: {reason}"),
                outcome => format!("{size}, {outcome:?}"),
            }
        }
        other => panic!("a report of {other:?}"),
    };
    let (samples, multiply_adds, alphas) = (cost.samples, cost.multiply_adds, alphas.0.len());
    let anew = drawn_anew.as_ref().map_or_else(String::new, |anew| format!(", {anew}"));
    format!(
        "trial {trial}: {samples} samples, {multiply_adds} multiply-adds, {remaining} left, {alphas} alphas, {what}{anew}"
    )
}

/// Why trials failed, in the order of their ends.
pub(super) fn failures(played: &Played) -> Vec<&str> {
    played.0.iter().filter_map(|line| Some(line.split_once(", failed: ")?.1)).collect()
}

fn space(length: usize, labels: usize) -> Space {
    let sizes = GenomeNas { channels: 2, cells: 1, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(length, labels) };
    let operations = ["none", "skip_connect", "max_pool_3", "conv_3"].map(str::to_owned).to_vec();
    GenomeNas { stem_multiplier: 1, decoder_features: 8, operations, ..sizes }.space().unwrap()
}

pub(super) fn selection(at: u64) -> Selection {
    space(60, 2).sample(&mut seed::stream(at, "test", 0))
}

fn draw(at: u64) -> Network {
    Network::Selection { selection: selection(at) }
}

/// A plan of epochs of `steps` steps and one batch of the validation split.
pub(super) fn plan(steps: u32, epochs: u32) -> Plan {
    Plan { epochs, batch: BATCH, steps_per_epoch: Some(steps), validation_batches: Some(1), ..Plan::default() }
}

pub(super) fn train(at: u64, plan: Plan) -> Trial {
    Trial::train(draw(at), plan)
}

pub(super) fn from(init: Initialisation, trial: Trial) -> Trial {
    let Work::Train { network, plan, .. } = trial.work else { panic!("expected a training, not {trial:?}") };
    Trial { work: Work::Train { network, plan, init }, ..trial }
}

pub(super) fn inherit(parent: u64) -> Initialisation {
    Initialisation::Inherit { trial: TrialId(parent) }
}

pub(super) fn goes_on(parent: u64) -> Initialisation {
    Initialisation::Continue { trial: TrialId(parent) }
}

pub(super) fn supernet(mask: Option<Mask>, mixing: Mixing, plan: Plan) -> Trial {
    Trial::train(Network::Supernet { mask, mixing }, plan)
}

pub(super) fn sum(plan: Plan) -> Trial {
    supernet(None, Mixing::Sum, plan)
}

fn score(of: u64, masks: Vec<Mask>) -> Trial {
    let (recalibrate_batch_norm, validation_batches) = (20, Some(1));
    Trial::of(Work::Score { weights_of: TrialId(of), masks, recalibrate_batch_norm, batch: BATCH, validation_batches })
}

fn singles(count: u64) -> Vec<Mask> {
    (0..count).map(|at| Mask::from(&selection(at))).collect()
}

pub(super) fn searched(data: ArchData, plan: Plan) -> Plan {
    let (optimizer, order) = (Optimizer::default(), Order::First);
    Plan { arch: Some(Arch { optimizer, clip: None, warm_up: 1, order, data }), ..plan }
}

pub(super) fn drop(trials: &[u64]) -> Vec<Discard> {
    trials.iter().map(|&trial| Discard::Trial { trial: TrialId(trial) }).collect()
}

fn option(decision: &str, option: &str) -> Discard {
    Discard::Option { decision: decision.to_owned(), option: option.to_owned() }
}

/// The trials, one after the other.
pub(super) fn one_by_one(trials: Vec<Trial>) -> Script {
    Script::new(trials.into_iter().map(Proposal::trial).collect(), draw(0))
}

fn at_once(trials: Vec<Trial>) -> Proposal {
    Proposal::Trials { trials }
}

#[test]
fn trials_that_can_be_done_are_reported_alike() {
    let trials = vec![
        supernet(None, Mixing::Softmax, searched(ArchData::Train { part: 0.5 }, plan(2, 3))),
        from(goes_on(0), supernet(None, Mixing::Softmax, plan(2, 1))),
        sum(plan(3, 1)),
        score(2, singles(3)),
        from(inherit(2), train(1, plan(2, 2))),
        train(2, Plan { subsample: Some(0.5), steps_per_epoch: None, validation_batches: None, ..plan(1, 2) }),
        train(3, Plan { average_strands: true, reverse_complement: true, shift: 2, ..plan(2, 1) }),
        train(4, plan(2, 9)).with_limit(50),
        Trial { limit_unit: Some(Unit::MultiplyAdds), ..train(5, plan(2, 9)).with_limit(1) },
    ];
    let played = Stage::new().play(&one_by_one(trials), 1);
    assert_eq!((failures(&played), &played.1), (vec![], &None));
}

#[test]
fn plans_that_cannot_be_done_fail_with_the_same_reason_and_the_next_trial_goes_on() {
    let mut net = ArchitectureBuilder::new("without a dense layer", 60);
    net.then("conv", Op::conv1d(2, 3)).then("pool", Op::GlobalMaxPool {});
    let convolutions = Network::Architecture { architecture: Box::new(net.finish().unwrap()) };
    let mut net = ArchitectureBuilder::new("long", 70);
    net.then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
    let other_length = Network::Architecture { architecture: Box::new(net.finish().unwrap()) };
    let half = ArchData::Train { part: 0.5 };
    let good = || plan(1, 1);
    let trials = vec![
        train(1, Plan { batch: 0, ..good() }),
        train(1, Plan { epochs: 0, ..good() }),
        train(1, Plan { subsample: Some(2.0), ..good() }),
        train(1, Plan { shift: 60, ..good() }),
        train(1, Plan { batch: 241, ..good() }),
        train(1, Plan { batch: 61, subsample: Some(0.25), ..good() }),
        Trial::train(convolutions, Plan { hidden_l1: 0.1, ..good() }),
        Trial::train(other_length, good()),
        train(1, searched(half, good())),
        sum(searched(half, good())),
        supernet(None, Mixing::Softmax, searched(half, Plan { batch: 130, ..good() })),
        supernet(None, Mixing::Softmax, searched(ArchData::Valid, Plan { batch: 100, ..good() })),
        // Several faults: the first that is looked for is named.
        from(inherit(7), Trial::train(Network::Selection { selection: Selection::default() }, Plan::default())),
        Trial::train(Network::Selection { selection: Selection::default() }, Plan { batch: 0, ..good() }),
        sum(searched(half, Plan { batch: 1, shift: 60, ..good() })),
        train(1, good()),
    ];
    let played = Stage::new().play(&one_by_one(trials), 1);
    assert_eq!((failures(&played).len(), played.1), (15, None));
}

#[test]
fn a_batch_of_one_fails_where_states_are_normalised_over_it() {
    let one = || Plan { batch: 1, ..plan(1, 1) };
    let played = Stage::new().play(&one_by_one(vec![sum(one()), train(1, one())]), 1);
    let [reason] = failures(&played)[..] else { panic!("{played:?}") };
    assert!(reason.starts_with("a batch of 1, and a highway cell"), "{reason}");
}

#[test]
fn the_other_strand_of_data_that_has_none_is_refused_alike() {
    let trials = vec![
        train(1, Plan { reverse_complement: true, ..plan(1, 1) }),
        train(1, Plan { average_strands: true, ..plan(1, 1) }),
        train(1, Plan { shift: 1, ..plan(1, 1) }),
        train(1, plan(1, 1)),
    ];
    let played = Stage::next_nucleotide().play(&one_by_one(trials), 1);
    let reasons = failures(&played);
    assert_eq!(reasons.len(), 3);
    assert!(reasons.iter().all(|reason| reason.contains("the data's task is the next nucleotide")), "{reasons:?}");
}

#[test]
fn weights_that_nobody_has_are_refused_alike() {
    let with = |change: fn(&mut Work)| {
        let mut trial = score(2, singles(1));
        change(&mut trial.work);
        trial
    };
    let no_batch = |work: &mut Work| {
        if let Work::Score { batch, .. } = work {
            *batch = 0;
        }
    };
    let no_validation = |work: &mut Work| {
        if let Work::Score { validation_batches, .. } = work {
            *validation_batches = Some(0);
        }
    };
    let trials = vec![
        train(1, plan(1, 1)),
        train(1, Plan { batch: 0, ..plan(1, 1) }),
        sum(plan(1, 1)),
        score(2, singles(1)),
        // Of trials that are not, failed, are this one, trained an architecture, scored.
        from(inherit(99), train(1, plan(1, 1))),
        from(goes_on(1), train(1, plan(1, 1))),
        from(inherit(6), train(1, plan(1, 1))),
        score(0, singles(1)),
        score(3, singles(1)),
        score(99, singles(1)),
        score(2, vec![]),
        with(no_batch),
        with(no_validation),
        from(goes_on(0), train(1, plan(1, 1))),
    ];
    let played = Stage::new().play(&one_by_one(trials), 1);
    assert_eq!(failures(&played).len(), 10);
}

#[test]
fn masks_of_what_there_is_not_are_refused_alike() {
    let without = |decision: usize, option: usize| {
        let (mut mask, of) = (space(60, 2).mask(), space(60, 2).decisions[decision].clone());
        mask.0.get_mut(&of.id).unwrap().remove(&of.options[option]);
        mask
    };
    let of = |decision: &str, option: &str| Mask([(decision.to_owned(), [option.to_owned()].into())].into());
    let decision = space(60, 2).decisions[0].id.clone();
    let masked = |mask| supernet(Some(mask), Mixing::Sum, plan(1, 1));
    let chosen = selection(1).0.first_key_value().map(|(id, option)| (id.clone(), option.clone())).unwrap();
    let mut off = space(60, 2).mask();
    off.0.get_mut(&chosen.0).unwrap().remove(&chosen.1);
    let cycle = Mixing::Cycle { selections: vec![selection(1)] };
    let trials = vec![
        masked(without(0, 3)),
        masked(of("nowhere", "none")),
        masked(of(&decision, "nothing")),
        masked(Mask::default()),
        supernet(None, Mixing::Uniform { options: 0 }, plan(1, 1)),
        supernet(None, Mixing::Gumbel { start: 1.0, end: 0.0 }, plan(1, 1)),
        supernet(None, Mixing::Cycle { selections: vec![] }, plan(1, 1)),
        supernet(Some(off), cycle, plan(1, 1)),
        // Of the first trial, which had no such option, and of nothing.
        score(0, vec![without(0, 3), space(60, 2).mask()]),
        score(0, vec![Mask::default()]),
        score(0, vec![without(0, 3)]),
    ];
    let played = Stage::new().play(&one_by_one(trials), 1);
    assert_eq!((failures(&played).len(), played.1), (9, None));
}

#[test]
fn a_mask_of_what_was_dropped_since_is_refused_alike_and_a_supernet_of_what_remains_is_smaller() {
    let decision = space(60, 2).decisions[0].clone();
    let dropped = option(&decision.id, &decision.options[3]);
    let both = at_once(vec![
        sum(plan(1, 1)),
        supernet(Some(space(60, 2).mask()), Mixing::Sum, plan(1, 1)),
        sum(plan(1, 1)),
        score(0, vec![space(60, 2).mask()]),
    ]);
    let script = Script { discards: [(1, vec![dropped])].into(), ..Script::new(vec![both], draw(0)) };
    let played = Stage::new().play(&script, 1);
    assert_eq!((failures(&played), &played.1), (vec!["its mask holds options that were discarded"], &None));
}

#[test]
fn what_breaks_the_protocol_ends_both_with_the_same_error() {
    let stage = Stage::new();
    let good = || Proposal::trial(train(1, plan(1, 1)));
    let decision = space(60, 2).decisions[0].clone();
    let dropping = |discards: Vec<Discard>| Script {
        discards: BTreeMap::from([(0, discards)]),
        ..Script::new(vec![good()], draw(0))
    };
    let all = decision.final_options().map(|name| option(&decision.id, name)).collect();
    let supernet = Network::Supernet { mask: None, mixing: Mixing::Sum };
    for (script, error) in [
        (Script::new(vec![Proposal::Wait], draw(0)), "the strategy waits, and nothing is under way"),
        (Script::new(vec![good(), at_once(vec![])], draw(0)), "the strategy proposed an empty list of trials"),
        (dropping(vec![option("nowhere", "none")]), "the strategy drops what it may not: it drops an option of"),
        (dropping(vec![option(&decision.id, "nothing")]), "the strategy drops what it may not: it drops option"),
        (dropping(all), "the strategy drops what it may not: "),
        (Script::new(vec![good()], supernet), "the strategy finished with an architecture that cannot be used: "),
    ] {
        let (_, ended) = stage.play(&script, 1);
        let ended = ended.unwrap_or_else(|| panic!("expected: {error}"));
        assert!(ended.starts_with(error), "{ended}");
    }
}

#[test]
fn trials_after_the_budget_end_both_with_the_same_error() {
    let stage = Stage::new().budget("40samples");
    let trials = || vec![at_once(vec![train(1, plan(9, 9)), sum(plan(1, 1))]), Proposal::trial(train(2, plan(1, 1)))];
    let wasteful = Script { wasteful: true, ..Script::new(trials(), draw(0)) };
    let (_, ended) = stage.play(&wasteful, 1);
    assert!(ended.unwrap().starts_with("the strategy proposed trials after its budget was spent"));
    let (reports, ended) = stage.play(&Script::new(trials(), draw(0)), 1);
    assert!(reports[2].contains("0 weights, 0 multiply-adds a pass, Completed { stopped: Budget }"), "{reports:?}");
    assert_eq!(ended, None);
}

#[test]
fn a_strategy_whose_trials_all_do_nothing_is_given_up_by_both() {
    let hopeless = train(1, Plan { batch: 0, ..plan(1, 1) });
    let (reports, ended) = Stage::new().play(&one_by_one(vec![hopeless; 101]), 1);
    assert_eq!(reports.len(), 100);
    assert!(ended.unwrap().starts_with("the last 100 trials of the strategy ended before their first step"));
}

#[test]
fn limits_of_nothing_and_units_without_a_limit_end_alike() {
    let unit = Trial { limit_unit: Some(Unit::Samples), ..train(1, plan(1, 1)) };
    let (reports, ended) = Stage::new().play(&one_by_one(vec![train(1, plan(1, 1)).with_limit(0), unit]), 1);
    assert!(reports[0].contains("Completed { stopped: Limit }") && reports[0].contains(": 0 samples"), "{reports:?}");
    assert_eq!((reports.len(), ended), (3, None));
}

#[test]
fn several_trials_at_once_take_the_same_turns_and_drops_end_or_orphan_the_same_ones() {
    let first = at_once(vec![sum(plan(2, 2)), train(1, plan(1, 9)), train(2, plan(3, 4))]);
    let later = at_once(vec![
        score(0, singles(3)),
        from(inherit(1), train(3, plan(1, 2))),
        from(inherit(0), sum(plan(1, 3))),
        train(4, plan(2, 9)),
        train(5, plan(2, 9)),
        from(inherit(0), sum(plan(1, 1))),
    ]);
    let proposals = vec![first, Proposal::Wait, later];
    // Among them are a trial that waits, one that was never proposed, and one that is proposed later.
    let discards = BTreeMap::from([(4, drop(&[1, 7, 99])), (12, drop(&[0])), (20, drop(&[2, 6]))]);
    let script = Script { discards, ..Script::new(proposals, draw(0)) };
    for budget in ["100000samples", "500samples"] {
        let (reports, ended) = Stage::new().budget(budget).at_once(3).play(&script, 3);
        assert!(reports.iter().filter(|line| line.contains("Discarded")).count() >= 2, "{reports:#?}");
        assert_eq!(ended, None);
    }
}
