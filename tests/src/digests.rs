//! What a finished run left, as digests, so that it can be compared with what a run of an earlier version left.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::runs::timeless;

/// Hexadecimal digits that tell one record of a journal from another.
const SHORT: usize = 8;

/// SHA-256 of what a finished run left. JSON is digested without measured times and memory, with sorted keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Digests {
    /// Of `architecture.json`.
    pub architecture: String,
    /// Of `weights.safetensors`.
    pub weights: String,
    /// Of all records of `journal.jsonl`.
    pub journal: String,
    /// Of each record, shortened and separated by spaces: which one is the first that differs.
    pub lines: String,
    /// Of `result.json`.
    pub result: String,
}

impl Digests {
    /// Those of a run's folder; of a file that is not there they are empty.
    pub fn of(folder: &Path) -> Self {
        let read = |name: &str| fs::read(folder.join(name)).ok();
        let journal = String::from_utf8(read("journal.jsonl").unwrap_or_default()).unwrap();
        let records: Vec<String> = journal.lines().map(|line| canonical(line.as_bytes()) + "\n").collect();
        let short = |record: &String| sha256(record.trim_end().as_bytes())[..SHORT].to_owned();
        Self {
            architecture: read("architecture.json").map(|bytes| sha256(&bytes)).unwrap_or_default(),
            weights: read("weights.safetensors").map(|bytes| sha256(&bytes)).unwrap_or_default(),
            journal: sha256(records.concat().as_bytes()),
            lines: records.iter().map(short).collect::<Vec<_>>().join(" "),
            result: read("result.json").map(|bytes| sha256(canonical(&bytes).as_bytes())).unwrap_or_default(),
        }
    }

    /// What differs from the frozen ones, a line each.
    pub fn differences(&self, frozen: &Self) -> Vec<String> {
        let files = [
            ("architecture.json", &self.architecture, &frozen.architecture),
            ("weights.safetensors", &self.weights, &frozen.weights),
            ("journal.jsonl", &self.journal, &frozen.journal),
            ("result.json", &self.result, &frozen.result),
        ];
        let shown = |digest: &str| digest.get(..12).unwrap_or("absent").to_owned();
        let differs = |(name, now, then): &(&str, &String, &String)| {
            let place = if *name == "journal.jsonl" { self.first_record(frozen) } else { String::new() };
            format!("{name} is {}, frozen is {}{place}", shown(now), shown(then))
        };
        files.iter().filter(|(_, now, then)| now != then).map(differs).collect()
    }

    /// Where the journals part.
    fn first_record(&self, frozen: &Self) -> String {
        let (now, then): (Vec<_>, Vec<_>) = (self.lines.split(' ').collect(), frozen.lines.split(' ').collect());
        let equal = now.iter().zip(&then).take_while(|(now, then)| now == then).count();
        format!(" (from line {} on; {} lines, frozen are {})", equal + 1, now.len(), then.len())
    }
}

/// The digest in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// A JSON document without what is measured anew in every process, with sorted keys.
fn canonical(document: &[u8]) -> String {
    const LATER: [&str; 5] = ["sha256", "architecture_sha256", "weights_sha256", "test_resamples_sha256", "straddling"];
    let mut value: Value = timeless(serde_json::from_slice(document).unwrap());
    // Digests, and what is in two splits of the data, which results of then do not have.
    if let Value::Object(members) = &mut value {
        members.retain(|name, _| !LATER.contains(&name.as_str()));
    }
    value.sort_all_objects();
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::write;

    fn digests(journal: &str) -> Digests {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "journal.jsonl", journal);
        Digests::of(folder.path())
    }

    #[test]
    fn times_memory_and_the_order_of_keys_are_no_difference() {
        let one = digests("{\"a\":1,\"b\":{\"seconds\":0.1,\"c\":[{\"peak_memory\":3}]}}\n");
        assert!(one.differences(&digests("{\"b\":{\"c\":[{}],\"seconds\":0.2},\"a\":1}\n")).is_empty());
    }

    #[test]
    fn the_first_record_that_differs_is_named() {
        let differences = digests("{\"a\":1}\n{\"a\":2}\n").differences(&digests("{\"a\":1}\n{\"a\":3}\n{}\n"));
        assert_eq!(differences.len(), 1);
        assert!(differences[0].ends_with("(from line 2 on; 2 lines, frozen are 3)"), "{differences:?}");
    }
}
