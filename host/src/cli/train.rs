//! `genomenas train`: one architecture, from scratch, by the final recipe.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use genomenas_data::Store;
use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::check;
use genomenas_plugin::message::Plan;
use genomenas_plugin::space::Architecture;

use super::describe::read_architecture;
use super::limit_options::LimitOptions;
use super::new_run::NewRunOptions;
use super::options::{PluginOptions, RecipeOptions};
use crate::plugins::preview;
use crate::run::data::{digest, locate};
use crate::run::settings::{Settings, files};
use crate::run::trainer::Trainer;
use crate::run::{Handling, check_architecture, own_plan};
use crate::spec::{Spec, recipe, space};

/// Trains one architecture from scratch
#[derive(Args, Debug)]
#[command(after_help = "Interrupted or killed, the same command goes on where it was.\n\n\
Examples:\n  \
genomenas train --run found --out trained\n  \
genomenas train --strategy danq --set width=0.1 --data yeast.arrow --epochs 10 --out trained\n  \
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
    let given = args.recipe.table()?;
    let recipe = recipe::resolve(&[&given])?;
    check::plan(&recipe, &info.for_checks())
        .map_err(|error| Error::from(error).context("the training (--batch and others)"))?;
    let (architecture, plan_of_it) = args.architecture(&run.store)?;
    if plan_of_it.is_some() && !given.is_empty() {
        return Err(Error::input(format!(
            "'{}' is trained to its optimum, by a plan of its own: leave out {} and other settings of the training",
            architecture.name,
            given.keys().next().map_or("--epochs", String::as_str)
        )));
    }
    let plan = plan_of_it.unwrap_or(recipe);
    architecture.layers()?.expect_io(info.shape.length, info.shape.labels.len())?;
    let settings = Settings { test: args.test, final_training: Some(plan), ..run.settings() };
    run.execute(&settings, &Handling::default(), None, Some(&architecture))
}

impl TrainArgs {
    /// The store, which is that of the search where nothing else is given.
    fn store(&self) -> Result<PathBuf> {
        match (&self.data, &self.what.run) {
            (Some(store), _) => Ok(store.clone()),
            (None, Some(folder)) => locate(&Settings::read(folder)?.data, None, folder, "the search", &digest),
            (None, None) => Err(Error::input("training needs data: give the store with --data")),
        }
    }

    /// What is trained, and the plan where that is a part of it.
    fn architecture(&self, store: &Store) -> Result<(Architecture, Option<Plan>)> {
        match &self.what {
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
                let plan = own_plan(folder, &architecture)?;
                Ok((architecture, plan))
            }
            What { strategy: Some(strategy), .. } => {
                let strategy = strategy.clone().with(&self.set)?;
                let data = store.info().for_plugins();
                let space = space::resolve(&Spec::new(space::GENOMENAS), data.length, data.labels)?;
                let (seed, limits) = (self.new_run.seed, self.limits.limits());
                preview::first_architecture(&self.plugins.registry()?, &strategy, &space, &data, seed, limits)
            }
            What { .. } => Err(Error::input("nothing to train: give --architecture, --strategy or --run")),
        }
    }
}
