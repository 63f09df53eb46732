//! Bayesian linear regression from embeddings to logits of scores, its two precisions fitted by maximising the evidence
//! (Bishop 2006, section 3.5), without an intercept.

use nalgebra::{DMatrix, DVector, RowDVector};

/// What both precisions begin with.
const START: f64 = 1e-5;
const ITERATIONS: usize = 200;
/// How little both must change to be taken for final, relative and absolute.
const RELATIVE: f64 = 1e-5;
const ABSOLUTE: f64 = 1e-8;
/// Steps of the singular value decomposition before it is given up.
const SVD_STEPS: usize = 10_000;
/// How near to 0 and 1 a score may come, so that its logit is finite.
const MARGIN: f64 = 1e-4;

/// The posterior over the weights, N(m, S).
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// Precision of the prior over the weights, as of m and S.
    pub alpha: f64,
    /// Precision of the noise, as of m and S.
    pub beta: f64,
    /// The precision of the noise after one more update, which predictions take.
    pub noise: f64,
    /// m.
    pub mean: DVector<f64>,
    /// The eigenvectors of `ΦᵀΦ` with an eigenvalue that is not 0, a row each, and these eigenvalues.
    directions: DMatrix<f64>,
    eigenvalues: DVector<f64>,
}

/// A normal distribution of a logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
}

impl Regression {
    /// Fits to embeddings (a row each) and logits.
    ///
    /// `None` where numbers are not finite, or nothing can be learned from them.
    pub fn fit(embeddings: &DMatrix<f64>, logits: &DVector<f64>) -> Option<Self> {
        let finite = embeddings.iter().chain(logits.iter()).all(|value| value.is_finite());
        if !finite || embeddings.nrows() == 0 || embeddings.ncols() == 0 {
            return None;
        }
        let svd = embeddings.clone().try_svd(false, true, f64::EPSILON, SVD_STEPS)?;
        let directions = svd.v_t?;
        let eigenvalues = svd.singular_values.map(|value| value * value);
        // Φᵀt along the eigenvectors; it has no other part.
        let along = &directions * embeddings.tr_mul(logits);
        let (mut alpha, mut beta) = (START, START);
        let mut fitted = None;
        for _ in 0..ITERATIONS {
            let coefficients = along.zip_map(&eigenvalues, |value, eigen| beta * value / (alpha + beta * eigen));
            let mean = directions.tr_mul(&coefficients);
            let gamma: f64 = eigenvalues.iter().map(|eigen| beta * eigen / (beta * eigen + alpha)).sum();
            let error = (logits - embeddings * &mean).norm_squared();
            let next = (gamma / mean.norm_squared(), (logits.len() as f64 - gamma) / error);
            let usable = |value: f64| value.is_finite() && value > 0.0;
            if !usable(next.0) || !usable(next.1) {
                break;
            }
            fitted = Some((alpha, beta, next.1, mean));
            if close(alpha, next.0) && close(beta, next.1) {
                break;
            }
            (alpha, beta) = next;
        }
        let (alpha, beta, noise, mean) = fitted?;
        Some(Self { alpha, beta, noise, mean, directions, eigenvalues })
    }

    /// The logit of an architecture with this embedding: φ·m, and √(1/β + φᵀSφ).
    pub fn predict(&self, embedding: &RowDVector<f64>) -> Normal {
        let parts = &self.directions * embedding.transpose();
        // S is 1/(α + βλ) along an eigenvector, and 1/α across all of them.
        let across = (embedding.norm_squared() - parts.norm_squared()).max(0.0) / self.alpha;
        let along =
            parts.iter().zip(&self.eigenvalues).map(|(part, eigen)| part * part / (self.alpha + self.beta * eigen));
        let variance = 1.0 / self.noise + across + along.sum::<f64>();
        Normal { mean: embedding.transpose().dot(&self.mean), deviation: variance.sqrt() }
    }
}

/// ln(y/(1−y)), for scores not nearer than 10⁻⁴ to 0 and 1.
pub fn logit(score: f64) -> f64 {
    let score = score.clamp(MARGIN, 1.0 - MARGIN);
    (score / (1.0 - score)).ln()
}

fn close(before: f64, after: f64) -> bool {
    (before - after).abs() <= ABSOLUTE + RELATIVE * after.abs()
}
