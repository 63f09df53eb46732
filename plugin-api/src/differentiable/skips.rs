//! A limit to the number of skips of an architecture (P-DARTS; Chen et al. 2019, section 3.3).

use super::Learned;
use crate::space::Selection;

/// At most so many skips among some decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipLimit {
    /// How many.
    pub most: usize,
    /// The option that is a skip.
    pub option: String,
    /// How the ids of the decisions begin that are counted.
    pub decisions: String,
}

impl SkipLimit {
    /// The architectures that `learned` speaks for under every limit below the number of skips it would have, and
    /// without a limit. First the one with the most skips that are allowed, then the others, those with more skips
    /// first. Where the limit cannot be kept, because an edge has nothing but a skip say, that with the fewest is first.
    ///
    /// While there are too many, the least probable skip of a kept edge is ruled out, and edges and options are chosen
    /// anew.
    pub fn selections(&self, learned: &Learned<'_>) -> Vec<Selection> {
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

    /// The kept edge whose skip is the least probable of those that are not ruled out yet; the first of equals in the
    /// order of the space.
    fn least_probable(&self, learned: &Learned<'_>, selection: &Selection) -> Option<String> {
        let skips: Vec<&str> = self.skips(selection).collect();
        let edges = learned.edges().iter().filter(|edge| skips.contains(&edge.decision.id.as_str()));
        let open = edges.filter_map(|edge| Some((edge, edge.probability(&self.option).filter(|p| *p >= 0.0)?)));
        open.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(edge, _)| edge.decision.id.clone())
    }
}
