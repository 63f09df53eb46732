//! How much memory this process can have, and how much it has.

use std::path::Path;

use crate::error::{Error, Result};
use crate::text::{printable, shortened};

/// The variable that gives a process a share of the machine's memory: the most bytes that it may hold. The comparer sets
/// it for runs that run at once, because each of them would otherwise count on all that is free.
pub const SHARE: &str = "GENOMENAS_MEMORY";

/// Bytes of memory that a process can still have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// How many.
    pub bytes: u64,
    /// Whose they are, as a sentence begins: "this machine has".
    pub of: &'static str,
}

impl Available {
    /// What the machine has left.
    pub const fn of_machine(bytes: u64) -> Self {
        Self { bytes, of: "this machine has" }
    }

    fn least(self, bytes: Option<u64>, of: &'static str) -> Self {
        match bytes {
            Some(bytes) if bytes < self.bytes => Self { bytes, of },
            _ => self,
        }
    }
}

/// Bytes of memory that this process can still have: what the machine has left, or what the limits of its control groups
/// (a container, a job of a cluster), of its addresses (`ulimit -v`) or its [`SHARE`] leave of it. `None` where Linux does
/// not report it.
///
/// # Errors
///
/// The share is not a number of bytes.
pub fn available() -> Result<Option<Available>> {
    let share = match std::env::var(SHARE) {
        Ok(text) => Some(share(&text)?),
        Err(_) => None,
    };
    let Some(machine) = field("/proc/meminfo", "MemAvailable:") else { return Ok(None) };
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let groups = groups.lines().filter_map(|line| left_in_groups(Path::new("/sys/fs/cgroup"), line)).min();
    let left = |limit: Option<u64>, used: &str| Some(limit?.saturating_sub(field("/proc/self/status", used)?));
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    Ok(Some(
        Available::of_machine(machine)
            .least(groups, "its control group (a container, or the job of a cluster) has")
            .least(left(address_limit(&limits), "VmSize:"), "the limit of its addresses (ulimit -v) leaves")
            .least(
                share.map(|share| share.saturating_sub(held())),
                "its share of the machine (GENOMENAS_MEMORY) leaves",
            ),
    ))
}

/// The share that the variable gives.
fn share(text: &str) -> Result<u64> {
    text.trim().parse().map_err(|_| {
        let text = printable(&shortened(text));
        Error::input(format!("{SHARE} is '{text}': expected a number of bytes, or leave it out"))
    })
}

/// The most addresses that a process may have, of the text of `/proc/self/limits`; `None` where it may have all.
fn address_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What the limits of a control group and of those above it leave, for a line of `/proc/self/cgroup`.
fn left_in_groups(root: &Path, line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
    let names = match controllers {
        "" => Names { root: root.to_owned(), limit: "memory.max", used: "memory.current", cache: "inactive_file " },
        _ if controllers.split(',').any(|controller| controller == "memory") => Names {
            root: root.join("memory"),
            limit: "memory.limit_in_bytes",
            used: "memory.usage_in_bytes",
            cache: "total_inactive_file ",
        },
        _ => return None,
    };
    // In a container the path may be that of the host machine: then only the root exists.
    let group = Path::new(group.trim_start_matches('/'));
    group.ancestors().filter_map(|group| names.left(&names.root.join(group))).min()
}

/// The names of the files of a control group, which differ between the two versions of control groups.
struct Names {
    root: std::path::PathBuf,
    limit: &'static str,
    used: &'static str,
    cache: &'static str,
}

impl Names {
    /// What the limit of one group leaves. Cached files do not count, because they are dropped when memory is needed.
    fn left(&self, group: &Path) -> Option<u64> {
        let number = |name: &str| std::fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
        let (limit, used) = (number(self.limit)?, number(self.used)?);
        let stat = std::fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let cached = stat.lines().find_map(|line| line.strip_prefix(self.cache)?.trim().parse::<u64>().ok());
        Some(limit.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
    }
}

/// The memory that this process holds for itself, in bytes; 0 where Linux does not report it.
pub fn held() -> u64 {
    field("/proc/self/status", "RssAnon:").unwrap_or(0)
}

/// The memory that a process holds, its files included, in bytes; `None` where it has gone or Linux does not report it.
pub fn held_by(process: u32) -> Option<u64> {
    field(&format!("/proc/{process}/status"), "VmRSS:")
}

/// The most memory that this process has held so far, in bytes; 0 where Linux does not report it.
pub fn peak_memory() -> u64 {
    field("/proc/self/status", "VmHWM:").unwrap_or(0)
}

fn field(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_all_limits_counts_and_is_named() {
        let all = Available::of_machine(100).least(None, "a").least(Some(70), "b").least(Some(80), "c");
        assert_eq!(all, Available { bytes: 70, of: "b" });
        let limits = "Limit                     Soft Limit           Hard Limit           Units\nMax address space         4096000000           unlimited            bytes\n";
        assert_eq!(address_limit(limits), Some(4_096_000_000));
        assert_eq!(address_limit(&limits.replace("4096000000", "unlimited ")), None);
        assert_eq!(share(" 1000 ").unwrap(), 1000);
        let refused = share("8G").unwrap_err();
        assert!(refused.to_string().contains("GENOMENAS_MEMORY is '8G'"), "{refused}");
    }

    #[test]
    fn the_tightest_limit_of_the_control_groups_counts_without_what_is_only_cached() {
        let root = tempfile::tempdir().unwrap();
        let group = |path: &str, files: [(&str, &str); 3]| {
            let folder = root.path().join(path);
            std::fs::create_dir_all(&folder).unwrap();
            for (name, text) in files {
                crate::files::write_atomically(&folder.join(name), text.as_bytes()).unwrap();
            }
        };
        let second =
            |limit, used| [("memory.max", limit), ("memory.current", used), ("memory.stat", "inactive_file 50")];
        group("job", second("1000\n", "400\n"));
        group("job/step", second("max\n", "100\n"));
        assert_eq!(left_in_groups(root.path(), "0::/job/step"), Some(650));
        assert_eq!(left_in_groups(root.path(), "0::/elsewhere"), None);
        group(
            "memory/old",
            [
                ("memory.limit_in_bytes", "900"),
                ("memory.usage_in_bytes", "900"),
                ("memory.stat", "total_inactive_file 20"),
            ],
        );
        assert_eq!(left_in_groups(root.path(), "4:memory:/old"), Some(20));
        assert_eq!(left_in_groups(root.path(), "3:cpuset:/old"), None);
    }
}
