//! What became of the options of a search: their probabilities over its epochs, and when each was dropped.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use crate::humanize::plural;
use crate::model::{DecisionHistory, OptionHistory, RunSummary, SingleOption};
use crate::page::chart::{Axis, Chart, Line, percent};

/// The most decisions with a chart, and with a row of bars.
const MOST_CHARTS: usize = 60;
const MOST_ROWS: usize = 120;

/// Both pictures; nothing for a search that neither weighs nor drops options.
pub(super) fn pictures(history: &OptionHistory, run: &RunSummary) -> Markup {
    let colours = Colours::of(history);
    let weighed = history.decisions.iter().any(|decision| decision.options.iter().any(SingleOption::is_weighed));
    let drops = history.decisions.iter().any(DecisionHistory::has_drops);
    html! {
        (colours.legend())
        @if drops {
            h3 { "How options were dropped" }
            (courses(history, run, &colours))
        }
        @if weighed {
            h3 { "How probable each option was" }
            (charts(history, run, &colours))
        }
    }
}

/// A colour and a dash for each option, the same in all pictures.
struct Colours<'a>(BTreeMap<&'a str, usize>);

impl<'a> Colours<'a> {
    const COLOURS: usize = 7;

    fn of(history: &'a OptionHistory) -> Self {
        let mut places = BTreeMap::new();
        for option in history.decisions.iter().flat_map(|decision| &decision.options) {
            let next = places.len();
            places.entry(option.option.as_str()).or_insert(next);
        }
        Self(places)
    }

    fn ink(&self, option: &str) -> String {
        let place = self.0.get(option).copied().unwrap_or_default();
        format!("ink c{} d{}", place % Self::COLOURS, place / Self::COLOURS % 3)
    }

    fn legend(&self) -> Markup {
        let mut ordered: Vec<(&str, usize)> = self.0.iter().map(|(name, place)| (*name, *place)).collect();
        ordered.sort_by_key(|(_, place)| *place);
        html! {
            ul.legend {
                @for (option, _) in ordered {
                    li { span.name { svg.swatch.(self.ink(option)) viewBox="0 0 18 10" aria-hidden="true" { path d="M1 5H17" {} } span.text { (option) } } }
                }
            }
        }
    }
}

/// The option of each decision that was chosen in the end.
fn chosen(run: &RunSummary) -> BTreeMap<&str, &str> {
    run.decisions.iter().map(|made| (made.decision.as_str(), made.option.as_str())).collect()
}

/// A row a decision, a bar an option: from the beginning until it was dropped.
fn courses(history: &OptionHistory, run: &RunSummary, colours: &Colours<'_>) -> Markup {
    let chosen = chosen(run);
    let Some(axis) = Axis::from_zero("epochs of the search", [f64::from(history.last.max(1))], 6.0) else {
        return html! {};
    };
    let until = |decision: &DecisionHistory, option: &SingleOption| {
        let ends = [decision.dropped, option.dropped];
        ends.into_iter().flatten().min().unwrap_or(history.last)
    };
    let stages: BTreeSet<u32> = history
        .decisions
        .iter()
        .flat_map(|decision| decision.options.iter().filter_map(|option| option.dropped).chain(decision.dropped))
        .collect();
    html! {
        div.strips.courses {
            @for decision in history.decisions.iter().take(MOST_ROWS) {
                @let kept = chosen.get(decision.decision.as_str()).copied();
                div.strip {
                    span.name { span.text { (decision.decision) } }
                    div.lane style={ "min-height:" (decision.options.len() * 5 + 6) "px" } {
                        svg role="img" aria-label={ (decision.decision) ": " (in_words(decision, kept)) } {
                            (axis.grid())
                            @for (at, option) in decision.options.iter().enumerate() {
                                @let end = percent(axis.share(f64::from(until(decision, option))));
                                g class=(colours.ink(&option.option)) {
                                    title { (option.option) @if let Some(epoch) = option.dropped { ", dropped after epoch " (epoch) } }
                                    line.course.kept[kept == Some(option.option.as_str())] x1="0" x2=(end) y1=(at * 5 + 5) y2=(at * 5 + 5) {}
                                }
                            }
                        }
                    }
                    span.value { (kept.unwrap_or(if run.decisions.is_empty() { "not decided" } else { "no connection" })) }
                }
            }
            (axis.below_strips())
        }
        p.note {
            "One bar per option, from the beginning of the search until it was dropped; the thick one was chosen. On the right is what was chosen. "
            "Options were dropped " (match stages.len() { 1 => "once".to_owned(), times => format!("at {times} times") }) ". The axis counts epochs of all trials of the search."
            @if history.decisions.len() > MOST_ROWS { " The first " (MOST_ROWS) " of " (plural(history.decisions.len(), "decision")) " are drawn." }
        }
    }
}

/// "`conv_3` was chosen; none was dropped after epoch 4".
fn in_words(decision: &DecisionHistory, kept: Option<&str>) -> String {
    let kept = kept.map_or_else(|| "no connection".to_owned(), |kept| format!("{kept} was chosen"));
    let dropped = decision.options.iter().filter_map(|option| Some((option.option.as_str(), option.dropped?)));
    let dropped: Vec<String> =
        dropped.map(|(option, epoch)| format!("{option} was dropped after epoch {epoch}")).collect();
    std::iter::once(kept).chain(dropped).collect::<Vec<_>>().join("; ")
}

/// A small chart a decision, all with the same scales.
fn charts(history: &OptionHistory, run: &RunSummary, colours: &Colours<'_>) -> Markup {
    let chosen = chosen(run);
    let weighed = || history.decisions.iter().filter(|decision| decision.options.iter().any(SingleOption::is_weighed));
    let all =
        || weighed().flat_map(|decision| &decision.options).flat_map(|option| option.probabilities.iter().flatten());
    let axes = || {
        let x = Axis::from_zero("epoch of the search", history.epochs.iter().map(|epoch| f64::from(*epoch)), 3.0)?;
        // Options that hardly differ are not drawn as if they did.
        Some((x, Axis::of_scores("probability", all().copied().chain([0.0]), 4.0, 0.2)?))
    };
    html! {
        div.panels.small {
            @for decision in weighed().take(MOST_CHARTS) {
                @let kept = chosen.get(decision.decision.as_str()).copied();
                @if let Some((x, y)) = axes() {
                    div.panel {
                        h3 { (decision.decision) }
                        (Chart {
                            description: format!("Probability of each option of {} over the epochs of the search; {}", decision.decision, in_words(decision, kept)),
                            x, y, reference: None, points: Vec::new(), height: 96.0, labelled: false,
                            lines: decision.options.iter().map(|option| line(history, option, kept, colours)).filter(|line| !line.points.is_empty()).collect(),
                        }.draw())
                    }
                }
            }
        }
        p.note {
            "The softmax of what the search learned of each option, among those that the decision still had. A line ends where its option was dropped; the thick one, with a dot at its end, was chosen. All panels have the same scales."
            @if weighed().count() > MOST_CHARTS { " The first " (MOST_CHARTS) " of " (weighed().count()) " decisions are drawn." }
        }
    }
}

fn line(history: &OptionHistory, option: &SingleOption, kept: Option<&str>, colours: &Colours<'_>) -> Line {
    let at = history.epochs.iter().zip(&option.probabilities);
    let points: Vec<(f64, f64)> = at
        .filter_map(|(epoch, probability)| Some((f64::from(*epoch), (*probability).filter(|value| value.is_finite())?)))
        .collect();
    let is_kept = kept == Some(option.option.as_str());
    Line {
        marks: points.last().copied().filter(|_| is_kept || points.len() == 1).into_iter().collect(),
        points,
        class: format!("{}{}", colours.ink(&option.option), if is_kept { " bold" } else { "" }),
        steps: false,
        label: None,
    }
}

impl SingleOption {
    fn is_weighed(&self) -> bool {
        self.probabilities.iter().any(Option::is_some)
    }
}

impl DecisionHistory {
    fn has_drops(&self) -> bool {
        self.dropped.is_some() || self.options.iter().any(|option| option.dropped.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_option_that_was_dropped_has_a_bar_that_ends_and_the_chosen_one_is_marked() {
        let history = sample::option_history();
        let drawn = pictures(&history, &sample::run(1, 0.8, 1_000)).into_string();
        assert!(drawn.contains("none, dropped after epoch 4"), "{drawn}");
        assert!(drawn.contains("course kept"));
        assert_eq!(drawn.matches("<figure").count(), 2, "a chart a decision");
    }

    #[test]
    fn a_search_that_weighs_nothing_has_no_charts() {
        let mut history = sample::option_history();
        for option in history.decisions.iter_mut().flat_map(|decision| &mut decision.options) {
            option.probabilities.clear();
        }
        let drawn = pictures(&history, &sample::run(1, 0.8, 1_000)).into_string();
        assert!(!drawn.contains("How probable") && drawn.contains("How options were dropped"));
    }
}
