//! The tests of the strategy through its hooks, as one binary.
#![cfg(test)]

mod candidates;
mod encoding;
mod ranges;
mod reference;
mod restart;
mod search;
