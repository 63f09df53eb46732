//! `genomenas plugin check`: whether a plugin keeps the promises of its kind.

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_data::text::grouped;
use genomenas_plugin::message::StrategyKind;
use serde::Serialize;

use super::file::{FileOptions, not_a_plugin, quiet};
use crate::cli::limit_options::LimitOptions;
use crate::cli::out;
use crate::plugins::check::{Status, Tested, check, chosen, unusable};

/// Tests whether the strategies of a plugin keep the promises that every strategy makes
#[derive(Args, Debug)]
#[command(
    after_help = "Each instance of a strategy has a process of its own: a crash or a hang is the result of one test, and the others go on.\n\
`genomenas_plugin::simulate::conformance` makes the same tests in `cargo test`. Nothing is trained.\n\
Exit code: 0 all promises are kept, 1 one is broken, 2 wrong use or not a plugin.\n\n\
Examples:\n  genomenas plugin check target/release/libmy_nas.so\n  \
genomenas plugin check ./libmy_nas.so --only same-seed --only save-and-load --set trials=3"
)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    file: FileOptions,
    /// A test; may be given several times [default: all of them]
    #[arg(long, value_name = "TEST")]
    only: Vec<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: LimitOptions,
}

/// A strategy and its tests.
#[derive(Debug, Serialize)]
struct Checked {
    strategy: String,
    kind: &'static str,
    tests: Vec<Tested>,
}

/// All of a file.
#[derive(Debug, Serialize)]
struct Document {
    file: String,
    plugin: Option<String>,
    version: Option<String>,
    kept: bool,
    strategies: Vec<Checked>,
}

pub(super) fn run(args: &CheckArgs) -> Result<()> {
    let checks = chosen(&args.only)?;
    let parameters = args.file.parameters()?;
    let plugin = args.file.plugin()?;
    quiet();
    let mut strategies = Vec::new();
    let tell = |tested: &Tested| {
        if !args.json {
            // What cannot be written is said where the results are.
            let _ = out::text(&in_words(tested));
        }
    };
    match &plugin.manifest {
        // It means to be a plugin, so its author has something to mend.
        Err(refusal) if refusal.breaks() => {
            let tests = unusable(&checks, &refusal.to_string(), Status::Failed);
            tests.iter().for_each(tell);
            strategies.push(Checked { strategy: String::new(), kind: StrategyKind::Other.name(), tests });
        }
        Err(refusal) => return Err(not_a_plugin(&args.file.file, refusal)),
        Ok(_) => {
            for strategy in args.file.strategies(&plugin)? {
                let (id, kind) = (strategy.strategy.id.clone(), strategy.strategy.kind.name());
                if !args.json {
                    out::line(&format!("{id} ({kind})"))?;
                }
                let tests = check(&strategy, &parameters, &checks, args.limits.limits(), &tell)?;
                if !args.json {
                    out::line(&summary(&tests))?;
                }
                strategies.push(Checked { strategy: id, kind, tests });
            }
        }
    }
    let broken = broken(&strategies);
    if args.json {
        let manifest = plugin.manifest.as_ref().ok();
        out::json(&Document {
            file: args.file.file.display().to_string(),
            plugin: manifest.map(|manifest| manifest.id.clone()),
            version: manifest.map(|manifest| manifest.version.clone()),
            kept: broken.is_empty(),
            strategies,
        })?;
    }
    if broken.is_empty() { Ok(()) } else { Err(Error::failed(format!("promises are broken: {}", broken.join(", ")))) }
}

fn in_words(tested: &Tested) -> String {
    let Tested { test, status, said, promise, advice, .. } = tested;
    let line = format!("  {:<8} {test:<17} {said}\n", status.name());
    match advice {
        Some(advice) => format!("{line}{:28}promised: {promise}\n{:28}to mend it: {advice}\n", "", ""),
        None => line,
    }
}

fn summary(tests: &[Tested]) -> String {
    let count = |wanted: fn(Status) -> bool| tests.iter().filter(|tested| wanted(tested.status)).count() as u64;
    format!(
        "  {} tests: {} passed, {} broken, {} skipped\n",
        grouped(tests.len() as u64),
        count(|status| status == Status::Passed),
        count(Status::is_broken),
        count(|status| status == Status::Skipped)
    )
}

/// The tests that are broken, with their strategies where there are several.
fn broken(strategies: &[Checked]) -> Vec<String> {
    let several = strategies.len() > 1;
    let named = |checked: &Checked, tested: &Tested| {
        if several { format!("{} of {}", tested.test, checked.strategy) } else { tested.test.to_owned() }
    };
    let all = strategies.iter().flat_map(|checked| checked.tests.iter().map(move |tested| (checked, tested)));
    all.filter(|(_, tested)| tested.status.is_broken()).map(|(checked, tested)| named(checked, tested)).collect()
}
