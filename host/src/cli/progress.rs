//! Progress for a person: bars with a rate and the time left on a terminal, log lines elsewhere.

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
use crate::compare::workers;
use crate::run::{Event, Observer};
use crate::verified;

/// The bars of this process; log lines go above them.
pub(super) static BARS: OnceLock<MultiProgress> = OnceLock::new();
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

pub(super) fn rate(samples_per_second: f64) -> String {
    format!("{samples_per_second:.0} samples/s")
}

/// The time that is left, where it is known: of work of which so much was done when this process began, and so much is now.
pub(super) fn left(began: Instant, at: f64, done: f64) -> String {
    let (took, share) = (began.elapsed(), done - at);
    if took < KNOWN_AFTER || share < KNOWN_FROM {
        return String::new();
    }
    format!(", about {} left", duration(took.as_secs_f64() * (1.0 - done) / share))
}

/// Whether it is time for another log line.
pub(super) struct Clock(pub(super) Instant);

impl Clock {
    pub(super) fn is_due(&mut self) -> bool {
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
pub(crate) struct LinesProgress {
    run: RunProgress,
    /// What the next line says beside the numbers.
    told: workers::Progress,
}

impl LinesProgress {
    pub(crate) fn new(run: RunProgress) -> Self {
        Self { run, told: workers::Progress::default() }
    }
}

impl Observer for LinesProgress {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Phase(phase) => self.told.begins(phase),
            Event::Epoch { epoch, .. } => self.told.found(epoch.auroc, Some(epoch.valid_loss)),
            Event::Score { score, .. } => self.told.found(score.auroc, score.valid_loss),
            Event::Message(_) => {}
            Event::Progress { done, rate } => {
                (self.told.done, self.told.samples_per_second) = (*done, *rate);
                // A comparer that has gone is not a reason to end here; the kernel ends this process.
                let _ = out::json_line(&self.told);
            }
        }
        self.run.event(event);
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
