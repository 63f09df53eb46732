//! `genomenas plugin info`: what a strategy is, and what it takes.

use std::path::Path;

use clap::Args;
use genomenas_data::error::Result;

use super::file::only;
use crate::cli::columns::{Columns, width, wrapped};
use crate::cli::options::PluginOptions;
use crate::cli::out;
use crate::plugins::listing::{self, Details, Parameter};
use crate::plugins::{StrategyRegistry, launch};

/// Shows what a strategy is, where it comes from and which parameters it takes
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing of a plugin runs for it. Its protections are what this machine keeps a plugin from.\n\n\
Examples:\n  genomenas plugin info random-search\n  genomenas plugin info ./libdanq.so"
)]
pub(super) struct InfoArgs {
    /// A strategy, PLUGIN/STRATEGY, or the file of a plugin
    #[arg(value_name = "STRATEGY|FILE")]
    name: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
}

pub(super) fn run(args: &InfoArgs) -> Result<()> {
    let is_file = args.name.contains(".so") || Path::new(&args.name).is_file();
    let mut all =
        if is_file { of_file(&args.name)? } else { vec![listing::details(&args.plugins.registry()?, &args.name)?] };
    let protections = match launch::protections(true) {
        Ok(protections) => protections.to_string(),
        // What the file says of itself is shown in any case.
        Err(error) => format!("unknown: {error}"),
    };
    for details in &mut all {
        details.facts.push(("protections", protections.clone()));
    }
    if args.json {
        return match all.as_slice() {
            [one] => out::json(one),
            several => out::json(&several),
        };
    }
    let texts: Vec<String> = all.iter().map(in_words).collect();
    out::text(&texts.join("\n"))
}

/// Every strategy of one file.
fn of_file(path: &str) -> Result<Vec<Details>> {
    let registry = StrategyRegistry::open(&[path.into()], &[])?;
    let (_, manifest) = only(&registry, path)?;
    let names = manifest.strategies.iter().map(|strategy| format!("{}/{}", manifest.id, strategy.id));
    names.map(|name| listing::details(&registry, &name)).collect()
}

fn in_words(details: &Details) -> String {
    let widest = details.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    let mut text = String::new();
    for (name, value) in &details.facts {
        text += &wrapped(&format!("{name:<widest$}{value}"), width(), widest);
        text.push('\n');
    }
    if details.parameters.is_empty() {
        return text + "\nno parameters\n";
    }
    // What plugins of earlier versions do not say of their parameters.
    let says = details.parameters.iter().any(|parameter| !parameter.acts_on.is_empty());
    let header: &[&str] = if says {
        &["parameter", "takes", "default", "acts on", "about"]
    } else {
        &["parameter", "takes", "default", "about"]
    };
    let mut table = Columns::new(header);
    for Parameter { name, takes, default, acts_on, about } in details.parameters.iter().cloned() {
        let acts_on = says.then_some(acts_on);
        table.row([name, takes, default].into_iter().chain(acts_on).chain([about]));
    }
    text += "\n";
    text += &table.lines(width());
    if says {
        text += "\n";
        let to_optimum =
            |(name, needs): &(&str, String)| *name == "needs" && needs.split(", ").any(|need| need == "optimum");
        let words = if details.facts.iter().any(to_optimum) { ACTS_ON_OPTIMUM } else { ACTS_ON };
        text += &wrapped(words, width(), 0);
        text.push('\n');
    }
    text
}

/// What the words of a column mean, where the optimum is a part of the model.
const ACTS_ON_OPTIMUM: &str = "training: how its optimum is found, in a search and in the final training alike, which follows \
no common recipe. network: what is trained.";
/// What they mean for all others.
const ACTS_ON: &str = "training: how the trials of a search are trained; the final training follows the common recipe of all \
strategies, and these only with `genomenas train --recipe own`. search and network: what is found, and so also what the final \
training trains.";
