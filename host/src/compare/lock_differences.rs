//! In what a comparison differs from a lock, in words.

use genomenas_data::error::Result;

use super::lock_file::{LockFile, LockedPlugin};
use crate::difference;
use crate::plugins::StrategyRegistry;

/// The plugins of a lock that are not among the known ones, in words.
pub fn missing_plugins(lock: &LockFile, known: &StrategyRegistry) -> Vec<String> {
    let is_missing = |locked: &&LockedPlugin| !known.found().iter().any(|found| found.sha256 == locked.sha256);
    let missing = lock.plugins.iter().filter(is_missing);
    missing
        .map(|locked| {
            let of_id = known
                .found()
                .iter()
                .find(|found| found.manifest.as_ref().is_ok_and(|manifest| manifest.id == locked.id));
            let here = match of_id {
                Some(found) => format!("{} has SHA-256 {}", found.path.display(), short(&found.sha256)),
                None => "no plugin of this name was found".to_owned(),
            };
            format!("{}; {here}", in_words(locked))
        })
        .collect()
}

/// In what the comparison that `here` describes differs from a lock, in words; nothing where it is the same. Where
/// files lie and what builds them says of itself is no difference.
///
/// # Errors
///
/// The terms cannot be compared.
pub fn differences(lock: &LockFile, here: &LockFile) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, there, here) in [
        ("genomenas", &lock.genomenas, &here.genomenas),
        ("the target", &lock.target, &here.target),
        ("libtorch", &lock.libtorch, &here.libtorch),
    ] {
        if let Some(there) = there.as_ref().filter(|there| Some(*there) != here.as_ref()) {
            found.push(format!("{name} is {there} there and {} here", here.as_deref().unwrap_or("unknown")));
        }
    }
    for (there, here) in lock.data.iter().zip(&here.data).filter(|(there, here)| there.digest != here.digest) {
        let sources: Vec<String> =
            there.sources.iter().map(|of| format!("{} (SHA-256 {})", of.name, short(&of.sha256))).collect();
        let from = if sources.is_empty() { String::new() } else { format!(" from {}", sources.join(", ")) };
        found.push(format!(
            "the data ({}) have the digest {} there, imported by `data import {}`{from}, and {} here",
            here.name,
            short(&there.digest),
            there.importer,
            short(&here.digest)
        ));
    }
    if let (Some(there), Some(here)) = (&lock.space, &here.space)
        && there.sha256 != here.sha256
    {
        found.push(format!("the space is '{}' there and '{}' here", there.name, here.name));
    }
    for there in &lock.plugins {
        let of_id = || here.plugins.iter().filter(|plugin| plugin.id == there.id);
        if let (false, Some(other)) = (of_id().any(|plugin| plugin.sha256 == there.sha256), of_id().next()) {
            found.push(format!("{}; here it has SHA-256 {}", in_words(there), short(&other.sha256)));
        }
    }
    for there in &lock.entries {
        match here.entries.iter().find(|entry| entry.name == there.name) {
            None => found.push(format!("entry '{}' is not here", there.name)),
            Some(entry) => {
                let first = difference::first(&there.parameters, &entry.parameters, &[])?;
                found.extend(first.map(|difference| format!("of entry '{}', {difference}", there.name)));
            }
        }
    }
    let unknown = here.entries.iter().filter(|entry| lock.entries.iter().all(|there| there.name != entry.name));
    // A lock of an early version lists no entries.
    found.extend(unknown.filter(|_| lock.version > 1).map(|entry| format!("entry '{}' is not there", entry.name)));
    if lock.terms.is_some() {
        found.extend(difference::first(&lock.terms, &here.terms, &[])?);
    }
    Ok(found)
}

/// "plugin danq 0.1.0 (libdanq.so, built by rustc 1.89) has SHA-256 … there".
fn in_words(plugin: &LockedPlugin) -> String {
    let built = plugin.rustc.as_ref().map_or_else(String::new, |rustc| format!(", built by {rustc}"));
    let file = plugin.file.file_name().unwrap_or_default().to_string_lossy();
    format!("plugin {} {} ({file}{built}) has SHA-256 {} there", plugin.id, plugin.version, plugin.sha256)
}

/// Enough of a hash to tell two files apart.
fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

#[cfg(test)]
mod tests {
    use super::super::lock_file::tests::lock;
    use super::super::plan::tests::plan;
    use super::*;
    use crate::compare::plan::{ComparisonPlan, EntryPlan};

    #[test]
    fn a_comparison_that_is_the_same_differs_in_nothing_wherever_its_files_lie() {
        let mut moved = plan();
        moved.data.store = "/elsewhere/yeast.arrow".into();
        moved.entries[0].plugin_file = "/elsewhere/libdanq.so".into();
        assert_eq!(differences(&lock(&plan()), &lock(&moved)).unwrap(), [""; 0]);
        // That of an early version names plugins alone.
        let former = LockFile { plugins: lock(&plan()).plugins, ..LockFile::default() };
        assert_eq!(differences(&former, &lock(&plan())).unwrap(), [""; 0]);
    }

    #[test]
    fn everything_that_differs_is_named() {
        let mut other = ComparisonPlan { seeds: vec![1], ..plan() };
        other.entries[0].plugin_sha256 = "00".to_owned();
        other.entries[0].parameters.insert("width".to_owned(), 0.2.into());
        other.entries.push(EntryPlan {
            name: "deepsea".to_owned(),
            plugin: "deepsea".to_owned(),
            ..plan().entries[0].clone()
        });
        other.data.digest = "dd".to_owned();
        other.space.sha256 = "aa".to_owned();
        let here = LockFile { libtorch: None, ..lock(&other) };
        let here = LockFile { genomenas: Some("0.2.0".to_owned()), ..here };
        insta::assert_snapshot!(differences(&lock(&plan()), &here).unwrap().join("\n"), @r#"
        genomenas is 0.1.0 there and 0.2.0 here
        libtorch is 2.11.0+cpu there and unknown here
        the data (yeast.arrow) have the digest cd there, imported by `data import windows` from yeast.2bit (SHA-256 0123456789ab), and dd here
        the space is 'genomenas cells=1' there and 'genomenas cells=1' here
        plugin danq 0.1.0 (libdanq.so) has SHA-256 ef there; here it has SHA-256 00
        of entry 'danq width=0.1', width is 0.1 there and 0.2 here
        entry 'deepsea' is not there
        seeds is [1,2] there and [1] here
        "#);
        let missing = missing_plugins(&lock(&plan()), &StrategyRegistry::default());
        assert_eq!(missing, ["plugin danq 0.1.0 (libdanq.so) has SHA-256 ef there; no plugin of this name was found"]);
    }
}
