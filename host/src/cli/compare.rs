//! `genomenas compare`: strategies × seeds on equal terms.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_data::text::grouped;
use genomenas_data::{DeviceChoice, Store};
use genomenas_report as report;
use genomenas_report::model::Recipes;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::columns::width;
use super::comparison_progress::ComparisonProgress;
use super::limit_options::LimitOptions;
use super::lock_options::LockOptions;
use super::options::{PluginOptions, PrecisionOption, RecipeOptions, SpaceOptions, device, tell_sizes};
use super::progress::verify;
use super::{dry_run, next_steps, out, start, straddling::tell_straddling, threads};
use crate::compare::calibrate::calibrate;
use crate::compare::changes::Changes;
use crate::compare::folder::{LockedFolder, expect_free};
use crate::compare::lock_file::LockFile;
use crate::compare::pins::{Wishes, needs_plugin};
use crate::compare::plan::{ComparisonPlan, EntryPlan, Machine};
use crate::compare::resolve::{ResolveContext, Resolved, resolve};
use crate::compare::{Comparer, Outcome, gpus, preflight};
use crate::plugins::pinned::pinned;
use crate::plugins::short_windows::with_way_on;
use crate::plugins::{DiscoveredPlugin, Limits, StrategyRef, StrategyRegistry, outlook, preview};
use crate::spec::Spec;
use crate::spec::budget::BudgetSpec;
use crate::spec::preset::Preset;
use crate::spec::request::Request;
use crate::spec::seeds::Seeds;
use crate::spec::tune::Grid;
use crate::verified;

/// Compares strategies: the same data, budget, final training and seeds for each, and one sealed test
#[derive(Args, Debug)]
#[command(
    after_help = "What is given as an option wins over the comparison file, whose keys are: title, data, out, strategies, seeds, budget,\n\
space, control, ceiling, published, ranked_by, concurrent_trials, jobs, threads, device, precision, hook_deadline,\n\
recipe (common, own or tuned) and the tables [tune] and [final]. Its paths are relative to it.\n\
With `--recipe own`, what a search found is trained by the plan that its trials had; settings of the final training act on\n\
entries that have no such plan. Linear models (kmer-lr, positional-lr, majority) are always trained to their optimum.\n\
Interrupted or killed, the same command goes on where it was; `--out` alone is enough, also after the folder was moved,\n\
and with `--data` after the data were. A run that `genomenas run` is doing elsewhere is waited for.\n\
`--add` and `--drop` change the entries of a comparison that has begun.\n\n\
Examples:\n  \
genomenas compare examples/demo.toml --out results\n  \
genomenas compare --data yeast.arrow --strategies deepsea,danq --strategy 'danq width=0.1' \\\n      \
--seeds 1..5 --budget 20000samples --jobs 2 --out results\n  \
genomenas compare --data yeast.arrow --preset quick --dry-run\n  \
genomenas compare --data yeast.arrow --preset quick --out results\n  \
genomenas compare --data yeast.arrow --preset quick --recipe tuned --tune learning_rate=0.001,0.01 --out tuned\n  \
genomenas compare --out results\n  \
genomenas compare --out results --add 'danq width=0.2'\n  \
genomenas compare examples/demo.toml --out again --locked"
)]
pub(crate) struct CompareArgs {
    /// A comparison file
    #[arg(value_name = "COMPARISON.toml")]
    file: Option<PathBuf>,
    /// The folder of the comparison
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The title of its report
    #[arg(long)]
    title: Option<String>,
    /// The data: a store made by `genomenas data import`
    #[arg(long, value_name = "STORE")]
    data: Option<PathBuf>,
    /// Strategies with their default parameters, separated by commas
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    strategies: Vec<String>,
    /// A strategy with parameters; may be given several times. `name=small` gives it a short name in tables, legends and
    /// folders
    #[arg(long = "strategy", value_name = "'ID KEY=VALUE …'", value_parser = Spec::from_str)]
    strategy: Vec<Spec>,
    /// Seeds, each of them for every strategy: 1,2,3 or 1..5 [default: 1..3]
    #[arg(long, value_name = "SEEDS", value_parser = Seeds::from_str)]
    seeds: Option<Seeds>,
    /// What every search may spend, such as 10epochs (10 times the training split), 20000samples, 90seconds or
    /// 5e12multiply-adds
    #[arg(long, value_name = "BUDGET", value_parser = BudgetSpec::from_str)]
    budget: Option<BudgetSpec>,
    /// A budget, a space, seeds and a recipe for the data at hand, and strategies where none are named; printed as the comparison
    /// file that it amounts to, over which options and a file win
    #[arg(long, value_enum, value_name = "PRESET")]
    preset: Option<Preset>,
    #[command(flatten)]
    space: SpaceOptions,
    #[command(flatten)]
    extra: ExtraRows,
    /// Trials of a run that take turns on its device: of use to strategies that decide while others run [default: 1]
    #[arg(long, alias = "in-flight", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) concurrent_trials: Option<u32>,
    /// Runs at once [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    jobs: Option<u32>,
    /// Threads of all runs together [default: all that this process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
    /// Where to compute: auto, cpu, cuda (runs are spread over all there are) or cuda:I [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = device)]
    device: Option<String>,
    #[command(flatten)]
    precision: PrecisionOption,
    #[command(flatten)]
    going_on: GoingOnOptions,
    #[command(flatten)]
    changes: ChangeOptions,
    #[command(flatten)]
    lock: LockOptions,
    /// Makes nothing: shows the plan, with the time and the memory that it takes by a few steps of every strategy, and what
    /// would be cut first
    #[arg(long, conflicts_with = "json")]
    dry_run: bool,
    /// Prints the comparison as JSON in place of the leaderboard
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    recipe: RecipeOptions,
    /// With `--recipe tuned`, the values to try: every learning rate with every weight decay is a final training of each run, and
    /// the one with the best validation metric (that of the leaderboard) is kept; the cost of all is counted. May be given
    /// for both [default: `learning_rate=0.0003,0.001,0.003` and `weight_decay=0,0.0001`, 6 trainings]
    #[arg(long, value_name = "KEY=VALUE,…", help_heading = "Final training")]
    tune: Vec<String>,
}

/// What stands on the leaderboard beside the strategies.
#[derive(Args, Clone, Copy, Debug)]
struct ExtraRows {
    /// Leaves out the controls that are otherwise added to every comparison: random-search, kmer-lr, positional-lr, majority
    #[arg(long)]
    no_control: bool,
    /// Trains the best architecture that anyone found again, with every seed by the common recipe, once all runs are over: a
    /// row of its own that says how much the strategies left, and is not ranked
    #[arg(long)]
    ceiling: bool,
}

/// What is done anew where a comparison goes on.
#[derive(Args, Clone, Copy, Debug)]
struct GoingOnOptions {
    /// Begins failed runs again, without what they had made; otherwise they stay as they are
    #[arg(long)]
    retry_failed: bool,
    /// Accepts plugins whose files were changed since the comparison began: all runs of their strategies begin anew
    #[arg(long)]
    accept_plugins: bool,
}

/// What becomes of the entries of a comparison that has begun.
#[derive(Args, Clone, Debug)]
struct ChangeOptions {
    /// Adds a strategy to the comparison in --out, finished or not, on the same data, budget, recipe, seeds and folds; nothing
    /// that is done is repeated. Of a hidden entry, its name shows it again. May be given several times
    #[arg(long, value_name = "'ID KEY=VALUE …'", value_parser = Spec::from_str)]
    #[arg(conflicts_with_all = ["dry_run", "preset", "strategies", "strategy"])]
    add: Vec<Spec>,
    /// Hides an entry of the comparison in --out from the leaderboard and the page; nothing of it is removed, and --add with its
    /// name shows it again. May be given several times
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["dry_run", "preset"])]
    drop: Vec<String>,
}

/// How a comparison ended.
pub(crate) enum Ended {
    /// Every run is done.
    Done,
    /// Some runs failed.
    WithFailures,
    /// By this signal.
    BySignal(u8),
}

pub(crate) fn run(args: &CompareArgs) -> Result<Ended> {
    let request = match &args.file {
        Some(path) => args.request()?.or(Request::read(path)?),
        None => args.request()?,
    };
    let missing = || Error::input("a comparison needs a folder: give one with --out DIR");
    let out = request.out.clone().or_else(|| args.dry_run.then(PathBuf::new)).ok_or_else(missing)?;
    let expected = args.lock.expected(args.file.as_deref(), &out)?;
    let lock_beside = args.lock.beside(args.file.as_deref())?;
    let signal = catch_signals()?;
    // A comparison that goes on finds the plugins it began with, also where nobody names their folders again.
    let earlier = if args.dry_run { None } else { ComparisonPlan::read(&out)? };
    // A file that was changed in its place is another matter, which is settled with the plan.
    let pins = earlier.iter().flat_map(|plan| &plan.entries);
    let found =
        pins.filter_map(|entry| Some((entry, pinned(&entry.plugin_file, &entry.plugin_sha256, &[]).ok()?.path)));
    let kept = found.filter(|(entry, path)| *path == entry.plugin_file || !entry.plugin_file.exists());
    let registry = args.plugins.registry_with(&kept.map(|(_, path)| path).collect::<Vec<_>>())?;
    expected.iter().try_for_each(|expected| expected.expect_plugins(&registry))?;
    let request = match args.preset {
        Some(preset) => with_preset(request, preset, &registry)?,
        None => request,
    };
    let given_settings = args.preset.is_none() && request.final_training.is_some();
    let context = ResolveContext {
        strategies: &registry,
        data: &|path| Ok(Store::open(path)?.info().clone()),
        threads: threads::available(),
        command: command_line(),
        wishes: Wishes {
            accept: args.going_on.accept_plugins,
            retry_failed: args.going_on.retry_failed,
            unconfined: args.limits.unconfined,
        },
        changes: Changes { add: args.changes.add.clone(), drop: args.changes.drop.clone() },
    };
    // A folder is made only for a comparison that can begin.
    let begins = earlier.is_none();
    let before = earlier.as_ref().map_or(0, |plan| plan.entries.len());
    let Resolved { plan, space, sizes } = resolve(request, &out, earlier, &context)?;
    if begins {
        if !args.dry_run {
            expect_free(&out, &space.to_toml()?)?;
        }
        check_precision(&plan.machine)?;
    }
    let store = Store::open(&plan.data.store)?;
    // What a comparison that goes on began with is in its lock.
    let libtorch = if (begins && !args.dry_run) || expected.is_some() { start::libtorch() } else { None };
    let lock = LockFile::of(&plan, &registry, &store.info().import, libtorch);
    expected.iter().try_for_each(|expected| expected.expect(&lock))?;
    let narrowest = store.info().narrowest();
    let data = narrowest.for_plugins();
    if plan.unconfined {
        log::warn!("plugins are not confined (--unconfined): they can do whatever you can");
    }
    let limits = Limits::new(plan.hook_deadline, !plan.unconfined);
    // What has nothing left to do is not loaded.
    let needed = |entry: &&EntryPlan| args.dry_run || needs_plugin(&out, &plan, entry, args.going_on.retry_failed);
    for entry in plan.entries.iter().filter(needed) {
        let plugin = pinned(&entry.plugin_file, &entry.plugin_sha256, &[])?;
        let strategy = strategy_of(&plugin, entry)?;
        preview::try_out(&strategy, &entry.parameters, &space, &data, plan.budget, limits)
            .map_err(|refusal| with_way_on(refusal, &strategy, &registry, &space, &narrowest, limits))?;
    }
    if begins {
        tell_sizes(&sizes);
        log::info!("{}", lengths(&plan));
        if plan.recipe == Recipes::Own && given_settings {
            log::warn!("settings of the final training act only on entries that have no recipe of their own");
        }
        preflight::check(&plan, &space, store.info(), &registry, limits)?;
    } else if plan.entries.len() > before {
        let entries = plan.entries.iter().skip(before).cloned().collect();
        let added = ComparisonPlan { entries, ..plan.clone() };
        preflight::check(&added, &space, store.info(), &registry, limits)?;
    }
    verify(&store)?;
    if args.dry_run {
        let environment = vec![(verified::VARIABLE.to_owned(), verified::name(&store))];
        let (data, test_rows) = (narrowest.for_checks(), narrowest.rows.test);
        let how = (limits, environment);
        let estimates = calibrate(&plan, &space, &data, test_rows, &registry, how, &signal)?;
        dry_run::show(&plan, &estimates)?;
        return Ok(Ended::Done);
    }
    let folder = LockedFolder::open(&out)?;
    let environment = vec![(verified::VARIABLE.to_owned(), verified::name(&store))];
    let devices = devices(&plan.machine.device)?;
    let path = folder.path().to_owned();
    store.info().of_runs().iter().for_each(tell_straddling);
    let comparer = Comparer::begin(folder, plan, space, lock)?;
    if let Some(beside) = lock_beside {
        LockFile::copy(&path, &beside)?;
        log::info!("the lock of this comparison lies in {}, too", beside.display());
    }
    let outcome = {
        let mut progress = ComparisonProgress::new();
        comparer.run(environment, devices, args.going_on.retry_failed, &signal, &mut progress)?
    };
    args.print(&path, outcome)
}

/// A request with what a preset says where it says nothing, which is printed.
fn with_preset(request: Request, preset: Preset, registry: &StrategyRegistry) -> Result<Request> {
    let missing = "a preset is for the data at hand: give the store with --data, or in a comparison file";
    let data = request.data.as_ref().ok_or_else(|| Error::input(missing))?;
    let info = Store::open(data)?.info().narrowest().for_plugins();
    let file = preset.file(&request, &info, |id| registry.strategy(id).is_ok());
    let text = toml::to_string(&file).map_err(|error| Error::bug(format!("a preset cannot be written: {error}")))?;
    out::note(&format!("# --preset {} is this comparison file for {}:\n{text}\n", preset.name(), data.display()));
    Ok(request.or(Preset::request(&file)?))
}

impl CompareArgs {
    fn request(&self) -> Result<Request> {
        let plain = self.strategies.iter().map(|id| id.trim()).filter(|id| !id.is_empty()).map(Spec::from_str);
        let strategies = plain.chain(self.strategy.iter().cloned().map(Ok)).collect::<Result<Vec<_>>>()?;
        let mut grid = Grid::default();
        self.tune.iter().try_for_each(|text| grid.set(text))?;
        let recipe = self.recipe.table()?;
        Ok(Request {
            title: self.title.clone(),
            data: self.data.clone(),
            out: self.out.clone(),
            strategies: (!strategies.is_empty()).then_some(strategies),
            seeds: self.seeds.clone(),
            budget: self.budget,
            space: self.space.given()?,
            control: self.extra.no_control.then_some(false),
            ceiling: self.extra.ceiling.then_some(true),
            published: None,
            ranked_by: None,
            concurrent_trials: self.concurrent_trials,
            jobs: self.jobs,
            threads: self.threads,
            device: self.device.clone(),
            precision: self.precision.given,
            hook_deadline: self.limits.hook_deadline,
            recipe: self.recipe.recipes(),
            tune: (!self.tune.is_empty()).then_some(grid),
            final_training: (!recipe.is_empty()).then_some(recipe),
        })
    }

    fn print(&self, folder: &Path, outcome: Outcome) -> Result<Ended> {
        if outcome.signal != 0 {
            log::warn!("interrupted: go on with `genomenas compare --out {}`", folder.display());
            return Ok(Ended::BySignal(u8::try_from(128 + outcome.signal).unwrap_or(130)));
        }
        if self.json {
            out::json_text(&report::json(&outcome.comparison)?)?;
        } else {
            out::text(&report::leaderboard_text(&outcome.comparison, width()))?;
            if outcome.unwritten.is_none() {
                out::text(&next_steps::of_comparison(folder, &outcome.comparison))?;
            }
        }
        if outcome.failed > 0 {
            log::error!(
                "{} of the runs failed: see the run.log of each; --retry-failed begins them again",
                outcome.failed
            );
        }
        match outcome.unwritten {
            Some(error) => Err(error),
            None if outcome.failed > 0 => Ok(Ended::WithFailures),
            None => Ok(Ended::Done),
        }
    }
}

/// The strategy of an entry in its plugin.
fn strategy_of<'a>(plugin: &'a DiscoveredPlugin, entry: &EntryPlan) -> Result<StrategyRef<'a>> {
    plugin
        .strategy(&entry.strategy)
        .ok_or_else(|| Error::input(format!("{} has no strategy '{}'", plugin.path.display(), entry.strategy)))
}

/// How long a run's two parts are, before anybody waits for them: a small budget shortens the search alone.
fn lengths(plan: &ComparisonPlan) -> String {
    let (recipe, rows) = (&plan.final_training, plan.data.rows[0]);
    let folds = match plan.data.folds.len() {
        0 => String::new(),
        folds => format!(
            "{folds} folds take turns as the test, with every seed: {} runs of each entry; ",
            grouped(plan.turns() as u64)
        ),
    };
    let samples = format!(
        "at most {} samples ({} epoch{})",
        grouped(outlook::samples_at_most(recipe, rows)),
        recipe.epochs,
        if recipe.epochs == 1 { "" } else { "s" }
    );
    let then = match (&plan.tune, plan.recipe) {
        (Some(tune), _) => format!(
            "trains what it found {} times, each on {samples}: {}; linear models are trained to their optimum, once",
            tune.trainings(),
            tune.in_words()
        ),
        (None, Recipes::Own) => format!(
            "trains what it found by the plan that its trials had or, where they had none, on {samples}; linear models are trained to their optimum"
        ),
        (None, _) => format!("trains what it found on {samples}"),
    };
    format!("{folds}each run searches with {}, then {then}", outlook::budget_in_words(plan.budget, rows))
}

/// The number of the first signal that asks this process to end; 0 until then. A second one ends it at once.
fn catch_signals() -> Result<Arc<AtomicUsize>> {
    let signal = Arc::new(AtomicUsize::new(0));
    let again = Arc::new(AtomicBool::new(false));
    for (number, code) in [(SIGINT, 2), (SIGTERM, 15), (SIGHUP, 1)] {
        let register = || -> std::io::Result<()> {
            // In this order: what is registered first sees `again` as it was before this signal.
            flag::register_conditional_shutdown(number, 130, Arc::clone(&again))?;
            flag::register(number, Arc::clone(&again))?;
            flag::register_usize(number, Arc::clone(&signal), code)?;
            Ok(())
        };
        register().map_err(|error| Error::failed(format!("cannot listen to signals: {error}")))?;
    }
    Ok(signal)
}

/// Refuses a precision that the device of the runs lacks.
fn check_precision(machine: &Machine) -> Result<()> {
    if machine.precision.is_default() {
        return Ok(());
    }
    let count = if machine.device == "cpu" { 0 } else { start::cuda_devices()? };
    machine.precision.check_on(machine.device.parse::<DeviceChoice>()?.among(count)?)
}

/// The CUDA devices to spread runs over.
fn devices(device: &str) -> Result<Vec<String>> {
    let count = if device == "cpu" { 0 } else { start::cuda_devices()? };
    Ok(gpus::to_spread_over(device, count, std::env::var("CUDA_VISIBLE_DEVICES").ok().as_deref()))
}

/// The command line, as a shell reads it.
fn command_line() -> String {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let words = std::iter::once("genomenas").chain(arguments.iter().map(String::as_str));
    // Only a null byte cannot be quoted, and no argument of a process holds one.
    shlex::try_join(words).unwrap_or_default()
}
