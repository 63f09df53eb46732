//! Devices as libtorch sees them.

use genomenas_data::{Device, DeviceChoice, Result};

/// The number of CUDA devices that libtorch sees.
pub fn count() -> usize {
    if tch::Cuda::is_available() { usize::try_from(tch::Cuda::device_count()).unwrap_or(0) } else { 0 }
}

/// The device of this machine that a person's choice means.
///
/// # Errors
///
/// The device is not there.
pub fn resolve(choice: DeviceChoice) -> Result<Device> {
    choice.among(count())
}

/// The same device in libtorch's words.
pub(crate) fn torch(device: Device) -> tch::Device {
    match device {
        Device::Cpu => tch::Device::Cpu,
        Device::Cuda(index) => tch::Device::Cuda(index as usize),
    }
}
