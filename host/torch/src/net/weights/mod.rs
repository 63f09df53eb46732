//! The weights of a network, kept so that an optimizer step is a handful of tensor operations.
//!
//! All weights of one [`Part`] lie in one flat tensor; each weight is a view of it. Clipping, updating, copying and
//! saving then work on one tensor a part, however many layers there are.

mod declared;
mod entry;
mod flat;
mod saved;

pub(crate) use declared::Declared;
#[cfg(test)]
pub(crate) use entry::PARTS;
pub(crate) use entry::{BufferId, Draw, Part, WEIGHTS, WeightId};
pub(crate) use flat::Weights;
