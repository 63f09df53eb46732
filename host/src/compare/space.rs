//! The space of a run, from its name or file.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_plugin::space::{GenomeNas, Space};
use serde_json::Value;

use super::named::Named;

/// The name of the space that comes with genomenas; any other name is that of a file.
pub const GENOMENAS: &str = "genomenas";

/// The space that `named` names, for windows of `length` bases and `labels` outputs.
pub fn resolve(named: &Named, length: usize, labels: usize) -> Result<Space> {
    if named.id == GENOMENAS {
        return Ok(genomenas(named, length, labels)?.space()?);
    }
    if let Some(key) = named.parameters.keys().next() {
        return Err(Error::input(format!(
            "'{key}' cannot be set for the space of the file {}: only the space '{GENOMENAS}' has sizes; change the file instead",
            named.id
        )));
    }
    let path = Path::new(&named.id);
    if !path.exists() {
        return Err(Error::input(format!(
            "there is no space '{}': expected '{GENOMENAS}' or the file of a space",
            named.id
        )));
    }
    let space = Space::from_text(&files::read_text(path)?).map_err(|error| Error::file("use", path, error))?;
    space.supernet_layers()?.expect_io(length, labels).map_err(|error| Error::file("use", path, error))?;
    Ok(space)
}

fn genomenas(named: &Named, length: usize, labels: usize) -> Result<GenomeNas> {
    let mut sizes = GenomeNas::new(length, labels);
    for (key, value) in &named.parameters {
        match key.as_str() {
            "channels" => sizes.channels = whole(key, value)?,
            "cells" => sizes.cells = whole(key, value)?,
            "nodes" => sizes.nodes = whole(key, value)?,
            "multiplier" => sizes.multiplier = Some(whole(key, value)?),
            "rnn_nodes" => sizes.rnn_nodes = whole(key, value)?,
            "stem_multiplier" => sizes.stem_multiplier = whole(key, value)?,
            "decoder_features" => sizes.decoder_features = whole(key, value)?,
            "operations" => sizes.operations = names(key, value)?,
            "activations" => sizes.activations = names(key, value)?,
            "shared_cell" => sizes.shared_cell = yes_or_no(key, value)?,
            "free_inputs" => sizes.free_inputs = yes_or_no(key, value)?,
            "drop_path" => sizes.drop_path = probability(key, value)?,
            "dropout" => sizes.dropout = probability(key, value)?,
            "input_dropout" => sizes.input_dropout = probability(key, value)?,
            "hidden_dropout" => sizes.hidden_dropout = probability(key, value)?,
            _ => {
                return Err(Error::input(format!(
                    "the space '{GENOMENAS}' has no size '{key}': expected channels, cells, nodes, multiplier, rnn_nodes, stem_multiplier, decoder_features, operations, activations, shared_cell, free_inputs, drop_path, dropout, input_dropout or hidden_dropout"
                )));
            }
        }
    }
    Ok(sizes)
}

fn whole(key: &str, value: &Value) -> Result<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).ok_or_else(|| refused(key, value, "a whole number"))
}

fn yes_or_no(key: &str, value: &Value) -> Result<bool> {
    value.as_bool().ok_or_else(|| refused(key, value, "true or false"))
}

fn probability(key: &str, value: &Value) -> Result<f64> {
    let number = value.as_f64().filter(|number| (0.0..1.0).contains(number));
    number.ok_or_else(|| refused(key, value, "a probability, at least 0 and below 1"))
}

/// A list of names, or in a flag one text with commas.
fn names(key: &str, value: &Value) -> Result<Vec<String>> {
    let list = match value {
        Value::String(text) => Some(text.split(',').map(|name| name.trim().to_owned()).collect()),
        Value::Array(list) => list.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    list.ok_or_else(|| refused(key, value, "names separated by commas"))
}

fn refused(key: &str, value: &Value, expected: &str) -> Error {
    Error::input(format!("the space '{GENOMENAS}' has {key} = {value}: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(text: &str) -> Result<Space> {
        resolve(&text.parse().unwrap(), 200, 3)
    }

    #[test]
    fn sizes_change_the_space() {
        let small = space("genomenas cells=3 channels=4 nodes=2 operations=skip_connect,conv_3").unwrap();
        assert_eq!(small.decision("normal.1.2").unwrap().options, ["skip_connect", "conv_3"]);
        assert!(small.decision("normal.2.0").is_none());
    }

    #[test]
    fn cells_may_share_their_decisions_and_choose_their_inputs_freely() {
        let bonas = space("genomenas shared_cell=true free_inputs=true operations=skip_connect,conv_3").unwrap();
        assert_eq!(
            bonas.decision("cell.0.a").unwrap().options,
            ["0-skip_connect", "0-conv_3", "1-skip_connect", "1-conv_3"]
        );
        assert_eq!(space("genomenas shared_cell=1").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn what_is_no_space_or_no_size_is_refused() {
        for text in [
            "genomenas cels=3",
            "genomenas cells=-3",
            "genomenas cells=0",
            "genomenas nodes=2 multiplier=3",
            "no-such.toml",
        ] {
            assert_eq!(space(text).unwrap_err().exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn the_file_of_a_space_must_fit_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("space.toml");
        let text = space("genomenas cells=1 nodes=1").unwrap().to_toml().unwrap();
        files::write_atomically(&path, text.as_bytes()).unwrap();
        let named = Named { id: path.display().to_string(), ..Named::default() };
        assert!(resolve(&named, 200, 3).is_ok());
        let error = resolve(&named, 201, 3).unwrap_err().to_string();
        assert!(error.contains("space.toml"), "{error}");
    }
}
