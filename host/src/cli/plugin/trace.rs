//! `genomenas plugin trace`: the hook calls of a run, from its journal.

use std::path::{Path, PathBuf};

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_data::text::grouped;
use genomenas_plugin::message::TrialId;
use serde::Serialize;

use crate::cli::out;
use crate::compare::plan::ComparisonPlan;
use crate::run::settings::{Search, Settings, files};
use crate::run::{RunResult, journal};
use crate::trace::words::Words;
use crate::trace::{Call, Follower};

/// Shows the hook calls of a run: what its strategy was asked and told, what it saw then, and what it answered
#[derive(Args, Debug)]
#[command(
    after_help = "It reads the journal of the run and nothing else, so it works while the run is under way, and no plugin is loaded. A report\n\
is two calls: the strategy is told (update), and asked what to drop (discard).\n\n\
Examples:\n  \
genomenas plugin trace found --last 20\n  \
genomenas plugin trace results/runs/asha/seed-1 --trial 7\n  \
genomenas plugin trace found --json | jq '.calls[].answer'"
)]
pub(super) struct TraceArgs {
    /// The folder of a run: that of a search, or of one run of a comparison
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Shows the calls that name this trial only: it is proposed, begun from, reported, dropped or found
    #[arg(long, value_name = "N")]
    trial: Option<u64>,
    /// Shows the last N of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Trace<'a> {
    strategy: &'a str,
    parameters: &'a serde_json::Map<String, serde_json::Value>,
    space: &'a str,
    seed: u64,
    budget: String,
    /// Of all calls, shown or not.
    number_of_calls: usize,
    calls: &'a [Call],
    /// Why the run failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

pub(super) fn run(args: &TraceArgs) -> Result<()> {
    let settings = settings(&args.run)?;
    let search = settings.search.as_ref().ok_or_else(|| {
        Error::input(format!(
            "{} trained an architecture that was given, so no strategy was asked: give the folder of a search",
            args.run.display()
        ))
    })?;
    let result = RunResult::read(&args.run)?;
    let calls = calls(&args.run, result.as_ref())?;
    let shown = chosen(&calls, args)?;
    let failed = result.and_then(|result| result.reason);
    if args.json {
        return out::json(&Trace {
            strategy: &search.strategy,
            parameters: &search.parameters,
            space: &search.space,
            seed: settings.seed,
            budget: search.budget.to_string(),
            number_of_calls: calls.len(),
            calls: &shown,
            failed,
        });
    }
    out::line(&head(search, settings.seed, calls.len(), shown.len()))?;
    let words = Words { unit: search.budget.unit, trial: args.trial.map(TrialId) };
    shown.iter().try_for_each(|call| out::text(&words.call(call)))?;
    failed.map_or(Ok(()), |reason| out::line(&format!("\nthe run failed: {reason}")))
}

fn settings(folder: &Path) -> Result<Settings> {
    if !folder.join(files::SETTINGS).exists() && matches!(ComparisonPlan::read(folder), Ok(Some(_))) {
        let example = folder.join("runs");
        return Err(Error::input(format!(
            "{} is the folder of a comparison: give the folder of one of its runs, which are in {}",
            folder.display(),
            example.display()
        )));
    }
    Settings::read(folder)
}

fn calls(folder: &Path, result: Option<&RunResult>) -> Result<Vec<Call>> {
    let path = folder.join(files::JOURNAL);
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && result.is_none() => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", &path, error)),
        Ok(about) if !about.is_file() => {
            return Err(Error::file("read", &path, "it is not a file, so no run wrote it"));
        }
        Ok(_) => {}
    }
    let records = journal::read(&path, result.and_then(|result| result.chain.as_deref()))?;
    let mut follower = Follower::default();
    Ok(records.into_iter().filter_map(|record| follower.recorded(record)).collect())
}

/// The calls that are to be shown.
fn chosen(calls: &[Call], args: &TraceArgs) -> Result<Vec<Call>> {
    let mut shown: Vec<Call> = match args.trial.map(TrialId) {
        None => calls.to_vec(),
        Some(trial) => calls.iter().filter(|call| call.names(trial)).cloned().collect(),
    };
    if let Some(trial) = args.trial.filter(|_| shown.is_empty()) {
        return Err(Error::input(format!(
            "no call of {} names trial {trial}: trials are counted from 0",
            args.run.display()
        )));
    }
    if let Some(last) = args.last {
        shown.drain(..shown.len().saturating_sub(last as usize));
    }
    Ok(shown)
}

fn head(search: &Search, seed: u64, all: usize, shown: usize) -> String {
    let Search { strategy, space, budget, .. } = search;
    let calls = match (all, shown) {
        (0, _) => "not asked yet".to_owned(),
        (all, shown) if all == shown => format!("{} calls", grouped(all as u64)),
        (all, shown) => format!("{} of {} calls", grouped(shown as u64), grouped(all as u64)),
    };
    format!(
        "strategy {strategy} on {space}, seed {seed}, budget {} {}: {calls}\n",
        grouped(budget.amount),
        budget.unit.name()
    )
}
