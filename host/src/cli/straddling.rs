//! What is in two splits of the data, told before anybody waits for scores on it.

use genomenas_data::StoreInfo;

/// Warns of rows that are in two splits.
pub(super) fn tell_straddling(info: &StoreInfo) {
    for sentence in info.straddles() {
        log::warn!(
            "{sentence}: scores on them tell nothing of new data (`data import --drop-repeats` leaves such rows out)"
        );
    }
}
