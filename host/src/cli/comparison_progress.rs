//! A comparison that is under way: a board on a terminal, log lines elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{IsTerminal, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use genomenas_data::text::printable;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use terminal_size::{Height, Width, terminal_size_of};
use textwrap::core::display_width;

use super::board::{Row, lines};
use super::progress::{BARS, Clock, left};
use crate::compare::workers::Progress;
use crate::compare::{Event, Observer};
use crate::run::SEARCH_SHARE;

/// How often the times on the board are made anew.
const TICK: Duration = Duration::from_millis(500);
/// The columns and lines of a terminal that does not say how many it has.
const USUAL: (usize, usize) = (80, 24);

/// Shows a comparison.
pub(crate) struct ComparisonProgress {
    board: Option<ProgressBar>,
    state: Arc<Mutex<State>>,
    clock: Clock,
}

/// What the board shows.
struct State {
    running: BTreeMap<String, Running>,
    ended: usize,
    all: usize,
    /// When it began, and how many runs were over then.
    began: (Instant, usize),
    /// The columns of the terminal when the board was drawn last, and those of its lines.
    drawn: (usize, Vec<usize>),
    /// Lines that a narrower terminal made of the last ones.
    wrapped: usize,
}

/// A run under way.
struct Running {
    progress: Progress,
    /// When its first progress came, and how much was done then.
    since: Option<(Instant, f64)>,
}

impl ComparisonProgress {
    /// Shows a comparison that has not begun.
    pub(crate) fn new() -> Self {
        let state = State {
            running: BTreeMap::new(),
            ended: 0,
            all: 0,
            began: (Instant::now(), 0),
            drawn: (0, Vec::new()),
            wrapped: 0,
        };
        Self { board: None, state: Arc::new(Mutex::new(state)), clock: Clock(Instant::now()) }
    }

    fn with<T>(&self, of: impl FnOnce(&mut State) -> T) -> T {
        of(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Removes what a terminal that became narrower made of the board: its lines take more rows then, of which the next
    /// drawing knows nothing.
    fn clean(&self) {
        let wrapped = self.with(|state| std::mem::take(&mut state.wrapped));
        if let Some(bars) = BARS.get().filter(|_| wrapped > 0) {
            bars.suspend(|| {
                // Up, and clear from there on. Where it cannot be written there is nobody to see it.
                let _ = write!(std::io::stderr(), "\x1b[{wrapped}A\r\x1b[J");
            });
        }
    }
}

impl Observer for ComparisonProgress {
    fn event(&mut self, event: &Event<'_>) {
        match *event {
            Event::Begin { done, all } => {
                self.with(|state| (state.ended, state.all, state.began) = (done, all, (Instant::now(), done)));
                log::info!("{all} runs, of which {done} are done already");
                if done < all && self.board.is_none() {
                    self.board = board(&self.state);
                }
            }
            Event::Started(name) => {
                log::info!("{name}: started");
                let running = Running { progress: Progress::default(), since: None };
                self.with(|state| state.running.insert(name.to_owned(), running));
            }
            Event::Elsewhere(name) => {
                self.with(|state| state.running.remove(name));
                log::info!("{name}: another process is working on it; its result is waited for");
            }
            Event::Progress(name, progress) => {
                self.with(|state| {
                    if let Some(running) = state.running.get_mut(name) {
                        running.progress.clone_from(progress);
                        running.since.get_or_insert((Instant::now(), progress.done));
                    }
                });
                if self.board.is_none() && self.clock.is_due() {
                    for line in self.with(|state| state.log_lines()) {
                        log::info!("{line}");
                    }
                }
            }
            Event::Ended(name, reason) => {
                let (ended, all) = self.with(|state| {
                    state.running.remove(name);
                    state.ended += 1;
                    (state.ended, state.all)
                });
                match reason {
                    None => log::info!("{name}: done ({ended} of {all})"),
                    Some(reason) => log::error!("{name}: failed: {reason}"),
                }
            }
        }
        self.clean();
        if let Some(board) = &self.board {
            board.tick();
        }
    }
}

impl Drop for ComparisonProgress {
    fn drop(&mut self) {
        self.board.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// The board, or `None` where standard error is not a terminal.
fn board(state: &Arc<Mutex<State>>) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let board = BARS.get_or_init(MultiProgress::new).add(ProgressBar::new_spinner());
    let state = Arc::clone(state);
    let style = ProgressStyle::with_template("{board}").ok()?;
    board.set_style(style.with_key("board", move |_: &ProgressState, out: &mut dyn fmt::Write| {
        let size = terminal_size_of(std::io::stderr());
        let (width, height) = size.map_or(USUAL, |(Width(width), Height(height))| (width.into(), height.into()));
        let text = state.lock().unwrap_or_else(PoisonError::into_inner).draw(width, height);
        // Writing to a text does not fail.
        let _ = out.write_str(&text);
    }));
    board.enable_steady_tick(TICK);
    Some(board)
}

impl State {
    /// The board at this size. The last column stays free: some terminals go to the next line after it.
    fn draw(&mut self, width: usize, height: usize) -> String {
        let rows: Vec<Row> = self.running.iter().map(|(name, running)| running.row(name)).collect();
        let lines = lines(&self.head(), &rows, width.saturating_sub(1).max(1), height.saturating_sub(1).max(1));
        let (before, widths) =
            std::mem::replace(&mut self.drawn, (width, lines.iter().map(|line| display_width(line)).collect()));
        self.wrapped += more_rows(before, width, &widths);
        lines.join("\n")
    }

    /// "comparison: 3 of 12 runs, 31 %, about 9 min left".
    fn head(&self) -> String {
        let (done, left) = self.done();
        format!("comparison: {} of {} runs, {:.0} %{left}", self.ended, self.all, done * 100.0)
    }

    /// How much of all is done, and how long the rest takes.
    fn done(&self) -> (f64, String) {
        let all = self.all.max(1) as f64;
        let under_way: f64 = self.running.values().map(|running| running.progress.done).sum();
        let (began, at) = self.began;
        let done = (self.ended as f64 + under_way) / all;
        (done, left(began, at as f64 / all, done))
    }

    /// The same for a log.
    fn log_lines(&self) -> Vec<String> {
        let of_run = |(name, running): (&String, &Running)| {
            let Row { phase, best, .. } = running.row(name);
            let words = [phase, best, format!("{:.0} % done", running.progress.done * 100.0)];
            let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
            format!("{name}: {}", words.join(", "))
        };
        let (done, left) = self.done();
        let all = format!("the comparison: {:.0} % done{left}", done * 100.0);
        self.running.iter().map(of_run).chain([all]).collect()
    }
}

impl Running {
    fn row(&self, name: &str) -> Row {
        let Progress { done, phase, .. } = &self.progress;
        let left = self.since.map_or_else(String::new, |(since, at)| left(since, at, *done));
        Row {
            name: printable(name),
            phase: if phase.is_empty() { "starting".to_owned() } else { printable(phase) },
            best: self.progress.best(),
            // The search is the first part of a run.
            budget: if self.since.is_none() {
                String::new()
            } else {
                format!("budget {:.0} %", (done / SEARCH_SHARE).min(1.0) * 100.0)
            },
            left: left.trim_start_matches(", about ").to_owned(),
        }
    }
}

/// How many rows more lines of these widths take on a terminal that became narrower and wraps them.
fn more_rows(before: usize, now: usize, widths: &[usize]) -> usize {
    if now >= before || now == 0 {
        return 0;
    }
    widths.iter().map(|width| width.div_ceil(now).saturating_sub(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let progress = Progress { done: 0.25, phase: "trial 3".to_owned(), auroc: Some(0.8), ..Progress::default() };
        let began = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        let running = [
            ("danq seed 1".to_owned(), Running { progress, since: Some((began, 0.0)) }),
            ("deepsea seed 1".to_owned(), Running { progress: Progress::default(), since: None }),
        ];
        State { running: running.into(), ended: 1, all: 4, began: (began, 0), drawn: (0, Vec::new()), wrapped: 0 }
    }

    #[test]
    fn the_board_has_a_line_for_all_and_one_for_each_run_and_the_log_has_the_same() {
        let text = state().draw(100, 30);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("comparison: 1 of 4 runs, 31 %, about "), "{text}");
        assert!(lines[1].starts_with("danq seed 1     trial 3   AUROC 0.800  budget 50 %  "), "{text}");
        assert!(lines[1].ends_with(" left") && lines[2] == "deepsea seed 1  starting", "{text}");
        let log = state().log_lines();
        assert_eq!(log[..2], ["danq seed 1: trial 3, AUROC 0.800, 25 % done", "deepsea seed 1: starting, 0 % done"]);
        assert!(log[2].starts_with("the comparison: 31 % done, about "), "{log:?}");
    }

    #[test]
    fn a_terminal_that_becomes_narrower_wraps_what_was_drawn_and_that_is_counted() {
        assert_eq!(more_rows(80, 40, &[79, 40, 41, 0]), 2);
        assert_eq!(more_rows(80, 20, &[79]), 3);
        assert_eq!([more_rows(40, 80, &[39]), more_rows(0, 80, &[]), more_rows(80, 0, &[79])], [0, 0, 0]);
        let mut state = state();
        state.draw(100, 30);
        state.draw(30, 30);
        assert!(state.wrapped >= 2, "{}", state.wrapped);
        let wrapped = state.wrapped;
        state.draw(100, 30);
        assert_eq!(state.wrapped, wrapped);
    }
}
