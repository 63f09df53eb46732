//! What strategies of the DARTS family share: reading the learned probabilities of options, deriving an architecture
//! from them, dropping options and edges, limiting skips, and training supernets stage after stage.
//!
//! A strategy of the family says what it trains, what it drops between stages and what it derives at the end;
//! [`StagedSearch`] does the rest. All of it works on any space with decisions: an *edge* is a decision, a *node* is a
//! [`Rule`](crate::space::Rule) over edges, of which an architecture keeps some; a decision under no rule is always kept.
//!
//! ```
//! use genomenas_plugin::differentiable::StagedSearch;
//! use genomenas_plugin::message::{Arch, ArchData, Optimizer, Order};
//! use genomenas_plugin::prelude::*;
//!
//! /// Two stages of ten epochs; between them every edge loses all but its three most probable options.
//! fn three_of_each(setup: &Setup) -> Result<StagedSearch> {
//!     let (optimizer, order, data) = (Optimizer::default(), Order::First, ArchData::default());
//!     let plan = Plan { arch: Some(Arch { optimizer, clip: None, warm_up: 2, order, data }), ..Plan::default() };
//!     let search = StagedSearch::new(setup, vec![plan.clone(), plan])?;
//!     Ok(search.dropping(|_stage, learned| learned.drop_options(|_decision| 3)))
//! }
//! ```

mod learned;
mod search;
mod skips;
mod stage_settings;
mod supernet_settings;

pub use learned::{Edge, LearnedAlphas};
pub use search::StagedSearch;
pub use skips::SkipLimit;
pub use stage_settings::StageSettings;
pub use supernet_settings::SupernetSettings;
