//! `genomenas plugin`: the plugins that are found, what each offers, whether it does as it must, and a new one.

use clap::{Args, Subcommand};
use genomenas_data::error::Result;

mod check;
mod file;
mod fuzz;
mod info;
mod list;
mod new;
mod rank;
mod run;
mod trace;

/// Lists plugins, shows what a strategy is, begins a new one, tests it, and ranks searches without a training
#[derive(Args, Debug)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Info(info::InfoArgs),
    New(new::NewArgs),
    Rank(rank::RankArgs),
    Check(check::CheckArgs),
    Fuzz(fuzz::FuzzArgs),
    Run(Box<run::RunArgs>),
    Trace(trace::TraceArgs),
}

pub(crate) fn run(args: &PluginArgs) -> Result<()> {
    match &args.verb {
        Verb::List(args) => list::run(args),
        Verb::Info(args) => info::run(args),
        Verb::New(args) => new::run(args),
        Verb::Rank(args) => rank::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Fuzz(args) => fuzz::run(args),
        Verb::Run(args) => run::run(args),
        Verb::Trace(args) => trace::run(args),
    }
}
