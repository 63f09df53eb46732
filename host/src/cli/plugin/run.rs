//! `genomenas plugin run`: a strategy in a simulated search, its calls shown as they happen; under a debugger, if wanted.

use std::path::Path;

use clap::{Args, ValueEnum};
use genomenas_data::error::{Error, Result};
use genomenas_data::files::read_text;
use genomenas_data::text::grouped;
use genomenas_plugin::message::{Budget, Finding, Task, Unit};
use genomenas_plugin::simulate::{Simulated, Simulation};
use genomenas_plugin::space::Space;
use serde::Serialize;

use super::file::only;
use crate::cli::limit_options::LimitOptions;
use crate::cli::options::{PluginOptions, SpaceOptions};
use crate::cli::out;
use crate::plugins::simulated::simulate;
use crate::plugins::{Limits, StrategyRef, StrategyRegistry};
use crate::spec::budget::BudgetSpec;
use crate::spec::{Spec, space};
use crate::trace::Call;
use crate::trace::words::{Words, network};

/// Bases of a window and labels, where neither an option nor the file of a space says how many.
const LENGTH: usize = 200;
const LABELS: usize = 3;

/// Runs a strategy in a simulated search, and shows every call of its hooks with the answer
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing is trained: a made-up landscape answers, the same for the same seed. The plugin runs in a process of its own with the\n\
limits and the confinement of a real search. With --attach that process waits, its library loaded, for a debugger; from then\n\
on no call has a deadline.\n\n\
Examples:\n  \
genomenas plugin run target/release/libmy_nas.so --budget 50000samples --set steps=20\n  \
genomenas plugin run target/release/libmy_nas.so --space my-space.toml --seed 7 --json\n  \
genomenas plugin run target/debug/libmy_nas.so --attach"
)]
pub(super) struct RunArgs {
    /// The file of a plugin, or the name of a strategy
    #[arg(value_name = "FILE|STRATEGY")]
    name: String,
    /// Which strategy of the file, where it has several
    #[arg(long, value_name = "ID")]
    strategy: Option<String>,
    /// A parameter of the strategy; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// What the search may spend: a number and samples, epochs (of 10,000 made-up rows), seconds or multiply-adds
    #[arg(long, value_name = "BUDGET", default_value = "200000samples")]
    budget: BudgetSpec,
    /// The seed of the strategy and of the landscape
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    space: SpaceOptions,
    /// Bases a window [default: those of the file of the space, or 200]
    #[arg(long, value_name = "L", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    length: Option<u32>,
    /// Outputs [default: those of the file of the space, or 3]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    labels: Option<u32>,
    /// What the outputs mean
    #[arg(long, value_enum, default_value_t = TaskName::MultiLabel)]
    task: TaskName,
    /// Trials under way at once, which take turns
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    concurrent_trials: u32,
    /// Waits for a debugger before the strategy is made; no call has a deadline then
    #[arg(long, conflicts_with = "hook_deadline")]
    attach: bool,
    /// Prints JSON, at the end
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

/// The tasks by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TaskName {
    /// Each label is there or not
    MultiLabel,
    /// Exactly one class holds
    MultiClass,
    /// Each output is a value
    Regression,
    /// Each output is the logarithm of the rate of a count
    PoissonRegression,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Outcome<'a> {
    strategy: &'a str,
    seed: u64,
    budget: String,
    calls: &'a [Call],
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<&'a Finding>,
    /// The share of random architectures that are no better.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<f64>,
    mistakes: &'a [String],
    /// Why the search ended without a finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

pub(super) fn run(args: &RunArgs) -> Result<()> {
    let registry = args.registry()?;
    let strategy = args.strategy(&registry)?;
    let simulation = args.simulation(&strategy)?;
    let Budget { unit, .. } = simulation.setup().budget;
    let words = Words { unit, trial: None };
    let mut calls = Vec::new();
    let mut watch = |call: &Call| {
        if args.json {
            calls.push(call.clone());
            return Ok(());
        }
        out::text(&words.call(call))
    };
    let ended = simulate(&strategy, &simulation, args.limits(), &mut watch);
    if args.json {
        let simulated = ended.as_ref().ok();
        out::json(&Outcome {
            strategy: &strategy.strategy.id,
            seed: args.seed,
            budget: simulation.setup().budget.to_string(),
            calls: &calls,
            finding: simulated.map(|simulated| &simulated.finding),
            quality: simulated.map(|simulated| simulated.quality),
            mistakes: simulated.map_or(&[], |simulated| &simulated.mistakes),
            failed: ended.as_ref().err().map(ToString::to_string),
        })?;
    }
    let simulated = ended?;
    for mistake in &simulated.mistakes {
        log::warn!("a mistake of strategy {}: {mistake}", strategy.strategy.id);
    }
    if args.json { Ok(()) } else { out::text(&end(&simulated, unit)) }
}

impl RunArgs {
    fn is_file(&self) -> bool {
        self.name.contains(".so") || self.name.contains('/') && Path::new(&self.name).exists()
    }

    fn registry(&self) -> Result<StrategyRegistry> {
        if self.is_file() { StrategyRegistry::open(&[(&self.name).into()], &[]) } else { self.plugins.registry() }
    }

    fn strategy<'a>(&self, registry: &'a StrategyRegistry) -> Result<StrategyRef<'a>> {
        if !self.is_file() {
            if self.strategy.is_some() {
                return Err(Error::input(format!(
                    "'{}' is a strategy already, so --strategy is of no use: give the file of a plugin, or leave it out",
                    self.name
                )));
            }
            return registry.strategy(&self.name);
        }
        let path = &self.name;
        let (file, manifest) = only(registry, path)?;
        let ids = || manifest.strategies.iter().map(|strategy| strategy.id.as_str()).collect::<Vec<_>>().join(", ");
        let id = match (&self.strategy, manifest.strategies.as_slice()) {
            (Some(id), _) => id,
            (None, [only]) => &only.id,
            (None, _) => {
                return Err(Error::input(format!(
                    "{path} has several strategies, {}: choose one with --strategy",
                    ids()
                )));
            }
        };
        file.strategy(id).ok_or_else(|| Error::input(format!("{path} has no strategy '{id}': it has {}", ids())))
    }

    fn simulation(&self, strategy: &StrategyRef<'_>) -> Result<Simulation> {
        let (space, labels) = self.space()?;
        let [_, length] = space.graph.input;
        let set = Spec::new(strategy.strategy.id.clone()).with(&self.set)?;
        if self.task == TaskName::MultiClass && labels < 2 {
            return Err(Error::input("one label cannot be a class among others: give --labels 2 or more"));
        }
        let simulation = Simulation::new(space)?.seed(self.seed).slots(self.concurrent_trials);
        let budget = self.budget.on(simulation.setup().data.train_rows)?;
        let simulation = simulation.budget(budget);
        Ok(simulation.data(length, labels, self.task.into()).parameters(&set.parameters))
    }

    /// The space, and how many labels it has.
    fn space(&self) -> Result<(Space, usize)> {
        let spec = self.space.spec()?;
        let given = |number: Option<u32>| number.map(|number| number as usize);
        let (length, labels) = (given(self.length), given(self.labels));
        // The file of a space says both.
        if spec.id != space::GENOMENAS && (length.is_none() || labels.is_none()) && Path::new(&spec.id).is_file() {
            let path = Path::new(&spec.id);
            let cannot = |error| Error::file("use", path, error);
            let space = Space::from_text(&read_text(path)?).map_err(cannot)?;
            let outputs = space.supernet_layers().map_err(cannot)?.output_shape().iter().product();
            let [_, bases] = space.graph.input;
            let space = space::resolve(&spec, length.unwrap_or(bases), labels.unwrap_or(outputs))?;
            return Ok((space, outputs));
        }
        let labels = labels.unwrap_or(LABELS);
        Ok((space::resolve(&spec, length.unwrap_or(LENGTH), labels)?, labels))
    }

    fn limits(&self) -> Limits {
        let limits = self.limits.limits();
        if self.attach { limits.under_a_debugger() } else { limits }
    }
}

impl From<TaskName> for Task {
    fn from(name: TaskName) -> Self {
        match name {
            TaskName::MultiLabel => Self::MultiLabel,
            TaskName::MultiClass => Self::MultiClass,
            TaskName::Regression => Self::Regression,
            TaskName::PoissonRegression => Self::PoissonRegression,
        }
    }
}

fn end(simulated: &Simulated, unit: Unit) -> String {
    let Simulated { finding, trials, used, quality, mistakes, .. } = simulated;
    let spent = grouped(used.in_unit(unit));
    let counted = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        several => format!("{} {what}s", grouped(several as u64)),
    };
    format!(
        "\nfound {}\nno worse than {:.1} % of random architectures; {}, {spent} {}; {}\n",
        network(&finding.best.network),
        100.0 * quality,
        counted(trials.len(), "trial"),
        unit.name(),
        counted(mistakes.len(), "mistake"),
    )
}
