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

use super::columns::{Columns, width, wrapped};
use super::limit_options::LimitOptions;
use super::options::PluginOptions;
use super::out;
use crate::plugins::listing;
use crate::plugins::preview::{self, FirstNetwork};
use crate::spec::{self, Spec, space};

/// Shows the layers of a network with shapes, parameters and multiply-adds
#[derive(Args, Debug)]
#[command(
    after_help = "A strategy is described by the first network it proposes, a space by its supernet: the network that holds every option.\n\n\
Examples:\n  \
genomenas describe --strategy deepsea --length 1000 --labels 919\n  \
genomenas describe --strategy p-darts --data yeast.arrow\n  \
genomenas describe --space genomenas --set cells=3 --data yeast.arrow\n  \
genomenas describe --space genomenas --sizes --data yeast.arrow\n  \
genomenas describe --space genomenas --length 1000 --labels 919 --toml > my-space.toml\n  \
genomenas describe --space my-space.toml --length 1000 --labels 919\n  \
genomenas describe --architecture results/architecture.json --json"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
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
    /// Of data with folds: the one that is the test
    #[arg(long, value_name = "F", requires = "data")]
    fold: Option<u32>,
    /// The seed of the strategy
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Lists every size of the space genomenas with its meaning, its bounds and its default, with --data also for that data
    #[arg(long, requires = "space", conflicts_with_all = ["toml", "options", "length"])]
    sizes: bool,
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
    if args.sizes {
        return sizes(args);
    }
    let description = match &args.what {
        What { architecture: Some(path), .. } => of_architecture(&read_architecture(path)?)?,
        What { space: Some(space), .. } => {
            let data = args.data()?;
            let space = args.space(&space.clone().with(&args.set)?.unnamed("a space")?, &data)?;
            if args.toml {
                return out::toml_text(&space.to_toml()?);
            }
            of_space(&space)?
        }
        What { strategy: Some(strategy), .. } => {
            let data = args.data()?;
            let strategy = strategy.clone().with(&args.set)?.unnamed("a description")?;
            let space = args.space(&Spec::new(space::GENOMENAS), &data)?;
            let (registry, limits) = (args.plugins.registry()?, args.limits.limits());
            let (first, _) = preview::first_network(&registry, &strategy, &space, &data, args.seed, limits)?;
            let description = match first {
                FirstNetwork::Architecture(architecture) => of_architecture(&architecture)?,
                FirstNetwork::Supernet(space) => of_space(&space)?,
            };
            Description { name: strategy.to_string(), ..description }
        }
        What { .. } => return Err(Error::input("nothing to describe: give --strategy, --architecture or --space")),
    };
    if args.json { out::json(&description) } else { out::text(&text(&description, args.options)) }
}

impl DescribeArgs {
    /// A space in the sizes that a run on the store would have; without a store, in the published ones.
    fn space(&self, spec: &Spec, data: &DataInfo) -> Result<Space> {
        if self.data.is_none() {
            return space::resolve(spec, data.length, data.labels);
        }
        Ok(space::for_data(spec, data)?.0)
    }

    fn data(&self) -> Result<DataInfo> {
        /// Rows of a data set that does not exist; a strategy only learns their number.
        const ROWS: u64 = 1000;
        match (&self.data, self.length, self.labels) {
            (Some(store), ..) => Ok(Store::open(store)?.at(self.fold)?.info().for_plugins()),
            (None, Some(length), Some(labels)) => {
                let task = Task::MultiLabel;
                Ok(DataInfo { length, labels, task, train_rows: ROWS, valid_rows: ROWS, reversible: true })
            }
            _ => Err(Error::input("a network has a length and labels: give --length L --labels K, or --data STORE")),
        }
    }
}

/// What is printed of a size.
#[derive(Serialize)]
struct SizeLine {
    name: String,
    takes: String,
    published: String,
    /// What it is for the data, and why, where that is not the published size.
    #[serde(skip_serializing_if = "Option::is_none")]
    here: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    about: String,
}

/// All sizes of the space.
fn sizes(args: &DescribeArgs) -> Result<()> {
    let spec = args.what.space.clone().unwrap_or_default().with(&args.set)?;
    if spec.id != space::GENOMENAS {
        return Err(Error::input(format!(
            "only the space '{}' has sizes, the file of a space has none",
            space::GENOMENAS
        )));
    }
    let chosen = match &args.data {
        Some(store) => space::for_data(&spec, &Store::open(store)?.at(args.fold)?.info().for_plugins())?.1,
        None => Vec::new(),
    };
    let lines = listing::of_schema(&spec::sizes::schema()).into_iter().map(|size| {
        let here = chosen.iter().find(|chosen| chosen.name == size.name);
        SizeLine {
            here: here.map(|here| here.value),
            because: here.map(|here| here.reason.clone()),
            name: size.name,
            takes: size.takes,
            published: size.default,
            about: size.about,
        }
    });
    let lines: Vec<SizeLine> = lines.collect();
    if args.json {
        return out::json(&lines);
    }
    let mut table = Columns::new(&["size", "takes", "published", "about"]);
    for line in &lines {
        // A list is longer than the rest of its line, and stands with its text.
        let (published, about) = if line.published.len() > 20 {
            (
                String::new(),
                format!("{} Published: {}", line.about, line.published.replace("\",\"", ", ").replace('"', "")),
            )
        } else {
            (line.published.clone(), line.about.clone())
        };
        table.row([line.name.clone(), line.takes.clone(), published, about]);
    }
    out::text(&table.lines(width()))?;
    for line in &lines {
        if let (Some(here), Some(because)) = (line.here, &line.because) {
            out::line(&wrapped(&format!("for this data: {}={here}, because {because}", line.name), width(), 4))?;
        }
    }
    let how = "Give sizes with --space-set, or in a space such as 'genomenas cells=3'. What is not given follows from the data of a run; sizes=published takes the published sizes.";
    out::line(&format!("\n{}", wrapped(how, width(), 0)))
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
