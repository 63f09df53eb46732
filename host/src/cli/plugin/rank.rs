//! `genomenas plugin rank`: searches in the laboratory, beside those of this project.

use std::path::Path;
use std::str::FromStr;

use clap::Args;
use genomenas_data::error::Result;
use genomenas_plugin::simulate::laboratory::Laboratory;

use super::file::only;
use crate::cli::limit_options::LimitOptions;
use crate::cli::options::PluginOptions;
use crate::cli::out;
use crate::plugins::{StrategyRegistry, laboratory};
use crate::spec::Spec;

/// Ranks searches on a table of 240 networks that were trained before, beside those of genomenas; takes seconds, and
/// trains nothing
#[derive(Args, Debug)]
#[command(
    after_help = "Each search runs with seeds 1 to 20, each time in a process of its own, with the budget of forty trainings of 27 epochs.\n\
Counted are the training samples until the best architecture so far, by its validation score, is for the first time one of\n\
the best tenth of all; beside that stand the share of architectures that are no better than its answer, and how far the\n\
AUPRC of its answer is below the best one's. The numbers of the searches of genomenas were counted before, with parameters\n\
that plan for such a budget: a search that divides it into equal shares plans forty trials.\n\n\
Examples:\n  genomenas plugin rank 'my-nas trials=40' --plugins target/release/libmy_nas.so\n  \
genomenas plugin rank 'target/release/libmy_nas.so trials=40'\n  genomenas plugin rank 'tpe trials=40' 'tpe trials=80' --json"
)]
pub(super) struct RankArgs {
    /// A search with its parameters, such as 'tpe trials=40', or the file of a plugin in place of its name
    #[arg(value_name = "STRATEGY|FILE", required = true, value_parser = Spec::from_str)]
    searches: Vec<Spec>,
    /// Leaves out the searches of genomenas that were counted before
    #[arg(long)]
    alone: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

pub(super) fn run(args: &RankArgs) -> Result<()> {
    let (laboratory, registry) = (Laboratory::new()?, args.plugins.registry()?);
    let limits = args.limits.limits();
    let mut all = Vec::new();
    for search in &args.searches {
        if search.id.contains(".so") || Path::new(&search.id).is_file() {
            let registry = StrategyRegistry::open(&[search.id.clone().into()], &[])?;
            let (_, manifest) = only(&registry, &search.id)?;
            for strategy in &manifest.strategies {
                let name = Spec { id: strategy.id.clone(), ..search.clone() };
                let choice = registry.strategy(&format!("{}/{}", manifest.id, strategy.id))?;
                all.push(laboratory::runs(&laboratory, &choice, &name, limits)?);
            }
        } else {
            all.push(laboratory::runs(&laboratory, &registry.strategy(&search.id)?, search, limits)?);
        }
    }
    let ranking = if args.alone { laboratory.ranking(&all) } else { laboratory.ranking_beside_known(&all) };
    if args.json { out::json(&ranking.standings()) } else { out::text(&ranking.to_string()) }
}
