//! A strategy that proposes and drops what it was given, and the simulated runs that it is in.

use std::collections::BTreeMap;

use genomenas_plugin::message::{
    Ask, Candidate, Discard, Mixing, Network, Plan, Proposal, Report, Trial, TrialId, Work,
};
use genomenas_plugin::simulate::{Simulation, kit};
use genomenas_plugin::space::Space;
use genomenas_plugin::{Instance, Result, seed};
use serde::{Deserialize, Serialize};

/// Trials of a script that are run: more say nothing new, and take their time.
const MOST_TRIALS: usize = 12;

/// What a strategy answers, one proposal after the other, and what it drops after the reports of these numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Its answers.
    pub proposals: Vec<Proposal>,
    /// What it drops.
    #[serde(default)]
    pub discards: BTreeMap<usize, Vec<Discard>>,
    /// The budget, in samples.
    #[serde(default)]
    pub budget: u16,
    /// Trials under way at once.
    #[serde(default)]
    pub slots: u8,
}

impl Script {
    /// Proposals, and nothing dropped.
    pub fn of(proposals: Vec<Proposal>) -> Self {
        Self { proposals, budget: 2000, ..Self::default() }
    }

    /// Runs it on a small space. Whatever it proposes, the run ends or is refused in words.
    pub fn run(&self) {
        let trials = |proposal: &Proposal| match proposal {
            Proposal::Trials { trials } => trials.len(),
            _ => 0,
        };
        if self.proposals.iter().map(trials).sum::<usize>() > MOST_TRIALS {
            return;
        }
        let budget = format!("{}samples", self.budget.clamp(1, 2000)).parse().expect("a budget");
        let simulation = simulation().budget(budget).slots(u32::from(self.slots % 4).max(1));
        let mut scripted = Scripted { script: self.clone(), space: simulation.setup().space.clone(), reports: 0 };
        match simulation.run(&mut scripted) {
            Ok(simulated) => {
                let mut ended: Vec<TrialId> =
                    simulated.reports.iter().filter(|report| report.end.is_some()).map(|report| report.trial).collect();
                let count = ended.len();
                ended.sort_unstable();
                ended.dedup();
                assert_eq!(ended.len(), count, "a trial ended twice");
            }
            Err(refused) => assert!(!refused.message.is_empty()),
        }
    }
}

/// The run that scripts are for.
pub fn simulation() -> Simulation {
    kit::two_cells()
}

struct Scripted {
    script: Script,
    space: Space,
    reports: usize,
}

impl Instance for Scripted {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        let proposals = &mut self.script.proposals;
        Ok(if ask.remaining > 0 && !proposals.is_empty() {
            proposals.remove(0)
        } else if ask.in_flight.is_empty() {
            Proposal::finish(Candidate { network: draw(&self.space, 0), trial: None })
        } else {
            Proposal::Wait
        })
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        self.reports += 1;
        Ok(self.script.discards.remove(&(self.reports - 1)).unwrap_or_default())
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn load(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
}

/// An architecture of a space.
pub fn draw(space: &Space, number: u64) -> Network {
    Network::Selection { selection: space.sample(&mut seed::stream(number, "fuzz", 0)) }
}

/// Scripts with trials of every kind.
pub fn scripts() -> Vec<Script> {
    let space = simulation().setup().space.clone();
    let plan = || Plan { epochs: 2, steps_per_epoch: Some(2), validation_batches: Some(1), ..Plan::default() };
    let supernet = |mixing| Trial::train(Network::Supernet { mask: None, mixing }, plan());
    let trials = |trials: Vec<Trial>| Proposal::Trials { trials };
    let continued: Trial = serde_json::from_str(include_str!("../seeds/trial.json")).expect("a trial");
    let searching = Plan { arch: serde_json::from_str("{\"optimizer\":{},\"warm_up\":1}").ok(), ..plan() };
    let score = |trial, batch| {
        let (weights_of, masks) = (TrialId(trial), vec![space.mask()]);
        Trial::of(Work::Score { weights_of, masks, recalibrate_batch_norm: 20, batch, validation_batches: Some(1) })
    };
    let masked = Network::Supernet { mask: Some(space.mask()), mixing: Mixing::Gumbel { start: 5.0, end: 0.5 } };
    let edge = Discard::Edge { decision: "second.0".into() };
    let option = Discard::Option { decision: "first".into(), option: "wide".into() };
    let finding = Candidate { network: draw(&space, 3), trial: Some(TrialId(0)) };
    vec![
        Script::of(vec![trials(vec![Trial::train(draw(&space, 1), plan()), continued])]),
        Script {
            proposals: vec![
                trials(vec![supernet(Mixing::Sum), score(0, 10)]),
                Proposal::Wait,
                trials(vec![supernet(Mixing::Softmax)]),
            ],
            discards: [(0, vec![option]), (3, vec![edge, Discard::trial(TrialId(0))])].into(),
            budget: 2000,
            slots: 2,
        },
        Script {
            proposals: vec![
                trials(vec![Trial::train(masked, searching)]),
                trials(vec![supernet(Mixing::Uniform { options: 2 }), score(1, 7)]),
                Proposal::finish(finding),
            ],
            budget: 1000,
            slots: 1,
            ..Script::default()
        },
    ]
}
