//! What follows from a comparison's results for the differences between its entries: `statistics` in `comparison.json`.

use serde::{Deserialize, Serialize};

use super::ranking::Ranking;
use crate::statistics::Ranks;

/// The statistics of a comparison, in the metric that it is ranked by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The metric.
    pub metric: Ranking,
    /// The confidence of every interval, and one less the level of every test.
    pub confidence: f64,
    /// The sources of uncertainty that are known of every pair.
    pub uncertainty: Sources,
    /// The entries with a result, best first.
    pub entries: Vec<EntryStatistics>,
    /// The entry with the best mean, if it is alone at the top: different from every other by more than seeds and test set
    /// explain.
    pub leads: Option<String>,
    /// Those that the best one is not distinguishable from; empty where it leads, and where too little is known to say.
    pub not_distinguishable: Vec<String>,
    /// The first paragraph of the page: the headline, then the contrasts with controls and expert models, a sentence each.
    pub sentences: Vec<String>,
    /// Every pair of entries with paired runs, in the order of the entries.
    pub pairs: Vec<PairTest>,
    /// Tests over label groups, folds and seeds as blocks; `None` where no block has a score of every entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlockTests>,
    /// Whether what a search saw agrees with what came of it.
    pub agreement: Vec<AgreementTest>,
}

/// What an entry is, for what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A strategy that searches.
    Search,
    /// The random search that is a control.
    RandomControl,
    /// A model without an architecture to search: *k*-mers, positions, class frequencies.
    SimpleControl,
    /// A fixed network of experts.
    Expert,
}

/// The sources of uncertainty that a judgement knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sources {
    /// Seeds and test set.
    SeedsAndTestSet,
    /// Seeds alone: runs of earlier versions kept no resamples of the test set.
    Seeds,
    /// The test set alone: there is one seed.
    TestSet,
    /// None.
    Nothing,
}

/// An entry with a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryStatistics {
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Its runs with a result.
    pub runs: usize,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation; `None` of one run.
    pub deviation: Option<f64>,
    /// The bootstrap interval of the mean over its runs; `None` of one run.
    pub seed_interval: Option<(f64, f64)>,
    /// The bootstrap interval of the mean over the test set; `None` without resamples.
    pub test_interval: Option<(f64, f64)>,
    /// The incumbent of its searches against samples; `None` where its searches measured nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_samples: Option<AnytimeCurve>,
    /// The incumbent of its searches against seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_seconds: Option<AnytimeCurve>,
}

/// The best validation score so far of the searches of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnytimeCurve {
    /// What is measured: "auroc" (higher is better) or "loss" (lower is better).
    pub score: String,
    /// Where the area begins: where every search of the comparison has measured something.
    pub from: f64,
    /// Where it ends: where the longest search of the comparison does.
    pub to: f64,
    /// The area under the curve as its mean height, over the searches: lower quartile, median, upper quartile.
    pub area: (f64, f64, f64),
    /// Cost, lower quartile, median and upper quartile of the searches, where one of them improves.
    pub steps: Vec<(f64, f64, f64, f64)>,
}

/// The difference of two entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairTest {
    /// One entry.
    pub first: String,
    /// The other entry.
    pub second: String,
    /// The mean difference over paired runs, first less second.
    pub difference: f64,
    /// Its interval, of this pair alone.
    pub interval: Option<(f64, f64)>,
    /// Standard error over seeds; `None` with one seed.
    pub seeds_error: Option<f64>,
    /// Standard error over the test set; `None` without resamples.
    pub test_error: Option<f64>,
    /// The chance of so much where both are equal; `None` where nothing is known of its uncertainty.
    pub p: Option<f64>,
    /// That chance corrected for all pairs by Holm's method.
    pub p_holm: Option<f64>,
    /// Whether both differ by more than is explained.
    pub differ: bool,
    /// Paired runs in which the first was ahead.
    pub wins: usize,
    /// Paired runs.
    pub paired: usize,
    /// Cohen's d of the paired differences.
    pub cohens_d: Option<f64>,
    /// Cliff's delta of the runs.
    pub cliffs_delta: Option<f64>,
    /// The chance of the paired permutation test.
    pub p_permutation: Option<f64>,
}

/// Tests over label groups, folds and seeds as blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockTests {
    /// What the blocks are: "3 label groups × 5 seeds".
    pub of: String,
    /// Whether there are enough of them for a claim.
    pub enough: bool,
    /// In a sentence what they say, or why they say nothing.
    pub sentence: String,
    /// Friedman's chi-squared; `None` for fewer than three entries.
    pub friedman: Option<f64>,
    /// Its chance.
    pub friedman_p: Option<f64>,
    /// Average ranks, and which of them are not distinguishable by the Nemenyi test.
    pub ranks: Ranks,
    /// The tests of each pair.
    pub pairs: Vec<PairedRanks>,
}

/// Two entries over blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedRanks {
    /// One entry.
    pub first: String,
    /// The other entry.
    pub second: String,
    /// The chance of the Nemenyi test.
    pub nemenyi: f64,
    /// The chance of Wilcoxon's signed-rank test; `None` where they never differ.
    pub wilcoxon: Option<f64>,
    /// That chance corrected for all pairs by Holm's method.
    pub wilcoxon_holm: Option<f64>,
}

/// The rank correlation of two scores of the same runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementTest {
    /// One score, in words: "best validation AUROC of the search".
    pub of: String,
    /// The other: "test AUROC".
    pub with: String,
    /// The runs that have both.
    pub runs: usize,
    /// Kendall's tau-b; `None` where one score never varies.
    pub kendall: Option<f64>,
    /// Spearman's correlation.
    pub spearman: Option<f64>,
}
