//! What a comparison says of the differences between its entries, and the resamples of the test set that it says it from.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::Path;

use genomenas_tests::comparisons::{compare, run_folders};
use genomenas_tests::digests::sha256;
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{bytes, motif_store, result, space};
use genomenas_tests::{Outcome, genomenas};
use serde_json::Value;

const RESAMPLES: &str = "test-resamples.parquet";

fn statistics(out: &Path) -> Value {
    let mut command = genomenas();
    Outcome::json(command.args(["report", "--json"]).arg(out))["statistics"].clone()
}

#[test]
fn every_run_keeps_the_resamples_of_its_test_set_and_without_them_seeds_alone_decide() {
    let home = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(home.path()), home.path().join("out"));
    let said = Outcome::text(&mut compare(&store, &out, ""));
    for run in run_folders(&out) {
        assert_eq!(result(&run)["test_resamples_sha256"], sha256(&bytes(&run, RESAMPLES)), "{}", run.display());
    }
    let found = statistics(&out);
    assert_eq!(found["uncertainty"], "seeds-and-test-set");
    let first = found["sentences"][0].as_str().unwrap();
    assert!(said.contains(first) && first.contains("seeds and test set"), "{first}\n{said}");
    let entries = found["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["test_interval"].is_array()), "{entries:?}");
    for pair in found["pairs"].as_array().unwrap() {
        // Both searches may have found the same.
        let same = pair["difference"] == 0.0;
        assert!(same || pair["test_error"].as_f64().unwrap() > 0.0 && pair["p_holm"].is_f64(), "{pair}");
    }

    // As runs of earlier versions are; one is damaged.
    for (number, run) in run_folders(&out).into_iter().enumerate() {
        let path = run.join(RESAMPLES);
        if number == 0 { _ = write(&run, RESAMPLES, b"PAR1") } else { fs::remove_file(path).unwrap() }
    }
    let outcome = Outcome::of(genomenas().arg("report").arg(&out));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains(RESAMPLES) && outcome.stdout.contains("by seeds alone"), "{outcome:?}");
    assert_eq!(statistics(&out)["uncertainty"], "seeds");
    assert_eq!(statistics(&out)["leads"], Value::Null);
}

#[test]
fn with_one_seed_nothing_leads_and_the_page_says_why() {
    let home = tempfile::tempdir().unwrap();
    let (store, out) = (motif_store(home.path()), home.path().join("out"));
    let mut command = genomenas();
    command.args("compare --no-control --device cpu --threads 1 --seeds 1 --budget 64samples --epochs 1".split(' '));
    for strategy in ["random-search batch=16 trials=1", "random-search batch=16 trials=2"] {
        command.args(["--strategy", strategy]);
    }
    command.args(["--batch", "16", "--space"]).arg(space(home.path()));
    Outcome::text(command.arg("--data").arg(&store).arg("--out").arg(&out));
    let found = statistics(&out);
    assert_eq!((&found["uncertainty"], &found["leads"]), (&"test-set".into(), &Value::Null));
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("One seed: how far seeds scatter is not known, so nothing leads"), "{page}");
}
