//! `genomenas plugin`: the plugins that are found, and what each offers.

use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use genomenas_data::error::Result;

mod info;
mod list;
mod rank;

/// Lists plugins, shows what a strategy is and which parameters it takes, and ranks searches without a training
#[derive(Args, Debug)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Info(info::InfoArgs),
    Rank(rank::RankArgs),
}

pub(crate) fn run(args: &PluginArgs) -> Result<()> {
    match &args.verb {
        Verb::List(args) => list::run(args),
        Verb::Info(args) => info::run(args),
        Verb::Rank(args) => rank::run(args),
    }
}

fn plain_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    table
}
