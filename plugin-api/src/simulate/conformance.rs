//! The promises that every strategy makes to the host, as checks for its own `cargo test`.
//!
//! ```ignore
//! #[test]
//! fn it_keeps_the_promises_of_a_strategy() {
//!     let simulation = Simulation::new(GenomeNas::new(100, 3).space().unwrap()).unwrap();
//!     conformance::check_search(&simulation, |setup| genomenas_plugin::strategy("my-nas")?.build(setup)).unwrap();
//! }
//! ```

pub use super::baselines::check_baseline;
pub use super::promises::{check, check_search};
