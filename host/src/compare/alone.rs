//! The report of a run by itself, read from its folder alone; works while the run is under way.

use std::collections::BTreeSet;
use std::path::Path;

use genomenas_data::Store;
use genomenas_data::error::Result;
use genomenas_data::files;
use genomenas_report::words;
use genomenas_report::{self as report, Cost, DataSummary, EpochPoint, Phase, RunReport, SearchTerms, Setting, Split};

use super::collect::{of_run, read_architecture, told};
use crate::run::settings::{Data, Search, Settings, files as names};
use crate::run::{RunResult, State};

/// What is known of the run in `folder`.
///
/// # Errors
///
/// It is no run, or its settings or its result cannot be read. What else cannot be read is left out, with a warning.
pub fn report(folder: &Path) -> Result<RunReport> {
    let settings = Settings::read(folder)?;
    let result = RunResult::read(folder)?;
    let mut run = of_run(folder, folder.display().to_string(), settings.seed, result.as_ref())?;
    if result.is_none() {
        run.search = cost_so_far(&run.curve, |phase| *phase != Phase::Final);
        run.training = cost_so_far(&run.curve, |phase| *phase == Phase::Final);
    }
    let setting = |name: &str, value: String| Setting { name: name.to_owned(), value };
    Ok(RunReport {
        title: title(folder, &settings),
        data: data(&settings.data),
        recipe: settings.final_training.as_ref().map(words::recipe).unwrap_or_default(),
        run,
        valid: result.filter(|result| result.state == State::Done).and_then(|result| result.valid),
        generated_by: format!("genomenas {}", env!("CARGO_PKG_VERSION")),
        environment: vec![
            setting("run with", format!("genomenas {}", settings.genomenas)),
            setting("device", settings.device),
            setting("threads", settings.threads.to_string()),
        ],
        search: settings.search.map(terms),
    })
}

/// Writes the page of the run in `folder` into it.
///
/// # Errors
///
/// As of [`report()`], and where the page cannot be written.
pub fn write(folder: &Path) -> Result<RunReport> {
    let run = report(folder)?;
    files::write_atomically(&folder.join(names::PAGE), report::run_page(&run).as_bytes())?;
    Ok(run)
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
            .map_or_else(|| "an architecture".to_owned(), |architecture| architecture.name),
    };
    let store = &settings.data.store;
    let data =
        store.file_name().map_or_else(|| store.display().to_string(), |name| name.to_string_lossy().into_owned());
    format!("{what} on {data}, seed {}", settings.seed)
}

fn terms(search: Search) -> SearchTerms {
    SearchTerms {
        strategy: search.strategy,
        parameters: search.parameters.into_iter().collect(),
        plugin: search.plugin,
        plugin_version: search.plugin_version,
        space: search.space,
        budget: words::budget(search.budget),
    }
}

/// What the store says of itself, if it is still the one of the run.
fn data(data: &Data) -> DataSummary {
    let known = DataSummary {
        path: data.store.display().to_string(),
        digest: data.digest.clone(),
        splits: Vec::new(),
        length: 0,
        labels: Vec::new(),
    };
    let store = told(Store::open(&data.store)).filter(|store| store.info().digest == data.digest);
    let Some(store) = store else { return known };
    let info = store.info();
    let split = |(name, rows): (&str, u64)| Split { name: name.to_owned(), rows };
    let rows = [("train", info.rows.train), ("validation", info.rows.valid), ("test", info.rows.test)];
    DataSummary {
        splits: rows.into_iter().map(split).collect(),
        length: info.shape.length as u64,
        labels: info.shape.labels.clone(),
        ..known
    }
}

/// The cost of a phase of a run that is not over, up to its last epoch; what its epochs do not tell is 0.
fn cost_so_far(curve: &[EpochPoint], of: impl Fn(&Phase) -> bool) -> Cost {
    let points = || curve.iter().filter(|point| of(&point.phase));
    let trials: BTreeSet<u64> = points()
        .filter_map(|point| match point.phase {
            Phase::Search { trial } => Some(trial),
            Phase::Final => None,
        })
        .collect();
    let last = points().last();
    Cost {
        samples: last.map_or(0, |point| point.samples),
        seconds: last.map_or(0.0, |point| point.seconds),
        multiply_adds: 0,
        trials: trials.len() as u64,
    }
}
