//! Parts of the program that are not networks: the loader, opening a store.

use std::path::Path;
use std::time::{Duration, Instant};

use genomenas_data::{Device, Store};
use genomenas_torch::train::bench::load;
use serde_json::{Value, json};

use crate::Result;
use crate::data::RandomStore;
use crate::row::Row;

/// A part whose work is repeated.
pub(crate) trait Part {
    /// What the driver is told of it.
    fn told(&self) -> Value {
        json!({})
    }

    /// Does the work so many times.
    fn run(&mut self, count: u64) -> Result<Duration>;

    /// Writes what the other side needs to do the same.
    fn write(&self, path: &Path) -> Result<()>;
}

/// The part that a row names.
pub(crate) fn build(row: &Row, _threads: u32) -> Result<Box<dyn Part>> {
    let store = RandomStore::of(row.length, row.labels, row.rows)?;
    match row.work.as_str() {
        "load" => Ok(Box::new(Loader { store, batch: row.batch })),
        "open" => Ok(Box::new(Open { store })),
        other => Err(format!("there is no part {other:?}").into()),
    }
}

/// One pass over all training rows, in shuffled batches as a training loads them.
struct Loader {
    store: RandomStore,
    batch: u32,
}

impl Part for Loader {
    fn run(&mut self, count: u64) -> Result<Duration> {
        let rows = self.store.store().train();
        let begun = Instant::now();
        for pass in 0..count {
            load(&rows, pass, self.batch, Device::Cpu)?;
        }
        Ok(begun.elapsed())
    }

    fn write(&self, path: &Path) -> Result<()> {
        std::fs::copy(self.store.path(), path)?;
        Ok(())
    }
}

/// Opens a store.
struct Open {
    store: RandomStore,
}

impl Part for Open {
    fn run(&mut self, count: u64) -> Result<Duration> {
        let path = self.store.path();
        let begun = Instant::now();
        for _ in 0..count {
            Store::open(&path)?;
        }
        Ok(begun.elapsed())
    }

    fn write(&self, path: &Path) -> Result<()> {
        std::fs::copy(self.store.path(), path)?;
        Ok(())
    }
}
