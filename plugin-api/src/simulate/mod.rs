//! A host without libtorch, to test a strategy in its own `cargo test`.
//!
//! [`Simulation`] drives the hooks of a strategy with the engine of the real host, which makes the same checks and sends
//! the same reports, but trains nothing: a deterministic made-up landscape answers. Every option has a hidden utility,
//! learning curves rise with the samples, and there is a little noise, so a strategy that learns from its reports beats
//! one that does not. The alphas of a supernet stay as they are until its architecture steps begin, and then move
//! towards the utilities of their options.
//! What is scored of a supernet shows how good it is the better, the more the supernet has trained. A test can replace
//! the landscape by [`Curves`] of its own.
//! [`conformance`] holds the promises that every strategy makes, as checks; [`fuzz`] looks for runs that break one.
//!
//! What it is not: a benchmark. The landscape knows nothing of DNA. [`laboratory`] is a small one: a table of architectures
//! that were really trained, and what the searches of this project came to on it.
//!
//! ```
//! # use genomenas_plugin::{Instance, Result, Strategy, message::*, space::GenomeNas};
//! use genomenas_plugin::simulate::Simulation;
//! # struct First;
//! # impl Strategy for First {
//! #     type State = ();
//! #     fn propose(&self, _: &mut (), _: &Ask) -> Result<Proposal> {
//! #         let selection = GenomeNas::new(100, 3).space()?.sample(&mut genomenas_plugin::seed::stream(1, "", 0));
//! #         Ok(Proposal::finish(Candidate { network: Network::Selection { selection }, trial: None }))
//! #     }
//! #     fn update(&self, _: &mut (), _: &Report) -> Result<()> { Ok(()) }
//! # }
//! # let mut first: Box<dyn Instance> = First.into();
//! let simulation = Simulation::new(GenomeNas::new(100, 3).space()?)?.seed(7).budget("50000samples".parse()?);
//! let simulated = simulation.run(first.as_mut())?;
//! assert!(simulated.quality <= 1.0);
//! # Ok::<(), genomenas_plugin::Error>(())
//! ```

mod backend;
mod case;
pub mod conformance;
mod cost;
mod curves;
pub mod fuzz;
mod hooks;
#[cfg(test)]
mod kills;
pub mod kit;
pub mod laboratory;
mod landscape;
mod mistakes;
mod run;
mod scoring;
mod simulation;
mod supernet;
mod training;

pub use case::Case;
pub use cost::architecture_batches;
pub use curves::Curves;
pub use simulation::{Simulated, Simulation};
pub use supernet::AlphaOf;
