//! Losses on raw outputs (logits), and the probabilities they stand for.

use tch::{Kind, Reduction, TchError, Tensor};

use crate::data::Task;

/// The loss of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Mean binary cross-entropy over samples and labels.
    BinaryCrossEntropy,
    /// Mean cross-entropy over samples.
    CrossEntropy,
}

impl Loss {
    /// The loss of this task.
    pub fn of(task: Task) -> Self {
        match task {
            Task::MultiLabel => Self::BinaryCrossEntropy,
            Task::MultiClass => Self::CrossEntropy,
        }
    }

    /// The mean loss of logits \[B, K\] against targets \[B, K\] of zeros and ones.
    pub fn mean(self, logits: &Tensor, targets: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::BinaryCrossEntropy => {
                logits.f_binary_cross_entropy_with_logits(targets, None::<&Tensor>, None::<&Tensor>, Reduction::Mean)
            }
            Self::CrossEntropy => {
                let by_sample = logits.f_log_softmax(1, Kind::Float)?.f_mul(targets)?;
                by_sample.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?.f_mean(Kind::Float)?.f_neg()
            }
        }
    }

    /// The probabilities that logits stand for.
    pub fn probabilities(self, logits: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::BinaryCrossEntropy => logits.f_sigmoid(),
            Self::CrossEntropy => logits.f_softmax(1, Kind::Float),
        }
    }
}
