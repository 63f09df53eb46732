//! Runs from the outside: what a search, a training and an evaluation leave in their folders, that they learn, that they
//! can be repeated to the byte, and how they fail.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::Path;

use genomenas_tests::made_up::write;
use genomenas_tests::runs::{
    self, architecture, bytes, journal, killed, motif_store, motif_table, of_type, quietly, result, run, search, start,
    store_of, timeless, timeless_journal, train, wait_until,
};
use genomenas_tests::{Outcome, built_plugin, genomenas, hostile_plugin, limited, listing, project};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with [`motif_store`] in it.
fn scene() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = motif_store(folder.path());
    (folder, store)
}

fn auroc(metrics: &Value, label: &str) -> f64 {
    let labels = metrics["labels"].as_array().unwrap();
    labels.iter().find(|of| of["name"] == label).unwrap()["auroc"].as_f64().unwrap()
}

#[test]
fn a_search_leaves_its_settings_its_journal_what_it_found_and_its_result() {
    let (folder, store) = scene();
    let out = folder.path().join("found");
    let said = Outcome::json(&mut search(&store, &out, "--json"));
    assert_eq!(
        listing(&out),
        ["architecture.json", "journal.jsonl", "report.html", "result.json", "run.lock", "run.toml", "space.toml"]
    );
    assert_eq!(said, result(&out));
    assert_eq!(
        (&said["state"], &said["trials"], &said["strategy"]),
        (&"done".into(), &3.into(), &"random-search".into())
    );
    let journal = journal(&out);
    assert_eq!(of_type(&journal, "propose", None).len(), 2);
    assert_eq!(of_type(&journal, "end", None).len(), 3);
    assert_eq!(of_type(&journal, "epoch", Some("final")).len(), 0);
}

#[test]
fn what_a_search_found_is_trained_and_scored_again_with_the_same_result() {
    let (folder, store) = scene();
    let (found, trained) = (folder.path().join("found"), folder.path().join("trained"));
    Outcome::text(&mut search(&store, &found, ""));
    let mut training = quietly("train", "--epochs 3 --batch 16");
    Outcome::text(training.arg("--run").arg(&found).arg("--out").arg(&trained));
    assert_eq!(
        listing(&trained),
        [
            "architecture.json",
            "journal.jsonl",
            "report.html",
            "result.json",
            "run.lock",
            "run.toml",
            "weights.safetensors"
        ]
    );
    assert_eq!(bytes(&found, "architecture.json"), bytes(&trained, "architecture.json"));
    let scores = Outcome::json(quietly("evaluate", "--json").arg("--run").arg(&trained));
    let result = result(&trained);
    for (of, average) in [("auroc", "mean"), ("auprc", "mean"), ("f1", "mean"), ("auroc", "defined")] {
        assert_eq!(scores[of][average], result["valid"][of][average], "{of}");
    }
    assert_eq!(scores["labels"], result["valid"]["labels"]);
    let best = result["best_epoch"].as_u64().unwrap();
    let of_best = &journal(&trained)[usize::try_from(best).unwrap() - 1];
    assert_eq!(of_best["epoch"]["auroc"], result["valid"]["auroc"]["mean"]);
}

#[test]
fn an_evaluation_averages_strands_and_groups_gives_intervals_and_writes_every_label() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    Outcome::text(&mut train(&store, &out, "--epochs 2"));
    let groups = write(folder.path(), "groups.tsv", "motif\tmotifs\n");
    let (tsv, parquet) = (folder.path().join("scores.tsv"), folder.path().join("scores.parquet"));
    let mut command = quietly("evaluate", "--json --split test --average-strands --bootstrap 50");
    command.arg("--run").arg(&out).arg("--groups").arg(&groups).arg("--out").arg(&tsv).arg("--out").arg(&parquet);
    let scores = Outcome::json(&mut command);
    assert_eq!(scores, Outcome::json(&mut command), "intervals are a function of the seed");
    let mean = scores["auroc"]["mean"].as_f64().unwrap();
    let end = |name: &str| scores["auroc"]["interval"][name].as_f64().unwrap();
    assert!(end("low") < mean && mean < end("high"), "{scores}");
    assert!((scores["groups"][0]["auroc"]["mean"].as_f64().unwrap() - auroc(&scores, "motif")).abs() < 1e-12);
    // The test split has a threshold of each label, and it is that of the validation split.
    let valid = Outcome::json(quietly("evaluate", "--json --average-strands").arg("--run").arg(&out));
    assert_eq!(scores["labels"][0]["threshold"], valid["labels"][0]["threshold"]);
    let text = fs::read_to_string(&tsv).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.starts_with("label\tgroup\tpositives\tnegatives\tprevalence\tauroc\t"), "{text}");
    assert_eq!(&fs::read(&parquet).unwrap()[..4], b"PAR1");
    let alone = Outcome::json(quietly("evaluate", "--json --split test").arg("--run").arg(&out));
    assert_ne!(alone["loss"], scores["loss"], "two strands are not one");
    for (wrong, told) in [
        ("--bootstrap 50 --bootstrap-by chromosome", "no places in a genome"),
        ("--bootstrap-by window", "--bootstrap"),
        ("--out scores.csv", "neither in .tsv nor in .parquet"),
        ("--confidence 1 --bootstrap 50", "not between 0 and 1"),
    ] {
        let said = Outcome::refusal(quietly("evaluate", wrong).arg("--run").arg(&out), 2);
        assert!(said.contains(told), "{said}");
    }
}

/// A limit on the size of files stands for a full disk: the system refuses the write in the same way.
#[test]
fn scores_that_the_machine_cannot_write_exit_with_1() {
    let (folder, store) = scene();
    let (out, scores) = (folder.path().join("trained"), folder.path().join("scores.tsv"));
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let mut evaluation = quietly("evaluate", "");
    evaluation.arg("--run").arg(&out).arg("--out").arg(&scores);
    let told = Outcome::refusal(&mut limited("trap '' XFSZ; ulimit -f 0", &evaluation), 1);
    assert!(told.contains("cannot write") && told.contains("scores.tsv"), "{told}");
    assert!(!scores.exists());
}

#[test]
fn a_search_that_has_not_ended_cannot_be_trained() {
    let (folder, store) = scene();
    let found = folder.path().join("found");
    assert!(killed(&mut search(&store, &found, ""), || found.join("journal.jsonl").exists()));
    let mut training = quietly("train", "");
    let told = Outcome::refusal(training.arg("--run").arg(&found).arg("--out").arg(folder.path().join("trained")), 2);
    assert!(told.contains("let the search end first"), "{told}");
    assert!(!folder.path().join("trained").exists());
}

#[test]
fn weights_that_do_not_fit_the_architecture_are_refused() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let other =
        fs::read_to_string(architecture(folder.path(), 60, 2)).unwrap().replace("\"kernel\": 9", "\"kernel\": 7");
    let other = write(folder.path(), "other.json", other);
    let evaluation = |architecture: &Path, weights: &Path| {
        let mut command = quietly("evaluate", "--json");
        command.arg("--architecture").arg(architecture).arg("--weights").arg(weights).arg("--data").arg(&store);
        command
    };
    let weights = out.join("weights.safetensors");
    Outcome::json(&mut evaluation(&out.join("architecture.json"), &weights));
    let told = Outcome::refusal(&mut evaluation(&other, &weights), 2);
    assert!(told.contains("[16, 4, 9]") && told.contains("[16, 4, 7]"), "{told}");
    let cut = write(folder.path(), "cut.safetensors", &bytes(&out, "weights.safetensors")[..500]);
    let told = Outcome::refusal(&mut evaluation(&out.join("architecture.json"), &cut), 2);
    assert!(told.contains("cut.safetensors"), "{told}");
}

#[test]
fn a_small_network_learns_a_motif_and_nothing_from_noise() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    Outcome::text(&mut train(&store, &out, "--epochs 15 --patience 0 --test"));
    let result = result(&out);
    for split in ["valid", "test"] {
        let (motif, noise) = (auroc(&result[split], "motif"), auroc(&result[split], "noise"));
        assert!(motif > 0.9, "{split}: motif {motif}");
        // Of 80 rows: two standard deviations are 0.13.
        assert!((0.3..0.7).contains(&noise), "{split}: noise {noise}");
    }
    let losses: Vec<_> = journal(&out).iter().map(|record| record["epoch"]["train_loss"].as_f64().unwrap()).collect();
    assert!(losses.last().unwrap() + 0.1 < losses[0], "{losses:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (folder, store) = scene();
    let at = |name: &str| folder.path().join(name);
    for (out, seed) in [("one", "5"), ("again", "5"), ("other", "6")] {
        Outcome::text(&mut search(&store, &at(out), &format!("--seed {seed}")));
        Outcome::text(&mut train(&store, &at(&format!("{out}-trained")), &format!("--epochs 2 --seed {seed}")));
    }
    let same = |name: &str, file: &str| bytes(&at("one").with_file_name(name), file);
    assert_eq!(bytes(&at("one"), "architecture.json"), same("again", "architecture.json"));
    assert_eq!(timeless_journal(&at("one")), timeless_journal(&at("again")));
    assert_eq!(bytes(&at("one-trained"), "weights.safetensors"), bytes(&at("again-trained"), "weights.safetensors"));
    assert_eq!(timeless(result(&at("one-trained"))), timeless(result(&at("again-trained"))));
    // The proposals, to the byte: no seconds are in them.
    let proposal = |out: &str| journal(&at(out))[0]["proposal"].to_string();
    assert_eq!(proposal("one"), proposal("again"));
    assert_ne!(proposal("one"), proposal("other"));
    assert_ne!(bytes(&at("one-trained"), "weights.safetensors"), bytes(&at("other-trained"), "weights.safetensors"));
}

#[test]
fn the_genomenas_space_is_searched_and_trained_to_the_same_bytes_twice() {
    let (folder, store) = scene();
    let at = |name: &str| folder.path().join(name);
    let sizes = ["cells=1", "channels=2", "nodes=1", "rnn_nodes=1", "decoder_features=8"];
    for out in ["one", "two"] {
        let mut search =
            quietly("search", "--strategy random-search --set trials=2 --set batch=20 --budget 400samples");
        search.args(sizes.iter().flat_map(|size| ["--space-set", size]));
        Outcome::text(search.arg("--data").arg(&store).arg("--out").arg(at(out)));
        let mut training = quietly("train", "--epochs 2 --batch 20");
        Outcome::text(training.arg("--run").arg(at(out)).arg("--out").arg(at(&format!("{out}-trained"))));
    }
    assert_eq!(bytes(&at("one"), "architecture.json"), bytes(&at("two"), "architecture.json"));
    assert_eq!(bytes(&at("one-trained"), "weights.safetensors"), bytes(&at("two-trained"), "weights.safetensors"));
}

#[test]
fn the_test_split_changes_nothing_of_what_is_found_and_trained() {
    let folder = tempfile::tempdir().unwrap();
    let mut left = Vec::new();
    for (name, test_seed) in [("one", 3), ("two", 4)] {
        let home = folder.path().join(name);
        fs::create_dir(&home).unwrap();
        let store = store_of(&home, &motif_table(60, test_seed), "motif,noise");
        Outcome::text(&mut search(&store, &home.join("found"), ""));
        Outcome::text(&mut train(&store, &home.join("trained"), "--epochs 2 --test"));
        assert_eq!(result(&home.join("found"))["test"], Value::Null);
        for run in ["found", "trained"] {
            assert!(!String::from_utf8(bytes(&home.join(run), "journal.jsonl")).unwrap().contains("test"));
        }
        let test = result(&home.join("trained"))["test"].clone();
        left.push((
            bytes(&home.join("found"), "architecture.json"),
            timeless_journal(&home.join("found")),
            bytes(&home.join("trained"), "weights.safetensors"),
            timeless_journal(&home.join("trained")),
            result(&home.join("trained"))["valid"].clone(),
        ));
        left.last().map(|_| assert_eq!(test["rows"], runs::OTHER_ROWS)).unwrap();
    }
    assert_eq!(left[0], left[1]);
}

/// A search by the plugin that misbehaves, with `orders`, of two trials.
fn hostile(store: &Path, out: &Path, orders: &str) -> std::process::Command {
    let trials = if orders.contains("trials=") { "" } else { "--set trials=2" };
    let mut command = search(store, out, &format!("--strategy hostile {trials} --budget 960samples"));
    command.args(orders.split_whitespace().flat_map(|order| ["--set", order])).arg("--plugins").arg(hostile_plugin());
    if orders.contains("once=") {
        // It writes that file.
        command.env("GENOMENAS_WITHOUT", "landlock");
    }
    command
}

#[test]
fn a_plugin_that_crashes_in_a_run_is_started_again_and_the_run_ends_as_if_it_had_not() {
    let (folder, store) = scene();
    let at = |name: &str| folder.path().join(name);
    Outcome::text(&mut hostile(&store, &at("undisturbed"), ""));
    for (number, (misbehave, hook, call)) in
        [("segfault", "update", 1), ("recurse", "update", 4), ("exit", "discard", 2), ("abort", "propose", 2)]
            .into_iter()
            .enumerate()
    {
        let (out, once) = (at(&format!("{number}")), at(&format!("{number}.once")));
        let orders = format!("misbehave={misbehave} hook={hook} call={call} once={}", once.display());
        let outcome = Outcome::of(&mut hostile(&store, &out, &orders));
        assert_eq!(outcome.code, Some(0), "{misbehave}: {}", outcome.stderr);
        assert!(once.exists() && outcome.stderr.contains("started again and taken to where it was"), "{outcome:?}");
        assert_eq!(timeless_journal(&out), timeless_journal(&at("undisturbed")), "{misbehave}");
        assert_eq!(timeless(result(&out)), timeless(result(&at("undisturbed"))), "{misbehave}");
    }
}

#[test]
fn after_three_crashes_the_run_has_failed_and_its_journal_is_whole() {
    let (folder, store) = scene();
    let out = folder.path().join("found");
    let told = Outcome::refusal(&mut hostile(&store, &out, "misbehave=segfault hook=update call=3"), 1);
    assert!(told.contains("That was crash 3 of strategy `hostile`, so the run is given up"), "{told}");
    let result = result(&out);
    assert_eq!((&result["state"], &result["reason"]), (&"failed".into(), &told.clone().into()));
    assert_eq!(journal(&out).len(), 3, "the proposal and two epochs");
    assert!(!out.join("architecture.json").exists());
    assert_eq!(Outcome::refusal(&mut run(&out), 1), told, "it stays as it ended");
}

#[test]
fn a_strategy_that_gives_up_fails_its_run_with_its_own_words() {
    let (folder, store) = scene();
    let out = folder.path().join("found");
    let told = Outcome::refusal(&mut hostile(&store, &out, "misbehave=error hook=update call=2"), 1);
    assert_eq!(told, "strategy `hostile` of plugin genomenas-tests failed in update: ordered to fail in update");
    assert_eq!(result(&out)["reason"], told.as_str());
    let told = Outcome::refusal(&mut hostile(&store, &folder.path().join("idle"), "trials=0"), 1);
    assert_eq!(told, "strategy hostile waits, and nothing is under way");
}

#[test]
fn a_plugin_file_that_is_replaced_or_removed_during_a_run_does_no_harm() {
    let (folder, store) = scene();
    let at = |name: &str| folder.path().join(name);
    let plugin = at("librandom_search.so");
    let long = |out: &Path| {
        let mut command = search(&store, out, "--budget 4800samples");
        command.arg("--plugins").arg(&plugin);
        command
    };
    let copy = || fs::copy(built_plugin("random-search"), &plugin).unwrap();
    copy();
    Outcome::text(&mut long(&at("undisturbed")));
    for (name, remove) in [("replaced", false), ("removed", true)] {
        copy();
        let out = at(name);
        let child = start(&mut long(&out));
        wait_until("an epoch ended", || !of_type(&journal(&out), "epoch", None).is_empty());
        if remove {
            fs::remove_file(&plugin).unwrap();
        } else {
            // In place, as a build or `cp` would.
            write(folder.path(), "librandom_search.so", "something else");
        }
        assert!(child.wait_with_output().unwrap().status.success(), "{name}");
        assert_eq!(bytes(&out, "architecture.json"), bytes(&at("undisturbed"), "architecture.json"), "{name}");
    }
    // Killed in the middle, with the file gone: it goes on with its own copy.
    copy();
    let out = at("killed");
    assert!(killed(&mut long(&out), || !of_type(&journal(&out), "epoch", None).is_empty()));
    fs::remove_file(&plugin).unwrap();
    let outcome = Outcome::of(&mut run(&out));
    if outcome.code == Some(0) {
        assert_eq!(bytes(&out, "architecture.json"), bytes(&at("undisturbed"), "architecture.json"));
    } else {
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains("librandom_search.so"), "{outcome:?}");
    }
}

#[test]
fn another_store_under_the_same_path_is_refused() {
    let (folder, store) = scene();
    let out = folder.path().join("found");
    assert!(killed(&mut search(&store, &out, ""), || !of_type(&journal(&out), "epoch", None).is_empty()));
    let before = (listing(&out), bytes(&out, "journal.jsonl"));
    let whole = fs::read(&store).unwrap();
    fs::remove_file(&store).unwrap();
    store_of(folder.path(), &motif_table(60, 9), "motif,noise");
    let told = Outcome::refusal(&mut run(&out), 2);
    assert!(told.contains("store.arrow is not the data that the run was made for"), "{told}");
    assert_eq!(before, (listing(&out), bytes(&out, "journal.jsonl")));
    write(folder.path(), "store.arrow", whole);
    Outcome::text(&mut run(&out));
}

#[test]
fn a_training_that_diverges_is_a_failed_run_that_says_when_and_what_to_do() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    // Nothing holds the values of this network back: each step makes the next one larger.
    let text = fs::read_to_string(architecture(folder.path(), 60, 2)).unwrap();
    let text = text.replace("\"activation\", \"function\": \"relu\"", "\"identity\"").replace("_max_", "_avg_");
    let architecture = write(folder.path(), "linear.json", text);
    let recipe = write(
        folder.path(),
        "recipe.toml",
        "clip = { type = 'none' }\ncnn.algorithm = { type = 'sgd', momentum = 0.9 }",
    );
    let mut training = quietly("train", "--learning-rate 999999 --batch 16");
    training.arg("--architecture").arg(architecture).arg("--recipe").arg(recipe);
    let told = Outcome::refusal(training.arg("--data").arg(&store).arg("--out").arg(&out), 1);
    assert!(told.contains("in epoch 1 by step") && told.contains("lower the learning rate or clip"), "{told}");
    assert_eq!(result(&out)["reason"], told.as_str());
    assert!(!out.join("weights.safetensors").exists());
}

#[test]
fn a_batch_larger_than_the_training_split_is_wrong_use() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    let told = Outcome::refusal(&mut train(&store, &out, "--batch 241"), 2);
    assert!(told.contains("a batch of 241 is larger than the training split of 240 rows"), "{told}");
    assert!(!out.exists(), "a run that cannot begin leaves no folder");
}

#[test]
fn a_folder_with_another_run_or_other_files_is_left_alone() {
    let (folder, store) = scene();
    let out = folder.path().join("trained");
    Outcome::text(&mut train(&store, &out, "--epochs 1"));
    let before = bytes(&out, "weights.safetensors");
    let told = Outcome::refusal(&mut train(&store, &out, "--epochs 2"), 2);
    assert!(told.contains("holds another run: final.epochs is 1 there and 2 here"), "{told}");
    assert_eq!(before, bytes(&out, "weights.safetensors"));
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    write(&own, "thesis.tex", "years");
    let told = Outcome::refusal(&mut train(&store, &own, ""), 2);
    assert!(told.contains("thesis.tex"), "{told}");
    assert_eq!(listing(&own), ["thesis.tex"]);
}

/// A shell in a mount namespace of its own, in which `$DISK` is an empty disk of so many KiB.
fn with_disk(folder: &Path, size: u32, script: &str) -> Option<String> {
    let disk = folder.join("disk");
    fs::create_dir_all(&disk).unwrap();
    let probe = std::process::Command::new("unshare")
        .args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "none"])
        .arg(&disk)
        .output();
    if !probe.is_ok_and(|output| output.status.success()) {
        project::skip("a small disk cannot be mounted here (unshare --mount --map-root-user)");
        return None;
    }
    let program = genomenas();
    let mut command = std::process::Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c"]);
    command.arg(format!("set -u; mount -t tmpfs -o size={size}k none \"$DISK\"; {script}"));
    command.env("DISK", &disk).env("GENOMENAS", program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let outcome = Outcome::of(&mut command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    Some(outcome.stdout)
}

#[test]
fn a_full_disk_stops_a_run_with_a_clear_word_and_it_goes_on_once_there_is_space() {
    let (folder, store) = scene();
    let undisturbed = folder.path().join("undisturbed");
    Outcome::text(&mut train(&store, &undisturbed, "--epochs 4"));
    let architecture = architecture(folder.path(), 60, 2);
    // The disk holds more and more of the run, until it holds all of it.
    for size in [8, 24, 36, 48] {
        let training = format!(
            "\"$GENOMENAS\" train --architecture '{}' --data '{}' --out \"$DISK/run\" --batch 16 --learning-rate 0.01 --epochs 4 --device cpu --threads 1",
            architecture.display(),
            store.display()
        );
        let script = format!(
            "{training} >\"$DISK.out\" 2>\"$DISK.err\"; echo code $?; \
             grep '^error' \"$DISK.err\"; find \"$DISK\" -name '*.part' | sed 's/^/left over: /'; test -e \"$DISK/run/result.json\" && echo ended; \
             mount -o remount,size=1m \"$DISK\"; {training} >\"$DISK.out\" 2>\"$DISK.err\"; echo then code $?; \
             cat \"$DISK.err\" >&2; cp \"$DISK/run/weights.safetensors\" \"$DISK.weights\""
        );
        let Some(said) = with_disk(folder.path(), size, &script) else { return };
        let full = said.contains("code 1\n");
        assert_eq!(full, said.contains("No space left on device"), "{size}: {said}");
        assert_eq!(!full, said.contains("ended\n"), "{size}: {said}");
        assert!(!said.contains("left over"), "{size}: {said}");
        assert!(said.contains("then code 0\n"), "{size}: {said}");
        let weights = fs::read(folder.path().join("disk.weights")).unwrap();
        assert!(weights == bytes(&undisturbed, "weights.safetensors"), "{size}: other weights");
    }
}
