//! `genomenas data`: imports, and what a store holds.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use genomenas_data::error::Result;
use genomenas_data::import::deepsea::{self, DeepseaOptions};
use genomenas_data::import::fasta::{self, FastaOptions};
use genomenas_data::import::next::{self, NextOptions};
use genomenas_data::import::npz::{self, NpzOptions};
use genomenas_data::import::table::{self, TableOptions};
use genomenas_data::import::windows::{self, WindowsOptions};
use genomenas_data::{OnProgress, Progress, Store, StoreInfo};

use super::out;
use super::progress::ImportProgress;

/// Imports data, and reports what a store holds
#[derive(Args, Debug)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Imports data files into a store
    #[command(subcommand)]
    Import(Import),
    Info(InfoArgs),
}

// Help and flags of an importer are those of its options. No doc comment here: it would be the help of `data import`.
#[derive(Debug, Subcommand)]
enum Import {
    Windows(Box<Flags<WindowsOptions>>),
    Table(Box<Flags<TableOptions>>),
    Npz(Box<Flags<NpzOptions>>),
    Deepsea(Box<Flags<DeepseaOptions>>),
    Fasta(Box<Flags<FastaOptions>>),
    Next(Box<Flags<NextOptions>>),
}

#[derive(Args, Debug)]
struct Flags<Options: Args> {
    #[command(flatten)]
    options: Options,
    /// Prints what was imported as JSON
    #[arg(long)]
    json: bool,
}

/// Reports what a store holds and how it was made
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  genomenas data info yeast.arrow --verify")]
struct InfoArgs {
    /// The store
    store: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Of a store with folds: what it is with this one as the test
    #[arg(long, value_name = "F")]
    fold: Option<u32>,
    /// Also reads every row, and fails if the data is not as it was written
    #[arg(long)]
    verify: bool,
}

pub(crate) fn run(args: &DataArgs) -> Result<()> {
    match &args.verb {
        Verb::Import(Import::Windows(flags)) => flags.import(windows::import),
        Verb::Import(Import::Table(flags)) => flags.import(table::import),
        Verb::Import(Import::Npz(flags)) => flags.import(npz::import),
        Verb::Import(Import::Deepsea(flags)) => flags.import(deepsea::import),
        Verb::Import(Import::Fasta(flags)) => flags.import(fasta::import),
        Verb::Import(Import::Next(flags)) => flags.import(next::import),
        Verb::Info(args) => info(args),
    }
}

impl<Options: Args> Flags<Options> {
    fn import(&self, import: impl FnOnce(&Options, OnProgress<'_>) -> Result<StoreInfo>) -> Result<()> {
        let info = {
            let mut progress = ImportProgress::new();
            import(&self.options, &mut |news| progress.news(news))?
        };
        print(&info, self.json)
    }
}

fn info(args: &InfoArgs) -> Result<()> {
    let store = Store::open(&args.store)?;
    if args.verify {
        let total = Some(store.info().total_rows());
        let mut progress = ImportProgress::new();
        store.verify(&mut |done| progress.news(Progress { stage: "verifying", done, total, unit: "rows" }))?;
    }
    if args.fold.is_none() {
        return print(store.info(), args.json);
    }
    print(store.at(args.fold)?.info(), args.json)
}

fn print(info: &StoreInfo, json: bool) -> Result<()> {
    if json { out::json(info) } else { out::line(info.to_string().trim_end()) }
}
