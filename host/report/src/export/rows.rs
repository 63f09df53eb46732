//! The rows of the tables, made from a comparison and what its run folders hold beside it.

use std::collections::BTreeMap;

use genomenas_data::error::Result;

use super::cell::Cell;
use super::details::{RunDetails, TrialDetails, TrialOutcome, TrialPoint};
use super::schema::Table;
use crate::metrics::{Averages, LabelMetrics, Measure, Metrics};
use crate::model::{Comparison, DecisionMade, Entry, RunPhase, RunState, RunSummary, Setting};

/// The values of a row, one for each column of its table.
pub(super) type Row = Vec<Cell>;

/// Hands every row of these tables to `put`, run by run, so that no more than one run's are held at a time.
pub(super) fn each(
    tables: &[Table],
    comparison: &Comparison,
    details: &dyn Fn(&RunSummary) -> RunDetails,
    put: &mut dyn FnMut(Table, Row) -> Result<()>,
) -> Result<()> {
    for table in tables {
        match table {
            Table::Comparisons => put(*table, of_comparison(comparison))?,
            Table::Entries => comparison.entries.iter().try_for_each(|entry| put(*table, of_entry(entry)))?,
            _ => {}
        }
    }
    let tables: Vec<Table> = tables.iter().copied().filter(|table| table.is_of_runs()).collect();
    let needs_details = tables.iter().any(|table| table.needs_details());
    let runs = comparison.entries.iter().flat_map(|entry| entry.runs.iter().map(move |run| (entry, run)));
    for (number, (entry, run)) in (1_u64..).zip(runs) {
        let details = if needs_details { details(run) } else { RunDetails::default() };
        let begin = [
            Cell::count(number),
            Cell::text(&entry.name),
            Cell::of_count(run.fold.map(u64::from)),
            Cell::count(run.seed),
        ];
        for table in &tables {
            for own in of_run(*table, run, &details) {
                put(*table, begin.iter().cloned().chain(own).collect())?;
            }
        }
    }
    Ok(())
}

fn of_comparison(comparison: &Comparison) -> Row {
    let data = &comparison.data;
    let rows = |name: &str| data.splits.iter().find(|split| split.name == name).map(|split| split.rows);
    let of_comparison = !comparison.command.is_empty();
    vec![
        Cell::text(&comparison.title),
        Cell::text(&data.path),
        Cell::text(&data.digest),
        Cell::count(data.length),
        Cell::count(data.labels.len()),
        Cell::of_count(rows("train")),
        Cell::of_count(rows("validation")),
        Cell::of_count(rows("test")),
        Cell::count(data.folds.len()),
        Cell::text(&comparison.budget),
        Cell::of_number(comparison.budget_epochs),
        Cell::text(comparison.recipes.name()),
        settings(&comparison.recipe),
        Cell::of_text(of_comparison.then(|| comparison.ranked_by.key())),
        settings(&comparison.environment),
        Cell::of_text(of_comparison.then_some(comparison.command.as_str())),
        Cell::text(&comparison.generated_by),
    ]
}

/// Settings in their order, as a JSON object.
fn settings(settings: &[Setting]) -> Cell {
    let values: serde_json::Map<String, serde_json::Value> =
        settings.iter().map(|setting| (setting.name.clone(), setting.value.clone().into())).collect();
    Cell::json(&values)
}

fn of_entry(entry: &Entry) -> Row {
    let named = |name: &str| Cell::of_text((!name.is_empty()).then_some(name));
    vec![
        Cell::text(&entry.name),
        named(&entry.strategy),
        named(&entry.plugin),
        named(&entry.plugin_version),
        Cell::json(&entry.parameters),
        Cell::Flag(entry.control),
    ]
}

/// The rows of a run in a table, without what each of them begins with.
fn of_run(table: Table, run: &RunSummary, details: &RunDetails) -> Vec<Row> {
    match table {
        Table::Comparisons | Table::Entries => Vec::new(),
        Table::Runs => vec![summary(run)],
        Table::Trials => details.trials.iter().map(trial).collect(),
        Table::Epochs => epochs(run),
        Table::Options => options(details),
        Table::Scores => {
            let valid = details.valid.as_ref().filter(|_| run.state == RunState::Done);
            let splits = [("test", run.result()), ("valid", valid)];
            splits.into_iter().filter_map(|(split, metrics)| Some((split, metrics?))).flat_map(scores).collect()
        }
        Table::Decisions => {
            let made = run.decisions.iter();
            made.map(|made| vec![Cell::text(&made.decision), Cell::text(&made.option)]).collect()
        }
    }
}

fn summary(run: &RunSummary) -> Row {
    let state = match &run.state {
        RunState::Done => "done",
        RunState::Failed { .. } => "failed",
        RunState::Running => "running",
        RunState::Pending => "pending",
    };
    let (search, training, test) = (run.search, run.training, run.result());
    let mut row = vec![
        Cell::text(&run.folder),
        Cell::text(state),
        Cell::of_text(run.failure()),
        Cell::of_count(run.parameters),
        Cell::of_count(run.multiply_adds),
        Cell::of_text(run.architecture.as_ref().map(|found| found.hash.as_str())),
        Cell::count(search.used.samples),
        Cell::number(search.used.seconds),
        Cell::count(search.used.multiply_adds),
        Cell::count(search.trials),
        Cell::count(training.used.samples),
        Cell::number(training.used.seconds),
        Cell::count(training.used.multiply_adds),
        Cell::Flag(run.trained_to_optimum),
        test.map_or(Cell::Null, |test| Cell::count(test.rows)),
    ];
    let whole = |of: fn(&Metrics) -> Option<f64>| Cell::of_number(test.and_then(of));
    row.extend([
        whole(|test| test.loss),
        whole(|test| test.accuracy),
        whole(|test| test.balanced_accuracy),
        whole(|test| test.class_mcc),
    ]);
    let mean = |averages: Option<&Averages>, measure| {
        Cell::of_number(averages.and_then(|averages| averages.get(measure).mean))
    };
    let averages = test.map(|test| &test.averages);
    let interval = averages.and_then(|averages| averages.auroc.interval);
    row.extend([
        mean(averages, Measure::Auroc),
        Cell::of_number(interval.map(|interval| interval.low)),
        Cell::of_number(interval.map(|interval| interval.high)),
    ]);
    let others = [
        Measure::Auprc,
        Measure::F1,
        Measure::Mcc,
        Measure::F1AtThreshold,
        Measure::MccAtThreshold,
        Measure::Pearson,
        Measure::Spearman,
        Measure::R2,
        Measure::Mse,
    ];
    row.extend(others.map(|measure| mean(averages, measure)));
    let valid = run.valid.as_ref().filter(|_| run.state == RunState::Done);
    row.extend([
        Cell::of_number(valid.and_then(|valid| valid.loss)),
        Cell::of_number(valid.and_then(|valid| valid.accuracy)),
    ]);
    let measures = [
        Measure::Auroc,
        Measure::Auprc,
        Measure::F1,
        Measure::Mcc,
        Measure::Pearson,
        Measure::Spearman,
        Measure::R2,
        Measure::Mse,
    ];
    row.extend(measures.map(|measure| mean(valid.map(|valid| &valid.averages), measure)));
    row
}

fn trial(trial: &TrialDetails) -> Row {
    let reason = match &trial.outcome {
        TrialOutcome::Failed { reason } => Some(reason.as_str()),
        _ => None,
    };
    let best = |of: fn(&TrialPoint) -> Option<f64>| Cell::of_number(trial.best.as_ref().and_then(of));
    vec![
        Cell::count(trial.trial),
        Cell::text(trial.work),
        Cell::text(trial.network),
        Cell::of_count(trial.weights_of),
        Cell::text(trial.outcome.word()),
        Cell::of_text(reason),
        Cell::count(trial.points.len()),
        Cell::of_count(trial.planned_epochs),
        Cell::count(trial.batch),
        Cell::of_number(trial.learning_rate),
        Cell::count(trial.cost.samples),
        Cell::number(trial.cost.seconds),
        Cell::count(trial.cost.multiply_adds),
        Cell::of_count(trial.parameters),
        Cell::of_count(trial.multiply_adds),
        Cell::of_count(trial.best.map(|best| best.number.into())),
        best(|best| best.loss),
        best(|best| best.auroc),
        best(|best| best.auprc),
        best(|best| best.f1),
        selection(&trial.decisions),
    ]
}

/// The options by decision, as a JSON object; nothing where there are none.
fn selection(decisions: &[DecisionMade]) -> Cell {
    if decisions.is_empty() {
        return Cell::Null;
    }
    let options: BTreeMap<&str, &str> =
        decisions.iter().map(|made| (made.decision.as_str(), made.option.as_str())).collect();
    Cell::json(&options)
}

fn epochs(run: &RunSummary) -> Vec<Row> {
    let points = run.curve.iter().map(|point| {
        let (phase, trial) = match point.phase {
            RunPhase::Search { trial } => ("search", Cell::count(trial)),
            RunPhase::Final => ("final", Cell::Null),
        };
        vec![
            Cell::text(phase),
            trial,
            Cell::count(point.epoch),
            Cell::count(point.samples),
            Cell::number(point.seconds),
            Cell::of_number(point.train_loss),
            Cell::of_number(point.valid_loss),
            Cell::of_number(point.valid_auroc),
            Cell::of_number(point.valid_auprc),
        ]
    });
    points.collect()
}

fn options(details: &RunDetails) -> Vec<Row> {
    let points = details.options.iter().map(|point| {
        vec![
            Cell::count(point.trial),
            Cell::count(point.epoch),
            Cell::count(point.samples),
            Cell::number(point.seconds),
            Cell::text(&point.decision),
            Cell::text(&point.option),
            Cell::number(point.alpha),
            Cell::number(point.probability),
        ]
    });
    points.collect()
}

fn scores((split, metrics): (&str, &Metrics)) -> Vec<Row> {
    let counted = metrics.averages.mse.is_absent();
    let of_label = |label: &LabelMetrics| {
        let count = |rows: u64| if counted { Cell::count(rows) } else { Cell::Null };
        let measures =
            |all: &[Measure]| all.iter().map(|measure| Cell::of_number(label.get(*measure))).collect::<Row>();
        let mut row = vec![Cell::text(split), Cell::text(&label.name), count(label.positives), count(label.negatives)];
        row.extend(measures(&[Measure::Auroc, Measure::Auprc, Measure::F1, Measure::Mcc]));
        row.push(Cell::of_number(label.threshold));
        row.extend(measures(&[
            Measure::F1AtThreshold,
            Measure::MccAtThreshold,
            Measure::Pearson,
            Measure::Spearman,
            Measure::R2,
            Measure::Mse,
        ]));
        row.push(Cell::of_number(label.prevalence()));
        row
    };
    metrics.labels.iter().map(of_label).collect()
}
