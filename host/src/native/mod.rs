//! The host's bridge to what safe Rust cannot say: memory maps now, kernels against libtorch later.
//!
//! Everything here is safe to call; each `unsafe` block states the promise it rests on.

pub mod mmap;
