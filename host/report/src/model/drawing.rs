//! What is drawn of an architecture: small graphs of boxes.

use serde::{Deserialize, Serialize};

/// A graph to draw: a cell, or the network around the cells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    /// What it shows: "normal cell".
    pub name: String,
    /// How often it is in the network.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub uses: u64,
    /// The boxes, each after those that it reads.
    pub boxes: Vec<DrawnBox>,
    /// From which box to which, by their places in the list.
    pub arrows: Vec<(usize, usize)>,
}

/// A box of a drawing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnBox {
    /// What is written in it.
    pub label: String,
    /// What is written below that, smaller.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What it stands for.
    pub kind: BoxKind,
}

/// What a box of a drawing stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxKind {
    /// What comes from outside.
    Input,
    /// A value that others are put together to.
    Value,
    /// An operation, or a part of the network.
    Operation,
}

fn once() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_once(uses: &u64) -> bool {
    *uses == 1
}
