//! The leaderboard as aligned text for a terminal, and as CSV.

use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};

use super::model::Comparison;
use super::numbers::{self, NOTHING, duration, plural};
use super::standing::{Count, MeanCost, Spread, Standing, standings};
use crate::error::{Error, Result};

/// The leaderboard as text: best first, mean ± sample standard deviation over seeds, then why runs failed.
///
/// Lines are as long as they need to be and hold no colours, so the text can be piped.
pub fn leaderboard_text(comparison: &Comparison) -> String {
    let standings = standings(comparison);
    let columns =
        ["#", "strategy", "AUROC", "AUPRC", "F1", "runs", "parameters", "mult-adds", "search", "training", "failed"];
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns);
    for standing in &standings {
        table.add_row(Row::from(cells(standing)));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index != 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!(
        "{}\ntest split of {} · budget {} · mean ± sd over seeds · by {}\n\n",
        one_line(&comparison.title),
        one_line(&comparison.data.path),
        one_line(&comparison.budget),
        comparison.ranked_by.name()
    );
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&notes(&standings));
    text.replace('\u{a0}', " ")
}

/// The leaderboard as CSV, one line an entry, numbers in full precision and empty where there is none.
pub fn leaderboard_csv(comparison: &Comparison) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |cause: &dyn std::fmt::Display| Error::failed(format!("cannot write the leaderboard as CSV: {cause}"));
    writer.write_record(CSV_COLUMNS).map_err(|cause| failed(&cause))?;
    for standing in standings(comparison) {
        let record = csv_record(&standing).map_err(|cause| failed(&cause))?;
        writer.write_record(&record).map_err(|cause| failed(&cause))?;
    }
    let bytes = writer.into_inner().map_err(|cause| failed(&cause))?;
    String::from_utf8(bytes).map_err(|cause| failed(&cause))
}

fn cells(standing: &Standing<'_>) -> [String; 11] {
    let control = if standing.entry.control { " (control)" } else { "" };
    [
        standing.rank.map_or_else(|| NOTHING.to_owned(), |rank| rank.to_string()),
        format!("{}{control}", one_line(&standing.entry.name)),
        numbers::spread(&standing.auroc),
        numbers::spread(&standing.auprc),
        numbers::spread(&standing.f1),
        format!("{}/{}", standing.finished, standing.entry.runs.len()),
        numbers::count(standing.parameters),
        numbers::short_count(standing.multiply_adds),
        cost(standing.search),
        cost(standing.training),
        standing.failed.to_string(),
    ]
}

/// "19.2 k in 3 min 12 s".
fn cost(cost: Option<MeanCost>) -> String {
    cost.map_or_else(
        || NOTHING.to_owned(),
        |cost| format!("{} in {}", numbers::short(cost.samples), duration(cost.seconds)),
    )
}

fn notes(standings: &[Standing<'_>]) -> String {
    let mut lines = vec![String::new()];
    if standings.iter().any(|standing| standing.search.is_some()) {
        lines.push("search and training: samples drawn in wall-clock time, mean over finished runs".to_owned());
    }
    let runs = || standings.iter().flat_map(|standing| &standing.entry.runs);
    let undefined = runs().filter_map(|run| Some(run.result()?.averages.auroc.undefined)).max().unwrap_or(0);
    if undefined > 0 {
        let labels = plural(undefined, "label");
        lines.push(format!("{labels} undefined in the test split (no positive or no negative row): left out"));
    }
    for standing in standings {
        let name = one_line(&standing.entry.name);
        let failures = standing.entry.runs.iter().filter_map(|run| Some((run.seed, run.failure()?)));
        lines.extend(failures.map(|(seed, reason)| format!("failed: {name}, seed {seed}: {}", one_line(reason))));
    }
    if lines.len() == 1 { String::new() } else { lines.join("\n") + "\n" }
}

/// Names and reasons come from outside: nothing in them may break the lines, or speak to the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

const CSV_COLUMNS: [&str; 30] = [
    "rank",
    "name",
    "strategy",
    "plugin",
    "plugin_version",
    "settings",
    "control",
    "runs",
    "finished",
    "failed",
    "auroc_mean",
    "auroc_sd",
    "auroc_median_over_labels",
    "auprc_mean",
    "auprc_sd",
    "auprc_median_over_labels",
    "f1_mean",
    "f1_sd",
    "labels_defined",
    "labels_undefined",
    "parameters",
    "multiply_adds",
    "search_samples",
    "search_seconds",
    "search_multiply_adds",
    "search_trials",
    "training_samples",
    "training_seconds",
    "training_multiply_adds",
    "seeds",
];

fn csv_record(standing: &Standing<'_>) -> Result<[String; 30], serde_json::Error> {
    let entry = standing.entry;
    let median = |of: fn(&crate::eval::metrics::Metrics) -> Option<f64>| super::standing::spread(entry, of).mean;
    let average = entry.runs.iter().find_map(|run| run.result()).map(|metrics| metrics.averages.auroc);
    let [auroc, auroc_sd] = csv_spread(&standing.auroc);
    let [auprc, auprc_sd] = csv_spread(&standing.auprc);
    let [f1, f1_sd] = csv_spread(&standing.f1);
    let [search_samples, search_seconds, search_multiply_adds, search_trials] = csv_cost(standing.search);
    let [training_samples, training_seconds, training_multiply_adds, _] = csv_cost(standing.training);
    let seeds: Vec<String> = entry.runs.iter().map(|run| run.seed.to_string()).collect();
    Ok([
        csv_number(standing.rank),
        entry.name.clone(),
        entry.strategy.clone(),
        entry.plugin.clone(),
        entry.plugin_version.clone(),
        serde_json::to_string(&entry.parameters)?,
        entry.control.to_string(),
        entry.runs.len().to_string(),
        standing.finished.to_string(),
        standing.failed.to_string(),
        auroc,
        auroc_sd,
        csv_number(median(|metrics| metrics.averages.auroc.median)),
        auprc,
        auprc_sd,
        csv_number(median(|metrics| metrics.averages.auprc.median)),
        f1,
        f1_sd,
        csv_number(average.map(|average| average.defined)),
        csv_number(average.map(|average| average.undefined)),
        csv_count(standing.parameters),
        csv_count(standing.multiply_adds),
        search_samples,
        search_seconds,
        search_multiply_adds,
        search_trials,
        training_samples,
        training_seconds,
        training_multiply_adds,
        seeds.join(" "),
    ])
}

fn csv_number(number: Option<impl ToString>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

fn csv_spread(spread: &Spread) -> [String; 2] {
    [csv_number(spread.mean), csv_number(spread.deviation)]
}

fn csv_count(count: Option<Count>) -> String {
    match count {
        None => String::new(),
        Some(Count::Same(number)) => number.to_string(),
        Some(Count::Mean(mean)) => mean.to_string(),
    }
}

fn csv_cost(cost: Option<MeanCost>) -> [String; 4] {
    let of = |part: fn(MeanCost) -> f64| csv_number(cost.map(part));
    [of(|cost| cost.samples), of(|cost| cost.seconds), of(|cost| cost.multiply_adds), of(|cost| cost.trials)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::report::sample;

    #[test]
    fn the_terminal_table_is_aligned_and_says_what_failed() {
        insta::assert_snapshot!(leaderboard_text(&sample::comparison()));
    }

    #[test]
    fn the_csv_has_a_line_an_entry_and_nothing_where_nothing_was_measured() {
        insta::assert_snapshot!(leaderboard_csv(&sample::comparison()).unwrap());
    }

    #[test]
    fn names_cannot_break_the_table_or_reach_the_terminal() {
        let mut comparison = sample::comparison();
        comparison.entries[0].name = "two\nlines \u{1b}[31mred".to_owned();
        let text = leaderboard_text(&comparison);
        assert!(text.contains("two lines  [31mred"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
