//! A sample in a few numbers.

use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;

/// Arithmetic mean; `None` without a value.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The middle value, or the mean of the two middle ones; `None` without a value.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*sorted.get(sorted.len() / 2 - 1)?, upper))
}

/// Sample standard deviation (divided by n − 1); `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// `left − right` for every seed, or fold and seed, that both have, in the order of `left`.
pub fn paired_differences<Key: PartialEq>(left: &[(Key, f64)], right: &[(Key, f64)]) -> Vec<f64> {
    left.iter()
        .filter_map(|(key, value)| {
            let (_, other) = right.iter().find(|(other, _)| other == key)?;
            Some(value - other)
        })
        .collect()
}

/// A quantile of ascending values, interpolated between neighbours as numpy does; `None` without a value.
pub fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    let place = share * ascending.len().checked_sub(1)? as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of values")]
    let below = place.floor() as usize;
    let low = *ascending.get(below)?;
    let high = ascending.get(below + 1).copied().unwrap_or(low);
    Some(low + (place - place.floor()) * (high - low))
}

/// The percentile bootstrap interval of the mean over seeds (Efron 1979): the same values have the same interval. `None` for
/// fewer than two values. Of three to five values it is known to be too narrow, so that it describes and does not decide.
pub fn seed_interval(values: &[f64], confidence: f64) -> Option<(f64, f64)> {
    const DRAWS: u32 = 2_000;
    if values.len() < 2 {
        return None;
    }
    let mut draws = seed::stream(1, "seed interval", values.len() as u64);
    let mut draw = || values.get(draws.random_range(0..values.len())).copied().unwrap_or_default();
    let mut means: Vec<f64> =
        (0..DRAWS).map(|_| values.iter().map(|_| draw()).sum::<f64>() / values.len() as f64).collect();
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Some((quantile(&means, tail)?, quantile(&means, 1.0 - tail)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_a_mean_and_no_deviation() {
        assert_eq!(mean(&[0.7]), Some(0.7));
        assert_eq!(standard_deviation(&[0.7]), None);
        assert_eq!(mean(&[]), None);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(standard_deviation(&[1.0, 3.0]), Some(2.0_f64.sqrt()));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn only_seeds_of_both_sides_are_paired() {
        assert_eq!(paired_differences(&[(1, 3.0), (2, 5.0)], &[(2, 4.0), (3, 0.0)]), [1.0]);
    }

    #[test]
    fn the_interval_over_seeds_lies_within_the_values_and_needs_two() {
        assert_eq!(seed_interval(&[0.7], 0.95), None);
        let (low, high) = seed_interval(&[0.5, 0.5, 0.5], 0.95).unwrap();
        assert!((low - 0.5).abs() < 1e-12 && (high - 0.5).abs() < 1e-12);
        let (low, high) = seed_interval(&[0.1, 0.2, 0.3, 0.4, 0.5], 0.95).unwrap();
        // Its standard error is 0.063: the sample's deviation with n in place of n - 1.
        assert!((low - 0.18).abs() < 0.021 && (high - 0.42).abs() < 0.021, "{low} {high}");
    }
}
