//! `genomenas run`: one run folder, begun or continued.

use std::path::{Path, PathBuf};

use clap::Args;
use genomenas_data::error::{Error, Result};

use super::limit_options::LimitOptions;
use super::options::PluginOptions;
use super::progress::{LinesProgress, RunProgress};
use super::{next_steps, out, threads};
use crate::compare::lifetime;
use crate::plugins::crashes::{self, Record};
use crate::run::settings::{Search, Settings, files};
use crate::run::trainer::Trainer;
use crate::run::{self, Handling, RunResult, State};
use crate::run_report;

/// Does one run, from its folder alone: begins it, or continues it
#[derive(Args, Debug)]
#[command(
    after_help = "A comparison makes the folders of its runs and starts this verb for each; a job array can do the same.\n\n\
Example:\n  genomenas run results/runs/danq/seed-1"
)]
pub(crate) struct RunArgs {
    /// The run's folder, with its run.toml
    folder: PathBuf,
    /// Where the data are now, if they were moved: the store that the run was made for
    #[arg(long, value_name = "STORE")]
    data: Option<PathBuf>,
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
    /// Prints progress as JSON lines in place of the result
    #[arg(long, hide = true)]
    progress_lines: bool,
    #[command(flatten)]
    plugins: PluginOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

pub(crate) fn run(args: &RunArgs, trainer: Option<&dyn Trainer>) -> Result<()> {
    lifetime::end_with_comparer()?;
    let settings = Settings::read(&args.folder)?;
    let trainer = threads::ensure(settings.threads, trainer)?;
    let handling = Handling { data: args.data.clone(), ..args.limits.handling(&args.plugins) };
    if args.progress_lines {
        let mut progress = LinesProgress::new(RunProgress::new("run"));
        let result = run::execute(trainer, &args.folder, &handling, &mut progress)?;
        write_page(&args.folder);
        return check(result);
    }
    if let Some(search) = &settings.search {
        check_crashes(search)?;
    }
    execute(trainer, &args.folder, &handling, args.json)
}

/// Refuses a plugin that crashed too often. A run of a comparison that is under way is not asked.
fn check_crashes(search: &Search) -> Result<()> {
    match crashes::folder() {
        Some(folder) => Record::read(&folder, &search.plugin_sha256).check(&search.plugin),
        None => Ok(()),
    }
}

/// A run that failed is an error here: exit code 1.
fn check(result: RunResult) -> Result<()> {
    match result.state {
        State::Done => Ok(()),
        State::Failed => {
            Err(Error::failed(result.reason.unwrap_or_else(|| "the run failed without a reason".to_owned())))
        }
    }
}

/// Executes the run in `folder` and prints its result.
pub(crate) fn execute(trainer: &dyn Trainer, folder: &Path, handling: &Handling, json: bool) -> Result<()> {
    let result = {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut progress = RunProgress::new(&name);
        run::execute(trainer, folder, handling, &mut progress)?
    };
    write_page(folder);
    if json {
        out::json(&result)?;
    } else if result.state == State::Done {
        out::text(&summary(folder, &result))?;
        out::text(&next_steps::of_run(folder, &result))?;
    }
    check(result)
}

/// Writes the page of a run that has ended. The run succeeds without it, too: `report` can make it later.
fn write_page(folder: &Path) {
    if let Err(error) = run_report::write(folder) {
        log::warn!("the page of the run was not written: {error}");
    }
}

/// The result in a few lines.
fn summary(folder: &Path, result: &RunResult) -> String {
    let mut lines = Vec::new();
    if let Some(cost) = &result.search {
        lines
            .push(format!("search          {} trials, {} samples, {:.1} s", result.trials, cost.samples, cost.seconds));
    }
    if let Some(cost) = &result.final_training {
        lines.push(format!("final training  {} samples, {:.1} s", cost.samples, cost.seconds));
    }
    if let (Some(parameters), Some(multiply_adds)) = (result.parameters, result.multiply_adds) {
        lines.push(format!("architecture    {parameters} parameters, {multiply_adds} multiply-adds"));
    }
    for (split, metrics) in [("validation", &result.valid), ("test", &result.test)] {
        if let Some(metrics) = metrics {
            let score =
                |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.4}"));
            let accuracy = metrics.accuracy.map(|accuracy| format!("accuracy {accuracy:.4}"));
            let measured = metrics
                .measures()
                .take(2)
                .map(|measure| format!("{} {}", measure.name(), score(metrics.averages.get(measure).mean)));
            let measured: Vec<String> = accuracy.into_iter().chain(measured).collect();
            lines.push(format!("{split:<15} {}", measured.join(", ")));
        }
    }
    for (what, name) in
        [("architecture in", files::ARCHITECTURE), ("weights in", files::WEIGHTS), ("report in", files::PAGE)]
    {
        let path = folder.join(name);
        if path.exists() {
            lines.push(format!("{what:<15} {}", path.display()));
        }
    }
    lines.join("\n") + "\n"
}
