//! The leaderboard as aligned text for a terminal, and as CSV.

use comfy_table::Row;
use genomenas_data::error::{Error, Result};
use genomenas_data::text::{bounded, cell, printable};

use crate::final_recipes;
use crate::findings::{self, Judged};
use crate::humanize::{self, NOTHING, duration, plural, short};
use crate::leaderboard::{self, Count, LeaderboardRow, MeanCost, PUBLISHED, PublishedRow, Spread, Turn};
use crate::metrics::Measure;
use crate::model::{Comparison, Ranking, Recipes, RunSummary};
use crate::text_table;

/// The leaderboard as text: best first, mean ± sample standard deviation over seeds, then the reasons of failed runs.
///
/// Lines are without colours, so that the text can be piped. Columns that matter less are left out where the table would be
/// wider than `width`, and named below it.
pub fn leaderboard_text(comparison: &Comparison, width: usize) -> String {
    let rows = leaderboard::rows(comparison);
    let ceiling = leaderboard::ceiling(comparison);
    let published = leaderboard::published(comparison);
    let [first, second, third] = comparison.columns().map(Ranking::name);
    let columns =
        ["#", "strategy", first, second, third, "runs", "parameters", "mult-adds", "search", "training", "failed"];
    let mut left_out: Vec<usize> = Vec::new();
    let no_failures = rows.iter().chain(&ceiling).all(|row| row.failed == 0);
    let expendable = [no_failures.then_some(10), Some(7), Some(8), Some(9), Some(4), Some(6)];
    let mut expendable = expendable.into_iter().flatten();
    let table = loop {
        let shown = || (0..columns.len()).filter(|column| !left_out.contains(column));
        let mut table = text_table::plain(shown().filter_map(|column| columns.get(column).copied()));
        for cells in rows.iter().chain(&ceiling).map(cells).chain(published.iter().map(published_cells)) {
            table.add_row(Row::from(shown().filter_map(|column| cells.get(column).cloned()).collect::<Vec<_>>()));
        }
        let numbers: Vec<usize> = (0..columns.len() - left_out.len()).filter(|column| *column != 1).collect();
        let table = text_table::aligned(table, &numbers);
        let fits = table.lines().all(|line| line.chars().count() <= width);
        match expendable.next() {
            Some(column) if !fits => left_out.push(column),
            _ => break table,
        }
    };
    left_out.sort_unstable();
    let left_out: Vec<&str> = left_out.iter().filter_map(|&column| columns.get(column).copied()).collect();
    let more = if left_out.is_empty() {
        String::new()
    } else {
        format!("not in this width: {}; the report has all\n", left_out.join(", "))
    };
    let head = format!(
        "{}\ntest split of {} · budget {} · mean ± sd over {} · by {}\n\n",
        printable(&comparison.title),
        printable(&comparison.data.path),
        printable(&comparison.budget),
        if leaderboard::has_folds(&rows) { "folds and seeds" } else { "seeds" },
        comparison.ranked_by.name()
    );
    let text = head + &table + &notes(comparison, &rows) + &more;
    text.replace('\u{a0}', " ")
}

/// The leaderboard as CSV: one line per entry, numbers in full precision, empty cells where there is none.
pub fn leaderboard_csv(comparison: &Comparison) -> Result<String> {
    let failed = |cause: &dyn std::fmt::Display| Error::failed(format!("cannot write the leaderboard as CSV: {cause}"));
    let columns = comparison.columns();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = leaderboard::rows(comparison);
    rows.extend(leaderboard::ceiling(comparison));
    let folds = leaderboard::has_folds(&rows);
    // Where one recipe is for all, there is no column for it.
    let differ = !comparison.recipes.is_common();
    let more = folds.then(|| "folds".to_owned()).into_iter().chain(differ.then(|| "final_recipe".to_owned()));
    // Nor one for reasons where nothing failed.
    let any_failed = rows.iter().any(|row| row.failed > 0);
    let more = more.chain(any_failed.then(|| "failures".to_owned()));
    writer.write_record(csv_columns(columns).into_iter().chain(more)).map_err(|cause| failed(&cause))?;
    for row in rows {
        let parameters = serde_json::to_string(&row.entry.parameters).map_err(|cause| failed(&cause))?;
        let of_folds = folds.then(|| each_once(row.entry.runs.iter().filter_map(|run| run.fold.map(u64::from))));
        let recipe = differ.then(|| csv_recipe(&row, comparison.recipes));
        let reasons = any_failed.then(|| csv_failures(&row));
        let record = csv_record(&row, parameters, columns).into_iter().chain(of_folds).chain(recipe).chain(reasons);
        writer.write_record(record).map_err(|cause| failed(&cause))?;
    }
    let bytes = writer.into_inner().map_err(|cause| failed(&cause))?;
    String::from_utf8(bytes).map_err(|cause| failed(&cause))
}

fn cells(row: &LeaderboardRow<'_>) -> [String; 11] {
    let control = if row.entry.control { " (control)" } else { "" };
    let added = if row.entry.added.is_some() { " (added later)" } else { "" };
    let [first, second, third] = row.scores.each_ref().map(Spread::text);
    [
        row.rank.map_or_else(|| NOTHING.to_owned(), |rank| rank.to_string()),
        format!("{}{control}{added}", cell(&row.entry.name)),
        first,
        second,
        third,
        format!("{}/{}", row.finished, row.entry.runs.len()),
        Count::text(row.parameters),
        Count::short_text(row.multiply_adds),
        cost(row.search),
        cost(row.training),
        row.failed.to_string(),
    ]
}

/// A row without a rank, and without anything that was not reported.
fn published_cells(row: &PublishedRow<'_>) -> [String; 11] {
    let [first, second, third] =
        row.scores.map(|score| score.map_or_else(String::new, |score| humanize::metric(Some(score))));
    let mut cells = [const { String::new() }; 11];
    [cells[0], cells[1], cells[2], cells[3], cells[4]] =
        [NOTHING.to_owned(), format!("{} (published)", cell(row.name)), first, second, third];
    cells
}

/// "19.2 k in 3 min 12 s".
fn cost(cost: Option<MeanCost>) -> String {
    cost.map_or_else(|| NOTHING.to_owned(), |cost| format!("{} in {}", short(cost.samples), duration(cost.seconds)))
}

fn notes(comparison: &Comparison, rows: &[LeaderboardRow<'_>]) -> String {
    let mut lines = vec![String::new()];
    lines.extend(findings::sentences(&Judged::of(comparison)).iter().map(|sentence| printable(&sentence.text())));
    lines.extend(comparison.data.straddles());
    if rows.iter().any(|row| row.search.is_some()) {
        lines.push("search and training: samples drawn in wall-clock time, mean over finished runs".to_owned());
    }
    lines.extend(final_recipes::notes(comparison, rows));
    lines.extend(final_recipes::to_optimum(comparison, rows));
    lines.extend(leaderboard::added_later(rows));
    lines.extend(leaderboard::ceiling_note(comparison));
    lines.extend(leaderboard::hidden(comparison));
    let published = leaderboard::published(comparison);
    if !published.is_empty() {
        lines.push(format!("published: {PUBLISHED}"));
    }
    for row in &published {
        let others = row.others_text();
        let others = if others.is_empty() { String::new() } else { format!("{}; ", printable(&others)) };
        lines.push(format!("  {}: {others}{}", cell(row.name), printable(row.source)));
    }
    let runs = || rows.iter().flat_map(|row| &row.entry.runs);
    let measure = comparison.columns().into_iter().find_map(Ranking::measure);
    let undefined = |run: &RunSummary| Some(run.result()?.averages.get(measure?).undefined);
    let undefined = runs().filter_map(undefined).max().unwrap_or(0);
    if undefined > 0 {
        let labels = plural(undefined, "label");
        let why = if measure == Some(Measure::Pearson) { "constant" } else { "no positive or no negative row" };
        lines.push(format!("{labels} undefined in the test split ({why}): left out"));
    }
    for row in rows.iter().chain(&leaderboard::ceiling(comparison)) {
        let name = cell(&row.entry.name);
        let failures = row.entry.runs.iter().filter_map(|run| Some((Turn::of(run), run.failure()?)));
        lines.extend(
            failures.map(|(turn, reason)| format!("failed: {name}, {turn}: {}", bounded(&printable(reason), 2000))),
        );
    }
    for row in rows.iter().filter(|row| !row.entry.name.starts_with(&row.entry.strategy)) {
        // A name of a person's own says neither which strategy it is nor how it is set.
        let mut words = vec![row.entry.strategy.clone()];
        words.extend(row.entry.parameters.iter().map(|(name, value)| format!("{name}={value}")));
        lines.push(format!("{}: {}", cell(&row.entry.name), printable(&words.join(" "))));
    }
    if lines.len() == 1 { String::new() } else { lines.join("\n") + "\n" }
}

/// The columns before the scores, and after them.
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

/// The names of all columns: each score has a mean and a deviation over seeds and, unless it is taken over all classes
/// together, a median over labels.
fn csv_columns(columns: [Ranking; 3]) -> Vec<String> {
    let scores = columns.into_iter().flat_map(|column| {
        let key = column.key();
        let median = column.measure().map(|_| format!("{key}_median_over_labels"));
        [Some(format!("{key}_mean")), Some(format!("{key}_sd")), median]
    });
    let plain = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    plain(&CSV_BEFORE).into_iter().chain(scores.flatten()).chain(plain(&CSV_AFTER)).collect()
}

fn csv_record(row: &LeaderboardRow<'_>, parameters: String, columns: [Ranking; 3]) -> Vec<String> {
    let entry = row.entry;
    let measure = columns.into_iter().find_map(Ranking::measure);
    let result = entry.runs.iter().find_map(|run| run.result());
    let average = measure.and_then(|measure| Some(*result?.averages.get(measure)));
    let [search_samples, search_seconds, search_multiply_adds, search_trials] = csv_cost(row.search);
    let [training_samples, training_seconds, training_multiply_adds, _] = csv_cost(row.training);
    let mut record = vec![
        csv_number(row.rank),
        entry.name.clone(),
        entry.strategy.clone(),
        entry.plugin.clone(),
        entry.plugin_version.clone(),
        parameters,
        entry.control.to_string(),
        entry.runs.len().to_string(),
        row.finished.to_string(),
        row.failed.to_string(),
    ];
    for (column, scores) in columns.into_iter().zip(&row.scores) {
        record.extend(csv_spread(scores));
        record.extend(column.measure().map(|measure| {
            csv_number(leaderboard::spread(entry, |metrics| metrics.averages.get(measure).median).mean)
        }));
    }
    record.extend([
        csv_number(average.map(|average| average.defined)),
        csv_number(average.map(|average| average.undefined)),
        csv_count(row.parameters),
        csv_count(row.multiply_adds),
        search_samples,
        search_seconds,
        search_multiply_adds,
        search_trials,
        training_samples,
        training_seconds,
        training_multiply_adds,
        each_once(entry.runs.iter().map(|run| run.seed)),
    ]);
    record
}

/// The numbers in their order, those that come again left out.
fn each_once(numbers: impl Iterator<Item = u64>) -> String {
    let mut seen = Vec::new();
    for number in numbers {
        if !seen.contains(&number) {
            seen.push(number);
        }
    }
    seen.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn csv_recipe(row: &LeaderboardRow<'_>, recipes: Recipes) -> String {
    let to_optimum = || row.entry.runs.iter().any(|run| run.trained_to_optimum).then(|| "to the optimum".to_owned());
    final_recipes::of_entry(row.entry, recipes).or_else(to_optimum).unwrap_or_default()
}

/// "seed 1: out of memory; seed 2: …".
fn csv_failures(row: &LeaderboardRow<'_>) -> String {
    let failures = row.entry.runs.iter().filter_map(|run| Some(format!("{}: {}", Turn::of(run), run.failure()?)));
    printable(&failures.collect::<Vec<_>>().join("; "))
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
        insta::assert_snapshot!(leaderboard_text(&sample::comparison(), 200));
    }

    #[test]
    fn a_narrow_terminal_is_shown_what_matters_most() {
        for width in [80, 110] {
            let text = leaderboard_text(&sample::comparison(), width);
            let table = text.lines().skip(3).take(6);
            assert!(table.clone().all(|line| line.chars().count() <= width), "{text}");
            assert!(table.clone().all(|line| !line.is_empty()) && text.contains("not in this width: "), "{text}");
            assert!(text.contains("AUROC") && text.contains("runs"), "{text}");
        }
    }

    #[test]
    fn what_others_reported_stands_below_with_its_sources() {
        let published = sample::published();
        insta::assert_snapshot!(leaderboard_text(&Comparison { published, ..sample::comparison() }, 200));
    }

    #[test]
    fn the_csv_has_a_line_an_entry_and_nothing_where_nothing_was_measured() {
        insta::assert_snapshot!(leaderboard_csv(&sample::comparison()).unwrap());
    }

    #[test]
    fn what_was_added_later_is_marked_and_what_is_hidden_is_counted() {
        let mut comparison = sample::comparison();
        comparison.entries[1].added = Some("2026-12-31".to_owned());
        comparison.hidden = 2;
        let text = leaderboard_text(&comparison, 200);
        assert!(text.contains("danq width=0.1 (added later)"), "{text}");
        assert!(text.contains("added later, on the same terms: danq width=0.1 on 2026-12-31\n"), "{text}");
        assert!(text.contains("2 entries of this comparison are hidden\n"), "{text}");
    }

    #[test]
    fn the_ceiling_stands_below_and_is_neither_ranked_nor_a_strategy() {
        let comparison = sample::with_ceiling();
        let text = leaderboard_text(&comparison, 200);
        let line = text.lines().find(|line| line.contains("ceiling  ")).unwrap();
        assert!(line.trim_start().starts_with("–") && line.contains("0.9"), "{text}");
        assert!(
            text.contains("\nceiling: the best architecture that anyone found (danq width=0.1, seed 2), by AUROC on"),
            "{text}"
        );
        let csv = leaderboard_csv(&comparison).unwrap();
        assert!(csv.lines().last().unwrap().starts_with(",ceiling,ceiling,"), "{csv}");
        assert!(crate::page(&comparison).contains("danq width=0.1</strong> has the best test AUROC"));
    }

    #[test]
    fn folds_are_named_and_their_runs_count_in_mean_and_deviation() {
        let text = leaderboard_text(&sample::folds(), 200);
        assert!(text.contains("mean ± sd over folds and seeds") && text.contains("6/6"), "{text}");
        assert!(text.contains("0.835 ± 0.019"), "{text}");
        assert!(text.contains("with fold 2 as the test, 4 of 40 test rows (10.0 %) repeat rows of train"), "{text}");
        assert!(text.contains("fold 3, seed 2: out of memory"), "{text}");
        let csv = leaderboard_csv(&sample::folds()).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].ends_with(",seeds,folds,failures") && lines[1].ends_with(",1 2,1 2 3,"), "{csv}");
        assert!(lines[2].ends_with(",\"fold 3, seed 2: out of memory\""), "{csv}");
    }

    #[test]
    fn a_regression_is_told_by_its_correlations_and_classes_by_their_accuracy() {
        for comparison in [sample::regression(), sample::classes()] {
            insta::assert_snapshot!(leaderboard_text(&comparison, 200));
            insta::assert_snapshot!(leaderboard_csv(&comparison).unwrap());
        }
    }

    #[test]
    fn names_cannot_break_the_table_or_reach_the_terminal() {
        let mut comparison = sample::comparison();
        comparison.entries[0].name = "two\nlines \u{1b}[31mred".to_owned();
        let text = leaderboard_text(&comparison, 200);
        assert!(text.contains("two lines  [31mred"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
