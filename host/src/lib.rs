//! The program of genomenas: plugins in processes of their own, runs, comparisons, and the command line.
//!
//! Data lie in `genomenas-data`, metrics and pages in `genomenas-report`, networks and their training in
//! `genomenas-torch`.

pub mod cli;
pub mod compare;
pub mod plugins;
pub mod run;

pub use genomenas_data::{Error, Result};
