//! BONAS (Shi et al. 2020): Bayesian optimisation over architectures as graphs, which are measured many at a time as
//! sub-networks of one supernet.

pub mod acquisition;
pub mod candidates;
pub mod encode;
pub mod evaluate;
pub mod gcn;
pub mod mutate;
pub mod predict;
pub mod regression;
pub mod rounds;
mod search;
mod settings;
pub mod store;
pub mod train;
mod wiring;

use genomenas_plugin::prelude::*;

pub use search::Bonas;
pub use settings::Settings;

register! {
    Bonas,
    id = "bonas",
    kind = search,
    about = "BONAS (Shi et al. 2020): a graph network predicts scores; the most promising architectures share a supernet.",
    parameters = Settings,
    needs = ["supernet", "score"],
    build = Bonas::new,
}

export_plugin!();
