//! What leaves: a trained network as a folder that needs no genomenas, neither to be read nor to be run.
//!
//! ONNX and the file of PyTorch are written by `genomenas-export`; here are the model card and the folder, which appears
//! whole or not at all.

mod card;
mod folder;

use std::collections::BTreeMap;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::hash::sha256;
use genomenas_data::{Store, StoreInfo};
use genomenas_export::{Meaning, Network, model_py, onnx};

use crate::model::{EXPORT, ExportRecord, Model, Origin};
use crate::run::RunResult;
use crate::run::settings::{Settings, files};
use folder::NewFolder;

pub use card::MODEL_CARD;

/// The network as ONNX.
pub const ONNX: &str = "model.onnx";
/// The network as plain PyTorch.
pub const PYTHON: &str = "model.py";

/// Writes the model of a run to the new folder `out`, called `name` or as its architecture is.
///
/// # Errors
///
/// `out` exists, the model is an export itself, has an operation that cannot be exported, or a file cannot be written;
/// nothing is left then.
pub fn export(model: &Model, name: Option<&str>, out: &Path) -> Result<()> {
    let Origin::Run { store } = &model.origin else {
        let shown = model.folder.display();
        return Err(Error::input(format!("{shown} is an export already: copy the folder, or export the run again")));
    };
    let folder = NewFolder::create(out)?;
    let info = info(store, model)?;
    let settings = Settings::read(&model.folder)?;
    let result = RunResult::read(&model.folder)?.ok_or_else(|| Error::bug("a run that was over is not"))?;
    let name = name.unwrap_or(&model.architecture.name);
    let about = &model.about;
    let weights = std::fs::read(&model.weights).map_err(|error| Error::io("read", &model.weights, error))?;
    let network =
        Network::new(&model.architecture, &weights).map_err(|error| error.context(model.weights.display()))?;
    let meaning = Meaning {
        name: name.to_owned(),
        task: about.task,
        labels: about.labels.clone(),
        both_strands: about.both_strands,
        architecture_hash: about.architecture_hash.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let card = card::text(&card::Card { name, model, settings: &settings, result: &result, data: &info })?;
    let written: [(&str, Vec<u8>); 5] = [
        (files::WEIGHTS, weights),
        (files::ARCHITECTURE, model.architecture.to_json()?.into_bytes()),
        (ONNX, onnx(&network, &meaning)?),
        (PYTHON, model_py(&network, &meaning)?.into_bytes()),
        (MODEL_CARD, card.into_bytes()),
    ];
    let mut digests = BTreeMap::new();
    for (file, bytes) in written {
        folder.write(file, &bytes)?;
        digests.insert(file.to_owned(), sha256(&bytes));
    }
    let record = ExportRecord::new(name, about.clone(), digests);
    folder.write(EXPORT, record.to_json()?.as_bytes())?;
    folder.persist()
}

/// The description of the data that a model was trained on.
fn info(store: &Path, model: &Model) -> Result<StoreInfo> {
    Ok(Store::open(store)?.at(model.about.fold)?.info().clone())
}
