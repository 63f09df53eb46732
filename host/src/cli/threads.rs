//! Threads and memory are settled before libtorch loads: its OpenMP and the C library read the environment once, when a
//! program starts. So they are settled by the program that becomes the one that trains.

use genomenas_data::error::Result;
use genomenas_data::text::{printable, shortened};

use super::{cores, start};
use crate::run::trainer::Trainer;

/// How often an idle thread of OpenMP looks for work before it sleeps, where it has a core to itself: 30 to 100 µs.
///
/// Measured on two cores (Zen 4) with two threads, without spinning, with 1,000 and with 3,000: two steps in the published
/// space took 12.7, 8.1 and 7.2 s, eight of a small space 6.5, 4.3 and 4.1 s. The lower number, because a run that
/// holds its cores may still meet one that does not spin: it then took 2.1 times as long as alone, with 3,000 2.4 times.
/// Two that both spin took 3 to 4 times as long with 3,000, and 7 to 10 times with 10,000.
const SPINS: u32 = 1000;

/// The variable of the C library's allocator.
const TUNABLES: &str = "GLIBC_TUNABLES";

/// What is asked of the allocator, by the name of each setting and that of a variable that also sets it: large blocks come
/// from the heap, which is not handed back while training. Otherwise each step asks for its memory anew, page by page.
const MALLOC: [(&str, &str, u64); 2] = [
    ("glibc.malloc.mmap_threshold", "MALLOC_MMAP_THRESHOLD_", 4 << 30),
    ("glibc.malloc.trim_threshold", "MALLOC_TRIM_THRESHOLD_", 1 << 40),
];

/// Returns what trains, in a process whose environment gives it `threads` threads: this one, if it is the program that
/// trains, else what it becomes.
pub(crate) fn ensure(threads: u32, trainer: Option<&dyn Trainer>) -> Result<&dyn Trainer> {
    let Some(trainer) = trainer else {
        return Err(start::become_trainer(settled(threads)));
    };
    if std::env::var("OMP_NUM_THREADS").is_ok_and(|set| set != threads.to_string()) {
        log::warn!(
            "the environment changes back the thread settings (OMP_NUM_THREADS and others): training may be slow"
        );
    }
    Ok(trainer)
}

/// The variables for a program that trains with `threads` threads and that this process is about to become. Holds cores
/// for it where there are enough.
pub fn settled(threads: u32) -> Vec<(&'static str, String)> {
    // One thread waits for nobody, and what a control group allows may be less than the cores are.
    let fit = (2..=available()).contains(&threads);
    let cores = if fit { cores::hold(threads) } else { None };
    let cores = cores.filter(|cores| cores.keep_across_exec().is_ok());
    let wanted = environment(threads, if cores.is_some() { SPINS } else { 0 });
    let replaced = replaced(&wanted, |name| std::env::var(name).ok());
    if !replaced.is_empty() {
        log::info!("set for {threads} threads, in place of what the environment says: {}", replaced.join(", "));
    }
    // The program that this process becomes holds them.
    std::mem::forget(cores);
    let tunables = tunables(|name| std::env::var(name).ok());
    wanted.into_iter().chain([(TUNABLES, tunables)]).collect()
}

/// The variables that give a process `threads` threads which look for work `spins` times before they sleep.
///
/// The first two hold for every OpenMP, the third for libtorch's own (GNU), the last for Intel's, which knows
/// milliseconds only.
fn environment(threads: u32, spins: u32) -> [(&'static str, String); 5] {
    [
        ("OMP_NUM_THREADS", threads.to_string()),
        ("OMP_WAIT_POLICY", "PASSIVE".to_owned()),
        ("GOMP_SPINCOUNT", spins.to_string()),
        ("MKL_NUM_THREADS", threads.to_string()),
        ("KMP_BLOCKTIME", "0".to_owned()),
    ]
}

/// What of `wanted` the environment has another value for.
fn replaced(wanted: &[(&str, String)], set: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let other = |(name, value): &(&str, String)| {
        let set = set(name).filter(|set| set != value)?;
        Some(format!("{name}={value} (not {})", printable(&shortened(&set))))
    };
    wanted.iter().filter_map(other).collect()
}

/// The tunables that are set, and those of [`MALLOC`] that nobody has set.
fn tunables(set: impl Fn(&str) -> Option<String>) -> String {
    let earlier = set(TUNABLES).unwrap_or_default();
    let is_set = |name: &str| earlier.split(':').any(|one| one.split('=').next() == Some(name));
    let ours = MALLOC.iter().filter(|(name, variable, _)| !is_set(name) && set(variable).is_none());
    let ours = ours.map(|(name, _, value)| format!("{name}={value}"));
    let earlier = Some(earlier.clone()).filter(|earlier| !earlier.is_empty());
    earlier.into_iter().chain(ours).collect::<Vec<_>>().join(":")
}

/// The threads that this process may use at once.
pub(crate) fn available() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_asked_of_the_allocator_stays_and_ours_is_added() {
        let with = |variable: &'static str, value: &'static str| {
            tunables(move |name| (name == variable).then(|| value.to_owned()))
        };
        let ours = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=1099511627776";
        assert_eq!(with("HOME", "/"), ours);
        assert_eq!(with(TUNABLES, "glibc.malloc.hugetlb=1"), format!("glibc.malloc.hugetlb=1:{ours}"));
        let theirs = "glibc.malloc.mmap_threshold=1000:glibc.malloc.trim_threshold=2000";
        assert_eq!(with(TUNABLES, theirs), theirs);
        assert_eq!(with("MALLOC_TRIM_THRESHOLD_", "1"), "glibc.malloc.mmap_threshold=4294967296");
    }

    #[test]
    fn another_number_of_threads_in_the_environment_is_told_and_the_same_is_not() {
        let told = |set: &'static str| {
            replaced(&environment(2, 0), move |name| (name == "OMP_NUM_THREADS").then(|| set.to_owned()))
        };
        assert_eq!(told("7"), ["OMP_NUM_THREADS=2 (not 7)"]);
        assert_eq!(told("2"), [""; 0]);
    }
}
