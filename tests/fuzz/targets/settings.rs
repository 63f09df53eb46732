//! `run.toml`: settings that are read are written, and read again as the same.

#![no_main]

use genomenas::run::settings::{Data, Search, Settings, files};
use genomenas_data::Precision;
use genomenas_fuzz::{scratch, seeds, stores};
use genomenas_plugin::message::{Arch, Plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: seeds::write("settings", seeds()), |data: &[u8]| {
    scratch::file(files::SETTINGS, data);
    let read = match Settings::read(scratch::folder()) {
        Ok(read) => read,
        Err(error) => return stores::refused(&error),
    };
    let _ = read.final_training.as_ref().map(Plan::validate);
    // What TOML has and JSON does not, such as NaN, is not written.
    let Ok(text) = read.to_toml() else { return };
    scratch::file(files::SETTINGS, text.as_bytes());
    let again = Settings::read(scratch::folder()).expect("what was written");
    // NaN equals nothing, itself included.
    #[expect(clippy::eq_op, reason = "see above")]
    let comparable = read == read;
    assert!(!comparable || again == read, "{again:?} came back for {read:?}");
});

fn seeds() -> Vec<Vec<u8>> {
    let data = || Data { store: "/data/yeast.arrow".into(), digest: "ab12".into(), fold: None };
    let search = || Search {
        strategy: "asha".into(),
        plugin: "asha".into(),
        plugin_version: "0.1.0".into(),
        plugin_sha256: "cd34".into(),
        plugin_file: "/plugins/libasha.so".into(),
        budget: "20000samples".parse().expect("a budget"),
        in_flight: 2,
        space: "genomenas".into(),
        space_sha256: Some("ef56".into()),
        hook_deadline: "90s".parse().ok(),
        unconfined: true,
        parameters: [("trials".to_owned(), 4.into()), ("metric".to_owned(), "auroc".into())].into_iter().collect(),
    };
    let full = Plan {
        arch: serde_json::from_str::<Arch>("{\"optimizer\":{},\"clip\":0.5}").ok(),
        steps_per_epoch: Some(4),
        subsample: Some(0.25),
        skip_dropout: vec![0.5, 0.25],
        max_norm: Some(0.9),
        ..Plan::default()
    };
    let settings = |search: Option<Search>, final_training| Settings {
        version: 1,
        genomenas: "0.1.0".into(),
        seed: 7,
        device: "cpu".into(),
        threads: 2,
        precision: Precision::Fp32,
        test: true,
        architecture_sha256: search.is_none().then(|| "ab12".into()),
        data: data(),
        search,
        own_recipe: false,
        tune: None,
        final_training,
    };
    [settings(Some(search()), Some(Plan::default())), settings(None, Some(full)), settings(Some(search()), None)]
        .iter()
        .map(|settings| settings.to_toml().expect("TOML").into_bytes())
        .collect()
}
