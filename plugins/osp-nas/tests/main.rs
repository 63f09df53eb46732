//! The tests of the strategy through its hooks, as one binary.
#![cfg(test)]

mod budget;
mod search;
