//! OSP-NAS (genomeNAS): one supernet that shrinks. It is trained, then scored without some of its options; all of these
//! go but the one whose removal hurts most, and what is left trains on, until an architecture remains.
//!
//! * `cells`: which options may still go without leaving too little.
//! * `draw`: the first supernet, and the options that a round puts to the test.
//! * `round`: the masks of a round, and what follows from their scores.
//! * `sharing`: how the budget is shared among what is still to come.
//! * `search`: the strategy.

mod cells;
mod draw;
mod round;
mod search;
mod settings;
mod sharing;

use genomenas_plugin::prelude::*;

pub use search::OspNas;
pub use settings::Settings;

register! {
    OspNas,
    id = "osp-nas",
    kind = search,
    about = "OSP-NAS (genomeNAS): a supernet that shrinks by scoring what it is without some of its options.",
    parameters = Settings,
    needs = ["supernet", "continue", "score"],
    build = OspNas::new,
}

export_plugin!();
