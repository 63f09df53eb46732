//! The flags of every verb: what a command line of an earlier version says must still be understood.

use std::process::Command;

use crate::built::genomenas;
use crate::outcome::Outcome;

/// A flag of a verb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flag {
    /// The verb, such as `data import table`.
    pub verb: String,
    /// The flag, such as `--out`.
    pub long: String,
    /// Its short form, such as `-o`, or nothing.
    pub short: String,
    /// What its value is called in the help; empty where it takes none.
    pub value: String,
    /// Its default, where that is one word.
    pub default: String,
    /// Its possible values, where they are listed.
    pub possible: Vec<String>,
}

impl Flag {
    /// The flags in a table with a head: verb, flag, short form, value, default and possible values, parted by tabs.
    pub fn table(text: &str) -> Vec<Self> {
        let flag = |line: &str| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [verb, long, short, value, default, possible] = cells[..] else { panic!("six cells: {line}") };
            let possible = possible.split(',').filter(|value| !value.is_empty()).map(str::to_owned).collect();
            let [verb, long, short, value, default] = [verb, long, short, value, default].map(str::to_owned);
            Self { verb, long, short, value, default, possible }
        };
        text.lines().skip(1).map(flag).collect()
    }

    /// A value that it takes.
    pub fn sample(&self) -> &str {
        let first = self.possible.first().unwrap_or(&self.default);
        match self.value.as_str() {
            _ if !first.is_empty() => first,
            "KEY=VALUE" => "x=1",
            "FILE.tsv|FILE.parquet" => "x.tsv",
            "BUDGET" => "1samples",
            "WEIGHTS" => "none",
            "N" | "K" | "L" | "BASES" => "2",
            "SHARE" | "RATE" | "X" => "0.5",
            _ => "x",
        }
    }
}

/// The command of a verb.
pub fn command(verb: &str) -> Command {
    let mut command = genomenas();
    command.args(verb.split(' '));
    command
}

/// The help of a verb.
pub fn help(verb: &str) -> String {
    Outcome::text(command(verb).arg("--help"))
}

/// The text about a flag in a [`help`]; `None` where the help does not have it.
pub fn told_of(help: &str, long: &str) -> Option<String> {
    let named = |line: &str| {
        let line = line.trim_start();
        let line = line.split_once(", ").filter(|(short, _)| short.len() == 2).map_or(line, |(_, line)| line);
        line.strip_prefix(long).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
    };
    let lines: Vec<&str> = help.lines().take_while(|line| !line.starts_with("Example")).collect();
    let from = lines.iter().position(|line| named(line))?;
    // A dash and a space begin a possible value.
    let of_it = |line: &&&str| !line.trim_start().starts_with('-') || line.trim_start().starts_with("- ");
    let rest: Vec<&str> = lines[from + 1..].iter().take_while(of_it).copied().collect();
    Some([&lines[from..=from], &rest].concat().join("\n"))
}
