//! What a run may spend, and what it has spent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What a budget is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Training samples that went through a network, each time they did.
    Samples,
    /// Wall-clock seconds.
    Seconds,
    /// Multiply-adds counted from the graph: three times the forward count for a trained sample (forward, and the
    /// two products of the backward pass), once for a validated one.
    MultiplyAdds,
}

impl Unit {
    /// The name a person writes and reads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Seconds => "seconds",
            Self::MultiplyAdds => "multiply-adds",
        }
    }
}

/// The most that a run may spend.
///
/// Written as a number and a unit: `20000samples`, `90seconds`, `5e12 multiply-adds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Budget {
    /// How much.
    pub amount: u64,
    /// Of what.
    pub unit: Unit,
}

impl Budget {
    /// How much of the budget is left after `used`.
    pub fn remaining(self, used: &Cost) -> u64 {
        self.amount.saturating_sub(used.in_unit(self.unit))
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit.name())
    }
}

impl FromStr for Budget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Error::invalid(format!(
                "budget '{text}' {why}: write a positive number and a unit, for instance 20000samples, 90seconds or 5e12multiply-adds"
            ))
        };
        let compact: String = text.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
        // The unit begins at the first letter that is not the exponent of the number.
        let unit_at = compact
            .char_indices()
            .find(|&(at, c)| {
                c.is_ascii_alphabetic()
                    && !(matches!(c, 'e' | 'E') && compact[at + 1..].starts_with(|d: char| d.is_ascii_digit()))
            })
            .map(|(at, _)| at)
            .ok_or_else(|| refuse("has no unit"))?;
        let (number, unit) = compact.split_at(unit_at);
        let (unit, scale) = match unit.to_ascii_lowercase().as_str() {
            "samples" | "sample" => (Unit::Samples, 1.0),
            "seconds" | "second" | "s" => (Unit::Seconds, 1.0),
            "minutes" | "minute" | "min" => (Unit::Seconds, 60.0),
            "hours" | "hour" | "h" => (Unit::Seconds, 3600.0),
            "multiply-adds" | "multiply-add" | "multiply_adds" => (Unit::MultiplyAdds, 1.0),
            _ => return Err(refuse(&format!("has the unknown unit '{unit}'"))),
        };
        let amount = number.parse::<f64>().map_err(|_| refuse("does not begin with a number"))? * scale;
        if !(1.0..=1e18).contains(&amount) {
            return Err(refuse("is not between 1 and 1e18"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in 1..=1e18")]
        let amount = amount.round() as u64;
        Ok(Self { amount, unit })
    }
}

/// What was spent, in all units at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Cost {
    /// Training samples.
    pub samples: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Multiply-adds; see [`Unit::MultiplyAdds`].
    pub multiply_adds: u64,
}

impl Cost {
    /// The cost in one unit; of seconds those that have passed whole, so that nothing [remains](Budget::remaining) only
    /// once all of them have.
    pub fn in_unit(&self, unit: Unit) -> u64 {
        match unit {
            Unit::Samples => self.samples,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a clock reading, never negative; saturates"
            )]
            Unit::Seconds => self.seconds as u64,
            Unit::MultiplyAdds => self.multiply_adds,
        }
    }
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            samples: self.samples.saturating_add(other.samples),
            seconds: self.seconds + other.seconds,
            multiply_adds: self.multiply_adds.saturating_add(other.multiply_adds),
        }
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_number_and_a_unit() {
        for (text, amount, unit) in [
            ("20000samples", 20_000, Unit::Samples),
            ("1e3 samples", 1_000, Unit::Samples),
            ("2min", 120, Unit::Seconds),
            ("5e12multiply-adds", 5_000_000_000_000, Unit::MultiplyAdds),
        ] {
            assert_eq!(text.parse::<Budget>().unwrap(), Budget { amount, unit }, "{text}");
        }
    }

    #[test]
    fn a_budget_of_nothing_without_unit_or_number_is_refused() {
        for text in ["0samples", "20000", "samples", "-5samples", "nansamples", "3parsecs", "", "1e30samples"] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
    }
}
