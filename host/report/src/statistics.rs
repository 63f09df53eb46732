//! Statistics of a strategy over its seeds, and between two strategies.
//!
//! Every function takes finite values, and returns `None` where the values do not determine an answer.

/// Arithmetic mean; `None` without a value.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The middle value, or the mean of the two middle ones; `None` without a value.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*sorted.get(sorted.len() / 2 - 1)?, upper))
}

/// Sample standard deviation (divided by n − 1); `None` for fewer than two values.
pub(crate) fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// `left − right` for every seed, or fold and seed, that both have, in the order of `left`.
pub(crate) fn paired_differences<Key: PartialEq>(left: &[(Key, f64)], right: &[(Key, f64)]) -> Vec<f64> {
    left.iter()
        .filter_map(|(key, value)| {
            let (_, other) = right.iter().find(|(other, _)| other == key)?;
            Some(value - other)
        })
        .collect()
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
}
