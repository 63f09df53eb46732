//! The mean of the predictions for the two strands of a window.

use genomenas_data::{BatchPlan, Decoding, Rows};
use tch::{Kind, Reduction, TchError, Tensor};

use crate::error::Error;
use crate::train::loss::Loss;

/// Where the other strand of a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherStrand {
    /// In the row that lies so many rows after the window's.
    Stored(u32),
    /// Nowhere: it is the reverse complement of the window's row.
    Computed,
}

impl OtherStrand {
    /// Of the windows of a split.
    pub(super) fn of(rows: &Rows) -> Self {
        match u32::try_from(rows.len() / 2) {
            Ok(half) if rows.both_strands() => Self::Stored(half),
            _ => Self::Computed,
        }
    }

    /// How many windows so many rows are, which are the first rows.
    pub(super) fn windows(other: Option<Self>, rows: usize) -> usize {
        match other {
            Some(Self::Stored(_)) => rows / 2,
            Some(Self::Computed) | None => rows,
        }
    }

    /// The batch of the other strands of the rows of a batch.
    pub(crate) fn batch(self, rows: &[u32]) -> BatchPlan {
        match self {
            Self::Stored(after) => BatchPlan {
                rows: rows.iter().map(|row| row.saturating_add(after)).collect(),
                decoding: Decoding::default(),
            },
            Self::Computed => BatchPlan {
                rows: rows.to_vec(),
                decoding: Decoding { reverse_complement: vec![true; rows.len()], ..Decoding::default() },
            },
        }
    }
}

/// The loss of mean predictions \[B, K\] against targets \[B, K\]. Probabilities are at least 2^-23 away from 0 and 1 for
/// it, and rates at least 2^-23, because their logarithms are taken.
pub(super) fn mean_loss(loss: Loss, predictions: &Tensor, targets: &Tensor) -> Result<Tensor, TchError> {
    let epsilon = f64::from(f32::EPSILON);
    match loss {
        Loss::BinaryCrossEntropy => {
            let within = predictions.f_clamp(epsilon, 1.0 - epsilon)?;
            within.f_binary_cross_entropy(targets, None::<&Tensor>, Reduction::Mean)
        }
        Loss::CrossEntropy => {
            let by_sample = predictions.f_clamp_min(epsilon)?.f_log()?.f_mul(targets)?;
            by_sample.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?.f_mean(Kind::Float)?.f_neg()
        }
        Loss::SquaredError => predictions.f_mse_loss(targets, Reduction::Mean),
        Loss::Poisson => {
            let logarithm = predictions.f_clamp_min(epsilon)?.f_log()?;
            predictions.f_sub(&targets.f_mul(&logarithm)?)?.f_mean(Kind::Float)
        }
    }
}

pub(super) fn missing() -> Error {
    Error::bug("a batch came without its other strand")
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
            let found = mean_loss(loss, &loss.predictions(&logits).unwrap(), &classes).unwrap().double_value(&[]);
            assert!((found - expected).abs() < 1e-6, "{loss:?}: {found} is not {expected}");
        }
    }

    #[test]
    fn a_certain_prediction_that_is_wrong_has_a_finite_loss() {
        let row = |values: [f32; 2]| Tensor::from_slice(&values).reshape([1, 2]);
        let (certain, truth) = (row([1.0, 0.0]), row([0.0, 1.0]));
        for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::Poisson] {
            assert!(mean_loss(loss, &certain, &truth).unwrap().double_value(&[]).is_finite(), "{loss:?}");
        }
    }

    #[test]
    fn the_other_strand_is_in_another_row_or_computed() {
        assert_eq!(OtherStrand::Stored(10).batch(&[0, 3]).rows, [10, 13]);
        let computed = OtherStrand::Computed.batch(&[0, 3]);
        assert_eq!((computed.rows, computed.decoding.reverse_complement), (vec![0, 3], vec![true, true]));
    }
}
