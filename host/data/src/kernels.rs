//! The kernels that networks run on, and the environment variable that chooses them. Known here, so that a wrong choice is
//! refused before anything is made; the kernels themselves stand in the crate that trains.

use std::fmt;

use crate::error::{Error, Result};
use crate::text::{printable, shortened};

/// The environment variable that chooses the kernels.
const VARIABLE: &str = "GENOMENAS_KERNELS";

/// Which kernels a network runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernels {
    /// The operations of libtorch.
    Plain,
    /// Kernels of our own where there are any.
    Fused,
}

impl Kernels {
    /// The kernels that `GENOMENAS_KERNELS` names; fused ones without it.
    ///
    /// # Errors
    ///
    /// It names others.
    pub fn chosen() -> Result<Self> {
        Self::named(std::env::var_os(VARIABLE).as_ref().map(|name| name.to_string_lossy()).as_deref())
    }

    fn named(name: Option<&str>) -> Result<Self> {
        match name {
            None | Some("" | "fused") => Ok(Self::Fused),
            Some("plain") => Ok(Self::Plain),
            Some(other) => Err(Error::input(format!(
                "{VARIABLE} is '{}': expected plain or fused, or leave it out",
                printable(&shortened(other))
            ))),
        }
    }
}

impl fmt::Display for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Fused => "fused",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_fused_unless_the_variable_says_plain() {
        for (name, kernels) in
            [(None, "fused"), (Some(""), "fused"), (Some("fused"), "fused"), (Some("plain"), "plain")]
        {
            assert_eq!(Kernels::named(name).unwrap().to_string(), kernels, "{name:?}");
        }
    }

    #[test]
    fn other_kernels_are_refused_with_those_that_there_are() {
        for name in ["quick", "PLAIN", " plain"] {
            let error = Kernels::named(Some(name)).unwrap_err();
            let expected = format!("GENOMENAS_KERNELS is '{name}': expected plain or fused, or leave it out");
            assert_eq!((error.to_string(), error.exit_code()), (expected, 2));
        }
    }
}
