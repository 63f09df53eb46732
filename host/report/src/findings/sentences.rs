//! The headline and the contrasts as plain sentences.

use std::collections::BTreeSet;

use super::judged::{CONFIDENCE, Judged, Top};
use super::role;
use crate::humanize::{self, plural};
use crate::leaderboard::Spread;
use crate::model::{Role, RunState};

/// A sentence, of which parts stand out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sentence(pub(crate) Vec<Part>);

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Words.
    Plain(String),
    /// A name or a number that the sentence is about.
    Strong(String),
}

impl Sentence {
    fn plain(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Plain(text.into()));
        self
    }

    fn strong(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Strong(text.into()));
        self
    }

    /// As text alone.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|(Part::Plain(text) | Part::Strong(text))| text.as_str()).collect()
    }
}

/// Who is best, with what, and whether that is more than seeds and test set explain.
pub(super) fn headline(judged: &Judged<'_>) -> Sentence {
    let (Some(best), Some(score)) = (judged.rows.first(), judged.spreads.first()) else {
        return Sentence::default().plain(format!("No run has finished yet: {}.", progress(judged)));
    };
    let (name, metric, top) = (best.entry.name.clone(), judged.metric.name(), judged.top());
    let alone = judged.rows.len() == 1;
    let opening = match (best.entry.control, alone) {
        (true, _) => Sentence::default()
            .plain(format!("No strategy beats {}, ", the_control(judged)))
            .strong(name)
            .plain(format!(", with a test {metric} of ")),
        (false, true) => Sentence::default().strong(name).plain(format!(" reaches a test {metric} of ")),
        (false, false) if top.leads() => {
            Sentence::default().strong(name).plain(format!(" leads with a test {metric} of "))
        }
        (false, false) => Sentence::default().strong(name).plain(format!(" has the best test {metric}, ")),
    };
    let whole = opening.strong(score.text()).plain(runs(score));
    if alone { whole.plain("; no other entry has a result.") } else { whole.plain(verdict(judged, &top)) }
}

/// What seeds and test set say of the first place.
fn verdict(judged: &Judged<'_>, top: &Top) -> String {
    let pairs = judged.pairs.pairs.iter().filter(|pair| pair.p.is_some()).count();
    let corrected = if pairs > 1 { format!(", corrected for {pairs} pairs") } else { String::new() };
    let others = list(judged, &top.among);
    let no_resamples = "the runs keep no resamples of the test set, so what other test rows would change is not known";
    match (top.seeds, top.test_set, top.among.is_empty()) {
        (false, ..) => {
            format!(". One seed: how far seeds scatter is not known, so nothing leads{}.", by_the_test_set(judged))
        }
        (true, true, true) => {
            format!(": that is further ahead of every other entry than seeds and test set explain (95 %{corrected}).")
        }
        (true, true, false) => {
            format!("; it is not distinguishable from {others} (by seeds and test set, 95 %{corrected}).")
        }
        (true, false, true) => {
            format!(
                ", ahead of every other entry by seeds alone (95 %{corrected}): {no_resamples}, and nothing is said to lead."
            )
        }
        (true, false, false) => {
            format!("; it is not distinguishable from {others} (by seeds alone, 95 %{corrected}: {no_resamples}).")
        }
    }
}

/// What the test set alone says of the first place, where it is known.
fn by_the_test_set(judged: &Judged<'_>) -> String {
    let pairs: Vec<_> = judged.pairs.pairs.iter().filter(|pair| pair.of.0 == 0 && pair.test_set.is_some()).collect();
    if pairs.is_empty() {
        return String::new();
    }
    let alike = |p: Option<f64>| p.is_none_or(|p| p >= 1.0 - CONFIDENCE);
    let among: Vec<usize> = pairs.iter().filter(|pair| alike(pair.corrected)).map(|pair| pair.of.1).collect();
    if among.is_empty() {
        return "; the test set alone tells it from every other entry".to_owned();
    }
    format!("; the test set alone does not tell it from {}", list(judged, &among))
}

/// Searches against random search, searches against networks of experts, everything against simple controls.
pub(super) fn contrasts(judged: &Judged<'_>) -> Vec<Sentence> {
    let of = |role: Role| -> Vec<usize> {
        (0..judged.rows.len())
            .filter(|&at| judged.rows.get(at).is_some_and(|row| role::of(row.entry) == role))
            .collect()
    };
    let (searches, experts) = (of(Role::Search), of(Role::Expert));
    let (random, simple) = (of(Role::RandomControl), of(Role::SimpleControl));
    let mut sentences = Vec::new();
    if let (Some(&search), Some(&control)) = (searches.first(), random.first()) {
        let start = Sentence::default().plain("Searches against random search: ");
        sentences.push(best_of(judged, start, search, searches.len(), "search", "searches", control, ""));
    }
    if let (Some(&search), Some(&expert)) = (searches.first(), experts.first()) {
        let start = Sentence::default().plain("Searches against networks of experts: ");
        let the_best = if experts.len() > 1 { format!("the best of {}, ", experts.len()) } else { String::new() };
        sentences.push(best_of(judged, start, search, searches.len(), "search", "searches", expert, &the_best));
    }
    if let (true, Some(&expert), Some(&control)) = (searches.is_empty(), experts.first(), random.first()) {
        let start = Sentence::default().plain("Networks of experts against random search: ");
        sentences.push(best_of(judged, start, expert, experts.len(), "network", "networks", control, ""));
    }
    let others: Vec<usize> = (0..judged.rows.len()).filter(|at| !simple.contains(at)).collect();
    if let (Some(&control), false) = (simple.first(), others.is_empty()) {
        sentences.push(all_against(judged, control, simple.len(), &others));
    }
    if random.is_empty() && simple.is_empty() && !judged.rows.is_empty() {
        sentences.push(Sentence::default().plain("No control has a result to compare with."));
    }
    sentences
}

/// The best of some entries beside another one.
#[expect(clippy::too_many_arguments, reason = "the words of one sentence")]
fn best_of(
    judged: &Judged<'_>,
    start: Sentence,
    first: usize,
    count: usize,
    one: &str,
    many: &str,
    second: usize,
    the_best: &str,
) -> Sentence {
    let start = if count > 1 {
        start.plain(format!("the best of {count} {many}, "))
    } else {
        start.plain(format!("the {one}, "))
    };
    start.strong(judged.name(first)).plain(format!(", {}.", compared(judged, first, second, the_best)))
}

/// "is 0.083 (0.05 to 0.12) above random-search (0.772), and ahead of it on 2 of 2 paired seeds".
fn compared(judged: &Judged<'_>, first: usize, second: usize, the_best: &str) -> String {
    let other = format!(
        "{the_best}{} ({})",
        judged.name(second),
        judged.spreads.get(second).map_or_else(String::new, Spread::text)
    );
    let Some(pair) = judged.pairs.of(first, second) else {
        return format!("shares no seed with {other}");
    };
    let difference = judged.pairs.difference(first, second).unwrap_or_default();
    let sign = if first < second { 1.0 } else { -1.0 };
    let won = pair.turns.iter().filter(|turn| sign * **turn > 0.0).count();
    let what = if judged.rows.iter().flat_map(|row| &row.entry.runs).any(|run| run.fold.is_some()) {
        "paired run"
    } else {
        "paired seed"
    };
    let turns = format!("ahead of it on {won} of {}", plural(pair.turns.len(), what));
    let between = pair.interval.map_or_else(String::new, |(low, high)| {
        let (low, high) = if sign > 0.0 { (low, high) } else { (-high, -low) };
        format!(" ({low:.3} to {high:.3})")
    });
    let size = humanize::metric(Some(difference.abs()));
    let side = if difference < 0.0 { "below" } else { "above" };
    if pair.seeds.is_none() {
        return format!("is {size}{between} {side} {other} with one seed, which says nothing of others");
    }
    if judged.differ(first, second) {
        return format!("is {size}{between} {side} {other}, and {turns}");
    }
    format!("is not distinguishable from {other}: it is {size}{between} {side}, and {turns}")
}

/// How many entries are above the best simple control.
fn all_against(judged: &Judged<'_>, control: usize, controls: usize, others: &[usize]) -> Sentence {
    let score = judged.spreads.get(control).map_or_else(String::new, Spread::text);
    let of = if controls > 1 { format!("the best of {controls}, ") } else { String::new() };
    let start =
        Sentence::default().plain("Everything against models of k-mers, positions and class frequencies: ".to_owned());
    let judged_by_seeds =
        others.iter().any(|&other| judged.pairs.of(other, control).is_some_and(|pair| pair.seeds.is_some()));
    let higher = |other: usize| judged.pairs.difference(other, control).is_some_and(|difference| difference > 0.0);
    let above: Vec<usize> = others
        .iter()
        .copied()
        .filter(|&other| higher(other) && (!judged_by_seeds || judged.differ(other, control)))
        .collect();
    let not: Vec<usize> = others.iter().copied().filter(|other| !above.contains(other)).collect();
    let rest =
        if not.is_empty() || above.is_empty() { String::new() } else { format!(", but not {}", list(judged, &not)) };
    let how = if judged_by_seeds { "" } else { ", by one seed, which says nothing of others" };
    let entries = if others.len() == 1 { "entry is" } else { "entries are" };
    start
        .plain(format!("{} of {} {entries} above {of}", above.len(), others.len()))
        .strong(judged.name(control))
        .plain(format!(" ({score}){how}{rest}."))
}

/// "a, b and c".
fn list(judged: &Judged<'_>, places: &[usize]) -> String {
    /// More are counted.
    const MOST: usize = 6;
    let names: Vec<&str> = places.iter().map(|&at| judged.name(at)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= MOST => format!("{} and {last}", first.join(", ")),
        [..] => format!(
            "{} and {} others",
            names.iter().take(MOST - 1).copied().collect::<Vec<_>>().join(", "),
            names.len() - MOST + 1
        ),
    }
}

/// "the control", or "the best control" of several.
fn the_control(judged: &Judged<'_>) -> &'static str {
    let controls = judged.comparison.entries.iter().filter(|entry| entry.control).count();
    if controls > 1 { "the best control" } else { "the control" }
}

/// " (mean ± sd over 3 seeds)".
fn runs(spread: &Spread) -> String {
    let folds: BTreeSet<Option<u32>> = spread.values.iter().map(|(turn, _)| turn.fold).collect();
    let seeds: BTreeSet<u64> = spread.values.iter().map(|(turn, _)| turn.seed).collect();
    match spread.values.len() {
        1 if !folds.contains(&None) => " (one run)".to_owned(),
        count if count > 1 && !folds.contains(&None) => {
            format!(" (mean ± sd over {count} runs: {}, {})", plural(folds.len(), "fold"), plural(seeds.len(), "seed"))
        }
        1 => " (one seed)".to_owned(),
        count => format!(" (mean ± sd over {count} seeds)"),
    }
}

/// "2 failed, 1 waits".
fn progress(judged: &Judged<'_>) -> String {
    let runs = || judged.comparison.entries.iter().flat_map(|entry| &entry.runs);
    let count = |is: fn(&RunState) -> bool| runs().filter(|run| is(&run.state)).count();
    let parts = [
        (count(|state| matches!(state, RunState::Done)), "done without a defined metric"),
        (count(|state| matches!(state, RunState::Failed { .. })), "failed"),
        (count(|state| *state == RunState::Running), "under way"),
        (count(|state| *state == RunState::Pending), "waiting"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { "the comparison has no runs".to_owned() } else { parts.join(", ") }
}
