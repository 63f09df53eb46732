//! The report of a run, read from its folder alone; works while the run is under way.

pub(crate) mod details;
pub(crate) mod summary;

use std::collections::BTreeSet;
use std::path::Path;

use genomenas_data::error::Result;
use genomenas_data::files;
use genomenas_data::text::bounded;
use genomenas_data::{Precision, Store};
use genomenas_plugin::message::Cost;
use genomenas_report::model::{
    DataSummary, EpochPoint, PhaseCost, RunPhase, RunReport, RunSummary, SearchTerms, Setting,
};
use genomenas_report::{humanize, recipe, run_page};

use crate::run::settings::{Data, Search, Settings, files as names};
use crate::run::{RunResult, State};
use summary::{or_warn, read_architecture, summarize};

/// The report of the run in `folder`.
///
/// # Errors
///
/// It is not a run folder, or its settings or its result cannot be read. Anything else that cannot be read is left out,
/// with a warning.
pub fn report(folder: &Path) -> Result<RunReport> {
    let settings = Settings::read(folder)?;
    let result = RunResult::read(folder)?;
    let mut run = summarize(folder, folder.display().to_string(), (settings.data.fold, settings.seed), result.as_ref());
    if result.is_none() {
        run.search = cost_so_far(&run.curve, |phase| *phase != RunPhase::Final);
        run.training = cost_so_far(&run.curve, |phase| *phase == RunPhase::Final);
    }
    let mut environment = vec![
        Setting::new("run with", format!("genomenas {}", settings.genomenas)),
        Setting::new("device", settings.device.clone()),
        Setting::new("threads", settings.threads.to_string()),
    ];
    environment.extend(precision(settings.precision));
    environment.extend(settings.search.as_ref().filter(|search| search.unconfined).map(|_| unconfined()));
    Ok(RunReport {
        title: title(folder, &settings),
        data: data(&settings.data),
        recipe: recipe(&settings, result.as_ref(), &run),
        run,
        valid: result.filter(|result| result.state == State::Done).and_then(|result| result.valid),
        generated_by: format!("genomenas {}", env!("CARGO_PKG_VERSION")),
        environment,
        search: settings.search.map(terms),
    })
}

/// The final training: as it was, or as it is meant to be.
fn recipe(settings: &Settings, result: Option<&RunResult>, run: &RunSummary) -> Vec<Setting> {
    let Some(planned) = &settings.final_training else { return Vec::new() };
    let plan = result.and_then(|result| result.final_plan.as_ref());
    let mut all = recipe::settings(plan.unwrap_or(planned));
    if settings.own_recipe && !run.trained_to_optimum {
        let whose = match (plan, result) {
            (Some(_), _) => "that of the trials of its search",
            (None, Some(result)) if result.final_training.is_some() => {
                "the common one: the trials of its search had none"
            }
            _ => "that of the trials of its search, or this one where they have none",
        };
        all.insert(0, Setting::new("recipe", whose));
    }
    if let Some(tune) = settings.tune.as_ref().filter(|_| !run.trained_to_optimum) {
        all.push(Setting::new("tuned", format!("{} trainings: {}", tune.trainings(), tune.in_words())));
    }
    let tried = run.recipe.iter().flat_map(|recipe| &recipe.tried);
    all.extend((1..).zip(tried).map(|(number, tried)| {
        let came_to = match &tried.failed {
            Some(why) => format!("failed: {why}"),
            None => tried.score.map_or_else(|| "undefined".to_owned(), |score| format!("{score:.4}")),
        };
        let kept = if tried.kept { ", kept" } else { "" };
        Setting::new(&format!("training {number}"), format!("{}: {came_to}{kept}", tried.in_words()))
    }));
    all
}

/// What a report says of the precision; nothing where it is float32.
pub(crate) fn precision(precision: Precision) -> Option<Setting> {
    (!precision.is_default()).then(|| Setting::new("precision", precision.to_string()))
}

/// What a report says where plugins were not confined.
pub(crate) fn unconfined() -> Setting {
    Setting::new(
        "plugins",
        "not confined (--unconfined): they could read whatever the user can, the test split included",
    )
}

/// Writes the page of the run in `folder` into it.
///
/// # Errors
///
/// Those of [`report()`], or the page cannot be written.
pub fn write(folder: &Path) -> Result<RunReport> {
    let run = report(folder)?;
    files::write_atomically(&folder.join(names::PAGE), run_page(&run).as_bytes())?;
    Ok(run)
}

/// Writes the page of a run that has none. A run is what it is without it, too: an error is a warning.
pub fn write_if_missing(folder: &Path) {
    if !folder.join(names::PAGE).exists() {
        or_warn(write(folder));
    }
}

/// "danq width=0.1 on yeast.arrow, seed 1".
fn title(folder: &Path, settings: &Settings) -> String {
    let what = match &settings.search {
        Some(search) => {
            let set = search.parameters.iter().map(|(name, value)| match value.as_str() {
                Some(text) => format!(" {name}={text}"),
                None => format!(" {name}={value}"),
            });
            search.strategy.clone() + &set.collect::<String>()
        }
        None => read_architecture(&folder.join(names::ARCHITECTURE))
            .map_or_else(|| "an architecture".to_owned(), |architecture| bounded(&architecture.name, 200)),
    };
    let store = &settings.data.store;
    let data =
        store.file_name().map_or_else(|| store.display().to_string(), |name| name.to_string_lossy().into_owned());
    let fold = settings.data.fold.map_or_else(String::new, |fold| format!("fold {fold}, "));
    format!("{what} on {data}, {fold}seed {}", settings.seed)
}

fn terms(search: Search) -> SearchTerms {
    SearchTerms {
        strategy: search.strategy,
        parameters: search.parameters.into_iter().collect(),
        plugin: search.plugin,
        plugin_version: search.plugin_version,
        space: search.space,
        budget: humanize::budget(search.budget),
    }
}

/// The store's splits and labels if its content is still that of the run, else its path and digest only.
fn data(data: &Data) -> DataSummary {
    let known = DataSummary {
        path: data.store.display().to_string(),
        digest: data.digest.clone(),
        splits: Vec::new(),
        length: 0,
        labels: Vec::new(),
        straddling: None,
        folds: Vec::new(),
    };
    let store = or_warn(Store::open(&data.store)).filter(|store| store.info().digest == data.digest);
    let Some(store) = store.and_then(|store| or_warn(store.at(data.fold))) else { return known };
    let info = store.info();
    DataSummary {
        splits: DataSummary::split_rows(info.rows.train, info.rows.valid, info.rows.test),
        length: info.shape.length as u64,
        labels: info.shape.labels.clone(),
        straddling: info.leakage,
        ..known
    }
}

/// The cost of a phase that still runs, up to its last epoch; multiply-adds are unknown until it ends, and 0 here.
fn cost_so_far(curve: &[EpochPoint], of: impl Fn(&RunPhase) -> bool) -> PhaseCost {
    let points = || curve.iter().filter(|point| of(&point.phase));
    let trials: BTreeSet<u64> = points()
        .filter_map(|point| match point.phase {
            RunPhase::Search { trial } => Some(trial),
            RunPhase::Final => None,
        })
        .collect();
    let last = points().last();
    let used = last.map(|point| Cost { samples: point.samples, seconds: point.seconds, multiply_adds: 0 });
    PhaseCost { used: used.unwrap_or_default(), trials: trials.len() as u64 }
}
