//! Manifests: a plugin's file is read, or refused in one line, without anything of it being run.

#![no_main]

use genomenas::plugins::inspect;
use genomenas_abi::HEADER_SYMBOL;
use genomenas_fuzz::{elf, seeds};
use genomenas_plugin::message::Manifest;
use genomenas_plugin::serde_json::Map;
use libfuzzer_sys::fuzz_target;

// The first byte chooses: a whole file, or the records of one.
fuzz_target!(init: seeds::write("manifests", seeds()), |data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    if choice % 2 == 1 {
        inspect(bytes);
        return;
    }
    let file = elf::library(bytes, "libc.so.6", HEADER_SYMBOL);
    let inspected = inspect(&file);
    match Manifest::from_records(bytes) {
        Ok(manifest) => {
            let text = serde_json::to_vec(&manifest).expect("JSON");
            assert_eq!(serde_json::from_slice::<Manifest>(&text).expect("what was written"), manifest);
            for strategy in &manifest.strategies {
                assert_eq!(manifest.strategy(&strategy.id), Some(strategy));
                let resolved = strategy.resolve(&Map::new());
                assert!(resolved.len() <= strategy.properties().count());
            }
            assert!(inspected.is_none_or(|inspected| inspected == manifest), "the file has another manifest");
        }
        Err(error) => {
            assert!(inspected.is_none(), "the file has a manifest, and its records have none");
            assert!(!error.message.contains('\n'), "{error}");
        }
    }
});

fn inspect(file: &[u8]) -> Option<Manifest> {
    match inspect::inspect(file) {
        Ok(inspection) => Some(inspection.manifest),
        Err(refusal) => {
            assert!(!refusal.to_string().contains('\n'), "{refusal}");
            None
        }
    }
}

const PLUGIN: &str = concat!("\x1e", include_str!("../seeds/manifest_plugin.json"));
const SEARCH: &str = concat!("\x1e", include_str!("../seeds/manifest_search.json"));
const BASELINE: &str =
    "\x1e{\"record\":\"strategy\",\"id\":\"a\",\"kind\":\"baseline\",\"about\":\"A.\",\"parameters\":{}}\n\0\0";

fn seeds() -> Vec<Vec<u8>> {
    let records = [PLUGIN, BASELINE, SEARCH].concat();
    let real = seeds::gzipped_fixture("tests/fixtures/part-e/random-search.so.gz");
    let section = |name: &str| {
        use object::{Object as _, ObjectSection as _};
        let file = object::File::parse(real.as_slice()).expect("a library");
        file.section_by_name(name).and_then(|section| section.data().ok().map(<[u8]>::to_vec)).unwrap_or_default()
    };
    let whole = |needed| seeds::chosen(1, elf::library(records.as_bytes(), needed, HEADER_SYMBOL));
    vec![
        seeds::chosen(0, &records),
        seeds::chosen(0, [SEARCH, PLUGIN].concat()),
        seeds::chosen(0, section(".genomenas")),
        whole("libc.so.6"),
        whole("libtorch.so"),
        seeds::chosen(1, elf::library(records.as_bytes(), "libc.so.6", "other")),
        seeds::chosen(1, elf::library(&section(".genomenas"), "libm.so.6", HEADER_SYMBOL)),
    ]
}
