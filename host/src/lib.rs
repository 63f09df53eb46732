//! The program of genomenas: the command line, comparisons, runs, and plugins in processes of their own.
//!
//! Arrows of dependency point down: [`cli`] → [`compare`] → [`predict`], [`variants`] and [`run_report`] → [`model`] → [`run`] → [`plugins`] → [`spec`]. [`trace`]
//! puts hook calls into words. Data lie in `genomenas-data`, metrics and pages in `genomenas-report`, networks and their training in `genomenas-torch`, which only `genomenas-train` links: it
//! has a [`Trainer`](run::trainer::Trainer).

pub mod cli;
pub mod compare;
mod difference;
mod exit;
mod foreign;
mod lock;
pub mod model;
pub mod orphans;
pub mod plugins;
pub mod predict;
pub mod run;
pub mod run_report;
pub mod spec;
pub mod templates;
pub mod trace;
pub mod ui;
pub mod variants;
pub mod verified;

pub use genomenas_data::{Error, Result};
