//! Everything that a genomenas strategy depends on. Pure Rust, no libtorch.
//!
//! A strategy implements [`Strategy`]: the host *asks* it for trials ([`Strategy::propose`]), *tells* it what came of
//! them ([`Strategy::update`]) and lets it drop what it no longer wants ([`Strategy::discard`]). The strategy never
//! trains, loads data or sees a tensor; a [trial](message::Trial) is data that the host runs anywhere. So the same
//! strategy runs on a laptop, on a GPU and in `simulate`, is checkpointed by the host, and is compared with all
//! others on equal terms.
//!
//! * [`message`]: what crosses the boundary, as JSON.
//! * [`space`]: architecture graphs with open decisions; shapes, counts, selections, hashes.
//! * [`differentiable`]: what strategies of the DARTS family share; a variant of DARTS is a page of code on top of it.
//! * [`halving`]: what strategies share that train many architectures briefly and few of them longer.
//! * [`register!`] and [`export_plugin!`]: make a shared library of it.
//! * `simulate` (feature `simulate`): a host without libtorch for `cargo test`.

mod baseline;
pub mod differentiable;
#[cfg(feature = "engine")]
pub mod engine;
mod error;
mod export;
pub mod halving;
pub mod message;
mod parameters;
pub mod seed;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod space;
pub mod state;
mod strategy;

pub use baseline::{Baseline, DanqHead};
pub use error::{Error, ErrorCode, Result};
pub use export::*;
pub use parameters::*;
pub use strategy::Strategy;

pub use {rand, serde, serde_json};

/// What most plugins need: `use genomenas_plugin::prelude::*;`.
pub mod prelude {
    pub use crate::message::*;
    pub use crate::space::{Architecture, ArchitectureBuilder, Op, Selection, Space};
    pub use crate::{Baseline, DanqHead, Error, Parameters, Result, Strategy, export_plugin, register, seed};
    pub use serde::{Deserialize, Serialize};
}

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
