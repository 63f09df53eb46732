//! The space of a run, by name or from a file.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_plugin::Parameters;
use genomenas_plugin::space::{GenomeNas, Space};
use serde_json::Value;

use super::Spec;

/// The name of the space that comes with genomenas; any other name is that of a file.
pub const GENOMENAS: &str = "genomenas";

/// The space that `spec` names, for windows of `length` bases and `labels` outputs.
pub fn resolve(spec: &Spec, length: usize, labels: usize) -> Result<Space> {
    if spec.id == GENOMENAS {
        return Ok(genomenas(spec, length, labels)?.space()?);
    }
    if let Some(key) = spec.parameters.keys().next() {
        return Err(Error::input(format!(
            "'{key}' cannot be set for the space of the file {}: only the space '{GENOMENAS}' has sizes; change the file instead",
            spec.id
        )));
    }
    let path = Path::new(&spec.id);
    if !path.exists() {
        return Err(Error::input(format!(
            "there is no space '{}': expected '{GENOMENAS}' or the file of a space",
            spec.id
        )));
    }
    let space = Space::from_text(&files::read_text(path)?).map_err(|error| Error::file("use", path, error))?;
    space.supernet_layers()?.expect_io(length, labels).map_err(|error| Error::file("use", path, error))?;
    Ok(space)
}

/// The sizes of the space `genomenas` that a person sets; the others are the published ones. Its bounds are checked where
/// the space is made.
#[derive(Parameters)]
struct Sizes {
    /// Channels of the first cell's nodes.
    channels: Option<usize>,
    /// Convolutional cells.
    cells: Option<usize>,
    /// Nodes of a convolutional cell.
    nodes: Option<usize>,
    /// How many of its last nodes a cell's value consists of.
    multiplier: Option<usize>,
    /// Nodes of the highway cell.
    rnn_nodes: Option<usize>,
    /// The stem's channels, as a multiple of those of the first cell.
    stem_multiplier: Option<usize>,
    /// Features of the first linear layer.
    decoder_features: Option<usize>,
    /// Operations of an edge.
    operations: Option<Vec<String>>,
    /// Activations of an edge of the highway cell.
    activations: Option<Vec<String>>,
    /// Whether normal and reduction cells make the same decisions.
    shared_cell: Option<bool>,
    /// Whether a node chooses its inputs, too.
    free_inputs: Option<bool>,
    /// Probability that training drops the output of an operation.
    #[parameter(minimum = 0, maximum = 0.9999)]
    drop_path: Option<f64>,
    /// Dropout before the first linear layer.
    #[parameter(minimum = 0, maximum = 0.9999)]
    dropout: Option<f64>,
    /// Dropout of the highway cell's input.
    #[parameter(minimum = 0, maximum = 0.9999)]
    input_dropout: Option<f64>,
    /// Dropout of the highway cell's states.
    #[parameter(minimum = 0, maximum = 0.9999)]
    hidden_dropout: Option<f64>,
}

fn genomenas(spec: &Spec, length: usize, labels: usize) -> Result<GenomeNas> {
    let mut parameters = spec.parameters.clone();
    // In an option, a list of names may be one text with commas.
    for key in ["operations", "activations"] {
        if let Some(Value::String(text)) = parameters.get(key) {
            let names: Vec<&str> = text.split(',').map(str::trim).collect();
            parameters.insert(key.to_owned(), names.into());
        }
    }
    let sizes =
        Sizes::from_map(&parameters).map_err(|error| Error::from(error).context(format!("the space '{GENOMENAS}'")))?;
    let published = GenomeNas::new(length, labels);
    Ok(GenomeNas {
        length,
        labels,
        channels: sizes.channels.unwrap_or(published.channels),
        cells: sizes.cells.unwrap_or(published.cells),
        nodes: sizes.nodes.unwrap_or(published.nodes),
        multiplier: sizes.multiplier.or(published.multiplier),
        rnn_nodes: sizes.rnn_nodes.unwrap_or(published.rnn_nodes),
        stem_multiplier: sizes.stem_multiplier.unwrap_or(published.stem_multiplier),
        decoder_features: sizes.decoder_features.unwrap_or(published.decoder_features),
        operations: sizes.operations.unwrap_or(published.operations),
        activations: sizes.activations.unwrap_or(published.activations),
        shared_cell: sizes.shared_cell.unwrap_or(published.shared_cell),
        free_inputs: sizes.free_inputs.unwrap_or(published.free_inputs),
        drop_path: sizes.drop_path.unwrap_or(published.drop_path),
        dropout: sizes.dropout.unwrap_or(published.dropout),
        input_dropout: sizes.input_dropout.unwrap_or(published.input_dropout),
        hidden_dropout: sizes.hidden_dropout.unwrap_or(published.hidden_dropout),
    })
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
    fn an_unknown_space_and_an_unknown_or_bad_size_are_refused() {
        for text in [
            "genomenas cels=3",
            "genomenas cells=-3",
            "genomenas cells=0",
            "genomenas nodes=2 multiplier=3",
            "genomenas dropout=1",
            "genomenas hidden_dropout=-0.1",
            "genomenas operations=[1]",
            "no-such.toml",
        ] {
            assert_eq!(space(text).unwrap_err().exit_code(), 2, "{text}");
        }
        let error = space("genomenas cels=3").unwrap_err().to_string();
        assert!(
            error.starts_with("the space 'genomenas': unknown parameter `cels` (did you mean `cells`?)"),
            "{error}"
        );
    }

    #[test]
    fn the_file_of_a_space_must_fit_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("space.toml");
        let text = space("genomenas cells=1 nodes=1").unwrap().to_toml().unwrap();
        files::write_atomically(&path, text.as_bytes()).unwrap();
        let spec = Spec::new(path.display().to_string());
        assert!(resolve(&spec, 200, 3).is_ok());
        let error = resolve(&spec, 201, 3).unwrap_err().to_string();
        assert!(error.contains("space.toml"), "{error}");
    }
}
