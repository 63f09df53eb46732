//! `genomenas plugin`: the plugins that are found, and what each offers.

use clap::{Args, Subcommand};
use genomenas_data::error::Result;

mod info;
mod list;

/// Lists plugins, and shows what a strategy is and which parameters it takes
#[derive(Args, Debug)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Info(info::InfoArgs),
}

pub(crate) fn run(args: &PluginArgs) -> Result<()> {
    match &args.verb {
        Verb::List(args) => list::run(args),
        Verb::Info(args) => info::run(args),
    }
}
