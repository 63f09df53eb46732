//! How much memory a network needs, and how much there is.

use std::path::Path;

use super::device::Device;
use crate::error::{Error, Result};

/// What a network needs memory for.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Weights, alphas among them.
    pub parameters: u64,
    /// How many values are held for each of them.
    pub copies: u64,
    /// Values that a pass keeps for one sample.
    pub activations: u64,
    /// Samples a batch.
    pub batch: u32,
}

impl Need {
    /// The copies of a score: weights, and those of the file.
    pub const SCORED: u64 = 2;
    /// The copies of a training: weights, gradients (twice, while they are gathered), two moments, the best weights,
    /// and what a step of Adam computes of them.
    pub const TRAINED: u64 = 10;
    /// The copies of a training whose architecture steps unroll a weight step: also the weights before it, and the
    /// direction of the finite difference.
    pub const UNROLLED: u64 = Self::TRAINED + 2;

    /// All of it in bytes.
    fn bytes(&self) -> u64 {
        let weights = self.parameters.saturating_mul(4 * self.copies);
        // A quarter more for the gradients on their way back, and for what the allocator cannot use again. Measured on
        // the published supernet: 1.9 GB in batches of 8, for which this gives 2.3 GB.
        weights.saturating_add(self.activations.saturating_mul(self.batch.into()).saturating_mul(4 + 1))
    }
}

/// Refuses what cannot fit in this machine's memory, before anything of it is allocated. On CUDA libtorch itself
/// reports that memory ran out, and lives on; on a CPU the system would end the process.
pub fn check(device: Device, need: &Need) -> Result<()> {
    match available_memory() {
        Some(available) if device == Device::Cpu => check_against(need, available),
        _ => Ok(()),
    }
}

fn check_against(need: &Need, available: u64) -> Result<()> {
    let bytes = need.bytes();
    if bytes <= available {
        return Ok(());
    }
    let Need { parameters, activations, batch, .. } = need;
    Err(Error::failed(format!(
        "the network needs about {} MB to train ({parameters} weights, {activations} values a sample in batches of {batch}), this machine has {} MB free: take a smaller batch or network",
        bytes >> 20,
        available >> 20
    )))
}

/// Bytes of memory that this process can still have, where Linux tells: what the machine has left, or what the limits of
/// its control groups (a container, a job of a cluster) leave of it.
fn available_memory() -> Option<u64> {
    let machine = field("/proc/meminfo", "MemAvailable:")?;
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    Some(groups.lines().filter_map(|line| left_in_groups(Path::new("/sys/fs/cgroup"), line)).fold(machine, u64::min))
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
    // In a container the path may be that of the machine outside: then only the root is there.
    let group = Path::new(group.trim_start_matches('/'));
    group.ancestors().filter_map(|group| names.left(&names.root.join(group))).min()
}

/// What the files of a control group are called, in the second version or in the first.
struct Names {
    root: std::path::PathBuf,
    limit: &'static str,
    used: &'static str,
    cache: &'static str,
}

impl Names {
    /// What the limit of one group leaves. Cached files do not count: they make room.
    fn left(&self, group: &Path) -> Option<u64> {
        let number = |name: &str| std::fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
        let (limit, used) = (number(self.limit)?, number(self.used)?);
        let stat = std::fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let cached = stat.lines().find_map(|line| line.strip_prefix(self.cache)?.trim().parse::<u64>().ok());
        Some(limit.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
    }
}

/// The most memory that this process held so far, in bytes; 0 where Linux does not tell.
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
    fn what_does_not_fit_is_refused_with_the_figure() {
        let need = Need { parameters: 1 << 20, copies: Need::TRAINED, activations: 1 << 20, batch: 10 };
        // 10 × 4 bytes a weight, 4 + 1 bytes a value and sample.
        assert!(check_against(&need, (40 + 50) << 20).is_ok());
        let refused = check_against(&need, 80 << 20).unwrap_err().to_string();
        assert!(refused.contains("about 90 MB") && refused.contains("has 80 MB free"), "{refused}");
        assert!(check_against(&Need { copies: Need::UNROLLED, ..need }, (40 + 50) << 20).is_err());
    }

    #[test]
    fn the_tightest_limit_of_the_control_groups_counts_without_what_is_only_cached() {
        let root = tempfile::tempdir().unwrap();
        let group = |path: &str, files: [(&str, &str); 3]| {
            let folder = root.path().join(path);
            std::fs::create_dir_all(&folder).unwrap();
            for (name, text) in files {
                genomenas_data::files::write_atomically(&folder.join(name), text.as_bytes()).unwrap();
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
