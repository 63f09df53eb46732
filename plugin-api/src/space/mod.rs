//! Spaces and architectures: what a strategy searches, and what it finds.
//!
//! A [`Space`] is a graph with open [`Decision`]s; a [`Selection`] makes an [`Architecture`] of it; [`Layers`] are an
//! architecture's operations with shapes and exact counts of weights and multiply-adds. All of it is data with a
//! JSON form, validated without libtorch, and the host trusts nothing in it.

mod activation_memory;
mod architecture;
mod canonical;
mod cells;
mod decision;
mod document;
mod draws;
mod expand;
mod form;
mod genomenas;
mod graph;
mod infer;
pub mod kmers;
mod layer;
mod layers;
mod live_memory;
mod mask;
mod neighbours;
mod op;
mod option_names;
mod select;
mod sharing;
#[expect(clippy::module_inception, reason = "a space is the subject of both")]
mod space;
mod weights;

pub use architecture::{Architecture, ArchitectureBuilder, ArchitectureFormat};
pub use cells::Cell;
pub use decision::{Decision, Rule, Selection};
pub use draws::Draws;
pub use form::Form;
pub use genomenas::GenomeNas;
pub use graph::{Block, Graph, INPUT, Node, VERSION};
pub use layer::{Layer, LayerOp, Shape, Source};
pub use layers::Layers;
pub use live_memory::Peak;
pub use mask::Mask;
pub use op::{EdgeActivation, Function, HighwayCell, HighwayEdge, Op};
pub use option_names::OptionNames;
pub use space::{Space, SpaceFormat};
