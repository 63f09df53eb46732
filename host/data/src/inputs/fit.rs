//! How sequences of any length become windows of the length that a network reads.

use crate::error::{Error, Result};

/// How sequences of any length become windows of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Bases of a window.
    pub length: u64,
    /// The rule.
    pub rule: FitRule,
}

/// What becomes of a sequence that is longer or shorter than a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitRule {
    /// It is an error.
    Refuse,
    /// One window around its middle. What a shorter sequence lacks is unknown; around a shorter place of a genome, it is read
    /// from there.
    Centre,
    /// A window every so many bases, the last one moved back to end with the sequence; a shorter sequence is as in `Centre`.
    Tile {
        /// Bases from the start of a window to that of the next.
        stride: u64,
    },
}

impl Fit {
    /// Where the windows of a sequence of `length` bases begin, counted from its first base; before it where it is shorter.
    /// `what` names the sequence in an error.
    pub(super) fn starts(&self, length: u64, what: &dyn Fn() -> String) -> Result<Starts> {
        let single = |start: i64| Ok(Starts { next: Some(start), last: start, stride: 1 });
        if length == 0 {
            return Err(Error::input(format!("{} has no bases", what())));
        }
        if length == self.length {
            return single(0);
        }
        let (have, want) = (signed(length), signed(self.length));
        match self.rule {
            FitRule::Refuse => Err(Error::input(format!(
                "{} has {length} bases, and the model reads {}: --fit centre takes those in the middle, --fit tile windows from \
                 end to end",
                what(),
                self.length
            ))),
            FitRule::Centre => single(if have > want { (have - want) / 2 } else { -((want - have) / 2) }),
            FitRule::Tile { .. } if have < want => single(-((want - have) / 2)),
            FitRule::Tile { stride } => Ok(Starts { next: Some(0), last: have - want, stride: signed(stride).max(1) }),
        }
    }
}

/// The beginnings of windows, in order.
pub(super) struct Starts {
    next: Option<i64>,
    last: i64,
    stride: i64,
}

impl Iterator for Starts {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let start = self.next?;
        self.next = (start < self.last).then(|| start.saturating_add(self.stride).min(self.last));
        Some(start)
    }
}

fn signed(bases: u64) -> i64 {
    i64::try_from(bases).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(rule: FitRule, length: u64) -> Vec<i64> {
        Fit { length: 10, rule }.starts(length, &|| "it".to_owned()).unwrap().collect()
    }

    #[test]
    fn each_rule_places_windows_as_it_says() {
        let tile = FitRule::Tile { stride: 4 };
        for rule in [FitRule::Refuse, FitRule::Centre, tile] {
            assert_eq!(starts(rule, 10), [0]);
        }
        assert_eq!((starts(FitRule::Centre, 15), starts(FitRule::Centre, 5)), (vec![2], vec![-2]));
        assert_eq!((starts(tile, 18), starts(tile, 19)), (vec![0, 4, 8], vec![0, 4, 8, 9]));
        assert_eq!((starts(tile, 11), starts(tile, 7)), (vec![0, 1], vec![-1]));
        let error = Fit { length: 10, rule: FitRule::Refuse }.starts(11, &|| "sequence x".to_owned()).err().unwrap();
        assert!(error.to_string().contains("sequence x has 11 bases, and the model reads 10"), "{error}");
    }
}
