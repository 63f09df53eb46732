//! `--preset`: a budget, a space, seeds and a recipe for the data at hand, as the comparison file that they amount to.

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::DataInfo;
use toml::{Table, Value};

use super::request::Request;
use super::{CONTROLS, sizes, space};

/// How much a comparison should take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    /// Minutes on two cores: whether there is anything to learn, and about how well
    Quick,
    /// An hour or two: an answer that holds over three seeds
    Standard,
    /// A night or more: five seeds, and budgets that let searches work
    Thorough,
}

/// What a preset allows.
struct Terms {
    name: &'static str,
    seeds: &'static str,
    /// Passes over the training split in a search, and the samples at most.
    search: (u64, u64),
    /// Epochs of the final training, and the samples of all of them at most.
    training: (u64, u64),
    patience: i64,
    /// Strategies where none are named; those that are not installed are left out, and controls where nobody wants any.
    strategies: &'static [&'static str],
}

impl Preset {
    const fn terms(self) -> Terms {
        match self {
            Self::Quick => Terms {
                name: "quick",
                seeds: "1..2",
                search: (8, 30_000),
                training: (12, 60_000),
                patience: 4,
                strategies: &["random-search trials=4", "deepvirfinder width=0.1"],
            },
            Self::Standard => Terms {
                name: "standard",
                seeds: "1..3",
                search: (40, 400_000),
                training: (40, 800_000),
                patience: 6,
                strategies: &["random-search", "regularised-evolution trials=16", "deepvirfinder width=0.2"],
            },
            Self::Thorough => Terms {
                name: "thorough",
                seeds: "1..5",
                search: (200, 4_000_000),
                training: (80, 8_000_000),
                patience: 10,
                strategies: &["random-search trials=24", "regularised-evolution", "p-darts", "deepvirfinder width=0.2"],
            },
        }
    }

    /// What `request` leaves open, as a comparison file for this data. `known` says whether a strategy is installed.
    pub fn file(self, request: &Request, data: &DataInfo, known: impl Fn(&str) -> bool) -> Table {
        let terms = self.terms();
        let rows = data.train_rows.max(1);
        let mut file = Table::new();
        if request.strategies.is_none() {
            let controls = request.control != Some(false);
            let wanted = |spec: &&&str| {
                let id = spec.split(' ').next().unwrap_or_default();
                known(id) && (controls || !CONTROLS.contains(&id))
            };
            let strategies = terms.strategies.iter().filter(wanted).map(|spec| Value::String((*spec).to_owned()));
            file.insert("strategies".to_owned(), Value::Array(strategies.collect()));
        }
        if request.seeds.is_none() {
            file.insert("seeds".to_owned(), Value::String(terms.seeds.to_owned()));
        }
        if request.budget.is_none() {
            let (epochs, most) = terms.search;
            let budget = if epochs * rows <= most { format!("{epochs}epochs") } else { format!("{most}samples") };
            file.insert("budget".to_owned(), Value::String(budget));
        }
        if request.space.is_none() {
            let sizes = sizes::of(data, &serde_json::Map::new());
            let mut words = vec![space::GENOMENAS.to_owned()];
            words.extend(sizes.iter().map(|size| format!("{}={}", size.name, size.value)));
            file.insert("space".to_owned(), Value::String(words.join(" ")));
        }
        if request.control.is_none() {
            file.insert("control".to_owned(), Value::Boolean(true));
        }
        let mut recipe = terms.recipe(rows);
        if let Some(given) = &request.final_training {
            super::recipe::lay_over(&mut recipe, given);
        }
        file.insert("final".to_owned(), Value::Table(recipe));
        file
    }

    /// The request that such a file makes.
    ///
    /// # Errors
    ///
    /// Never for a file of [`Self::file`].
    pub fn request(file: &Table) -> Result<Request> {
        file.clone().try_into().map_err(|error| Error::bug(format!("a preset is not a comparison file: {error}")))
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.terms().name
    }
}

impl Terms {
    fn recipe(&self, rows: u64) -> Table {
        let (epochs, most) = self.training;
        // Small data gets steps enough, and a batch that it can fill.
        let usual: u64 = if rows < 10_000 { 32 } else { 64 };
        let fits = (0..=6).map(|power| 1_u64 << power).filter(|batch| batch * 4 <= rows).max().unwrap_or(1);
        let batch = usual.min(fits);
        let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let mut recipe = Table::from_iter([
            ("epochs".to_owned(), number(epochs)),
            ("batch".to_owned(), number(batch)),
            (
                "early_stopping".to_owned(),
                Value::Table(Table::from_iter([("patience".to_owned(), Value::Integer(self.patience))])),
            ),
        ]);
        if epochs * rows > most {
            recipe.insert("steps_per_epoch".to_owned(), number((most / epochs / batch).max(1)));
        }
        recipe
    }
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::Task;

    use super::*;

    fn file(preset: Preset, train_rows: u64, request: &str) -> Table {
        let data =
            DataInfo { length: 200, labels: 1, task: Task::MultiLabel, train_rows, valid_rows: 100, reversible: true };
        let file = preset.file(&toml::from_str(request).unwrap(), &data, |id| id != "p-darts");
        Preset::request(&file).unwrap();
        file
    }

    #[test]
    fn a_preset_is_a_comparison_file_for_the_data() {
        insta::assert_snapshot!(toml::to_string(&file(Preset::Quick, 2_660, "")).unwrap(), @r#"
        budget = "8epochs"
        control = true
        seeds = "1..2"
        space = "genomenas cells=3 channels=4 nodes=2 rnn_nodes=4 decoder_features=32"
        strategies = ["random-search trials=4", "deepvirfinder width=0.1"]

        [final]
        batch = 32
        epochs = 12

        [final.early_stopping]
        patience = 4
        "#);
        let large = file(Preset::Quick, 55_000, "");
        assert_eq!(large["budget"].as_str(), Some("30000samples"));
        assert_eq!(large["final"]["steps_per_epoch"].as_integer(), Some(78));
        assert_eq!(file(Preset::Thorough, 2_660, "")["strategies"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn what_is_asked_for_is_left_alone() {
        let file =
            file(Preset::Standard, 2_660, "budget = '3epochs'\nseeds = '7'\nstrategies = ['danq']\n[final]\nbatch = 5");
        assert!(["budget", "seeds", "strategies"].iter().all(|key| !file.contains_key(*key)), "{file}");
        assert_eq!(file["final"]["batch"].as_integer(), Some(5));
    }

    #[test]
    fn where_no_control_is_wanted_none_is_among_the_strategies() {
        for preset in [Preset::Quick, Preset::Standard, Preset::Thorough] {
            let file = file(preset, 2_660, "control = false");
            let strategies = file["strategies"].as_array().unwrap();
            assert!(!strategies.is_empty() && !file.contains_key("control"), "{file}");
            assert!(strategies.iter().all(|spec| !spec.as_str().unwrap().starts_with("random-search")), "{file}");
        }
    }

    #[test]
    fn a_tiny_split_fills_the_batches() {
        assert_eq!(file(Preset::Quick, 20, "")["final"]["batch"].as_integer(), Some(4));
    }
}
