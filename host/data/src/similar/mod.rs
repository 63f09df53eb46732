//! Rows whose sequences are similar, not only equal.
//!
//! **Identity** of two rows of `L` bases: lay one over the other without gaps, at any shift and on either strand (on one
//! strand alone for rows of one strand), and count the bases that lie on an equal one; the largest such count, divided by
//! `L`, is the identity. An unknown base is equal to nothing, a base that lies on none counts against it. Rows are similar
//! whose identity is at least the one asked for.
//!
//! Comparing all pairs would take days for a million rows. So two rows are compared at a shift only where they have a run of
//! `k` equal bases in register there, a seed, and a seed that many rows have is followed to the next [`MOST`] of them alone.
//! `k` grows with the data ([`seed_length`]), so that chance seeds stay few. Where `k` is at most `L / (d + 1)`, `d` being
//! the differences that the identity allows, every pair of unshifted rows that is similar has a seed (the pigeonhole
//! principle); beyond, a pair of identity `p` has one with probability of about `1 - exp(-(L - k) (1 - p) p^k - p^k)`: of
//! rows of 200 bases that agree in 0.8 of them all but 3 in 100,000 for `k` of 6, and 93 in 100 for `k` of 12.
//!
//! No crate does this. `gaoya` 0.2.2 and its like (MinHash and buckets of it) estimate the share of k-mers that two rows
//! have in common, which says little of the identity of short rows; `simd-minimizers` 3.1.0 is well kept and finds the
//! minimisers of one sequence, which is the smallest part of this; CD-HIT and MMseqs2 are programs in C++.

mod planes;

use planes::{Planes, View};

/// Rows after a row in a bucket of equal seeds that it is compared with.
pub(crate) const MOST: usize = 256;
/// Words of 64 bases that are compared by chance in any case, in less than a second.
const WORDS: f64 = 2e8;
/// Comparisons by chance for each base of the data.
const A_BASE: f64 = 20.0;
/// Lengths of seeds.
const SEEDS: std::ops::RangeInclusive<usize> = 4..=15;
/// Seeds that are in memory at once.
const AT_ONCE: usize = 1 << 24;

/// Rows that are to be compared.
pub(crate) struct Similar {
    single_strand: bool,
    length: usize,
    rows: Planes,
}

/// A seed: its code, the same on both strands, its row, its place and whether it was turned.
type Seed = (u32, u64, u32, u32);

/// Bases of a seed, for rows of `length` bases that are `bases` together.
pub(crate) fn seed_length(bases: u64, length: usize) -> usize {
    // There are 4^k seeds, half as many that differ on both strands, and half of the ordered pairs are pairs.
    let (bases, words) = (bases as f64, length.div_ceil(64).max(1) as f64);
    let wanted = (bases.powi(2) / (WORDS / words + A_BASE * bases)).max(1.0).log(4.0).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 0 and below 64")]
    let wanted = wanted as usize;
    wanted.clamp(*SEEDS.start(), *SEEDS.end()).min(length.max(1))
}

impl Similar {
    pub(crate) fn new(single_strand: bool) -> Self {
        Self { single_strand, length: 0, rows: Planes::default() }
    }

    /// Adds the next row from its packed parts; all are equally long.
    pub(crate) fn add_parts(&mut self, codes: &[u8], unknown: Option<&[u8]>, length: usize) {
        self.length = length;
        self.rows.add(codes, unknown, length);
    }

    /// Calls `found` with pairs of rows whose identity is at least `identity`. `order` gives each row a number by which
    /// those of a seed are sorted; a pair is compared only while `wanted` says that it is, which may change with what was
    /// found.
    pub(crate) fn pairs<S>(
        &self,
        identity: f64,
        order: &[u64],
        state: &mut S,
        wanted: impl Fn(&mut S, usize, usize) -> bool,
        found: impl Fn(&mut S, usize, usize),
    ) {
        let rows = self.rows.len();
        let k = seed_length(rows as u64 * self.length as u64, self.length);
        // A share such as 0.8 has no exact form; 160 of 200 is enough for it.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a row's length")]
        let need = (identity * self.length as f64 - 1e-6).ceil().max(1.0) as usize;
        let most_shift = self.length.saturating_sub(need);
        let passes = (rows * (self.length + 1).saturating_sub(k)).div_ceil(AT_ONCE).max(1);
        let mut seeds: Vec<Seed> = Vec::new();
        let mut turned = View::default();
        for pass in 0..passes {
            seeds.clear();
            for row in 0..rows {
                let number = order.get(row).copied().unwrap_or(row as u64);
                self.rows.seeds(row, k, self.single_strand, |code, place, flipped| {
                    if spread(code) as usize % passes == pass {
                        let row = u32::try_from(row).unwrap_or(u32::MAX);
                        seeds.push((code, number, row, place << 1 | u32::from(flipped)));
                    }
                });
            }
            seeds.sort_unstable();
            for bucket in seeds.chunk_by(|left, right| left.0 == right.0) {
                for (index, &(_, _, left, at)) in bucket.iter().enumerate() {
                    for &(_, _, right, other) in bucket.iter().skip(index + 1).take(MOST) {
                        let (left, right) = (left as usize, right as usize);
                        if left == right || !wanted(state, left, right) {
                            continue;
                        }
                        let opposite = (at ^ other) & 1 == 1;
                        let place = |seed: u32| (seed >> 1) as usize;
                        // On its other strand, a seed begins as far from the beginning as it ended before the end.
                        let other = if opposite { self.length - k - place(other) } else { place(other) };
                        if place(at).abs_diff(other) > most_shift {
                            continue;
                        }
                        let agree = if opposite {
                            self.rows.turn(right, &mut turned);
                            self.rows.agree(left, turned.as_view(), place(at), other)
                        } else {
                            self.rows.agree(left, self.rows.view(right), place(at), other)
                        };
                        if agree >= need {
                            found(state, left, right);
                        }
                    }
                }
            }
        }
    }
}

/// Spreads codes evenly over passes.
fn spread(code: u32) -> u32 {
    code.wrapping_mul(0x9E37_79B1) >> 8
}

#[cfg(test)]
mod tests;
