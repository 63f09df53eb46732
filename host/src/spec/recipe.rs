//! The final recipe: how every found architecture is trained from scratch before the test.
//!
//! A person writes only what differs from the [`default`]; an unknown setting is refused, so that a misspelt one cannot
//! silently leave the default in place.

use std::path::Path;

use genomenas_plugin::message::{Clip, EarlyStopping, Optimizer, Plan, Schedule};
use toml::{Table, Value};

use genomenas_data::error::{Error, Result};
use genomenas_data::files;

/// Adam with a cosine from 1e-3, 64 samples a step, at most 20 epochs, patience 5, gradient norm at most 1.
pub fn default() -> Plan {
    Plan {
        epochs: 20,
        batch: 64,
        cnn: Optimizer {
            learning_rate: 1e-3,
            schedule: Schedule::Cosine { minimum: 0.0, every_step: true },
            ..Optimizer::default()
        },
        clip: Clip::All { norm: 1.0 },
        early_stopping: Some(EarlyStopping { patience: 5, minimum_improvement: 0.0 }),
        ..Plan::default()
    }
}

/// The default with `changes` laid over it, one after the other.
pub fn resolve(changes: &[&Table]) -> Result<Plan> {
    resolve_over(&default(), changes)
}

/// `base` with `changes` laid over it, one after the other.
pub fn resolve_over(base: &Plan, changes: &[&Table]) -> Result<Plan> {
    let refuse = |error: &dyn std::fmt::Display| Error::input(format!("the final training's settings: {error}"));
    let mut table = Table::try_from(base).map_err(|error| refuse(&error))?;
    for change in changes {
        lay_over(&mut table, change);
    }
    let plan: Plan = table.clone().try_into().map_err(|error: toml::de::Error| refuse(&error.message()))?;
    plan.validate()?;
    let understood = Table::try_from(&plan).map_err(|error| refuse(&error))?;
    if let Some(unknown) = unknown(&table, &understood, "") {
        return Err(refuse(&format!(
            "'{unknown}' is not a setting: see the [final] table of an earlier comparison.toml for the settings that exist"
        )));
    }
    Ok(plan)
}

/// Reads a file that holds the settings, alone or under `[final]` (a comparison file, a `run.toml`).
pub fn read(path: &Path) -> Result<Table> {
    let mut table: Table = files::parse_toml(&files::read_text(path)?, path)?;
    match table.remove("final") {
        Some(Value::Table(inner)) => Ok(inner),
        Some(_) => Err(Error::file("use", path, "'final' is not a table of training settings")),
        None => Ok(table),
    }
}

/// Lays `change` over `table`: tables are merged, anything else is replaced, and `false` takes a table away. A table
/// that names its `type` is replaced whole, since the settings of another type would not fit.
pub(super) fn lay_over(table: &mut Table, change: &Table) {
    for (key, new) in change {
        match (table.get_mut(key), new) {
            (Some(Value::Table(old)), Value::Table(new)) if !new.contains_key("type") => lay_over(old, new),
            (Some(Value::Table(_)), Value::Boolean(false)) => _ = table.remove(key),
            _ => _ = table.insert(key.clone(), new.clone()),
        }
    }
}

/// The first setting of `written` that is not in `understood`.
fn unknown(written: &Table, understood: &Table, path: &str) -> Option<String> {
    written.iter().find_map(|(key, value)| match (value, understood.get(key)) {
        (_, None) => Some(format!("{path}{key}")),
        (Value::Table(written), Some(Value::Table(understood))) => {
            unknown(written, understood, &format!("{path}{key}."))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::Algorithm;

    use super::*;

    fn resolved(text: &str) -> Result<Plan> {
        resolve(&[&text.parse().unwrap()])
    }

    #[test]
    fn nothing_written_is_the_default() {
        assert_eq!(resolve(&[]).unwrap(), default());
    }

    #[test]
    fn what_is_written_replaces_only_itself() {
        let plan = resolved("epochs = 3\ncnn.learning_rate = 0.01\nearly_stopping.patience = 2").unwrap();
        let cnn = Optimizer { learning_rate: 0.01, ..default().cnn };
        let early_stopping = Some(EarlyStopping { patience: 2, minimum_improvement: 0.0 });
        assert_eq!(plan, Plan { epochs: 3, cnn, early_stopping, ..default() });
    }

    #[test]
    fn another_type_of_optimizer_keeps_nothing_of_the_default_one() {
        let plan = resolved("cnn.algorithm = { type = 'sgd', momentum = 0.9 }").unwrap();
        assert_eq!(plan.cnn.algorithm, Algorithm::Sgd { momentum: 0.9 });
    }

    #[test]
    fn false_takes_early_stopping_away() {
        assert_eq!(resolved("early_stopping = false").unwrap().early_stopping, None);
    }

    #[test]
    fn later_changes_win() {
        let (file, flags) = ("epochs = 3\nbatch = 8".parse().unwrap(), "epochs = 4".parse().unwrap());
        let plan = resolve(&[&file, &flags]).unwrap();
        assert_eq!((plan.epochs, plan.batch), (4, 8));
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let error = resolved("cnn = { lerning_rate = 0.1 }").unwrap_err().to_string();
        assert!(error.contains("'cnn.lerning_rate'"), "{error}");
        assert!(resolved("clip = { type = 'all', norm = 1.0, nrm = 2.0 }").is_err());
        assert!(resolved("epochs = 0").is_err());
        assert!(resolved("epochs = 'many'").is_err());
    }

    #[test]
    fn the_default_recipe_in_words() {
        let lines: Vec<_> = genomenas_report::recipe::settings(&default())
            .into_iter()
            .map(|s| format!("{}: {}", s.name, s.value))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        epochs: at most 20
        steps an epoch: the whole training split
        batch: 64 samples
        optimizer: Adam (β 0.9, 0.999, ε 1e-8), learning rate 0.001, cosine to 0
        gradient clipping: norm at most 1
        early stopping: after 5 epochs without a lower validation loss; the best weights are kept
        reverse complement: no
        ");
    }
}
