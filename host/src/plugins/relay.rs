//! Relays what a plugin prints, line by line, to the host's log under the plugin's name.

use std::io::{BufRead, BufReader, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use genomenas_data::text::{grouped, printable};
use log::Level;

/// The longest line that is passed on whole; a plugin may print without end.
const MAX_LINE: u64 = 4096;
/// How much of what is left out is kept for its last words: two lines.
const TAIL: usize = 8192;
/// What all processes of an instance may print together, in bytes.
const MOST: u64 = 1 << 20;

/// What may still be printed, shared by both outputs and by every process that an instance lives in.
#[derive(Clone, Debug)]
pub struct Allowance {
    left: Arc<AtomicU64>,
    /// Whether the log says already that it is spent.
    told: Arc<AtomicBool>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: Arc::new(AtomicU64::new(MOST)), told: Arc::default() }
    }
}

impl Allowance {
    /// Takes a line of so many bytes off; `false` where it is too long for what is left, which is then nothing.
    fn take(&self, bytes: u64) -> bool {
        let less = |left: u64| Some(left.saturating_sub(bytes));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or(0);
        before >= bytes
    }
}

/// A stream whose bytes are counted.
pub(super) struct Counted<R> {
    stream: R,
    count: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(super) fn new(stream: R, count: &Arc<AtomicU64>) -> Self {
        Self { stream, count: Arc::clone(count) }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.stream.read(buffer)?;
        self.count.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// The last line received, and a way to wait for the end of the stream.
#[derive(Debug)]
pub(super) struct Relay {
    last: Arc<Mutex<String>>,
    ended: Receiver<()>,
}

impl Relay {
    /// Passes on the lines of `stream` until it ends, as far as `allowance` reaches. A line without a level of its own
    /// gets `level`.
    pub(super) fn start(
        plugin: &str,
        level: Level,
        allowance: &Allowance,
        stream: impl Read + Send + 'static,
    ) -> std::io::Result<Self> {
        let last = Arc::new(Mutex::new(String::new()));
        let (end, ended) = channel();
        let target = format!("plugin::{plugin}");
        let said = Arc::clone(&last);
        let allowance = allowance.clone();
        let plugin = plugin.to_owned();
        thread::Builder::new().name(target.clone()).spawn(move || {
            let mut stream = BufReader::with_capacity(64 << 10, stream);
            let spent = pass_on(&mut stream, |line| {
                let (level, text) = split_level(line).unwrap_or((level, line));
                let shown = log::log_enabled!(target: &target, level);
                if shown && !allowance.take(line.len() as u64) {
                    return false;
                }
                if shown {
                    log::log!(target: &target, level, "{text}");
                }
                remember(&said, text);
                true
            });
            if spent {
                if !allowance.told.swap(true, Ordering::Relaxed) {
                    let most = grouped(MOST);
                    log::warn!(target: &target, "plugin {plugin} has printed {most} bytes: what follows is left out");
                }
                let rest = skip(&mut stream);
                rest.last_words.iter().for_each(|text| remember(&said, text));
                let (lines, bytes) = (grouped(rest.lines + 1), grouped(rest.bytes));
                log::warn!(target: &target, "… {lines} more lines of plugin {plugin} left out ({bytes} bytes)");
            }
            // Nobody may be waiting any more.
            let _ = end.send(());
        })?;
        Ok(Self { last, ended })
    }

    /// The last line, once the stream has ended or after half a second.
    pub(super) fn last_line(&self) -> String {
        let _ = self.ended.recv_timeout(Duration::from_millis(500));
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Keeps a line as the last one, unless it is the standard library's advice on backtraces, which follows what it has to
/// say.
fn remember(said: &Mutex<String>, text: &str) {
    if !text.starts_with("note: ") {
        text.clone_into(&mut said.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Hands each line to `line`, until that says `false`: `true` is returned then.
fn pass_on(stream: &mut impl BufRead, mut line: impl FnMut(&str) -> bool) -> bool {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match stream.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
        if let Some(text) = shown(&bytes)
            && !line(&text)
        {
            return true;
        }
    }
}

fn shown(bytes: &[u8]) -> Option<String> {
    let text = printable(&String::from_utf8_lossy(bytes));
    let text = text.trim_end();
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// What was left out.
struct Rest {
    lines: u64,
    bytes: u64,
    /// Its last lines, cut at the bound of a line.
    last_words: Vec<String>,
}

/// Reads to the end, at the speed of memory: the plugin must not wait for a reader, and its last words count.
fn skip(stream: &mut impl BufRead) -> Rest {
    let mut rest = Rest { lines: 0, bytes: 0, last_words: Vec::new() };
    let mut tail: Vec<u8> = Vec::new();
    loop {
        let length = match stream.fill_buf() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Ok([]) | Err(_) => break,
            Ok(read) => {
                rest.lines += read.iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
                let kept = read.len().min(TAIL);
                let over = (tail.len() + kept).saturating_sub(TAIL);
                tail.drain(..over.min(tail.len()));
                tail.extend(read.iter().skip(read.len() - kept));
                read.len()
            }
        };
        rest.bytes += length as u64;
        stream.consume(length);
    }
    pass_on(&mut tail.as_slice(), |line| {
        let text = split_level(line).map_or(line, |(_, text)| text);
        rest.last_words.push(text.to_owned());
        true
    });
    rest
}

/// The level and the rest of a line that a plugin's `log` wrote.
fn split_level(line: &str) -> Option<(Level, &str)> {
    let (level, rest) = line.split_once(' ')?;
    let level = Level::iter().find(|known| known.as_str() == level)?;
    Some((level, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_plugins_log_keeps_its_level() {
        assert_eq!(split_level("WARN my_nas: low on ideas"), Some((Level::Warn, "my_nas: low on ideas")));
        assert_eq!(split_level("Warnings are printed"), None);
    }

    #[test]
    fn lines_are_cut_at_a_bound_and_are_safe_to_print() {
        let mut lines = Vec::new();
        let long = "x".repeat(5000);
        pass_on(&mut format!("a\u{1b}[2Jb\n\n{long}\nend").as_bytes(), |line| {
            lines.push(line.to_owned());
            true
        });
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [6, 4096, 904, 3]);
        assert_eq!(lines[0], "a [2Jb");
    }

    #[test]
    fn an_allowance_ends_once_and_for_both_outputs() {
        let one = Allowance::default();
        let other = one.clone();
        assert!(one.take(MOST - 10) && !other.take(11) && !one.take(1));
    }

    #[test]
    fn what_is_left_out_is_counted_and_its_last_words_are_kept() {
        let text = format!("{}WARN x: the end\nnote: advice\n", "noise\n".repeat(100_000));
        let rest = skip(&mut BufReader::new(text.as_bytes()));
        assert_eq!((rest.lines, rest.bytes), (100_002, text.len() as u64));
        assert_eq!(rest.last_words.iter().rev().take(2).collect::<Vec<_>>(), ["note: advice", "x: the end"]);
    }
}
