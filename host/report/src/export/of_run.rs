//! A run by itself as a comparison of one entry, so that exports of both are one.

use crate::model::{Comparison, Entry, Ranking, Recipes, RunReport};

/// A comparison that holds this run alone. It has no command, and is ranked by nothing.
pub fn comparison_of(report: &RunReport) -> Comparison {
    let search = report.search.as_ref();
    Comparison {
        title: report.title.clone(),
        data: report.data.clone(),
        budget: search.map(|search| search.budget.clone()).unwrap_or_default(),
        budget_epochs: None,
        recipes: Recipes::Common,
        recipe: report.recipe.clone(),
        ranked_by: Ranking::default(),
        entries: vec![Entry {
            name: search.map_or_else(|| "architecture".to_owned(), |search| search.strategy.clone()),
            strategy: search.map(|search| search.strategy.clone()).unwrap_or_default(),
            plugin: search.map(|search| search.plugin.clone()).unwrap_or_default(),
            plugin_version: search.map(|search| search.plugin_version.clone()).unwrap_or_default(),
            parameters: search.map(|search| search.parameters.clone()).unwrap_or_default(),
            control: false,
            added: None,
            runs: vec![report.run.clone()],
        }],
        ceiling: None,
        hidden: 0,
        statistics: None,
        published: Vec::new(),
        generated_by: report.generated_by.clone(),
        command: String::new(),
        environment: report.environment.clone(),
    }
}
