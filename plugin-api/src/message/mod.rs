//! What crosses the ABI, as JSON: [`Setup`] once, then [`Ask`] → [`Proposal`], [`Report`] → [`Discard`]s.
//!
//! Fields are only ever added, with a default; a reader ignores fields it does not know. [`PROTOCOL`] is the
//! version: its major number changes when a field is renamed or removed.

mod arch;
mod budget;
mod discard;
mod manifest;
mod mixing;
mod optimizer;
mod optimum;
mod plan;
mod proposal;
mod report;
mod setup;
mod trial_id;

pub use arch::{Arch, ArchData, Order};
pub use budget::{Budget, Cost, Unit};
pub use discard::{Discard, Discards};
pub use manifest::{FORMAT, Manifest, SECTION, StrategyInfo, StrategyKind, is_id};
pub use mixing::Mixing;
pub use optimizer::{Algorithm, Optimizer, Schedule};
pub use optimum::Optimum;
pub use plan::{ClassWeights, Clip, EarlyStopping, Horizon, Plan};
pub use proposal::{Ask, Candidate, Finding, Initialisation, Network, Proposal, Trial, Work};
pub use report::{Alphas, DrawnAnew, End, Epoch, MaskScore, Metric, OptionWeight, Outcome, Report, Stopped};
pub use setup::{DataInfo, Setup, Task};
pub use trial_id::TrialId;

/// The version of the messages in this module.
pub const PROTOCOL: &str = "1.4";

/// What a strategy can name in the `needs` of [`register!`](crate::register!): abilities that hosts got after the
/// first protocol. A host refuses a plugin that needs what it does not have.
pub const FEATURES: [&str; 6] = ["supernet", "continue", "score", "max_norm", "kmer_spectrum", "optimum"];
