//! `genomenas report`: the report of a comparison, made anew from its run folders.

use std::path::PathBuf;

use clap::Args;

use super::out;
use crate::compare::plan::{ComparisonPlan, FILE};
use crate::compare::{names, report, write_report};
use crate::error::{Error, Result};

/// Makes the leaderboard, CSV, JSON and page of a comparison anew from its run folders
#[derive(Args, Debug)]
#[command(after_help = "It reads only, so it works while runs are under way, on this machine or on others.\n\n\
Example:\n  genomenas report results")]
pub(crate) struct ReportArgs {
    /// The comparison's folder
    folder: PathBuf,
    /// Prints the comparison as JSON in place of the leaderboard
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    let plan = ComparisonPlan::read(&args.folder)?.ok_or_else(|| {
        Error::input(format!(
            "{} is not the folder of a comparison: it holds no {FILE}; give the folder that `genomenas compare --out` made",
            args.folder.display()
        ))
    })?;
    let comparison = write_report(&args.folder, &plan)?;
    if args.json {
        return out::text(&report::json(&comparison)?);
    }
    out::text(&report::leaderboard_text(&comparison))?;
    out::line(&format!("\nreport: {}", args.folder.join(names::PAGE).display()))
}
