//! What strategies share that train many architectures briefly and few of them longer: drawing architectures, giving
//! them more and more of a resource, ranking them, and freeing the weights of those that are out.
//!
//! An architecture begins with fresh weights. Each promotion is a new trial that *continues* the one before: its weights,
//! the state of its optimizers and its schedules, which run over the whole way to the top whether the architecture gets
//! there or not. [`Brackets`] is the synchronous strategy on top of it: successive halving is one bracket, Hyperband is
//! several. A strategy with another order of promotions needs [`RungScheduler`], [`RunningTrials`] and [`best_first`]
//! only.
//!
//! ```
//! use genomenas_plugin::halving::{Bracket, Brackets, HalvingSettings, RungScheduler};
//! use genomenas_plugin::prelude::*;
//!
//! /// Sixteen architectures as long as `minimum` says, eight of them twice as long in all, four four times as long.
//! fn sixteen(setup: &Setup, settings: &HalvingSettings) -> Result<Brackets> {
//!     let scheduler = RungScheduler::new(setup, settings)?;
//!     let bracket = |amount| Bracket { architectures: 16, amounts: vec![amount, 2 * amount, 4 * amount] };
//!     let amount = scheduler.budget().fit(1, |amount| bracket(amount).cost(2));
//!     Brackets::new(scheduler, 2, vec![bracket(amount)])
//! }
//! ```

mod brackets;
mod ranking;
mod resource;
mod running;
mod scheduler;
mod settings;

pub use brackets::{Bracket, Brackets};
pub use ranking::{ArchitectureResult, Ranked, best_first};
pub use resource::{Resource, ResourceBudget, floor_log};
pub use running::{Ended, RungTrial, RunningTrials};
pub use scheduler::RungScheduler;
pub use settings::HalvingSettings;
