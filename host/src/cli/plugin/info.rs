//! `genomenas plugin info`: what a strategy is, and what it takes.

use std::path::Path;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use genomenas_data::error::Result;

use super::file::only;
use crate::cli::options::PluginOptions;
use crate::cli::out;
use crate::plugins::listing::{self, Details};
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
    let mut facts = Table::new();
    facts.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for (name, value) in &details.facts {
        facts.add_row([name, value.as_str()]);
    }
    let text = out::aligned(facts, &[]);
    if details.parameters.is_empty() {
        return text + "\nno parameters\n";
    }
    let mut parameters = out::plain(["parameter", "takes", "default", "about"]);
    for parameter in &details.parameters {
        parameters.add_row([&parameter.name, &parameter.takes, &parameter.default, &parameter.about]);
    }
    text + "\n" + &out::aligned(parameters, &[])
}
