//! What is in two splits of the data, told before anybody waits for scores on it.

use genomenas_data::StoreInfo;

/// Warns of rows that are in two splits, or similar in two.
pub(super) fn tell_straddling(info: &StoreInfo) {
    let Some(found) = info.leakage else {
        return;
    };
    let fold = info.fold.map_or_else(String::new, |fold| format!("with {fold} as the test, "));
    for sentence in found.same(&info.rows) {
        log::warn!(
            "{fold}{sentence}: scores on them tell nothing of new data (`data import --drop-repeats` leaves out those whose \
             sequences are equal)"
        );
    }
    for sentence in found.similar(&info.rows) {
        log::warn!(
            "{fold}{sentence}: scores on them tell less of new data than others (where shares decide the splits, `data import \
             --cluster` keeps such rows in one)"
        );
    }
}
