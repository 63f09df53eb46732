//! What a plugin is kept from, in words, as its process found it when it confined itself.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is protected from a plugin, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protections {
    /// What it is kept from, each with the mechanism.
    pub on: Vec<String>,
    /// What it is not kept from, each with the reason.
    pub off: Vec<String>,
}

impl Protections {
    /// Those of a plugin that is not confined.
    pub fn none() -> Self {
        Self { on: Vec::new(), off: vec!["files, network, other processes (unconfined)".to_owned()] }
    }
}

impl fmt::Display for Protections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = if self.on.is_empty() { "none".to_owned() } else { self.on.join("; ") };
        f.write_str(&on)?;
        if !self.off.is_empty() {
            write!(f, "; not protected: {}", self.off.join("; "))?;
        }
        Ok(())
    }
}
