//! How a child process ended, in words.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// "ended by itself with exit code 1", or "died with signal 11 (segmentation fault)".
pub(crate) fn in_words(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return format!("ended by itself with exit code {}", status.code().unwrap_or_default());
    };
    let name = match signal {
        4 => "illegal instruction",
        5 => "trap",
        6 => "abort",
        7 => "bus error",
        8 => "arithmetic error",
        9 => "killed, by a person or for memory",
        11 => "segmentation fault",
        15 => "terminated",
        _ => return format!("died with signal {signal}"),
    };
    format!("died with signal {signal} ({name})")
}

/// Whether a signal ended it that a person or the system sends, and that a program seldom sends itself.
pub(crate) fn from_outside(status: ExitStatus) -> bool {
    // SIGHUP, SIGINT, SIGKILL (for memory, too), SIGTERM.
    status.signal().is_some_and(|signal| [1, 2, 9, 15].contains(&signal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_signals_are_named() {
        // As wait(2) encodes them: the exit code in the second byte, a signal in the first.
        let words = [0x0100, 9, 11, 44].map(|raw| in_words(ExitStatus::from_raw(raw)));
        assert_eq!(
            words,
            [
                "ended by itself with exit code 1",
                "died with signal 9 (killed, by a person or for memory)",
                "died with signal 11 (segmentation fault)",
                "died with signal 44",
            ]
        );
    }
}
