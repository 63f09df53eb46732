//! What was tried, and what came of it.

use std::collections::BTreeSet;

use genomenas_plugin::prelude::*;
use serde::{Deserialize, Serialize};

/// Every architecture that was ever proposed, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Store {
    tried: Vec<Tried>,
}

/// An architecture that was proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Its selection.
    pub selection: Selection,
    /// Its canonical hash: equal for architectures that only look different.
    pub hash: String,
    /// How good it is, in (0, 1), and the trial that says so, once it was measured.
    pub measured: Option<(f64, TrialId)>,
}

impl Store {
    /// Adds an architecture that is about to be tried. Returns its number, or `None` where it was tried before.
    ///
    /// # Errors
    ///
    /// The selection makes no architecture of the space.
    pub fn add(&mut self, space: &Space, selection: Selection) -> Result<Option<usize>> {
        let hash = space.architecture(&selection)?.canonical_hash()?;
        if self.tried.iter().any(|tried| tried.hash == hash || tried.selection == selection) {
            return Ok(None);
        }
        self.tried.push(Tried { selection, hash, measured: None });
        Ok(Some(self.tried.len() - 1))
    }

    /// Notes what was measured of an architecture.
    pub fn measure(&mut self, number: usize, score: f64, trial: TrialId) {
        if let Some(tried) = self.tried.get_mut(number) {
            tried.measured = Some((score, trial));
        }
    }

    /// The architecture of this number.
    pub fn get(&self, number: usize) -> Option<&Tried> {
        self.tried.get(number)
    }

    /// The selections of some numbers.
    pub fn selections(&self, numbers: &[usize]) -> Vec<Selection> {
        numbers.iter().filter_map(|number| Some(self.get(*number)?.selection.clone())).collect()
    }

    /// Everything that was tried.
    pub fn known(&self) -> BTreeSet<&Selection> {
        self.tried.iter().map(|tried| &tried.selection).collect()
    }

    /// What was measured, with its scores.
    pub fn scored(&self) -> Vec<(&Selection, f64)> {
        self.tried.iter().filter_map(|tried| Some((&tried.selection, tried.measured?.0))).collect()
    }

    /// The numbers of the best that were measured, the best first; of equals the earlier comes first.
    pub fn best(&self, count: usize) -> Vec<usize> {
        let score = |number: &usize| self.get(*number).and_then(|tried| Some(tried.measured?.0));
        let mut numbers: Vec<usize> = (0..self.tried.len()).filter(|number| score(number).is_some()).collect();
        numbers.sort_by(|a, b| score(b).unwrap_or(0.0).total_cmp(&score(a).unwrap_or(0.0)));
        numbers.truncate(count);
        numbers
    }
}
