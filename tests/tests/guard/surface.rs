//! What a user can write: the strategies with their parameters, and the flags of every verb. Their texts may change.

use std::collections::BTreeSet;

use genomenas_tests::flags::{Flag, command, help, told_of};
use genomenas_tests::{Outcome, genomenas};
use serde_json::Value;

use super::text;

/// A manifest without what is written for people, and without what differs from one build or machine to the next.
fn for_machines(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            // The name of a parameter may be any of these words; its value is then no text.
            let prose = |(name, value): &(&String, &Value)| {
                ["about", "description", "takes"].contains(&name.as_str()) && value.is_string()
            };
            let of_build = |name: &str| ["file", "sha256", "built_with", "protections"].contains(&name);
            // What later versions add to a parameter, and which of them this is.
            let later = |(name, value): &(&String, &Value)| name.as_str() == "acts_on" && value.is_string();
            let speaks = |(name, value): &(&String, &Value)| {
                name.as_str() == "speaks"
                    && value.as_str().is_some_and(|text| text.starts_with("interface 1, messages 1."))
            };
            let kept =
                fields.iter().filter(|field| !prose(field) && !later(field) && !speaks(field) && !of_build(field.0));
            Value::Object(kept.map(|(name, value)| (name.clone(), for_machines(value))).collect())
        }
        Value::Array(values) => values.iter().map(for_machines).collect(),
        other => other.clone(),
    }
}

/// Where texts for people stand in a manifest, and whether they say something.
fn described(manifest: &Value) -> Vec<(String, bool)> {
    let says = |value: &Value| value.as_str().is_some_and(|text| text.len() > 5);
    let of = |parameter: &Value| (parameter["name"].to_string(), says(&parameter["about"]));
    let parameters = manifest["parameters"].as_array().unwrap().iter().map(of);
    parameters.chain([("about".to_owned(), says(&manifest["facts"]["about"]))]).collect()
}

#[test]
fn every_strategy_declares_what_it_declared() {
    let frozen: Value = serde_json::from_str(&text("manifests.json")).unwrap();
    for (strategy, then) in frozen.as_object().unwrap() {
        let now = Outcome::json(genomenas().args(["plugin", "info", strategy, "--json"]));
        assert_eq!(for_machines(&now), for_machines(then), "{strategy}");
        assert_eq!(described(&now), described(then), "{strategy}");
    }
}

/// The flags of then, verb by verb.
fn flags() -> Vec<(String, Vec<Flag>)> {
    let mut verbs: Vec<(String, Vec<Flag>)> = Vec::new();
    for flag in Flag::table(&text("flags.tsv")) {
        match verbs.last_mut().filter(|(verb, _)| *verb == flag.verb) {
            Some((_, flags)) => flags.push(flag),
            None => verbs.push((flag.verb.clone(), vec![flag])),
        }
    }
    verbs
}

/// A flag that there is not. The parser names the first that it does not know, so it names this one after all others.
const UNKNOWN: &str = "--no-such-flag-ever";

#[test]
fn every_verb_takes_the_flags_that_it_took() {
    let mut tried = 0;
    for (verb, flags) in flags() {
        let mut long = command(&verb);
        long.args(flags.iter().map(|flag| match flag.value.as_str() {
            "" => flag.long.clone(),
            _ => format!("{}={}", flag.long, flag.sample()),
        }));
        let mut short = command(&verb);
        for flag in flags.iter().filter(|flag| !flag.short.is_empty()) {
            short.arg(&flag.short).args((!flag.value.is_empty()).then(|| flag.sample()));
        }
        for command in [&mut long, &mut short] {
            let told = Outcome::refusal(command.arg(UNKNOWN), 2);
            assert!(told.contains(&format!("unexpected argument '{UNKNOWN}'")), "{verb}: {told}");
        }
        tried += flags.len();
    }
    assert!(tried > 150, "{tried} flags only");
}

#[test]
fn flags_that_the_help_shows_have_the_default_and_the_values_that_they_had() {
    let mut shown = 0;
    let of_verb = |(verb, flags): (String, Vec<Flag>)| {
        let help = help(&verb);
        flags.into_iter().map(move |flag| (told_of(&help, &flag.long), flag)).collect::<Vec<_>>()
    };
    for (help, flag) in flags().into_iter().flat_map(of_verb) {
        // A flag of another name today may still be taken, and not be shown.
        let Some(help) = help else { continue };
        shown += 1;
        let flat = help.split_whitespace().collect::<Vec<_>>().join(" ");
        if !flag.default.is_empty() {
            assert!(flat.contains(&format!("[default: {}]", flag.default)), "{} {help}", flag.verb);
        }
        let words: BTreeSet<&str> = flat.split([' ', ',', ':', ']', '[']).collect();
        for value in &flag.possible {
            assert!(words.contains(value.as_str()), "{} {help}: no value {value}", flag.verb);
        }
    }
    assert!(shown > 120, "the help shows {shown} flags only");
}
