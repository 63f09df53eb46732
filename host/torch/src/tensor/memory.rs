//! How much memory a network needs, and how much there is.

use std::path::Path;

use genomenas_data::Device;
use genomenas_data::text::{printable, shortened};
use genomenas_plugin::space::Peak;

use super::heap;
use crate::error::{Error, Result};

/// The variable that gives a process a share of the machine's memory: the most bytes that it may hold. The comparer sets
/// it for runs that run at once, because each of them would otherwise count on all that is free.
pub const SHARE: &str = "GENOMENAS_MEMORY";

/// An estimate of the memory that a network needs.
#[derive(Clone, Debug)]
pub(crate) struct MemoryEstimate {
    /// Weights, alphas among them.
    pub(crate) parameters: u64,
    /// Values held for each weight.
    pub(crate) copies: u64,
    /// Values that a pass keeps for one sample.
    pub(crate) activations: u64,
    /// The most values that a step holds at once for one sample, and where.
    pub(crate) peak: Peak,
    /// Values of one sample that are loaded: its own batch, and those ahead of it.
    pub(crate) rows: u64,
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

    /// Values that are loaded of one sample: five batches, one in use, one handed over and three ahead.
    pub(crate) const fn row(length: usize, labels: usize) -> u64 {
        5 * (4 * length as u64 + labels as u64)
    }

    /// All of it in bytes.
    fn bytes(&self) -> u64 {
        let weights = self.parameters.saturating_mul(4 * self.copies);
        // A quarter more of what is kept, for what the allocator cannot reuse. Measured on the published supernet:
        // 1.9 GB in batches of 8, for which this estimates 2.3 GB.
        let kept = self.activations.saturating_mul(self.batch.into());
        let held = self.peak.values.saturating_add(self.rows).saturating_mul(self.batch.into());
        weights.saturating_add(kept).saturating_add(held.saturating_mul(4))
    }

    /// What the layer at the peak holds, in bytes.
    fn at_layer(&self) -> u64 {
        self.peak.live.saturating_mul(self.batch.into()).saturating_mul(4)
    }
}

/// Refuses a network that cannot fit in the memory that this process can have, before anything is allocated. On CUDA
/// nothing is checked: libtorch reports that memory ran out, and the process lives on. On a CPU the system would end the
/// process. What an earlier network of this process left free goes back first, so that it counts as free.
pub(crate) fn check(device: Device, estimate: &MemoryEstimate) -> Result<()> {
    heap::release();
    match available()? {
        Some(available) if device == Device::Cpu => check_against(estimate, available),
        _ => Ok(()),
    }
}

fn check_against(estimate: &MemoryEstimate, available: Available) -> Result<()> {
    let bytes = estimate.bytes();
    if bytes <= available.bytes {
        return Ok(());
    }
    let MemoryEstimate { parameters, activations, batch, peak, .. } = estimate;
    Err(Error::failed(format!(
        "the network needs about {} MB to train ({parameters} weights, {activations} values a sample in batches of {batch}; {} MB at layer '{}'), {} {} MB free: take a smaller batch or network",
        bytes >> 20,
        estimate.at_layer() >> 20,
        peak.layer,
        available.of,
        available.bytes >> 20
    )))
}

/// Bytes of memory that a process can still have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// How many.
    pub bytes: u64,
    /// Whose they are, as a sentence begins: "this machine has".
    of: &'static str,
}

impl Available {
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
    let machine = Available { bytes: machine, of: "this machine has" };
    Ok(Some(
        machine
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
        genomenas_data::Error::input(format!("{SHARE} is '{text}': expected a number of bytes, or leave it out")).into()
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
fn held() -> u64 {
    field("/proc/self/status", "RssAnon:").unwrap_or(0)
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

    fn machine(bytes: u64) -> Available {
        Available { bytes, of: "this machine has" }
    }

    fn estimate() -> MemoryEstimate {
        let peak = Peak { values: 1 << 20, live: 1 << 18, layer: "wide".to_owned() };
        let copies = MemoryEstimate::TRAINED;
        MemoryEstimate { parameters: 1 << 20, copies, activations: 1 << 20, peak, rows: 0, batch: 10 }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_figures_and_the_layer() {
        // 10 × 4 bytes a weight, 4 + 1 bytes a value and sample.
        assert!(check_against(&estimate(), machine((40 + 50) << 20)).is_ok());
        let refused = check_against(&estimate(), machine(80 << 20)).unwrap_err().to_string();
        assert!(refused.contains("about 90 MB") && refused.contains("this machine has 80 MB free"), "{refused}");
        assert!(refused.contains("10 MB at layer 'wide'"), "{refused}");
        let unrolled = MemoryEstimate { copies: MemoryEstimate::UNROLLED, ..estimate() };
        assert!(check_against(&unrolled, machine((40 + 50) << 20)).is_err());
    }

    #[test]
    fn what_is_there_for_a_moment_and_what_is_loaded_count_too() {
        let peak = Peak { values: 200_000_000, live: 199_000_000, layer: "wide".to_owned() };
        let wide = MemoryEstimate { activations: 0, peak, ..estimate() };
        assert!(check_against(&wide, machine(7 << 30)).is_err());
        assert!(check_against(&wide, machine(8 << 30)).is_ok());
        let rows = MemoryEstimate::row(1000, 10);
        assert_eq!(MemoryEstimate { rows, ..estimate() }.bytes() - estimate().bytes(), 5 * 4010 * 4 * 10);
    }

    #[cfg(target_env = "gnu")]
    #[test]
    fn memory_that_was_freed_goes_back_to_the_system() {
        // Blocks below any threshold, with one behind them that keeps the heap from being cut off.
        let blocks: Vec<Vec<u8>> = (0..4096).map(|_| vec![1; 16 << 10]).collect();
        let behind = vec![1_u8; 16 << 10];
        let before = held();
        drop(blocks);
        heap::release();
        let after = held();
        assert!(after + (32 << 20) < before, "{before} bytes before, {after} after");
        drop(behind);
    }

    #[test]
    fn the_least_of_all_limits_counts_and_is_named() {
        let all = machine(100).least(None, "a").least(Some(70), "b").least(Some(80), "c");
        assert_eq!(all, Available { bytes: 70, of: "b" });
        let limits = "Limit                     Soft Limit           Hard Limit           Units\nMax address space         4096000000           unlimited            bytes\n";
        assert_eq!(address_limit(limits), Some(4_096_000_000));
        assert_eq!(address_limit(&limits.replace("4096000000", "unlimited ")), None);
        assert_eq!(share(" 1000 ").unwrap(), 1000);
        let refused = share("8G").unwrap_err();
        assert!(!refused.is_of_the_trial() && refused.to_string().contains("GENOMENAS_MEMORY is '8G'"), "{refused}");
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
