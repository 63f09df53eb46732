//! A budget as a person writes it: samples, seconds or multiply-adds, or epochs of data that is known later.

use std::fmt;
use std::str::FromStr;

use genomenas_data::error::{Error, Result};
use genomenas_data::text::grouped;
use genomenas_plugin::message::{Budget, Unit};
use serde::Deserialize;

/// What a search may spend.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub enum BudgetSpec {
    /// So much of a unit that strategies know.
    Fixed(Budget),
    /// So many times the training split, in samples.
    Epochs(f64),
}

impl BudgetSpec {
    /// The budget on data with so many training rows.
    ///
    /// # Errors
    ///
    /// Epochs of no rows, or of more samples than can be counted.
    pub fn on(self, training_rows: u64) -> Result<Budget> {
        /// As of budgets in other units.
        const MOST: f64 = 1e18;
        let epochs = match self {
            Self::Fixed(budget) => return Ok(budget),
            Self::Epochs(epochs) => epochs,
        };
        let samples = (epochs * training_rows as f64).ceil();
        if !(1.0..=MOST).contains(&samples) {
            return Err(Error::input(format!(
                "budget '{self}' of {} training rows is not between 1 and 1e18 samples: write a number of epochs for which it is, or samples",
                grouped(training_rows)
            )));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in 1..=1e18")]
        let amount = samples as u64;
        Ok(Budget { amount, unit: Unit::Samples })
    }
}

impl From<Budget> for BudgetSpec {
    fn from(budget: Budget) -> Self {
        Self::Fixed(budget)
    }
}

impl fmt::Display for BudgetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(budget) => fmt::Display::fmt(budget, f),
            Self::Epochs(epochs) => write!(f, "{epochs}epochs"),
        }
    }
}

impl FromStr for BudgetSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
        let lower = compact.to_ascii_lowercase();
        let Some(number) = ["epochs", "epoch"].into_iter().find_map(|unit| lower.strip_suffix(unit)) else {
            return text.parse().map(Self::Fixed).map_err(|error: genomenas_plugin::Error| {
                Error::input(format!("{error}, or 10epochs, which are 10 times the training split"))
            });
        };
        match number.parse::<f64>() {
            Ok(epochs) if epochs > 0.0 && epochs.is_finite() => Ok(Self::Epochs(epochs)),
            _ => Err(Error::input(format!(
                "budget '{text}' does not begin with a positive number: write for instance 10epochs, which are 10 times the training split"
            ))),
        }
    }
}

impl TryFrom<String> for BudgetSpec {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str, rows: u64) -> Result<Budget> {
        text.parse::<BudgetSpec>()?.on(rows)
    }

    #[test]
    fn epochs_are_so_many_times_the_training_split() {
        for (text, samples) in [("10epochs", 26_600), ("1 epoch", 2_660), ("0.5epochs", 1_330), ("1e1_epochs", 26_600)]
        {
            assert_eq!(on(text, 2_660).unwrap(), Budget { amount: samples, unit: Unit::Samples }, "{text}");
        }
        assert_eq!(on("0.3epochs", 7).unwrap().amount, 3);
    }

    #[test]
    fn other_units_do_not_depend_on_the_data() {
        assert_eq!(on("2min", 5).unwrap(), Budget { amount: 120, unit: Unit::Seconds });
    }

    #[test]
    fn what_is_no_budget_is_refused_with_examples() {
        for text in ["epochs", "0epochs", "-3epochs", "nanepochs", "infepochs", "tenepochs", "20000", "3parsecs", ""] {
            let refused = text.parse::<BudgetSpec>().unwrap_err().to_string();
            assert!(refused.contains("10epochs"), "{text}: {refused}");
        }
        assert!(on("1e300epochs", 10).unwrap_err().to_string().contains("1e18"));
        assert!(on("1epochs", 0).is_err());
    }
}
