//! Stores of then, one of each task and one with both strands, are read and trained on as then.

use genomenas_tests::digests::Digests;
use genomenas_tests::frozen::{reproducibly, unpack};
use genomenas_tests::runs::quietly;
use genomenas_tests::{Outcome, genomenas};

use super::{DAY, assert_same, golden};

#[test]
fn stores_of_every_task_hold_and_say_what_they_did() {
    let home = tempfile::tempdir().unwrap();
    unpack(DAY, "stores", home.path());
    let stores = golden().stores;
    let mut tasks: Vec<_> = stores.iter().map(|of| of.info["task"].as_str().unwrap().to_owned()).collect();
    tasks.sort();
    tasks.dedup();
    assert_eq!(tasks, ["multi-class", "multi-label", "next-nucleotide", "poisson-regression", "regression"]);
    for mut of in stores {
        // Then it was said that windows without places share no bases, which nobody can know.
        if of.info["chromosomes"] == serde_json::json!([])
            && let Some(straddling) = of.info["straddling"].as_object_mut()
        {
            straddling.remove("overlapping_windows");
        }
        let store = home.path().join(format!("{}.arrow", of.store));
        let now = Outcome::json(genomenas().args(["data", "info", "--verify", "--json"]).arg(&store));
        assert_eq!(now, of.info, "{}", of.store);
        let said = Outcome::text(genomenas().args(["data", "info", "--verify"]).arg(&store));
        assert!(said.contains(of.info["digest"].as_str().unwrap()), "{}: {said}", of.store);
    }
}

#[test]
fn a_training_on_a_store_of_every_task_comes_to_its_frozen_bytes() {
    let home = tempfile::tempdir().unwrap();
    unpack(DAY, "stores", home.path());
    let found = golden().stores.into_iter().map(|of| {
        let at = |ending: &str| home.path().join(format!("{}{ending}", of.store));
        let mut command = quietly("train", "--test --epochs 3 --batch 8 --learning-rate 0.01 --seed 1");
        command.args(of.options.split_whitespace());
        command.arg("--architecture").arg(at(".json")).arg("--data").arg(at(".arrow")).arg("--out").arg(at(""));
        Outcome::text(&mut reproducibly(command));
        (of.store.clone(), Digests::of(&at("")).differences(&of.digests))
    });
    assert_same(found);
}
