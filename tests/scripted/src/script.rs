//! A strategy that does what its script says.

use std::collections::BTreeMap;

use genomenas_plugin::message::{Ask, Candidate, Discard, Network, Proposal, Report, Work};
use genomenas_plugin::{Error, Instance, Result};
use serde_json::{Value, json};

/// The decision of a mask that has a long name in its place.
pub const LONG: &str = "LONG";

/// The proposal with its trials so many times.
fn repeated(proposal: Proposal, times: usize) -> Proposal {
    match proposal {
        Proposal::Trials { trials } if times != 1 => {
            let count = trials.len() * times;
            Proposal::Trials { trials: trials.into_iter().cycle().take(count).collect() }
        }
        other => other,
    }
}

/// The proposal with a name of so many letters, and control characters, for [`LONG`].
fn lengthened(mut proposal: Proposal, letters: usize) -> Proposal {
    if let Proposal::Trials { trials } = &mut proposal {
        for trial in trials {
            if let Work::Train { network: Network::Supernet { mask: Some(mask), .. }, .. } = &mut trial.work
                && let Some(options) = mask.0.remove(LONG)
            {
                mask.0.insert("n\u{1b}".repeat(letters / 2), options);
            }
        }
    }
    proposal
}

/// Proposes what it was given, one after the other; then it waits for what is under way, and finishes. Drops what it was
/// given after the reports of these numbers, counted from 0.
#[derive(Clone, Debug)]
pub struct Script {
    /// What it proposes.
    pub proposals: Vec<Proposal>,
    /// What it drops after which report.
    pub discards: BTreeMap<usize, Vec<Discard>>,
    /// The architecture that it finishes with.
    pub best: Network,
    /// How often it repeats the trials of proposals, by the number of the proposal: a script has to fit on a command line.
    pub repeats: BTreeMap<usize, usize>,
    /// How many letters the decision [`LONG`] of masks has in its place.
    pub long: usize,
    /// Whether it goes on to propose when the budget is spent, which it must not.
    pub wasteful: bool,
    pub asked: usize,
    /// The reports so far, in this process.
    pub reports: Vec<Report>,
    pub reported: usize,
}

impl Script {
    /// A script of proposals.
    pub fn new(proposals: Vec<Proposal>, best: Network) -> Self {
        let (discards, reports) = (BTreeMap::new(), Vec::new());
        let repeats = BTreeMap::new();
        Self { proposals, discards, best, repeats, long: 0, wasteful: false, asked: 0, reports, reported: 0 }
    }

    /// The script as the plugin's parameter.
    pub fn to_json(&self) -> String {
        let Self { proposals, discards, best, repeats, long, wasteful, .. } = self;
        json!({
            "proposals": proposals, "discards": discards, "best": best, "repeats": repeats, "long": long,
            "wasteful": wasteful
        })
        .to_string()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    pub fn from_json(text: &str) -> Result<Self> {
        let script: Value = serde_json::from_str(text)?;
        let best = serde_json::from_value(script["best"].clone())?;
        Ok(Self {
            discards: serde_json::from_value(script["discards"].clone())?,
            // A script that is written by hand may leave these out.
            repeats: script.get("repeats").cloned().map_or_else(|| Ok(BTreeMap::new()), serde_json::from_value)?,
            long: script.get("long").cloned().map_or(Ok(0), serde_json::from_value)?,
            wasteful: serde_json::from_value(script["wasteful"].clone())?,
            ..Self::new(serde_json::from_value(script["proposals"].clone())?, best)
        })
    }
}

impl Instance for Script {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let next = self.proposals.get(self.asked).filter(|_| self.wasteful || ask.remaining > 0);
        let times = self.repeats.get(&self.asked).copied().unwrap_or(1);
        let next = next.map(|proposal| lengthened(repeated(proposal.clone(), times), self.long));
        self.asked += 1;
        Ok(match next {
            Some(proposal) => proposal,
            None if ask.in_flight.is_empty() => Proposal::finish(Candidate { network: self.best.clone(), trial: None }),
            None => Proposal::Wait,
        })
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.reports.push(report.clone());
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        self.reported += 1;
        Ok(self.discards.get(&(self.reported - 1)).cloned().unwrap_or_default())
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&(self.asked, self.reported))?)
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        (self.asked, self.reported) = serde_json::from_slice(state).map_err(Error::from)?;
        Ok(())
    }
}
