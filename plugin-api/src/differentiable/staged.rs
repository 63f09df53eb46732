//! What P-DARTS and its descendants share: stages, each with fewer options an edge than the one before, dropout on
//! skips, and a limit to the skips of what is found.

use super::{SkipLimit, Stages, Training};
use crate::message::{Order, Plan, Setup};
use crate::space::Decision;
use crate::{Error, Result};

/// The settings of a search in stages: what [`staged_settings!`](crate::staged_settings!) adds to a strategy's
/// parameters beside [`Training`].
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each field is described where it is a parameter")]
pub struct Staged {
    pub stages: usize,
    pub epochs: Vec<u32>,
    pub warm_up: Vec<u32>,
    pub dropout_rate: Vec<f64>,
    pub keep: Vec<f64>,
    pub arch_clip: f64,
    pub max_skip: usize,
    pub skip_option: String,
    pub skip_decisions: String,
}

impl Staged {
    /// P-DARTS: a fresh supernet a stage, the least probable options of every edge dropped between stages, and at the
    /// end an architecture of few skips.
    ///
    /// # Errors
    ///
    /// The space has no decisions, or the settings contradict each other.
    pub fn search(self, setup: &Setup, training: &Training) -> Result<Stages> {
        let limit =
            SkipLimit { most: self.max_skip, option: self.skip_option.clone(), decisions: self.skip_decisions.clone() };
        let stages = Stages::new(setup, self.plans(training)?)?;
        let stages = stages.dropping(move |stage, learned| learned.drop_options(|edge| self.kept(stage, edge)));
        Ok(stages.deriving(move |learned| limit.selections(learned)))
    }

    /// How many options an edge keeps after a stage, counted from 0, that another one follows: of n that it had at first
    /// round(n·(S−1−stage)/S) with S stages, and at least two, so that even the last stage has something to compare; or
    /// n times the share that `keep` says, and at least one.
    pub fn kept(&self, stage: usize, edge: &Decision) -> usize {
        let even = || self.stages.saturating_sub(stage + 1) as f64 / self.stages as f64;
        let (share, least) = self.keep.get(stage).map_or_else(|| (even(), 2), |share| (*share, 1));
        let kept = (edge.options.len() as f64 * share).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of options")]
        let kept = kept as usize;
        kept.max(least)
    }

    /// Of a setting with a value a stage, or one for all of `stages`, that of stage `stage`.
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
    fn plans(&self, training: &Training) -> Result<Vec<Plan>> {
        if !self.keep.is_empty() && self.keep.len() + 1 != self.stages {
            return Err(Error::invalid(format!(
                "parameter `keep` has {} values: expected none, or one for each of {} stages but the last",
                self.keep.len(),
                self.stages
            )));
        }
        (0..self.stages).map(|stage| self.plan(stage, training)).collect()
    }

    fn plan(&self, stage: usize, training: &Training) -> Result<Plan> {
        let epochs = Self::of_stage("epochs", &self.epochs, stage, self.stages)?;
        let warm_up = Self::of_stage("warm_up", &self.warm_up, stage, self.stages)?;
        let rate = Self::of_stage("dropout_rate", &self.dropout_rate, stage, self.stages)?;
        if warm_up >= epochs {
            return Err(Error::invalid(format!(
                "stage {} of {} trains weights only for {warm_up} of its {epochs} epochs, so it would learn nothing of the options: set `warm_up` below `epochs`",
                stage + 1,
                self.stages
            )));
        }
        let skip_dropout = if rate > 0.0 { skip_dropout(rate, epochs, warm_up) } else { Vec::new() };
        Ok(Plan { skip_dropout, ..training.plan(epochs, warm_up, Order::First, Some(self.arch_clip)) })
    }
}

/// Dropout of skips, one an epoch: a straight line from `rate` to 0 over all `epochs` while only weights learn, then
/// from `rate` again, times e^−0.2 an epoch.
fn skip_dropout(rate: f64, epochs: u32, warm_up: u32) -> Vec<f64> {
    let of = |epoch: u32| match epoch.checked_sub(warm_up) {
        None => rate * f64::from(epochs - epoch - 1) / f64::from(epochs),
        Some(since) => rate * (-0.2 * f64::from(since)).exp(),
    };
    (0..epochs).map(of).collect()
}

/// The parameters of a search in stages: a strategy's own fields, those of [`Staged`](crate::differentiable::Staged)
/// and those of [`Training`](crate::differentiable::Training); `Staged::from(&settings)` and
/// `Training::from(&settings)` take them out. The defaults in which genomeNAS's strategies differ come first.
///
/// ```
/// use genomenas_plugin::{differentiable::Staged, staged_settings};
///
/// staged_settings! {
///     /// What a user can set.
///     pub struct Settings {
///         epochs = [25],
///         warm_up = [10],
///         dropout_rate = [0.1, 0.2, 0.3];
///     }
/// }
///
/// assert_eq!(Staged::from(&Settings::default()).stages, 3);
/// ```
#[macro_export]
macro_rules! staged_settings {
    (
        $(#[$about:meta])*
        $visibility:vis struct $name:ident {
            epochs = $epochs:tt,
            warm_up = $warm_up:tt,
            dropout_rate = $dropout_rate:tt;
            $($own:tt)*
        }
    ) => {
        $crate::differentiable_settings! {
            $(#[$about])*
            $visibility struct $name {
                learning_rate_min = 0.0,
                arch_learning_rate = 6e-4,
                arch_beta1 = 0.5;
                $($own)*
                /// Stages: supernets trained one after the other, each with fewer options an edge.
                #[parameter(default = 3, minimum = 1, maximum = 100)]
                pub stages: usize,
                /// Epochs of a stage, one for all or one for each. A smaller budget shortens all stages alike.
                #[parameter(default = $epochs, minimum = 1, maximum = 100000)]
                pub epochs: Vec<u32>,
                /// Epochs at the beginning of a stage that train weights only, one for all or one for each.
                #[parameter(default = $warm_up, minimum = 0)]
                pub warm_up: Vec<u32>,
                /// Dropout of skips at the beginning of a stage, one for all or one for each.
                #[parameter(default = $dropout_rate, minimum = 0, maximum = 0.9999)]
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
            }
        }

        impl ::core::convert::From<&$name> for $crate::differentiable::Staged {
            fn from(settings: &$name) -> Self {
                let settings = ::core::clone::Clone::clone(settings);
                Self {
                    stages: settings.stages,
                    epochs: settings.epochs,
                    warm_up: settings.warm_up,
                    dropout_rate: settings.dropout_rate,
                    keep: settings.keep,
                    arch_clip: settings.arch_clip,
                    max_skip: settings.max_skip,
                    skip_option: settings.skip_option,
                    skip_decisions: settings.skip_decisions,
                }
            }
        }
    };
}
