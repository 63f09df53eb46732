//! The one place that writes to standard output, and errors to standard error.
//!
//! Names in what is printed come from files and plugins. So nothing leaves here with a control character or a letter
//! that is not seen, and no line without a bound; only documents keep their length, and escape what is hidden.
//!
//! A reader that has gone (`| head`) is not an error: further output is dropped and the work goes on.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{bounded, is_hidden, printable, printable_lines};
pub(crate) use genomenas_report::text_table::{aligned, plain};

/// Characters of a line for a person; longer ones are cut in the middle.
const LONGEST_LINE: usize = 20_000;
/// Characters of an error.
const LONGEST_ERROR: usize = 4000;

/// Whether the reader of standard output has gone.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes a text for a person: lines of bounded length, without what a terminal obeys or does not show.
pub(crate) fn text(text: &str) -> Result<()> {
    let lines = text.split_inclusive('\n');
    write(&lines.fold(String::with_capacity(text.len()), |text, line| {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        text + &bounded(&printable_lines(line), LONGEST_LINE) + end
    }))
}

/// Writes a text for a person and a line feed.
pub(crate) fn line(line: &str) -> Result<()> {
    text(&format!("{line}\n"))
}

/// Writes a JSON document as it is, but for what is hidden in its texts, which is escaped.
pub(crate) fn json_text(document: &str) -> Result<()> {
    write(&escaped(document, |letter, out| {
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }))
}

/// Writes a TOML document as it is, but for what is hidden in its texts, which is escaped.
pub(crate) fn toml_text(document: &str) -> Result<()> {
    write(&escaped(document, |letter, out| {
        let _ = write!(out, "\\U{:08x}", u32::from(letter));
    }))
}

/// Writes a script as it is: a shell reads it, and nothing in it is from anybody else.
pub(crate) fn script(text: &str) -> Result<()> {
    write(text)
}

/// Writes `value` as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    json_text(&(to_json(value, true)? + "\n"))
}

/// Writes `value` as one line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> Result<()> {
    json_text(&(to_json(value, false)? + "\n"))
}

/// Writes a text for a person to standard error, which results do not share.
pub(crate) fn note(text: &str) {
    // Where standard error is closed, nobody can be told.
    let _ = std::io::stderr().lock().write_all(printable_lines(text).as_bytes());
}

/// Writes `error: …` as one line to standard error.
pub(crate) fn error(error: &Error) {
    let text = error.to_string().lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    // Where standard error is closed too, nobody can be told.
    let _ = writeln!(std::io::stderr().lock(), "error: {}", bounded(&printable(&text), LONGEST_ERROR));
}

fn write(text: &str) -> Result<()> {
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

/// The document with `escape` for each hidden letter. Between the texts of a document only line ends and tabs are some.
fn escaped(document: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(document.len());
    for letter in document.chars() {
        if is_hidden(letter) && !matches!(letter, '\n' | '\t' | '\r') {
            escape(letter, &mut out);
        } else {
            out.push(letter);
        }
    }
    out
}

fn to_json(value: &impl Serialize, indented: bool) -> Result<String> {
    let text = if indented { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.map_err(|error| Error::bug(format!("cannot write the result as JSON: {error}")))
}
