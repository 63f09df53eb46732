//! Models from folders that were made, damaged and edited.

use std::collections::BTreeMap;

use genomenas_data::Task;
use genomenas_data::hash::sha256;
use genomenas_plugin::space::{ArchitectureBuilder, Op};

use super::*;

/// A folder as `export` writes it, with weights that nobody reads here.
fn exported(folder: &Path) -> ExportRecord {
    let mut net = ArchitectureBuilder::new("tiny", 20);
    let net = net.then("conv", Op::conv1d(8, 5)).then("pool", Op::GlobalMaxPool {}).then("out", Op::linear(2));
    let architecture = net.finish().unwrap();
    let about = About {
        task: Task::MultiLabel,
        length: 20,
        labels: vec!["motif".to_owned(), "noise".to_owned()],
        groups: Vec::new(),
        both_strands: true,
        single_strand: false,
        data_digest: "ab".to_owned(),
        fold: None,
        strategy: None,
        seed: 1,
        architecture_hash: architecture.canonical_hash().unwrap(),
        recipe: None,
        valid: None,
        test: None,
    };
    let files = [(files::ARCHITECTURE, architecture.to_json().unwrap()), (files::WEIGHTS, "weights".to_owned())];
    let mut digests = BTreeMap::new();
    for (name, text) in files {
        disk::write_atomically(&folder.join(name), text.as_bytes()).unwrap();
        digests.insert(name.to_owned(), sha256(text.as_bytes()));
    }
    let record = ExportRecord::new("tiny", about, digests);
    disk::write_atomically(&folder.join(EXPORT), record.to_json().unwrap().as_bytes()).unwrap();
    record
}

fn refused(folder: &Path) -> String {
    Model::open(folder, None).unwrap_err().to_string()
}

#[test]
fn an_exported_folder_opens_with_all_that_it_says_and_without_data() {
    let folder = tempfile::tempdir().unwrap();
    let record = exported(folder.path());
    let model = Model::open(folder.path(), None).unwrap();
    assert_eq!((model.origin, model.about), (Origin::Export, record.model));
    assert_eq!(model.weights, folder.path().join("weights.safetensors"));
}

#[test]
fn a_changed_or_cut_off_file_is_named() {
    for (name, said) in [
        (files::WEIGHTS, "it was changed or cut off since it was exported"),
        (files::ARCHITECTURE, "it was changed or cut off since it was exported"),
        (EXPORT, "it was changed since it was written"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        exported(folder.path());
        let path = folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let text = if name == EXPORT { text.replace("\"motif\"", "\"other\"") } else { text[..5].to_owned() };
        disk::write_atomically(&path, text.as_bytes()).unwrap();
        let error = refused(folder.path());
        assert!(error.contains(said) && error.contains(name), "{error}");
    }
}

#[test]
fn a_missing_file_a_name_that_leads_out_and_a_folder_of_something_else_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let record = exported(folder.path());
    std::fs::remove_file(folder.path().join(files::WEIGHTS)).unwrap();
    assert!(refused(folder.path()).contains("weights.safetensors"));
    let files = record.files.into_iter().chain([("../other".to_owned(), String::new())]).collect();
    let record = ExportRecord::new("tiny", record.model, files);
    disk::write_atomically(&folder.path().join(EXPORT), record.to_json().unwrap().as_bytes()).unwrap();
    assert!(refused(folder.path()).contains("without a folder"));
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(folder.path()).contains("holds no model"));
    assert!(refused(&folder.path().join("none")).contains("does not exist"));
}
