//! What a hook costs: calls through the process of a plugin, confined and not, and their share of a run.
//!
//! ```text
//! cargo bench -p genomenas-tests --bench hook
//! ```
//!
//! A hook that does nothing is called over and over: what is measured is the way there and back, with the messages
//! written and read. Its share of a run is that time, for as many calls as a short search made, of the search's time.
//! A median of 100 µs and a share of 0.1 % are the most that is allowed: above, the benchmark fails.

#![allow(clippy::print_stdout, reason = "a benchmark says what it measured")]

use std::error::Error;
use std::time::{Duration, Instant};

use genomenas::plugins::folders::{Folder, Reach};
use genomenas::plugins::{Limits, PluginInstance, StrategyRegistry};
use genomenas_plugin::engine::Hooks as _;
use genomenas_plugin::message::{Alphas, Budget, Cost, DataInfo, Report, Setup, Task, TrialId, Unit};
use genomenas_plugin::space::GenomeNas;
use genomenas_tests::runs::{journal, motif_store, of_type, quietly, result};
use genomenas_tests::{Outcome, hostile_plugin};

/// Calls that are timed, after a tenth as many that are not.
const CALLS: usize = 20_000;
const MOST: Duration = Duration::from_micros(100);
const LARGEST_SHARE: f64 = 0.001;

fn main() -> Result<(), Box<dyn Error>> {
    let free = median(false)?;
    let confined = median(true)?;
    println!("a hook that does nothing: median {confined:.1?} confined, {free:.1?} not confined ({CALLS} calls each)");
    let (calls, seconds) = a_run()?;
    let share = calls as f64 * confined.as_secs_f64() / seconds;
    println!("a search of {seconds:.1} s made {calls} calls: a share of {:.4} %", 100.0 * share);
    if confined > MOST || share > LARGEST_SHARE {
        return Err(format!("more than {MOST:?} a call, or than {:.1} % of a run", 100.0 * LARGEST_SHARE).into());
    }
    Ok(())
}

fn median(confined: bool) -> Result<Duration, Box<dyn Error>> {
    let registry = StrategyRegistry::scan(&[Folder { path: hostile_plugin(), reach: Reach::Tree }]);
    let setup = Setup {
        protocol: "1.0".to_owned(),
        seed: 1,
        parameters: serde_json::Map::new(),
        space: GenomeNas::new(100, 2).space()?,
        data: DataInfo {
            length: 100,
            labels: 2,
            task: Task::MultiLabel,
            train_rows: 10,
            valid_rows: 10,
            reversible: true,
        },
        budget: Budget { amount: 100, unit: Unit::Samples },
        threads: 1,
    };
    let limits = Limits { confined, ..Limits::default() };
    let mut instance = PluginInstance::start(&registry.strategy("hostile")?, &setup, limits)?;
    let report = Report {
        trial: TrialId(0),
        cost: Cost::default(),
        remaining: 1,
        epoch: None,
        score: None,
        alphas: Alphas::default(),
        end: None,
        drawn_anew: None,
    };
    let mut times = Vec::with_capacity(CALLS);
    for call in 0..CALLS + CALLS / 10 {
        let begun = Instant::now();
        instance.update(&report)?;
        let took = begun.elapsed();
        if call >= CALLS / 10 {
            times.push(took);
        }
        if call % 100 == 0 {
            // As a run does: the calls up to here are forgotten.
            instance.save()?;
        }
    }
    times.sort_unstable();
    Ok(times.get(CALLS / 2).copied().unwrap_or_default())
}

/// A short search of networks of the usual size: how many calls it made, and its seconds.
fn a_run() -> Result<(usize, f64), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = motif_store(folder.path());
    let out = folder.path().join("found");
    let mut search = quietly("search", "--strategy hostile --set trials=1 --budget 480samples");
    search.arg("--plugins").arg(hostile_plugin()).arg("--data").arg(store).arg("--out").arg(&out);
    Outcome::text(&mut search);
    let records = journal(&out);
    let epochs = of_type(&records, "epoch", None).len();
    // An epoch is reported and asked about, and its state saved; so is the end of a trial.
    let calls = records.len() + 2 * epochs;
    let seconds = result(&out)["search"]["seconds"].as_f64().ok_or("the run names no time")?;
    Ok((calls, seconds))
}
