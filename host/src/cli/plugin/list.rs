//! `genomenas plugin list`: every strategy, and every file that is not a plugin.

use std::path::Path;

use clap::Args;
use genomenas_data::error::Result;

use crate::cli::columns::{Columns, width};
use crate::cli::options::PluginOptions;
use crate::cli::out;
use crate::plugins::crashes;
use crate::plugins::listing::{self, Row};

/// Lists every strategy that is found, and every file in a plugin folder that is not a plugin, with the reason
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing of a plugin runs for it. A library because of whose crashes three runs were given up is marked: it is not loaded\n\
before its file changes, or its crashes are forgotten.\n\n\
Examples:\n  genomenas plugin list --plugins ~/my-plugins\n  genomenas plugin list --clear"
)]
pub(super) struct ListArgs {
    /// Forgets the crashes of all libraries first
    #[arg(long)]
    clear: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
}

pub(super) fn run(args: &ListArgs) -> Result<()> {
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
    // Paths are long and alike, so each folder is named once.
    let mut tables = Vec::new();
    for of_folder in rows.chunk_by(|one, other| folder(one) == folder(other)) {
        let mut table = Columns::new(&["strategy", "kind", "plugin", "version", "file", "about"]);
        for row in of_folder.iter().cloned() {
            let file = Path::new(&row.path).file_name().unwrap_or_default().to_string_lossy().into_owned();
            let about = row.crashes.map_or(row.about.clone(), |crashes| format!("{} ({crashes})", row.about));
            table.row([row.strategy, row.kind, row.plugin, row.version, file, about]);
        }
        let shown = of_folder.first().map_or(Path::new(""), folder).display();
        tables.push(format!("in {shown}\n\n{}", table.lines(width())));
    }
    out::text(&tables.join("\n"))
}

fn folder(row: &Row) -> &Path {
    Path::new(&row.path).parent().unwrap_or(Path::new(""))
}
