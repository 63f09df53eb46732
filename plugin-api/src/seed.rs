//! Random streams that are functions of the run's seed and a purpose, so that nothing about them needs saving.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The random stream of `seed` for one purpose, which `name` and `index` identify.
///
/// ```
/// use genomenas_plugin::{rand::RngExt, seed};
/// let mut a = seed::stream(7, "architecture", 0);
/// let mut b = seed::stream(7, "architecture", 0);
/// assert_eq!(a.random::<u64>(), b.random::<u64>());
/// ```
pub fn stream(seed: u64, name: &str, index: u64) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(index.to_le_bytes());
    hash.update(name.as_bytes());
    ChaCha8Rng::from_seed(hash.finalize().into())
}

/// A seed for another generator (libtorch's, say), drawn from the same kind of stream; at most 63 bits.
pub fn derive(seed: u64, name: &str, index: u64) -> u64 {
    use rand::Rng;
    stream(seed, name, index).next_u64() >> 1
}
