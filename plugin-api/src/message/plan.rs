//! How a network is trained.

use serde::{Deserialize, Serialize};

use super::{Arch, Optimizer, Optimum, Unit};
use crate::{Error, Result};

/// How a network is trained. Fields left out take the defaults below.
///
/// Training ends with the first of: [`epochs`](Self::epochs), early stopping, the trial's limit, the run's budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Plan {
    /// Epochs at most.
    pub epochs: u32,
    /// Steps an epoch; the whole training split where absent.
    pub steps_per_epoch: Option<u32>,
    /// Samples a step.
    pub batch: u32,
    /// The optimizer of every weight outside recurrent cells, and of these too where [`rnn`](Self::rnn) is absent.
    pub cnn: Optimizer,
    /// The optimizer of the weights of recurrent cells (LSTM, GRU, highway).
    pub rnn: Option<Optimizer>,
    /// Architecture steps of a supernet that mixes by alphas; without them the alphas stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// Clipping of the gradient norm.
    pub clip: Clip,
    /// Factor of the slowness regulariser: `mean((h_t − h_{t−1})²)` over the outputs of highway cells.
    pub slowness: f64,
    /// Probability of each [`SkipDropout`](crate::space::Op::SkipDropout) of a supernet: one an epoch, the last one for
    /// all later epochs; 0 where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_dropout: Vec<f64>,
    /// Dropout of the input of highway cells, in place of the network's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_dropout: Option<f64>,
    /// Dropout of the states of highway cells, in place of the network's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_dropout: Option<f64>,
    /// Ends training when validation loss stops improving.
    pub early_stopping: Option<EarlyStopping>,
    /// Batches of the validation split to score after an epoch; all of them where absent.
    pub validation_batches: Option<u32>,
    /// Shows each training window as its reverse complement with probability 1/2.
    pub reverse_complement: bool,
    /// Moves each training window by a number of bases drawn from −shift to shift; bases moved in are unknown.
    pub shift: u32,
    /// How much rare labels and classes count in the loss that is minimised, by architecture steps, too; losses that are
    /// reported count all alike.
    pub class_weights: ClassWeights,
    /// The share of the training rows that is used, drawn from the run's seed; all of them where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subsample: Option<f64>,
    /// Scores the mean of the predictions for both strands of a window, in place of the prediction for the stored one.
    pub average_strands: bool,
    /// The largest Euclidean norm of the weights that enter one output unit of a dense layer or one filter of a
    /// convolution; longer ones are shortened to it after every step (Srivastava et al. 2014, section 5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_norm: Option<f64>,
    /// Factor of the sum, over samples and units, of the absolute values that enter the last dense layer; added to the
    /// loss that is minimised, and not to the one that is reported.
    pub hidden_l1: f64,
    /// What schedules run over, counted from the first of the trials that [continue](super::Initialisation::Continue)
    /// each other; an epoch that a bound cut short counts as one. Where absent, the epochs or the limit of this trial,
    /// whichever ends first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Horizon>,
    /// Trains to the optimum of a convex loss, in place of steps on batches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimum: Option<Optimum>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            epochs: 10,
            steps_per_epoch: None,
            batch: 100,
            cnn: Optimizer::default(),
            rnn: None,
            arch: None,
            clip: Clip::None,
            slowness: 0.0,
            skip_dropout: Vec::new(),
            input_dropout: None,
            hidden_dropout: None,
            early_stopping: None,
            validation_batches: None,
            reverse_complement: false,
            shift: 0,
            class_weights: ClassWeights::None,
            subsample: None,
            average_strands: false,
            max_norm: None,
            hidden_l1: 0.0,
            horizon: None,
            optimum: None,
        }
    }
}

impl Plan {
    /// A plan that trains to the optimum for each of these strengths of the L2 penalty, one after the other, and stops after
    /// `patience` that were worse on the validation split than the best.
    pub fn to_optimum(l2: Vec<f64>, patience: u32) -> Self {
        Self {
            epochs: u32::try_from(l2.len()).unwrap_or(u32::MAX),
            early_stopping: Some(EarlyStopping { patience, minimum_improvement: 0.0 }),
            optimum: Some(Optimum { l2, ..Optimum::default() }),
            ..Self::default()
        }
    }

    /// Refuses an optimum that the rest of the plan contradicts.
    fn validate_optimum(&self, optimum: &Optimum) -> Result<()> {
        optimum.validate()?;
        if optimum.l2.len() != self.epochs as usize {
            return Err(Error::invalid(format!(
                "the plan's optimum has {} strengths of the L2 penalty, and the plan {} epochs: expected a strength for each epoch",
                optimum.l2.len(),
                self.epochs
            )));
        }
        let contradictions = [
            (self.reverse_complement, "draws strands (reverse_complement)"),
            (self.shift > 0, "draws shifts (shift)"),
            (self.arch.is_some(), "takes architecture steps (arch)"),
            (self.steps_per_epoch.is_some(), "cuts epochs short (steps_per_epoch)"),
            (self.max_norm.is_some(), "shortens weights (max_norm)"),
            (self.hidden_l1 > 0.0, "regularises what enters the last dense layer (hidden_l1)"),
            (self.slowness > 0.0, "regularises highway cells (slowness)"),
            (self.clip != Clip::None, "clips gradients (clip)"),
        ];
        match contradictions.into_iter().find(|(asked, _)| *asked) {
            None => Ok(()),
            Some((_, what)) => Err(Error::invalid(format!(
                "the plan trains to the optimum, and {what}, after which there would be another optimum or none: leave one of the two out"
            ))),
        }
    }

    /// Refuses numbers that no training could use.
    pub fn validate(&self) -> Result<()> {
        let positive = |what: &str, value: u64| {
            (value > 0)
                .then_some(())
                .ok_or_else(|| Error::invalid(format!("the plan's {what} is 0: expected at least 1")))
        };
        positive("epochs", self.epochs.into())?;
        positive("batch", self.batch.into())?;
        positive("steps_per_epoch", self.steps_per_epoch.unwrap_or(1).into())?;
        positive("validation_batches", self.validation_batches.unwrap_or(1).into())?;
        if !(self.slowness >= 0.0 && self.slowness.is_finite()) {
            return Err(Error::invalid(format!("the plan's slowness is {}: expected 0 or more", self.slowness)));
        }
        if !(self.hidden_l1 >= 0.0 && self.hidden_l1.is_finite()) {
            return Err(Error::invalid(format!("the plan's hidden_l1 is {}: expected 0 or more", self.hidden_l1)));
        }
        if let Some(norm) = self.max_norm.filter(|norm| !(*norm > 0.0 && norm.is_finite())) {
            return Err(Error::invalid(format!("the plan's max_norm is {norm}: expected more than 0")));
        }
        if let Some(share) = self.subsample.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
            return Err(Error::invalid(format!(
                "the plan's subsample is {share}: expected a share above 0 and at most 1"
            )));
        }
        if let ClassWeights::Balanced { maximum } = self.class_weights
            && !(maximum >= 1.0 && maximum.is_finite())
        {
            return Err(Error::invalid(format!(
                "the plan's class_weights have a maximum of {maximum}: expected 1 or more"
            )));
        }
        for p in self.skip_dropout.iter().chain(&self.input_dropout).chain(&self.hidden_dropout) {
            if !(0.0..1.0).contains(p) {
                return Err(Error::invalid(format!("the plan has a dropout of {p}: expected 0 ≤ p < 1")));
            }
        }
        let norms: &[f64] = match &self.clip {
            Clip::None => &[],
            Clip::All { norm } => &[*norm],
            Clip::Parts { cnn, rnn } => &[*cnn, *rnn],
        };
        if let Some(norm) = norms.iter().find(|norm| !(**norm > 0.0 && norm.is_finite())) {
            return Err(Error::invalid(format!("the plan clips gradients at a norm of {norm}: expected more than 0")));
        }
        if let Some(EarlyStopping { patience, minimum_improvement }) = self.early_stopping
            && !(patience > 0 && minimum_improvement >= 0.0 && minimum_improvement.is_finite())
        {
            return Err(Error::invalid(format!(
                "the plan's early_stopping has patience {patience} and minimum_improvement {minimum_improvement}: expected a patience of at least 1 and an improvement of 0 or more"
            )));
        }
        if matches!(self.horizon, Some(Horizon::Epochs { epochs: 0 } | Horizon::Cost { amount: 0, .. })) {
            return Err(Error::invalid("the plan's horizon is 0: expected at least 1"));
        }
        self.optimum.as_ref().map_or(Ok(()), |optimum| self.validate_optimum(optimum))?;
        self.cnn.validate("cnn")?;
        self.rnn.as_ref().map_or(Ok(()), |rnn| rnn.validate("rnn"))?;
        self.arch.as_ref().map_or(Ok(()), Arch::validate)
    }
}

/// How much a positive label or a class counts in the loss, counted over the whole training split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClassWeights {
    /// All alike.
    #[default]
    None,
    /// A positive row of a label counts negatives / positives, a row of class k of K counts rows / (K · rows of k); at
    /// most `maximum`, and at least 1 / `maximum`. A label or class that never occurs counts 1.
    Balanced {
        /// The largest weight.
        #[serde(default = "hundred")]
        maximum: f64,
    },
}

impl ClassWeights {
    /// [`Balanced`](Self::Balanced), with weights of at most 100.
    pub const fn balanced() -> Self {
        Self::Balanced { maximum: hundred() }
    }
}

const fn hundred() -> f64 {
    100.0
}

/// Clipping of gradients by their Euclidean norm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Clip {
    /// None.
    #[default]
    None,
    /// One norm over all weights.
    All {
        /// The largest norm left as it is.
        norm: f64,
    },
    /// A norm a part.
    Parts {
        /// For the weights outside recurrent cells.
        cnn: f64,
        /// For the weights of recurrent cells.
        rnn: f64,
    },
}

/// How long a training is as a whole, for its schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Horizon {
    /// So many epochs.
    Epochs {
        /// How many.
        epochs: u32,
    },
    /// What it may spend.
    Cost {
        /// How much.
        amount: u64,
        /// Of what.
        unit: Unit,
    },
}

/// When to end a training that no longer improves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EarlyStopping {
    /// Epochs without a new best validation loss before training ends.
    pub patience: u32,
    /// How much better a loss must be to count as new best.
    #[serde(default)]
    pub minimum_improvement: f64,
}
