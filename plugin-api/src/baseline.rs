//! The strategy of every baseline: one trial of a fixed architecture, then it is what was found. And what several
//! published networks share.

use serde::{Deserialize, Serialize};

use crate::message::{Ask, Candidate, EarlyStopping, Network, Outcome, Plan, Proposal, Report, Task, Trial, TrialId};
use crate::space::{Architecture, ArchitectureBuilder, Op};
use crate::{Error, Result, Strategy, state};

/// Trains one architecture once and finishes with it.
///
/// Use it as the strategy of a [`register!`](crate::register!) with `kind = baseline`.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    architecture: Architecture,
    plan: Plan,
    state: State,
}

/// What of a baseline changes; the architecture and the plan follow from the setup.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// The trial, once it is proposed.
    trial: Option<TrialId>,
    /// Why it failed, if it did.
    failed: Option<String>,
}

impl Baseline {
    /// A baseline that trains `architecture` as `plan` says.
    pub fn new(architecture: Architecture, plan: Plan) -> Self {
        Self { architecture, plan, state: State::default() }
    }

    /// The architecture.
    pub const fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// A published count of filters or units times a width, to the nearest whole number and at least 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
    pub fn scaled(published: usize, width: f64) -> usize {
        ((published as f64 * width).round() as usize).max(1)
    }

    /// Refuses windows shorter than the network `name` can read.
    pub fn expect_length(name: &str, shortest: usize, length: usize) -> Result<()> {
        if length < shortest {
            return Err(Error::invalid(format!(
                "{name} needs windows of at least {shortest} bases, the data has windows of {length}: import it with a longer context"
            )));
        }
        Ok(())
    }

    /// Whether a baseline sees both strands: as it is set, and where nothing is set for every task but classes, which may
    /// depend on the strand (splice sites, the next nucleotide).
    pub fn both_strands(set: Option<bool>, task: Task) -> bool {
        set.unwrap_or(task != Task::MultiClass)
    }

    /// A plan of what every paper names: epochs at most, `patience` epochs without a new best validation loss before
    /// training ends, samples a step, and whether it sees both strands, in training and in scores.
    pub fn plan(epochs: u32, patience: u32, batch: u32, both_strands: bool) -> Plan {
        Plan {
            epochs,
            batch,
            early_stopping: Some(EarlyStopping { patience, minimum_improvement: 0.0 }),
            reverse_complement: both_strands,
            average_strands: both_strands,
            ..Plan::default()
        }
    }

    fn network(&self) -> Network {
        Network::Architecture { architecture: Box::new(self.architecture.clone()) }
    }
}

impl Strategy for Baseline {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if let Some(reason) = self.state.failed.as_ref().filter(|_| ask.remaining > 0) {
            return Err(Error::new(format!("the only trial of this baseline failed: {reason}")));
        }
        match self.state.trial {
            None if ask.remaining > 0 => {
                self.state.trial = Some(ask.next_trial);
                Ok(Proposal::trial(Trial::train(self.network(), self.plan.clone())))
            }
            Some(trial) if ask.in_flight.contains(&trial) && ask.remaining > 0 => Ok(Proposal::Wait),
            trial => Ok(Proposal::finish(Candidate { network: self.network(), trial })),
        }
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        if let Some(end) = &report.end
            && self.state.trial == Some(report.trial)
            && let Outcome::Failed { reason } = &end.outcome
        {
            self.state.failed = Some(reason.clone());
        }
        Ok(())
    }

    fn save(&self) -> Result<Vec<u8>> {
        state::save(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        self.state = state::load(bytes)?;
        Ok(())
    }
}

/// The second half of DanQ (Quang & Xie 2016), which NCNet (Zhang et al. 2019) has behind its residual blocks: max pool
/// 13, dropout, a bidirectional LSTM, flattened position by position, dropout, a dense layer with ReLU, and the output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DanqHead {
    /// Units of the LSTM in each direction.
    pub hidden: usize,
    /// Units of the dense layer.
    pub dense: usize,
    /// Dropout after the pool.
    pub dropout: f64,
    /// Dropout after the LSTM.
    pub last_dropout: f64,
}

impl DanqHead {
    /// Bases under the pool, and the fewest positions that may enter.
    pub const POOL: usize = 13;

    /// Adds it to a network: channels × at least [`Self::POOL`] positions become `labels` outputs.
    pub fn add_to(&self, net: &mut ArchitectureBuilder, labels: usize) {
        net.then("pool", Op::max_pool(Self::POOL)).then("dropout1", Op::Dropout { p: self.dropout });
        net.then("lstm", Op::Lstm { hidden: self.hidden, bidirectional: true });
        // Position by position, as the published network flattens.
        net.then("by_position", Op::Transpose {}).then("flat", Op::Flatten {});
        net.then("dropout2", Op::Dropout { p: self.last_dropout });
        net.then("dense", Op::linear(self.dense)).then("relu2", Op::relu()).then("out", Op::linear(labels));
    }
}
