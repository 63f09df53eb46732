//! Searches as an Optuna storage: a study a run, with its trials.
//!
//! The parameters of a trial are the decisions of the space, its value is a metric of the validation split, and its
//! intermediate values are that metric after each epoch. Journals know no dates, so those of trials count the seconds of
//! the search from the beginning of 1970.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use genomenas_data::error::{Error, Result};
use rusqlite::{Connection, ToSql};
use serde_json::{Value, json};

use super::database::{self, Marked, is_marked};
use super::details::{RunDetails, SpaceDecision, TrialDetails, TrialOutcome, TrialPoint};
use super::optuna_schema::SCHEMA;
use crate::model::{Comparison, Entry, Ranking, RunSummary};

/// A file for an Optuna storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptunaFile {
    path: PathBuf,
}

impl FromStr for OptunaFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let path = PathBuf::from(text);
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        if ending != "db" && ending != "sqlite" && ending != "sqlite3" {
            return Err(Error::input(format!(
                "{text:?} ends in none of .db, .sqlite and .sqlite3: an Optuna storage is a SQLite file"
            )));
        }
        Ok(Self { path })
    }
}

impl OptunaFile {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a place where a file lies that this program did not write: studies of a person's own are not overwritten.
    ///
    /// # Errors
    ///
    /// Such a file lies there.
    pub fn expect_free(&self) -> Result<()> {
        if !self.path.exists() || self.path.is_file() && is_marked(&self.path, Marked::Optuna) {
            return Ok(());
        }
        Err(Error::input(format!(
            "{} exists and is no Optuna storage that this program wrote, so it is not overwritten: name another file, or remove it",
            self.path.display()
        )))
    }

    /// Writes a study for each run that searched `space`, whole or not at all.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(
        &self,
        comparison: &Comparison,
        space: &[SpaceDecision],
        details: &dyn Fn(&RunSummary) -> RunDetails,
    ) -> Result<()> {
        let failed = database::failed(&self.path);
        // Optuna does not read the version that a user may give a file.
        database::write(&self.path, Marked::Optuna, 0, |connection| {
            connection.execute_batch(SCHEMA).map_err(&failed)?;
            let runs = comparison.entries.iter().flat_map(|entry| entry.runs.iter().map(move |run| (entry, run)));
            for (entry, run) in runs {
                let details = details(run);
                if !details.trials.is_empty() {
                    study(connection, (comparison.ranked_by, space), entry, run, &details).map_err(&failed)?;
                }
            }
            Ok(())
        })
    }
}

/// What a study is about: its metric, and whether less of it is better.
#[derive(Clone, Copy)]
struct Objective {
    name: &'static str,
    of: fn(&TrialPoint) -> Option<f64>,
    less: bool,
}

impl Objective {
    /// The metric of the leaderboard where epochs measure it and any trial has it, otherwise the loss.
    fn of(ranking: Ranking, trials: &[TrialDetails]) -> Self {
        let measured = match ranking {
            Ranking::Auroc => Some(Self { name: "valid_auroc", of: |point| point.auroc, less: false }),
            Ranking::Auprc => Some(Self { name: "valid_auprc", of: |point| point.auprc, less: false }),
            Ranking::F1 => Some(Self { name: "valid_f1", of: |point| point.f1, less: false }),
            Ranking::Accuracy | Ranking::Pearson | Ranking::Spearman | Ranking::R2 => None,
        };
        let has = |objective: &Self| {
            trials.iter().flat_map(|trial| &trial.points).any(|point| (objective.of)(point).is_some())
        };
        measured.filter(has).unwrap_or(Self { name: "valid_loss", of: |point| point.loss, less: true })
    }
}

fn insert(connection: &Connection, table: &str, values: &[&dyn ToSql]) -> rusqlite::Result<i64> {
    let places = vec!["?"; values.len()].join(", ");
    // The first column of every table is its key, which counts up.
    connection.prepare(&format!("INSERT INTO {table} VALUES (NULL, {places})"))?.execute(values)?;
    Ok(connection.last_insert_rowid())
}

fn study(
    connection: &Connection,
    (ranking, space): (Ranking, &[SpaceDecision]),
    entry: &Entry,
    run: &RunSummary,
    details: &RunDetails,
) -> rusqlite::Result<()> {
    let fold = run.fold.map_or_else(String::new, |fold| format!("fold {fold}, "));
    let name = format!("{}, {fold}seed {}", entry.name, run.seed);
    let objective = Objective::of(ranking, &details.trials);
    let study = insert(connection, "studies", &[&name])?;
    let direction = if objective.less { "MINIMIZE" } else { "MAXIMIZE" };
    insert(connection, "study_directions", &[&direction, &study, &0])?;
    let attribute = |table: &str, of: i64, key: &str, value: Value| {
        insert(connection, table, &[&of, &key, &value.to_string()]).map(|_| ())
    };
    attribute("study_system_attributes", study, "study:metric_names", json!([objective.name]))?;
    for (key, value) in [
        ("strategy", json!(entry.strategy)),
        ("plugin", json!(format!("{} {}", entry.plugin, entry.plugin_version))),
        ("parameters", json!(entry.parameters)),
        ("seed", json!(run.seed)),
        ("fold", json!(run.fold)),
        ("folder", json!(run.folder)),
    ] {
        attribute("study_user_attributes", study, key, value)?;
    }
    for (number, trial) in (0_i64..).zip(&details.trials) {
        write_trial(connection, (study, number), trial, objective, space)?;
    }
    Ok(())
}

fn write_trial(
    connection: &Connection,
    (study, number): (i64, i64),
    trial: &TrialDetails,
    objective: Objective,
    space: &[SpaceDecision],
) -> rusqlite::Result<()> {
    let value = trial.best.as_ref().and_then(objective.of);
    let (state, why) = match &trial.outcome {
        TrialOutcome::Open => ("RUNNING", None),
        TrialOutcome::Completed if value.is_some() => ("COMPLETE", None),
        // Optuna knows no complete trial without a value.
        TrialOutcome::Completed => ("FAIL", Some(format!("its {} is undefined", objective.name))),
        TrialOutcome::Discarded => ("PRUNED", None),
        TrialOutcome::Failed { reason } => ("FAIL", Some(reason.clone())),
    };
    let (began, ended) = trial.seconds;
    let ended = (trial.outcome != TrialOutcome::Open).then_some(ended);
    connection.execute(
        "INSERT INTO trials VALUES (NULL, ?, ?, ?, strftime('%Y-%m-%d %H:%M:%f', ?, 'unixepoch') || '000',
         strftime('%Y-%m-%d %H:%M:%f', ?, 'unixepoch') || '000')",
        (number, study, state, began, ended),
    )?;
    let id = connection.last_insert_rowid();
    for made in &trial.decisions {
        let of_space = space.iter().find(|decision| decision.id == made.decision);
        let mut choices = of_space.map(|decision| decision.options.clone()).unwrap_or_default();
        if !choices.contains(&made.option) {
            choices.push(made.option.clone());
        }
        let at = choices.iter().position(|option| *option == made.option).unwrap_or(0) as f64;
        let distribution = json!({ "name": "CategoricalDistribution", "attributes": { "choices": choices } });
        insert(connection, "trial_params", &[&id, &made.decision, &at, &distribution.to_string()])?;
    }
    for point in &trial.points {
        if let Some(value) = (objective.of)(point) {
            insert(connection, "trial_intermediate_values", &[&id, &point.number, &value, &"FINITE"])?;
        }
    }
    if let Some(value) = value {
        insert(connection, "trial_values", &[&id, &0, &value, &"FINITE"])?;
    }
    let best = |of: fn(&TrialPoint) -> Option<f64>| json!(trial.best.as_ref().and_then(of));
    for (key, value) in [
        ("trial", json!(trial.trial)),
        ("work", json!(trial.work)),
        ("network", json!(trial.network)),
        ("weights_of", json!(trial.weights_of)),
        ("reason", json!(why)),
        ("batch", json!(trial.batch)),
        ("learning_rate", json!(trial.learning_rate)),
        ("samples", json!(trial.cost.samples)),
        ("seconds", json!(trial.cost.seconds)),
        ("multiply_adds", json!(trial.cost.multiply_adds)),
        ("parameters", json!(trial.parameters)),
        ("best_epoch", json!(trial.best.map(|best| best.number))),
        ("valid_loss", best(|best| best.loss)),
        ("valid_auroc", best(|best| best.auroc)),
        ("valid_auprc", best(|best| best.auprc)),
        ("valid_f1", best(|best| best.f1)),
    ] {
        if !value.is_null() {
            insert(connection, "trial_user_attributes", &[&id, &key, &value.to_string()])?;
        }
    }
    Ok(())
}
