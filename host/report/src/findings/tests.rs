//! What is said of made-up comparisons.

use super::*;
use crate::model::{RunSummary, Sources};
use crate::sample;

fn said(comparison: &Comparison) -> String {
    statistics(comparison).sentences.join("\n")
}

/// The runs of each entry that `keep` keeps.
fn with(mut comparison: Comparison, keep: impl Fn(&RunSummary) -> bool) -> Comparison {
    comparison.entries.iter_mut().for_each(|entry| entry.runs.retain(&keep));
    comparison
}

fn without_resamples(mut comparison: Comparison) -> Comparison {
    comparison.entries.iter_mut().flat_map(|entry| &mut entry.runs).for_each(|run| run.resamples = None);
    comparison
}

#[test]
fn the_group_of_the_best_is_named_and_the_contrasts_are_a_sentence_each() {
    let comparison = sample::judged();
    let found = statistics(&comparison);
    assert_eq!((found.uncertainty, &found.leads), (Sources::SeedsAndTestSet, &None));
    insta::assert_snapshot!(said(&comparison));
}

#[test]
fn an_entry_that_is_far_enough_ahead_of_all_leads() {
    let mut comparison = sample::judged();
    comparison.entries.retain(|entry| ["tpe", "deepsea", "kmer-lr"].contains(&entry.name.as_str()));
    let found = statistics(&comparison);
    assert_eq!(found.leads.as_deref(), Some("tpe"));
    insta::assert_snapshot!(said(&comparison));
}

#[test]
fn with_one_seed_nothing_leads_however_far_it_is_ahead() {
    let mut comparison = with(sample::judged(), |run| run.seed == 1);
    comparison.entries.retain(|entry| ["tpe", "random-search", "kmer-lr"].contains(&entry.name.as_str()));
    let found = statistics(&comparison);
    assert_eq!((found.uncertainty, &found.leads), (Sources::TestSet, &None));
    assert!(found.pairs.iter().all(|pair| !pair.differ && pair.p.is_some()));
    insta::assert_snapshot!(said(&comparison));
    let nothing = without_resamples(comparison);
    assert_eq!(statistics(&nothing).uncertainty, Sources::Nothing);
    assert!(said(&nothing).contains("One seed: how far seeds scatter is not known, so nothing leads."));
}

#[test]
fn runs_without_resamples_are_judged_by_seeds_alone_and_nothing_leads() {
    let mut comparison = without_resamples(sample::judged());
    comparison.entries.retain(|entry| ["tpe", "deepsea", "kmer-lr"].contains(&entry.name.as_str()));
    let found = statistics(&comparison);
    assert_eq!((found.uncertainty, &found.leads), (Sources::Seeds, &None));
    assert!(found.sentences[0].contains("by seeds alone"), "{:?}", found.sentences);
    assert!(found.pairs.iter().any(|pair| pair.differ));
}

#[test]
fn resamples_of_other_rows_are_not_paired() {
    let mut comparison = sample::judged();
    for run in &mut comparison.entries[0].runs {
        run.resamples.as_mut().unwrap().seed = 2;
    }
    let found = statistics(&comparison);
    assert!(found.pairs.iter().filter(|pair| pair.first == "tpe").all(|pair| pair.test_error.is_none()));
    assert_eq!(found.leads, None);
}

#[test]
fn a_single_entry_is_told_alone_and_none_says_so() {
    let mut comparison = sample::judged();
    comparison.entries.truncate(1);
    assert!(said(&comparison).contains("; no other entry has a result."));
    comparison.entries.clear();
    let found = statistics(&comparison);
    assert_eq!(found.sentences, ["No run has finished yet: the comparison has no runs."]);
    assert!(found.pairs.is_empty() && found.leads.is_none() && found.blocks.is_none());
}

#[test]
fn few_blocks_claim_nothing_and_all_entries_are_one_group() {
    let blocks = statistics(&sample::judged()).blocks.unwrap();
    assert!(!blocks.enough && blocks.ranks.critical_difference.is_none());
    assert!(blocks.sentence.starts_with("Too few blocks for a claim: 3 blocks"), "{}", blocks.sentence);
    assert_eq!(blocks.ranks.groups, [(0..6).collect::<Vec<_>>()]);
    assert_eq!(blocks.ranks.entries[0].0, "tpe");
}

#[test]
fn enough_blocks_have_a_critical_difference() {
    let mut comparison = sample::judged();
    for entry in &mut comparison.entries {
        let again: Vec<RunSummary> = (1..4)
            .flat_map(|turn| entry.runs.iter().map(move |run| RunSummary { seed: run.seed + 3 * turn, ..run.clone() }))
            .collect();
        entry.runs.extend(again);
    }
    let blocks = statistics(&comparison).blocks.unwrap();
    assert_eq!((blocks.of.as_str(), blocks.ranks.blocks, blocks.enough), ("12 seeds", 12, true));
    assert!(blocks.friedman_p.unwrap() < 1e-6 && blocks.ranks.critical_difference.is_some());
    assert!(blocks.ranks.groups.len() > 1, "{:?}", blocks.ranks);
}

#[test]
fn the_statistics_survive_being_written_and_read() {
    let found = statistics(&sample::judged());
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Statistics>(&text).unwrap(), found);
    assert_eq!(found.agreement.len(), 1, "the sample has no validation averages");
}
