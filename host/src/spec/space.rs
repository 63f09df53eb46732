//! The space of a run, by name or from a file.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;
use genomenas_plugin::space::{GenomeNas, Space};

use super::Spec;

/// The name of the space that comes with genomenas; any other name is that of a file.
pub const GENOMENAS: &str = "genomenas";

/// The space that `spec` names, for windows of `length` bases and `labels` outputs.
pub fn resolve(spec: &Spec, length: usize, labels: usize) -> Result<Space> {
    if spec.id == GENOMENAS {
        return Ok(GenomeNas::from_settings(length, labels, &spec.parameters)?.space()?);
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
