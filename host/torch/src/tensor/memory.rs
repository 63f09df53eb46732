//! How much memory a network needs, and how much there is.

use std::path::Path;

use genomenas_data::Device;

use crate::error::{Error, Result};

/// An estimate of the memory that a network needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryEstimate {
    /// Weights, alphas among them.
    pub(crate) parameters: u64,
    /// Values held for each weight.
    pub(crate) copies: u64,
    /// Values that a pass keeps for one sample.
    pub(crate) activations: u64,
    /// Samples a batch.
    pub(crate) batch: u32,
}

impl MemoryEstimate {
    /// The copies of a score: weights, and those of the file.
    pub(crate) const SCORED: u64 = 2;
    /// The copies of a training: weights, gradients (twice, while they are gathered), two moments, the best weights,
    /// and what a step of Adam computes of them.
    pub(crate) const TRAINED: u64 = 10;
    /// The copies of a training whose architecture steps unroll a weight step: also the weights before it, and the
    /// direction of the finite difference.
    pub(crate) const UNROLLED: u64 = Self::TRAINED + 2;

    /// All of it in bytes.
    fn bytes(&self) -> u64 {
        let weights = self.parameters.saturating_mul(4 * self.copies);
        // A quarter more for the gradients of the backward pass, and for what the allocator cannot reuse. Measured on
        // the published supernet: 1.9 GB in batches of 8, for which this estimates 2.3 GB.
        weights.saturating_add(self.activations.saturating_mul(self.batch.into()).saturating_mul(4 + 1))
    }
}

/// Refuses a network that cannot fit in this machine's memory, before anything is allocated. On CUDA nothing is checked:
/// libtorch reports that memory ran out, and the process lives on. On a CPU the system would end the process.
pub(crate) fn check(device: Device, estimate: &MemoryEstimate) -> Result<()> {
    match available_memory() {
        Some(available) if device == Device::Cpu => check_against(estimate, available),
        _ => Ok(()),
    }
}

fn check_against(estimate: &MemoryEstimate, available: u64) -> Result<()> {
    let bytes = estimate.bytes();
    if bytes <= available {
        return Ok(());
    }
    let MemoryEstimate { parameters, activations, batch, .. } = estimate;
    Err(Error::failed(format!(
        "the network needs about {} MB to train ({parameters} weights, {activations} values a sample in batches of {batch}), this machine has {} MB free: take a smaller batch or network",
        bytes >> 20,
        available >> 20
    )))
}

/// Bytes of memory that this process can still have: what the machine has left, or what the limits of its control groups
/// (a container, a job of a cluster) leave of it. `None` where Linux does not report it.
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
    fn what_does_not_fit_is_refused_with_the_figure() {
        let estimate =
            MemoryEstimate { parameters: 1 << 20, copies: MemoryEstimate::TRAINED, activations: 1 << 20, batch: 10 };
        // 10 × 4 bytes a weight, 4 + 1 bytes a value and sample.
        assert!(check_against(&estimate, (40 + 50) << 20).is_ok());
        let refused = check_against(&estimate, 80 << 20).unwrap_err().to_string();
        assert!(refused.contains("about 90 MB") && refused.contains("has 80 MB free"), "{refused}");
        assert!(
            check_against(&MemoryEstimate { copies: MemoryEstimate::UNROLLED, ..estimate }, (40 + 50) << 20).is_err()
        );
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
