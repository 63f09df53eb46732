//! `genomenas data`: imports, and what a store holds.

mod deepsea;
mod fasta;
mod next;
mod npz;
mod splits;
mod table;
mod task;
mod windows;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use genomenas_data::error::Result;
use genomenas_data::import::{OnProgress, Progress};
use genomenas_data::{Store, StoreInfo};

use super::out;
use super::progress::ImportProgress;

/// Imports data, and tells what a store holds
#[derive(Args, Debug)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Makes a store from the files of a laboratory
    #[command(subcommand)]
    Import(Import),
    Info(InfoArgs),
}

#[derive(Debug, Subcommand)]
enum Import {
    Windows(Box<windows::WindowsArgs>),
    Table(Box<table::TableArgs>),
    Npz(Box<npz::NpzArgs>),
    Deepsea(Box<deepsea::DeepseaArgs>),
    Fasta(Box<fasta::FastaArgs>),
    Next(Box<next::NextArgs>),
}

/// Tells what a store holds and how it came to be
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  genomenas data info yeast.arrow --verify")]
struct InfoArgs {
    /// The store
    store: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Also reads every row, and fails if the data is not as it was written
    #[arg(long)]
    verify: bool,
}

/// The flags of an importer.
trait Importing {
    /// Imports; tells what was written.
    fn import(&self, progress: OnProgress<'_>) -> Result<StoreInfo>;
    /// Whether that is printed as JSON.
    fn json(&self) -> bool;
}

pub(crate) fn run(args: &DataArgs) -> Result<()> {
    match &args.verb {
        Verb::Import(Import::Windows(args)) => import(args.as_ref()),
        Verb::Import(Import::Table(args)) => import(args.as_ref()),
        Verb::Import(Import::Npz(args)) => import(args.as_ref()),
        Verb::Import(Import::Deepsea(args)) => import(args.as_ref()),
        Verb::Import(Import::Fasta(args)) => import(args.as_ref()),
        Verb::Import(Import::Next(args)) => import(args.as_ref()),
        Verb::Info(args) => info(args),
    }
}

fn import(args: &impl Importing) -> Result<()> {
    let info = {
        let mut progress = ImportProgress::new();
        args.import(&mut |news| progress.news(news))?
    };
    tell(&info, args.json())
}

fn info(args: &InfoArgs) -> Result<()> {
    let store = Store::open(&args.store)?;
    if args.verify {
        let total = Some(store.info().total_rows());
        let mut progress = ImportProgress::new();
        store.verify(&mut |done| progress.news(Progress { stage: "verifying", done, total, unit: "rows" }))?;
    }
    tell(store.info(), args.json)
}

fn tell(info: &StoreInfo, json: bool) -> Result<()> {
    if json { out::json(info) } else { out::line(info.to_string().trim_end()) }
}
