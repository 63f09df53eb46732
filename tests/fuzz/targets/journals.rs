//! Journals: a damaged one is refused, or a search goes on from it to its end or to a refusal.

#![no_main]

use std::fs;

use genomenas::run::journal::{self, Journal};
use genomenas_fuzz::{scratch, seeds, stores, strategy};
use genomenas_plugin::engine::{
    Backend, Data, Hooks, Log, Record, Resolved, RunningTrial, SearchLoop, SearchState, Size, StepOutcome, Terms,
    TrialError, Turn, calls,
};
use genomenas_plugin::message::{
    Alphas, Ask, Candidate, Cost, Discard, Epoch, MaskScore, Proposal, Report, Stopped, Trial, TrialId, Work,
};
use genomenas_plugin::space::Space;
use genomenas_plugin::{Error, Result};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: seeds::write("journals", seeds()), |data: &[u8]| {
    let path = scratch::file("journal.jsonl", data);
    let records = match journal::read(&path, None) {
        Ok(records) => records,
        Err(error) => return stores::refused(&error),
    };
    for written in [unchained(&records), chained(&records)] {
        let again = journal::read(&scratch::file("journal.jsonl", &written), None).expect("what was written");
        assert_eq!(again, records, "other records came back");
    }
    let _ = calls(&records);
    for slots in [1, 3] {
        go_on(&records, slots);
    }
});

/// A journal as earlier versions wrote it.
fn unchained(records: &[Record]) -> Vec<u8> {
    records.iter().map(|record| serde_json::to_string(record).expect("JSON") + "\n").collect::<String>().into_bytes()
}

/// A journal as a run writes it.
fn chained(records: &[Record]) -> Vec<u8> {
    let path = scratch::file("chained.jsonl", &[]);
    let (mut journal, _) = Journal::open(&path, "settings").expect("an empty journal");
    for record in records {
        journal.append(record).expect("a journal in a folder for temporary files");
    }
    fs::read(&path).expect("what was written")
}

fn go_on(records: &[Record], slots: u32) {
    let simulation = strategy::simulation();
    let setup = simulation.setup();
    let data = Data { info: setup.data.clone(), both_strands: false, next_nucleotide: false };
    let budget = "3000samples".parse().expect("a budget");
    let terms = Terms { strategy: "the strategy", space: &setup.space, data: &data, budget, slots };
    let state = SearchState::after(slots, records);
    let (mut hooks, mut log, mut backend) = (Finishes(&setup.space), Forgets, Quick);
    match SearchLoop::new(terms, state, &mut hooks, &mut log, &mut backend).run() {
        Ok(_) => {}
        Err(error) => assert!(!error.message.is_empty()),
    }
}

/// A strategy that waits for what is under way, and finishes.
struct Finishes<'s>(&'s Space);

impl Hooks for Finishes<'_> {
    type Error = Error;

    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let found = || Proposal::finish(Candidate { network: strategy::draw(self.0, 0), trial: None });
        Ok(if ask.in_flight.is_empty() { found() } else { Proposal::Wait })
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        Ok(Vec::new())
    }

    fn save(&mut self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

struct Forgets;

impl Log for Forgets {
    type Error = Error;

    fn append(&mut self, _: &Record) -> Result<()> {
        Ok(())
    }

    fn save(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
}

/// Trains one more epoch of every trial, or scores what is left of its masks.
struct Quick;

impl Backend for Quick {
    type Job = Cost;
    type Error = Error;

    fn is_saved(&self, _: TrialId) -> bool {
        false
    }

    fn begin(&mut self, trial: &RunningTrial, _: Resolved) -> Result<Cost, TrialError<Error>> {
        Ok(trial.cost)
    }

    fn step(&mut self, job: &mut Cost, turn: &Turn<'_>) -> Result<StepOutcome, TrialError<Error>> {
        let RunningTrial { trial, reported, over, .. } = turn.trial;
        let masks = match &trial.work {
            Work::Score { masks, .. } => masks.len(),
            _ => 0,
        };
        *job += Cost { samples: 100, seconds: 0.1, multiply_adds: 1000 };
        Ok(match &trial.work {
            Work::Train { .. } if !over => {
                let epoch = Epoch { number: reported.saturating_add(1), ..Epoch::default() };
                StepOutcome::Epoch { epoch, alphas: Alphas::default(), last: true }
            }
            Work::Score { .. } if (*reported as usize) < masks => {
                StepOutcome::Score(MaskScore { mask: *reported, ..MaskScore::default() })
            }
            _ => StepOutcome::End { stopped: Stopped::Epochs, alphas: Alphas::default() },
        })
    }

    fn cost(&mut self, job: &mut Cost) -> Cost {
        *job
    }

    fn free(&mut self, _: TrialId) {}

    fn peak_memory(&self, _: &Trial, size: &Size) -> u64 {
        size.parameters
    }

    fn seconds(&self) -> f64 {
        0.0
    }
}

/// The records of a search that proposed what a script does, and of the turns that followed.
fn seeds() -> Vec<Vec<u8>> {
    struct Keeps(Vec<Record>);

    impl Log for Keeps {
        type Error = Error;

        fn append(&mut self, record: &Record) -> Result<()> {
            self.0.push(record.clone());
            Ok(())
        }

        fn save(&mut self, _: &[u8]) -> Result<()> {
            Ok(())
        }
    }

    let simulation = strategy::simulation();
    let setup = simulation.setup();
    let data = Data { info: setup.data.clone(), both_strands: false, next_nucleotide: false };
    let journal = |proposal: &Proposal, discards: &[Discard]| {
        let budget = "3000samples".parse().expect("a budget");
        let terms = Terms { strategy: "the strategy", space: &setup.space, data: &data, budget, slots: 2 };
        let ask = Ask {
            budget,
            remaining: 3000,
            used: Cost::default(),
            next_trial: TrialId(0),
            in_flight: Vec::new(),
            slots: 2,
        };
        let first = Record::Propose { ask, proposal: proposal.clone(), seconds: 0.25 };
        let (mut hooks, mut backend) = (Finishes(&setup.space), Quick);
        let mut log = Keeps(vec![first.clone()]);
        let state = SearchState::after(2, &[first]);
        // Its records count up to where it ends, however that is.
        let _ = SearchLoop::new(terms, state, &mut hooks, &mut log, &mut backend).run();
        for record in &mut log.0 {
            if let Record::Epoch { discards: dropped, .. } = record {
                dropped.extend_from_slice(discards);
            }
        }
        log.0
    };
    let scripts = strategy::scripts();
    let proposals = scripts.iter().flat_map(|script| &script.proposals);
    let whole: Vec<Vec<u8>> = proposals
        .flat_map(|proposal| [journal(proposal, &[]), journal(proposal, &[Discard::trial(TrialId(0))])])
        .flat_map(|records| [unchained(&records), chained(&records)])
        .collect();
    let cut = whole.iter().map(|journal| journal[..journal.len() * 2 / 3].to_vec()).collect::<Vec<_>>();
    whole.into_iter().chain(cut).collect()
}
