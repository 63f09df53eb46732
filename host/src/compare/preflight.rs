//! What can be known of a comparison before anything of it is made: data on which nothing can be ranked, strategies whose
//! trials cannot be trained on it, a budget that ends with the first step.

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{grouped, printable, shortened};
use genomenas_data::{Split, StoreInfo};
use genomenas_plugin::engine;
use genomenas_plugin::message::Unit;
use genomenas_plugin::space::Space;
use genomenas_report::model::Ranking;

use super::plan::{ComparisonPlan, EntryPlan};
use crate::plugins::rehearsal::{Rehearsal, rehearse};
use crate::plugins::{Limits, StrategyRegistry, outlook};

/// Refuses a comparison that cannot come to anything, with everything that is wrong with it; warns of what is doubtful.
///
/// # Errors
///
/// Data or strategies that do not fit.
pub fn check(
    plan: &ComparisonPlan,
    space: &Space,
    info: &StoreInfo,
    registry: &StrategyRegistry,
    limits: Limits,
) -> Result<()> {
    for run in info.of_runs() {
        let named = |error: Error| match run.fold {
            None => error,
            Some(fold) => error.context(format!("with {fold} as the test")),
        };
        rankable(&run, plan.ranked_by).map_err(named)?;
    }
    let data = info.narrowest().for_checks();
    let mut unfit = Vec::new();
    let tried = plan.tune.iter().flat_map(|tune| tune.tried(&plan.final_training)).map(|tried| tried.plan);
    if let Some(error) =
        tried.chain([plan.final_training.clone()]).find_map(|plan| engine::check::plan(&plan, &data).err())
    {
        unfit.push(format!("the final training ([final], --batch and others): {error}"));
    }
    if plan.final_training.optimum.is_some() {
        unfit.push(
            "the final training ([final]): its optimum is one of a linear model, and a search finds networks: leave it out"
                .to_owned(),
        );
    }
    for entry in &plan.entries {
        match rehearse(registry, &entry.spec(), space, &data, plan.budget, limits)? {
            Rehearsal::Unfit(why) => unfit.push(format!("{}: {why}", entry.name)),
            Rehearsal::Fits { batch } => warn_of_budget(plan, entry, batch),
            Rehearsal::Unknown => {}
        }
    }
    if !unfit.is_empty() {
        return Err(Error::input(format!("this cannot be trained on the data: {}", unfit.join("; "))));
    }
    for entry in &plan.entries {
        let terms = (plan.budget, plan.concurrent_trials);
        if let Some(outlook) = outlook::look(registry, &entry.spec(), space, &data, terms, limits)? {
            outlook.tell(&entry.name, plan.budget);
        }
    }
    Ok(())
}

fn warn_of_budget(plan: &ComparisonPlan, entry: &EntryPlan, batch: u32) {
    if plan.budget.unit == Unit::Samples && plan.budget.amount < u64::from(batch) {
        log::warn!(
            "a budget of {} samples ends with the first step of {}, a batch of {batch}",
            grouped(plan.budget.amount),
            entry.name
        );
    }
}

/// Refuses data in which a split is empty, or on which the metric of the leaderboard is undefined for every label; warns
/// of single labels.
fn rankable(info: &StoreInfo, ranked_by: Ranking) -> Result<()> {
    for split in Split::ALL {
        let rows = *info.rows.get(split);
        let name = split.name();
        if rows == 0 {
            return Err(Error::input(format!(
                "the {name} split of the data has no rows: a comparison trains on one split, chooses on another and is measured on the third; import the data with all three"
            )));
        }
        let labels = &info.shape.labels;
        // A regression is measured by correlations, which need two values.
        let constant: Vec<&String> = if info.shape.task.is_regression() {
            let values = info.values.get(split);
            labels
                .iter()
                .zip(values)
                .filter(|(_, values)| values.least >= values.most)
                .map(|(label, _)| label)
                .collect()
        } else {
            let lacks = |positives: u64| positives == 0 || positives == rows;
            labels
                .iter()
                .zip(info.positives.get(split))
                .filter(|(_, positives)| lacks(**positives))
                .map(|(label, _)| label)
                .collect()
        };
        if constant.is_empty() {
            continue;
        }
        if constant.len() == labels.len() && split != Split::Train && ranked_by != Ranking::Accuracy {
            return Err(Error::input(format!(
                "in the {name} split of {rows} rows every label is the same in all rows, so {} is undefined there and nothing can be ranked: import the data with other splits",
                ranked_by.name()
            )));
        }
        let name = info.fold.map_or_else(|| name.to_owned(), |fold| format!("{name} (with {fold} as the test)"));
        let first = constant.first().map_or_else(String::new, |label| shortened(&printable(label)));
        log::warn!(
            "in the {name} split {} of {} labels ({first}{}) are the same in all rows: nothing is measured of them there",
            constant.len(),
            labels.len(),
            if constant.len() > 1 { ", …" } else { "" }
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use genomenas_data::Task;
    use genomenas_data::store::{ImportRecord, PerSplit, Shape};

    use super::*;

    fn info(task: Task, positives: [[u64; 2]; 3]) -> StoreInfo {
        let [train, valid, test] = positives.map(Vec::from);
        StoreInfo {
            format: "genomenas-store".to_owned(),
            version: 1,
            shape: Shape {
                length: 100,
                labels: vec!["a".to_owned(), "b".to_owned()],
                task,
                chromosomes: Vec::new(),
                groups: Vec::new(),
                single_strand: false,
            },
            rows: PerSplit { train: 10, valid: 4, test: 4 },
            rows_with_unknown: PerSplit::default(),
            positives: PerSplit { train, valid, test },
            values: PerSplit::default(),
            leakage: None,
            folds: Vec::new(),
            fold: None,
            import: ImportRecord::default(),
            digest: "cd".to_owned(),
        }
    }

    #[test]
    fn an_empty_split_and_one_in_which_nothing_is_defined_are_refused_by_their_names() {
        let refused = |info: &StoreInfo, ranked_by| rankable(info, ranked_by).err().map(|error| error.to_string());
        let good = info(Task::MultiLabel, [[5, 5], [2, 2], [1, 3]]);
        assert_eq!(refused(&good, Ranking::Auroc), None);
        // One label of two is left out, with a warning.
        assert_eq!(refused(&info(Task::MultiLabel, [[5, 5], [2, 0], [4, 3]]), Ranking::Auroc), None);
        let constant = refused(&info(Task::MultiLabel, [[5, 5], [2, 2], [4, 0]]), Ranking::Auroc).unwrap();
        assert!(constant.contains("test split of 4 rows") && constant.contains("AUROC is undefined"), "{constant}");
        let one_class = info(Task::MultiClass, [[5, 5], [4, 0], [2, 2]]);
        assert!(refused(&one_class, Ranking::Auroc).unwrap().contains("valid"), "one class");
        assert_eq!(refused(&one_class, Ranking::Accuracy), None);
        let empty = StoreInfo { rows: PerSplit { train: 10, valid: 4, test: 0 }, ..good };
        assert!(refused(&empty, Ranking::Auroc).unwrap().contains("the test split of the data has no rows"));
    }
}
