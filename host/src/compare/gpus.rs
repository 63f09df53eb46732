//! Which CUDA devices the runs of a comparison are spread over.

/// The ids of the devices for a comparison on `device`, of which there are `count`: none unless a run may use any of
/// several. `visible` is `CUDA_VISIBLE_DEVICES`.
pub fn to_spread_over(device: &str, count: usize, visible: Option<&str>) -> Vec<String> {
    if count < 2 || !matches!(device, "auto" | "cuda") {
        return Vec::new();
    }
    let listed = visible.map(|list| list.split(',').map(|id| id.trim().to_owned()).collect::<Vec<_>>());
    let mut devices =
        listed.filter(|list| list.len() >= count).unwrap_or_else(|| (0..count).map(|id| id.to_string()).collect());
    devices.truncate(count);
    devices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_spread_over_the_devices_that_the_comparer_sees() {
        assert_eq!(to_spread_over("auto", 2, None), ["0", "1"]);
        assert_eq!(to_spread_over("cuda", 2, Some("3, 5")), ["3", "5"]);
        assert!(to_spread_over("cuda:1", 2, None).is_empty());
        assert!(to_spread_over("auto", 1, None).is_empty());
        assert!(to_spread_over("cpu", 4, None).is_empty());
    }
}
