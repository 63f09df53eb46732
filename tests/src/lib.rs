//! What the integration tests share: the built binary and plugin files, what a command said, and small made-up data.
//!
//! One subject a file. Everything here panics where it fails, because a helper that fails is a failed test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "helpers of tests; a failure is a failed test"
)]

pub mod bigwig;
pub mod built;
mod circles;
pub mod comparisons;
pub mod digests;
pub mod families;
pub mod flags;
pub mod frozen;
pub mod leaderboard;
pub mod made_up;
pub mod outcome;
pub mod planted;
pub mod predictions;
pub mod processes;
pub mod project;
pub mod runs;
pub mod tiny;
mod wrapped;

pub use built::{
    Installation, bad_plugin, built_plugin, built_program, genomenas, hostile_plugin, program_at, scripted_plugin,
};
pub use circles::circles;
pub use outcome::{Outcome, listing};
pub use wrapped::{limited, wrapped};
