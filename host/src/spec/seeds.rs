//! The seeds of a comparison, as a list or as a range.

use std::str::FromStr;

use serde::Deserialize;

use genomenas_data::error::{Error, Result};

/// More seeds than this were never meant.
const MOST: usize = 10_000;
/// The largest seed that TOML can hold.
const LARGEST: u64 = i64::MAX.unsigned_abs();

/// At least one seed, none twice; written `1,2,3`, `1..5` (both ends included) or a mixture.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Seeds(Vec<u64>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a list of whole numbers such as [1, 2], or a text such as \"1..5\"")]
enum Written {
    List(Vec<u64>),
    Text(String),
}

impl TryFrom<Written> for Seeds {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        match written {
            Written::List(seeds) => Self::new(seeds),
            Written::Text(text) => text.parse(),
        }
    }
}

impl FromStr for Seeds {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |part: &str| {
            Error::input(format!("seeds '{text}': '{part}' is neither a whole number nor a range such as 1..5"))
        };
        let mut seeds = Vec::new();
        for part in text.split(',').map(str::trim) {
            let number = |number: &str| number.trim().parse::<u64>().map_err(|_| refuse(part));
            if let Some((first, last)) = part.split_once("..") {
                let (first, last) = (number(first)?, number(last.trim_start_matches('='))?);
                if first > last || last - first >= MOST as u64 {
                    return Err(Error::input(format!("seeds '{text}': '{part}' is not a range of 1 to {MOST} seeds")));
                }
                seeds.extend(first..=last);
            } else {
                seeds.push(number(part)?);
            }
            if seeds.len() > MOST {
                return Err(Error::input(format!("more than {MOST} seeds: expected 1 to {MOST}")));
            }
        }
        Self::new(seeds)
    }
}

impl Seeds {
    /// Refuses an empty list, a seed that is there twice, and seeds that `run.toml` cannot hold.
    pub fn new(seeds: Vec<u64>) -> Result<Self> {
        let mut sorted = seeds.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[u64]>::first) {
            return Err(Error::input(format!("seed {twice} is listed twice: the same seed gives the same run")));
        }
        if let Some(large) = sorted.last().filter(|&&seed| seed > LARGEST) {
            return Err(Error::input(format!("seed {large} is too large: expected at most {LARGEST}")));
        }
        if seeds.is_empty() || seeds.len() > MOST {
            return Err(Error::input(format!("{} seeds: expected 1 to {MOST}", seeds.len())));
        }
        Ok(Self(seeds))
    }

    /// The seeds in the order they were written.
    pub fn into_vec(self) -> Vec<u64> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_both_ends_and_mix_with_numbers() {
        assert_eq!("1..3, 7,9..9".parse::<Seeds>().unwrap().into_vec(), [1, 2, 3, 7, 9]);
    }

    #[test]
    fn empty_double_reversed_and_huge_seeds_are_refused() {
        for text in ["", "1,1", "1..3,2", "3..1", "one", "-1", "0..99999999", "18446744073709551615"] {
            assert!(text.parse::<Seeds>().is_err(), "{text}");
        }
        assert!(Seeds::new(Vec::new()).is_err());
        // Four gigabytes, if all were listed before they are counted.
        let many = vec!["0..9999"; 50_000].join(",");
        assert!(many.parse::<Seeds>().unwrap_err().to_string().contains("more than 10000 seeds"));
    }
}
