//! Threads are settled before libtorch loads: its OpenMP reads the environment once, when the process starts.
//!
//! Two libtorch processes whose idle threads spin on the same cores run 10 to 20 times slower than two that wait
//! passively, so a process that trains starts itself again, once, with the right environment.

use std::os::unix::process::CommandExt;
use std::process::Command;

use genomenas_data::error::{Error, Result};

/// Set by the first start, so that there is never a third.
const GUARD: &str = "GENOMENAS_THREADS_ARE_SET";

/// The variables that give a process `threads` threads which wait without spinning.
pub(crate) fn environment(threads: u32) -> Vec<(&'static str, String)> {
    vec![
        ("OMP_NUM_THREADS", threads.to_string()),
        ("MKL_NUM_THREADS", threads.to_string()),
        ("OMP_WAIT_POLICY", "PASSIVE".to_owned()),
        ("GOMP_SPINCOUNT", "0".to_owned()),
        ("KMP_BLOCKTIME", "0".to_owned()),
    ]
}

/// Returns in a process whose environment gives it `threads` threads: this one, or the same program started again in
/// its place with the same arguments.
///
/// # Errors
///
/// This program is not found, or does not start.
pub fn ensure(threads: u32) -> Result<()> {
    let wanted = environment(threads);
    let set = wanted.iter().all(|(name, value)| std::env::var(name).is_ok_and(|set| set == *value));
    if set {
        return Ok(());
    }
    if std::env::var_os(GUARD).is_some() {
        log::warn!(
            "the environment changes back the thread settings (OMP_NUM_THREADS and others): training may be slow"
        );
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|error| {
        Error::failed(format!("cannot find this program to start it again with {threads} threads: {error}"))
    })?;
    let error = Command::new(&program).args(std::env::args_os().skip(1)).envs(wanted).env(GUARD, "1").exec();
    Err(Error::failed(format!("cannot start {} again with {threads} threads: {error}", program.display())))
}

/// The threads that this process may use at once.
pub(crate) fn available() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
}
