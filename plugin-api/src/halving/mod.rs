//! What strategies that train many architectures briefly and few of them longer share: drawing architectures, giving
//! them more and more of a resource, ranking them, and freeing the weights of those that are out.
//!
//! An architecture begins fresh and, where it is promoted, *continues*: each time in a new trial that goes on with the
//! weights, the state of the optimizers and the schedules of the one before, so that its schedules run over the whole
//! way to the top whether it gets there or not. [`Brackets`] is the synchronous strategy on top of it: successive
//! halving is one bracket, Hyperband is several. A strategy with another order of promotions needs [`Ladder`],
//! [`UnderWay`] and [`best_first`] only.
//!
//! ```
//! use genomenas_plugin::halving::{Bracket, Brackets, Ladder};
//! use genomenas_plugin::{halving_settings, prelude::*};
//!
//! halving_settings! {
//!     /// What a user can set.
//!     struct Settings {}
//! }
//!
//! /// Sixteen architectures as long as `minimum` says, eight of them twice as long in all, four four times as long.
//! fn sixteen(setup: &Setup, settings: &Settings) -> Result<Brackets> {
//!     let ladder = Ladder::new(setup, &settings.into())?;
//!     let bracket = |amount| Bracket { architectures: 16, amounts: vec![amount, 2 * amount, 4 * amount] };
//!     let amount = ladder.ration().fit(1, |amount| bracket(amount).cost(2));
//!     Brackets::new(ladder, 2, vec![bracket(amount)])
//! }
//! ```

mod brackets;
mod ladder;
mod ranking;
mod resource;
mod settings;
mod under_way;

pub use brackets::{Bracket, Brackets};
pub use ladder::Ladder;
pub use ranking::{Ranked, Standing, best_first};
pub use resource::{Ration, Resource, floor_log};
pub use settings::Common;
pub use under_way::{Ended, Running, UnderWay};
