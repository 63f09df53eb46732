//! What a command said and how it ended.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a command said and how it ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Runs `command` to its end. It must not panic, whatever it is asked.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let outcome = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        // A plugin may: "plugin x panicked: …".
        assert!(!outcome.stderr.contains("panicked at "), "{outcome:?}");
        outcome
    }

    /// Runs `command`, which must end well, and gives its standard output.
    pub fn text(command: &mut Command) -> String {
        let outcome = Self::of(command);
        assert_eq!(outcome.code, Some(0), "{command:?}: {}", outcome.stderr);
        outcome.stdout
    }

    /// Runs `command`, which must end well, and reads its standard output as JSON.
    pub fn json(command: &mut Command) -> Value {
        let text = Self::text(command);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command:?}: {error}: {text}"))
    }

    /// Runs `command`, which must exit with `code`, and gives its one line `error: …` without the word. It says nothing
    /// on standard output.
    pub fn refusal(command: &mut Command, code: i32) -> String {
        let outcome = Self::of(command);
        assert_eq!(outcome.code, Some(code), "{command:?}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{command:?}");
        let errors: Vec<_> = outcome.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        let [error] = errors.as_slice() else {
            panic!("{command:?} said not one line `error: …`: {}", outcome.stderr)
        };
        assert!(outcome.stderr.trim_end().ends_with(error), "the error is the last that is said: {}", outcome.stderr);
        (*error).to_owned()
    }
}

/// The paths of all that is in a folder, relative to it, sorted: the same before and after what must write nothing.
pub fn listing(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = match std::fs::read_dir(&next) {
            // What works there may remove a folder meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.unwrap(),
        };
        for entry in entries {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(folder).unwrap().display().to_string());
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}
