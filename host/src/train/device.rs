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
pub fn check_memory(device: Device, need: &Need) -> Result<()> {
    match available_memory() {
        Some(available) if device == Device::Cpu => check(need, available),
        _ => Ok(()),
    }
}

fn check(need: &Need, available: u64) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_the_figure() {
        let need = Need { parameters: 1 << 20, copies: Need::TRAINED, activations: 1 << 20, batch: 10 };
        // 10 × 4 bytes a weight, 4 + 1 bytes a value and sample.
        assert!(check(&need, (40 + 50) << 20).is_ok());
        let refused = check(&need, 80 << 20).unwrap_err().to_string();
        assert!(refused.contains("about 90 MB") && refused.contains("has 80 MB free"), "{refused}");
        assert!(check(&Need { copies: Need::UNROLLED, ..need }, (40 + 50) << 20).is_err());
    }
}
