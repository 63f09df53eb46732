//! The model card: what a person must know of a network before using it (after Mitchell et al. 2019, Model Cards for Model
//! Reporting), as Markdown.

use std::fmt::Write as _;

use genomenas_data::error::Result;
use genomenas_data::text::{grouped, printable};
use genomenas_data::{Split, StoreInfo, Task};
use genomenas_export::{INPUT, OPSET, outputs};
use genomenas_plugin::message::Cost;
use genomenas_report::humanize::{budget, duration};
use genomenas_report::metrics::Metrics;
use genomenas_report::recipe;
use genomenas_report::scores::{self, TextOptions};

use crate::model::Model;
use crate::run::{RunResult, Settings};

/// The name of the card.
pub const MODEL_CARD: &str = "README.md";

/// Labels that a card names.
const MOST_LABELS: usize = 30;

/// What a card tells of.
pub(super) struct Card<'a> {
    pub(super) name: &'a str,
    pub(super) model: &'a Model,
    pub(super) settings: &'a Settings,
    pub(super) result: &'a RunResult,
    pub(super) data: &'a StoreInfo,
}

/// The text of a card.
pub(super) fn text(card: &Card<'_>) -> Result<String> {
    let sections = [
        head(card)?,
        section("Use", &used(card)),
        section("Data", &data(card)),
        section("Scores", &scored(card)),
        section("How it was found", &found(card)),
        section("How it was trained", &trained(card)),
        section("Files", &files(card)),
        section("Licence", LICENCE),
    ];
    Ok(sections.join("\n"))
}

const LICENCE: &str = "`model.py` and this page were written by genomenas (MIT OR Apache-2.0) and may be used under either. The weights come of\n\
the data above: which licence they have is for whoever trained them to say, and this is the place.\n";

fn section(title: &str, body: &str) -> String {
    format!("## {title}\n\n{body}")
}

/// Text from data or a person, in which nothing is Markdown.
fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for letter in printable(text).chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// What is predicted, in words.
const fn task(task: Task) -> &'static str {
    match task {
        Task::MultiLabel => "any number of labels (a probability each)",
        Task::MultiClass => "one of several classes (a probability each)",
        Task::Regression => "numbers",
        Task::PoissonRegression => "counts or rates",
        Task::NextNucleotide => "the base after the window (a probability for each of A, C, G and T)",
    }
}

fn head(card: &Card<'_>) -> Result<String> {
    let about = &card.model.about;
    let layers = card.model.architecture.layers()?;
    Ok(format!(
        "# {}\n\nA network that reads {} bases of DNA and predicts {}, for {} outputs. It has {} weights and takes {} multiply-adds\n\
         a window. Its architecture has the canonical hash `{}`.\n",
        plain(card.name),
        grouped(about.length as u64),
        task(about.task),
        grouped(about.labels.len() as u64),
        grouped(layers.parameters()),
        grouped(layers.multiply_adds()),
        about.architecture_hash,
    ))
}

fn used(card: &Card<'_>) -> String {
    let about = &card.model.about;
    let [raw, predictions] = outputs(about.task);
    let strands = if about.both_strands {
        "The scores below are of the **mean of the predictions for both strands** of a window: `predict` of `model.py` and\n\
         `genomenas predict` take it, ONNX predicts one strand, so average yourself."
    } else {
        "The scores below are of windows on the strand that they stand on."
    };
    let other =
        about.no_other_strand().map_or_else(String::new, |why| format!(" The other strand is no sample: {why}."));
    let mut labels: Vec<String> = about.labels.iter().take(MOST_LABELS).map(|label| plain(label)).collect();
    if about.labels.len() > MOST_LABELS {
        labels.push(format!("and {} more, see `export.json`", grouped((about.labels.len() - MOST_LABELS) as u64)));
    }
    format!(
        "A window is one-hot encoded, [4, {length}] with the channels A, C, G and T; an unknown base has zeros.\n\n\
         * `model.onnx` (opset {OPSET}): input `{INPUT}` [batch, 4, {length}], outputs `{raw}` (raw values) and `{predictions}`,\n  \
         [batch, {outputs}] each.\n\
         * `model.py` (PyTorch): `predict(load(), windows)`.\n\
         * `genomenas predict` with this folder as the model.\n\n\
         {strands}{other}\n\nThe outputs, in order: {labels}.\n",
        length = about.length,
        outputs = about.labels.len(),
        labels = labels.join(", "),
    )
}

fn data(card: &Card<'_>) -> String {
    let data = card.data;
    let mut text = format!("The digest of the data is `{}`.\n\n| split | rows |\n|---|---|\n", data.digest);
    for split in Split::ALL {
        let _ = writeln!(text, "| {} | {} |", split.name(), grouped(*data.rows.get(split)));
    }
    if let Some(fold) = card.model.about.fold {
        let _ = writeln!(text, "\nThe test is fold {fold} of {}, and the next one validates.", data.folds.len());
    }
    let _ = write!(text, "\nImported by `genomenas data import {}`", plain(&data.import.importer));
    for source in &data.import.sources {
        let _ = write!(
            text,
            "\n* from {} ({} bytes, SHA-256 `{}`)",
            plain(&source.name),
            grouped(source.bytes),
            source.sha256
        );
    }
    for (name, value) in &data.import.settings {
        let _ = write!(text, "\n* {}: {}", plain(name), plain(value));
    }
    for dropped in &data.import.dropped {
        let _ = write!(text, "\n* left out: {} {}", grouped(dropped.count), plain(&dropped.what));
    }
    text.push('\n');
    for warning in &data.import.warnings {
        let _ = writeln!(text, "\n**Note:** {}", plain(warning));
    }
    text
}

fn scored(card: &Card<'_>) -> String {
    let about = &card.model.about;
    let of = |split: Split, metrics: &Metrics| {
        let options = TextOptions { split, average_strands: about.both_strands, all_labels: false };
        format!("```text\n{}\n```\n", scores::text(metrics, options).trim_end())
    };
    let mut text = match &about.test {
        Some(test) => format!("On the test split, which nothing was chosen by:\n\n{}\n", of(Split::Test, test)),
        None => "The test split was not scored.\n\n".to_owned(),
    };
    if let Some(valid) = &about.valid {
        text += "On the validation split, by which weights and thresholds were chosen:\n\n";
        text += &of(Split::Valid, valid);
    }
    if about.test.iter().chain(&about.valid).any(|metrics| metrics.bootstrap.is_none()) {
        text += "\nScores without an interval have none because the run made none: `genomenas evaluate --bootstrap 1000` adds\n\
                 them, from the data. One run says nothing of how scores differ from seed to seed.\n";
    }
    text
}

fn cost(cost: &Cost) -> String {
    format!(
        "{} training samples, {} multiply-adds, {}",
        grouped(cost.samples),
        grouped(cost.multiply_adds),
        duration(cost.seconds)
    )
}

fn found(card: &Card<'_>) -> String {
    let (settings, result) = (card.settings, card.result);
    let mut text = match &settings.search {
        None => "The architecture was given, and not searched for.\n".to_owned(),
        Some(search) => {
            let mut text = format!(
                "By the strategy `{}` of the plugin {} {} (SHA-256 `{}`) in the space {}, under a budget of {}.\n",
                search.strategy,
                plain(&search.plugin),
                plain(&search.plugin_version),
                search.plugin_sha256,
                plain(&search.space),
                budget(search.budget)
            );
            for (name, value) in &search.parameters {
                let _ = writeln!(text, "* {}: {}", plain(name), plain(&value.to_string()));
            }
            text
        }
    };
    if let Some(search) = &result.search {
        let _ = writeln!(text, "\nThe search had {} trials and cost {}.", grouped(result.trials), cost(search));
    }
    if result.unconfined {
        text += "\nThe plugin ran without confinement, so nothing but its good will kept it from the test split.\n";
    }
    let _ =
        writeln!(text, "\nThe seed of the run was {}; genomenas {} made it.", result.seed, plain(&settings.genomenas));
    text
}

fn trained(card: &Card<'_>) -> String {
    let mut text = String::new();
    for setting in card.model.about.recipe.iter().flat_map(recipe::settings) {
        let _ = writeln!(text, "* {}: {}", plain(&setting.name), plain(&setting.value));
    }
    if let Some(training) = &card.result.final_training {
        let _ = writeln!(text, "\nThe final training cost {}.", cost(training));
    }
    if let Some(epoch) = card.result.best_epoch {
        let _ = writeln!(text, "\nThe weights are those after epoch {epoch}, the best on the validation split.");
    }
    text
}

fn files(card: &Card<'_>) -> String {
    format!(
        "| file | what |\n|---|---|\n\
         | `weights.safetensors` | the weights, float32, named after the nodes of the architecture |\n\
         | `architecture.json` | the architecture, as genomenas reads it |\n\
         | `model.onnx` | both as ONNX, opset {OPSET} |\n\
         | `model.py` | the network in plain PyTorch; it reads the weights beside it |\n\
         | `export.json` | labels, task, recipe, every score, and the SHA-256 of each file; written by genomenas {} |\n",
        env!("CARGO_PKG_VERSION"),
    ) + if card.model.about.labels.len() > MOST_LABELS {
        "\nThe names of all labels are in `export.json` and `model.py`.\n"
    } else {
        ""
    }
}
