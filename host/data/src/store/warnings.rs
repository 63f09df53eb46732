//! What a person should know of the labels of a store before training on it: those that say nothing.

use std::collections::BTreeMap;

use super::info::StoreInfo;
use super::split::Split;
use crate::text::{grouped, shortened};

/// Labels named in warnings of one kind; a data set can have thousands.
const NAMED: usize = 100;

/// Classes of one row each, from this many on, are more likely something else.
const MANY: usize = 10;

/// Rows that say nothing, in words.
pub(super) fn about_blank_rows(rows: u64) -> Option<String> {
    (rows > 0).then(|| {
        format!(
            "{} rows have no known base (N alone): nothing can be learned or scored by them; leave them out with \
             --max-unknown, such as 0.5",
            grouped(rows)
        )
    })
}

/// Labels that cannot be learned or scored, or are hardly labels, in words.
pub(super) fn about_labels(info: &StoreInfo) -> Vec<String> {
    let mut warnings = Warnings { hardly: hardly_labels(info), ..Warnings::default() };
    for (label, name) in info.shape.labels.iter().enumerate() {
        let name = format!("{:?}", shortened(name));
        if info.shape.task.is_regression() {
            warnings.constant_values(info, label, &name);
        } else {
            warnings.never(info, label, &name);
            warnings.always(info, label, &name);
        }
    }
    warnings.finish()
}

/// Warnings by kind: labels that never occur, and those that are the same in every row.
#[derive(Default)]
struct Warnings {
    hardly: Vec<String>,
    never: Kind,
    constant: Kind,
}

#[derive(Default)]
struct Kind {
    said: Vec<String>,
    more: usize,
}

impl Kind {
    fn say(&mut self, about: &[&str], text: impl FnOnce() -> String) {
        match about {
            [] => {}
            _ if self.said.len() < NAMED => self.said.push(text()),
            _ => self.more += 1,
        }
    }

    fn finish(self, what: &str) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("{} more labels {what}", self.more));
        self.said.into_iter().chain(more)
    }
}

impl Warnings {
    fn never(&mut self, info: &StoreInfo, label: usize, name: &str) {
        let noun = noun(info);
        let none = splits(|split| info.positives.get(split).get(label) == Some(&0));
        self.never.say(&none, || match none.as_slice() {
            [_, _, _] => format!("{noun} {name} never occurs: it cannot be learned, and scores skip it"),
            ["train", ..] => format!("{noun} {name} never occurs in train: it cannot be learned"),
            some => format!("{noun} {name} never occurs in {}: scores skip it there", some.join(" and ")),
        });
    }

    fn always(&mut self, info: &StoreInfo, label: usize, name: &str) {
        let noun = noun(info);
        let all = splits(|split| {
            let rows = *info.rows.get(split);
            rows > 1 && info.positives.get(split).get(label) == Some(&rows)
        });
        self.constant.say(&all, || match all.as_slice() {
            ["train", ..] => {
                format!("{noun} {name} applies to every row of {}: there is nothing to learn", all.join(" and "))
            }
            some => format!("{noun} {name} applies to every row of {}: scores skip it there", some.join(" and ")),
        });
    }

    fn constant_values(&mut self, info: &StoreInfo, label: usize, name: &str) {
        let value = |split: Split| {
            let values = info.values.get(split).get(label)?;
            (*info.rows.get(split) > 1 && values.least >= values.most).then_some(values.least)
        };
        let constant = splits(|split| value(split).is_some());
        self.constant.say(&constant, || {
            let of: Vec<String> = Split::ALL
                .into_iter()
                .filter_map(|split| Some(format!("{} in every row of {}", value(split)?, split.name())))
                .collect();
            let so = if constant.first() == Some(&"train") {
                "there is nothing to learn"
            } else {
                "correlations are undefined there"
            };
            format!("label {name} is {}: {so}", of.join(" and "))
        });
    }

    fn finish(self) -> Vec<String> {
        let never = self.never.finish("never occur in some split");
        self.hardly
            .into_iter()
            .chain(never)
            .chain(self.constant.finish("are the same in every row of some split"))
            .collect()
    }
}

/// Names that differ as names of one thing do, and classes that are as many as rows.
fn hardly_labels(info: &StoreInfo) -> Vec<String> {
    let mut warnings = Vec::new();
    let labels = &info.shape.labels;
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for name in labels {
        let folded: String = name.to_lowercase().split_whitespace().collect();
        match seen.get(&folded) {
            Some(other) if warnings.len() < NAMED => warnings.push(format!(
                "the {} {:?} and {:?} differ in capital letters or blanks only: are they one?",
                if info.shape.task.is_classes() { "classes" } else { "labels" },
                shortened(other),
                shortened(name)
            )),
            Some(_) => {}
            None => _ = seen.insert(folded, name),
        }
    }
    let total =
        |label: usize| -> u64 { Split::ALL.iter().filter_map(|&split| info.positives.get(split).get(label)).sum() };
    let once = (0..labels.len()).filter(|label| total(*label) == 1).count();
    if info.shape.task.is_classes() && once >= MANY && 2 * once > labels.len() {
        warnings.push(format!(
            "{} of {} classes have one row each: are they numbers to predict (--task regression), or names of rows?",
            grouped(once as u64),
            grouped(labels.len() as u64)
        ));
    }
    warnings
}

fn noun(info: &StoreInfo) -> &'static str {
    if info.shape.task.is_classes() { "class" } else { "label" }
}

/// The names of the splits that are so.
fn splits(so: impl Fn(Split) -> bool) -> Vec<&'static str> {
    Split::ALL.into_iter().filter(|split| so(*split)).map(Split::name).collect()
}
