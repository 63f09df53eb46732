//! Ways to print more than anybody reads.

use std::io::Write as _;

/// What is written in all.
const BYTES: usize = 16 << 20;

/// Does it, if `misbehave` is one of them.
pub(crate) fn flood(misbehave: &str) {
    let line = "flood ".repeat(20) + "\n";
    let endless = "flood ".repeat(4000);
    // A reader that has had enough is no reason to stop.
    match misbehave {
        "flood-out" => (0..BYTES / line.len()).for_each(|_| _ = std::io::stdout().write_all(line.as_bytes())),
        "flood-err" => (0..BYTES / line.len()).for_each(|_| _ = std::io::stderr().write_all(line.as_bytes())),
        "flood-line" => (0..BYTES / endless.len()).for_each(|_| _ = std::io::stderr().write_all(endless.as_bytes())),
        _ => {}
    }
}
