//! How much of a feature must lie in a bin for the bin to have its label.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use crate::error::{Error, Result};

/// How much of a feature must lie in a bin for the bin to have its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Overlap {
    /// At least this share (above 0, at most 1) of the shorter of the two.
    Share(f64),
    /// At least this many bases, or the whole of the shorter of the two where it has fewer.
    Bases(u64),
}

impl Overlap {
    /// Whether `overlap` bases are enough, of which the shorter of feature and bin has `shorter`.
    pub(super) fn holds(self, overlap: u64, shorter: u64) -> bool {
        match self {
            Self::Share(share) => overlap as f64 >= share * shorter as f64,
            Self::Bases(bases) => overlap >= bases.min(shorter),
        }
    }
}

impl Display for Overlap {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Share(share) => write!(formatter, "{share} of the shorter"),
            Self::Bases(bases) => write!(formatter, "{bases} bases"),
        }
    }
}

impl FromStr for Overlap {
    type Err = Error;

    /// A share such as `0.5`, or bases such as `20bases`.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = || {
            Error::input(format!(
                "overlap '{text}': expected a share above 0 and at most 1, such as 0.5, or bases, such as 20bases"
            ))
        };
        if let Some(bases) = text.strip_suffix("bases").or_else(|| text.strip_suffix("bp")) {
            return bases.trim().parse().map(Self::Bases).map_err(|_| refuse());
        }
        let share = text.parse().map_err(|_| refuse())?;
        if share > 0.0 && share <= 1.0 { Ok(Self::Share(share)) } else { Err(refuse()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_a_share_or_bases() {
        let overlap = str::parse::<Overlap>;
        assert_eq!(overlap("0.5").unwrap(), Overlap::Share(0.5));
        assert_eq!(overlap("20bases").unwrap(), Overlap::Bases(20));
        for bad in ["0", "1.5", "nan", "half", "-3bases", ""] {
            assert!(overlap(bad).is_err(), "{bad}");
        }
    }
}
