//! Progress for a person: bars with a rate and the time left on a terminal, log lines elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use genomenas_data::error::Result;
use genomenas_data::text::{bounded, printable};
use genomenas_data::{Progress, Store};
use genomenas_report::humanize::duration;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::columns::{width, wrapped};
use super::out;
use crate::compare::{self, workers};
use crate::run::{Event, Observer};
use crate::verified;

/// The bars of this process; log lines go above them.
static BARS: OnceLock<MultiProgress> = OnceLock::new();
/// Steps of a bar: progress is a fraction.
const STEPS: u64 = 1000;
/// Characters of a log line; what a file or a plugin names can be of any length.
const LONGEST_RECORD: usize = 8000;
/// From when on the time left is known well enough to be shown: after so long, and so large a part of the work.
const KNOWN_AFTER: Duration = Duration::from_secs(3);
const KNOWN_FROM: f64 = 0.01;
/// Columns before the text of a log line on a terminal: "16:12:44 INFO  ".
const LOG_INDENT: usize = 15;
/// How often a log line reports progress where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(30);

/// Starts logging to standard error: warnings and progress, with `-v` details, with `-vv` everything. `RUST_LOG`
/// overrides it.
pub(crate) fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "warn,genomenas=info",
        1 => "info,genomenas=debug",
        _ => "debug,genomenas=trace",
    };
    let target = env_logger::Target::Pipe(Box::new(AboveBars));
    let is_terminal = std::io::stderr().is_terminal();
    let style = if is_terminal { env_logger::WriteStyle::Always } else { env_logger::WriteStyle::Never };
    // A second logger can only come from a test that runs two verbs in one process.
    let _ = env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level))
        .format(move |out, record| {
            let (time, level) = (out.timestamp(), record.level());
            let style = out.default_level_style(level);
            let text = bounded(&printable(&record.args().to_string()), LONGEST_RECORD);
            if is_terminal {
                // A person sees lines of their width; the date is that of today.
                let time = time.to_string();
                let time = time.split_once('T').map_or(time.as_str(), |(_, time)| time.trim_end_matches('Z'));
                let text = wrapped(&text, width().saturating_sub(LOG_INDENT), LOG_INDENT);
                return writeln!(out, "{time} {style}{level:<5}{style:#} {text}");
            }
            writeln!(out, "[{time} {style}{level:<5}{style:#}] {text}")
        })
        .write_style(style)
        .target(target)
        .try_init();
}

/// Standard error, with the bars out of the way while something is written.
struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let write = || std::io::stderr().lock().write_all(bytes).map(|()| bytes.len());
        match BARS.get() {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// A new bar for something called `name`, or `None` where standard error is not a terminal.
fn new_bar(name: &str) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = BARS.get_or_init(MultiProgress::new).add(ProgressBar::new(STEPS));
    if let Ok(style) = ProgressStyle::with_template("{prefix:24} {wide_bar} {percent:>3} %  {msg}{left}") {
        bar.set_style(style.with_key("left", |state: &ProgressState, line: &mut dyn fmt::Write| {
            // Before, it is a guess from nothing.
            let known = state.elapsed() >= KNOWN_AFTER && f64::from(state.fraction()) >= KNOWN_FROM;
            let left = state.eta();
            if known && !left.is_zero() {
                // Writing to a line does not fail.
                let _ = write!(line, ", {} left", duration(left.as_secs_f64()));
            }
        }));
    }
    bar.set_prefix(bounded(&printable(name), 24));
    bar.set_message("starting");
    bar.enable_steady_tick(Duration::from_millis(500));
    Some(bar)
}

fn position(done: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1")]
    let steps = (done.clamp(0.0, 1.0) * STEPS as f64) as u64;
    steps
}

fn rate(samples_per_second: f64) -> String {
    format!("{samples_per_second:.0} samples/s")
}

/// The time that is left, where it is known: of work of which so much was done when this process began, and so much is now.
fn left(began: Instant, at: f64, done: f64) -> String {
    let (took, share) = (began.elapsed(), done - at);
    if took < KNOWN_AFTER || share < KNOWN_FROM {
        return String::new();
    }
    format!(", about {} left", duration(took.as_secs_f64() * (1.0 - done) / share))
}

/// Whether it is time for another log line.
struct Clock(Instant);

impl Clock {
    fn is_due(&mut self) -> bool {
        let due = self.0.elapsed() >= INTERVAL;
        if due {
            self.0 = Instant::now();
        }
        due
    }
}

/// Shows one run.
pub(crate) struct RunProgress {
    bar: Option<ProgressBar>,
    clock: Clock,
    /// When the first progress was seen, and how much was done then.
    began: Option<(Instant, f64)>,
    phase: String,
}

impl RunProgress {
    /// Shows a run called `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self { bar: new_bar(name), clock: Clock(Instant::now()), began: None, phase: String::new() }
    }
}

impl Observer for RunProgress {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Phase(phase) => {
                log::info!("{phase}");
                self.phase.clone_from(phase);
            }
            Event::Message(text) => log::info!("{text}"),
            Event::Epoch { trial, epoch } => {
                let trial = trial.map_or_else(String::new, |trial| format!("trial {trial}, "));
                let score = epoch.auroc.map_or_else(String::new, |auroc| format!(", AUROC {auroc:.4}"));
                log::info!(
                    "{trial}epoch {}: training loss {:.4}, validation loss {:.4}{score}",
                    epoch.number,
                    epoch.train_loss,
                    epoch.valid_loss
                );
            }
            Event::Score { trial, score } => {
                let number = |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.4}"));
                log::info!(
                    "trial {trial}, mask {}: validation loss {}, AUROC {}",
                    score.mask,
                    number(score.valid_loss),
                    number(score.auroc)
                );
            }
            Event::Progress { done, rate: samples } => match &self.bar {
                Some(bar) => {
                    bar.set_position(position(*done));
                    bar.set_message(format!("{}, {}", self.phase, rate(*samples)));
                }
                None if self.began.is_none() => self.began = Some((Instant::now(), *done)),
                None if self.clock.is_due() => {
                    // What an earlier process did says nothing about the speed of this one.
                    let (began, at) = *self.began.get_or_insert((Instant::now(), *done));
                    log::info!("{:.0} % done, {}{}", done * 100.0, rate(*samples), left(began, at, *done));
                }
                None => {}
            },
        }
    }
}

impl Drop for RunProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Reports one run to a comparer: progress as JSON lines on standard output, the rest to the log.
pub(crate) struct LinesProgress(pub(crate) RunProgress);

impl Observer for LinesProgress {
    fn event(&mut self, event: &Event) {
        if let Event::Progress { done, rate } = event {
            // A comparer that has gone is not a reason to end here; the kernel ends this process.
            let _ = out::json_line(&workers::Progress { done: *done, samples_per_second: *rate });
        }
        self.0.event(event);
    }
}

/// Shows an import, stage by stage.
pub(crate) struct ImportProgress {
    bar: Option<ProgressBar>,
    stage: String,
    clock: Clock,
}

impl ImportProgress {
    /// Shows an import that has not begun.
    pub(crate) fn new() -> Self {
        Self { bar: None, stage: String::new(), clock: Clock(Instant::now()) }
    }

    /// Receives the progress of an importer.
    pub(crate) fn news(&mut self, news: Progress<'_>) {
        if news.stage != self.stage {
            log::debug!("{}", news.stage);
            news.stage.clone_into(&mut self.stage);
            self.clear();
            self.bar = new_bar(&self.stage);
        }
        match (&self.bar, news.total) {
            (Some(bar), total) => {
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(news.done);
                bar.set_message(format!("{} {}", news.done, news.unit));
            }
            (None, total) if self.clock.is_due() => {
                let total = total.map_or_else(String::new, |total| format!(" of {total}"));
                log::info!("{}: {}{total} {}", news.stage, news.done, news.unit);
            }
            (None, _) => {}
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for ImportProgress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Verifies a store, and shows how far that is.
pub(crate) fn verify(store: &Store) -> Result<()> {
    let total = Some(store.info().total_rows());
    let mut progress = ImportProgress::new();
    verified::verify(store, &mut |done| {
        progress.news(Progress { stage: "verifying the data", done, total, unit: "rows" });
    })
}

/// Shows a comparison: a bar for all of it and one a run, or a log line at every start and end.
pub(crate) struct ComparisonProgress {
    all: Option<ProgressBar>,
    /// The fraction that each run under way has done, and its bar.
    running: BTreeMap<String, (f64, Option<ProgressBar>)>,
    ended: usize,
    runs: usize,
    clock: Clock,
    /// When it began, and how many runs were over then.
    began: (Instant, usize),
}

impl ComparisonProgress {
    /// Shows a comparison that has not begun.
    pub(crate) fn new() -> Self {
        Self {
            all: None,
            running: BTreeMap::new(),
            ended: 0,
            runs: 0,
            clock: Clock(Instant::now()),
            began: (Instant::now(), 0),
        }
    }
}

impl compare::Observer for ComparisonProgress {
    fn event(&mut self, event: &compare::Event<'_>) {
        match *event {
            compare::Event::Begin { done, all } => {
                (self.ended, self.runs) = (done, all);
                self.began = (Instant::now(), done);
                log::info!("{all} runs, of which {done} are done already");
                if done < all {
                    self.all = new_bar("comparison");
                    if let Some(bar) = &self.all {
                        bar.set_length(STEPS * all as u64);
                        bar.set_position(STEPS * done as u64);
                        // The time left follows from what is done from now on.
                        bar.reset_eta();
                    }
                }
            }
            compare::Event::Started(name) => {
                log::info!("{name}: started");
                self.running.insert(name.to_owned(), (0.0, new_bar(name)));
            }
            compare::Event::Elsewhere(name) => {
                if let Some((_, Some(bar))) = self.running.remove(name) {
                    bar.finish_and_clear();
                }
                log::info!("{name}: another process is working on it; its result is waited for");
            }
            compare::Event::Progress(name, progress) => {
                if let Some((done, bar)) = self.running.get_mut(name) {
                    *done = progress.done;
                    if let Some(bar) = bar {
                        bar.set_position(position(progress.done));
                        bar.set_message(rate(progress.samples_per_second));
                    }
                }
                if self.all.is_none() && self.clock.is_due() {
                    for (name, (done, _)) in &self.running {
                        log::info!("{name}: {:.0} % done", done * 100.0);
                    }
                    let all = self.runs.max(1) as f64;
                    let under_way: f64 = self.running.values().map(|(done, _)| *done).sum();
                    let (began, at) = self.began;
                    let done = (self.ended as f64 + under_way) / all;
                    log::info!("the comparison: {:.0} % done{}", done * 100.0, left(began, at as f64 / all, done));
                }
            }
            compare::Event::Ended(name, reason) => {
                self.ended += 1;
                if let Some((_, Some(bar))) = self.running.remove(name) {
                    bar.finish_and_clear();
                }
                match reason {
                    None => log::info!("{name}: done ({} of {})", self.ended, self.runs),
                    Some(reason) => log::error!("{name}: failed: {reason}"),
                }
            }
        }
        if let Some(bar) = &self.all {
            let under_way: u64 = self.running.values().map(|(done, _)| position(*done)).sum();
            bar.set_position(STEPS * self.ended as u64 + under_way);
            bar.set_message(format!("{} of {} runs", self.ended, self.runs));
        }
    }
}

impl Drop for ComparisonProgress {
    fn drop(&mut self) {
        let bars = self.running.values().filter_map(|(_, bar)| bar.as_ref()).chain(&self.all);
        bars.for_each(ProgressBar::finish_and_clear);
    }
}
