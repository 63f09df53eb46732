//! `genomenas evaluate`: a trained network on a split, label by label.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Row, Table, presets};
use serde::Serialize;

use super::describe::read_architecture;
use super::options::MachineOptions;
use super::{out, threads};
use crate::data::{Split, Store};
use crate::error::{Error, Result};
use crate::eval::metrics::{Average, LabelMetrics, Metrics};
use crate::eval::{Evaluation, evaluate};
use crate::files::write_atomically;
use crate::run::settings::{Settings, files};
use crate::train::device;

/// Scores a trained network: AUROC, AUPRC and F1 of every label, and their averages
#[derive(Args, Debug)]
#[command(
    after_help = "A label without a positive or a negative row in the split has no score; it is left out of the averages, and counted.\n\n\
Examples:\n  \
genomenas evaluate --run trained --split test --out scores.tsv\n  \
genomenas evaluate --architecture a.json --weights w.safetensors --data yeast.arrow --split valid --json"
)]
pub(crate) struct EvaluateArgs {
    /// The folder of a training: its architecture, weights and, unless given, data
    #[arg(long, value_name = "DIR", conflicts_with_all = ["architecture", "weights"], required_unless_present = "architecture")]
    run: Option<PathBuf>,
    /// The file of an architecture
    #[arg(long, value_name = "FILE", requires = "weights")]
    architecture: Option<PathBuf>,
    /// Its weights (safetensors)
    #[arg(long, value_name = "FILE", requires = "architecture")]
    weights: Option<PathBuf>,
    /// The data: a store made by `genomenas data import` [default: that of the training]
    #[arg(long, value_name = "STORE", required_unless_present = "run")]
    data: Option<PathBuf>,
    /// The split to score
    #[arg(long, value_enum, default_value_t = SplitName::Valid)]
    split: SplitName,
    /// Samples a batch
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
    #[command(flatten)]
    machine: MachineOptions,
    /// Prints the scores as JSON
    #[arg(long)]
    json: bool,
    /// Also writes the scores of every label as TSV
    #[arg(long, value_name = "FILE.tsv")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SplitName {
    Valid,
    Test,
}

impl From<SplitName> for Split {
    fn from(name: SplitName) -> Self {
        match name {
            SplitName::Valid => Self::Valid,
            SplitName::Test => Self::Test,
        }
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Scores<'a> {
    split: &'a str,
    data: &'a Path,
    #[serde(flatten)]
    metrics: &'a Metrics,
}

pub(crate) fn run(args: &EvaluateArgs) -> Result<()> {
    let threads = args.machine.threads_or(None);
    threads::ensure(threads)?;
    let (architecture, weights, data) = args.sources()?;
    let architecture = read_architecture(&architecture)?;
    let store = Store::open(&data)?;
    let split = Split::from(args.split);
    log::info!("scoring the {} split of {}", split.name(), data.display());
    let metrics = evaluate(&Evaluation {
        architecture: &architecture,
        weights: &weights,
        store: &store,
        split,
        batch: args.batch,
        device: device::parse(&args.machine.device)?,
        threads: threads as usize,
    })?;
    if let Some(path) = &args.out {
        write_atomically(path, tsv(&metrics).as_bytes())?;
    }
    if args.json {
        out::json(&Scores { split: split.name(), data: &data, metrics: &metrics })
    } else {
        out::text(&table(&metrics))
    }
}

impl EvaluateArgs {
    /// The files of the architecture, the weights and the data.
    fn sources(&self) -> Result<(PathBuf, PathBuf, PathBuf)> {
        match (&self.run, &self.architecture, &self.weights, &self.data) {
            (Some(folder), _, _, data) => {
                let weights = folder.join(files::WEIGHTS);
                if !weights.exists() {
                    return Err(Error::input(format!(
                        "{} holds no weights yet: it is no training, or one that has not ended (`genomenas run {}` goes on with it)",
                        folder.display(),
                        folder.display()
                    )));
                }
                let data = match data {
                    Some(data) => data.clone(),
                    None => Settings::read(folder)?.data.store,
                };
                Ok((folder.join(files::ARCHITECTURE), weights, data))
            }
            (None, Some(architecture), Some(weights), Some(data)) => {
                Ok((architecture.clone(), weights.clone(), data.clone()))
            }
            _ => Err(Error::input("evaluation needs --run DIR, or --architecture, --weights and --data")),
        }
    }
}

fn tsv(metrics: &Metrics) -> String {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let line = |label: &LabelMetrics| {
        // A name with a tab or a line feed would shift the columns.
        let name: String = label.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let (auroc, auprc, f1) = (number(label.auroc), number(label.auprc), number(label.f1));
        format!("{name}\t{}\t{}\t{auroc}\t{auprc}\t{f1}\n", label.positives, label.negatives)
    };
    let header = "label\tpositives\tnegatives\tauroc\tauprc\tf1\n".to_owned();
    metrics.labels.iter().fold(header, |text, label| text + &line(label))
}

fn table(metrics: &Metrics) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["label", "positives", "negatives", "AUROC", "AUPRC", "F1"]);
    for label in &metrics.labels {
        table.add_row(Row::from([
            label.name.clone(),
            label.positives.to_string(),
            label.negatives.to_string(),
            number(label.auroc),
            number(label.auprc),
            number(label.f1),
        ]));
    }
    for (name, of) in
        [("mean", (|average| average.mean) as fn(&Average) -> Option<f64>), ("median", |average| average.median)]
    {
        table.add_row(Row::from([
            name.to_owned(),
            String::new(),
            String::new(),
            number(of(&metrics.averages.auroc)),
            number(of(&metrics.averages.auprc)),
            number(of(&metrics.averages.f1)),
        ]));
    }
    let undefined = metrics.averages.auroc.undefined;
    let facts = [
        Some(format!("{} rows", metrics.rows)),
        metrics.loss.map(|loss| format!("mean loss {loss:.4}")),
        metrics.accuracy.map(|accuracy| format!("accuracy {accuracy:.4}")),
        (undefined > 0)
            .then(|| format!("{undefined} labels without a positive or a negative row left out of the averages")),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    out::aligned(table, &[1, 2, 3, 4, 5]) + "\n" + &facts.join(", ") + "\n"
}
