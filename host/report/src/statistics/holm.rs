//! The correction of several tests that are read together (Holm, "A simple sequentially rejective multiple test procedure",
//! 1979): with it, the chance that any of them is wrong stays below the level of one.

/// The corrected chances, in the order of the given ones.
pub fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = chances.iter().copied().enumerate().collect();
    order.sort_by(|left, right| left.1.total_cmp(&right.1));
    let mut corrected = vec![1.0; chances.len()];
    let mut least = 0.0_f64;
    for (before, (at, p)) in order.into_iter().enumerate() {
        least = least.max(p * (chances.len() - before) as f64).min(1.0);
        if let Some(slot) = corrected.get_mut(at) {
            *slot = least;
        }
    }
    corrected
}
