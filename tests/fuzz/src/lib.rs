//! What the fuzz targets share: a bound on memory, files to import, what is asked of everything that was accepted, and
//! the seeds that a target begins with.
//!
//! A target fails where code panics, takes longer or more memory than its limits, calls its input a bug of ours, or
//! writes what it does not read back as the same.

pub mod bundles;
pub mod documents;
pub mod elf;
pub mod genomes;
pub mod imports;
pub mod scratch;
pub mod seeds;
pub mod stores;
pub mod strategy;
pub mod tables;

use std::alloc::System;

use cap::Cap;

/// Bytes that may be allocated at once. libFuzzer's own limit is on what is resident; this one also ends a target that
/// reserves what a file claims and never touches it.
const MOST_MEMORY: usize = 2 << 30;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, MOST_MEMORY);
