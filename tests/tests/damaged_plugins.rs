//! Files that are not plugins, or no longer: each is refused in words, and none brings the program down.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::io::Write as _;

use genomenas::plugins::inspect::inspect;
use genomenas::plugins::{Limits, PluginInstance};
use genomenas_tests::hostile_plugin;
use serde_json::json;

use crate::boundary::{scan, setup};

/// What is said of the plugin's file once `change` was done to its bytes.
fn refusal_after(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = fs::read(hostile_plugin()).unwrap();
    change(&mut bytes);
    inspect(bytes.as_slice()).unwrap_err().to_string()
}

fn replace(bytes: &mut [u8], old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let found: Vec<_> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(old.as_bytes())).collect();
    assert!(!found.is_empty(), "{old} is not in the file");
    for at in found {
        bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
}

#[test]
fn each_way_of_not_being_a_plugin_has_its_own_line() {
    assert!(refusal_after(|bytes| bytes.truncate(100_000)).starts_with("it is a truncated or damaged library: "));
    assert_eq!(
        refusal_after(|bytes| replace(bytes, ".genomenas\0", ".genomanas\0")),
        "it is not a genomenas plugin: it has no .genomenas section (was it stripped of it?)"
    );
    assert_eq!(
        refusal_after(|bytes| replace(bytes, "\"abi\":1", "\"abi\":9")),
        "it is built for generation 9 of the binary interface, this genomenas loads generation 1: rebuild it with the \
         genomenas-plugin of this version"
    );
    assert_eq!(
        refusal_after(|bytes| replace(bytes, "\"record\":\"plugin\"", "\"record\":\"plughh\"")),
        "its manifest does not describe a plugin: is `export_plugin!()` missing?"
    );
    assert!(
        refusal_after(|bytes| replace(bytes, "0root_bmodule_bloader", "0root_bmodule_bloaded"))
            .starts_with("it has a manifest but does not export the plugin header")
    );
    assert_eq!(
        refusal_after(|bytes| bytes[18..20].copy_from_slice(&183_u16.to_le_bytes())),
        "it is a library for another machine: aarch64, this is x86_64"
    );
    assert_eq!(
        refusal_after(|bytes| replace(bytes, "libgcc_s.so.1", "libcuda_s.so1")),
        "it links libcuda_s.so1: a plugin must do without libtorch, CUDA and Python, which belong to the host"
    );
}

#[test]
fn a_plugin_with_flipped_or_missing_bytes_never_brings_the_inspection_down() {
    let whole = fs::read(hostile_plugin()).unwrap();
    // The headers decide what is read; a multiplicative step visits the rest of the file evenly.
    let headers = 0..200;
    let sections = whole.len().saturating_sub(3000)..whole.len();
    let spread = (0..600).map(|n| n * 7919 * 31 % whole.len());
    let mut bytes = whole.clone();
    for at in headers.chain(sections).chain(spread) {
        bytes[at] = !whole[at];
        if let Err(refusal) = inspect(bytes.as_slice()) {
            let why = refusal.to_string();
            assert!(!why.contains('\n') && why.len() < 600, "{why}");
        }
        bytes[at] = whole[at];
    }
    for length in (0..200).chain((0..200).map(|n| n * 104_729 % whole.len())) {
        assert!(inspect(&whole[..length]).is_err());
    }
}

#[test]
fn a_damaged_library_with_a_whole_manifest_is_refused_or_dies_in_its_own_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libhostile.so");
    let mut bytes = fs::read(hostile_plugin()).unwrap();
    // The program headers, from which the library is mapped; the manifest is found by the section headers.
    for byte in &mut bytes[64..400] {
        *byte = 0xff;
    }
    fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
    let registry = scan(folder.path());
    let told = match registry.strategy("hostile") {
        Err(error) => error.to_string(),
        Ok(choice) => PluginInstance::start(&choice, &setup(&json!({})), Limits::default()).unwrap_err().to_string(),
    };
    assert!(!told.contains('\n') && told.len() < 1000, "{told}");
}
