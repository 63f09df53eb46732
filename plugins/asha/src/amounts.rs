//! How much of the resource an architecture gets on each rung.

use genomenas_plugin::halving::{Bracket, RungScheduler, floor_log};
use genomenas_plugin::{Error, Result};

use crate::settings::Settings;

/// How much of the resource an architecture has had in total at the end of each rung, from the lowest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Amounts(Vec<u64>);

impl Amounts {
    /// The amounts `minimum · η^k` for the rungs `k` from the early-stopping rate `s` to `⌊log_η maximum⌋`. Where the budget
    /// decides the minimum and the lowest rung would be too short to compare networks, the highest rungs are left out
    /// until it is long enough or two are left.
    ///
    /// # Errors
    ///
    /// All rungs are left out.
    pub(crate) fn new(scheduler: &RungScheduler, settings: &Settings) -> Result<Self> {
        let Settings { eta, maximum, early_stopping_rate: lowest, .. } = *settings;
        let highest = floor_log(maximum, eta);
        if lowest > highest {
            return Err(Error::invalid(format!(
                "parameter `early_stopping_rate` is {lowest}: with `maximum` {maximum} and `eta` {eta} there are rungs 0 to {highest}, so expected at most {highest}"
            )));
        }
        for highest in (lowest + 2..=highest).rev() {
            let amounts = Self::up_to(highest, scheduler, settings);
            if scheduler.budget().is_long_enough(amounts.after(0)) {
                return Ok(amounts);
            }
        }
        Ok(Self::up_to(highest.min(lowest + 1), scheduler, settings))
    }

    /// The amounts of the rungs up to `highest`, with the largest minimum that the budget allows where exactly one of η
    /// architectures is promoted each time.
    fn up_to(highest: u32, scheduler: &RungScheduler, settings: &Settings) -> Self {
        let Settings { eta, early_stopping_rate: lowest, trials, .. } = *settings;
        let amounts = |minimum: u64| -> Vec<u64> {
            (lowest..=highest).map(|rung| minimum.saturating_mul(eta.saturating_pow(rung))).collect()
        };
        let saturated = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        // Of η^(number of rungs) architectures η reach the highest rung.
        let enough = saturated(eta.saturating_pow(highest - lowest + 1));
        let architectures = scheduler.at_most(if trials > 0 { trials } else { enough });
        let cost = |minimum| Bracket { architectures, amounts: amounts(minimum) }.cost(saturated(eta));
        Self(amounts(scheduler.budget().fit(1, cost)))
    }

    pub(crate) fn all(&self) -> &[u64] {
        &self.0
    }

    /// What an architecture has had when it begins a rung.
    pub(crate) fn before(&self, rung: usize) -> u64 {
        rung.checked_sub(1).map_or(0, |below| self.after(below))
    }

    /// What an architecture has had when it ends a rung.
    pub(crate) fn after(&self, rung: usize) -> u64 {
        self.0.get(rung).copied().unwrap_or(0)
    }

    /// What an architecture is given on a rung.
    pub(crate) fn of(&self, rung: usize) -> u64 {
        self.after(rung).saturating_sub(self.before(rung))
    }

    /// What an architecture has had at the end of the highest rung.
    pub(crate) fn top(&self) -> u64 {
        self.0.last().copied().unwrap_or(1)
    }
}
