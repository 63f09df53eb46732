//! How long a call of a plugin may take, as a person writes it: `90s`, `5m`, `1h 30m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{printable, shortened};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The longest that a call of a plugin may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HookDeadline(Duration);

impl HookDeadline {
    /// Shorter than this, a busy machine alone would pass it.
    const SHORTEST: Duration = Duration::from_millis(100);
    /// Longer than this, a plugin that hangs would never be noticed.
    const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

    /// The time.
    pub const fn time(self) -> Duration {
        self.0
    }
}

impl FromStr for HookDeadline {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        match read {
            Some(time) if (Self::SHORTEST..=Self::LONGEST).contains(&time) => Ok(Self(time)),
            _ => Err(Error::input(format!(
                "hook deadline '{}': expected a time from 100ms to 168h with its unit, for instance 90s, 5m or 1h",
                shortened(&printable(text))
            ))),
        }
    }
}

impl fmt::Display for HookDeadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It was within bounds that fit.
        write!(f, "{:#}", SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX))
    }
}

impl TryFrom<String> for HookDeadline {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<HookDeadline> for String {
    fn from(deadline: HookDeadline) -> Self {
        deadline.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_a_unit_is_read_and_written_so_that_it_reads_back() {
        for (text, seconds) in [("90s", 90.0), ("5m", 300.0), ("1h 30m", 5400.0), ("1.5h", 5400.0), ("250ms", 0.25)] {
            let read: HookDeadline = text.parse().unwrap();
            assert_eq!(read.time().as_secs_f64().to_bits(), f64::to_bits(seconds), "{text}");
            assert_eq!(read.to_string().parse::<HookDeadline>().unwrap(), read, "{read}");
        }
    }

    #[test]
    fn what_is_no_time_or_out_of_bounds_is_refused_with_examples() {
        for text in ["", "90", "s", "-5s", "0s", "1ms", "169h", "5 parsecs", "1e3s", "NaN", "90s\u{1b}[2J"] {
            let told = text.parse::<HookDeadline>().unwrap_err().to_string();
            assert!(told.contains("for instance 90s") && !told.contains('\u{1b}'), "{told}");
        }
    }
}
