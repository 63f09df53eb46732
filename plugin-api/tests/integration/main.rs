//! The integration tests of the plugin API: one binary, one module a subject.

#![cfg(test)]

mod activations;
#[cfg(feature = "simulate")]
mod answers;
#[cfg(feature = "simulate")]
mod any_proposal;
mod canonical;
#[cfg(feature = "simulate")]
mod continuing;
mod counts;
mod differentiable;
mod flatten;
mod free_inputs;
mod hostile;
#[cfg(feature = "simulate")]
mod laboratory;
mod masks;
mod messages;
mod neighbours;
mod old_messages;
mod operations;
mod parameters;
#[cfg(all(feature = "schema", feature = "simulate"))]
mod protocol;
#[cfg(feature = "engine")]
mod readme;
mod refusals;
mod sampling;
#[cfg(feature = "simulate")]
mod scoring;
#[cfg(feature = "simulate")]
mod scripted;
mod selections;
#[cfg(feature = "simulate")]
mod simulate;
mod sizes;
#[cfg(feature = "simulate")]
mod supernet_search;
#[cfg(feature = "simulate")]
mod supernets;
#[cfg(feature = "simulate")]
mod turns;
