//! Architectures as rows of numbers, an option for each decision.

use genomenas_plugin::space::{Selection, Space};

use crate::Parzen;

/// What the numbers mean: the options of each decision and, where a rule may drop it, "dropped" as one more.
#[derive(Clone, Debug)]
pub struct Rows {
    decisions: Vec<(String, Vec<String>)>,
    sizes: Vec<usize>,
    /// The decisions under each rule that drops some, and how many it keeps.
    rules: Vec<(Vec<usize>, usize)>,
}

impl Rows {
    /// Those of a space.
    pub fn new(space: &Space) -> Self {
        let decisions: Vec<(String, Vec<String>)> = space
            .decisions
            .iter()
            .map(|decision| (decision.id.clone(), decision.final_options().map(str::to_owned).collect()))
            .collect();
        let position = |id: &String| decisions.iter().position(|known| known.0 == *id);
        let rules: Vec<(Vec<usize>, usize)> = space
            .rules
            .iter()
            .filter(|rule| rule.keep < rule.of.len())
            .map(|rule| (rule.of.iter().filter_map(position).collect(), rule.keep))
            .collect();
        let droppable = |at: usize| usize::from(rules.iter().any(|(decisions, _)| decisions.contains(&at)));
        let sizes = decisions.iter().enumerate().map(|(at, (_, options))| options.len() + droppable(at)).collect();
        Self { decisions, sizes, rules }
    }

    /// How many options each decision has.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The row of an architecture of the space.
    pub fn of(&self, selection: &Selection) -> Vec<usize> {
        let number = |(id, options): &(String, Vec<String>)| {
            let chosen = selection.0.get(id).and_then(|chosen| options.iter().position(|option| option == chosen));
            chosen.unwrap_or(options.len())
        };
        self.decisions.iter().map(number).collect()
    }

    /// The architecture of a row.
    pub fn selection(&self, row: &[usize]) -> Selection {
        let chosen = self.decisions.iter().zip(row);
        let chosen = chosen.filter_map(|((id, options), &number)| Some((id.clone(), options.get(number)?.clone())));
        Selection(chosen.collect())
    }

    /// The row, with as many decisions of each rule as it keeps. Kept are those that the good trials speak for the most
    /// beside the others, each with the option that was drawn or, where it was dropped, the one they speak for the most.
    pub fn repaired(&self, mut row: Vec<usize>, good: &Parzen, bad: &Parzen) -> Vec<usize> {
        let ratio = |at: usize, option: usize| good.probability(at, option).ln() - bad.probability(at, option).ln();
        for (decisions, keep) in &self.rules {
            let dropped = |at: usize| self.sizes[at] - 1;
            let mut ranked: Vec<(bool, f64, usize, usize)> = Vec::new();
            let kept = decisions.iter().filter(|&&at| row[at] != dropped(at)).count();
            if kept == *keep {
                continue;
            }
            for &at in decisions {
                let was_kept = row[at] != dropped(at);
                let options = if was_kept { row[at]..row[at] + 1 } else { 0..dropped(at) };
                let best =
                    options.map(|option| (ratio(at, option), option)).reduce(|a, b| if b.0 > a.0 { b } else { a });
                let Some((of_option, option)) = best else { continue };
                ranked.push((was_kept, of_option - ratio(at, dropped(at)), at, option));
            }
            // Too few: all that were kept, and the best of the others. Too many: the best of those that were kept.
            ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
            for (place, (_, _, at, option)) in ranked.into_iter().enumerate() {
                row[at] = if place < *keep { option } else { dropped(at) };
            }
        }
        row
    }
}
