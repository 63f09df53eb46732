//! The plugin boundary under attack: whatever a plugin does, the host lives, says what happened, and goes on where it
//! can.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use genomenas::Error;
use genomenas::plugins::folders::{Folder, Reach};
use genomenas::plugins::{Deadlines, Limits, PluginInstance, StrategyRegistry, listing};
use genomenas_plugin::engine::{Call, Hooks as _};
use genomenas_plugin::message::{
    Alphas, Ask, Budget, Cost, DataInfo, Discard, Proposal, Report, Setup, StrategyKind, Task, TrialId, Unit,
};
use genomenas_plugin::space::GenomeNas;
use genomenas_tests::hostile_plugin;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A plugin folder with the hostile plugin in it.
struct Scene {
    folder: TempDir,
    registry: StrategyRegistry,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(hostile_plugin(), folder.path().join("libhostile.so")).unwrap();
        let registry = scan(folder.path());
        Self { folder, registry }
    }

    fn start(&self, orders: &Value) -> Result<PluginInstance, Error> {
        self.start_with(orders, Limits::default())
    }

    fn start_with(&self, orders: &Value, limits: Limits) -> Result<PluginInstance, Error> {
        PluginInstance::start(&self.registry.strategy("hostile").unwrap(), &setup(orders), limits)
    }

    /// An instance that misbehaves once and behaves after it was started again.
    fn start_once(&self, misbehave: &str, hook: &str, call: u64) -> PluginInstance {
        let once = self.folder.path().join("done");
        let orders = json!({"misbehave": misbehave, "hook": hook, "call": call, "once": once});
        // It writes that file.
        self.start_with(&orders, Limits { confined: false, ..Limits::default() }).unwrap()
    }

    /// What the host says of an instance that misbehaves at every first proposal.
    fn end_of(&self, misbehave: &str) -> Error {
        self.start(&json!({"misbehave": misbehave})).unwrap().propose(&ask()).unwrap_err()
    }
}

pub(crate) fn scan(folder: &Path) -> StrategyRegistry {
    StrategyRegistry::scan(&[Folder { path: folder.to_owned(), reach: Reach::Tree }])
}

pub(crate) fn setup(orders: &Value) -> Setup {
    Setup {
        protocol: "1.0".to_owned(),
        seed: 7,
        parameters: orders.as_object().unwrap().clone(),
        space: GenomeNas::new(100, 2).space().unwrap(),
        data: DataInfo {
            length: 100,
            labels: 2,
            task: Task::MultiLabel,
            train_rows: 10,
            valid_rows: 10,
            reversible: true,
        },
        budget: BUDGET,
        threads: 1,
    }
}

const BUDGET: Budget = Budget { amount: 100, unit: Unit::Samples };

pub(crate) fn ask() -> Ask {
    Ask { budget: BUDGET, remaining: 50, used: Cost::default(), next_trial: TrialId(0), in_flight: vec![], slots: 1 }
}

fn report() -> Report {
    Report {
        trial: TrialId(3),
        cost: Cost { seconds: 0.1, ..Cost::default() },
        remaining: 1,
        epoch: None,
        score: None,
        alphas: Alphas::default(),
        drawn_anew: None,
        end: None,
    }
}

/// The log of this process, for a test to read.
struct CaughtLog;

static LINES: Mutex<String> = Mutex::new(String::new());
thread_local! {
    static LINES_OF_THREAD: RefCell<String> = const { RefCell::new(String::new()) };
}

impl CaughtLog {
    fn start() {
        log::set_max_level(log::LevelFilter::Info);
        // Another test may have set it before.
        let _ = log::set_logger(&Self);
    }

    fn of_all_threads() -> String {
        LINES.lock().unwrap().clone()
    }

    fn of_this_thread() -> String {
        LINES_OF_THREAD.with_borrow(String::clone)
    }
}

impl log::Log for CaughtLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        LINES.lock().unwrap().push_str(&line);
        LINES_OF_THREAD.with_borrow_mut(|lines| lines.push_str(&line));
    }

    fn flush(&self) {}
}

/// What a well-behaved instance discards after so many proposals and updates.
fn dropped(proposals: u64, updates: u64) -> Vec<Discard> {
    vec![Discard::Trial { trial: TrialId(proposals * 1000 + updates) }]
}

#[test]
fn the_manifest_is_read_without_loading_the_library() {
    let scene = Scene::new();
    let manifest = scene.registry.found()[0].manifest.clone().unwrap();
    assert_eq!((manifest.id.as_str(), manifest.license.as_str()), ("genomenas-tests", "MIT OR Apache-2.0"));
    let strategies: Vec<_> = manifest.strategies.iter().map(|s| (s.id.as_str(), s.kind)).collect();
    let search = StrategyKind::Search;
    assert_eq!(strategies, [("another-hostile", StrategyKind::Baseline), ("hostile", search), ("reaching", search)]);
    assert_eq!(manifest.strategies[1].parameters["properties"]["call"]["minimum"], 1);
}

#[test]
fn the_listing_shows_strategies_parameters_and_refused_files() {
    let scene = Scene::new();
    fs::File::create(scene.folder.path().join("notes.so")).unwrap();
    let registry = scan(scene.folder.path());
    let rows: Vec<_> = listing::rows(&registry).into_iter().map(|row| (row.strategy, row.kind, row.about)).collect();
    let expected = [
        ("another-hostile", "baseline", "The same, without orders."),
        ("hostile", "search", "Does what its orders say, which is nothing good."),
        ("reaching", "search", "Reaches out of its process."),
        ("", "refused", "it is an empty file: a plugin is an ELF shared library (.so)"),
    ];
    assert_eq!(rows, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    let details = listing::details(&registry, "hostile").unwrap();
    let call = details.parameters.iter().find(|parameter| parameter.name == "call").unwrap();
    assert_eq!((call.takes.as_str(), call.default.as_str()), ("integer of at least 1", "1"));
}

#[test]
fn every_hook_works_and_a_saved_state_is_where_another_instance_begins() {
    let scene = Scene::new();
    let mut instance = scene.start(&json!({})).unwrap();
    assert_eq!(instance.propose(&ask()).unwrap(), Proposal::Wait);
    instance.update(&report()).unwrap();
    assert_eq!(instance.discard(&report()).unwrap(), dropped(1, 1));
    let state = instance.save().unwrap();
    assert_eq!(instance.calls(), []);
    instance.update(&report()).unwrap();
    let calls = instance.calls().to_vec();
    drop(instance);

    let choice = scene.registry.strategy("hostile").unwrap();
    let mut resumed =
        PluginInstance::resume(&choice, &setup(&json!({})), Limits::default(), Some(state), calls).unwrap();
    assert_eq!(resumed.discard(&report()).unwrap(), dropped(1, 2));
}

#[test]
fn a_crash_of_any_kind_in_any_hook_is_survived() {
    for misbehave in ["panic", "panic-payload", "segfault", "abort", "exit", "recurse"] {
        for hook in ["propose", "update", "discard"] {
            let scene = Scene::new();
            let mut instance = scene.start_once(misbehave, hook, 2);
            for round in 1..=3 {
                instance.propose(&ask()).unwrap();
                instance.update(&report()).unwrap();
                assert_eq!(instance.discard(&report()).unwrap(), dropped(round, round), "{misbehave} in {hook}");
            }
            assert_eq!(instance.crashes(), 1, "{misbehave} in {hook}");
        }
    }
}

#[test]
fn a_crash_while_saving_loses_nothing() {
    let scene = Scene::new();
    let mut instance = scene.start_once("segfault", "save", 1);
    instance.propose(&ask()).unwrap();
    instance.save().unwrap();
    assert_eq!(instance.discard(&report()).unwrap(), dropped(1, 0));
}

#[test]
fn a_crash_after_a_save_goes_on_from_the_saved_state() {
    let scene = Scene::new();
    let mut instance = scene.start_once("abort", "update", 1);
    instance.propose(&ask()).unwrap();
    instance.save().unwrap();
    instance.propose(&ask()).unwrap();
    instance.update(&report()).unwrap();
    assert_eq!(instance.discard(&report()).unwrap(), dropped(2, 1));
    assert_eq!(instance.crashes(), 1);
}

#[test]
fn a_process_that_is_killed_from_outside_is_replaced() {
    let scene = Scene::new();
    let mut instance = scene.start(&json!({})).unwrap();
    instance.propose(&ask()).unwrap();
    let pid = instance.pid().unwrap();
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    assert_eq!(instance.discard(&report()).unwrap(), dropped(1, 0));
    assert_ne!(instance.pid().unwrap(), pid);
}

#[test]
fn crashes_with_good_work_between_them_do_not_add_up() {
    let scene = Scene::new();
    let mut instance = scene.start(&json!({})).unwrap();
    let kill = |instance: &PluginInstance| {
        let pid = instance.pid().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    };
    for round in 1..=4 {
        kill(&instance);
        instance.propose(&ask()).unwrap();
        instance.save().unwrap();
        assert_eq!(instance.crashes(), round);
    }
    for round in 5..=8 {
        kill(&instance);
        for _ in 0..20 {
            instance.update(&report()).unwrap();
        }
        assert_eq!(instance.crashes(), round);
    }
    // Without any, the third is the last.
    for _ in 0..2 {
        kill(&instance);
        instance.update(&report()).unwrap();
    }
    kill(&instance);
    let told = instance.update(&report()).unwrap_err().to_string();
    assert!(told.contains("That was crash 3 of strategy `hostile`, so the run is given up"), "{told}");
}

#[test]
fn after_three_crashes_the_run_is_given_up_with_what_happened() {
    let scene = Scene::new();
    for (misbehave, told) in [
        ("panic", "plugin genomenas-tests panicked: ordered to panic in propose, at tests/hostile/src/exits.rs:"),
        ("panic-payload", "plugin genomenas-tests panicked: a value that is not text, at "),
        ("segfault", "plugin genomenas-tests died with signal 11 (segmentation fault) in propose"),
        ("abort", "plugin genomenas-tests died with signal 6 (abort) in propose"),
        ("exit", "plugin genomenas-tests ended by itself with exit code 0 in propose"),
    ] {
        let error = scene.end_of(misbehave);
        let text = error.to_string();
        assert!(text.starts_with(told), "{text}");
        assert!(text.ends_with("That was crash 3 of strategy `hostile`, so the run is given up"), "{text}");
        assert_eq!(error.exit_code(), 1);
    }
}

#[test]
fn a_plugin_that_takes_all_memory_ends_alone() {
    let scene = Scene::new();
    let limits = Limits { memory: 512 << 20, crashes: 1, ..Limits::default() };
    let mut instance = scene.start_with(&json!({"misbehave": "allocate"}), limits).unwrap();
    let text = instance.propose(&ask()).unwrap_err().to_string();
    assert!(text.contains("died with signal 6 (abort) in propose; its last words: memory allocation of "), "{text}");
}

#[test]
fn an_endless_loop_is_killed_at_the_deadline() {
    let scene = Scene::new();
    let deadlines = Deadlines { propose: Duration::from_millis(300), ..Deadlines::default() };
    let limits = Limits { deadlines, crashes: 2, ..Limits::default() };
    let mut instance = scene.start_with(&json!({"misbehave": "loop"}), limits).unwrap();
    let text = instance.propose(&ask()).unwrap_err().to_string();
    let told = "did not answer propose within 0.3 s and was killed (where it needs longer: --hook-deadline 10s). That was \
                crash 2";
    assert!(text.contains(told), "{text}");
}

#[test]
fn an_error_of_the_strategy_fails_the_run_with_its_message_and_is_no_crash() {
    let scene = Scene::new();
    let mut instance = scene.start(&json!({"misbehave": "error", "hook": "update"})).unwrap();
    let error = instance.update(&report()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "strategy `hostile` of plugin genomenas-tests failed in update: ordered to fail in update"
    );
    assert_eq!((error.exit_code(), instance.crashes()), (1, 0));
}

#[test]
fn a_wrong_parameter_is_wrong_use_and_told_in_words() {
    let error = Scene::new().start(&json!({"call": 0})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "strategy `hostile` of plugin genomenas-tests: parameter `call`: expected an integer of at least 1, got 0; \
         the parameters are misbehave, hook, call, once, abort_at_update, trials"
    );
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_crash_while_the_instance_is_made_is_told() {
    let error = Scene::new().start(&json!({"misbehave": "segfault", "hook": "create"})).unwrap_err();
    assert!(error.to_string().contains("died with signal 11 (segmentation fault) in create"), "{error}");
}

#[test]
fn a_panic_in_drop_is_caught_in_the_plugin_and_its_process_ends_well() {
    CaughtLog::start();
    let scene = Scene::new();
    let mut instance = scene.start(&json!({"misbehave": "panic-drop"})).unwrap();
    instance.propose(&ask()).unwrap();
    drop(instance);
    assert!(CaughtLog::of_all_threads().contains("ordered to panic in drop"), "it did panic");
    // A process that aborts, or has to be killed, is reported by the thread that drops the instance.
    assert_eq!(CaughtLog::of_this_thread(), "");
}

#[test]
fn what_a_plugin_prints_does_not_reach_the_socket() {
    let scene = Scene::new();
    for misbehave in ["print", "log"] {
        let mut instance = scene.start(&json!({"misbehave": misbehave, "hook": "propose"})).unwrap();
        assert_eq!(instance.propose(&ask()).unwrap(), Proposal::Wait);
        assert_eq!(instance.discard(&report()).unwrap(), dropped(1, 0));
    }
}

#[test]
fn a_reply_that_is_too_long_is_refused_and_the_instance_lives() {
    let scene = Scene::new();
    let mut instance = scene.start(&json!({"misbehave": "huge-reply"})).unwrap();
    let text = instance.save().unwrap_err().to_string();
    assert!(text.contains("failed in save: a reply of 68157440 bytes; at most 67108864 are allowed"), "{text}");
    assert_eq!(instance.propose(&ask()).unwrap(), Proposal::Wait);
}

#[test]
fn a_strategy_that_answers_otherwise_the_second_time_is_found_out() {
    let scene = Scene::new();
    let mut instance = scene.start(&json!({"misbehave": "nondeterministic"})).unwrap();
    instance.discard(&report()).unwrap();
    let pid = instance.pid().unwrap();
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    let error = instance.propose(&ask()).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "plugin genomenas-tests is not deterministic: taken again through the calls of strategy `hostile`, it \
             answered call 1 (discard) otherwise than before"
        ),
        "{error}"
    );
}

#[test]
fn a_journal_that_another_plugin_wrote_is_found_out_on_resume() {
    let scene = Scene::new();
    let calls = vec![Call::Discard { report: report(), discards: vec![] }];
    let choice = scene.registry.strategy("hostile").unwrap();
    let error = PluginInstance::resume(&choice, &setup(&json!({})), Limits::default(), None, calls).unwrap_err();
    assert!(error.to_string().contains("is not deterministic"), "{error}");
}

#[test]
fn a_file_that_is_replaced_during_a_run_does_no_harm() {
    let scene = Scene::new();
    let mut instance = scene.start_once("abort", "update", 1);
    fs::OpenOptions::new().write(true).truncate(true).open(scene.folder.path().join("libhostile.so")).unwrap();
    instance.update(&report()).unwrap();
    assert_eq!(instance.discard(&report()).unwrap(), dropped(0, 1));
}

#[test]
fn an_instance_outlives_the_thread_that_made_it() {
    let scene = Scene::new();
    let mut instance = std::thread::scope(|scope| scope.spawn(|| scene.start(&json!({})).unwrap()).join().unwrap());
    instance.propose(&ask()).unwrap();
    assert_eq!(instance.crashes(), 0);
}

#[test]
fn the_first_plugin_of_an_id_wins_and_a_copy_of_it_is_reported() {
    let scene = Scene::new();
    let first = scene.folder.path().join("libhostile.so");
    fs::copy(&first, scene.folder.path().join("z.so")).unwrap();
    let registry = scan(scene.folder.path());
    let refusal = registry.found()[1].manifest.clone().unwrap_err();
    assert_eq!(refusal.to_string(), format!("it is a copy of {}, found before it", first.display()));
}
