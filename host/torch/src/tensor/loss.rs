//! Losses on raw outputs (logits), and the predictions they stand for.

use tch::{Kind, Reduction, TchError, Tensor};

use genomenas_data::Task;

/// The loss of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
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
    pub(crate) fn of(task: Task) -> Self {
        match task {
            Task::MultiLabel => Self::BinaryCrossEntropy,
            Task::MultiClass | Task::NextNucleotide => Self::CrossEntropy,
            Task::Regression => Self::SquaredError,
            Task::PoissonRegression => Self::Poisson,
        }
    }

    /// The mean loss of raw outputs \[B, K\] against targets \[B, K\]: zeros and ones, or values. It is as precise as the
    /// outputs are.
    pub(crate) fn mean(self, logits: &Tensor, targets: &Tensor) -> Result<Tensor, TchError> {
        let kind = logits.kind();
        match self {
            Self::BinaryCrossEntropy => {
                logits.f_binary_cross_entropy_with_logits(targets, None::<&Tensor>, None::<&Tensor>, Reduction::Mean)
            }
            Self::CrossEntropy => {
                let by_sample = logits.f_log_softmax(1, kind)?.f_mul(targets)?;
                by_sample.f_sum_dim_intlist([1_i64].as_slice(), false, kind)?.f_mean(kind)?.f_neg()
            }
            Self::SquaredError => logits.f_mse_loss(targets, Reduction::Mean),
            Self::Poisson => logits.f_exp()?.f_sub(&targets.f_mul(logits)?)?.f_mean(kind),
        }
    }

    /// As [`mean`](Self::mean), where each positive (or each sample of a class) is weighted by `weights[k]`, \[K\]. The
    /// mean is over all samples, even where their weights do not add up to their number. Regressions have no classes, so
    /// all samples count alike.
    pub(crate) fn weighted_mean(self, logits: &Tensor, targets: &Tensor, weights: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::BinaryCrossEntropy => {
                logits.f_binary_cross_entropy_with_logits(targets, None::<&Tensor>, Some(weights), Reduction::Mean)
            }
            Self::CrossEntropy => self.mean(logits, &targets.f_mul(weights)?),
            Self::SquaredError | Self::Poisson => self.mean(logits, targets),
        }
    }

    /// How many losses of labels the mean over a sample's labels stands for; the loss of classes is one for all of them.
    pub(crate) fn summands(self, labels: usize) -> f64 {
        match self {
            Self::CrossEntropy => 1.0,
            Self::BinaryCrossEntropy | Self::SquaredError | Self::Poisson => labels as f64,
        }
    }

    /// The predictions of raw outputs: probabilities, values, or rates.
    pub(crate) fn predictions(self, logits: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::BinaryCrossEntropy => logits.f_sigmoid(),
            Self::CrossEntropy => logits.f_softmax(1, Kind::Float),
            Self::SquaredError => Ok(logits.shallow_clone()),
            Self::Poisson => logits.f_exp(),
        }
    }

    /// The mean loss of predictions \[B, K\], such as [`predictions`](Self::predictions) returns, against targets \[B, K\].
    /// Probabilities and rates are kept at least 2^-23 away from 0, and probabilities from 1: their logarithms are taken.
    pub(crate) fn mean_of_predictions(self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor, TchError> {
        let epsilon = f64::from(f32::EPSILON);
        match self {
            Self::BinaryCrossEntropy => {
                let within = predictions.f_clamp(epsilon, 1.0 - epsilon)?;
                within.f_binary_cross_entropy(targets, None::<&Tensor>, Reduction::Mean)
            }
            Self::CrossEntropy => {
                let by_sample = predictions.f_clamp_min(epsilon)?.f_log()?.f_mul(targets)?;
                by_sample.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?.f_mean(Kind::Float)?.f_neg()
            }
            Self::SquaredError => predictions.f_mse_loss(targets, Reduction::Mean),
            Self::Poisson => {
                let logarithm = predictions.f_clamp_min(epsilon)?.f_log()?;
                predictions.f_sub(&targets.f_mul(&logarithm)?)?.f_mean(Kind::Float)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_prediction_with_itself_has_its_loss() {
        let logits = Tensor::from_slice(&[0.5_f32, -2.0, 1.25, 0.0, 3.0, -0.75]).reshape([2, 3]);
        let classes = Tensor::from_slice(&[0.0_f32, 1.0, 0.0, 1.0, 0.0, 0.0]).reshape([2, 3]);
        for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::SquaredError, Loss::Poisson] {
            let expected = loss.mean(&logits, &classes).unwrap().double_value(&[]);
            let found =
                loss.mean_of_predictions(&loss.predictions(&logits).unwrap(), &classes).unwrap().double_value(&[]);
            assert!((found - expected).abs() < 1e-6, "{loss:?}: {found} is not {expected}");
        }
    }

    #[test]
    fn a_certain_prediction_that_is_wrong_has_a_finite_loss() {
        let row = |values: [f32; 2]| Tensor::from_slice(&values).reshape([1, 2]);
        let (certain, truth) = (row([1.0, 0.0]), row([0.0, 1.0]));
        for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::Poisson] {
            assert!(loss.mean_of_predictions(&certain, &truth).unwrap().double_value(&[]).is_finite(), "{loss:?}");
        }
    }
}
