//! What a user can set.

use genomenas_plugin::Parameters;
use genomenas_plugin::halving::HalvingSettings;

/// What a user can set.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Of so many architectures that ended on a rung one goes on to the next (η of the paper).
    #[parameter(default = 3, minimum = 2, maximum = 1000)]
    pub eta: u64,
    /// The most of the resource that an architecture is given, in multiples of `minimum` (R of the paper).
    #[parameter(default = 27, minimum = 1, maximum = 10_000)]
    pub maximum: u64,
    /// How many of the lowest rungs are left out (s of the paper).
    #[parameter(default = 0, minimum = 0, maximum = 20)]
    pub early_stopping_rate: u32,
    /// Architectures to begin with at most; with 0 as many as the budget lasts for.
    #[parameter(default = 0, minimum = 0, maximum = 1_000_000)]
    pub trials: usize,
    /// How architectures are trained and ranked.
    #[parameter(flatten)]
    pub halving: HalvingSettings,
}
