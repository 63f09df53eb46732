//! The two forms of a network.

use serde::{Deserialize, Serialize};

/// The two forms of a network: the supernet of a search, and the final network of one architecture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// In both.
    #[default]
    Both,
    /// Only in a supernet.
    Search,
    /// Only in a final network.
    Final,
}

impl Form {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub(super) const fn is_both(&self) -> bool {
        matches!(self, Self::Both)
    }
}
