//! The estimator: a mixture of one kernel a trial, each a product over all decisions, and of the uniform distribution.

use genomenas_plugin::rand::{Rng, RngExt};

/// The newest trials, which all count alike; older ones count the less the older they are.
const YOUNG: usize = 25;

/// How likely architectures are, given trials of like ones.
#[derive(Clone, Debug)]
pub struct Parzen {
    /// The options of each trial.
    rows: Vec<Vec<usize>>,
    /// How many options each decision has.
    sizes: Vec<usize>,
    /// Of each kernel: of the trials, and last of the uniform distribution. Their sum is 1.
    weights: Vec<f64>,
    /// Of each decision: how likely the trial's own option is under its kernel, and any other one.
    kernels: Vec<[f64; 2]>,
    /// Of each decision: how likely each option is, whatever the others are.
    marginals: Vec<Vec<f64>>,
}

impl Parzen {
    /// The estimate from trials, the oldest first. An option is a number below that of the options in `sizes`.
    pub fn new(rows: Vec<Vec<usize>>, sizes: &[usize], prior_weight: f64) -> Self {
        let mut weights = age_weights(rows.len());
        weights.push(prior_weight);
        let sum: f64 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= sum;
        }
        // What each option gets beside the trial's own, which gets 1 more.
        let smoothing = prior_weight / (rows.len() + 1) as f64;
        let kernel = |&size: &usize| [1.0 + smoothing, smoothing].map(|share| share / (1.0 + size as f64 * smoothing));
        let kernels: Vec<[f64; 2]> = sizes.iter().map(kernel).collect();
        let marginal = |(decision, &size): (usize, &usize)| {
            let [own, other] = kernels[decision];
            let mut shares = vec![prior_weight / sum / size as f64 + (1.0 - prior_weight / sum) * other; size];
            for (row, weight) in rows.iter().zip(&weights) {
                shares[row[decision]] += weight * (own - other);
            }
            shares
        };
        let marginals = sizes.iter().enumerate().map(marginal).collect();
        Self { rows, sizes: sizes.to_vec(), weights, kernels, marginals }
    }

    /// Draws an option of each decision: one kernel, and the options by it.
    pub fn sample(&self, rng: &mut impl Rng) -> Vec<usize> {
        let at = position(&self.weights, rng.random());
        let options = |(decision, &size): (usize, &usize)| {
            let shares: Vec<f64> = (0..size).map(|option| self.kernel(at, decision, option)).collect();
            position(&shares, rng.random())
        };
        self.sizes.iter().enumerate().map(options).collect()
    }

    /// The logarithm of the probability of an architecture.
    pub fn log_probability(&self, row: &[usize]) -> f64 {
        let own_and_other: Vec<[f64; 2]> = self.kernels.iter().map(|kernel| kernel.map(f64::ln)).collect();
        let of_kernel = |(at, weight): (usize, &f64)| {
            let options: f64 = match self.rows.get(at) {
                Some(trial) => {
                    let pairs = trial.iter().zip(row).zip(&own_and_other);
                    pairs.map(|((trial, option), [own, other])| if trial == option { own } else { other }).sum()
                }
                None => self.sizes.iter().map(|&size| -(size as f64).ln()).sum(),
            };
            weight.ln() + options
        };
        let logarithms: Vec<f64> = self.weights.iter().enumerate().map(of_kernel).collect();
        let most = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + logarithms.iter().map(|logarithm| (logarithm - most).exp()).sum::<f64>().ln()
    }

    /// The probability of an option of one decision, whatever the others are.
    pub fn probability(&self, decision: usize, option: usize) -> f64 {
        self.marginals[decision][option]
    }

    /// The probability of an option under one kernel.
    fn kernel(&self, at: usize, decision: usize, option: usize) -> f64 {
        let [own, other] = self.kernels[decision];
        match self.rows.get(at) {
            Some(trial) => {
                if trial[decision] == option {
                    own
                } else {
                    other
                }
            }
            None => 1.0 / self.sizes[decision] as f64,
        }
    }
}

/// How much trials count, the oldest first: 1 for the newest, and along a line from 1/n for those before.
pub fn age_weights(trials: usize) -> Vec<f64> {
    let old = trials.saturating_sub(YOUNG);
    let first = 1.0 / trials.max(1) as f64;
    let step = (1.0 - first) / old.saturating_sub(1).max(1) as f64;
    let ramp = (0..old).map(|at| first + step * at as f64);
    ramp.chain(std::iter::repeat_n(1.0, trials - old)).collect()
}

/// Where a number from 0 to 1 lies among shares whose sum is 1.
fn position(shares: &[f64], drawn: f64) -> usize {
    let mut left = drawn;
    let within = |share: &f64| {
        left -= share;
        left < 0.0
    };
    shares.iter().position(within).unwrap_or(shares.len().saturating_sub(1))
}
