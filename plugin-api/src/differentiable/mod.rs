//! What strategies of the DARTS family share: reading the learned probabilities of options, deriving an architecture
//! from them, dropping options and edges, limiting skips, and training supernets stage after stage.
//!
//! A strategy of the family says what it trains, what it drops between stages and what it derives at the end;
//! [`Stages`] is the rest. All of it works on any space with decisions: an *edge* is a decision, a *node* a
//! [`Rule`](crate::space::Rule) over the edges of which an architecture keeps some, and a decision under no rule is
//! always kept.
//!
//! ```
//! use genomenas_plugin::differentiable::Stages;
//! use genomenas_plugin::prelude::*;
//!
//! /// Two stages of ten epochs; between them every edge loses all but its three most probable options.
//! fn three_of_each(setup: &Setup) -> Result<Stages> {
//!     let (optimizer, order, data) = (Optimizer::default(), Order::First, ArchData::default());
//!     let plan = Plan { arch: Some(Arch { optimizer, clip: None, warm_up: 2, order, data }), ..Plan::default() };
//!     let stages = Stages::new(setup, vec![plan.clone(), plan])?;
//!     Ok(stages.dropping(|_stage, learned| learned.drop_options(|_decision| 3)))
//! }
//! ```

mod learned;
mod settings;
mod skips;
mod staged;
mod stages;

pub use learned::{Edge, Learned};
pub use settings::Training;
pub use skips::SkipLimit;
pub use staged::Staged;
pub use stages::Stages;
