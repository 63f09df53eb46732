//! Decodes batches on a thread of its own, a few ahead of the one that is trained on.
//!
//! Buffers come from the caller (memory of a tensor, pinned or not) and are reused: a batch that is dropped returns its
//! buffer. Dropping the prefetcher ends the thread and waits for it.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::error::{Error, Result};
use crate::store::{Decoding, Rows};

/// Memory that a batch is decoded into.
pub trait BatchBuffer: Send + 'static {
    /// The memory of inputs and of labels. They may be longer than a (partial) batch needs; its numbers come first.
    fn parts(&mut self) -> (&mut [f32], &mut [f32]);
}

/// Plain memory.
impl BatchBuffer for (Vec<f32>, Vec<f32>) {
    fn parts(&mut self) -> (&mut [f32], &mut [f32]) {
        (&mut self.0, &mut self.1)
    }
}

/// What to decode for one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchPlan {
    /// Rows by their index in the split.
    pub rows: Vec<u32>,
    /// How they are decoded.
    pub decoding: Decoding,
}

/// A decoded batch; dropping it hands its buffer back to be filled again.
pub struct Batch<B: BatchBuffer> {
    rows: Vec<u32>,
    buffer: Option<B>,
    back: Sender<B>,
}

impl<B: BatchBuffer> Batch<B> {
    /// The rows in it.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Its memory; `None` never happens while the batch exists.
    pub fn buffer(&mut self) -> Option<&mut B> {
        self.buffer.as_mut()
    }
}

impl<B: BatchBuffer> Drop for Batch<B> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            // The thread may have ended already; then nobody needs the buffer.
            let _ = self.back.send(buffer);
        }
    }
}

/// Batches in the order of their plans, decoded ahead.
pub struct Prefetcher<B: BatchBuffer> {
    filled: Option<Receiver<Result<Batch<B>>>>,
    thread: Option<JoinHandle<()>>,
}

impl<B: BatchBuffer> Prefetcher<B> {
    /// Starts decoding `plans` of `rows`, at most `ahead` batches before they are asked for.
    ///
    /// `make` makes a buffer for that many numbers of inputs and of labels. It is called when no returned buffer is
    /// large enough, on the decoding thread.
    pub fn start(
        rows: Rows,
        plans: impl Iterator<Item = BatchPlan> + Send + 'static,
        ahead: usize,
        make: impl FnMut(usize, usize) -> Result<B> + Send + 'static,
    ) -> Result<Self> {
        // One more is in the hands of the thread while the channel is full.
        let (send, filled) = sync_channel(ahead.saturating_sub(1));
        let thread = std::thread::Builder::new()
            .name("decode".into())
            .spawn(move || decode_all(&rows, plans, &send, make))
            .map_err(|error| Error::failed(format!("the decoding thread could not be started: {error}")))?;
        Ok(Self { filled: Some(filled), thread: Some(thread) })
    }
}

impl<B: BatchBuffer> Iterator for Prefetcher<B> {
    type Item = Result<Batch<B>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(batch) = self.filled.as_ref()?.recv() {
            return Some(batch);
        }
        self.filled = None;
        // A panic in a buffer's provider must not look like the end of the data.
        let panicked = self.thread.take().is_some_and(|thread| thread.join().is_err());
        panicked.then(|| Err(Error::bug("the decoding thread panicked")))
    }
}

impl<B: BatchBuffer> Drop for Prefetcher<B> {
    fn drop(&mut self) {
        // Without its receiver the thread's next send fails, which ends it.
        self.filled = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn decode_all<B: BatchBuffer>(
    rows: &Rows,
    plans: impl Iterator<Item = BatchPlan>,
    send: &SyncSender<Result<Batch<B>>>,
    mut make: impl FnMut(usize, usize) -> Result<B>,
) {
    let (back, returned) = channel();
    for plan in plans {
        let batch = decode_one(rows, plan, &returned, &back, &mut make);
        let failed = batch.is_err();
        if send.send(batch).is_err() || failed {
            return;
        }
    }
}

fn decode_one<B: BatchBuffer>(
    rows: &Rows,
    plan: BatchPlan,
    returned: &Receiver<B>,
    back: &Sender<B>,
    make: &mut impl FnMut(usize, usize) -> Result<B>,
) -> Result<Batch<B>> {
    let (inputs, labels) = (plan.rows.len() * rows.input_size(), plan.rows.len() * rows.label_size());
    let fits = |buffer: &mut B| {
        let (for_inputs, for_labels) = buffer.parts();
        for_inputs.len() >= inputs && for_labels.len() >= labels
    };
    let reused = returned.try_recv().ok().and_then(|mut buffer| fits(&mut buffer).then_some(buffer));
    let mut buffer = match reused {
        Some(buffer) => buffer,
        None => make(inputs, labels)?,
    };
    let too_small = || Error::bug("a buffer made for a batch is too small for it");
    let (for_inputs, for_labels) = buffer.parts();
    let for_inputs = for_inputs.get_mut(..inputs).ok_or_else(too_small)?;
    let for_labels = for_labels.get_mut(..labels).ok_or_else(too_small)?;
    rows.decode(&plan.rows, &plan.decoding, for_inputs, for_labels)?;
    Ok(Batch { rows: plan.rows, buffer: Some(buffer), back: back.clone() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::batches::tests::batches;
    use crate::batches::{BatchOrder, Partial};
    use crate::store::Store;
    use crate::store::tests::small_store;

    fn plans(order: &BatchOrder) -> Vec<BatchPlan> {
        batches(order, 0).map(|rows| BatchPlan { rows: rows.to_vec(), ..BatchPlan::default() }).collect()
    }

    fn train_rows() -> (tempfile::TempDir, Rows) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        small_store(&path);
        let rows = Store::open(&path).unwrap().train();
        (folder, rows)
    }

    #[test]
    fn prefetched_batches_are_those_decoded_directly_in_reused_memory() {
        let (_folder, rows) = train_rows();
        let order = BatchOrder::shuffled(1, 0, rows.len(), 2, Partial::Keep).unwrap();
        let made = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&made);
        let make = move |inputs, labels| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok((vec![0.0; inputs], vec![0.0; labels]))
        };
        let mut steps = 0;
        for (batch, expected) in
            Prefetcher::start(rows.clone(), plans(&order).into_iter(), 2, make).unwrap().zip(batches(&order, 0))
        {
            let mut batch = batch.unwrap();
            assert_eq!(batch.rows(), expected);
            let mut direct =
                (vec![0.0; expected.len() * rows.input_size()], vec![0.0; expected.len() * rows.label_size()]);
            rows.decode(expected, &Decoding::default(), &mut direct.0, &mut direct.1).unwrap();
            let (inputs, labels) = batch.buffer().unwrap();
            assert_eq!(&inputs[..direct.0.len()], direct.0);
            assert_eq!(&labels[..direct.1.len()], direct.1);
            steps += 1;
        }
        assert_eq!(steps, order.steps());
        // One in use, one waiting, one being filled.
        assert!(made.load(Ordering::Relaxed) <= 3 && steps == 7);
    }

    #[test]
    fn a_prefetcher_dropped_early_ends_its_thread() {
        let (_folder, rows) = train_rows();
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let endless = std::iter::repeat_with(move || {
            let _ = &held;
            BatchPlan { rows: vec![0], ..BatchPlan::default() }
        });
        let mut prefetcher =
            Prefetcher::start(rows, endless, 3, |inputs, labels| Ok((vec![0.0; inputs], vec![0.0; labels]))).unwrap();
        assert!(prefetcher.next().unwrap().is_ok());
        drop(prefetcher);
        assert_eq!(Arc::strong_count(&alive), 1);
    }

    #[test]
    fn a_row_that_does_not_exist_ends_the_batches_with_an_error() {
        let (_folder, rows) = train_rows();
        let plan = BatchPlan { rows: vec![u32::MAX], ..BatchPlan::default() };
        let make = |inputs, labels| Ok((vec![0.0; inputs], vec![0.0; labels]));
        let mut prefetcher = Prefetcher::start(rows, std::iter::once(plan), 2, make).unwrap();
        assert!(prefetcher.next().unwrap().is_err());
        assert!(prefetcher.next().is_none());
    }
}
