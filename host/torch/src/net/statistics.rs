//! What batch norms see over many batches: the mean and variance of all values together, by the batches' own.

use std::collections::BTreeMap;

use tch::{Kind, TchError, Tensor};

use super::weights::{BufferId, Weights};
use crate::error::Result;

/// Means and variances, one of each a channel, of everything that each batch norm of a network was given. They are pooled
/// in double precision, with the differences between batches, and between the calls of a norm that has several a batch.
#[derive(Debug, Default)]
pub struct Statistics(BTreeMap<(BufferId, BufferId), Pool>);

/// Of one batch norm.
#[derive(Debug)]
struct Pool {
    /// Values a channel.
    count: f64,
    /// Their mean, \[C\].
    mean: Tensor,
    /// The sum of their squared distances from it, \[C\].
    squares: Tensor,
}

impl Statistics {
    /// Adds a value \[B, C, L\] or \[B, C\] of the batch norm whose running mean and variance these are.
    pub(super) fn add(&mut self, of: (BufferId, BufferId), value: &Tensor) -> Result<(), TchError> {
        let seen = Pool::of(value)?;
        match self.0.get_mut(&of) {
            Some(pool) => pool.add(&seen)?,
            None => _ = self.0.insert(of, seen),
        }
        Ok(())
    }

    /// Writes the means and the unbiased variances over the running ones.
    pub(super) fn write(&self, weights: &mut Weights) -> Result<()> {
        for (&(mean, variance), pool) in &self.0 {
            weights.set_buffer(mean, &pool.mean)?;
            weights.set_buffer(variance, &pool.squares.f_div_scalar((pool.count - 1.0).max(1.0))?)?;
        }
        Ok(())
    }
}

impl Pool {
    fn of(value: &Tensor) -> Result<Self, TchError> {
        let over: &[i64] = if value.dim() > 2 { &[0, 2] } else { &[0] };
        let value = value.f_detach()?.f_to_kind(Kind::Double)?;
        let mean = value.f_mean_dim(over, true, Kind::Double)?;
        let squares = value.f_sub(&mean)?.f_square()?.f_sum_dim_intlist(over, false, Kind::Double)?;
        let count = value.numel() as f64 / squares.numel() as f64;
        Ok(Self { count, mean: mean.f_reshape(squares.size().as_slice())?, squares })
    }

    /// The pairwise formulas of Chan and others 1983, "Algorithms for computing the sample variance".
    fn add(&mut self, other: &Self) -> Result<(), TchError> {
        let count = self.count + other.count;
        let apart = other.mean.f_sub(&self.mean)?;
        let between = apart.f_square()?.f_mul_scalar(self.count * other.count / count)?;
        self.squares = self.squares.f_add(&other.squares)?.f_add(&between)?;
        self.mean = self.mean.f_add(&apart.f_mul_scalar(other.count / count)?)?;
        self.count = count;
        Ok(())
    }
}
