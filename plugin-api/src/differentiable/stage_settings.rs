//! What P-DARTS and its descendants share: stages, each with fewer options an edge than the one before, dropout on
//! skips, and a limit to the skips of what is found.

use super::{SkipLimit, StagedSearch, SupernetSettings};
use crate::message::{Order, Plan, Setup};
use crate::space::Decision;
use crate::{Error, Parameters, Result};

/// The settings of a search in stages, those of the supernets included. Defaults are those of P-DARTS in genomeNAS.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct StageSettings {
    /// Stages: supernets trained one after the other, each with fewer options an edge.
    #[parameter(default = 3, minimum = 1, maximum = 100)]
    pub stages: usize,
    /// Epochs of a stage, one for all or one for each. A smaller budget shortens all stages alike.
    #[parameter(default = [25], minimum = 1, maximum = 100_000, acts_on = "training")]
    pub epochs: Vec<u32>,
    /// Epochs at the beginning of a stage that train weights only, one for all or one for each.
    #[parameter(default = [10], minimum = 0)]
    pub warm_up: Vec<u32>,
    /// Dropout of skips at the beginning of a stage, one for all or one for each.
    #[parameter(default = [0.1, 0.2, 0.3], minimum = 0, maximum = 0.9999)]
    pub dropout_rate: Vec<f64>,
    /// Share of an edge's options that is left after each stage but the last, at least one option; where
    /// empty, the share falls evenly (2/3 and 1/3 with three stages), to at least two options.
    #[parameter(default = [], minimum = 0, maximum = 1)]
    pub keep: Vec<f64>,
    /// Largest norm of the gradient of all alphas.
    #[parameter(default = 0.25, minimum = 1e-9)]
    pub arch_clip: f64,
    /// Skips that the architecture may have among the decisions that are counted.
    #[parameter(default = 2)]
    pub max_skip: usize,
    /// The option that is a skip.
    #[parameter(default = "skip_connect")]
    pub skip_option: String,
    /// How the ids of the decisions begin among which skips are counted; an empty text counts all.
    #[parameter(default = "normal.")]
    pub skip_decisions: String,
    /// How the supernets are trained.
    #[parameter(flatten)]
    pub supernet: SupernetSettings,
}

impl StageSettings {
    /// P-DARTS: a fresh supernet a stage, the least probable options of every edge dropped between stages, and at the
    /// end an architecture of few skips.
    ///
    /// # Errors
    ///
    /// The space has no decisions, or the settings contradict each other.
    pub fn search(&self, setup: &Setup) -> Result<StagedSearch> {
        let limit =
            SkipLimit { most: self.max_skip, option: self.skip_option.clone(), decisions: self.skip_decisions.clone() };
        let settings = self.clone();
        let search = StagedSearch::new(setup, self.plans()?)?;
        let search = search.dropping(move |stage, learned| learned.drop_options(|edge| settings.kept(stage, edge)));
        Ok(search.deriving(move |learned| limit.selections(learned)))
    }

    /// How many options an edge keeps after a stage, counted from 0, that is not the last. Of n options at the beginning
    /// and S stages these are round(n·(S−1−stage)/S), and at least two, so that even the last stage has something to
    /// compare. With `keep` they are n times the share of the stage, and at least one.
    pub fn kept(&self, stage: usize, edge: &Decision) -> usize {
        let even = || self.stages.saturating_sub(stage + 1) as f64 / self.stages as f64;
        let (share, least) = self.keep.get(stage).map_or_else(|| (even(), 2), |share| (*share, 1));
        let kept = (edge.options.len() as f64 * share).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of options")]
        let kept = kept as usize;
        kept.max(least)
    }

    /// The value for stage `stage` of a setting that has one value for each of `stages` stages, or one for all.
    ///
    /// # Errors
    ///
    /// There is another number of values.
    pub fn of_stage<T: Copy>(name: &str, values: &[T], stage: usize, stages: usize) -> Result<T> {
        let value = match values {
            [one] => Some(one),
            values if values.len() == stages => values.get(stage),
            _ => None,
        };
        value.copied().ok_or_else(|| {
            let expected = if stages == 1 { "1".to_owned() } else { format!("1 for all stages, or {stages}") };
            Error::invalid(format!("parameter `{name}` has {} values: expected {expected}", values.len()))
        })
    }

    /// The plan of every stage.
    fn plans(&self) -> Result<Vec<Plan>> {
        if !self.keep.is_empty() && self.keep.len() + 1 != self.stages {
            return Err(Error::invalid(format!(
                "parameter `keep` has {} values: expected none, or one for each of {} stages but the last",
                self.keep.len(),
                self.stages
            )));
        }
        (0..self.stages).map(|stage| self.plan(stage)).collect()
    }

    fn plan(&self, stage: usize) -> Result<Plan> {
        let epochs = Self::of_stage("epochs", &self.epochs, stage, self.stages)?;
        let warm_up = Self::of_stage("warm_up", &self.warm_up, stage, self.stages)?;
        let rate = Self::of_stage("dropout_rate", &self.dropout_rate, stage, self.stages)?;
        if warm_up >= epochs {
            return Err(Error::invalid(format!(
                "stage {} of {} trains weights only for {warm_up} of its {epochs} epochs, so it would learn nothing about the options: set `warm_up` below `epochs`",
                stage + 1,
                self.stages
            )));
        }
        let skip_dropout = if rate > 0.0 { skip_dropout(rate, epochs, warm_up) } else { Vec::new() };
        Ok(Plan { skip_dropout, ..self.supernet.plan(epochs, warm_up, Order::First, Some(self.arch_clip)) })
    }
}

/// The dropout of skips for each epoch. During warm-up it falls from `rate` along a straight line that reaches 0 after all
/// `epochs`; then it begins at `rate` again and is multiplied by e^−0.2 each epoch.
fn skip_dropout(rate: f64, epochs: u32, warm_up: u32) -> Vec<f64> {
    let of = |epoch: u32| match epoch.checked_sub(warm_up) {
        None => rate * f64::from(epochs - epoch - 1) / f64::from(epochs),
        Some(since) => rate * (-0.2 * f64::from(since)).exp(),
    };
    (0..epochs).map(of).collect()
}
