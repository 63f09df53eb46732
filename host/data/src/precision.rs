//! The precision that networks compute with. Known here, so that one which a device lacks is refused before anything is
//! made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::device::Device;
use crate::error::{Error, Result};

/// How precisely a network computes. Weights, losses and optimizers are float32 in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// float32 throughout.
    #[default]
    Fp32,
    /// float32, but products and convolutions of a CUDA device may round what they read to TF32.
    Tf32,
    /// Passes through a network under autocast to bfloat16.
    Bf16,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 3] = [Self::Fp32, Self::Tf32, Self::Bf16];

    /// Whether this is the precision where nobody asks for another: files leave it out, as those of earlier versions do.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses a precision that the device lacks.
    ///
    /// # Errors
    ///
    /// The device is the processor, and the precision another than float32.
    pub fn check_on(self, device: Device) -> Result<()> {
        match device {
            Device::Cpu if !self.is_default() => Err(Error::input(format!(
                "precision '{self}' is for CUDA devices, and this would compute on the processor: leave --precision out, or choose a GPU with --device"
            ))),
            _ => Ok(()),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|precision| precision.name() == text);
        found.ok_or_else(|| Error::input(format!("precision '{text}' is unknown: expected fp32, tf32 or bf16")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_read_by_the_name_that_it_is_printed_and_written_by() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
            assert_eq!(serde_json::to_string(&precision).unwrap(), format!("\"{precision}\""));
        }
        for text in ["", "FP32", "fp16", "float32"] {
            let error = text.parse::<Precision>().unwrap_err();
            let expected = format!("precision '{text}' is unknown: expected fp32, tf32 or bf16");
            assert_eq!((error.to_string(), error.exit_code()), (expected, 2));
        }
    }

    #[test]
    fn the_processor_has_float32_alone_and_a_gpu_has_each() {
        for precision in Precision::ALL {
            precision.check_on(Device::Cuda(0)).unwrap();
            assert_eq!(precision.check_on(Device::Cpu).is_ok(), precision == Precision::Fp32);
        }
        let refused = Precision::Bf16.check_on(Device::Cpu).unwrap_err();
        assert!(refused.to_string().starts_with("precision 'bf16' is for CUDA devices"), "{refused}");
        assert_eq!(refused.exit_code(), 2);
    }
}
