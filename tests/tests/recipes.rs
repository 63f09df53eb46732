//! By which recipe a comparison trains what each entry found: one for all, each one's own, or the best of a few.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use genomenas_tests::leaderboard::leaderboard;
use genomenas_tests::made_up::write;
use genomenas_tests::runs::{
    bytes, journal, killed, motif_store, of_type, quietly, result, run, space, timeless, timeless_journal,
};
use genomenas_tests::{Outcome, genomenas, scripted_plugin};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A baseline with a recipe that differs from the common one in every number.
const LSTM: &str = "lstm hidden=2 batch=8 epochs=3 learning_rate=0.02 name=small";
/// Two trainings of every run, of which the first learns next to nothing.
const TUNED: &str = "recipe = 'tuned'\ntune = { learning_rate = [0.0001, 0.02], weight_decay = [0] }";

fn home() -> &'static Path {
    static HOME: OnceLock<TempDir> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        motif_store(home.path());
        space(home.path());
        home
    })
    .path()
}

/// A comparison of a baseline, random search and a linear model, whose file has `more`, in `out` of the home.
fn compare(out: &str, more: &str) -> Command {
    let (more, training) = more.split_once("[final]").unwrap_or((more, ""));
    let text = format!(
        "data = 'store.arrow'\nspace = 'motifs.toml'\nbudget = '480samples'\nseeds = [1]\ncontrol = false\n\
         strategies = ['{LSTM}', 'random-search trials=2 batch=16 name=search', 'majority']\n{more}\n\
         [final]\nepochs = 2\nbatch = 16\n{training}"
    );
    let file = write(home(), &format!("{out}.toml"), text);
    let mut command = genomenas();
    command.args("compare --jobs 2 --threads 2 --device cpu".split_whitespace());
    command.arg(file).arg("--out").arg(home().join(out));
    command
}

/// The comparison of this name, done once for all tests.
fn done(cell: &OnceLock<PathBuf>, out: &str, more: &str) -> PathBuf {
    let make = || {
        Outcome::text(&mut compare(out, more));
        home().join(out)
    };
    cell.get_or_init(make).clone()
}

fn own() -> PathBuf {
    static DONE: OnceLock<PathBuf> = OnceLock::new();
    done(&DONE, "own", "recipe = 'own'")
}

fn tuned() -> PathBuf {
    static DONE: OnceLock<PathBuf> = OnceLock::new();
    done(&DONE, "tuned", TUNED)
}

fn common() -> PathBuf {
    static DONE: OnceLock<PathBuf> = OnceLock::new();
    done(&DONE, "common", "")
}

fn run_of(out: &Path, entry: &str) -> PathBuf {
    out.join("runs").join(entry).join("seed-1")
}

fn text(folder: &Path, name: &str) -> String {
    String::from_utf8(bytes(folder, name)).unwrap()
}

fn report(out: &Path) -> String {
    Outcome::text(genomenas().arg("report").arg(out))
}

/// The column of the leaderboard's file, by the names of the entries.
fn column(out: &Path, name: &str) -> Vec<(String, String)> {
    let rows = leaderboard(out);
    let at = |name: &str| rows[0].iter().position(|header| header == name);
    let (names, Some(values)) = (at("name").unwrap(), at(name)) else { return Vec::new() };
    rows[1..].iter().map(|row| (row[names].clone(), row[values].trim_matches('"').to_owned())).collect()
}

fn of<'a>(column: &'a [(String, String)], entry: &str) -> &'a str {
    &column.iter().find(|(name, _)| name == entry).unwrap().1
}

/// What `train` makes of what this run found, with the seed of the comparison and on one thread, as there.
fn trained(found: &Path, name: &str, options: &str) -> PathBuf {
    let out = home().join(name);
    let mut train = quietly("train", &format!("--seed 1 --test {options}"));
    train.arg("--run");
    Outcome::text(train.arg(found).arg("--out").arg(&out));
    out
}

#[test]
fn by_its_own_recipe_each_entry_is_trained_as_its_trials_were() {
    let out = own();
    for entry in ["small", "search"] {
        let found = run_of(&out, entry);
        let alone = trained(&found, &format!("own-{entry}"), "--recipe own");
        assert!(bytes(&alone, "weights.safetensors") == bytes(&found, "weights.safetensors"), "{entry}");
        assert_eq!(result(&alone)["test"], result(&found)["test"]);
        let plan = &result(&found)["final_plan"];
        let records = journal(&found);
        let trial = &of_type(&records, "propose", None)[0]["proposal"]["trials"][0]["plan"];
        assert!(!trial.is_null(), "{:?}", records[0]);
        for setting in ["epochs", "batch", "cnn"] {
            assert_eq!(plan[setting], trial[setting], "{entry}");
        }
    }
    let plan = result(&run_of(&out, "small"))["final_plan"].clone();
    assert_eq!((&plan["epochs"], &plan["batch"], &plan["cnn"]["learning_rate"]), (&json!(3), &json!(8), &json!(0.02)));
}

#[test]
fn final_trainings_that_differ_are_said_to_and_each_recipe_is_shown() {
    let out = own();
    let said = report(&out);
    assert!(said.contains("final trainings differ: what each entry found was trained by the plan"), "{said}");
    for line in ["  small: epochs: at most 3; ", "  search: epochs: "] {
        assert!(said.lines().any(|said| said.starts_with(line)), "{line}: {said}");
    }
    assert!(said.contains("learning rate 0.02"), "{said}");
    assert!(said.contains("trained to the optimum of a convex loss, in place of another recipe: majority"), "{said}");
    let page = text(&out, "report.html");
    assert!(page.contains("a final training by its own recipe") && page.contains("learning rate 0.02"), "the page");
    assert!(!page.contains("the same final training"), "the page");
    let recipes = column(&out, "final_recipe");
    assert!(of(&recipes, "small").starts_with("epochs: at most 3; "), "{recipes:?}");
    assert_eq!(of(&recipes, "majority"), "to the optimum");
    let comparison: Value = serde_json::from_slice(&bytes(&out, "comparison.json")).unwrap();
    assert_eq!(comparison["recipes"], "own");
    let run = report(&run_of(&out, "small"));
    assert!(!run.is_empty());
    let page = text(&run_of(&out, "small"), "report.html");
    assert!(page.contains("that of the trials of its search"), "the page of the run");
}

#[test]
fn an_entry_whose_search_trained_nothing_is_trained_by_the_common_recipe_and_that_is_said() {
    let script = json!({
        "proposals": [], "discards": {}, "repeats": {}, "long": 0, "wasteful": false,
        "best": {"type": "selection", "selection": {"kernel": "9", "function": "relu"}}
    });
    let out = home().join("untrained");
    let strategies = format!(
        "data = 'store.arrow'\nspace = 'motifs.toml'\nbudget = '480samples'\nseeds = [1]\ncontrol = false\n\
         recipe = 'own'\n[[strategies]]\nid = 'scripted'\nname = 'untrained'\nparameters = {{ script = '{script}' }}\n\
         [final]\nepochs = 2\nbatch = 16\n"
    );
    let file = write(home(), "untrained.toml", strategies);
    let mut command = genomenas();
    command.args("compare --jobs 1 --threads 1 --device cpu".split_whitespace()).arg(file).arg("--out").arg(&out);
    let said = Outcome::text(command.arg("--plugins").arg(scripted_plugin()));
    assert!(said.contains("  untrained: the common recipe, since its search trained nothing"), "{said}");
    let found = run_of(&out, "untrained");
    assert_eq!(result(&found)["final_plan"], Value::Null);
    assert_eq!(of_type(&journal(&found), "epoch", Some("final")).len(), 2);
}

#[test]
fn of_the_tuned_recipes_the_best_on_validation_is_kept_and_the_cost_of_all_is_counted() {
    let out = tuned();
    for entry in ["small", "search"] {
        let found = run_of(&out, entry);
        let ended = result(&found);
        let all = ended["tuned"].as_array().unwrap();
        let rates: Vec<_> = all.iter().map(|training| training["learning_rate"].as_f64().unwrap()).collect();
        assert_eq!(rates, [0.0001, 0.02]);
        let scores: Vec<_> = all.iter().map(|training| training["score"].as_f64().unwrap()).collect();
        let kept = all.iter().rposition(|training| training["best"] == true).unwrap();
        assert!(scores.iter().all(|score| *score <= scores[kept]), "{ended}");
        let aurocs: Vec<f64> =
            ended["valid"]["labels"].as_array().unwrap().iter().map(|label| label["auroc"].as_f64().unwrap()).collect();
        assert!((aurocs.iter().sum::<f64>() / aurocs.len() as f64 - scores[kept]).abs() < 1e-9, "{ended}");
        assert_eq!(ended["final_plan"]["cnn"]["learning_rate"], all[kept]["learning_rate"]);
        for unit in ["samples", "multiply_adds"] {
            let sum: u64 = all.iter().map(|training| training["cost"][unit].as_u64().unwrap()).sum();
            assert_eq!(ended["final"][unit], json!(sum), "{entry}");
            let once = result(&run_of(&common(), entry))["final"][unit].as_u64().unwrap();
            assert_eq!(sum, 2 * once, "{entry}: two trainings of two epochs");
        }
        let records = journal(&found);
        let written: Vec<Value> = of_type(&records, "tuned", None)
            .into_iter()
            .map(|record| {
                let mut record = record.clone();
                record.as_object_mut().unwrap().retain(|name, _| !["type", "chain"].contains(&name.as_str()));
                record
            })
            .collect();
        assert_eq!(&written, all, "the journal says the same");
        // As if that recipe alone had been asked for.
        let rate = format!("--epochs 2 --batch 16 --learning-rate {}", rates[kept]);
        let alone = trained(&found, &format!("tuned-{entry}"), &rate);
        assert!(bytes(&alone, "weights.safetensors") == bytes(&found, "weights.safetensors"), "{entry}");
        assert_eq!(result(&alone)["test"], ended["test"]);
        assert!(!found.join("checkpoints").exists());
    }
}

#[test]
fn what_won_stands_in_the_leaderboard_and_on_both_pages() {
    let out = tuned();
    let said = report(&out);
    assert!(said.contains("learning rate and weight decay were tuned for each run, of 2 trainings"), "{said}");
    let recipes = column(&out, "final_recipe");
    let page = text(&out, "report.html");
    for entry in ["small", "search"] {
        let kept = &result(&run_of(&out, entry))["final_plan"]["cnn"]["learning_rate"];
        let words = format!("learning rate {kept}, weight decay 0");
        assert!(said.lines().any(|line| *line == format!("  {entry}: {words}")), "{words}: {said}");
        assert_eq!(of(&recipes, entry), words);
        assert!(page.contains(&format!("{entry}: {words}")), "the page");
        let of_run = text(&run_of(&out, entry), "report.html");
        assert!(of_run.contains(", kept") && of_run.contains("training 2"), "the page of the run");
    }
    let samples = column(&out, "training_samples");
    assert_eq!(of(&samples, "small"), result(&run_of(&out, "small"))["final"]["samples"].to_string());
}

#[test]
fn linear_models_are_left_at_their_optimum_whatever_the_recipes() {
    for out in [own(), tuned()] {
        let ended = result(&run_of(&out, "majority"));
        assert_eq!(
            (&ended["trained_to_optimum"], &ended["tuned"], &ended["final_plan"]),
            (&json!(true), &Value::Null, &Value::Null)
        );
        assert_eq!(ended["test"], result(&run_of(&common(), "majority"))["test"]);
    }
    let said = report(&tuned());
    assert!(
        said.contains("trained to the optimum of a convex loss, in place of the tuned recipes: majority"),
        "{said}"
    );
}

#[test]
fn a_run_that_is_killed_between_its_trainings_ends_with_the_same_bytes() {
    static DONE: OnceLock<PathBuf> = OnceLock::new();
    let more = "recipe = 'tuned'\ntune = { learning_rate = [0.02, 0.005, 0.01], weight_decay = [0, 0.001] }";
    let whole = done(&DONE, "six", more);
    let mut hit = 0;
    for moment in 1..=3 {
        let name = format!("six-killed-{moment}");
        let found = run_of(&home().join(&name), "search");
        hit +=
            u32::from(killed(&mut compare(&name, more), || of_type(&journal(&found), "tuned", None).len() >= moment));
        Outcome::text(genomenas().args(["compare", "--out"]).arg(home().join(&name)));
        for entry in ["small", "search"] {
            let (expected, found) = (run_of(&whole, entry), run_of(&home().join(&name), entry));
            assert!(bytes(&found, "weights.safetensors") == bytes(&expected, "weights.safetensors"), "{name} {entry}");
            assert_eq!(timeless(result(&found)), timeless(result(&expected)), "{name} {entry}");
            assert_eq!(timeless_journal(&found), timeless_journal(&expected), "{name} {entry}");
            assert!(!found.join("checkpoints").exists());
        }
    }
    assert!(hit > 0, "none was killed");
    // A run that is over says so again.
    Outcome::text(&mut run(&run_of(&whole, "search")));
}

#[test]
fn a_recipe_that_diverges_loses_and_a_run_of_which_all_do_has_failed_with_the_reason() {
    // SGD multiplies weights by 1 - rate * decay in every step.
    let more = "recipe = 'tuned'\ntune = { learning_rate = [100000, 0.02], weight_decay = [1] }\n\
                [final]cnn.algorithm = { type = 'sgd', momentum = 0.0 }\n";
    Outcome::text(&mut compare("diverges", more));
    let ended = result(&run_of(&home().join("diverges"), "search"));
    let all = ended["tuned"].as_array().unwrap();
    assert!(all[0]["failed"].as_str().unwrap().contains("loss") && all[1]["best"] == true, "{ended}");
    assert_eq!(ended["final_plan"]["cnn"]["learning_rate"], 0.02);
    let said = report(&home().join("diverges"));
    assert!(said.contains("  search: learning rate 0.02, weight decay 1 (1 of 2 failed)"), "{said}");

    let ended = Outcome::of(&mut compare("all-diverge", &more.replace(", 0.02]", "]")));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let reason = result(&run_of(&home().join("all-diverge"), "search"))["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("none of its 1 final trainings came to anything") && reason.contains("loss"), "{reason}");
}

#[test]
fn what_nobody_asks_for_leaves_no_trace_and_common_is_what_nothing_is() {
    let plain = common();
    for name in ["comparison.toml", "comparison.json", "leaderboard.csv"] {
        let text = text(&plain, name);
        for word in ["recipes", "tune", "final_recipe", "own_recipe"] {
            assert!(!text.contains(word), "{name} has {word}: {text}");
        }
    }
    assert!(!text(&plain, "comparison.toml").contains("\nrecipe = "));
    for name in ["run.toml", "result.json"] {
        let text = text(&run_of(&plain, "small"), name);
        assert!(["tune", "own_recipe", "final_plan"].iter().all(|word| !text.contains(word)), "{name}: {text}");
    }
    Outcome::text(compare("said", "").args(["--recipe", "common"]));
    let same =
        |name: &str| bytes(&run_of(&plain, "small"), name) == bytes(&run_of(&home().join("said"), "small"), name);
    assert!(same("run.toml") && same("weights.safetensors"));
}

#[test]
fn values_that_nobody_gives_are_three_rates_and_two_decays_and_a_dry_run_counts_the_trainings() {
    let dry = |out: &str, options: &[&str]| {
        let mut command = compare(out, "");
        let ended = Outcome::of(command.arg("--dry-run").args(options));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!home().join(out).exists());
        ended
    };
    let tuned = dry("dry", &["--recipe", "tuned"]);
    let words = "learning rate 0.0003, 0.001 or 0.003 × weight decay 0 or 0.0001, the best by validation AUROC is kept";
    assert!(tuned.stdout.contains(&format!("training: 6 of each run ({words})")), "{tuned:?}");
    assert!(tuned.stdout.contains("trained once, to their optimum: majority"), "{tuned:?}");
    assert!(tuned.stdout.contains("one recipe for all in place of 6 for each run (--recipe common)"), "{tuned:?}");
    assert!(tuned.stderr.contains("trains what it found 6 times"), "{tuned:?}");
    let two = dry("dry", &["--recipe", "tuned", "--tune", "learning_rate=0.01", "--tune", "weight_decay=0,0.1"]);
    assert!(two.stdout.contains("training: 2 of each run"), "{two:?}");
    let own = dry("dry", &["--recipe", "own"]);
    assert!(
        own.stdout.contains("of each entry by the plan of its trials") && !own.stdout.contains("not measured"),
        "{own:?}"
    );
}

#[test]
fn a_comparison_goes_on_with_its_own_recipes_alone() {
    let out = tuned();
    let plan: toml::Table = text(&out, "comparison.toml").parse().unwrap();
    assert_eq!((plan["recipe"].as_str(), plan["tune"]["by"].as_str()), (Some("tuned"), Some("auroc")));
    let going_on = |options: &[&str]| {
        let mut command = genomenas();
        command.args(["compare", "--out"]).arg(&out).args(options);
        command
    };
    let before = bytes(&out, "leaderboard.csv");
    Outcome::text(&mut going_on(&[]));
    Outcome::text(&mut going_on(&["--recipe", "tuned"]));
    assert!(bytes(&out, "leaderboard.csv") == before);
    for options in [&["--recipe", "own"][..], &["--tune", "learning_rate=0.5"]] {
        let told = Outcome::refusal(&mut going_on(options), 2);
        assert!(told.contains("holds another comparison: "), "{told}");
    }
}

#[test]
fn recipes_that_would_be_passed_over_or_cannot_be_are_refused_before_anything_is_made() {
    for (more, options, why) in [
        ("", &["--tune", "learning_rate=0.1"][..], "act on `--recipe tuned`, and the recipe is common"),
        ("recipe = 'own'", &["--tune", "learning_rate=0.1"], "the recipe is own"),
        ("", &["--recipe", "tuned", "--learning-rate", "0.1"], "give the values to try, --tune learning_rate=0.1"),
        ("", &["--recipe", "tuned", "--tune", "batch=8"], "only learning_rate and weight_decay can be tuned"),
        ("", &["--recipe", "tuned", "--tune", "learning_rate=-1"], "expected a number above 0"),
        ("", &["--recipe", "tuned", "--tune", "learning_rate=0.1,0.1"], "has the value 0.1 twice"),
        ("", &["--recipe", "best"], "--recipe best: expected common, own, tuned or the file of a recipe"),
        ("recipe = 'best'", &[], "unknown variant `best`"),
        ("recipe = 'tuned'\ntune = { momentum = [0.9] }", &[], "unknown field `momentum`"),
        ("recipe = 'tuned'\ntune = { weight_decay = [] }", &[], "are an empty list"),
    ] {
        let told = Outcome::refusal(compare("refused", more).args(options), 2);
        assert!(told.contains(why), "{options:?}: {told}");
        assert!(!home().join("refused").exists());
    }
    let mut train = quietly("train", "--strategy lstm --recipe tuned");
    let out = home().join("refused");
    let told = Outcome::refusal(train.arg("--data").arg(home().join("store.arrow")).arg("--out").arg(&out), 2);
    assert!(told.contains("`--recipe tuned` is for `genomenas compare`"), "{told}");
    assert!(!out.exists());
}
