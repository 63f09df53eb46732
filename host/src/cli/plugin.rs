//! `genomenas plugin`: the plugins that are found, and what each offers.

use std::path::Path;

use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use genomenas_data::error::{Error, Result};

use super::options::PluginOptions;
use super::out;
use crate::plugins::listing::{self, Details};
use crate::plugins::{StrategyRegistry, crashes, launch};

/// Lists plugins, and shows what a strategy is and which parameters it takes
#[derive(Args, Debug)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(ListArgs),
    Info(InfoArgs),
}

/// Lists every strategy that is found, and every file in a plugin folder that is not a plugin, with the reason
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing of a plugin runs for it. A library because of whose crashes three runs were given up is marked: it is not loaded\n\
before its file changes, or its crashes are forgotten.\n\n\
Examples:\n  genomenas plugin list --plugins ~/my-plugins\n  genomenas plugin list --clear"
)]
struct ListArgs {
    /// Forgets the crashes of all libraries first
    #[arg(long)]
    clear: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
}

/// Shows what a strategy is, where it comes from and which parameters it takes
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing of a plugin runs for it. Its protections are what this machine keeps a plugin from.\n\n\
Examples:\n  genomenas plugin info random-search\n  genomenas plugin info ./libdanq.so"
)]
struct InfoArgs {
    /// A strategy, PLUGIN/STRATEGY, or the file of a plugin
    #[arg(value_name = "STRATEGY|FILE")]
    name: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
}

pub(crate) fn run(args: &PluginArgs) -> Result<()> {
    match &args.verb {
        Verb::List(args) => list(args),
        Verb::Info(args) => info(args),
    }
}

fn list(args: &ListArgs) -> Result<()> {
    if args.clear {
        let cleared = crashes::folder().map_or(Ok(0), |folder| crashes::clear(&folder))?;
        log::info!("forgot the crashes of {cleared} {}", if cleared == 1 { "library" } else { "libraries" });
    }
    let rows = listing::rows(&args.plugins.registry()?);
    if args.json {
        return out::json(&rows);
    }
    if rows.is_empty() {
        log::warn!("no plugins were found: name their folder with --plugins, or in GENOMENAS_PLUGINS");
        return Ok(());
    }
    let mut table = plain_table(["strategy", "kind", "plugin", "version", "about", "file"]);
    for row in rows {
        let about = row.crashes.map_or(row.about.clone(), |crashes| format!("{} ({crashes})", row.about));
        table.add_row([row.strategy, row.kind, row.plugin, row.version, about, row.path]);
    }
    out::text(&out::aligned(table, &[]))
}

fn info(args: &InfoArgs) -> Result<()> {
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
    let file = registry.found().first().ok_or_else(|| Error::input(format!("{path} is not a library")))?;
    let manifest = file.manifest.as_ref().map_err(|why| Error::input(format!("{path} is not a plugin: {why}")))?;
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
    let mut parameters = plain_table(["parameter", "takes", "default", "about"]);
    for parameter in &details.parameters {
        parameters.add_row([&parameter.name, &parameter.takes, &parameter.default, &parameter.about]);
    }
    text + "\n" + &out::aligned(parameters, &[])
}

fn plain_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    table
}
