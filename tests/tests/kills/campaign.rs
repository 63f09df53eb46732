//! A campaign: comparisons that are hit and started again until they end, and what must be so then.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use genomenas_tests::made_up::draws;
use genomenas_tests::processes::{Process, family};
use genomenas_tests::runs::{motif_store, timeless, timeless_journal};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::Value;
use tempfile::TempDir;

use super::blows::{Blow, Draw};

/// The six strategies, on terms that take seconds.
const STRATEGIES: [&str; 6] = [
    "darts batch=16 epochs=2 warm_up=1",
    "p-darts batch=16 epochs=2 warm_up=1",
    "asha batch=16 maximum=4 eta=2",
    "osp-nas batch=16 operations=6 candidates=2",
    "bonas batch=16 init_num=3 bo_sample_num=3 iterations=1 generate_num=30 gcn_epochs=10 finalists=2",
    "lstm hidden=2 batch=16 epochs=2",
];
const TERMS: &str = "--no-control --device cpu --threads 2 --jobs 2 --seeds 1 --epochs 2 --batch 16 --learning-rate 0.01 \
                     --budget 1200samples --concurrent-trials 3";
const SPACE: &str =
    "cells=1 channels=2 nodes=3 rnn_nodes=2 decoder_features=8 operations=none,skip_connect,max_pool_3,conv_3";
/// How long the members of a family may live after its head: a comparer gives its runs ten seconds, and one that was killed
/// while it writes lives until the disk has answered.
const ORPHANS: Duration = Duration::from_secs(120);

/// The data, and a comparison that was never disturbed.
pub(super) struct Scene {
    folder: TempDir,
    store: PathBuf,
    took: Duration,
}

impl Scene {
    pub(super) fn get() -> &'static Self {
        static SCENE: OnceLock<Scene> = OnceLock::new();
        SCENE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let store = motif_store(folder.path());
            let began = Instant::now();
            let mut command = comparison(&store, &folder.path().join("undisturbed"), folder.path());
            Outcome::text(&mut command);
            Self { folder, store, took: began.elapsed() }
        })
    }

    fn undisturbed(&self) -> PathBuf {
        self.folder.path().join("undisturbed")
    }

    /// What the comparison takes on a disk.
    pub(super) fn size_in_kib(&self) -> u64 {
        let out = self.undisturbed();
        let sizes = listing(&out).into_iter().map(|name| out.join(name)).filter(|path| path.is_file());
        sizes.map(|path| fs::metadata(path).unwrap().len().div_ceil(4096) * 4 + 4).sum()
    }
}

/// A comparison whose caches and temporary files lie in `home`.
fn comparison(store: &Path, out: &Path, home: &Path) -> Command {
    let (cache, temporary) = (home.join("cache"), home.join("tmp"));
    fs::create_dir_all(&temporary).unwrap();
    let mut command = genomenas();
    command.arg("compare").args(TERMS.split_whitespace());
    command.args(SPACE.split_whitespace().flat_map(|size| ["--space-set", size]));
    command.args(STRATEGIES.iter().flat_map(|strategy| ["--strategy", strategy]));
    command.arg("--data").arg(store).arg("--out").arg(out);
    command.env("XDG_CACHE_HOME", cache).env("TMPDIR", temporary);
    command
}

/// The folders of the runs of a comparison that have a result.
fn finished(out: &Path) -> Vec<String> {
    if !out.exists() {
        return Vec::new();
    }
    listing(out).iter().filter_map(|name| name.strip_suffix("/result.json")).map(str::to_owned).collect()
}

/// What a run left, times included.
fn exactly(run: &Path) -> Vec<Option<Vec<u8>>> {
    let files = [
        "result.json",
        "journal.jsonl",
        "architecture.json",
        "weights.safetensors",
        "run.toml",
        "space.toml",
        "test-resamples.parquet",
    ];
    files.iter().map(|name| fs::read(run.join(name)).ok()).collect()
}

/// What a run came to, times left out.
fn came_to(run: &Path) -> (Vec<Option<Vec<u8>>>, Vec<Value>, Value) {
    let files = exactly(run);
    let result = files[0].as_deref().unwrap_or_else(|| panic!("{} has no result", run.display()));
    let result = timeless(serde_json::from_slice(result).unwrap());
    // Where the data lies is in the settings, and is the same.
    (files[2..].to_vec(), timeless_journal(run), result)
}

/// A campaign.
pub(super) struct Campaign {
    name: String,
    home: TempDir,
    /// How often it hits.
    pub(super) kills: usize,
    draw: Box<dyn FnMut(u64) -> usize>,
    /// What is done to a comparison's folder between an end and the next start.
    pub(super) between: Option<fn(&Path, Draw<'_>)>,
    /// What a comparison is started through.
    pub(super) wrap: Option<Box<dyn Fn(Command) -> Command>>,
    /// Runs that ended, with what they left then.
    ended: BTreeMap<PathBuf, Vec<Option<Vec<u8>>>>,
    comparisons: usize,
    starts: usize,
}

impl Campaign {
    pub(super) fn new(name: &str) -> Self {
        let number = |variable: &str, otherwise: usize| {
            std::env::var(variable)
                .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
        };
        let seed = number("GENOMENAS_KILLS_SEED", 1) as u64;
        let of_name = name.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Self {
            name: name.to_owned(),
            home: tempfile::tempdir().unwrap(),
            kills: number("GENOMENAS_KILLS", 10),
            draw: Box::new(draws(of_name)),
            between: None,
            wrap: None,
            ended: BTreeMap::new(),
            comparisons: 0,
            starts: 0,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.home.path()
    }

    pub(super) fn comparison(&self, out: &Path) -> Command {
        let command = comparison(&Scene::get().store, out, self.folder());
        match &self.wrap {
            Some(wrap) => wrap(command),
            None => command,
        }
    }

    /// As many sizes between two as it hits, ascending.
    pub(super) fn sizes(&mut self, least: u64, most: u64) -> String {
        let mut sizes: Vec<u64> = (0..self.kills).map(|_| least + (self.draw)(most - least) as u64).collect();
        sizes.sort_unstable();
        sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
    }

    /// Hits comparisons until it has done so often enough, and lets the last one end.
    pub(super) fn hit(mut self, blow: &Blow<'_>) {
        let mut hits = 0;
        while hits < self.kills {
            let out = self.next_folder();
            loop {
                let mut child = self.start(self.comparison(&out));
                let left = self.kills - hits;
                hits += self.disturb(&mut child, blow, left);
                let done = self.after(&mut child, &out);
                if let Some(between) = self.between.filter(|_| !done) {
                    between(&out, &mut *self.draw);
                }
                if done {
                    break;
                }
            }
            self.ended(&out);
        }
        self.told(hits);
    }

    /// Starts a comparison in other circumstances each time, then in good ones.
    pub(super) fn start_often(&mut self, circumstances: impl Fn(Draw<'_>, Command) -> Command) {
        let mut starts = 0;
        while starts < self.kills {
            let out = self.next_folder();
            let mut done = false;
            while !done && starts < self.kills {
                let command = self.comparison(&out);
                let command = circumstances(&mut *self.draw, command);
                let mut child = self.start(command);
                starts += 1;
                done = self.after(&mut child, &out);
            }
            self.finish(&out, |command| command);
        }
        self.told(starts);
    }

    /// One comparison in these circumstances.
    pub(super) fn last(&mut self, circumstances: impl Fn(Command) -> Command) {
        let out = self.next_folder();
        self.finish(&out, circumstances);
        self.told(1);
    }

    /// Lets a comparison end: it goes on once, and must be done then.
    fn finish(&mut self, out: &Path, circumstances: impl Fn(Command) -> Command) {
        let mut child = self.start(circumstances(self.comparison(out)));
        assert!(self.after(&mut child, out), "{}: it does not end: {}", self.name, self.said());
        self.ended(out);
    }

    fn next_folder(&mut self) -> PathBuf {
        self.comparisons += 1;
        self.folder().join(format!("out-{}", self.comparisons))
    }

    fn start(&mut self, mut command: Command) -> Child {
        self.starts += 1;
        assert!(self.starts < 3 * self.kills + 60, "{}: it never ends: {}", self.name, self.said());
        let errors = fs::File::create(self.folder().join("stderr")).unwrap();
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn().unwrap()
    }

    /// Hits a comparison at random instants while it goes on. Returns how often.
    fn disturb(&mut self, child: &mut Child, blow: &Blow<'_>, most: usize) -> usize {
        let (mut hits, mut hosts) = (0, Vec::new());
        // The later instants are reached by what earlier ones left undone.
        let span = (Scene::get().took / 2).max(Duration::from_secs(1));
        while hits < most {
            let instant = Instant::now() + span.mul_f64((self.draw)(1000) as f64 / 1000.0);
            while Instant::now() < instant {
                if child.try_wait().unwrap().is_some() {
                    return hits;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            if blow.hit(child.id(), &mut hosts, &mut *self.draw) {
                hits += 1;
                if blow.ends_the_comparer() {
                    break;
                }
            }
        }
        hits
    }

    /// Waits for the end of a comparer and of its family. Returns whether the comparison is done.
    fn after(&mut self, child: &mut Child, out: &Path) -> bool {
        let mut members: Vec<Process> = Vec::new();
        let status = loop {
            for process in family(child.id()) {
                if !members.contains(&process) {
                    members.push(process);
                }
            }
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let deadline = Instant::now() + ORPHANS;
        while members.iter().any(Process::lives) {
            let left = || -> Vec<_> {
                let left = members.iter().filter(|process| process.lives());
                left.map(|process| format!("{process:?}, {}", process.state())).collect()
            };
            assert!(Instant::now() < deadline, "{}: processes are left: {:#?}", self.name, left());
            std::thread::sleep(Duration::from_millis(20));
        }
        let said = self.said();
        assert!(!said.contains("panicked"), "{}: {said}", self.name);
        for run in finished(out).into_iter().map(|run| out.join(run)) {
            let left = exactly(&run);
            let before = self.ended.entry(run.clone()).or_insert_with(|| left.clone());
            assert!(*before == left, "{}: {} was done twice, or changed", self.name, run.display());
        }
        for run in self.ended.keys().filter(|run| run.starts_with(out)) {
            assert!(run.join("result.json").exists(), "{}: {} was lost", self.name, run.display());
        }
        status.success()
    }

    /// What the comparison of now said on standard error.
    fn said(&self) -> String {
        fs::read_to_string(self.folder().join("stderr")).unwrap_or_default()
    }

    /// What must be so of a comparison that is done.
    pub(super) fn ended(&self, out: &Path) {
        let undisturbed = Scene::get().undisturbed();
        let runs = finished(&undisturbed);
        assert_eq!(runs.len(), STRATEGIES.len());
        for run in &runs {
            let (now, then) = (came_to(&out.join(run)), came_to(&undisturbed.join(run)));
            assert!(now.0 == then.0, "{}: {run}: other files", self.name);
            assert_eq!(now.1, then.1, "{}: {run}: another journal", self.name);
            assert_eq!(now.2, then.2, "{}: {run}: another result", self.name);
        }
        assert_eq!(listing(out), listing(&undisturbed), "{}: something is left or missing", self.name);
        assert_eq!(
            listing(&self.folder().join("tmp")),
            Vec::<String>::new(),
            "{}: temporary files are left",
            self.name
        );
        let cached = listing(&self.folder().join("cache"));
        let parts: Vec<_> =
            cached.iter().filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "part")).collect();
        assert!(parts.is_empty(), "{}: {parts:?}", self.name);
    }

    /// Says what was done, for the record of a whole campaign.
    #[expect(clippy::print_stderr, reason = "for a person who runs a whole campaign")]
    pub(super) fn told(&self, hits: usize) {
        eprintln!(
            "kills: {}: {hits} times, {} comparisons in {} starts, {} runs ended once; nothing lost, done twice or left",
            self.name,
            self.comparisons,
            self.starts,
            self.ended.len()
        );
    }
}
