//! What is decided in a space, and what was chosen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A choice among options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Unique in the space.
    pub id: String,
    /// The options by name.
    pub options: Vec<String>,
    /// Options that only a supernet has and no architecture, such as "no connection".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search_only: Vec<String>,
}

/// Of these decisions (the edges into a node, say) an architecture keeps a number and drops the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Ids of the decisions.
    pub of: Vec<String>,
    /// How many are kept.
    pub keep: usize,
}

/// One option for each decision that is kept; a decision that is absent is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Selection(pub BTreeMap<String, String>);

impl Decision {
    /// The options that an architecture may have.
    pub fn final_options(&self) -> impl Iterator<Item = &str> + Clone {
        self.options.iter().filter(|option| !self.search_only.contains(option)).map(String::as_str)
    }
}
