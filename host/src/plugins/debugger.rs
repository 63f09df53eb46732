//! Waiting until a debugger is attached to the process of a plugin.

use std::io::{self, BufRead as _};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Duration;

/// Between two looks at the process.
const PAUSE: Duration = Duration::from_millis(50);

/// Says how to attach a debugger to the process, and returns once one is attached, a line is read from standard input, or
/// the process has gone. It has loaded its library and waits for its next call, so breakpoints in the plugin are found.
pub(super) fn wait(plugin: &str, pid: u32) {
    log::info!(
        "plugin {plugin} is loaded in process {pid}, which waits for a debugger: gdb -p {pid}, or lldb -p {pid}"
    );
    log::info!("set breakpoints there, and let it go on (continue); Enter here begins without a debugger");
    let enter = enter();
    loop {
        match tracer(pid) {
            Some(0) => {}
            Some(tracer) => {
                log::info!("process {tracer} is attached: the search begins when it lets the plugin go on");
                return;
            }
            // The call that follows says how it ended.
            None => return,
        }
        match enter.as_ref().map(Receiver::try_recv) {
            Some(Ok(())) => {
                log::info!("begun without a debugger");
                return;
            }
            // Standard input has ended, so nobody will press a key: the debugger is waited for alone.
            Some(Err(TryRecvError::Empty | TryRecvError::Disconnected)) | None => thread::sleep(PAUSE),
        }
    }
}

/// The process that traces this one, 0 where there is none; `None` where it has gone.
fn tracer(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    // One that nobody has waited for has ended all the same.
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    match field("State:") {
        Some(state) if state.starts_with(['Z', 'X']) => None,
        _ => Some(field("TracerPid:").and_then(|tracer| tracer.parse().ok()).unwrap_or(0)),
    }
}

/// Reports the first line of standard input. The thread ends with this process.
fn enter() -> Option<Receiver<()>> {
    let (pressed, received) = channel();
    let listen = move || {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).is_ok_and(|read| read > 0) {
            // Nobody may be waiting any more.
            let _ = pressed.send(());
        }
    };
    thread::Builder::new().name("enter".to_owned()).spawn(listen).ok()?;
    Some(received)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_nobody_traces_has_no_tracer_and_one_that_ended_is_gone() {
        assert_eq!(tracer(std::process::id()), Some(0));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert_eq!(tracer(pid), None);
    }
}
