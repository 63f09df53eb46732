//! The device that computes, and how a person names one. Whether a device exists is known to the crate that uses it.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A device that computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    Cpu,
    /// The CUDA device of this number, from 0.
    Cuda(u32),
}

/// A device as a person asks for it: `auto`, `cpu`, `cuda` (the first) or `cuda:i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA device if there is one, otherwise the processor.
    Auto,
    /// This device and no other.
    Device(Device),
}

impl DeviceChoice {
    /// The device that is meant where there are so many CUDA devices.
    ///
    /// # Errors
    ///
    /// The device is not there.
    pub fn among(self, devices: usize) -> Result<Device> {
        match self {
            Self::Auto if devices > 0 => Ok(Device::Cuda(0)),
            Self::Auto => Ok(Device::Cpu),
            Self::Device(device) => match device {
                Device::Cuda(index) if index as usize >= devices => Err(Error::input(format!(
                    "device '{device}' is not there: libtorch sees {devices} CUDA devices; use --device cpu, or `make libtorch-cuda` if this machine has a GPU"
                ))),
                device => Ok(device),
            },
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let cuda = |index: &str| index.parse().ok().map(|index| Self::Device(Device::Cuda(index)));
        match text {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Device(Device::Cpu)),
            "cuda" => Some(Self::Device(Device::Cuda(0))),
            other => other.strip_prefix("cuda:").and_then(cuda),
        }
        .ok_or_else(|| {
            Error::input(format!("device '{text}' is unknown: expected auto, cpu, cuda or cuda:0, cuda:1, …"))
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_parsed_by_name_and_cuda_is_the_first() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Device(Device::Cpu)),
            ("cuda", DeviceChoice::Device(Device::Cuda(0))),
            ("cuda:7", DeviceChoice::Device(Device::Cuda(7))),
        ] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap(), choice, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_unknown_is_refused_with_those_that_are_known() {
        for text in ["", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:0:1", "cpu:0"] {
            let error = text.parse::<DeviceChoice>().unwrap_err();
            let expected = format!("device '{text}' is unknown: expected auto, cpu, cuda or cuda:0, cuda:1, …");
            assert_eq!((error.to_string(), error.exit_code()), (expected, 2));
        }
    }

    #[test]
    fn auto_is_the_first_cuda_device_or_the_processor() {
        let auto = |devices| DeviceChoice::Auto.among(devices).unwrap();
        assert_eq!([auto(0), auto(2)], [Device::Cpu, Device::Cuda(0)]);
    }

    #[test]
    fn a_device_that_is_not_there_is_refused_with_the_number_of_those_that_are() {
        let cuda = |index| DeviceChoice::Device(Device::Cuda(index)).among(2);
        assert_eq!(cuda(1).unwrap(), Device::Cuda(1));
        let refused = cuda(2).unwrap_err();
        assert!(refused.to_string().contains("'cuda:2' is not there: libtorch sees 2 CUDA devices"), "{refused}");
        assert_eq!(refused.exit_code(), 2);
    }

    #[test]
    fn a_device_is_printed_by_the_name_that_chooses_it() {
        for device in [Device::Cpu, Device::Cuda(0), Device::Cuda(3)] {
            assert_eq!(device.to_string().parse::<DeviceChoice>().unwrap(), DeviceChoice::Device(device));
        }
    }
}
