//! How much memory a network needs, and whether there is as much.

use genomenas_data::Device;
use genomenas_data::memory::{Available, available};
use genomenas_plugin::space::Peak;

use super::heap;
use crate::error::{Error, Result};

/// An estimate of the memory that a network needs.
#[derive(Clone, Debug)]
pub(crate) struct MemoryEstimate {
    /// Weights, alphas among them.
    pub(crate) parameters: u64,
    /// Values held for each weight.
    pub(crate) copies: u64,
    /// Values that a pass keeps for one sample.
    pub(crate) activations: u64,
    /// The most values that a step holds at once for one sample, and where.
    pub(crate) peak: Peak,
    /// Values of one sample that are loaded: its own batch, and those ahead of it.
    pub(crate) rows: u64,
    /// Samples a batch.
    pub(crate) batch: u32,
}

impl MemoryEstimate {
    /// The copies of a score: weights, and those of the file.
    pub(crate) const SCORED: u64 = 2;
    /// The copies of a training: weights, gradients (twice, while they are gathered), two moments, the best weights, what
    /// a step of the optimizer computes of them, and what the allocator keeps between. Measured with the 46 million
    /// weights of DanQ and RMSprop: 2.7 GB in batches of 8, for which this estimates 2.6 GB.
    pub(crate) const TRAINED: u64 = 15;
    /// The copies of a training whose architecture steps unroll a weight step: also the weights before it, and the
    /// direction of the finite difference.
    pub(crate) const UNROLLED: u64 = Self::TRAINED + 2;

    /// Values that are loaded of one sample: five batches, one in use, one handed over and three ahead.
    pub(crate) const fn row(length: usize, labels: usize) -> u64 {
        5 * (4 * length as u64 + labels as u64)
    }

    /// All of it in bytes.
    fn bytes(&self) -> u64 {
        let weights = self.parameters.saturating_mul(4 * self.copies);
        // A quarter more of what is kept, for what the allocator cannot reuse. Measured on the published supernet:
        // 1.8 GB in batches of 8, for which this estimates 3.0 GB, because SGD keeps fewer copies.
        let kept = self.activations.saturating_mul(self.batch.into());
        let held = self.peak.values.saturating_add(self.rows).saturating_mul(self.batch.into());
        weights.saturating_add(kept).saturating_add(held.saturating_mul(4))
    }

    /// What the layer at the peak holds, in bytes.
    fn at_layer(&self) -> u64 {
        self.peak.live.saturating_mul(self.batch.into()).saturating_mul(4)
    }
}

/// Refuses a network that cannot fit in the memory that this process can have, before anything is allocated. On CUDA
/// nothing is checked: libtorch reports that memory ran out, and the process lives on. On a CPU the system would end the
/// process. What an earlier network of this process left free goes back first, so that it counts as free.
pub(crate) fn check(device: Device, estimate: &MemoryEstimate) -> Result<()> {
    heap::release();
    match available()? {
        Some(available) if device == Device::Cpu => check_against(estimate, available),
        _ => Ok(()),
    }
}

fn check_against(estimate: &MemoryEstimate, available: Available) -> Result<()> {
    let bytes = estimate.bytes();
    if bytes <= available.bytes {
        return Ok(());
    }
    let MemoryEstimate { parameters, activations, batch, peak, .. } = estimate;
    Err(Error::failed(format!(
        "the network needs about {} MB to train ({parameters} weights, {activations} values a sample in batches of {batch}; {} MB at layer '{}'), {} {} MB free: take a smaller batch or network",
        bytes >> 20,
        estimate.at_layer() >> 20,
        peak.layer,
        available.of,
        available.bytes >> 20
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(bytes: u64) -> Available {
        Available::of_machine(bytes)
    }

    fn estimate() -> MemoryEstimate {
        let peak = Peak { values: 1 << 20, live: 1 << 18, layer: "wide".to_owned() };
        let copies = MemoryEstimate::TRAINED;
        MemoryEstimate { parameters: 1 << 20, copies, activations: 1 << 20, peak, rows: 0, batch: 10 }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_figures_and_the_layer() {
        // 15 × 4 bytes a weight, 4 + 1 bytes a value and sample.
        assert!(check_against(&estimate(), machine((60 + 50) << 20)).is_ok());
        let refused = check_against(&estimate(), machine(80 << 20)).unwrap_err().to_string();
        assert!(refused.contains("about 110 MB") && refused.contains("this machine has 80 MB free"), "{refused}");
        assert!(refused.contains("10 MB at layer 'wide'"), "{refused}");
        let unrolled = MemoryEstimate { copies: MemoryEstimate::UNROLLED, ..estimate() };
        assert!(check_against(&unrolled, machine((60 + 50) << 20)).is_err());
    }

    #[test]
    fn what_is_there_for_a_moment_and_what_is_loaded_count_too() {
        let peak = Peak { values: 200_000_000, live: 199_000_000, layer: "wide".to_owned() };
        let wide = MemoryEstimate { activations: 0, peak, ..estimate() };
        assert!(check_against(&wide, machine(7 << 30)).is_err());
        assert!(check_against(&wide, machine(8 << 30)).is_ok());
        let rows = MemoryEstimate::row(1000, 10);
        assert_eq!(MemoryEstimate { rows, ..estimate() }.bytes() - estimate().bytes(), 5 * 4010 * 4 * 10);
    }

    #[cfg(target_env = "gnu")]
    #[test]
    fn memory_that_was_freed_goes_back_to_the_system() {
        use genomenas_data::memory::held;

        // Blocks below any threshold, with one behind them that keeps the heap from being cut off.
        let blocks: Vec<Vec<u8>> = (0..4096).map(|_| vec![1; 16 << 10]).collect();
        let behind = vec![1_u8; 16 << 10];
        let before = held();
        drop(blocks);
        heap::release();
        let after = held();
        assert!(after + (32 << 20) < before, "{before} bytes before, {after} after");
        drop(behind);
    }
}
