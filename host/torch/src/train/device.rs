//! Where tensors live.

pub use tch::Device;

use crate::error::{Error, Result};

/// How many CUDA devices libtorch sees.
pub fn count() -> usize {
    usize::try_from(tch::Cuda::device_count()).unwrap_or(0)
}

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
