//! Relays what a plugin prints, line by line, to the host's log under the plugin's name.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use genomenas_data::text::printable;
use log::Level;

/// The longest line that is passed on whole; a plugin may print without end.
const MAX_LINE: u64 = 4096;

/// The last line received, and a way to wait for the end of the stream.
#[derive(Debug)]
pub(super) struct Relay {
    last: Arc<Mutex<String>>,
    ended: Receiver<()>,
}

impl Relay {
    /// Passes on the lines of `stream` until it ends. A line without a level of its own gets `level`.
    pub(super) fn start(plugin: &str, level: Level, stream: impl Read + Send + 'static) -> std::io::Result<Self> {
        let last = Arc::new(Mutex::new(String::new()));
        let (end, ended) = channel();
        let target = format!("plugin::{plugin}");
        let said = Arc::clone(&last);
        thread::Builder::new().name(target.clone()).spawn(move || {
            pass_on(stream, |line| {
                let (level, text) = split_level(line).unwrap_or((level, line));
                log::log!(target: &target, level, "{text}");
                // The standard library's advice on backtraces follows what it has to say.
                if !text.starts_with("note: ") {
                    text.clone_into(&mut said.lock().unwrap_or_else(PoisonError::into_inner));
                }
            });
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

fn pass_on(stream: impl Read, mut line: impl FnMut(&str)) {
    let mut stream = BufReader::new(stream);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match stream.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = printable(&String::from_utf8_lossy(&bytes));
        if !text.trim().is_empty() {
            line(text.trim_end());
        }
    }
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
        pass_on(format!("a\u{1b}[2Jb\n\n{long}\nend").as_bytes(), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [6, 4096, 904, 3]);
        assert_eq!(lines[0], "a [2Jb");
    }
}
