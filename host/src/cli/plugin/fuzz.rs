//! `genomenas plugin fuzz`: random runs of a strategy, and the shortest that repeats what went wrong in one.

use std::time::Duration;

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_data::text::grouped;
use genomenas_plugin::simulate::Case;
use genomenas_plugin::simulate::fuzz::Failure;

use super::file::{FileOptions, quiet};
use crate::cli::limit_options::LimitOptions;
use crate::cli::out;
use crate::plugins::fuzz::{Cases, Fuzzed, fuzz};

/// Tries a plugin in random runs, and shows the shortest in which something goes wrong
#[derive(Args, Debug)]
#[command(
    after_help = "A run is made up: its space, task, budget and seed, how many trials are at once, which fail, in which order they report.\n\
In between the strategy is saved and loaded, and sent damaged messages. What counts is a crash, a panic, a hang, an answer that the\n\
engine refuses, and an answer that differs after a save. The same seed tries the same runs. Nothing is trained.\n\
Exit code: 0 nothing went wrong, 1 something did, 2 wrong use or not a plugin.\n\n\
Examples:\n  genomenas plugin fuzz target/release/libmy_nas.so --minutes 5 --seed 7\n  \
genomenas plugin fuzz ./libmy_nas.so --case 'space=two-cells seed=5 budget=300 slots=2 fail=0,3'"
)]
pub(super) struct FuzzArgs {
    #[command(flatten)]
    file: FileOptions,
    /// The seed of the runs
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "case")]
    seed: u64,
    /// For how long, all strategies together
    #[arg(long, value_name = "M", default_value_t = 1.0, value_parser = minutes, conflicts_with = "case")]
    minutes: f64,
    /// How many runs at most, of each strategy
    #[arg(long, value_name = "N", conflicts_with = "case")]
    cases: Option<u64>,
    /// One run, as an earlier failure printed it
    #[arg(long, value_name = "CASE", value_parser = case)]
    case: Option<Case>,
    #[command(flatten)]
    limits: LimitOptions,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse::<f64>().ok().filter(|minutes| *minutes > 0.0 && *minutes <= 100_000.0);
    minutes.ok_or_else(|| "expected a number of minutes above 0, such as 0.5".to_owned())
}

fn case(text: &str) -> Result<Case, String> {
    text.parse().map_err(|error: genomenas_plugin::Error| error.message)
}

/// A call may take so long, unless a person says otherwise: a hang has to be noticed within a minute.
const DEADLINE: Duration = Duration::from_secs(20);

pub(super) fn run(args: &FuzzArgs) -> Result<()> {
    let parameters = args.file.parameters()?;
    let plugin = args.file.plugin()?;
    let strategies = args.file.strategies(&plugin)?;
    quiet();
    let mut limits = args.limits.limits();
    if args.limits.hook_deadline.is_none() {
        limits.deadlines = crate::plugins::Deadlines::all(DEADLINE);
    }
    let time = Duration::from_secs_f64(args.minutes * 60.0 / strategies.len().max(1) as f64);
    let cases = match &args.case {
        Some(case) => Cases::One(case.clone()),
        None => Cases::Of { seed: args.seed, time, most: args.cases.unwrap_or(u64::MAX) },
    };
    let mut wrong = Vec::new();
    for strategy in strategies {
        let id = &strategy.strategy.id;
        let Fuzzed { cases: count, refused, failure } = fuzz(&strategy, &parameters, &cases, limits)?;
        let tried = format!("{id}: {} runs, of which it refused {} in words", grouped(count), grouped(refused));
        let Some((number, drawn, failure)) = failure else {
            out::line(&format!("{tried}; nothing went wrong"))?;
            continue;
        };
        wrong.push(id.as_str());
        let found = match args.case {
            Some(_) => format!("{id}: {failure}\n"),
            None => format!("{tried}; in run {number} of seed {} ({drawn}) {failure}\n", args.seed),
        };
        out::text(&(found + &repeated(args, id, &failure)))?;
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::failed(format!("something went wrong in {}", wrong.join(", ")))) }
}

/// The calls, numbered, and the command that makes them again.
fn repeated(args: &FuzzArgs, id: &str, failure: &Failure) -> String {
    let Failure { case, calls, .. } = failure;
    let calls: Vec<_> = (1..).zip(calls).map(|(number, call)| format!("  {number:>3}. {call}\n")).collect();
    let (file, case) = (args.file.file.display().to_string(), case.to_string());
    let mut words = vec!["genomenas", "plugin", "fuzz", file.as_str(), "--strategy", id, "--case", case.as_str()];
    words.extend(args.file.typed_settings());
    let deadline = args.limits.hook_deadline.map(|deadline| deadline.to_string());
    words.extend(deadline.iter().flat_map(|deadline| ["--hook-deadline", deadline.as_str()]));
    if args.limits.unconfined {
        words.push("--unconfined");
    }
    let command = shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" "));
    format!("the shortest sequence that was found to repeat it ({case}):\n{}again:\n  {command}\n", calls.concat())
}
