//! Statistics of entries over their runs, and tests between entries. Numbers in, numbers out: nothing here knows a
//! comparison, a page or a file.
//!
//! | file | what |
//! |---|---|
//! | `summary` | mean, median, deviation, quantiles, paired differences, the interval over seeds |
//! | `ranking` | ranks with ties, average ranks and Borda counts over blocks, groups of a critical difference |
//! | `friedman` | Friedman's test and the Nemenyi test (`studentized_range`) |
//! | `wilcoxon`, `permutation`, `holm` | tests of paired differences, and the correction for several of them |
//! | `effect`, `correlation` | effect sizes, rank correlations |
//! | `decision` | whether two entries differ by more than seeds and test set explain |
//! | `distribution` | tails of the normal, Student's and the chi-squared distribution, on the functions of `statrs` |
//!
//! `golden.json` holds what SciPy says of the same numbers; the tests compare to 1e-9.
//!
//! Every function takes finite values, and returns `None` where the values do not determine an answer.

mod correlation;
mod decision;
mod distribution;
mod effect;
mod friedman;
#[cfg(test)]
mod golden;
mod holm;
mod permutation;
mod ranking;
mod studentized_range;
mod summary;
mod wilcoxon;

pub use correlation::{kendall, spearman};
pub use decision::{Measured, Pair, Pairs, Terms, Uncertainty, compare};
pub use effect::{cliffs_delta, cohens_d, vargha_delaney};
pub use friedman::{Friedman, critical_difference, friedman, nemenyi};
pub use holm::holm;
pub use permutation::{Permutation, permutation};
pub(crate) use ranking::groups;
pub use ranking::{Ranks, midranks, ranks};
pub use summary::{mean, median, paired_differences, quantile, seed_interval, standard_deviation};
pub use wilcoxon::{Wilcoxon, wilcoxon};
