//! `genomenas train`: one architecture, from scratch, by the final recipe.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::check;
use genomenas_plugin::message::Plan;
use genomenas_plugin::space::{Architecture, Space};

use super::describe::read_architecture;
use super::limit_options::LimitOptions;
use super::new_run::{NewRun, NewRunOptions};
use super::options::{PluginOptions, RecipeOptions, tell_sizes};
use super::own_recipe::{self, OWN, Trained};
use crate::plugins::short_windows::with_way_on;
use crate::run::data::{digest, locate, same_fold};
use crate::run::settings::{Settings, files};
use crate::run::trainer::Trainer;
use crate::run::{Handling, check_architecture, own_plan};
use crate::spec::space::{self, GENOMENAS};
use crate::spec::{Spec, recipe};

/// Trains one architecture from scratch
#[derive(Args, Debug)]
#[command(after_help = "Interrupted or killed, the same command goes on where it was.\n\n\
Examples:\n  \
genomenas train --run found --out trained\n  \
genomenas train --strategy danq --set width=0.1 --data yeast.arrow --epochs 10 --out trained\n  \
genomenas train --strategy danq --set learning_rate=0.01 --recipe own --data yeast.arrow --out trained\n  \
genomenas train --architecture my.json --data yeast.arrow --recipe recipe.toml --test --out trained")]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    what: What,
    /// A parameter of the strategy; may be given several times
    #[arg(long, value_name = "KEY=VALUE", requires = "strategy")]
    set: Vec<String>,
    /// The data: a store made by `genomenas data import` [default: that of the search]
    #[arg(long, value_name = "STORE", required_unless_present = "run")]
    data: Option<PathBuf>,
    /// Scores the sealed test split at the end
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    new_run: NewRunOptions,
    #[command(flatten)]
    plugins: PluginOptions,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    recipe: RecipeOptions,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// The file of an architecture
    #[arg(long, value_name = "FILE")]
    architecture: Option<PathBuf>,
    /// A strategy, whose first network is trained: a baseline's only one
    #[arg(long, value_name = "ID", value_parser = Spec::from_str)]
    strategy: Option<Spec>,
    /// The folder of a search, whose finding is trained
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
}

pub(crate) fn run(args: &TrainArgs, trainer: Option<&dyn Trainer>) -> Result<()> {
    let run = args.new_run.begin(trainer, || args.store())?;
    let info = run.store.info();
    let (architecture, own) = args.architecture(&run)?;
    let changes = args.recipe.table()?;
    let plan = match own {
        // The optimum is a part of the model: other settings would leave another one.
        Some(own) if own.optimum.is_some() => match changes.keys().next() {
            None => own,
            Some(setting) => {
                return Err(Error::input(format!(
                    "'{}' is trained to its optimum, by a plan of its own: leave out {setting} and other settings of the training",
                    architecture.name
                )));
            }
        },
        Some(own) => recipe::resolve_over(&own, &[&changes])?,
        None => recipe::resolve(&[&changes])?,
    };
    check::plan(&plan, &info.for_checks())
        .map_err(|error| Error::from(error).context("the training (--batch and others)"))?;
    architecture.layers()?.expect_io(info.shape.length, info.shape.labels.len())?;
    let settings = Settings { test: args.test, final_training: Some(plan), ..run.settings() };
    run.execute(&settings, &Handling::default(), None, Some(&architecture))
}

impl TrainArgs {
    /// The store, which is that of the search where nothing else is given, and its fold.
    fn store(&self) -> Result<(PathBuf, Option<u32>)> {
        match (&self.data, &self.what.run) {
            (Some(store), None) => Ok((store.clone(), self.new_run.fold)),
            (None, Some(folder)) => {
                let data = Settings::read(folder)?.data;
                let store = locate(&data, None, folder, "the search", &digest)?;
                Ok((store, same_fold(&data, self.new_run.fold, &format!("the search in {}", folder.display()))?))
            }
            (Some(store), Some(folder)) => {
                let data = Settings::read(folder)?.data;
                let fold = if digest(store)? == data.digest {
                    same_fold(&data, self.new_run.fold, &format!("the search in {}", folder.display()))?
                } else {
                    self.new_run.fold
                };
                Ok((store.clone(), fold))
            }
            (None, None) => Err(Error::input("training needs data: give the store with --data")),
        }
    }

    /// What is trained, and the plan of its own where that is asked for, or is a part of the model.
    fn architecture(&self, run: &NewRun<'_>) -> Result<(Architecture, Option<Plan>)> {
        let own = self.recipe.own()?;
        match &self.what {
            What { architecture: Some(_), .. } if own => Err(Error::input(format!(
                "`--recipe {OWN}` is the recipe of a strategy, and the file of an architecture has none: give --strategy or --run, or a recipe"
            ))),
            What { architecture: Some(path), .. } => Ok((read_architecture(path)?, None)),
            What { run: Some(folder), .. } => {
                let path = folder.join(files::ARCHITECTURE);
                if !path.exists() {
                    return Err(Error::input(format!(
                        "{} has no {} yet: let the search end first (`genomenas run {}` goes on with it)",
                        folder.display(),
                        files::ARCHITECTURE,
                        folder.display()
                    )));
                }
                let architecture = read_architecture(&path)?;
                check_architecture(folder, &architecture)?;
                let plan = match own_plan(folder, &architecture)? {
                    None if own => Some(own_recipe::of_search(folder)?),
                    plan => plan,
                };
                Ok((architecture, plan))
            }
            What { strategy: Some(strategy), .. } => self.first_of(strategy, run, own),
            What { .. } => Err(Error::input("nothing to train: give --architecture, --strategy or --run")),
        }
    }

    /// The first network of a strategy. Sizes of the space follow from the data, or are the published ones in a run that an
    /// earlier version made.
    fn first_of(&self, strategy: &Spec, run: &NewRun<'_>, own: bool) -> Result<(Architecture, Option<Plan>)> {
        let strategy = strategy.clone().with(&self.set)?.unnamed("a training")?;
        let (data, registry) = (run.store.info().for_plugins(), self.plugins.registry()?);
        let (space, sizes) = space::for_data(&Spec::new(GENOMENAS), &data)?;
        let (seed, limits) = (self.new_run.seed, self.limits.limits());
        let of = |space: &Space| {
            Trained { registry: &registry, strategy: &strategy, space, data: &data, seed, limits }.first(own)
        };
        let known = registry.strategy(&strategy.id)?;
        let first =
            of(&space).map_err(|refusal| with_way_on(refusal, &known, &registry, &space, run.store.info(), limits))?;
        let Some(made) = run.architecture().filter(|made| *made != first.0) else {
            if !run.goes_on() && first.0.selection.is_some() {
                tell_sizes(&sizes);
            }
            return Ok(first);
        };
        let published = of(&space::resolve(&Spec::new(GENOMENAS), data.length, data.labels)?)?;
        Ok(if published.0 == made { published } else { first })
    }
}
