//! Options that several verbs share.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_data::{DeviceChoice, Precision};
use genomenas_plugin::message::ClassWeights;
use genomenas_report::model::Recipes;
use toml::{Table, Value};

use super::threads;
use crate::plugins::StrategyRegistry;
use crate::spec::Spec;
use crate::spec::recipe;
use crate::spec::sizes::Size;
use crate::spec::space::GENOMENAS;

const PLUGINS_HELP: &str = "A folder of plugins, or one plugin file; may be given several times. Searched before \
GENOMENAS_PLUGINS, the folder beside this program and the user's data folder";

/// The folders to search for plugins.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PluginOptions {
    #[arg(long = "plugins", value_name = "DIR", help = PLUGINS_HELP)]
    folders: Vec<PathBuf>,
}

impl PluginOptions {
    /// The plugins of these folders and of the usual ones. Nothing of any plugin runs.
    pub(crate) fn registry(&self) -> Result<StrategyRegistry> {
        StrategyRegistry::open(&self.folders, &[])
    }

    /// The folders and files that were named.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// As [`Self::registry`], and takes what is not found there from `files`.
    pub(crate) fn registry_with(&self, files: &[PathBuf]) -> Result<StrategyRegistry> {
        StrategyRegistry::open(&self.folders, files)
    }
}

/// What a run runs on.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct MachineOptions {
    /// Where to compute: auto (CUDA if there is one), cpu, cuda or cuda:I
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub(crate) device: String,
    /// Threads to compute with [default: all that this process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) threads: Option<u32>,
}

impl MachineOptions {
    /// The threads, which are those of an `earlier` start where no option says otherwise.
    pub(crate) fn threads_or(&self, earlier: Option<u32>) -> u32 {
        self.threads.or(earlier).unwrap_or_else(threads::available)
    }
}

/// How precisely networks compute.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct PrecisionOption {
    /// How precisely networks compute: fp32, or on a GPU tf32 (products and convolutions round to TF32) or bf16 (passes
    /// under autocast to bfloat16; weights, losses and optimizers in float32). A term of a comparison [default: fp32]
    #[arg(long = "precision", value_name = "PRECISION", value_parser = Precision::from_str)]
    pub(crate) given: Option<Precision>,
}

/// The space to search.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SpaceOptions {
    /// The space: 'genomenas', whose sizes follow from the data unless they are set (`genomenas describe --space genomenas
    /// --sizes` lists them), or the file of a space (TOML or JSON) [default: genomenas]
    #[arg(long, value_name = "SPACE", value_parser = Spec::from_str)]
    space: Option<Spec>,
    /// A size of the genomenas space, such as cells=3, or sizes=published for the published ones; may be given several times
    #[arg(long = "space-set", value_name = "KEY=VALUE")]
    sizes: Vec<String>,
}

impl SpaceOptions {
    /// The space, if an option says anything about it.
    pub(crate) fn given(&self) -> Result<Option<Spec>> {
        if self.space.is_none() && self.sizes.is_empty() { Ok(None) } else { self.spec().map(Some) }
    }

    /// The space; `genomenas` unless an option says otherwise.
    pub(crate) fn spec(&self) -> Result<Spec> {
        self.space.clone().unwrap_or_else(|| Spec::new(GENOMENAS)).with(&self.sizes)?.unnamed("a space")
    }
}

/// How a found or given architecture is trained.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Final training")]
pub(crate) struct RecipeOptions {
    /// Settings of the final training, as in the [final] table of a comparison file; or `own`: the plan that the trials of
    /// the strategy had; or, of `compare`, `tuned`: the best of a few for each run, see --tune [default: common, one for all]
    #[arg(long, value_name = "FILE.toml|common|own|tuned")]
    pub(crate) recipe: Option<PathBuf>,
    /// Epochs at most [default: 20]
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u32>,
    /// Samples a step [default: 64]
    #[arg(long, value_name = "N")]
    pub(crate) batch: Option<u32>,
    /// Learning rate at the start [default: 0.001]
    #[arg(long, value_name = "RATE")]
    pub(crate) learning_rate: Option<f64>,
    /// Epochs without a lower validation loss before training ends; 0 for no early stopping [default: 5]
    #[arg(long, value_name = "N")]
    pub(crate) patience: Option<u32>,
    /// Steps an epoch [default: the whole training split]
    #[arg(long, value_name = "N")]
    pub(crate) steps_per_epoch: Option<u32>,
    /// Shows half of the training windows as their reverse complements
    #[arg(long)]
    pub(crate) reverse_complement: bool,
    /// Scores the mean of the predictions for both strands of a window
    #[arg(long)]
    pub(crate) average_strands: bool,
    /// Moves each training window by up to this many bases either way, drawn anew in every epoch
    #[arg(long, value_name = "BASES")]
    pub(crate) shift: Option<u32>,
    /// Makes rare labels and classes count more in the loss: none, balanced, or balanced=MAX for weights of at most MAX
    /// [default: none; of balanced: 100]
    #[arg(long, value_name = "WEIGHTS", value_parser = class_weights)]
    pub(crate) class_weights: Option<ClassWeights>,
    /// Trains on this share of the training rows, drawn from the seed; a smaller share is a part of a larger one
    #[arg(long, value_name = "SHARE")]
    pub(crate) subsample: Option<f64>,
}

impl RecipeOptions {
    /// The kind of recipe that is asked for by its word.
    pub(crate) fn recipes(&self) -> Option<Recipes> {
        let word = self.recipe.as_deref()?;
        Recipes::ALL.into_iter().find(|recipes| word == Path::new(recipes.name()))
    }

    /// Whether the recipe is the strategy's own.
    ///
    /// # Errors
    ///
    /// Several are to be tried.
    pub(crate) fn own(&self) -> Result<bool> {
        match self.recipes() {
            Some(Recipes::Tuned) => Err(Error::input(
                "`--recipe tuned` is for `genomenas compare`, where every run is tuned alike: give one recipe here, or compare one strategy alone (--strategy … --no-control)",
            )),
            recipes => Ok(recipes == Some(Recipes::Own)),
        }
    }

    /// These options as a table, which is laid over the default or over the strategy's own recipe.
    pub(crate) fn table(&self) -> Result<Table> {
        let mut table = match self.recipe.as_deref().filter(|_| self.recipes().is_none()) {
            Some(path) if !path.exists() => {
                return Err(Error::input(format!(
                    "--recipe {}: expected {} or the file of a recipe (TOML), and there is no such file",
                    path.display(),
                    Recipes::ALL.map(Recipes::name).join(", ")
                )));
            }
            Some(path) => recipe::read(path)?,
            None => Table::new(),
        };
        let numbers = [
            ("epochs", self.epochs),
            ("batch", self.batch),
            ("steps_per_epoch", self.steps_per_epoch),
            ("shift", self.shift),
        ];
        for (name, number) in numbers {
            table.extend(number.map(|number| (name.to_owned(), Value::Integer(number.into()))));
        }
        let flags = [("reverse_complement", self.reverse_complement), ("average_strands", self.average_strands)];
        for (name, _) in flags.iter().filter(|(_, set)| *set) {
            table.insert((*name).to_owned(), Value::Boolean(true));
        }
        if let Some(share) = self.subsample {
            table.insert("subsample".to_owned(), Value::Float(share));
        }
        if let Some(weights) = self.class_weights {
            let weights = Value::try_from(weights).map_err(|error| Error::failed(format!("class weights: {error}")))?;
            table.insert("class_weights".to_owned(), weights);
        }
        if let Some(rate) = self.learning_rate {
            set_in(&mut table, "cnn", "learning_rate", Value::Float(rate));
        }
        match self.patience {
            Some(0) => _ = table.insert("early_stopping".to_owned(), Value::Boolean(false)),
            Some(patience) => set_in(&mut table, "early_stopping", "patience", Value::Integer(patience.into())),
            None => {}
        }
        Ok(table)
    }
}

/// Says which sizes of a space follow from the data, and why.
pub(crate) fn tell_sizes(sizes: &[Size]) {
    for Size { name, value, published, reason } in sizes {
        log::info!("the space has {name}={value} (published: {published}), because {reason}");
    }
}

fn set_in(table: &mut Table, outer: &str, inner: &str, value: Value) {
    let entry = table.entry(outer).or_insert_with(|| Value::Table(Table::new()));
    match entry {
        Value::Table(entry) => _ = entry.insert(inner.to_owned(), value),
        // What is there is not a table (early_stopping = false, say): the option wins.
        other => *other = Value::Table(Table::from_iter([(inner.to_owned(), value)])),
    }
}

/// Weights of classes by name: "none", "balanced", "balanced=20".
fn class_weights(text: &str) -> Result<ClassWeights> {
    let unknown = || {
        Error::input(format!(
            "class weights '{text}' are unknown: expected none, balanced, or balanced=MAX with a number of at least 1"
        ))
    };
    match text.split_once('=') {
        None if text == "none" => Ok(ClassWeights::None),
        None if text == "balanced" => Ok(ClassWeights::balanced()),
        Some(("balanced", maximum)) => match maximum.parse() {
            Ok(maximum) if (1.0..f64::INFINITY).contains(&maximum) => Ok(ClassWeights::Balanced { maximum }),
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

/// Refuses what is not the name of a device; whether the device exists is checked when it is used.
pub(crate) fn device(text: &str) -> Result<String> {
    text.parse::<DeviceChoice>().map(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::recipe;

    fn table(options: &RecipeOptions) -> Table {
        options.table().unwrap()
    }

    #[test]
    fn options_lie_over_the_recipe_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.toml");
        genomenas_data::files::write_atomically(
            &path,
            b"[final]\nepochs = 3\nearly_stopping = false\ncnn.weight_decay = 0.1",
        )
        .unwrap();
        let options = RecipeOptions {
            epochs: Some(7),
            patience: Some(2),
            learning_rate: Some(0.5),
            recipe: Some(path),
            ..Default::default()
        };
        let plan = recipe::resolve(&[&table(&options)]).unwrap();
        assert_eq!((plan.epochs, plan.cnn.learning_rate, plan.cnn.weight_decay), (7, 0.5, 0.1));
        assert_eq!(plan.early_stopping.unwrap().patience, 2);
    }

    #[test]
    fn options_of_the_data_reach_the_plan_and_replace_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.toml");
        let text = b"shift = 9\nsubsample = 0.1\nclass_weights = { type = 'balanced', maximum = 7.0 }";
        genomenas_data::files::write_atomically(&path, text).unwrap();
        let file = RecipeOptions { recipe: Some(path), ..Default::default() };
        let plan = |options: &RecipeOptions| recipe::resolve(&[&table(options)]).unwrap();
        let of_file = plan(&file);
        assert_eq!((of_file.shift, of_file.subsample, of_file.average_strands), (9, Some(0.1), false));
        assert_eq!(of_file.class_weights, ClassWeights::Balanced { maximum: 7.0 });
        let options = RecipeOptions {
            shift: Some(3),
            subsample: Some(0.5),
            class_weights: Some(class_weights("balanced").unwrap()),
            average_strands: true,
            ..file.clone()
        };
        let laid_over = plan(&options);
        assert_eq!((laid_over.shift, laid_over.subsample, laid_over.average_strands), (3, Some(0.5), true));
        assert_eq!(laid_over.class_weights, ClassWeights::Balanced { maximum: 100.0 });
        let none = RecipeOptions { class_weights: Some(class_weights("none").unwrap()), ..file };
        assert_eq!(plan(&none).class_weights, ClassWeights::None);
    }

    #[test]
    fn weights_of_classes_are_named_with_a_maximum_or_without() {
        assert_eq!(class_weights("balanced=12.5").unwrap(), ClassWeights::Balanced { maximum: 12.5 });
        for bad in ["", "equal", "balanced=", "balanced=0.5", "balanced=inf", "balanced=NaN", "none=2"] {
            let refused = class_weights(bad).unwrap_err().to_string();
            assert!(refused.contains("balanced=MAX"), "{refused}");
        }
    }

    #[test]
    fn patience_0_means_no_early_stopping() {
        let options = RecipeOptions { patience: Some(0), ..Default::default() };
        assert_eq!(recipe::resolve(&[&table(&options)]).unwrap().early_stopping, None);
    }

    #[test]
    fn sizes_alone_mean_the_genomenas_space() {
        let options = SpaceOptions { space: None, sizes: vec!["cells=3".to_owned()] };
        assert_eq!(options.given().unwrap().unwrap().to_string(), "genomenas cells=3");
        assert_eq!(SpaceOptions::default().given().unwrap(), None);
    }

    #[test]
    fn devices_have_names() {
        for good in ["auto", "cpu", "cuda", "cuda:11"] {
            assert!(device(good).is_ok());
        }
        for bad in ["gpu", "cuda:", "cuda:x", "CPU", ""] {
            assert!(device(bad).is_err(), "{bad}");
        }
    }
}
