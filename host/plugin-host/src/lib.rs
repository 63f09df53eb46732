//! The processes that a plugin lives in: one loads one library, makes one instance and answers calls over a socket; its
//! supervisor ends whatever came of it.
//!
//! They link neither libtorch nor anything else of the host, so they start in milliseconds, and whatever a plugin does
//! to its process ends this process only. The host uses [`wire`] for its end of the socket, [`arguments`] and
//! [`descriptors`] to start a supervisor, and [`family`] and [`scratch`] for what a killed one left.

pub mod arguments;
pub mod confine;
pub mod descriptors;
pub mod family;
pub mod limits;
pub mod load;
pub mod plugin;
pub mod protections;
pub mod scratch;
pub mod serve;
pub mod supervise;
pub mod wire;
