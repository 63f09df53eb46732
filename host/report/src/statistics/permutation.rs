//! The paired permutation test: the signs of differences are flipped (Fisher, "The design of experiments", 1935).

use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;

/// A paired permutation test of the mean difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Permutation {
    /// The share of flips with a mean at least as far from 0, the one at hand included.
    pub p: f64,
    /// Whether all flips were counted out; otherwise they were drawn.
    pub exact: bool,
}

/// Up to so many differences all flips are counted out: 2^14.
const MOST_EXACT: usize = 14;
/// Flips that are drawn otherwise.
const DRAWS: u32 = 9_999;

/// The test of these differences; `None` without one. The same differences have the same result.
pub fn permutation(differences: &[f64]) -> Option<Permutation> {
    let count = differences.len();
    if count == 0 {
        return None;
    }
    // Sums of the same numbers in another order differ by rounding.
    let size: f64 = differences.iter().map(|difference| difference.abs()).sum();
    let least = differences.iter().sum::<f64>().abs() - 1e-12 * size;
    if count <= MOST_EXACT {
        let flips = 1_u32 << count;
        let sum = |flips: u32| -> f64 {
            let flipped =
                |(at, difference): (usize, &f64)| if flips >> at & 1 == 1 { -difference } else { *difference };
            differences.iter().enumerate().map(flipped).sum()
        };
        let as_far = (0..flips).filter(|flips| sum(*flips).abs() >= least).count();
        return Some(Permutation { p: as_far as f64 / f64::from(flips), exact: true });
    }
    let mut draws = seed::stream(1, "permutation", count as u64);
    let as_far = (0..DRAWS)
        .filter(|_| {
            let sum: f64 = differences.chunks(64).map(|some| flipped(some, draws.random())).sum();
            sum.abs() >= least
        })
        .count();
    Some(Permutation { p: (as_far + 1) as f64 / f64::from(DRAWS + 1), exact: false })
}

/// The sum of up to 64 numbers, of which those change their signs whose bits are set. Comparisons of thousands of runs spend
/// their time here, so there is no branch.
fn flipped(differences: &[f64], flips: u64) -> f64 {
    let flip = |(at, one): (u32, &f64)| f64::from_bits(one.to_bits() ^ (flips >> at & 1) << 63);
    (0..).zip(differences).map(flip).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_flips_come_close_to_those_that_are_counted_out_and_to_themselves() {
        let differences: Vec<f64> = (0..15).map(|at| f64::from(at % 5) - 1.2).collect();
        let drawn = permutation(&differences).unwrap();
        assert!(!drawn.exact && drawn == permutation(&differences).unwrap());
        let exact = permutation(&differences[..14]).unwrap();
        assert!(exact.exact && (exact.p - drawn.p).abs() < 0.1, "{exact:?} {drawn:?}");
    }

    #[test]
    fn three_differences_can_never_be_told_from_chance() {
        assert_eq!(permutation(&[1.0, 1.1, 0.9]), Some(Permutation { p: 0.25, exact: true }));
        assert_eq!(permutation(&[0.0, 0.0]), Some(Permutation { p: 1.0, exact: true }));
    }
}
