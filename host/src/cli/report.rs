//! `genomenas report`: writes the report of a comparison or of a run again, from its folder.

use std::path::PathBuf;

use clap::Args;
use genomenas_data::error::Result;
use genomenas_report as report;

use super::columns::width;
use super::outputs::OutputOptions;
use super::{next_steps, out};
use crate::compare::collect::Failures;
use crate::compare::folder::neither_comparison_nor_run;
use crate::compare::plan::ComparisonPlan;
use crate::compare::write_report;
use crate::run::settings::files;
use crate::run_report;

/// Makes the leaderboard, CSV, JSON and page of a comparison, or the page of a run, anew from its folder
#[derive(Args, Debug)]
#[command(
    after_help = "It reads only, so it works while runs are under way, on this machine or on others. The page of a run has its learning curves, its scores and its architecture.\n\n\
Examples:\n  \
genomenas report results\n  \
genomenas report results/runs/danq/seed-1\n  \
genomenas report results --export results.sqlite --export scores.csv --latex table.tex --methods methods.md\n  \
genomenas report results --tensorboard events --optuna studies.db"
)]
pub(crate) struct ReportArgs {
    /// The folder of a comparison or of a run
    folder: PathBuf,
    /// Prints the report as JSON in place of the leaderboard, or of the name of the run's page
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    outputs: OutputOptions,
}

pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    args.outputs.check()?;
    match ComparisonPlan::read(&args.folder)? {
        Some(plan) => of_comparison(args, &plan),
        None if args.folder.join(files::SETTINGS).exists() => of_run(args),
        None => Err(neither_comparison_nor_run(&args.folder)),
    }
}

fn of_comparison(args: &ReportArgs, plan: &ComparisonPlan) -> Result<()> {
    let (comparison, written) = write_report(&args.folder, plan, &Failures::new());
    if args.json {
        out::json_text(&report::json(&comparison)?)?;
        written?;
        return args.outputs.write(&args.folder, &comparison).map(|_| ());
    }
    // Where nothing can be written it is shown at least.
    out::text(&report::leaderboard_text(&comparison, width()))?;
    written?;
    let more = args.outputs.write(&args.folder, &comparison)?;
    more.iter().try_for_each(|line| out::line(line))?;
    out::text(&next_steps::of_comparison(&args.folder, &comparison))
}

fn of_run(args: &ReportArgs) -> Result<()> {
    args.outputs.expect_of_run(&args.folder)?;
    let run = run_report::write(&args.folder)?;
    let more = args.outputs.write_run(&args.folder, &report::export::comparison_of(&run))?;
    if args.json {
        return out::json_text(&report::json(&run)?);
    }
    out::line(&format!("report: {}", args.folder.join(files::PAGE).display()))?;
    more.iter().try_for_each(|line| out::line(line))
}
