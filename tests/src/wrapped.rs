//! A command started by another one: under limits of a shell, as another user, in another namespace.

use std::process::Command;

/// `command` as arguments of `program`, in its own environment: without that, a run would read and write folders of the
/// person who tests.
pub fn wrapped(program: &str, arguments: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(program);
    outer.args(arguments).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

/// `command` after what `script` does in the same shell, such as `ulimit -n 64`.
pub fn limited(script: &str, command: &Command) -> Command {
    // Of bash: its limits of file sizes count kilobytes.
    wrapped("bash", &["-c", &format!("{script}; exec \"$0\" \"$@\"")], command)
}
