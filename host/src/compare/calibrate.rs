//! What a comparison takes, from a few steps of each of its entries: runs in a folder that vanishes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::Data;
use genomenas_plugin::message::{Budget, Cost, Plan, Unit};
use genomenas_plugin::space::Space;

use super::plan::{ComparisonPlan, PlannedRun};
use super::workers::{End, Job, WorkerEvent, WorkerSettings, Workers};
use crate::plugins::outlook;
use crate::plugins::{Limits, StrategyRegistry};
use crate::run::{self, RunResult, State};

/// Steps of a final training, and of each trial of a search, that are measured.
const STEPS: u32 = 20;
/// How often the memory of the processes is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What a run of an entry takes.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The entry.
    pub name: String,
    /// Seconds of its search, where they can be told.
    pub search: f64,
    /// Seconds of its final training and of the test, if nothing stops it early.
    pub training: f64,
    /// Whether it is trained to its optimum, which neither the recipe nor a smaller budget shortens by much.
    pub to_optimum: bool,
    /// Bytes at the peak, of what was measured.
    pub memory: u64,
}

/// Measures each entry of a plan; the reason where an entry cannot be measured.
///
/// # Errors
///
/// No run can be made or started, or a signal came.
pub fn calibrate(
    plan: &ComparisonPlan,
    space: &Space,
    data: &Data,
    test_rows: u64,
    registry: &StrategyRegistry,
    (limits, environment): (Limits, Vec<(String, String)>),
    signal: &AtomicUsize,
) -> Result<Vec<(String, Result<Estimate, String>)>> {
    let folder = tempfile::Builder::new()
        .prefix("genomenas-calibration-")
        .tempdir()
        .map_err(|error| Error::failed(format!("cannot make a folder to calibrate in: {error}")))?;
    let is_first =
        |run: &PlannedRun| Some(run.seed) == plan.seeds.first().copied() && run.fold.is_none_or(|fold| fold == 1);
    let of_first_seed = plan.runs().into_iter().filter(is_first);
    let mut estimates = Vec::new();
    for run in of_first_seed {
        let Some(entry) = plan.entries.get(run.entry) else { continue };
        log::info!("{}: a few steps, to know how long it takes", entry.name);
        let terms = (plan.budget, plan.concurrent_trials);
        let outlook = outlook::look(registry, &entry.spec(), space, data, terms, limits)?;
        let path = folder.path().join(run.entry.to_string());
        let measured = measure(plan, space, &run, &path, &environment, signal)?;
        if signal.load(Ordering::SeqCst) != 0 {
            return Err(Error::failed("interrupted"));
        }
        let estimate = measured.and_then(|(result, memory)| {
            let (name, to_optimum) = (entry.name.clone(), result.trained_to_optimum);
            if let Some(cost) = result.final_training.filter(|_| to_optimum) {
                // The whole of it was measured.
                let (search, training) = (of_search_for_optimum(plan.budget, cost), cost.seconds);
                return Ok(Estimate { name, search, training, to_optimum, memory });
            }
            let recipe = &plan.final_training;
            let search = of_search(plan.budget, outlook.map(|outlook| outlook.used), result.search)
                .ok_or("its search cannot be foreseen: it answers too late")?;
            let training = of_training(recipe, data, test_rows, &result).ok_or("its final training has no length")?;
            Ok(Estimate { name, search, training, to_optimum, memory })
        });
        estimates.push((entry.name.clone(), estimate));
    }
    Ok(estimates)
}

/// A short run of an entry, with its result and the bytes at its peak; the reason where it failed.
fn measure(
    plan: &ComparisonPlan,
    space: &Space,
    run: &PlannedRun,
    path: &Path,
    environment: &[(String, String)],
    signal: &AtomicUsize,
) -> Result<Result<(RunResult, u64), String>> {
    let mut settings = plan.settings(run).ok_or_else(|| Error::bug(format!("the plan has no entry {}", run.entry)))?;
    if let Some(search) = &mut settings.search {
        let samples = 8 * u64::from(STEPS) * u64::from(plan.final_training.batch.max(32));
        let whole = if plan.budget.unit == Unit::Samples { plan.budget.amount } else { u64::MAX };
        search.budget = Budget { amount: samples.min(whole), unit: Unit::Samples };
    }
    let steps_per_epoch = Some(plan.final_training.steps_per_epoch.map_or(STEPS, |steps| steps.min(STEPS)));
    settings.final_training = Some(Plan { epochs: 1, steps_per_epoch, ..plan.final_training.clone() });
    settings.test = false;
    run::create(path, &settings, Some(space), None)?;
    let program = std::env::current_exe()
        .map_err(|error| Error::failed(format!("cannot find this program to start runs with: {error}")))?;
    let mut arguments = vec!["run".to_owned()];
    arguments.extend(plan.unconfined.then(|| "--unconfined".to_owned()));
    let worker = WorkerSettings { program, arguments, jobs: 1, environment: environment.to_vec(), devices: Vec::new() };
    let jobs = [Job { name: run.name.clone(), folder: path.to_owned() }];
    let memory = Watch::begin()?;
    let mut failed = None;
    for event in Workers::new(worker, &jobs, signal) {
        if let WorkerEvent::Ended(_, End::Failed(why)) = event {
            failed = Some(why);
        }
    }
    let peak = memory.end();
    Ok(match (failed, RunResult::read(path)?) {
        (_, Some(result)) if result.state == State::Done => Ok((result, peak)),
        (_, Some(result)) => Err(result.reason.unwrap_or_else(|| "it failed without a reason".to_owned())),
        (Some(why), None) => Err(why),
        (None, None) => Err("it ended without a result".to_owned()),
    })
}

/// The seconds of a search: what it will compute, at the speed that was measured.
fn of_search(budget: Budget, foreseen: Option<Cost>, measured: Option<Cost>) -> Option<f64> {
    if budget.unit == Unit::Seconds {
        return Some(budget.amount as f64);
    }
    let (foreseen, measured) = (foreseen?, measured.filter(|cost| cost.multiply_adds > 0)?);
    Some(foreseen.multiply_adds as f64 * measured.seconds / measured.multiply_adds as f64)
}

/// The seconds of a search that trains to the optimum as the final training does, until the budget is spent.
fn of_search_for_optimum(budget: Budget, training: Cost) -> f64 {
    let spent = match budget.unit {
        Unit::Seconds => training.seconds,
        unit => training.in_unit(unit) as f64,
    };
    if spent > 0.0 { training.seconds * (budget.amount as f64 / spent).min(1.0) } else { training.seconds }
}

/// The seconds of a final training to its last epoch, with the scores of the validation and the test split after it.
fn of_training(recipe: &Plan, data: &Data, test_rows: u64, result: &RunResult) -> Option<f64> {
    let measured = result.final_training.filter(|cost| cost.multiply_adds > 0)?;
    let forward = result.multiply_adds? as f64;
    let strands = if recipe.average_strands { 2.0 } else { 1.0 };
    let trained = 3.0 * outlook::samples_at_most(recipe, data.info.train_rows) as f64;
    let scored = recipe
        .validation_batches
        .map_or(data.info.valid_rows, |batches| data.info.valid_rows.min(u64::from(batches) * u64::from(recipe.batch)));
    let validated = strands * f64::from(recipe.epochs) * scored as f64;
    let at_the_end = strands * (data.info.valid_rows + test_rows) as f64;
    let passes = trained + validated + at_the_end;
    Some(passes * forward * measured.seconds / measured.multiply_adds as f64)
}

/// Looks how much memory the processes take that this one started.
struct Watch {
    stop: Arc<AtomicBool>,
    peak: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

impl Watch {
    fn begin() -> Result<Self> {
        let (stop, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, highest) = (Arc::clone(&stop), Arc::clone(&peak));
        let look = move || {
            while !stopped.load(Ordering::SeqCst) {
                highest.fetch_max(of_children(), Ordering::SeqCst);
                thread::sleep(LOOK);
            }
        };
        let thread = thread::Builder::new().name("memory".to_owned()).spawn(look);
        let thread = thread.map_err(|error| Error::failed(format!("cannot watch the memory: {error}")))?;
        Ok(Self { stop, peak, thread })
    }

    fn end(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        // It does nothing that could panic.
        let _ = self.thread.join();
        self.peak.load(Ordering::SeqCst)
    }
}

/// The largest peak of the children of this process, in bytes; 0 where the kernel does not say.
fn of_children() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let peak = |child: &str| {
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    };
    children.flat_map(|list| list.split_whitespace().filter_map(peak).collect::<Vec<_>>()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_takes_what_it_computes_at_the_speed_that_was_measured() {
        let cost = |multiply_adds, seconds| Some(Cost { samples: 1, seconds, multiply_adds });
        let samples = Budget { amount: 5, unit: Unit::Samples };
        assert_eq!(of_search(samples, cost(1_000, 7.0), cost(100, 2.0)), Some(20.0));
        assert_eq!(of_search(samples, None, cost(100, 2.0)), None);
        assert_eq!(of_search(samples, cost(1_000, 7.0), cost(0, 2.0)), None);
        assert_eq!(of_search(Budget { amount: 5, unit: Unit::Seconds }, None, None), Some(5.0));
    }

    #[test]
    fn a_search_for_an_optimum_ends_there_or_with_its_budget() {
        let training = Cost { samples: 100, seconds: 8.0, multiply_adds: 1_000 };
        let search = |amount, unit| of_search_for_optimum(Budget { amount, unit }, training);
        assert!((search(25, Unit::Samples) - 2.0).abs() < 1e-9);
        assert!((search(4, Unit::Seconds) - 4.0).abs() < 1e-9);
        assert!((search(9_000, Unit::MultiplyAdds) - 8.0).abs() < 1e-9);
    }
}
