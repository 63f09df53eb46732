//! Searches beside each other: what each needed, and how good its answers are.

use std::fmt;

use serde::Serialize;

use super::place::Laboratory;
use super::runs::LaboratoryRuns;

/// Searches on the table, the one that needs the fewest samples first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    standings: Vec<Standing>,
    seeds: usize,
    architectures: usize,
}

/// One search: quartiles over its seeds, the lowest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// What it is called.
    pub search: String,
    /// Training samples until the incumbent is one of the best tenth; none where it never was, which is more than any
    /// number.
    pub samples: [Option<u64>; 3],
    /// With how many seeds it never was.
    pub never: usize,
    /// The share of architectures that are no better than its answer.
    pub percentile: [f64; 3],
    /// How far the AUPRC of its answer is below that of the best architecture.
    pub regret: [f64; 3],
}

impl Laboratory {
    /// These searches and no others, beside each other.
    pub fn ranking(&self, runs: &[LaboratoryRuns]) -> Ranking {
        Ranking::new(self, runs)
    }

    /// These searches beside those of this project; one of the same name takes the other's place.
    pub fn ranking_beside_known(&self, runs: &[LaboratoryRuns]) -> Ranking {
        let others = self.known().iter().filter(|known| runs.iter().all(|own| own.search != known.search));
        Ranking::new(self, &others.chain(runs).cloned().collect::<Vec<_>>())
    }
}

impl Ranking {
    fn new(laboratory: &Laboratory, all: &[LaboratoryRuns]) -> Self {
        let mut standings: Vec<Standing> = all.iter().map(|one| Standing::of(laboratory, one)).collect();
        let key = |one: &Standing| one.samples.map(|samples| samples.unwrap_or(u64::MAX));
        standings.sort_by(|a, b| {
            let ([a_low, a_median, a_high], [b_low, b_median, b_high]) = (key(a), key(b));
            let by_samples = (a_median, a_high, a_low).cmp(&(b_median, b_high, b_low));
            by_samples.then(a.regret[1].total_cmp(&b.regret[1])).then(a.search.cmp(&b.search))
        });
        let seeds = all.iter().map(|one| one.runs.len()).max().unwrap_or(0);
        Self { standings, seeds, architectures: laboratory.table().architectures().len() }
    }

    /// The searches, the one that needs the fewest samples first.
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    /// A search by its name.
    pub fn of(&self, search: &str) -> Option<&Standing> {
        self.standings.iter().find(|standing| standing.search == search)
    }
}

impl Standing {
    fn of(laboratory: &Laboratory, LaboratoryRuns { search, runs }: &LaboratoryRuns) -> Self {
        let table = laboratory.table();
        let mut samples: Vec<u64> = runs.iter().map(|run| run.samples.unwrap_or(u64::MAX)).collect();
        samples.sort_unstable();
        let sorted = |of: &dyn Fn(f64) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(|run| of(run.answer)).collect();
            values.sort_by(f64::total_cmp);
            quartiles(&values, f64::NAN)
        };
        Self {
            search: search.clone(),
            samples: quartiles(&samples, u64::MAX).map(|samples| Some(samples).filter(|&samples| samples < u64::MAX)),
            never: runs.iter().filter(|run| run.samples.is_none()).count(),
            percentile: sorted(&|answer| table.percentile(answer)),
            regret: sorted(&|answer| table.best() - answer),
        }
    }
}

/// The values below which one, two and three quarters of the sorted ones lie.
fn quartiles<T: Copy>(sorted: &[T], none: T) -> [T; 3] {
    let last = sorted.len().saturating_sub(1);
    [1, 2, 3].map(|quarter| sorted.get(last * quarter / 4).copied().unwrap_or(none))
}

impl fmt::Display for Ranking {
    /// The table as a person reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.standings.iter().map(|one| one.search.chars().count()).max().unwrap_or(0).max("search".len());
        let (seeds, all) = (self.seeds, self.architectures);
        writeln!(f, "quartiles and medians over {seeds} seeds; a space of {all} architectures")?;
        writeln!(
            f,
            "{:width$}  {:^35}  {:^23}  {:^23}",
            "", "samples until one of the best tenth", "percentile of answer", "regret of answer"
        )?;
        writeln!(
            f,
            "{:width$}  {:>8} {:>8} {:>8} {:>8}  {:>7} {:>7} {:>7}  {:>7} {:>7} {:>7}",
            "search", "low", "median", "high", "never", "low", "median", "high", "low", "median", "high"
        )?;
        for Standing { search, samples, never, percentile, regret } in &self.standings {
            write!(f, "{search:width$} ")?;
            for of in samples {
                write!(f, " {:>8}", of.map_or_else(|| "never".to_owned(), |samples| samples.to_string()))?;
            }
            write!(f, " {never:>8} ")?;
            for of in percentile {
                write!(f, " {of:>7.3}")?;
            }
            write!(f, " ")?;
            for of in regret {
                write!(f, " {of:>7.4}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
