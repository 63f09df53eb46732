//! Where tensors live.

pub use tch::Device;

use crate::error::{Error, Result};

/// The device that `auto`, `cpu`, `cuda` or `cuda:i` means here.
pub fn parse(text: &str) -> Result<Device> {
    let index = match text {
        "auto" if tch::Cuda::is_available() => return Ok(Device::Cuda(0)),
        "auto" | "cpu" => return Ok(Device::Cpu),
        "cuda" => 0,
        other => other.strip_prefix("cuda:").and_then(|index| index.parse::<usize>().ok()).ok_or_else(|| {
            Error::input(format!("device '{other}' is unknown: expected auto, cpu, cuda or cuda:0, cuda:1, …"))
        })?,
    };
    let devices = if tch::Cuda::is_available() { tch::Cuda::device_count() } else { 0 };
    if i64::try_from(index).unwrap_or(i64::MAX) >= devices {
        return Err(Error::input(format!(
            "device '{text}' is not there: libtorch sees {devices} CUDA devices; use --device cpu, or `make libtorch-cuda` if this machine has a GPU"
        )));
    }
    Ok(Device::Cuda(index))
}

/// Refuses what cannot fit in this machine's memory, before anything of it is allocated.
///
/// `parameters` weights, and `activations` values a sample in batches of `batch`. On CUDA libtorch itself reports that
/// memory ran out; on a CPU the system would end the process.
pub fn check_memory(device: Device, parameters: u64, activations: u64, batch: u64) -> Result<()> {
    // Weights, gradients (twice, while they are gathered), two moments and the best weights; activations forward and
    // backward.
    let needed =
        parameters.saturating_mul(4 * 6).saturating_add(activations.saturating_mul(batch).saturating_mul(4 * 2));
    let Some(available) = available_memory().filter(|_| device == Device::Cpu) else {
        return Ok(());
    };
    if needed > available {
        return Err(Error::failed(format!(
            "the network needs about {} MB to train ({parameters} weights, batch {batch}), this machine has {} MB free: take a smaller batch or network",
            needed >> 20,
            available >> 20
        )));
    }
    Ok(())
}

/// Bytes of memory that can still be had, where Linux tells.
fn available_memory() -> Option<u64> {
    field("/proc/meminfo", "MemAvailable:")
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
