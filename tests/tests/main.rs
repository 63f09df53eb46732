//! Everything that drives the built program and real plugin files, as one binary: it links libtorch once.

mod architecture;
mod bad_input;
mod baselines;
mod boundary;
mod budget;
mod compare;
mod data;
mod deepsea;
mod describe;
mod differentiable;
mod exit_codes;
mod frozen;
mod genomes;
mod guard;
mod label_files;
mod pages;
mod plugins;
mod protocol;
mod resume;
mod runs;
mod sampling;
mod tabulated;
