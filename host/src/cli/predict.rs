//! `genomenas predict`: what a trained network says of sequences.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use genomenas_data::error::{Error, Result};
use genomenas_data::files::Existing;
use genomenas_data::inputs::{self, Fit, FitRule, Reference, TableInput};
use genomenas_data::text::grouped;
use genomenas_data::{Split, Store};
use genomenas_report::streamed::TableFile;

use super::options::MachineOptions;
use super::progress::{ImportProgress, verify};
use super::{out, threads};
use crate::model::{Model, Origin};
use crate::predict::{OfStore, Outputs, Predicting, Written};
use crate::run::trainer::{Scorer, Scoring, Trainer};

/// Writes what a trained network predicts for sequences, places in a genome, rows of a table or of a store
#[derive(Args, Debug)]
#[command(
    after_help = "A prediction is a probability (labels and classes), a value or a rate (regressions); each label has a column. With\n\
--splits and --store, what is true stands beside it: in true_LABEL, or in class.\n\n\
A network reads windows of one length. Sequences and places of another length are refused, unless --fit says otherwise:\n\
centre takes one window around the middle (what a sequence lacks is unknown; around a place it is read from the\n\
genome), tile takes windows every --stride bases, the last of which ends with the sequence. Windows that would leave\n\
their chromosome are left out and counted. Lower-case letters are bases like others; IUPAC letters are unknown bases.\n\
Places come out chromosome by chromosome, in the order in which the BED file first names them.\n\n\
Examples:\n  \
genomenas predict trained --fasta sequences.fa.gz --fit centre --out predictions.tsv\n  \
genomenas predict trained --bed peaks.bed.gz --genome hg38.2bit --fit centre --labels CTCF --out peaks.parquet\n  \
genomenas predict exported --table guides.csv --sequence guide --id name --out guides.tsv\n  \
genomenas predict trained --splits valid,test --out splits.parquet"
)]
pub(crate) struct PredictArgs {
    /// The folder of a run that is over, or one that `genomenas export` wrote
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    /// The genome of the places: .2bit or FASTA, plain, gzip or bgzip
    #[arg(long, value_name = "FILE", requires = "bed")]
    genome: Option<PathBuf>,
    /// The column of the table with the sequence, by its name or by its number
    #[arg(long, value_name = "COLUMN", default_value = "sequence")]
    sequence: String,
    /// The column of the table with the name of each sequence [default: rows are numbered]
    #[arg(long, value_name = "COLUMN", requires = "table")]
    id: Option<String>,
    /// The splits of the store, separated by commas; without --store, those of the data that the model was trained on
    /// [default: train,valid]
    #[arg(long, value_name = "SPLIT,…", value_enum, value_delimiter = ',', conflicts_with_all = ["fasta", "bed", "table"])]
    splits: Vec<StoreSplit>,
    /// Of a store with folds: the one that is the test [default: that of the training]
    #[arg(long, value_name = "F", conflicts_with_all = ["fasta", "bed", "table"])]
    fold: Option<u32>,
    /// Where the data of the run are now, if they were moved
    #[arg(long, value_name = "STORE")]
    data: Option<PathBuf>,
    /// What becomes of sequences and places that are longer or shorter than what the network reads
    #[arg(long, value_name = "RULE", value_enum, default_value_t = Rule::Refuse)]
    fit: Rule,
    /// Bases from the start of a window to that of the next, with --fit tile [default: the length of a window]
    #[arg(long, value_name = "BASES", value_parser = clap::value_parser!(u64).range(1..))]
    stride: Option<u64>,
    /// The labels to write, separated by commas [default: all]
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    labels: Vec<String>,
    /// Predicts the mean of the predictions for both strands of a window [default: as the training did]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    average_strands: Option<bool>,
    /// The table to write: TSV or Parquet, by its ending
    #[arg(short, long, value_name = "FILE.tsv|FILE.parquet")]
    out: TableFile,
    /// Replaces the table if it is there already
    #[arg(long)]
    overwrite: bool,
    /// Windows a batch
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
    #[command(flatten)]
    machine: MachineOptions,
}

/// What is scored.
#[derive(Args, Debug)]
#[group(multiple = false)]
struct Source {
    /// Sequences: FASTA, plain, gzip or bgzip, or .2bit
    #[arg(long, value_name = "FILE")]
    fasta: Option<PathBuf>,
    /// Places in a genome: BED, plain or gzip
    #[arg(long, value_name = "FILE", requires = "genome")]
    bed: Option<PathBuf>,
    /// A table with a column of sequences: TSV or CSV, plain or gzip, or Parquet
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// The rows of a store
    #[arg(long, value_name = "STORE")]
    store: Option<PathBuf>,
}

/// What becomes of a sequence of another length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// It is an error
    Refuse,
    /// One window around its middle
    Centre,
    /// Windows from end to end
    Tile,
}

/// A split whose rows are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StoreSplit {
    Train,
    Valid,
    Test,
}

impl From<StoreSplit> for Split {
    fn from(split: StoreSplit) -> Self {
        match split {
            StoreSplit::Train => Self::Train,
            StoreSplit::Valid => Self::Valid,
            StoreSplit::Test => Self::Test,
        }
    }
}

pub(crate) fn run(args: &PredictArgs, trainer: Option<&dyn Trainer>) -> Result<()> {
    let threads = args.machine.threads_or(None);
    let trainer = threads::ensure(threads, trainer)?;
    let existing = if args.overwrite { Existing::Replaced } else { Existing::Refused };
    expect_free(&args.out, existing)?;
    let model = Model::open(&args.model, args.data.as_deref())?;
    let outputs = Outputs::new(&model.about.labels, &args.labels)?;
    let average_strands = averages_strands(&model, args.average_strands)?;
    let fit = args.fit(&model)?;
    let store = args.store(&model)?;
    let mut scorer = open_scorer(trainer, &model, args.batch, &args.machine, average_strands)?;
    let predicting = Predicting {
        scorer: scorer.as_mut(),
        outputs: &outputs,
        batch: args.batch as usize,
        file: &args.out,
        existing,
    };
    let written = match store {
        Some(store) => args.predict_rows(&model, &store, average_strands, predicting)?,
        None => args.predict_windows(fit, predicting)?,
    };
    let path = args.out.path().display();
    out::line(&format!("{} predictions for {} labels in {path}", grouped(written.rows), outputs.chosen().len()))
}

/// Refuses an output that is there, before anything is computed.
pub(super) fn expect_free(file: &TableFile, existing: Existing) -> Result<()> {
    expect_free_path(file.path(), existing)
}

/// As [`expect_free`], of any file.
pub(super) fn expect_free_path(path: &std::path::Path, existing: Existing) -> Result<()> {
    if existing == Existing::Refused && path.exists() {
        return Err(Error::input(format!(
            "{} exists: choose another name, or give --overwrite to replace it",
            path.display()
        )));
    }
    Ok(())
}

/// Whether predictions are means over both strands: as asked for, else as in the training.
pub(super) fn averages_strands(model: &Model, asked: Option<bool>) -> Result<bool> {
    match (asked, model.about.no_other_strand()) {
        (Some(true), Some(why)) => Err(Error::input(format!(
            "the mean of the predictions for both strands (--average-strands) of {}: {why}; give --average-strands=false",
            model.folder.display()
        ))),
        (Some(average), _) => Ok(average),
        (None, _) => Ok(model.about.both_strands),
    }
}

/// The network of a model, ready to predict.
pub(super) fn open_scorer(
    trainer: &dyn Trainer,
    model: &Model,
    batch: u32,
    machine: &MachineOptions,
    average_strands: bool,
) -> Result<Box<dyn Scorer>> {
    trainer.scorer(&Scoring {
        architecture: &model.architecture,
        weights: &model.weights,
        task: model.about.task,
        length: model.about.length,
        labels: model.about.labels.len(),
        batch,
        device: trainer.device(machine.device.parse()?)?,
        average_strands,
    })
}

impl PredictArgs {
    fn fit(&self, model: &Model) -> Result<Fit> {
        let length = model.about.length as u64;
        let rule = match (self.fit, self.stride) {
            (Rule::Tile, stride) => FitRule::Tile { stride: stride.unwrap_or(length) },
            (_, Some(_)) => return Err(Error::input("--stride is of --fit tile: give both, or leave out --stride")),
            (Rule::Refuse, None) => FitRule::Refuse,
            (Rule::Centre, None) => FitRule::Centre,
        };
        Ok(Fit { length, rule })
    }

    /// The store whose rows are scored, where no other source is given.
    fn store(&self, model: &Model) -> Result<Option<Store>> {
        let Source { fasta, bed, table, store } = &self.source;
        if fasta.is_some() || bed.is_some() || table.is_some() {
            return Ok(None);
        }
        let path = match (store, &model.origin) {
            (None, _) if self.splits.is_empty() => {
                return Err(Error::input(
                    "nothing to predict for: give --fasta, --bed with --genome, --table, --store, or --splits for the model's own \
                     data",
                ));
            }
            (Some(store), _) | (None, Origin::Run { store }) => store,
            (None, Origin::Export) => {
                return Err(Error::input(format!(
                    "{} is an export, which holds no data: name the store with --store",
                    model.folder.display()
                )));
            }
        };
        let store = Store::open(path)?;
        let own = store.info().digest == model.about.data_digest;
        let fold = if own { self.fold.or(model.about.fold) } else { self.fold };
        Ok(Some(store.at(fold)?))
    }

    fn predict_windows(&self, fit: Fit, predicting: Predicting<'_>) -> Result<Written> {
        let mut progress = ImportProgress::new();
        let mut news = |told: genomenas_data::Progress<'_>| progress.news(told);
        if let (Some(bed), Some(genome)) = (&self.source.bed, &self.genome) {
            let mut reference = Reference::open(genome, &mut news)?;
            let (written, skipped) =
                predicting.windows(true, |each| inputs::bed(bed, &mut reference, fit, &mut news, each))?;
            if let Some(first) = skipped.first {
                let (left, of) = (grouped(skipped.leave), bed.display());
                log::warn!(
                    "{left} windows of {of} would leave their chromosome and were left out (the first: {first})"
                );
            }
            return Ok(written);
        }
        let (written, ()) = match (&self.source.fasta, &self.source.table) {
            (Some(path), _) => predicting.windows(false, |each| inputs::fasta(path, fit, &mut news, each))?,
            (None, Some(path)) => {
                let (sequence, id) = (self.sequence.clone(), self.id.clone());
                let input = TableInput { path: path.clone(), sequence, id };
                predicting.windows(false, |each| inputs::table(&input, fit, &mut news, each))?
            }
            (None, None) => return Err(Error::bug("a prediction without a source")),
        };
        Ok(written)
    }

    fn predict_rows(
        &self,
        model: &Model,
        store: &Store,
        average_strands: bool,
        predicting: Predicting<'_>,
    ) -> Result<Written> {
        let (shape, about, path) = (&store.info().shape, &model.about, store.path().display());
        if shape.length != about.length {
            let what = format!("its rows have {} bases, and the model reads {}", shape.length, about.length);
            return Err(Error::input(format!("cannot score {path}: {what}")));
        }
        if average_strands && shape.single_strand {
            return Err(Error::input(format!(
                "the mean of the predictions for both strands of {path}: its rows are of one strand (data import \
                 --single-strand); give --average-strands=false"
            )));
        }
        let truth = shape.labels == about.labels && shape.task == about.task;
        if !truth {
            log::warn!("{path} has other labels than the model: what is true of its rows is not written");
        }
        verify(store)?;
        let splits: Vec<Split> = match self.splits.as_slice() {
            [] => vec![Split::Train, Split::Valid],
            asked => asked.iter().map(|split| Split::from(*split)).collect(),
        };
        if self.splits.is_empty() && store.info().rows.test > 0 {
            log::info!("the test split is left out; --splits train,valid,test has it, too");
        }
        let mut progress = ImportProgress::new();
        let of = OfStore { store, splits: &splits, average_strands, truth };
        predicting.splits(&of, &mut |told| progress.news(told))
    }
}
