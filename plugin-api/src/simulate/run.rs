//! A simulated run: the engine over a strategy, a landscape and a list of records, and what came of it.

use super::backend::Backend;
use super::hooks;
use super::mistakes::mistakes;
use super::{Simulated, Simulation};
use crate::engine::{Data, Log, Record, SearchLoop, SearchState, Terms};
use crate::message::Proposal;
use crate::{Error, Instance, Result};

/// The log of a simulated run.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) records: Vec<Record>,
    /// The state of the strategy that was saved last, and after how many records.
    pub(super) saved: Option<(usize, Vec<u8>)>,
}

impl Log for Records {
    type Error = Error;

    fn append(&mut self, record: &Record) -> Result<()> {
        self.records.push(record.clone());
        Ok(())
    }

    fn save(&mut self, state: &[u8]) -> Result<()> {
        self.saved = Some((self.records.len(), state.to_vec()));
        Ok(())
    }
}

impl Simulation {
    /// Drives `strategy`, built from [`setup`](Self::setup), until it finishes.
    ///
    /// # Errors
    ///
    /// A hook failed, or the strategy broke the protocol: it proposed nothing, or after the budget was spent; it waits
    /// for nothing; it drops what the space does not have; it finishes with what cannot be used.
    pub fn run(&self, strategy: &mut dyn Instance) -> Result<Simulated> {
        run(self, strategy)
    }

    /// What the checks know of the data.
    pub(super) fn data_of_checks(&self) -> Data {
        Data {
            info: self.setup.data.clone(),
            both_strands: self.both_strands,
            // The stricter of the two cases, as nobody says which one is meant.
            next_nucleotide: !self.setup.data.reversible,
        }
    }

    /// What the search is about.
    pub(super) const fn terms<'a>(&'a self, data: &'a Data) -> Terms<'a> {
        let budget = self.setup.budget;
        Terms { strategy: "the strategy", space: &self.setup.space, data, budget, slots: self.slots }
    }
}

/// A run without a judgement of what was found.
pub(super) struct Searched {
    /// That the strategy finished, or why the run ended before.
    pub(super) found: Result<()>,
    /// What the strategy did wrong up to its end.
    pub(super) mistakes: Vec<String>,
    pub(super) records: Vec<Record>,
}

/// Runs `strategy` to its end.
pub(super) fn run(simulation: &Simulation, strategy: &mut dyn Instance) -> Result<Simulated> {
    let data = simulation.data_of_checks();
    let mut backend = Backend::new(simulation, &data);
    let (Searched { found, mistakes, records }, state) = searched(simulation, &data, &mut backend, strategy);
    found.and_then(|()| simulated(simulation, &backend, &state, &records, mistakes))
}

/// Runs `strategy` to its end, and does not judge what it found.
pub(super) fn search(simulation: &Simulation, strategy: &mut dyn Instance) -> Searched {
    let data = simulation.data_of_checks();
    let mut backend = Backend::new(simulation, &data);
    searched(simulation, &data, &mut backend, strategy).0
}

fn searched(
    simulation: &Simulation,
    data: &Data,
    backend: &mut Backend<'_>,
    strategy: &mut dyn Instance,
) -> (Searched, SearchState) {
    let mut hooks = hooks::Simulated { strategy, stray_reports: simulation.stray_reports };
    let mut log = Records::default();
    let state = SearchState::after(simulation.slots, &[]);
    let mut search = SearchLoop::new(simulation.terms(data), state, &mut hooks, &mut log, backend);
    let found = search.run().map(|_| ());
    let state = search.state().clone();
    let mistakes = mistakes(simulation, data, &log.records, &backend.let_fail);
    (Searched { found, mistakes, records: log.records }, state)
}

fn simulated(
    simulation: &Simulation,
    backend: &Backend<'_>,
    state: &SearchState,
    records: &[Record],
    mistakes: Vec<String>,
) -> Result<Simulated> {
    let finding = state.finding.clone().ok_or_else(|| Error::new("the search ended without a finding"))?;
    let good = backend.truth.of_network(&finding.best.network).map_err(|error| error.context("the finding"))?;
    let mut remaining = simulation.setup.space.mask();
    state.discards.iter().try_for_each(|discard| remaining.discard(&simulation.setup.space, discard))?;
    let proposed = records.iter().flat_map(|record| match record {
        Record::Propose { proposal: Proposal::Trials { trials }, .. } => trials.as_slice(),
        _ => &[],
    });
    let reported = || records.iter().filter_map(Record::reported);
    let dropped =
        reported().flat_map(|(report, discards)| discards.iter().map(|discard| (report.trial, discard.clone())));
    Ok(Simulated {
        finding,
        reports: reported().map(|(report, _)| report.clone()).collect(),
        trials: proposed.cloned().collect(),
        remaining,
        discards: dropped.collect(),
        used: state.spent(),
        quality: backend.truth.percentile(&good),
        mistakes,
    })
}
