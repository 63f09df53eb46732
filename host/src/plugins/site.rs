//! Limits of the site: what a shell or a job allows each process, which no message may blame on a plugin.

use std::io::{self, ErrorKind};

use genomenas_data::error::{Error, Result};
use rustix::process::{Resource, getrlimit};

/// What the standard library, the C library and the loader say where memory ends.
const OUT_OF_MEMORY: [&str; 5] =
    ["memory allocation of", "annot allocate memory", "failed to map segment", "bad_alloc", "out of memory"];

/// A clause that names the limit by which the system is likely to have refused another process.
pub(crate) fn reason(error: &io::Error) -> String {
    let shown = |limit: Option<u64>| limit.map_or("unlimited".to_owned(), |limit| limit.to_string());
    match error.raw_os_error().map(io::Error::from_raw_os_error).map(|error| error.kind()) {
        Some(ErrorKind::WouldBlock) => format!(
            "; this user or job may have no more processes (ulimit -u is {})",
            shown(getrlimit(Resource::Nproc).current)
        ),
        Some(ErrorKind::OutOfMemory) => format!("; memory ran out{}", addresses(u64::MAX).unwrap_or_default()),
        _ if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => format!(
            "; this process may open no more files (ulimit -n is {})",
            shown(getrlimit(Resource::Nofile).current)
        ),
        _ => String::new(),
    }
}

/// The least addresses that a process with libtorch and a small network gets by with.
const LEAST: u64 = 768 << 20;

/// Refuses to begin where the site leaves a process too few addresses for anything: whatever failed then would be blamed
/// on something else.
///
/// # Errors
///
/// They are too few: wrong use, with the limit.
pub fn enough_addresses() -> Result<()> {
    let Some(words) = addresses(LEAST) else {
        return Ok(());
    };
    let words = words.trim_start_matches("; ");
    Err(Error::input(format!("{words}. Training needs at least {} MiB", LEAST >> 20)))
}

/// A clause that names the site's limit of addresses, where it is below `ours`.
fn addresses(ours: u64) -> Option<String> {
    let limit = getrlimit(Resource::As);
    let limit = limit.current.into_iter().chain(limit.maximum).min()?;
    (limit < ours).then(|| {
        format!("; this shell or job gives each process {} MiB of addresses (ulimit -v): raise that limit", limit >> 20)
    })
}

/// What to add to a message that says that memory ended: the limit that holds, the site's or `ours`.
pub(super) fn of_memory(message: &str, ours: u64) -> String {
    if !OUT_OF_MEMORY.iter().any(|words| message.contains(words)) {
        return String::new();
    }
    addresses(ours).unwrap_or_else(|| format!("; a plugin may have {} MiB of addresses", ours >> 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_end_of_memory_is_put_down_to_a_limit() {
        assert_eq!(of_memory("it died", 1 << 30), "");
        assert!(of_memory("memory allocation of 16777216 bytes failed", 1 << 30).contains("MiB of addresses"));
    }

    #[test]
    fn a_refusal_names_its_limit() {
        let of = |number| reason(&io::Error::from_raw_os_error(number));
        assert!(of(11).contains("ulimit -u is "), "{}", of(11));
        assert!(of(24).contains("ulimit -n is "), "{}", of(24));
        assert_eq!(of(2), "");
    }
}
