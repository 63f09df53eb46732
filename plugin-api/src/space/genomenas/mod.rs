//! The genomeNAS space: convolutional cells and a recurrent highway cell, with every size a parameter.
//!
//! The macro network is that of genomeNAS: a stem, cells of which each third is normal and the others halve the length
//! (the sixth divides it by 3) and double the channels, a recurrent highway cell over positions, and two linear
//! layers. Where genomeNAS computes the decoder's size by rounding, this takes the true length ⌈L/stride⌉, and the
//! first preprocessing of a cell follows the stride of the cell before it, so every length and depth works.

mod cell;
mod network;
mod operations;
mod sizes;

pub use sizes::GenomeNas;
