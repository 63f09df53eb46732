//! `genomenas describe`: the layers of an architecture, of a strategy's first trial, or of a space's supernet.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use comfy_table::Row;
use genomenas_data::Store;
use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_data::text::{cell, grouped};
use genomenas_plugin::message::{DataInfo, Task};
use genomenas_plugin::space::{Architecture, Layers, Space};
use genomenas_report::architecture;
use genomenas_report::model::LayerRow;
use serde::Serialize;

use super::limit_options::LimitOptions;
use super::options::PluginOptions;
use super::out;
use crate::plugins::preview::{self, FirstNetwork};
use crate::spec::{Spec, space};

/// Shows the layers of a network with shapes, parameters and multiply-adds
#[derive(Args, Debug)]
#[command(
    after_help = "A strategy is described by the first network it proposes, a space by its supernet: the network that holds every option.\n\n\
Examples:\n  \
genomenas describe --strategy deepsea --length 1000 --labels 919\n  \
genomenas describe --strategy p-darts --data yeast.arrow\n  \
genomenas describe --space genomenas --set cells=3 --data yeast.arrow\n  \
genomenas describe --space genomenas --length 1000 --labels 919 --toml > my-space.toml\n  \
genomenas describe --space my-space.toml --length 1000 --labels 919\n  \
genomenas describe --architecture results/architecture.json --json"
)]
pub(crate) struct DescribeArgs {
    #[command(flatten)]
    what: What,
    /// A parameter of the strategy or a size of the space; may be given several times
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "architecture")]
    set: Vec<String>,
    /// Bases a window
    #[arg(long, value_name = "L", requires = "labels", conflicts_with_all = ["data", "architecture"])]
    length: Option<usize>,
    /// Outputs
    #[arg(long, value_name = "K", requires = "length")]
    labels: Option<usize>,
    /// Takes length and labels from a store
    #[arg(long, value_name = "STORE", conflicts_with = "architecture")]
    data: Option<PathBuf>,
    /// The seed of the strategy
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Prints the file of the space, to start one's own from
    #[arg(long, conflicts_with_all = ["strategy", "architecture", "json"])]
    toml: bool,
    /// Shows the layers of every option of a supernet, and not their sums
    #[arg(long, conflicts_with_all = ["json", "toml"])]
    options: bool,
    /// Prints JSON: name, parameters, multiply-adds and layers; for a space also its decisions
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plugins: PluginOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// A strategy
    #[arg(long, value_name = "ID", value_parser = Spec::from_str)]
    strategy: Option<Spec>,
    /// The file of an architecture
    #[arg(long, value_name = "FILE")]
    architecture: Option<PathBuf>,
    /// 'genomenas', or the file of a space
    #[arg(long, value_name = "SPACE", value_parser = Spec::from_str)]
    space: Option<Spec>,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Description {
    name: String,
    parameters: u64,
    multiply_adds: u64,
    /// Values that a training step keeps for its backward pass, a row of the batch: an estimate.
    activations: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    architectures: Option<f64>,
    layers: Vec<LayerRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decisions: Vec<Decision>,
    /// The layers as a person reads them.
    #[serde(skip)]
    folded: Vec<LayerRow>,
}

#[derive(PartialEq, Serialize)]
struct Decision {
    id: String,
    options: Vec<String>,
}

pub(crate) fn run(args: &DescribeArgs) -> Result<()> {
    let description = match &args.what {
        What { architecture: Some(path), .. } => of_architecture(&read_architecture(path)?)?,
        What { space: Some(space), .. } => {
            let data = args.data()?;
            let space = space::resolve(&space.clone().with(&args.set)?, data.length, data.labels)?;
            if args.toml {
                return out::toml_text(&space.to_toml()?);
            }
            of_space(&space)?
        }
        What { strategy: Some(strategy), .. } => {
            let data = args.data()?;
            let strategy = strategy.clone().with(&args.set)?;
            let space = space::resolve(&Spec::new(space::GENOMENAS), data.length, data.labels)?;
            let (registry, limits) = (args.plugins.registry()?, args.limits.limits());
            let first = preview::first_network(&registry, &strategy, &space, &data, args.seed, limits)?;
            let description = match first {
                FirstNetwork::Architecture(architecture, _) => of_architecture(&architecture)?,
                FirstNetwork::Supernet(space) => of_space(&space)?,
            };
            Description { name: strategy.to_string(), ..description }
        }
        What { .. } => return Err(Error::input("nothing to describe: give --strategy, --architecture or --space")),
    };
    if args.json { out::json(&description) } else { out::text(&text(&description, args.options)) }
}

impl DescribeArgs {
    fn data(&self) -> Result<DataInfo> {
        /// Rows of a data set that does not exist; a strategy only learns their number.
        const ROWS: u64 = 1000;
        match (&self.data, self.length, self.labels) {
            (Some(store), ..) => Ok(Store::open(store)?.info().for_plugins()),
            (None, Some(length), Some(labels)) => {
                let task = Task::MultiLabel;
                Ok(DataInfo { length, labels, task, train_rows: ROWS, valid_rows: ROWS, reversible: true })
            }
            _ => Err(Error::input("a network has a length and labels: give --length L --labels K, or --data STORE")),
        }
    }
}

/// Reads the file of an architecture.
pub(crate) fn read_architecture(path: &Path) -> Result<Architecture> {
    Architecture::from_json(&files::read_text(path)?).map_err(|error| Error::file("use", path, error))
}

fn of_architecture(found: &Architecture) -> Result<Description> {
    let layers = found.layers()?;
    Ok(Description { hash: Some(found.canonical_hash()?), ..of_layers(&found.name, &layers) })
}

fn of_space(space: &Space) -> Result<Description> {
    let decisions = space.decisions.iter();
    let decisions = decisions.map(|decision| Decision { id: decision.id.clone(), options: decision.options.clone() });
    let supernet = space.supernet_layers()?;
    let mut description = of_layers(&space.name, &supernet);
    // They belong to no layer, and without them the layers would not add up to the total.
    let alphas = LayerRow {
        name: "alphas".to_owned(),
        op: "weights of the options, shared by all uses of a decision".to_owned(),
        shape: String::new(),
        parameters: supernet.alphas(),
        multiply_adds: 0,
    };
    description.layers.push(alphas.clone());
    description.folded.push(alphas);
    Ok(Description { decisions: decisions.collect(), architectures: Some(space.architectures()), ..description })
}

fn of_layers(name: &str, layers: &Layers) -> Description {
    Description {
        name: name.to_owned(),
        parameters: layers.parameters(),
        multiply_adds: layers.multiply_adds(),
        activations: layers.activations(),
        hash: None,
        architectures: None,
        layers: architecture::layers(layers),
        folded: architecture::folded(layers),
        decisions: Vec::new(),
    }
}

/// The layers as a table, what training needs, and the decisions. `options` shows the layers of every option.
fn text(description: &Description, options: bool) -> String {
    let mut table = out::plain(["layer", "operation", "shape", "parameters", "multiply-adds"]);
    for layer in if options { &description.layers } else { &description.folded } {
        table.add_row(Row::from([
            cell(&layer.name),
            cell(&layer.op),
            cell(&layer.shape),
            grouped(layer.parameters),
            grouped(layer.multiply_adds),
        ]));
    }
    table.add_row(Row::from([
        "total".to_owned(),
        String::new(),
        String::new(),
        grouped(description.parameters),
        grouped(description.multiply_adds),
    ]));
    let kept = format!("\ntraining keeps about {} values a row of the batch\n", grouped(description.activations));
    out::aligned(table, &[2, 3, 4]) + &kept + &decisions(description)
}

/// How many architectures a space has, and its decisions, those with equal options in one line.
fn decisions(description: &Description) -> String {
    let (Some(architectures), decisions) = (description.architectures, &description.decisions) else {
        return String::new();
    };
    let plural = if decisions.len() == 1 { "" } else { "s" };
    let head = format!("{} decision{plural}, {} architectures\n", decisions.len(), many(architectures));
    let line = |group: &[Decision]| match group {
        [only] => format!("  {}: {}\n", only.id, only.options.join(", ")),
        [first, .., last] => {
            format!("  {} from {} to {}: {}\n", group.len(), first.id, last.id, first.options.join(", "))
        }
        [] => String::new(),
    };
    head + &decisions.chunk_by(|one, next| one.options == next.options).map(line).collect::<String>()
}

/// A count that can be beyond every integer: exact where a person can take it in.
fn many(count: f64) -> String {
    if count < 1e6 { format!("{count:.0}") } else { format!("about {count:.1e}") }
}
