//! Spaces and architectures: what a strategy searches, and what it finds.
//!
//! A [`Space`] is a graph with open [`Decision`]s; a [`Selection`] makes an [`Architecture`] of it; [`Layers`] are an
//! architecture's operations with shapes and exact counts of weights and multiply-adds. All of it is data with a
//! JSON form, validated without libtorch, and nothing in it is trusted by the host.

mod canonical;
mod cells;
mod document;
mod draws;
mod expand;
mod genomenas;
mod graph;
mod infer;
mod kept;
mod layers;
mod mask;
mod op;
mod select;
mod sharing;
#[expect(clippy::module_inception, reason = "a space is the subject of both")]
mod space;

pub use cells::Cell;
pub use draws::Draws;
pub use expand::{LayerOp, Source};
pub use genomenas::GenomeNas;
pub use graph::{Architecture, ArchitectureBuilder, ArchitectureFormat, Block, Form, Graph, INPUT, Node, VERSION};
pub use layers::{Layer, Layers, Shape};
pub use mask::Mask;
pub use op::{EdgeActivation, Function, HighwayCell, HighwayEdge, Op};
pub use space::{Decision, Rule, Selection, Space, SpaceFormat};
