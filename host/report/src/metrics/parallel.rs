//! Work on labels by several threads.

/// Splits `slots` into one part per thread and calls `work` with the index of the part's first slot and the part.
pub(super) fn in_parts<T: Send>(threads: usize, slots: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    let share = slots.len().div_ceil(threads.clamp(1, slots.len().max(1))).max(1);
    std::thread::scope(|scope| {
        for (part, slots) in slots.chunks_mut(share).enumerate() {
            let work = &work;
            scope.spawn(move || work(part * share, slots));
        }
    });
}
