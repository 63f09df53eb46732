//! Random rows, as a store in a temporary folder.

use std::path::PathBuf;

use genomenas_data::bases::{Packed, set_bit};
use genomenas_data::store::{ImportRecord, Row as StoreRow, Shape, StoreWriter, Target};
use genomenas_data::{Split, Store, Task};
use genomenas_plugin::message::{Mixing, Plan};
use genomenas_plugin::rand::RngExt;
use genomenas_plugin::seed;
use genomenas_plugin::space::Layers;
use genomenas_torch::train::{Job, Start};

use crate::Result;
use crate::row::Row;

/// A store of random rows.
pub(crate) struct RandomStore {
    folder: tempfile::TempDir,
    store: Store,
}

impl RandomStore {
    /// As many rows as the steps of `row` read, at least.
    pub(crate) fn new(row: &Row) -> Result<Self> {
        Self::of(row.length, row.labels, row.rows.max(4 * row.batch as usize).max(8))
    }

    /// So many training rows, and some of the other splits.
    pub(crate) fn of(length: usize, labels: usize, rows: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("store.arrow");
        let names = (0..labels).map(|label| format!("label{label}")).collect();
        let shape = Shape {
            length,
            labels: names,
            task: Task::MultiLabel,
            chromosomes: Vec::new(),
            groups: Vec::new(),
            single_strand: false,
        };
        let mut writer = StoreWriter::create(&path, shape, false)?;
        let mut draws = seed::stream(5, "rows", 0);
        for (split, rows) in [(Split::Train, rows), (Split::Valid, 8), (Split::Test, 8)] {
            for _ in 0..rows {
                let letters: Vec<u8> = (0..length).map(|_| b"ACGT"[draws.random_range(0..4)]).collect();
                let mut bits = vec![0; labels.div_ceil(8)];
                for label in 0..labels {
                    if draws.random_range(0..50) == 0 {
                        set_bit(&mut bits, label);
                    }
                }
                let packed = Packed::from_letters(&letters).map_err(|at| format!("not a base: {at:?}"))?;
                let row = StoreRow { codes: packed.codes(), unknown: None, target: Target::Bits(&bits), place: None };
                writer.push(split, &row)?;
            }
        }
        writer.finish(ImportRecord { importer: "bench".into(), ..ImportRecord::default() }, &mut |_| {})?;
        Ok(Self { store: Store::open(&path)?, folder })
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("store.arrow")
    }

    /// The training of a network on these rows.
    pub(crate) fn job(&self, row: &Row, layers: Layers, plan: Plan, threads: u32) -> Result<Job> {
        Ok(Job {
            layers,
            mixing: Mixing::Softmax,
            plan,
            seed: row.seed,
            data_seed: row.seed,
            device: row.device()?,
            threads: usize::try_from(threads)?,
            train: self.store.train(),
            valid: self.store.valid(),
            start: Start::Fresh,
            keep_best: false,
            checkpoint: self.folder.path().join("checkpoint.safetensors"),
        })
    }
}
