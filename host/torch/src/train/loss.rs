//! Losses on raw outputs (logits), and the predictions they stand for.

use tch::{Kind, Reduction, TchError, Tensor};

use genomenas_data::Task;

/// The loss of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Mean binary cross-entropy over samples and labels.
    BinaryCrossEntropy,
    /// Mean cross-entropy over samples.
    CrossEntropy,
    /// Mean squared error over samples and labels.
    SquaredError,
    /// Mean negative log-likelihood of Poisson's distribution over samples and labels, without the term that depends on
    /// the data alone: e^z − y·z for the logarithm z of a rate.
    Poisson,
}

impl Loss {
    /// The loss of this task.
    pub fn of(task: Task) -> Self {
        match task {
            Task::MultiLabel => Self::BinaryCrossEntropy,
            Task::MultiClass | Task::NextNucleotide => Self::CrossEntropy,
            Task::Regression => Self::SquaredError,
            Task::PoissonRegression => Self::Poisson,
        }
    }

    /// The mean loss of raw outputs \[B, K\] against targets \[B, K\]: zeros and ones, or values.
    pub fn mean(self, logits: &Tensor, targets: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::BinaryCrossEntropy => {
                logits.f_binary_cross_entropy_with_logits(targets, None::<&Tensor>, None::<&Tensor>, Reduction::Mean)
            }
            Self::CrossEntropy => {
                let by_sample = logits.f_log_softmax(1, Kind::Float)?.f_mul(targets)?;
                by_sample.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?.f_mean(Kind::Float)?.f_neg()
            }
            Self::SquaredError => logits.f_mse_loss(targets, Reduction::Mean),
            Self::Poisson => logits.f_exp()?.f_sub(&targets.f_mul(logits)?)?.f_mean(Kind::Float),
        }
    }

    /// As [`mean`](Self::mean), where a positive of each label, or a sample of each class, counts by its of `weights`
    /// \[K\]. The mean is over all samples, also where their weights do not add up to their number. A regression has
    /// no classes: all count alike.
    pub fn weighted_mean(self, logits: &Tensor, targets: &Tensor, weights: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::BinaryCrossEntropy => {
                logits.f_binary_cross_entropy_with_logits(targets, None::<&Tensor>, Some(weights), Reduction::Mean)
            }
            Self::CrossEntropy => self.mean(logits, &targets.f_mul(weights)?),
            Self::SquaredError | Self::Poisson => self.mean(logits, targets),
        }
    }

    /// What raw outputs stand for: probabilities, values, or rates.
    pub fn predictions(self, logits: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::BinaryCrossEntropy => logits.f_sigmoid(),
            Self::CrossEntropy => logits.f_softmax(1, Kind::Float),
            Self::SquaredError => Ok(logits.shallow_clone()),
            Self::Poisson => logits.f_exp(),
        }
    }
}
