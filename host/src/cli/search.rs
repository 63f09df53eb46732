//! `genomenas search`: one strategy on one data set.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use genomenas_data::error::Result;
use genomenas_plugin::message::Budget;

use super::options::{MachineOptions, PluginOptions, SeedOption, SpaceOptions, strategy};
use super::plugins::Shelf;
use super::{run, threads};
use crate::compare::named::Named;
use crate::compare::resolve::Strategies;
use crate::compare::space;
use crate::run::create;
use crate::run::settings::{Search, Settings};

/// Searches an architecture with one strategy
#[derive(Args, Debug)]
#[command(
    after_help = "Interrupted or killed, the same command goes on where it was. `genomenas train --run DIR` then trains what was found.\n\n\
Example:\n  \
genomenas search --strategy random-search --set trials=10 --data yeast.arrow \\\n      \
--budget 20000samples --space-set cells=3 --out found"
)]
pub(crate) struct SearchArgs {
    /// The strategy
    #[arg(long, value_name = "ID", value_parser = Named::from_str)]
    strategy: Named,
    /// A parameter of the strategy; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The data: a store made by `genomenas data import`
    #[arg(long, value_name = "STORE")]
    data: PathBuf,
    /// The run's folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What the search may spend, such as 20000samples, 90seconds or 5e12multiply-adds
    #[arg(long, value_name = "BUDGET", value_parser = Budget::from_str)]
    budget: Budget,
    /// Trials that take turns on the device: of use to strategies that decide while others are under way
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    in_flight: u32,
    #[command(flatten)]
    space: SpaceOptions,
    #[command(flatten)]
    seed: SeedOption,
    #[command(flatten)]
    machine: MachineOptions,
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
}

pub(crate) fn run(args: &SearchArgs) -> Result<()> {
    let threads = args.machine.threads_or(run::earlier_threads(&args.out));
    threads::ensure(threads)?;
    let (store, data) = run::open_data(&args.data)?;
    let space = args.space.named_or_default()?;
    let shape = &store.info().shape;
    let document = space::resolve(&space, shape.length, shape.labels.len())?;
    let named = strategy(&args.strategy, &args.set)?;
    let shelf = Shelf::open(&args.plugins)?;
    let found = shelf.find(&named)?;
    shelf.try_out(&named, &document, &store.info().for_plugins(), args.budget)?;
    let settings = Settings {
        version: 1,
        genomenas: env!("CARGO_PKG_VERSION").to_owned(),
        seed: args.seed.seed,
        device: args.machine.device.clone(),
        threads,
        test: false,
        data,
        search: Some(Search {
            strategy: found.strategy,
            plugin: found.plugin,
            plugin_version: found.version,
            plugin_sha256: found.sha256,
            plugin_file: found.file,
            budget: args.budget,
            in_flight: args.in_flight,
            space: space.to_string(),
            parameters: found.parameters,
        }),
        final_training: None,
    };
    create(&args.out, &settings, Some(&document), None)?;
    run::finish(&args.out, args.json)
}
