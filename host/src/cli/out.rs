//! The one place that writes to standard output, and errors to standard error.
//!
//! A reader that has gone (`| head`) is not an error: further output is dropped and the work goes on.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use genomenas_data::error::{Error, Result};
pub(crate) use genomenas_report::text_table::aligned;

/// Whether the reader of standard output has gone.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes `text` as it is.
pub(crate) fn text(text: &str) -> Result<()> {
    if CLOSED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        other => other.map_err(|error| Error::failed(format!("cannot write to standard output: {error}"))),
    }
}

/// Writes `text` and a line feed.
pub(crate) fn line(line: &str) -> Result<()> {
    text(&format!("{line}\n"))
}

/// Writes `value` as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(&to_json(value, true)?)
}

/// Writes `value` as one line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> Result<()> {
    line(&to_json(value, false)?)
}

/// Writes `error: …` as one line to standard error.
pub(crate) fn error(error: &Error) {
    let text = error.to_string().lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    // Where standard error is closed too, nobody can be told.
    let _ = writeln!(std::io::stderr().lock(), "error: {text}");
}

fn to_json(value: &impl Serialize, indented: bool) -> Result<String> {
    let text = if indented { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.map_err(|error| Error::bug(format!("cannot write the result as JSON: {error}")))
}
