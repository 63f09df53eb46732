//! Exports of made-up comparisons, read again.

use std::path::Path;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use genomenas_plugin::message::Cost;
use rusqlite::Connection;

use super::cell::{Cell, Kind};
use super::rows::{Row, each};
use super::*;
use crate::model::{Comparison, DecisionMade, RunPhase, RunState, RunSummary};
use crate::sample;

fn point(number: u32, loss: f64, auroc: Option<f64>) -> TrialPoint {
    TrialPoint { number, loss: Some(loss), auroc, auprc: Some(0.25), f1: None }
}

fn trial(trial: u64, outcome: TrialOutcome, points: Vec<TrialPoint>) -> TrialDetails {
    TrialDetails {
        trial,
        work: "train",
        network: "selection",
        weights_of: None,
        outcome,
        batch: 64,
        learning_rate: Some(0.001),
        planned_epochs: Some(8),
        cost: Cost { samples: 10_000, seconds: 15.5, multiply_adds: 1_000_000 },
        seconds: (15.5 * trial as f64, 15.5 * (trial + 1) as f64),
        parameters: Some(8_120),
        multiply_adds: Some(300_440),
        best: points.first().copied(),
        points,
        decisions: vec![DecisionMade { decision: "edge".to_owned(), option: "conv_5".to_owned() }],
    }
}

/// Four trials that ended in all ways, and a supernet with two options.
pub(super) fn details(run: &RunSummary) -> RunDetails {
    if run.state == RunState::Pending {
        return RunDetails::default();
    }
    let failed = TrialOutcome::Failed { reason: "the training loss is NaN".to_owned() };
    let option = |epoch, option: &str, probability| OptionPoint {
        trial: 0,
        epoch,
        samples: u64::from(epoch) * 5_000,
        seconds: f64::from(epoch) * 7.8,
        decision: "edge".to_owned(),
        option: option.to_owned(),
        alpha: 0.5,
        probability,
    };
    RunDetails {
        trials: vec![
            trial(0, TrialOutcome::Completed, vec![point(1, 0.5, Some(0.75)), point(2, 0.6, Some(0.7))]),
            trial(1, TrialOutcome::Discarded, vec![point(1, 0.7, Some(0.5))]),
            trial(2, failed, vec![]),
            trial(3, TrialOutcome::Open, vec![]),
        ],
        options: vec![
            option(1, "conv_5", 0.6),
            option(1, "skip", 0.4),
            option(2, "conv_5", 0.9),
            option(2, "skip", 0.1),
        ],
        valid: run.test.clone(),
    }
}

fn rows(table: Table, comparison: &Comparison) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut put = |_, row| {
        rows.push(row);
        Ok(())
    };
    each(&[table], comparison, &details, &mut put).unwrap();
    rows
}

fn export(folder: &Path, name: &str, table: Table) -> ExportFile {
    let file: ExportFile = folder.join(name).to_str().unwrap().parse().unwrap();
    file.expect_free().unwrap();
    file.write(table, &sample::comparison(), &details).unwrap();
    // In the place of the last one.
    file.expect_free().unwrap();
    file.write(table, &sample::comparison(), &details).unwrap();
    file
}

#[test]
fn every_row_has_the_columns_of_its_table_and_every_table_has_rows() {
    for comparison in [sample::comparison(), sample::folds(), sample::regression(), sample::classes()] {
        for table in Table::ALL {
            let rows = rows(table, &comparison);
            assert!(!rows.is_empty(), "{table:?}");
            for row in rows {
                assert_eq!(row.len(), table.columns().len(), "{table:?}");
                for (cell, column) in row.iter().zip(table.columns()) {
                    let kind = match cell {
                        Cell::Null => continue,
                        Cell::Text(_) => Kind::Text,
                        Cell::Integer(_) => Kind::Integer,
                        Cell::Number(_) => Kind::Number,
                        Cell::Flag(_) => Kind::Flag,
                    };
                    assert_eq!(kind, column.kind, "{table:?} {}", column.name);
                }
            }
        }
    }
}

#[test]
fn every_column_is_documented() {
    let page = include_str!("../../EXPORTS.md");
    let told = page.split("<!-- schema -->\n").nth(1).expect("the page has a place for the schema");
    assert_eq!(told.trim(), schema_markdown().trim(), "write what `schema_markdown` says into EXPORTS.md");
    assert!(page.contains(&format!("version {SCHEMA_VERSION}")));
}

#[test]
fn names_of_columns_are_unique_and_no_words_of_sql() {
    for table in Table::ALL {
        let mut names = table.header();
        assert_eq!(table.name().parse::<Table>().unwrap(), table);
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.columns().len(), "{table:?}");
    }
    assert!("tables".parse::<Table>().unwrap_err().to_string().contains("comparisons, entries, runs"));
}

#[test]
fn the_database_holds_every_table_and_its_keys_fit() {
    let folder = tempfile::tempdir().unwrap();
    let file = export(folder.path(), "all.sqlite", Table::Scores);
    let database = Connection::open(file.path()).unwrap();
    let number = |sql: &str| database.query_row(sql, (), |row| row.get::<_, f64>(0)).unwrap();
    for table in Table::ALL {
        let count = rows(table, &sample::comparison()).len() as f64;
        assert!((number(&format!("SELECT count(*) FROM {}", table.name())) - count).abs() < 0.5, "{table:?}");
    }
    assert!((number("SELECT user_version FROM pragma_user_version") - f64::from(SCHEMA_VERSION)).abs() < 0.5);
    assert!(number("SELECT count(*) FROM pragma_foreign_key_check").abs() < 0.5);
    let best = number(
        "SELECT auroc FROM scores JOIN runs USING (run) WHERE runs.entry = 'danq width=0.1' AND runs.seed = 1 AND split = 'test' AND label = 'gene'",
    );
    assert!((best - 0.871).abs() < 1e-12);
    // Nothing is left beside it.
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

#[test]
fn one_table_is_the_same_as_csv_as_json_and_as_parquet() {
    let folder = tempfile::tempdir().unwrap();
    for table in Table::ALL {
        let rows = rows(table, &sample::comparison());
        let csv = export(folder.path(), &format!("{}.csv", table.name()), table);
        let mut reader = csv::Reader::from_path(csv.path()).unwrap();
        assert_eq!(reader.headers().unwrap(), table.header());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), rows.len());
        let jsonl = export(folder.path(), &format!("{}.jsonl", table.name()), table);
        let text = std::fs::read_to_string(jsonl.path()).unwrap();
        for (line, row) in text.lines().zip(&rows) {
            let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            for (name, cell) in table.header().iter().zip(row) {
                let expected = match cell {
                    Cell::Null => serde_json::Value::Null,
                    Cell::Text(text) => text.clone().into(),
                    Cell::Integer(number) => (*number).into(),
                    Cell::Number(number) => (*number).into(),
                    Cell::Flag(flag) => (*flag).into(),
                };
                assert_eq!(object[*name], expected, "{table:?} {name}");
            }
        }
        assert_eq!(text.lines().count(), rows.len());
        let parquet = export(folder.path(), &format!("{}.parquet", table.name()), table);
        let held = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(parquet.path()).unwrap()).unwrap();
        let count: usize = held.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
        assert_eq!(count, rows.len());
    }
}

#[test]
fn the_scores_as_csv_are_what_a_person_reads() {
    let folder = tempfile::tempdir().unwrap();
    for table in [Table::Scores, Table::Trials] {
        let file = export(folder.path(), "table.csv", table);
        let text = std::fs::read_to_string(file.path()).unwrap();
        insta::assert_snapshot!(table.name(), text.lines().take(6).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn a_file_of_a_persons_own_and_an_unknown_ending_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["own.csv", "own.jsonl", "own.parquet", "own.sqlite"] {
        let path = folder.path().join(name);
        for text in ["label,value\nctcf,1\n", "{\"label\": 1}\n", "SQLite format 3\0 and more"] {
            genomenas_data::files::write_atomically(&path, text.as_bytes()).unwrap();
            let file: ExportFile = path.to_str().unwrap().parse().unwrap();
            let refused = file.expect_free().unwrap_err();
            assert!(refused.exit_code() == 2 && refused.to_string().contains("not overwritten"), "{refused}");
        }
    }
    for name in ["results", "results.tsv", "results.db"] {
        assert!(name.parse::<ExportFile>().unwrap_err().to_string().contains(".sqlite, .parquet, .csv and .jsonl"));
    }
    assert!("studies.csv".parse::<OptunaFile>().is_err());
    // An export is no storage of Optuna, and the other way round.
    let export = export(folder.path(), "all.sqlite", Table::Scores);
    assert!(export.path().to_str().unwrap().parse::<OptunaFile>().unwrap().expect_free().is_err());
}

#[test]
fn a_study_has_the_trials_of_a_run_with_their_states_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let file: OptunaFile = folder.path().join("studies.db").to_str().unwrap().parse().unwrap();
    for _ in 0..2 {
        file.expect_free().unwrap();
        let space = [SpaceDecision { id: "edge".to_owned(), options: ["skip", "conv_5"].map(str::to_owned).into() }];
        file.write(&sample::comparison(), &space, &details).unwrap();
    }
    let database = Connection::open(file.path()).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        statement.query_map((), |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(texts("SELECT study_name FROM studies LIMIT 2"), ["random-search, seed 1", "random-search, seed 2"]);
    assert_eq!(texts("SELECT state FROM trials WHERE study_id = 1"), ["COMPLETE", "PRUNED", "FAIL", "RUNNING"]);
    assert_eq!(texts("SELECT datetime_complete FROM trials WHERE trial_id = 2"), ["1970-01-01 00:00:31.000000"]);
    assert_eq!(texts("SELECT cast(value AS text) FROM trial_values WHERE trial_id = 1"), ["0.75"]);
    assert_eq!(texts("SELECT cast(param_value AS text) FROM trial_params WHERE trial_id = 1"), ["1.0"]);
    assert_eq!(texts("SELECT direction FROM study_directions WHERE study_id = 1"), ["MAXIMIZE"]);
}

#[test]
fn event_files_lie_in_a_folder_a_run_and_replace_event_files_alone() {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join("events");
    let folder = TensorBoardFolder::from(at.to_str().unwrap());
    let mut comparison = sample::comparison();
    for (entry, number) in comparison.entries.iter_mut().zip(1..) {
        entry.runs.iter_mut().for_each(|run| run.folder = format!("runs/{number}/seed-{}", run.seed));
        // A point that the alphas of the sample belong to.
        entry.runs.iter_mut().for_each(|run| {
            run.curve.iter_mut().for_each(|point| {
                if let RunPhase::Search { trial } = &mut point.phase {
                    *trial -= 1;
                }
            });
        });
    }
    for _ in 0..2 {
        folder.expect_free().unwrap();
        folder.write(&comparison, &details).unwrap();
    }
    let file = at.join("2/seed-1/events.out.tfevents.0000000000.genomenas");
    let bytes = std::fs::read(&file).unwrap();
    for tag in
        ["search/valid_auroc", "final/train_loss", "test/auroc", "probabilities/edge", "_hparams_/session_end_info"]
    {
        assert!(bytes.windows(tag.len()).any(|window| window == tag.as_bytes()), "{tag}");
    }
    // Of two epochs, each with its options.
    let tag = b"probabilities/edge";
    assert_eq!(bytes.windows(tag.len()).filter(|window| window == tag).count(), 2);
    assert_eq!(home.path().read_dir().unwrap().count(), 1, "nothing is left beside it");
    genomenas_data::files::write_atomically(&at.join("2/notes.txt"), b"mine").unwrap();
    assert!(folder.expect_free().unwrap_err().to_string().contains("notes.txt, which no export wrote"));
}
