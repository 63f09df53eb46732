//! Everything that a genomenas strategy depends on. Pure Rust, no libtorch.
//!
//! A strategy implements [`Strategy`]: the host asks it for trials ([`Strategy::propose`]), reports what happened in them
//! ([`Strategy::update`]) and asks what to drop ([`Strategy::discard`]). The strategy never trains, loads data or sees a
//! tensor; a [trial](message::Trial) is data that the host runs anywhere. So the same strategy runs on a laptop, on a GPU
//! and in `simulate`, is checkpointed by the host, and is compared with all others on equal terms.
//!
//! * [`message`]: what crosses the boundary, as JSON.
//! * [`space`]: architecture graphs with open decisions; shapes, counts, selections, hashes.
//! * [`differentiable`]: what strategies of the DARTS family share; a variant of DARTS is a page of code on top of it.
//! * [`halving`]: what strategies share that train many architectures briefly and few of them longer.
//! * [`history`]: what strategies share that train architectures one after the other and learn from all scores.
//! * [`baseline`]: the strategy of every baseline, and what published networks share.
//! * [`settings`]: settings of a training that several strategies share.
//! * [`register!`] and [`export_plugin!`]: make a shared library of a strategy.
//! * `simulate` (feature `simulate`): a host without libtorch for `cargo test`.
//! * `schema` (feature `schema`): the messages as JSON Schemas.

pub mod baseline;
pub mod differentiable;
#[cfg(feature = "engine")]
pub mod engine;
mod error;
mod export;
pub mod halving;
pub mod history;
mod instance;
mod json;
pub mod message;
mod parameters;
#[cfg(feature = "schema")]
pub mod schema;
pub mod seed;
pub mod settings;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod space;
mod strategy;
pub mod text;

pub use baseline::Baseline;
pub use error::{Error, ErrorCode, Result};
pub use export::*;
pub use instance::Instance;
pub use parameters::{NoParameters, Parameters, closest};
pub use strategy::Strategy;

pub use {log, rand, serde_json};

// The derive writes paths from outside, in this crate, too.
extern crate self as genomenas_plugin;

/// What a first strategy or baseline needs: `use genomenas_plugin::prelude::*;`. Everything else is named by its path.
pub mod prelude {
    pub use crate::message::{
        Ask, Candidate, Clip, Discard, Discards, Finding, Initialisation, Metric, Network, Optimizer, Outcome, Plan,
        Proposal, Report, Setup, Task, Trial, TrialId, Work,
    };
    pub use crate::space::{Architecture, ArchitectureBuilder, Op, Selection, Space};
    pub use crate::{Baseline, Error, Parameters, Result, Strategy, export_plugin, log, register, seed};
}

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
