//! `log` inside a plugin: lines on standard error, which the host reads and puts into its own log.
//!
//! The library has a `log` of its own, so the host's logger does not reach it.

use std::fmt::Write as _;
use std::io::Write as _;

use log::{LevelFilter, Log, Metadata, Record};

/// The variable in which the host sets the level; `info` where it is absent.
pub(super) const LEVEL: &str = "GENOMENAS_PLUGIN_LOG";

/// Makes `log` write lines to standard error, unless the plugin has set a logger itself.
pub(super) fn install() {
    if log::set_logger(&Lines).is_ok() {
        let level = std::env::var(LEVEL).ok().and_then(|level| level.parse().ok());
        log::set_max_level(level.unwrap_or(LevelFilter::Info));
    }
}

struct Lines;

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut lines = String::new();
        for line in record.args().to_string().lines() {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{} {}: {line}", record.level(), record.target());
        }
        // One write, so that lines of several threads do not mix. Without standard error there is nowhere to report it.
        let _ = std::io::stderr().lock().write_all(lines.as_bytes());
    }

    fn flush(&self) {}
}
