//! The host of genomenas: data, training, evaluation, and the plugins that live in processes of their own.

pub mod cli;
pub mod compare;
pub mod data;
pub mod error;
pub mod eval;
pub mod files;
pub mod hash;
pub mod native;
pub mod net;
pub mod plugins;
pub mod run;
pub mod train;
