//! `genomenas train`: one architecture, from scratch, by the final recipe.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use genomenas_data::Store;
use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::check;
use genomenas_plugin::space::Architecture;

use super::describe::read_architecture;
use super::options::{MachineOptions, PluginOptions, RecipeOptions, SeedOption, strategy};
use super::plugins::Shelf;
use super::{run, threads};
use crate::compare::named::Named;
use crate::compare::{recipe, space};
use crate::run::create;
use crate::run::settings::{Settings, files};

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
    /// The run's folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Scores the sealed test split at the end
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    seed: SeedOption,
    #[command(flatten)]
    machine: MachineOptions,
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
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
    #[arg(long, value_name = "ID", value_parser = Named::from_str)]
    strategy: Option<Named>,
    /// The folder of a search, whose finding is trained
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
}

pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    let threads = args.machine.threads_or(run::earlier_threads(&args.out));
    threads::ensure(threads)?;
    let store = match (&args.data, &args.what.run) {
        (Some(store), _) => store.clone(),
        (None, Some(folder)) => Settings::read(folder)?.data.store,
        (None, None) => return Err(Error::input("training needs data: give the store with --data")),
    };
    let (store, data) = run::open_data(&store)?;
    let plan = recipe::resolve(&[&args.recipe.table()?])?;
    check::plan(&plan, &store.info().for_checks())?;
    let architecture = args.architecture(&store)?;
    let shape = &store.info().shape;
    architecture.layers()?.expect_io(shape.length, shape.labels.len())?;
    let settings = Settings {
        version: 1,
        genomenas: env!("CARGO_PKG_VERSION").to_owned(),
        seed: args.seed.seed,
        device: args.machine.device.clone(),
        threads,
        test: args.test,
        data,
        search: None,
        final_training: Some(plan),
    };
    create(&args.out, &settings, None, Some(&architecture))?;
    run::finish(&args.out, args.json)
}

impl TrainArgs {
    fn architecture(&self, store: &Store) -> Result<Architecture> {
        match &self.what {
            What { architecture: Some(path), .. } => read_architecture(path),
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
                read_architecture(&path)
            }
            What { strategy: Some(named), .. } => {
                let named = strategy(named, &self.set)?;
                let data = store.info().for_plugins();
                let space = Named { id: space::GENOMENAS.to_owned(), ..Named::default() };
                let space = space::resolve(&space, data.length, data.labels)?;
                Shelf::open(&self.plugins)?.first_architecture(&named, &space, &data, self.seed.seed)
            }
            What { .. } => Err(Error::input("nothing to train: give --architecture, --strategy or --run")),
        }
    }
}
