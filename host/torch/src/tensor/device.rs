//! Devices as libtorch sees them.

use genomenas_data::{Device, DeviceChoice, Error, Result};

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
    resolve_among(choice, count())
}

fn resolve_among(choice: DeviceChoice, devices: usize) -> Result<Device> {
    match choice {
        DeviceChoice::Auto if devices > 0 => Ok(Device::Cuda(0)),
        DeviceChoice::Auto => Ok(Device::Cpu),
        DeviceChoice::Device(device) => match device {
            Device::Cuda(index) if index as usize >= devices => Err(Error::input(format!(
                "device '{device}' is not there: libtorch sees {devices} CUDA devices; use --device cpu, or `make libtorch-cuda` if this machine has a GPU"
            ))),
            device => Ok(device),
        },
    }
}

/// The same device in libtorch's words.
pub(crate) fn torch(device: Device) -> tch::Device {
    match device {
        Device::Cpu => tch::Device::Cpu,
        Device::Cuda(index) => tch::Device::Cuda(index as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_the_first_cuda_device_or_the_processor() {
        let auto = |devices| resolve_among(DeviceChoice::Auto, devices).unwrap();
        assert_eq!([auto(0), auto(2)], [Device::Cpu, Device::Cuda(0)]);
    }

    #[test]
    fn a_device_that_is_not_there_is_refused_with_the_number_of_those_that_are() {
        let cuda = |index| resolve_among(DeviceChoice::Device(Device::Cuda(index)), 2);
        assert_eq!(cuda(1).unwrap(), Device::Cuda(1));
        let refused = cuda(2).unwrap_err();
        assert!(refused.to_string().contains("'cuda:2' is not there: libtorch sees 2 CUDA devices"), "{refused}");
        assert_eq!(refused.exit_code(), 2);
    }
}
