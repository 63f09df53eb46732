//! `genomenas export`: a trained network as a folder that needs no genomenas.

use std::path::PathBuf;

use clap::Args;
use genomenas_data::error::Result;

use super::out;
use crate::export::{ONNX, PYTHON, export};
use crate::model::Model;

/// Writes a trained network as a folder with ONNX, plain PyTorch, its weights and a model card
#[derive(Args, Debug)]
#[command(
    after_help = "The folder holds weights.safetensors, architecture.json, model.onnx, model.py, README.md (the model card) and\n\
export.json with the SHA-256 of each of them. Wherever a verb takes a model, it takes the folder in place of the run, and\n\
needs no data then. ONNX has one input, sequence [batch, 4, length] with the channels A, C, G and T, and two outputs: logits,\n\
and probabilities (of regressions predictions). Both of ONNX and model.py predict the strand that they are shown;\n\
predict() in model.py takes the mean of both where the training did.\n\n\
Examples:\n  \
genomenas export trained --out exported\n  \
genomenas export results/runs/danq/seed-1 -o danq --name \"DanQ on yeast\"\n  \
genomenas predict exported --fasta sequences.fa --out predictions.tsv"
)]
pub(crate) struct ExportArgs {
    /// The folder of a run that is over
    run: PathBuf,
    /// The folder to write, which must not exist
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// What the network is called [default: as its architecture]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the data of the run are now, if they were moved
    #[arg(long, value_name = "STORE")]
    data: Option<PathBuf>,
}

pub(crate) fn run(args: &ExportArgs) -> Result<()> {
    let model = Model::open(&args.run, args.data.as_deref())?;
    export(&model, args.name.as_deref(), &args.out)?;
    out::line(&format!("{}: {ONNX}, {PYTHON} and the weights; its README.md is the model card", args.out.display()))
}
