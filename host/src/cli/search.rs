//! `genomenas search`: one strategy on one data set.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use genomenas_data::error::{Error, Result};

use super::limit_options::LimitOptions;
use super::new_run::NewRunOptions;
use super::options::{PluginOptions, SpaceOptions, tell_sizes};
use crate::plugins::rehearsal::{Rehearsal, rehearse};
use crate::plugins::short_windows::with_way_on;
use crate::plugins::{outlook, preview};
use crate::run::settings::{Search, Settings};
use crate::run::trainer::Trainer;
use crate::spec::budget::BudgetSpec;
use crate::spec::{Spec, space};

/// Searches for an architecture with one strategy
#[derive(Args, Debug)]
#[command(
    after_help = "Interrupted or killed, the same command goes on where it was. `genomenas train --run DIR` then trains what was found.\n\n\
Example:\n  \
genomenas search --strategy random-search --set trials=10 --data yeast.arrow \\\n      \
--budget 20000samples --space-set cells=3 --out found"
)]
pub(crate) struct SearchArgs {
    /// The strategy
    #[arg(long, value_name = "ID", value_parser = Spec::from_str)]
    strategy: Spec,
    /// A parameter of the strategy; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The data: a store made by `genomenas data import`
    #[arg(long, value_name = "STORE")]
    data: PathBuf,
    /// What the search may spend, such as 10epochs (10 times the training split), 20000samples, 90seconds or
    /// 5e12multiply-adds
    #[arg(long, value_name = "BUDGET", value_parser = BudgetSpec::from_str)]
    budget: BudgetSpec,
    /// Trials that take turns on the device: of use to strategies that decide while others run
    #[arg(long, alias = "in-flight", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) concurrent_trials: u32,
    #[command(flatten)]
    space: SpaceOptions,
    #[command(flatten)]
    run: NewRunOptions,
    #[command(flatten)]
    plugins: PluginOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

pub(crate) fn run(args: &SearchArgs, trainer: Option<&dyn Trainer>) -> Result<()> {
    let run = args.run.begin(trainer, || Ok((args.data.clone(), args.run.fold)))?;
    let info = run.store.info();
    let space_spec = args.space.spec()?;
    let (space, sizes) = match run.space_of(&space_spec)? {
        Some(space) => (space, Vec::new()),
        None => space::for_data(&space_spec, &info.for_plugins())?,
    };
    let strategy = args.strategy.clone().with(&args.set)?.unnamed("a search")?;
    let budget = args.budget.on(info.rows.train)?;
    let registry = args.plugins.registry()?;
    let found = registry.resolve(&strategy)?;
    let (choice, limits) = (registry.strategy(&strategy.id)?, args.limits.limits());
    preview::try_out(&choice, &strategy.parameters, &space, &info.for_plugins(), budget, limits)
        .map_err(|refusal| with_way_on(refusal, &choice, &registry, &space, info, limits))?;
    if !run.goes_on() {
        let data = info.for_checks();
        if let Rehearsal::Unfit(why) = rehearse(&registry, &strategy, &space, &data, budget, limits)? {
            return Err(Error::input(format!("no trial of {strategy} can be trained on the data: {why}")));
        }
        tell_sizes(&sizes);
        log::info!("the search has {}", outlook::budget_in_words(budget, info.rows.train));
        let terms = (budget, args.concurrent_trials);
        if let Some(outlook) = outlook::look(&registry, &strategy, &space, &data, terms, limits)? {
            outlook.tell(&strategy.id, budget);
        }
    }
    let search = Search {
        strategy: found.strategy,
        plugin: found.plugin,
        plugin_version: found.version,
        plugin_sha256: found.sha256,
        plugin_file: found.file,
        budget,
        in_flight: args.concurrent_trials,
        space: space_spec.to_string(),
        space_sha256: None,
        hook_deadline: args.limits.hook_deadline,
        unconfined: args.limits.unconfined,
        parameters: found.parameters,
    };
    let handling = args.limits.handling(&args.plugins);
    run.execute(&Settings { search: Some(search), ..run.settings() }, &handling, Some(&space), None)
}
