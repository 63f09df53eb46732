//! Exported networks through the program: what is in the folder, that it opens in place of the run, and what is refused.

use std::fs;
use std::path::Path;

use genomenas_tests::predictions::{Trained, rows};
use genomenas_tests::runs::quietly;
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;

/// Exports the network to a folder of this name.
fn export(trained: &Trained, name: &str) {
    let mut command = genomenas();
    command.arg("export").arg(trained.path("model")).arg("--out").arg(trained.path(name));
    Outcome::text(command.args(["--name", "yeast"]));
}

/// What the export of the folder `model` to `out` is refused with.
fn refused(model: &Path, out: &Path) -> String {
    let mut command = genomenas();
    Outcome::refusal(command.arg("export").arg(model).arg("--out").arg(out), 2)
}

#[test]
fn an_export_holds_everything_and_predicts_what_the_run_predicts_without_its_data() {
    let trained = Trained::new();
    export(&trained, "exported");
    let mut names: Vec<String> = fs::read_dir(trained.path("exported"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["README.md", "architecture.json", "export.json", "model.onnx", "model.py", "weights.safetensors"]
    );
    let file = |name: &str| fs::read(trained.path(&format!("exported/{name}"))).unwrap();
    let record: Value = serde_json::from_slice(&file("export.json")).unwrap();
    for name in names.iter().filter(|name| *name != "export.json") {
        assert_eq!(record["files"][name.as_str()], genomenas_data::hash::sha256(&file(name)), "{name}");
    }
    assert_eq!(file("weights.safetensors"), fs::read(trained.path("model/weights.safetensors")).unwrap());
    let card = String::from_utf8(file("README.md")).unwrap();
    for said in ["# yeast", "## Data", "## Scores", "## How it was found", "## How it was trained", "opset 17"] {
        assert!(card.contains(said), "{said}: {card}");
    }

    let expected = trained.predictions("--splits valid");
    trained.file("windows.fa", format!(">a\n{}\n", "ACGTTGCA".repeat(25)));
    let of_run = trained.predictions("--fasta @windows.fa");
    let truths = expected[0].keys().filter(|name| name.starts_with("true_"));
    assert_eq!(truths.count(), 2, "of a store the truth of two labels stands there, too");
    fs::remove_file(trained.path("store.arrow")).unwrap();
    let out = trained.path("exported.tsv");
    let mut predict = quietly("predict", "");
    predict.arg(trained.path("exported")).arg("--fasta").arg(trained.path("windows.fa")).arg("--out").arg(&out);
    Outcome::text(&mut predict);
    assert_eq!(rows(&out), of_run);
}

#[test]
fn exporting_twice_writes_the_same_bytes() {
    let trained = Trained::new();
    export(&trained, "exported");
    export(&trained, "again");
    for name in ["README.md", "architecture.json", "export.json", "model.onnx", "model.py", "weights.safetensors"] {
        let file = |folder: &str| fs::read(trained.path(&format!("{folder}/{name}"))).unwrap();
        assert!(file("exported") == file("again"), "{name}");
    }
}

#[test]
fn what_exists_what_is_not_over_and_what_was_cut_off_is_refused_and_nothing_is_left() {
    let trained = Trained::new();
    export(&trained, "exported");
    let before = listing(&trained.path("exported"));
    let said = refused(&trained.path("model"), &trained.path("exported"));
    assert!(said.contains("exists, and nothing in it is overwritten"), "{said}");
    let said = refused(&trained.path("exported"), &trained.path("copy"));
    assert!(said.contains("is an export already"), "{said}");
    assert_eq!(listing(&trained.path("exported")), before);

    let model = trained.path("model");
    let out = trained.path("out");
    let result = fs::read(model.join("result.json")).unwrap();
    fs::remove_file(model.join("result.json")).unwrap();
    assert!(refused(&model, &out).contains("is not over"));
    trained.file("model/result.json", &result[..result.len() / 2]);
    assert!(refused(&model, &out).contains("result.json"));
    trained.file("model/result.json", &result);
    let weights = fs::read(model.join("weights.safetensors")).unwrap();
    trained.file("model/weights.safetensors", &weights[..weights.len() - 4]);
    assert!(refused(&model, &out).contains("weights.safetensors"));
    assert!(!out.exists() && !trained.path("copy").exists());
    let left = fs::read_dir(trained.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().ends_with(".export")));

    // A changed file of an export is named where it is used.
    trained.file("exported/model.onnx", "changed");
    let mut predict = genomenas();
    predict.arg("predict").arg(trained.path("exported")).arg("--fasta").arg(trained.path("genome.fa"));
    let said = Outcome::refusal(predict.arg("--out").arg(trained.path("out.tsv")), 2);
    assert!(said.contains("model.onnx") && said.contains("was changed or cut off"), "{said}");
}
