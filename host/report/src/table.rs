//! The leaderboard as aligned text for a terminal, and as CSV.

use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};
use genomenas_data::error::{Error, Result};

use super::model::{Comparison, Ranking, RunSummary};
use super::numbers::{self, NOTHING, duration, plural};
use super::standing::{Count, MeanCost, Spread, Standing, standings};
use crate::metrics::Measure;

/// The leaderboard as text: best first, mean ± sample standard deviation over seeds, then why runs failed.
///
/// Lines are as long as they need to be and hold no colours, so the text can be piped.
pub fn leaderboard_text(comparison: &Comparison) -> String {
    let standings = standings(comparison);
    let [first, second, third] = comparison.columns().map(Ranking::name);
    let columns =
        ["#", "strategy", first, second, third, "runs", "parameters", "mult-adds", "search", "training", "failed"];
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
    text.push_str(&notes(comparison, &standings));
    text.replace('\u{a0}', " ")
}

/// The leaderboard as CSV, one line an entry, numbers in full precision and empty where there is none.
pub fn leaderboard_csv(comparison: &Comparison) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |cause: &dyn std::fmt::Display| Error::failed(format!("cannot write the leaderboard as CSV: {cause}"));
    let columns = comparison.columns();
    writer.write_record(csv_columns(columns)).map_err(|cause| failed(&cause))?;
    for standing in standings(comparison) {
        let record = csv_record(&standing, columns).map_err(|cause| failed(&cause))?;
        writer.write_record(&record).map_err(|cause| failed(&cause))?;
    }
    let bytes = writer.into_inner().map_err(|cause| failed(&cause))?;
    String::from_utf8(bytes).map_err(|cause| failed(&cause))
}

fn cells(standing: &Standing<'_>) -> [String; 11] {
    let control = if standing.entry.control { " (control)" } else { "" };
    let [first, second, third] = standing.scores.each_ref().map(numbers::spread);
    [
        standing.rank.map_or_else(|| NOTHING.to_owned(), |rank| rank.to_string()),
        format!("{}{control}", one_line(&standing.entry.name)),
        first,
        second,
        third,
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

fn notes(comparison: &Comparison, standings: &[Standing<'_>]) -> String {
    let mut lines = vec![String::new()];
    if standings.iter().any(|standing| standing.search.is_some()) {
        lines.push("search and training: samples drawn in wall-clock time, mean over finished runs".to_owned());
    }
    let runs = || standings.iter().flat_map(|standing| &standing.entry.runs);
    let measure = comparison.columns().into_iter().find_map(Ranking::measure);
    let undefined = |run: &RunSummary| Some(run.result()?.averages.get(measure?).undefined);
    let undefined = runs().filter_map(undefined).max().unwrap_or(0);
    if undefined > 0 {
        let labels = plural(undefined, "label");
        let why = if measure == Some(Measure::Pearson) { "constant" } else { "no positive or no negative row" };
        lines.push(format!("{labels} undefined in the test split ({why}): left out"));
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

/// What a line says before the scores, and after them.
const CSV_BEFORE: [&str; 10] =
    ["rank", "name", "strategy", "plugin", "plugin_version", "settings", "control", "runs", "finished", "failed"];
const CSV_AFTER: [&str; 12] = [
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

/// The names of the columns: of each score its mean and deviation over seeds, and its median over labels if it has one.
fn csv_columns(columns: [Ranking; 3]) -> Vec<String> {
    let scores = columns.into_iter().flat_map(|column| {
        let key = column.key();
        let median = column.measure().map(|_| format!("{key}_median_over_labels"));
        [Some(format!("{key}_mean")), Some(format!("{key}_sd")), median]
    });
    let plain = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    plain(&CSV_BEFORE).into_iter().chain(scores.flatten()).chain(plain(&CSV_AFTER)).collect()
}

fn csv_record(standing: &Standing<'_>, columns: [Ranking; 3]) -> Result<Vec<String>, serde_json::Error> {
    let entry = standing.entry;
    let measure = columns.into_iter().find_map(Ranking::measure);
    let result = entry.runs.iter().find_map(|run| run.result());
    let average = measure.and_then(|measure| Some(*result?.averages.get(measure)));
    let [search_samples, search_seconds, search_multiply_adds, search_trials] = csv_cost(standing.search);
    let [training_samples, training_seconds, training_multiply_adds, _] = csv_cost(standing.training);
    let seeds: Vec<String> = entry.runs.iter().map(|run| run.seed.to_string()).collect();
    let mut record = vec![
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
    ];
    for (column, scores) in columns.into_iter().zip(&standing.scores) {
        record.extend(csv_spread(scores));
        record.extend(column.measure().map(|measure| {
            csv_number(super::standing::spread(entry, |metrics| metrics.averages.get(measure).median).mean)
        }));
    }
    record.extend([
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
    ]);
    Ok(record)
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
    use crate::sample;

    #[test]
    fn the_terminal_table_is_aligned_and_says_what_failed() {
        insta::assert_snapshot!(leaderboard_text(&sample::comparison()));
    }

    #[test]
    fn the_csv_has_a_line_an_entry_and_nothing_where_nothing_was_measured() {
        insta::assert_snapshot!(leaderboard_csv(&sample::comparison()).unwrap());
    }

    #[test]
    fn a_regression_is_told_by_its_correlations_and_classes_by_their_accuracy() {
        for comparison in [sample::regression(), sample::classes()] {
            insta::assert_snapshot!(leaderboard_text(&comparison));
            insta::assert_snapshot!(leaderboard_csv(&comparison).unwrap());
        }
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
