//! What became of the options of a search, from its journal.

use std::collections::BTreeMap;
use std::path::Path;

use genomenas_plugin::engine::{Phase, Record};
use genomenas_plugin::message::{Alphas, Discard};
use genomenas_report::model::{DecisionHistory, OptionHistory, SingleOption};

use super::summary::records;

/// The most epochs whose probabilities are kept: evenly chosen ones of more.
const MOST_EPOCHS: usize = 200;

/// The options of the search whose journal this is; `None` where it neither weighed nor dropped any, or cannot be read.
pub(super) fn history(path: &Path, ended: Option<&str>) -> Option<OptionHistory> {
    of(&records(path, ended))
}

fn of(records: &[Record]) -> Option<OptionHistory> {
    let mut epoch = 0_u32;
    let mut weighed: Vec<(u32, &Alphas)> = Vec::new();
    let mut drops: Vec<(u32, &Discard)> = Vec::new();
    for record in records {
        let discards = match record {
            Record::Epoch { phase: Phase::Search, report, discards, .. } => {
                epoch = epoch.saturating_add(1);
                let alphas = report.as_ref().map(|report| &report.alphas).filter(|alphas| !alphas.is_empty());
                weighed.extend(alphas.map(|alphas| (epoch, alphas)));
                discards
            }
            Record::Score { discards, .. } | Record::End { discards, .. } => discards,
            _ => continue,
        };
        drops.extend(discards.iter().map(|discard| (epoch, discard)));
    }
    let stride = weighed.len().div_ceil(MOST_EPOCHS).max(1);
    // The last epoch is always kept.
    let mut kept: Vec<(u32, &Alphas)> = weighed.iter().rev().step_by(stride).copied().collect();
    kept.reverse();
    // All options of each decision: those with a probability, in any epoch, and those that were dropped.
    let mut decisions: BTreeMap<&str, BTreeMap<&str, Option<u32>>> = BTreeMap::new();
    for (_, alphas) in &weighed {
        for (decision, options) in &alphas.0 {
            let known = decisions.entry(decision).or_default();
            for option in options.keys() {
                known.entry(option).or_default();
            }
        }
    }
    let mut edges: BTreeMap<&str, u32> = BTreeMap::new();
    for (epoch, discard) in drops {
        match discard {
            Discard::Option { decision, option } => {
                decisions.entry(decision).or_default().entry(option).or_default().get_or_insert(epoch);
            }
            Discard::Edge { decision } => {
                decisions.entry(decision).or_default();
                edges.entry(decision).or_insert(epoch);
            }
            _ => {}
        }
    }
    if decisions.is_empty() {
        return None;
    }
    let single = |decision: &str, option: &str, dropped: Option<u32>| {
        let at = |(_, alphas): &(u32, &Alphas)| alphas.get(decision, option).map(|weight| weight.probability);
        let probabilities: Vec<Option<f64>> =
            kept.iter().map(at).map(|value| value.filter(|value| value.is_finite())).collect();
        let some = probabilities.iter().any(Option::is_some);
        SingleOption {
            option: option.to_owned(),
            probabilities: if some { probabilities } else { Vec::new() },
            dropped,
        }
    };
    let decisions = decisions.into_iter().map(|(decision, options)| DecisionHistory {
        decision: decision.to_owned(),
        dropped: edges.get(decision).copied(),
        options: options.into_iter().map(|(option, dropped)| single(decision, option, dropped)).collect(),
    });
    let decisions = decisions.collect();
    Some(OptionHistory { epochs: kept.iter().map(|(epoch, _)| *epoch).collect(), last: epoch, decisions })
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::serde_json;

    use super::*;

    fn records(lines: &[&str]) -> Vec<Record> {
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    const FIRST: &str = r#"{"type":"epoch","phase":"search","trial":0,"epoch":{"number":1},"used":{"samples":10},
        "report":{"trial":0,"cost":{},"remaining":1,"alphas":{"a.0":{"conv":{"alpha":0.1,"probability":0.6},"none":{"alpha":0.0,"probability":0.4}}}}}"#;
    const END: &str = r#"{"type":"end","trial":0,"report":{"trial":0,"cost":{},"remaining":1},"used":{"samples":10},
        "discards":[{"type":"option","decision":"a.0","option":"none"},{"type":"edge","decision":"a.1"}]}"#;
    const SECOND: &str = r#"{"type":"epoch","phase":"search","trial":1,"epoch":{"number":1},"used":{"samples":20},
        "report":{"trial":1,"cost":{},"remaining":1,"alphas":{"a.0":{"conv":{"alpha":0.1,"probability":1.0}}}}}"#;

    #[test]
    fn an_option_has_its_probabilities_until_it_is_dropped() {
        let history = of(&records(&[FIRST, END, SECOND])).unwrap();
        assert_eq!((history.epochs.clone(), history.last), (vec![1, 2], 2));
        let [first, edge] = history.decisions.as_slice() else { panic!("{history:?}") };
        let [conv, none] = first.options.as_slice() else { panic!("{first:?}") };
        assert_eq!((conv.probabilities.clone(), conv.dropped), (vec![Some(0.6), Some(1.0)], None));
        assert_eq!((none.probabilities.clone(), none.dropped), (vec![Some(0.4), None], Some(1)));
        assert_eq!((edge.decision.as_str(), edge.dropped), ("a.1", Some(1)));
    }

    #[test]
    fn a_search_that_weighs_and_drops_nothing_has_no_history() {
        let plain = r#"{"type":"epoch","phase":"search","trial":0,"epoch":{"number":1},"used":{}}"#;
        assert_eq!(of(&records(&[plain])), None);
    }

    #[test]
    fn very_many_epochs_are_thinned_and_the_last_is_kept() {
        let history = of(&records(&[FIRST; 1_001])).unwrap();
        assert!(history.epochs.len() <= MOST_EPOCHS && history.epochs.last() == Some(&1_001));
    }
}
