//! The recipe of a final training that is a strategy's own, and parameters of a strategy that a training passes over.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_plugin::message::{DataInfo, Plan, StrategyKind};
use genomenas_plugin::space::{Architecture, Space};

use crate::plugins::{Limits, StrategyRegistry, listing, preview};
use crate::run::{from_scratch, plan_of_search};
use crate::spec::Spec;

/// What `--recipe` says for the plan that a strategy's trials had.
pub(crate) const OWN: &str = "own";

/// The plan by which a search trained what it found, as the plan of a training from scratch.
///
/// # Errors
///
/// The journal cannot be read, or the search trained nothing.
pub(crate) fn of_search(folder: &Path) -> Result<Plan> {
    plan_of_search(folder)?.ok_or_else(|| {
        Error::input(format!(
            "the search in {} trained nothing, so it has no recipe of its own: leave `--recipe {OWN}` out",
            folder.display()
        ))
    })
}

/// A strategy whose first network is trained, with all that this depends on.
pub(crate) struct Trained<'a> {
    pub(crate) registry: &'a StrategyRegistry,
    pub(crate) strategy: &'a Spec,
    pub(crate) space: &'a Space,
    pub(crate) data: &'a DataInfo,
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
}

impl Trained<'_> {
    /// Its first network and the plan of its first trial, with `own` or where that trains to an optimum, which is a part of
    /// the model. A parameter that makes no difference to them is refused: it would be passed over.
    ///
    /// # Errors
    ///
    /// As of [`preview::first_architecture`], or a parameter would be passed over.
    pub(crate) fn first(&self, own: bool) -> Result<(Architecture, Option<Plan>)> {
        let (architecture, plan) = self.of(self.strategy)?;
        let plan = plan.filter(|plan| own || plan.optimum.is_some()).map(from_scratch);
        if own && plan.is_none() {
            return Err(Error::input(format!(
                "strategy '{}' proposes no training, so it has no recipe of its own: leave `--recipe {OWN}` out",
                self.strategy.id
            )));
        }
        let own = plan.is_some();
        let known = self.registry.strategy(&self.strategy.id)?.strategy;
        // Then all others act on the network of a baseline.
        let says = known.properties().any(|(_, schema)| listing::is_of_training(schema));
        for (name, value) in &self.strategy.parameters {
            let schema = known.properties().find(|(property, _)| property == name).map(|(_, schema)| schema);
            let of_training = schema.is_some_and(listing::is_of_training);
            // It may say what would be so anyway, in words of its own.
            let acts = if of_training { own } else { says && known.kind == StrategyKind::Baseline };
            let is_default = schema.and_then(|schema| schema.get("default")) == Some(value);
            if acts || is_default && !of_training {
                continue;
            }
            let mut without = self.strategy.clone();
            without.parameters.remove(name);
            // Where it is refused without this one, this one matters.
            let Ok((other, other_plan)) = self.of(&without) else { continue };
            if other != architecture || own && other_plan.map(from_scratch) != plan {
                continue;
            }
            let id = &self.strategy.id;
            let way = if own {
                "it acts on the search alone; leave it out".to_owned()
            } else if of_training {
                format!(
                    "it belongs to the recipe of its trials, and this training follows the common recipe; give `--recipe {OWN}` for the recipe of {id}, an option of the final training such as --learning-rate or --epochs, or leave it out"
                )
            } else {
                format!(
                    "the network is the same without it; leave it out, or give `--recipe {OWN}` if it belongs to the recipe of {id}"
                )
            };
            return Err(Error::input(format!("parameter {name} of {id} would change nothing here: {way}")));
        }
        Ok((architecture, plan))
    }

    fn of(&self, strategy: &Spec) -> Result<(Architecture, Option<Plan>)> {
        preview::first_architecture(self.registry, strategy, self.space, self.data, self.seed, self.limits)
    }
}
