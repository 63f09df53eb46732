//! One side of the benchmarks: holds a network and does what lines of JSON on standard input ask for; see
//! `tests/bench/README.md`. Each line is answered by one line.
//!
//! ```text
//! worker THREADS
//! {"do": "build", "row": {…}}          → {"plan": {…}, "options": {…}, "parameters": 1}
//! {"do": "write", "path": "FILE", "parts": ["weights"]} → {}
//! {"do": "run", "count": 3}            → {"seconds": 1.5}
//! {"do": "devices"}                    → {"cuda": 0}
//! {"do": "memory"}                     → {"peak": 2350000000}
//! ```
//!
//! The process has the environment that the program gives a run.

#![allow(clippy::print_stdout, reason = "the answers are on standard output")]

mod data;
mod parts;
mod row;

use std::error::Error;
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use genomenas::cli::threads;
use genomenas_torch::device;
use genomenas_torch::train::bench::{Backward, Steps, Work};
use serde_json::{Value, json};

use data::RandomStore;
use parts::Part;
use row::{Kind, Row};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is built.
enum Built {
    Steps(Box<Steps>, Work, #[expect(dead_code, reason = "the rows lie in its folder")] RandomStore),
    Backward(Box<Backward>),
    Part(Box<dyn Part>),
}

fn main() -> Result<()> {
    let threads: u32 = std::env::args().nth(1).ok_or("expected the number of threads")?.parse()?;
    settle(threads)?;
    let mut built = None;
    for line in std::io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let answer = match answer(&asked, &mut built, threads) {
            Ok(answer) => answer,
            Err(error) => json!({ "error": error.to_string() }),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Returns in a process with the environment of one that trains: this one, or the same program started in its place.
fn settle(threads: u32) -> Result<()> {
    const GUARD: &str = "GENOMENAS_WORKER_PROCESS";
    let own = std::process::id().to_string();
    if std::env::var(GUARD).is_ok_and(|set| set == own) {
        return Ok(());
    }
    let mut again = Command::new(std::env::current_exe()?);
    again.args(std::env::args_os().skip(1)).envs(threads::settled(threads)).env(GUARD, own);
    Err(again.exec().into())
}

fn answer(asked: &Value, built: &mut Option<Built>, threads: u32) -> Result<Value> {
    let path = || asked["path"].as_str().map(Path::new).ok_or("a command without a path");
    match (asked["do"].as_str(), built.as_mut()) {
        (Some("build"), _) => {
            // The network before it is gone first, so that its memory is not counted for two.
            *built = None;
            let (next, answer) = build(&serde_json::from_value(asked["row"].clone())?, threads)?;
            *built = Some(next);
            Ok(answer)
        }
        (Some("run"), Some(built)) => {
            let count = asked["count"].as_u64().unwrap_or(1);
            let took = match built {
                Built::Steps(steps, work, _) => steps.run(*work, count)?,
                Built::Backward(passes) => passes.run(count)?,
                Built::Part(part) => part.run(count)?,
            };
            Ok(json!({ "seconds": took.as_secs_f64() }))
        }
        (Some("write"), Some(Built::Steps(steps, ..))) => {
            let parts = asked["parts"].as_array().ok_or("expected the parts to write")?;
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            steps.write(path()?, &parts)?;
            Ok(json!({}))
        }
        (Some("write"), Some(Built::Backward(passes))) => passes.write(path()?).map(|()| json!({})).map_err(Into::into),
        (Some("write"), Some(Built::Part(part))) => part.write(path()?).map(|()| json!({})),
        (Some("devices"), _) => Ok(json!({ "cuda": device::count() })),
        (Some("memory"), _) => Ok(json!({ "peak": peak_memory()? })),
        (command, None) => Err(format!("{command:?} before anything was built").into()),
        (command, _) => Err(format!("unknown command {command:?}").into()),
    }
}

fn build(row: &Row, threads: u32) -> Result<(Built, Value)> {
    let work = row.work();
    match row.kind {
        Kind::Part => {
            let part = parts::build(row, threads)?;
            let answer = part.told();
            Ok((Built::Part(part), answer))
        }
        Kind::Cell => {
            let (layers, _) = row.network()?;
            let answer = json!({ "parameters": layers.parameters(), "multiply_adds": layers.multiply_adds() });
            let passes = Backward::start(&layers, row.batch, work, row.seed, row.device()?)?;
            Ok((Built::Backward(Box::new(passes)), answer))
        }
        _ => {
            let (layers, plan) = row.network()?;
            let store = RandomStore::new(row)?;
            let answer = json!({
                "plan": plan, "parameters": layers.parameters(), "multiply_adds": layers.multiply_adds(),
            });
            let steps = Steps::start(store.job(row, layers, plan, threads)?)?;
            Ok((Built::Steps(Box::new(steps), work, store), answer))
        }
    }
}

/// The most memory that this process has had resident, in bytes.
fn peak_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(1024 * kilobytes)
}
