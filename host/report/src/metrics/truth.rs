//! The truth of gathered rows, label by label: bits, classes, or values.

/// The truth of all rows.
#[derive(Debug)]
pub(super) enum Truth {
    /// Any number of labels apply to a row.
    Labels(Bits),
    /// Exactly one class applies to a row.
    Classes {
        bits: Bits,
        /// Of each row.
        class: Vec<u32>,
        /// Of each row the class with the highest score, the first one on a tie.
        chosen: Vec<u32>,
    },
    /// One number per label and row, in the order of the scores.
    Values(Vec<f32>),
}

/// One bit per label and row: bit `row` of label `label` is bit `row % 64` of word `label * words + row / 64`.
#[derive(Debug)]
pub(super) struct Bits {
    words: usize,
    bits: Vec<u64>,
}

impl Bits {
    pub(super) fn new(labels: usize, rows: usize) -> Option<Self> {
        let words = rows.div_ceil(64);
        Some(Self { words, bits: room(labels.checked_mul(words)?)? })
    }

    pub(super) fn push(&mut self, labels: usize, filled: usize, truth: &[f32]) {
        for (label, bits) in self.bits.chunks_exact_mut(self.words).enumerate() {
            for (offset, value) in truth.iter().skip(label).step_by(labels).enumerate() {
                let row = filled + offset;
                if let Some(word) = bits.get_mut(row / 64) {
                    *word |= u64::from(*value > 0.5) << (row % 64);
                }
            }
        }
    }

    /// Whether each row has the label.
    pub(super) fn of_label(&self, label: usize) -> impl Iterator<Item = bool> {
        let words = self.bits.chunks_exact(self.words).nth(label).unwrap_or_default();
        words.iter().flat_map(|word| (0..64).map(move |row| word >> row & 1 == 1))
    }

    /// The words of a label.
    pub(super) fn words(&self, label: usize) -> &[u64] {
        self.bits.chunks_exact(self.words).nth(label).unwrap_or_default()
    }
}

/// `count` zeros, or `None` if there is not enough memory.
pub(super) fn room<T: Clone + Default>(count: usize) -> Option<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(count).ok()?;
    room.resize(count, T::default());
    Some(room)
}

/// The index of the highest of some finite numbers, the first one on a tie.
pub(super) fn first_highest(numbers: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (index, &number) in (0..).zip(numbers) {
        if number > best.1 {
            best = (index, number);
        }
    }
    best.0
}
