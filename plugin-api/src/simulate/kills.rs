//! Searches that are killed at any moment and go on: from their records, the last saved state of the strategy, the calls
//! since, and what trainings saved. They end with the same records as if they had never been killed.

use std::collections::BTreeMap;

use super::backend::Backend;
use super::curves::Curves;
use super::run::Records;
use super::{Simulation, hooks};
use crate::engine::{Log, Record, ReplayError, SearchLoop, SearchState, calls, replay};
use crate::message::{
    Arch, ArchData, Ask, Candidate, Discard, Epoch, Initialisation, Mixing, Network, Optimizer, Order, Outcome, Plan,
    Proposal, Report, Trial, TrialId, Work,
};
use crate::space::{GenomeNas, Mask, Selection, Space};
use crate::{Error, Instance, Result, seed};

/// The moment at which a search is killed, by the number of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kill {
    /// The strategy has answered, and the record is not written.
    Before(usize),
    /// The record is written, and nothing is done with it.
    After(usize),
    /// The state of the strategy was saved after so many records.
    Saved(usize),
}

/// A log of a process that is killed.
struct Mortal<'a> {
    log: &'a mut Records,
    kill: Option<Kill>,
}

impl Mortal<'_> {
    fn survive(&self, moment: Kill) -> Result<()> {
        if self.kill == Some(moment) { Err(Error::new("killed")) } else { Ok(()) }
    }
}

impl Log for Mortal<'_> {
    type Error = Error;

    fn append(&mut self, record: &Record) -> Result<()> {
        let number = self.log.records.len();
        self.survive(Kill::Before(number))?;
        self.log.append(record)?;
        self.survive(Kill::After(number))
    }

    fn save(&mut self, state: &[u8]) -> Result<()> {
        self.log.save(state)?;
        self.survive(Kill::Saved(self.log.records.len()))
    }
}

/// Proposes what it was given, one after the other, as long as there is a budget; then it waits for what is under way,
/// and finishes. Drops what it was given after the reports of these numbers.
#[derive(Clone, Default)]
struct Script {
    proposals: Vec<Proposal>,
    discards: BTreeMap<usize, Vec<Discard>>,
    asked: usize,
    reports: usize,
}

impl Instance for Script {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let next = self.proposals.get(self.asked).filter(|_| ask.remaining > 0).cloned();
        self.asked += 1;
        Ok(match next {
            Some(proposal) => proposal,
            None if ask.in_flight.is_empty() => Proposal::finish(Candidate { network: draw(0), trial: None }),
            None => Proposal::Wait,
        })
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        self.reports += 1;
        Ok(self.discards.get(&(self.reports - 1)).cloned().unwrap_or_default())
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&(self.asked, self.reports))?)
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        (self.asked, self.reports) = serde_json::from_slice(state)?;
        Ok(())
    }
}

fn space() -> Space {
    GenomeNas { cells: 1, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(50, 2) }.space().unwrap()
}

fn selection(at: u64) -> Selection {
    space().sample(&mut seed::stream(at, "test", 0))
}

fn draw(at: u64) -> Network {
    Network::Selection { selection: selection(at) }
}

/// A plan of epochs of `steps` steps of 100 samples.
fn plan(steps: u32, epochs: u32) -> Plan {
    Plan { epochs, steps_per_epoch: Some(steps), validation_batches: Some(1), ..Plan::default() }
}

fn train(at: u64, plan: Plan, init: Initialisation) -> Trial {
    Trial::of(Work::Train { network: draw(at), plan, init })
}

fn fresh(at: u64, plan: Plan) -> Trial {
    train(at, plan, Initialisation::Fresh)
}

fn supernet(mixing: Mixing, plan: Plan, init: Initialisation) -> Trial {
    Trial::of(Work::Train { network: Network::Supernet { mask: None, mixing }, plan, init })
}

fn searched(plan: Plan) -> Plan {
    let (optimizer, order, data) = (Optimizer::default(), Order::First, ArchData::default());
    Plan { arch: Some(Arch { optimizer, clip: None, warm_up: 1, order, data }), ..plan }
}

fn score(of: u64, masks: u64) -> Trial {
    let masks = (0..masks).map(|at| Mask::from(&selection(at))).collect();
    let (recalibrate_batch_norm, validation_batches) = (150, Some(2));
    Trial::of(Work::Score { weights_of: TrialId(of), masks, recalibrate_batch_norm, batch: 100, validation_batches })
}

fn drops(trials: &[u64]) -> Vec<Discard> {
    trials.iter().map(|&trial| Discard::Trial { trial: TrialId(trial) }).collect()
}

/// Drops an option of a decision that none of the first masks of a [`score`] has.
fn unused(decision: usize) -> Discard {
    let decision = &space().decisions[decision];
    let chosen: Vec<Selection> = (0..4).map(selection).collect();
    let used =
        |option: &str| chosen.iter().any(|selection| selection.0.get(&decision.id).is_some_and(|of| of == option));
    let option = decision.final_options().find(|option| !used(option)).unwrap().to_owned();
    Discard::Option { decision: decision.id.clone(), option }
}

/// One trial after the other: supernets that inherit and go on, a score, discards of options and trials, a trial that
/// fails, and a limit.
fn chain() -> (Simulation, Script) {
    let inherit = Initialisation::Inherit { trial: TrialId(0) };
    let trials = vec![
        supernet(Mixing::Softmax, searched(plan(4, 4)), Initialisation::Fresh),
        supernet(Mixing::Softmax, searched(plan(3, 2)), inherit),
        supernet(Mixing::Softmax, plan(2, 2), Initialisation::Continue { trial: TrialId(1) }),
        score(2, 3),
        fresh(1, plan(0, 1)),
        fresh(2, plan(2, 9)).with_limit(700),
        train(2, plan(3, 2), Initialisation::Continue { trial: TrialId(5) }),
    ];
    let discards = BTreeMap::from([(3, vec![unused(0), unused(1)]), (5, drops(&[0])), (6, vec![unused(2)])]);
    let script = Script { proposals: trials.into_iter().map(Proposal::trial).collect(), discards, ..Script::default() };
    (Simulation::new(space()).unwrap().budget("40000samples".parse().unwrap()), script)
}

/// Three trials at once, more of them than fit, some dropped while they run or wait, and a budget that ends between.
fn crowd() -> (Simulation, Script) {
    let first =
        vec![supernet(Mixing::Sum, plan(5, 2), Initialisation::Fresh), fresh(1, plan(2, 5)), fresh(2, plan(1, 9))];
    let later = vec![
        score(0, 4),
        train(1, plan(2, 3), Initialisation::Inherit { trial: TrialId(1) }),
        fresh(3, plan(7, 9)),
        fresh(4, plan(1, 9)),
        fresh(5, plan(3, 99)),
        fresh(6, plan(3, 99)),
        fresh(7, plan(3, 99)),
        fresh(8, plan(3, 99)),
    ];
    let proposals =
        vec![Proposal::Trials { trials: first }, Proposal::Wait, Proposal::Trials { trials: later }, Proposal::Wait];
    let discards = BTreeMap::from([(5, drops(&[2])), (14, drops(&[0, 7])), (20, vec![unused(0)])]);
    let script = Script { proposals, discards, ..Script::default() };
    (Simulation::new(space()).unwrap().slots(3).budget("9050samples".parse().unwrap()), script)
}

/// The life of one process: it takes a new strategy to where the log says that the last one stood, and searches.
fn live(
    simulation: &Simulation,
    script: &Script,
    backend: &mut Backend<'_>,
    log: &mut Records,
    kill: Option<Kill>,
) -> Result<()> {
    let data = simulation.data_of_checks();
    let mut strategy = script.clone();
    let since = match &log.saved {
        Some((count, state)) => {
            strategy.load(state)?;
            *count
        }
        None => 0,
    };
    let mut hooks = hooks::Simulated { strategy: &mut strategy, stray_reports: false };
    let again = replay(&mut hooks, &calls(&log.records[since..]));
    assert_eq!(again, Ok(()));
    let state = SearchState::after(simulation.slots, &log.records);
    let mut mortal = Mortal { log, kill };
    SearchLoop::new(simulation.terms(&data), state, &mut hooks, &mut mortal, backend).run().map(|_| ())
}

/// A search that is killed at each of these moments, one after the other. Without `checkpoints` no training is saved
/// before it ends.
fn lives(simulation: &Simulation, script: &Script, kills: &[Kill], checkpoints: bool) -> Vec<Record> {
    let data = simulation.data_of_checks();
    let (mut backend, mut log) = (Backend::new(simulation, &data), Records::default());
    for kill in kills {
        let killed = live(simulation, script, &mut backend, &mut log, Some(*kill)).unwrap_err();
        assert_eq!(killed.message, "killed", "{kill:?}");
        if !checkpoints {
            backend.saved.retain(|trial, _| log.records.iter().any(|record| ends(record, *trial)));
        }
    }
    live(simulation, script, &mut backend, &mut log, None).unwrap();
    log.records
}

fn ends(record: &Record, of: TrialId) -> bool {
    matches!(record, Record::End { trial, .. } if *trial == of)
}

fn moments(records: &[Record]) -> Vec<Kill> {
    let each = |number| [Kill::Before(number), Kill::After(number)];
    let saves = |(at, record): (usize, &Record)| matches!(record, Record::End { .. }).then_some(Kill::Saved(at + 1));
    let saved = records.iter().enumerate().filter_map(saves);
    // After the last record nothing is left to do.
    let last = records.len() - 1;
    (0..records.len()).flat_map(each).filter(|kill| *kill != Kill::After(last)).chain(saved).collect()
}

#[test]
fn a_search_that_is_killed_at_any_moment_ends_with_the_same_records() {
    for (simulation, script) in [chain(), crowd()] {
        let undisturbed = lives(&simulation, &script, &[], true);
        assert!(undisturbed.len() > 30, "{}", undisturbed.len());
        for kill in moments(&undisturbed) {
            assert!(lives(&simulation, &script, &[kill], true) == undisturbed, "{kill:?}");
        }
    }
}

#[test]
fn a_search_that_is_killed_after_every_record_ends_with_the_same_records() {
    for (simulation, script) in [chain(), crowd()] {
        let undisturbed = lives(&simulation, &script, &[], true);
        let after: Vec<Kill> = (0..undisturbed.len() - 1).map(Kill::After).collect();
        assert!(lives(&simulation, &script, &after, true) == undisturbed);
        let before: Vec<Kill> = (0..undisturbed.len()).map(Kill::Before).collect();
        assert!(lives(&simulation, &script, &before, true) == undisturbed);
    }
}

#[test]
fn what_a_trial_alone_had_not_saved_is_trained_again_and_not_reported_twice() {
    let (simulation, script) = chain();
    let undisturbed = lives(&simulation, &script, &[], true);
    for kill in moments(&undisturbed) {
        assert!(lives(&simulation, &script, &[kill], false) == undisturbed, "{kill:?}");
    }
}

#[test]
fn the_searches_of_these_tests_come_to_every_end() {
    let outcome = |record: &Record| Some(record.reported()?.0.end.as_ref()?.outcome.clone());
    let outcomes = |(simulation, script): (Simulation, Script)| -> Vec<String> {
        let records = lives(&simulation, &script, &[], true);
        let name = |outcome: Outcome| match outcome {
            Outcome::Completed { stopped } => format!("{stopped:?}"),
            Outcome::Discarded => "Discarded".to_owned(),
            Outcome::Failed { .. } => "Failed".to_owned(),
        };
        records.iter().filter_map(outcome).map(name).collect()
    };
    assert_eq!(outcomes(chain()), ["Epochs", "Epochs", "Epochs", "Masks", "Failed", "Limit", "Epochs"]);
    let crowd = outcomes(crowd());
    for end in ["Epochs", "Masks", "Discarded", "Budget"] {
        assert!(crowd.iter().any(|other| other == end), "{end}: {crowd:?}");
    }
}

#[test]
fn what_trials_saved_is_freed_once_they_are_dropped_and_nobody_begins_from_it() {
    let (simulation, script) = crowd();
    let data = simulation.data_of_checks();
    let (mut backend, mut log) = (Backend::new(&simulation, &data), Records::default());
    live(&simulation, &script, &mut backend, &mut log, None).unwrap();
    let saved: Vec<u64> = backend.saved.keys().map(|trial| trial.0).collect();
    assert!([0, 2, 7].iter().all(|dropped| !saved.contains(dropped)) && saved.contains(&1), "{saved:?}");
}

/// Learning curves of all architectures but one.
#[derive(Debug)]
struct Lacking(Option<Selection>);

impl Curves for Lacking {
    fn quality(&self, selection: &Selection) -> Option<f64> {
        (self.0.as_ref() != Some(selection)).then_some(1.0)
    }

    fn at(&self, _: &Selection, samples: f64) -> Epoch {
        Epoch { valid_loss: 1.0 / samples, ..Epoch::default() }
    }
}

#[test]
fn what_stops_a_search_fails_no_trial_and_the_search_goes_on_once_it_is_mended() {
    let simulation = |lacks| Simulation::new(space()).unwrap().curves(Lacking(lacks));
    let proposals = vec![Proposal::trial(fresh(1, plan(1, 2))), Proposal::trial(fresh(2, plan(1, 2)))];
    let script = Script { proposals, ..Script::default() };
    let (whole, lacking) = (simulation(None), simulation(Some(selection(2))));
    let data = whole.data_of_checks();
    let mut log = Records::default();
    let stopped = live(&lacking, &script, &mut Backend::new(&lacking, &data), &mut log, None).unwrap_err();
    assert!(stopped.message.starts_with("trial 1: the simulation's curves have none"), "{stopped}");
    assert!(matches!(log.records.last(), Some(Record::Propose { .. })), "the trial was not ended");
    live(&whole, &script, &mut Backend::new(&whole, &data), &mut log, None).unwrap();
    assert_eq!(log.records, lives(&whole, &script, &[], true));
}

#[test]
fn a_strategy_that_answers_otherwise_the_second_time_is_named_with_the_call() {
    let (simulation, script) = chain();
    let records = lives(&simulation, &script, &[], true);
    let other = Script { proposals: script.proposals[1..].to_vec(), ..script.clone() };
    let repeat = |mut strategy: Script, records: &[Record]| {
        let mut hooks = hooks::Simulated { strategy: &mut strategy, stray_reports: false };
        replay(&mut hooks, &calls(records))
    };
    assert_eq!(repeat(script.clone(), &records), Ok(()));
    assert_eq!(repeat(other, &records), Err(ReplayError::Differs { number: 1, hook: "propose" }));
    let other = Script { discards: BTreeMap::new(), ..script };
    // The fourth report is the first with discards: one call before it, two for each report.
    assert_eq!(repeat(other, &records), Err(ReplayError::Differs { number: 9, hook: "discard" }));
}
