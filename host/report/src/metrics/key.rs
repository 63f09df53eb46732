//! Scores as whole numbers in the same order, which sort and compare faster than floats and keep every bit.

/// Keys are ordered as their scores are; both zeros have one key.
pub(super) fn of(score: f32) -> u32 {
    // Adding zero turns -0.0 into +0.0.
    let bits = (score + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The score of a key.
pub(super) fn score(key: u32) -> f32 {
    f32::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
}

const SIGN: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_ordered_as_scores_and_give_them_back(left in -1e38_f32..1e38, right in -1e38_f32..1e38) {
            prop_assert_eq!(left.partial_cmp(&right).unwrap(), of(left).cmp(&of(right)));
            prop_assert_eq!(score(of(left)).to_bits(), (left + 0.0).to_bits());
        }
    }

    #[test]
    fn both_zeros_are_one_score() {
        assert_eq!(of(0.0), of(-0.0));
    }
}
