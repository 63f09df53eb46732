//! A limit to the number of skips of an architecture (P-DARTS; Chen et al. 2019, section 3.3).

use super::LearnedAlphas;
use crate::space::Selection;

/// A limit to the number of skips among some decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipLimit {
    /// How many skips an architecture may have.
    pub most: usize,
    /// The option that is a skip.
    pub option: String,
    /// Only decisions whose id starts with this prefix count.
    pub decisions: String,
}

impl SkipLimit {
    /// Derives one architecture without a limit, and one for each lower number of skips. The first of the list has the
    /// most skips that the limit allows; the others follow, those with more skips first. Where no architecture keeps the
    /// limit (an edge may have no option but a skip), the one with the fewest skips is first.
    ///
    /// While an architecture has too many skips, the least probable skip of its edges is ruled out, and edges and options
    /// are chosen again.
    pub fn selections(&self, learned: &LearnedAlphas<'_>) -> Vec<Selection> {
        let mut learned = learned.clone();
        let mut current = learned.selection();
        let mut found = vec![current.clone()];
        for most in (0..self.count(&current)).rev() {
            while self.count(&current) > most
                && let Some(decision) = self.least_probable(&learned, &current)
            {
                learned.forbid(&decision, &self.option);
                current = learned.selection();
            }
            if found.last().is_some_and(|last| self.count(&current) < self.count(last)) {
                found.push(current.clone());
            }
        }
        let best = found.iter().position(|selection| self.count(selection) <= self.most).unwrap_or(found.len() - 1);
        let best = found.remove(best);
        found.insert(0, best);
        found
    }

    fn count(&self, selection: &Selection) -> usize {
        self.skips(selection).count()
    }

    /// The decisions that are counted and chose the skip.
    fn skips<'a>(&'a self, selection: &'a Selection) -> impl Iterator<Item = &'a str> {
        let chosen = selection.0.iter().filter(|(_, option)| **option == self.option);
        chosen.map(|(id, _)| id.as_str()).filter(|id| id.starts_with(&self.decisions))
    }

    /// The kept edge with the least probable skip that is not ruled out yet; of equals the first in the order of the
    /// space.
    fn least_probable(&self, learned: &LearnedAlphas<'_>, selection: &Selection) -> Option<String> {
        let skips: Vec<&str> = self.skips(selection).collect();
        let edges = learned.edges().iter().filter(|edge| skips.contains(&edge.decision.id.as_str()));
        let open = edges.filter_map(|edge| Some((edge, edge.probability(&self.option).filter(|p| *p >= 0.0)?)));
        open.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(edge, _)| edge.decision.id.clone())
    }
}
